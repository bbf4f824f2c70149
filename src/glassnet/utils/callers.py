"""Where a warning points to: the line of the caller's own program."""

from __future__ import annotations

import sys

__all__ = ["is_called_by", "stacklevel_outside"]


def is_called_by(*modules: str) -> bool:
    """Return whether code of one of these modules or packages, such as ``"sklearn.model_selection"``, is under way.

    Examples
    --------
    >>> is_called_by("sklearn.model_selection", "sklearn.feature_selection")
    False
    """
    wanted = tuple(f"{module}." for module in modules)
    frame = sys._getframe(1)
    while frame is not None:
        if f"{frame.f_globals.get('__name__', '')}.".startswith(wanted):
            return True
        frame = frame.f_back  # type: ignore[assignment]  # None at the outermost
    return False


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
