"""Which columns matter: for all rows, and for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from glassnet.attribution import Attribution, Importance
from glassnet.errors import ShapeError
from glassnet.metrics import GREATER_IS_BETTER
from glassnet.plots.axes import Axes, axes_for
from glassnet.plots.labels import cell_size, fitted_names, label_axis, names_of, text_width, wrapped
from glassnet.utils.checks import check_integer
from glassnet.utils.keywords import advises_on_names
from glassnet.utils.name_lists import name_list
from glassnet.utils.short_text import count, metric_name, number_text, plain

__all__ = ["plot_attribution", "plot_importance", "plot_why"]


class _Reason(Protocol):
    """The attributes of `glassnet.tabular.Reason` that are plotted."""

    @property
    def column(self) -> str: ...

    @property
    def value(self) -> str: ...

    @property
    def contribution(self) -> float: ...


class _Why(Protocol):
    """The attributes of `glassnet.tabular.Why` that are plotted."""

    target: str
    prediction: str
    answer: float
    base: float
    label: bool

    @property
    def reasons(self) -> Sequence[_Reason]: ...


@advises_on_names
def plot_importance(importance: Importance, *, most: int = 15, target_name: str = "", ax: Axes | None = None) -> Axes:
    """Draw how much worse the network gets when each column is shuffled, the most important on top.

    Parameters
    ----------
    importance : Importance
        What `permutation_importance` or ``TableModel.importance`` returned.
    most : int, default=15
        How many columns to draw.
    target_name : str, default=""
        Name of the number whose error it is, for the label.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    order = importance.ranking[: check_integer("plot_importance", "most", most, 1)][::-1]
    names = [importance.names[i] for i in order]
    style: dict[str, Any] = {"xerr": importance.std[order], "ecolor": "0.35"}
    ax = _bars("plot_importance", ax, names, importance.mean[order], color="C0", **style)
    change = "decrease" if importance.metric in GREATER_IS_BETTER else "increase"
    unit = f" of {plain(target_name)}" if target_name else ""
    _label(ax, f"{change} of the {metric_name(importance.metric)}{unit} when a column is shuffled")
    return ax


@advises_on_names
def plot_attribution(
    attribution: Attribution,
    row: int = 0,
    *,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
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
        Names of the inputs; by default those that the attribution has.
    class_names : sequence of str, optional
        Names of the outputs: that of the output which is explained stands in the label.
    most : int, default=15
        How many inputs to draw.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    values = attribution.values[row].reshape(-1)
    names = _checked(feature_names, len(values), attribution.names)
    order = np.argsort(np.abs(values))[::-1][: check_integer("plot_attribution", "most", most, 1)][::-1]
    colors = ["C0" if value >= 0 else "C1" for value in values[order]]
    ax = _bars("plot_attribution", ax, [names[j] for j in order], values[order], color=colors)
    start, end = attribution.baseline_answers[row], attribution.answers[row]
    classes = [] if class_names is None else name_list("plot_attribution", "class_names", class_names)
    which = f" of {plain(classes[int(attribution.outputs[row])])}" if classes else ""
    _label(ax, f"contribution to the {attribution.of}{which}, from {start:.3g} to {end:.3g}")
    return ax


def _checked(given: Sequence[str] | None, n: int, default: list[str]) -> list[str]:
    given = given if given is None else name_list("plot_attribution", "feature_names", given)
    if given is not None and len(given) != n:
        fact = f"feature_names has {count(len(given), 'name')} for {count(n, 'input')}"
        message = f"plot_attribution: {fact}; there must be one for each. Pass {count(n, 'name')}."
        raise ShapeError(message, expected=n, got=len(given))
    return names_of("plot_attribution", "feature_names", given, n, each="feature", default=default)


@advises_on_names
def plot_why(why: _Why, *, most: int = 10, ax: Axes | None = None) -> Axes:
    """Draw what each column of a row contributes to its prediction: blue for, orange against.

    Parameters
    ----------
    why : Why
        One of those that ``TableModel.why`` returned.
    most : int, default=10
        How many columns to draw; what the others contribute together is the last bar.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    most = check_integer("plot_why", "most", most, 1)
    names = [reason.column for reason in why.reasons[:most]]
    cells = [f" = {plain(reason.value, 24)}" for reason in why.reasons[:most]]
    values = [reason.contribution for reason in why.reasons[:most]]
    rest = [reason.contribution for reason in why.reasons[most:]]
    if rest:
        names.append(count(len(rest), "more column"))
        cells.append("")
        values.append(sum(rest))
    shown = np.array(values[::-1], dtype=np.float64)
    colors = ["C0" if value >= 0 else "C1" for value in shown]
    ax = _bars("plot_why", ax, names[::-1], shown, cells=cells[::-1], color=colors)
    what = f"the probability of {plain(why.prediction)}" if why.label else plain(why.target)
    _label(ax, f"contribution to {what}, from {number_text(why.base, 3)} to {number_text(why.answer, 3)}")
    title = f"{plain(why.target)} = {plain(why.prediction)}"
    title += f" with probability {why.answer:.3f}" if why.label else ""
    ax.set_title(wrapped(title, 0.5 * cell_size(ax)[0], 10.0), fontsize=10, parse_math=False)
    return ax


def _bars(
    where: str, ax: Axes | None, names: Sequence[str], values: np.ndarray, *, cells: Sequence[str] = (), **style: Any
) -> Axes:
    """Draw a bar for each name, the first one at the bottom, and return the axes; ``cells`` stand behind the names."""
    ax = axes_for(where, ax, figsize=(5.0, 1.1 + 0.28 * max(len(names), 3)))
    width, height = cell_size(ax)
    size = max(5.0, min(10.0, 0.8 * (height - 45.0) / max(len(names), 1)))
    ax.barh(range(len(names)), values, height=0.7, **style)
    wide = min(0.2 * width, max((text_width(cell, size) for cell in cells), default=0.0))
    shown = fitted_names([plain(name) for name in names], (0.48 if cells else 0.4) * width - wide, size)
    if cells:
        ends = fitted_names(cells, 0.2 * width, size)
        shown = [f"{name}{end}" for name, end in zip(shown, ends, strict=True)]
    ax.set_yticks(range(len(names)), shown, fontsize=size, parse_math=False)
    ax.locator_params(axis="x", nbins=4 if width < 300.0 else 6)
    ax.axvline(0.0, color="0.5", lw=0.8)
    return ax


def _label(ax: Axes, text: str) -> None:
    """Write the label of the bars, which are in the right half of their cell."""
    label_axis(ax, "x", text, share=0.47)
