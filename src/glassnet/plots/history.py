"""The history of training, epoch by epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import NotFittedError
from glassnet.plots.axes import Axes, axes_for
from glassnet.training import History
from glassnet.utils.checks import check_choice

__all__ = ["plot_history"]

_PEAK = 50.0


def plot_history(history: History, column: str = "loss", *, ax: Axes | None = None) -> Axes:
    """Draw a column of the history and its counterpart on the validation data; the best epoch and findings are marked.

    Where the largest value is more than 50 times the middle one, as after a bad start, the scale is logarithmic.
    A finding of the last `fit` is a dotted line with its code at its epoch.

    Parameters
    ----------
    history : History
        What `Network.fit` returned, or ``net.history``.
    column : str, default="loss"
        ``"loss"``, ``"accuracy"``, ``"learning_rate"``: without ``"valid_"``. With members there is a line for each.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    if not history.epochs:
        message = "plot_history: there must be at least one epoch, got none. Call fit first."
        raise NotFittedError(message)
    known = dict.fromkeys(name.removeprefix("valid_") for name in history.columns)
    check_choice("plot_history", "column", column, known)
    ax = axes_for("plot_history", ax)
    epochs = np.arange(1, history.epochs + 1)
    for name, color in ((column, "C0"), (f"valid_{column}", "C1")):
        if name in history.columns:
            _draw(ax, epochs, history.columns[name], color, "validation" if name != column else "training")
    lines = list(ax.lines)
    best = history.best_epoch
    if isinstance(best, int) and best:
        ax.axvline(best, color="0.5", lw=1.0, ls="--", label=f"best epoch: {best}")
    _mark_findings(ax, history)
    ax.set_xlabel("epoch")
    ax.set_ylabel(column.replace("_", " "), parse_math=False)
    if _needs_logarithm(np.concatenate([line.get_ydata() for line in lines])):
        ax.set_yscale("log")
    ax.legend(frameon=False)
    return ax


def _needs_logarithm(values: np.ndarray) -> bool:
    """Return whether a few values, such as those of the first epochs, would squeeze all others together."""
    finite = values[np.isfinite(values)]
    return bool(len(finite)) and bool(finite.min() > 0.0) and bool(finite.max() > _PEAK * np.median(finite))


def _mark_findings(ax: Any, history: History) -> None:
    """Write the code of each finding at its epoch, those of one epoch below each other."""
    below: dict[int, int] = {}
    for finding in getattr(history.findings, "problems", ()):
        epoch = min(max(finding.epoch or 1, 1), history.epochs)
        line = below[epoch] = below.get(epoch, 0) + 1
        late = epoch > 1 + 0.6 * (history.epochs - 1)
        ax.axvline(epoch, color="C3", lw=1.0, ls=":")
        ax.annotate(finding.code, (epoch, 1.0), (-4 if late else 4, -11 * line), xycoords=("data", "axes fraction"),
                    textcoords="offset points", ha="right" if late else "left", fontsize=8, color="C3")  # fmt: skip


def _draw(ax: Any, epochs: np.ndarray, values: list[Any], color: str, label: str) -> None:
    """Draw one line, or one for each member."""
    width = max((len(value) for value in values if isinstance(value, list)), default=1)
    rows = [[np.nan] * width if value is None else value for value in values]
    curves = np.array(rows, dtype=np.float64).reshape(len(values), width)
    style = {"lw": 1.5} if width == 1 else {"lw": 0.8, "alpha": 0.5}
    marker = "o" if len(epochs) == 1 else None
    for k, curve in enumerate(curves.T):
        ax.plot(epochs, curve, color=color, label=None if k else label, marker=marker, **style)
