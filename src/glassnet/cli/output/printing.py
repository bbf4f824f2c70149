"""Results as JSON on stdout."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

__all__ = ["open_streams", "prepare_streams", "print_json"]


def print_json(result: dict[str, Any]) -> None:
    """Print a result as JSON, one line per entry.

    Examples
    --------
    >>> print_json({"rows": 3, "labels": ["a", "b"]})
    {
     "rows": 3,
     "labels": ["a", "b"]
    }
    """
    entries = (f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in result.items())
    print("{\n" + ",\n".join(entries) + "\n}")


def open_streams() -> None:
    """Replace stdout and stderr by the null device if the program was started with them closed (``>&-``)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open until the program ends


def prepare_streams() -> None:
    """Make every character printable: UTF-8 in pipes and files, a replacement where a terminal lacks one."""
    for stream in (sys.stdout, sys.stderr):
        change = getattr(stream, "reconfigure", None)
        if change is not None and stream.isatty():
            change(errors="replace")
        elif change is not None:
            change(encoding="utf-8", errors="backslashreplace")
