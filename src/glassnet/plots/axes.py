"""Where to draw."""

from __future__ import annotations

from typing import Any

from glassnet.utils.checks import require_extra

__all__ = ["axes_for"]


def axes_for(where: str, ax: Any, **options: Any) -> Any:
    """Return the axes given, or new ones of a new figure.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    if ax is not None:
        return ax
    pyplot = require_extra("matplotlib.pyplot", "plot", where)
    return pyplot.subplots(layout="constrained", **options)[1]
