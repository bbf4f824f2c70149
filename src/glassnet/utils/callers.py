"""Where a warning points to: the line of the caller's own program."""

from __future__ import annotations

import sys

__all__ = ["stacklevel_outside"]


def stacklevel_outside(*others: str) -> int:
    """Return the ``stacklevel`` that makes a warning point to the first caller outside of this package.

    ``others`` are packages that are passed over too, such as ``"sklearn"``. It is called where the warning is issued.

    Examples
    --------
    >>> stacklevel_outside() >= 1
    True
    """
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in ("glassnet", *others):
        level, frame = level + 1, frame.f_back
    return level
