"""The history of training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, NotFittedError
from glassnet.plots.axes import Axes, axes_for
from glassnet.plots.labels import cell_size, fitted_names, label_axis, show_legend
from glassnet.training import History
from glassnet.training.history import column_advice
from glassnet.utils.checks import check_choice
from glassnet.utils.keywords import advises_on_names
from glassnet.utils.short_text import metric_name

__all__ = ["curves_of", "plot_history"]

_PEAK = 50.0


@advises_on_names
def plot_history(history: History, column: str = "loss", *, ax: Axes | None = None) -> Axes:
    """Draw a column of the history and its counterpart on the validation data; the best epoch and findings are marked.

    Where the largest value is more than 50 times the middle one, as after a bad start, the scale is logarithmic.
    A finding of the last `fit` is a dotted line with its code at its epoch. Epochs without a value, such as those of a
    `fit` without validation data, are gaps; a value with gaps on both sides is a point.

    Parameters
    ----------
    history : History
        What `Network.fit` returned, or ``net.history``; or the network or the fitted perceptron that has one.
    column : str, default="loss"
        ``"loss"``, ``"accuracy"``, ``"learning_rate"``, with or without ``"valid_"``. With members there is a line for
        each.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    history = _history_of(history)
    if not history.epochs:
        message = "plot_history: the history has no epoch; it must have at least one. Call fit first."
        raise NotFittedError(message)
    known = dict.fromkeys(name.removeprefix("valid_") for name in history.columns)
    if isinstance(column, str) and column in history.columns:
        column = column.removeprefix("valid_")
    advice = "Draw one at a time; its validation column is drawn with it." if isinstance(column, (list, tuple)) else ""
    column = check_choice("plot_history", "column", column, known, advice or column_advice(column, history.columns))
    ax = axes_for("plot_history", ax)
    epochs = np.arange(1, history.epochs + 1)
    drawn = []
    for name, color in ((column, "C0"), (f"valid_{column}", "C1")):
        if name in history.columns:
            curves = curves_of(history.columns[name])
            drawn.append(curves.ravel())
            _draw(ax, epochs, curves, color, "validation" if name != column else "training")
    best = history.best_epoch
    if isinstance(best, int) and best:
        called = "best epoch" if history.kept_epoch == best else "best by early stopping"
        ax.axvline(best, color="0.5", lw=1.0, ls="--", label=f"{called}: {best}")
    _mark_findings(ax, history)
    ax.set_xlabel("epoch")
    label_axis(ax, "y", metric_name(column), share=0.7)
    values = np.concatenate(drawn)
    if _needs_logarithm(values):
        ax.set_yscale("log")
    if not np.isfinite(values).any():
        ax.text(0.5, 0.5, "no finite value", transform=ax.transAxes, ha="center", va="center", color="0.4")
    if len(epochs) < 5:
        ax.set_xticks(epochs)
    if column != "learning_rate" or best:
        show_legend(ax)
    return ax


def _history_of(given: Any) -> History:
    """Return a history, or that of the network or estimator which was given in its place."""
    found = given if isinstance(given, History) else getattr(given, "history", getattr(given, "history_", None))
    if isinstance(found, History):
        return found
    fact = f"history is a {type(given).__name__}"
    message = f"plot_history: {fact}; it must be a History, which net.history is. Pass net.history."
    raise ConfigError(message, got=type(given).__name__)


def curves_of(values: Sequence[Any]) -> np.ndarray:
    """Return a column as an array (epochs, K): NaN where an epoch has no finite value, K = 1 without members.

    Examples
    --------
    >>> curves_of([None, 0.5, [1.0, 2.0]]).tolist()
    [[nan, nan], [0.5, 0.5], [1.0, 2.0]]
    """
    rows = [np.full(1, np.nan) if value is None else np.asarray(value, dtype=np.float64).ravel() for value in values]
    width = max((len(row) for row in rows), default=1)
    found = np.full((len(rows), width), np.nan)
    for place, row in zip(found, rows, strict=True):
        place[: width if len(row) == 1 else len(row)] = row
    found[~np.isfinite(found)] = np.nan
    return found


def _needs_logarithm(values: np.ndarray) -> bool:
    """Return whether a few values, such as those of the first epochs, would squeeze all others together."""
    finite = values[np.isfinite(values)]
    return bool(len(finite)) and bool(finite.min() > 0.0) and bool(finite.max() > _PEAK * np.median(finite))


def _mark_findings(ax: Any, history: History) -> None:
    """Write the code of each finding at its epoch, those of one epoch below each other."""
    below: dict[int, int] = {}
    width, height = cell_size(ax)
    for finding in getattr(history.findings, "problems", ()):
        epoch = min(max(finding.epoch or 1, 1), history.epochs)
        line = below[epoch] = below.get(epoch, 0) + 1
        ax.axvline(epoch, color="C3", lw=1.0, ls=":")
        if 11 * line > 0.6 * height:
            continue
        place = (epoch - 1) / max(history.epochs - 1, 1)
        late = place > 0.5
        (code,) = fitted_names([finding.code], 0.75 * width * max(place, 1.0 - place), 8.0)
        ax.annotate(code, (epoch, 1.0), (-4 if late else 4, -11 * line), xycoords=("data", "axes fraction"),
                    textcoords="offset points", ha="right" if late else "left", fontsize=8, color="C3")  # fmt: skip


def _draw(ax: Any, epochs: np.ndarray, curves: np.ndarray, color: str, label: str) -> None:
    """Draw one line, or one for each member; a value without neighbours is a point."""
    several = curves.shape[1]
    style: dict[str, Any] = {"lw": 1.5} if several == 1 else {"lw": 1.2 if several < 6 else 0.8, "alpha": 0.6}
    for k, curve in enumerate(curves.T):
        there = np.isfinite(np.concatenate([[np.nan], curve, [np.nan]]))
        alone = np.flatnonzero(there[1:-1] & ~there[:-2] & ~there[2:])
        marks = {"marker": "o", "ms": 4, "markevery": alone.tolist()} if len(alone) else {}
        ax.plot(epochs, curve, color=color, label=None if k else label, **style, **marks)
