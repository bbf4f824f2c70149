"""Curves over epochs, rates or sizes, with marks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np

from glassnet.charts.axes import Axis, axis_of, finite_values
from glassnet.charts.svg import drawing, figure, framed, label_text, number, path
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import plain
from glassnet.utils.wording import cut_middle

__all__ = ["Line", "Mark", "line_chart"]

_HEIGHT = 205.0
_MOST_POINTS = 300
_COLOURS = 4
_SIGNS = {"best": "◆", "finding": "▲"}


@dataclasses.dataclass(frozen=True)
class Line:
    """A curve.

    Attributes
    ----------
    name : str
        What the legend says; curves of the same name share a line of it, and one without a name has none.
    y : sequence of float
        Heights; NaN and None break the curve.
    x : sequence of float, optional
        Places along the axis, by default 1, 2, 3 and so on.
    style : {"main", "second", "faint"}
        A full line, a dashed one, or a thin one.
    """

    name: str
    y: Sequence[float | None] | np.ndarray
    x: Sequence[float] | np.ndarray | None = None
    style: Literal["main", "second", "faint"] = "main"


@dataclasses.dataclass(frozen=True)
class Mark:
    """A place along the axis with something to say, by a sign and a sentence below the chart.

    Attributes
    ----------
    x : float
        The place.
    text : str
        What is so there.
    kind : {"best", "finding"}
        A diamond or a triangle.
    """

    x: float
    text: str
    kind: Literal["best", "finding"] = "best"


def line_chart(
    lines: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    marks: Sequence[Mark] = (),
    log_x: bool = False,
    log_y: bool | None = None,
    label: str,
) -> Markup:
    """Return curves in one pair of axes, with a legend where there are several, and marks explained below.

    Parameters
    ----------
    lines : sequence of Line
        The curves.
    x_label, y_label : str
        What the axes show.
    marks : sequence of Mark
        Places to point out.
    log_x : bool, default=False
        Whether the horizontal axis is logarithmic.
    log_y : bool, optional
        Whether the vertical axis is logarithmic; by default where all heights are positive and the largest is at least
        a hundred times the smallest.
    label : str
        What the chart shows, for those who do not see it.

    Examples
    --------
    >>> chart = line_chart([Line("loss", [0.9, 0.5, 0.4])], x_label="epoch", y_label="loss", label="Loss by epoch")
    >>> chart[:64]
    '<figure class="chart"><svg viewBox="0 0 340 205" role="img" aria'
    """
    xs = [finite_values(range(1, len(line.y) + 1) if line.x is None else line.x) for line in lines]
    ys = [finite_values(line.y) for line in lines]
    all_x, all_y = (np.concatenate(parts) if parts else np.zeros(0) for parts in (xs, ys))
    x_axis = axis_of(all_x, log=log_x, whole=bool(all_x.size) and not np.any(all_x % 1.0 > 0.0), pad=0.0)
    y_axis = axis_of(all_y, log=log_y)
    x_label, y_label = (
        f"{word} (log scale)" if axis.log else word for word, axis in ((x_label, x_axis), (y_label, y_axis))
    )
    frame = framed(x_axis, y_axis, _HEIGHT, x_label, y_label)
    classes = _classes(lines)
    # Faint curves lie below, and of the others the first above: it is the one that the chart is about.
    order = sorted(range(len(lines)), key=lambda i: (lines[i].style != "faint", -i))
    curves = [path(*_thinned(x_axis.at(xs[i]), y_axis.at(ys[i])), f"line {classes[i]}") for i in order]
    parts = [frame, *_marks(marks, x_axis, y_axis), *curves]
    if not np.isfinite(all_y).any():
        parts.append(label_text(170, _HEIGHT / 2, "no values yet", "middle", "quiet"))
    return figure(_legend(lines, classes), drawing(_HEIGHT, label, *parts), _notes(marks))


def _classes(lines: Sequence[Line]) -> list[str]:
    """Return the class of each curve: main curves take colours from the first on, others from the second on."""
    found: list[str] = []
    taken: dict[str, str] = {}
    for line in lines:
        free = [f"c{i}" for i in range(_COLOURS) if f"c{i}" not in taken.values()] or [f"c{len(taken) % _COLOURS}"]
        later = [name for name in free if name != "c0"] or free
        if line.style != "faint" and line.name not in taken:
            taken[line.name] = free[0] if line.style == "main" else later[0]
        found.append("faint" if line.style == "faint" else taken[line.name])
    return found


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points of which there are not many more than pixels: of a group the lowest and the highest stay."""
    if len(y) <= _MOST_POINTS:
        return x, y
    groups = np.array_split(np.arange(len(y)), _MOST_POINTS // 2)
    kept: set[int] = {0, len(y) - 1}
    for group in groups:
        part = y[group]
        if np.isnan(part).any():
            kept.add(int(group[np.isnan(part).argmax()]))
        if not np.isnan(part).all():
            kept.update((int(group[np.nanargmin(part)]), int(group[np.nanargmax(part)])))
    chosen = np.array(sorted(kept))
    return x[chosen], y[chosen]


def _marks(marks: Sequence[Mark], x_axis: Axis, y_axis: Axis) -> list[Markup]:
    """Return lines across the chart with a sign on top, for the marks that lie within it."""
    found = []
    for mark in marks:
        x = x_axis.place(mark.x)
        if not x_axis.start - 1.0 <= x <= x_axis.end + 1.0:
            continue
        top, bottom = y_axis.end, y_axis.start
        found.append(element("path", d=f"M{number(x)} {number(bottom)}V{number(top)}", class_=mark.kind))
        found.append(label_text(x, top + 1, _SIGNS[mark.kind], "middle", f"{mark.kind}-sign"))
    return found


def _legend(lines: Sequence[Line], classes: Sequence[str]) -> Markup:
    """Return the names of the curves with a piece of each, if there is more than one name."""
    named = {line.name: class_ for line, class_ in reversed([*zip(lines, classes, strict=True)]) if line.name}
    if len(named) < 2:
        return Markup()
    parts = []
    for name, class_ in reversed(named.items()):
        piece = element("path", d="M1 5H25", class_=f"line {class_}")
        sample = element("svg", piece, viewBox="0 0 26 10", **{"aria-hidden": "true"})
        parts.append(element("span", sample, cut_middle(plain(name), 36)))
    return element("div", *parts, class_="legend")


def _notes(marks: Sequence[Mark]) -> Markup:
    """Return what the marks say."""
    notes = [
        element("li", element("span", _SIGNS[mark.kind], class_=f"{mark.kind}-sign"), f" {plain(mark.text, 200)}")
        for mark in marks
    ]
    return element("ul", *notes, class_="notes") if notes else Markup()
