"""Points: predicted numbers against true ones, and how often answers of a confidence are right."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from glassnet.charts.axes import Axis, axis_of, finite_values
from glassnet.charts.svg import dots, drawing, figure, framed, label_text, number
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import count

__all__ = ["Group", "reliability_chart", "scatter_chart"]

_HEIGHT = 260.0
_MOST_POINTS = 600


def scatter_chart(
    x: Sequence[float] | np.ndarray,
    y: Sequence[float] | np.ndarray,
    *,
    x_label: str,
    y_label: str,
    diagonal: bool,
    label: str,
) -> Markup:
    """Return points in a pair of axes.

    Parameters
    ----------
    x, y : sequence of float
        Places; a point of which one is not finite is left out. Of very many points every so many-th is drawn.
    x_label, y_label : str
        What the axes show.
    diagonal : bool
        Whether both axes have the same range, with a line where both numbers are equal.
    label : str
        What the chart shows, for those who do not see it.

    Examples
    --------
    >>> chart = scatter_chart([1, 2], [1, 3], x_label="true", y_label="predicted", diagonal=True, label="Predictions")
    >>> "<title>Predictions</title>" in chart
    True
    """
    a, b = finite_values(x), finite_values(y)
    there = ~(np.isnan(a) | np.isnan(b))
    a, b = a[there], b[there]
    n = len(a)
    if n > _MOST_POINTS:
        chosen = np.linspace(0, n - 1, _MOST_POINTS).round().astype(int)
        # What lies farthest from the line, or from the middle, is what a reader looks for.
        far = np.argsort(np.abs(b - a) if diagonal else np.abs(b - np.median(b)))[-20:]
        chosen = np.unique(np.concatenate([chosen, far]))
        a, b = a[chosen], b[chosen]
    x_axis, y_axis = _axes(a, b, diagonal)
    parts: list[str] = [framed(x_axis, y_axis, _HEIGHT, x_label, y_label)]
    if diagonal and n:
        parts.append(_diagonal(x_axis, y_axis))
    parts.append(dots(x_axis.at(a), y_axis.at(b), "dots c0 many" if n > 60 else "dots c0"))
    if not n:
        parts.append(label_text(170, _HEIGHT / 2, "no rows", "middle", "quiet"))
    few = f"{len(a):,} of {count(n, 'row')} drawn" if len(a) < n else ""
    note = element("ul", element("li", few), class_="notes") if few else ""
    return figure(drawing(_HEIGHT, label, *parts), note)


def _axes(a: np.ndarray, b: np.ndarray, same: bool) -> tuple[Axis, Axis]:
    """Return the axes of points, with the same range if need be."""
    if same:
        both = np.concatenate([a, b])
        return axis_of(both), axis_of(both)
    return axis_of(a), axis_of(b)


def _diagonal(x_axis: Axis, y_axis: Axis) -> Markup:
    """Return the line where both numbers are equal."""
    ends = [f"{number(x_axis.place(v))} {number(y_axis.place(v))}" for v in (x_axis.low, x_axis.high)]
    return element("path", d=f"M{ends[0]}L{ends[1]}", class_="axis")


def _share(value: float) -> float:
    """Return a number from 0 to 1."""
    return min(max(value, 0.0), 1.0)


@dataclasses.dataclass(frozen=True)
class Group:
    """Answers of about the same confidence.

    Attributes
    ----------
    confidence : float
        Their mean probability.
    right : float
        Share of them that is right.
    low, high : float
        Range of chance of this share.
    rows : int
        How many they are.
    """

    confidence: float
    right: float
    low: float
    high: float
    rows: int


def reliability_chart(groups: Sequence[Group], *, label: str) -> Markup:
    """Return how often answers are right by how probable they were said to be, with the range of chance.

    Parameters
    ----------
    groups : sequence of Group
        Those without rows are left out.
    label : str
        What the chart shows, for those who do not see it.

    Examples
    --------
    >>> "<title>Calibration</title>" in reliability_chart([Group(0.9, 0.8, 0.7, 0.9, 50)], label="Calibration")
    True
    """
    shown = [group for group in groups if group.rows and np.isfinite([group.confidence, group.right]).all()]
    x_axis, y_axis = Axis(0.0, 1.0), Axis(0.0, 1.0)
    parts: list[str] = [framed(x_axis, y_axis, _HEIGHT, "predicted probability", "share that is right")]
    parts.append(_diagonal(x_axis, y_axis))
    most = max((group.rows for group in shown), default=1)
    for group in shown:
        x, y = x_axis.place(_share(group.confidence)), y_axis.place(_share(group.right))
        ends = [number(y_axis.place(_share(v))) for v in (group.low, group.high) if np.isfinite(v)]
        words = element("title", f"{group.right:.1%} of {count(group.rows, 'row')} right at {group.confidence:.1%}")
        if len(ends) == 2:
            bar = f"M{number(x)} {ends[0]}V{ends[1]}M{number(x - 3)} {ends[0]}h6M{number(x - 3)} {ends[1]}h6"
            parts.append(element("path", d=bar, class_="axis"))
        size = 2.5 + 4.0 * (group.rows / most) ** 0.5
        parts.append(element("circle", words, cx=number(x), cy=number(y), r=number(size), class_="unit"))
    if not shown:
        parts.append(label_text(170, _HEIGHT / 2, "no rows", "middle", "quiet"))
    note = "On the line, probabilities are right. Bars: range of chance; larger dots stand for more rows."
    return figure(drawing(_HEIGHT, label, *parts), element("ul", element("li", note), class_="notes"))
