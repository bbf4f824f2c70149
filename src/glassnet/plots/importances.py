"""Which columns matter: for all rows, and for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.attribution import Attribution, Importance
from glassnet.errors import ShapeError
from glassnet.metrics import GREATER_IS_BETTER
from glassnet.plots.axes import Axes, axes_for
from glassnet.utils.checks import check_integer
from glassnet.utils.wording import shortened

__all__ = ["plot_attribution", "plot_importance"]


def plot_importance(importance: Importance, *, most: int = 15, ax: Axes | None = None) -> Axes:
    """Draw how much worse the network gets when each column is shuffled, the most important on top.

    Parameters
    ----------
    importance : Importance
        What `permutation_importance` or ``TableModel.importance`` returned.
    most : int, default=15
        How many columns to draw.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    order = importance.ranking[: check_integer("plot_importance", "most", most, 1)][::-1]
    names, style = [importance.names[i] for i in order], {"xerr": importance.std[order], "ecolor": "0.35"}
    ax = _bars("plot_importance", ax, names, importance.mean[order], color="C0", **style)
    name = importance.metric.replace("_", " ")
    change = "decrease" if importance.metric in GREATER_IS_BETTER else "increase"
    ax.set_xlabel(f"{change} of the {name} when a column is shuffled", parse_math=False)
    return ax


def plot_attribution(
    attribution: Attribution,
    row: int = 0,
    *,
    feature_names: Sequence[str] | None = None,
    most: int = 15,
    ax: Axes | None = None,
) -> Axes:
    """Draw what each input contributes to the answer to one row: blue for, orange against.

    Parameters
    ----------
    attribution : Attribution
        What `integrated_gradients` returned.
    row : int, default=0
        Which of its rows.
    feature_names : sequence of str, optional
        Names of the inputs.
    most : int, default=15
        How many inputs to draw.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    values = attribution.values[row].reshape(-1)
    names = [f"column {j}" for j in range(len(values))] if feature_names is None else list(feature_names)
    if len(names) != len(values):
        must = "feature_names must have one name per input"
        message = f"plot_attribution: {must}, got {len(names)} for {len(values)}."
        raise ShapeError(message, expected=len(values), got=len(names))
    order = np.argsort(np.abs(values))[::-1][: check_integer("plot_attribution", "most", most, 1)][::-1]
    colors = ["C0" if value >= 0 else "C1" for value in values[order]]
    ax = _bars("plot_attribution", ax, [names[j] for j in order], values[order], color=colors)
    start, end = attribution.baseline_answers[row], attribution.answers[row]
    ax.set_xlabel(f"contribution to the {attribution.of}, from {start:.3g} to {end:.3g}", parse_math=False)
    return ax


def _bars(where: str, ax: Axes | None, names: Sequence[str], values: np.ndarray, **style: Any) -> Axes:
    """Draw a bar for each name, the first one at the bottom, and return the axes."""
    ax = axes_for(where, ax, figsize=(5.0, 0.9 + 0.28 * len(names)))
    ax.barh(range(len(names)), values, height=0.7, **style)
    ax.set_yticks(range(len(names)), [shortened(name, 28, "\u2026") for name in names], parse_math=False)
    ax.axvline(0.0, color="0.5", lw=0.8)
    return ax
