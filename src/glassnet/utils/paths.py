"""Paths as they are typed."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["typed_path"]


def typed_path(given: str) -> Path:
    """Return a path in which ``~`` and ``~somebody`` at the beginning are folders of users.

    A file that is there under that very name comes first, and where there is no such user the name is one of a file.

    Examples
    --------
    >>> typed_path("./~.csv").name, typed_path("~.csv").name
    ('~.csv', '~.csv')
    >>> typed_path("~/data.csv") == Path.home() / "data.csv"
    True
    """
    return Path(given if os.path.lexists(given) else os.path.expanduser(given))
