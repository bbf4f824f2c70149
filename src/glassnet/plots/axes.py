"""The axes that a plot is drawn into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.utils.checks import require_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
else:
    Axes = Any  # `import glassnet.plots` does without matplotlib

__all__ = ["Axes", "axes_for"]


def axes_for(where: str, ax: Axes | None, **options: Any) -> Axes:
    """Return the axes given, or new ones of a new figure.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    if ax is not None:
        return ax
    pyplot = require_extra("matplotlib.pyplot", "plot", where)
    new: Axes = pyplot.subplots(layout="constrained", **options)[1]
    return new
