"""The axes that a plot is drawn into."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from glassnet.errors import ConfigError
from glassnet.utils.checks import require_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
else:
    Axes = Any  # `import glassnet.plots` does without matplotlib

__all__ = ["Axes", "axes_for"]


def axes_for(where: str, ax: Axes | None, **options: Any) -> Axes:
    """Return the axes given, or new ones of a new figure.

    Text of the user that is drawn into them is set with ``parse_math=False``: what stands between two dollar signs, as
    in a class "over $5 or $6", would be typeset as a formula.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    ConfigError
        It is, but its environment variable ``MPLBACKEND`` or its settings name no backend that works.
    """
    if ax is not None:
        return ax
    try:
        new: Axes = _import("matplotlib.pyplot", where).subplots(layout="constrained", **options)[1]
    except ImportError as error:
        if "backend" not in str(error):
            raise
        raise _no_backend(where, error) from error
    return new


def _import(module: str, where: str) -> Any:
    try:
        return require_extra(module, "plot", where)
    except ValueError as error:
        if "matplotlib" not in sys.modules:  # what is left of it, half imported, would break the next attempt
            for name in [name for name in sys.modules if name.startswith("matplotlib.")]:
                del sys.modules[name]
        raise _no_backend(where, error) from error


def _no_backend(where: str, error: Exception) -> ConfigError:
    """Return the error for windows, or other means to show pictures, that matplotlib cannot have."""
    first = str(error).splitlines()[0].rstrip(".")
    fact = f"matplotlib has no backend that works ({first})"
    message = f"{where}: {fact}; it must have one to make a figure. Unset MPLBACKEND, or set it to agg."
    return ConfigError(message)
