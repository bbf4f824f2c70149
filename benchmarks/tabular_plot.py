"""The picture of time against error, with the methods that no other one beats in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.tabular_statistics import medians, pareto_front

if TYPE_CHECKING:
    from benchmarks.tabular_report import Quantity

__all__ = ["draw"]

_ANGLES = 16
_STEPS = (9.0, 14.0, 20.0, 28.0, 38.0, 50.0, 64.0, 80.0, 98.0, 118.0, 140.0)  # points between a mark and its label
_GAP = 2.0  # pixels that are free around a label


def draw(methods: list[str], found: list[Quantity], reference: str, time: str, path: str) -> list[list[Any]]:
    """Draw a panel for each quantity, below each other as a phone shows them, and return the labels of each panel.

    Across, the median time in seconds; upwards, the geometric mean of the ratios to ``reference``: left and low is
    good. The line joins the methods of the Pareto front.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 4.4 * len(found)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(found), squeeze=False)[:, 0]
    points = [_draw_panel(axes, methods, one, reference, time) for axes, one in zip(panels, found, strict=True)]
    # Where labels have room is known once the panels have their places.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    labels = [_label(axes, methods, *spots) for axes, spots in zip(panels, points, strict=True)]
    figure.savefig(path, dpi=200)
    return labels


def _color(method: str) -> str:
    return "C0" if method.startswith("glassnet") else "0.35"


def _draw_panel(
    axes: Any, methods: list[str], one: Quantity, reference: str, time: str
) -> tuple[np.ndarray, list[int]]:
    """Draw the marks and the front of one quantity, and return where the marks are, and which make the front."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    place = methods.index(reference)
    mean = one.against(place)[0]
    times = medians(one.times)
    front = pareto_front(times, mean)
    axes.axhline(1.0, color="0.85", lw=1, zorder=0)
    axes.plot(times[front], mean[front], color="C1", lw=1.5, drawstyle="steps-post", zorder=1)
    axes.scatter(times, mean, c=[_color(name) for name in methods], s=34, zorder=3)
    axes.set_title(one.title, loc="left", fontweight="bold")
    axes.set_xscale("log")
    axes.margins(x=0.16, y=0.2)
    axes.xaxis.set_major_locator(LogLocator())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel(f"median {time} to fit and predict, seconds")
    axes.set_ylabel(f"{one.label} / {reference}'s, geometric mean")
    axes.grid(color="0.93")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return np.column_stack([times, mean]), front


def _label(axes: Any, methods: list[str], points: np.ndarray, front: list[int]) -> list[Any]:
    """Write each method beside its mark, where no label, mark or line is; with a thin line where that is far."""
    from matplotlib.transforms import Bbox

    marks = axes.transData.transform(points)
    radius = 4.5 * axes.figure.dpi / 72.0
    taken = [Bbox([spot - radius, spot + radius]) for spot in marks if np.isfinite(spot).all()]
    for one, other in zip(marks[front][:-1], marks[front][1:], strict=True):
        corner = np.array([other[0], one[1]])
        taken += [
            Bbox([one - 1.0, corner + 1.0]),
            Bbox([np.minimum(corner, other) - 1.0, np.maximum(corner, other) + 1.0]),
        ]
    labels = []
    for name, point, spot in zip(methods, points, marks, strict=True):
        if not np.isfinite(spot).all():
            continue
        looks = {"fontsize": 9, "color": _color(name), "ha": "center", "va": "center"}
        line = {"arrowstyle": "-", "lw": 0.6, "color": "0.6", "shrinkA": 0, "shrinkB": 3}
        label = axes.annotate(name, point, xytext=(0.0, 0.0), textcoords="offset points", arrowprops=line, **looks)
        _place(axes, label, spot, taken)
        labels.append(label)
    return labels


def _place(axes: Any, label: Any, spot: np.ndarray, taken: list[Any]) -> None:
    """Move a label to the nearest free place inside its panel, and take that place."""
    from matplotlib.transforms import Bbox

    scale = axes.figure.dpi / 72.0
    size = label.get_window_extent()
    half = np.array([size.width, size.height]) / 2.0
    room = axes.get_window_extent()
    for step in _STEPS:
        for turn in np.arange(_ANGLES) * (2.0 * np.pi / _ANGLES):
            way = np.array([np.cos(turn), np.sin(turn)])
            # From the mark outwards, so that the edge of the text, not its middle, is a step away.
            center = spot + way * step * scale + np.array([way[0] * half[0], way[1] * half[1]])
            box = Bbox([center - half - _GAP, center + half + _GAP])
            inside = room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0 and box.y1 <= room.y1
            if inside and not any(box.overlaps(other) for other in taken):
                label.set_position((center - spot) / scale)
                label.arrow_patch.set_visible(step > _STEPS[0])
                taken.append(box)
                return
    label.set_visible(False)  # no room at all: the table names it
