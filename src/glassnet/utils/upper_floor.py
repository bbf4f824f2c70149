"""What stands on a lower floor and opens a door to a higher one: found by name when it is called, and not before.

Imports point downwards. A few methods of lower floors start what is built on top of them, such as the page of the
playground; a test has the list of them.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["from_above"]


def from_above(room: str, name: str) -> Any:
    """Return what a module of a higher floor defines.

    Parameters
    ----------
    room : str
        The module without ``glassnet``, such as ``"playground.doors"``.
    name : str
        What it defines.
    """
    return getattr(importlib.import_module(f"glassnet.{room}"), name)
