"""Who calls: the line of the caller's own program that a warning points to, and searches that fit many times."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Literal

__all__ = ["called_from", "is_one_of_many", "place_in_search", "stacklevel_outside"]

# What fits an estimator again and again, or as a part of something larger.
_SEARCHES = (
    "joblib",
    "sklearn.calibration",
    "sklearn.ensemble",
    "sklearn.feature_selection",
    "sklearn.inspection",
    "sklearn.model_selection",
    "sklearn.multiclass",
    "sklearn.multioutput",
)
_REFITS = "sklearn.model_selection._search"  # with nothing else of these between: the best one, on all rows


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


def called_from(level: int) -> tuple[str, int]:
    """Return file and line of the caller at a ``stacklevel``, as a warning of that level shows them."""
    frame = sys._getframe(level)
    return frame.f_code.co_filename, frame.f_lineno


def is_one_of_many() -> bool:
    """Return whether this is called from one of scikit-learn's searches, ensembles and the like, or their workers.

    Examples
    --------
    >>> is_one_of_many()
    False
    """
    return place_in_search() != "alone"


def place_in_search() -> Literal["alone", "refit", "one of many"]:
    """Return whether a fit is one of many, of scikit-learn's searches, ensembles and the like, or a search's last one.

    Examples
    --------
    >>> place_in_search()
    'alone'
    """
    found: Literal["alone", "refit", "one of many"] = "alone"
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name == _REFITS:
            found = "refit"
        elif name.startswith(_SEARCHES):
            return "one of many"
        frame = frame.f_back
    return found
