"""Which columns matter: for all rows, and for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from glassnet.attribution import Attribution, Importance
from glassnet.errors import ShapeError
from glassnet.plots.axes import axes_for
from glassnet.utils.checks import check_integer
from glassnet.utils.wording import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
    ax = axes_for("plot_importance", ax, figsize=(5.0, 0.9 + 0.28 * len(order)))
    ax.barh(
        range(len(order)), importance.mean[order], xerr=importance.std[order], color="C0", ecolor="0.35", height=0.7
    )
    ax.set_yticks(range(len(order)), [shortened(importance.names[i], 28, "\u2026") for i in order])
    ax.axvline(0.0, color="0.5", lw=0.8)
    ax.set_xlabel(f"how much worse the {importance.metric.replace('_', ' ')} gets without it")
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
    ax = axes_for("plot_attribution", ax, figsize=(5.0, 0.9 + 0.28 * len(order)))
    ax.barh(range(len(order)), values[order], color=["C0" if v >= 0 else "C1" for v in values[order]], height=0.7)
    ax.set_yticks(range(len(order)), [shortened(names[j], 28, "\u2026") for j in order])
    ax.axvline(0.0, color="0.5", lw=0.8)
    start, end = attribution.baseline_answers[row], attribution.answers[row]
    ax.set_xlabel(f"contribution to the {attribution.of}, from {start:.3g} to {end:.3g}")
    return ax
