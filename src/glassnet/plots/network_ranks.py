"""Layers in a drawing of a network: where their units are, and the weights between them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from glassnet.plots.axes import Axes
from glassnet.plots.labels import text_width

__all__ = ["NEGATIVE", "POSITIVE", "Layout", "Rank", "draw_lines", "draw_units", "draw_weight_legend"]

# Orange and purple, as in the playground: they differ with every kind of colour blindness.
POSITIVE, NEGATIVE = (0.902, 0.380, 0.0), (0.365, 0.227, 0.608)
_MOST_LINES = 400
_GAP = 0.8  # of the distance of two units, where units are left out
_MOST_APART = 26.0  # points between two units


class Rank:
    """The units of the input or of one layer, of which ``shown`` have places around 0, one apart from each other."""

    def __init__(self, index: int, n: int, title: str, shown: int) -> None:
        self.index, self.n, self.title = index, n, title
        half = shown // 2
        self.is_cut = n > shown
        self.shown = [*range(shown - half), *range(n - half, n)] if self.is_cut else list(range(n))
        places = np.arange(len(self.shown), dtype=np.float64)
        if self.is_cut:
            places[shown - half :] += _GAP
        self.offsets = places - (places.max(initial=0.0) / 2)
        after = shown - half
        ends = self.offsets[after - 1 : after + 1]
        self.dots = float(ends.mean()) if half else float(self.offsets[-1]) + 1.0

    @property
    def length(self) -> float:
        """Distance of the outermost units."""
        return float(np.ptp(self.offsets)) + (1.0 if self.is_cut and len(self.shown) == 1 else 0.0)


class Layout(NamedTuple):
    """Places in points: the axes are ``width`` by ``height``, with margins around the units.

    ``down`` says that layers follow each other from top to bottom, else from left to right.
    """

    down: bool
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    n_ranks: int
    longest: float

    @property
    def between_ranks(self) -> float:
        """Distance of two layers."""
        room = self.height - self.top - self.bottom if self.down else self.width - self.left - self.right
        return max(room, 1.0) / max(self.n_ranks - 1, 1)

    @property
    def between_units(self) -> float:
        """Distance of two units of a layer."""
        room = self.width - self.left - self.right if self.down else self.height - self.top - self.bottom
        return min(_MOST_APART, max(room, 1.0) / max(self.longest, 1.0))

    def place(self, index: int, offset: float) -> tuple[float, float]:
        """Return x and y of a unit at ``offset`` from the middle of its layer."""
        along, aside = index * self.between_ranks, offset * self.between_units
        if self.n_ranks == 1:
            along = self.between_ranks / 2
        if self.down:
            return self.left + (self.width - self.left - self.right) / 2 + aside, self.height - self.top - along
        return self.left + along, self.bottom + (self.height - self.top - self.bottom) / 2 - aside


def draw_lines(ax: Axes, layout: Layout, left: Rank, right: Rank, W: np.ndarray) -> None:
    """Draw the weights between two layers, the smallest left out where there are too many."""
    from matplotlib.collections import LineCollection

    parts = W[np.ix_(left.shown, right.shown)].astype(np.float64)
    size = np.abs(parts) / max(float(np.abs(parts).max(initial=0.0)), 1e-30)
    floor = np.sort(size, axis=None)[-_MOST_LINES] if size.size > _MOST_LINES else 0.0
    order = [(float(size[i, j]), i, j) for i, j in np.ndindex(size.shape) if size[i, j] >= floor]
    order.sort()
    starts = [layout.place(left.index, offset) for offset in left.offsets]
    ends = [layout.place(right.index, offset) for offset in right.offsets]
    lines: Any = [[starts[i], ends[j]] for _, i, j in order]
    colors = [(*(POSITIVE if parts[i, j] >= 0 else NEGATIVE), 0.12 + 0.8 * s) for s, i, j in order]
    thick = min(2.6 if size.size <= 100 else 2.0, layout.between_ranks / 25.0)
    ax.add_collection(LineCollection(lines, colors=colors, linewidths=[0.3 + thick * s for s, _, _ in order], zorder=1))


def draw_units(ax: Axes, layout: Layout, rank: Rank, answers: np.ndarray | None) -> None:
    """Draw the units of a layer; the colours of outputs are those of the weights, from negative to positive."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patheffects import withStroke

    diameter = min(12.0, max(3.0, 0.62 * min(layout.between_units, layout.between_ranks)))
    style: dict[str, Any] = {"s": diameter**2, "edgecolors": "0.25", "linewidths": 0.8, "zorder": 2, "c": "white"}
    places = np.array([layout.place(rank.index, offset) for offset in rank.offsets])
    if answers is not None:
        limit, shown = max(float(np.abs(answers).max(initial=0.0)), 1e-30), answers[rank.shown]
        colors = LinearSegmentedColormap.from_list("answers", [NEGATIVE, (1.0, 1.0, 1.0), POSITIVE])
        style |= {"c": shown, "cmap": colors, "vmin": -limit, "vmax": limit}
        for (x, y), value in zip(places, shown, strict=True):
            word = f"{value:.2g}"
            wide, high = (layout.between_units, layout.between_ranks)[:: 1 if layout.down else -1]
            if wide >= text_width(word, 7.0) and high >= 7.0 + diameter:
                ax.text(x, y + diameter / 2 + 1, word, ha="center", va="bottom", fontsize=7, color="0.1",
                        path_effects=[withStroke(linewidth=1.5, foreground="w")])  # fmt: skip
    ax.scatter(places[:, 0], places[:, 1], **style)
    if rank.is_cut:
        ax.text(*layout.place(rank.index, rank.dots), "\u22ef" if layout.down else "\u22ee", ha="center", va="center",
                fontsize=12, color="0.35")  # fmt: skip


def draw_weight_legend(ax: Axes, *, weights: bool, outputs: bool) -> None:
    """Explain the two colours below the drawing."""
    from matplotlib.lines import Line2D

    words = " or ".join(["weight"] * weights + ["output"] * outputs)
    if not words:
        return
    style: dict[str, Any] = {"marker": "o", "ms": 6, "mec": "0.25"} if outputs else {}
    handles = [
        Line2D([], [], color=color, lw=2.2 if weights else 0.0, label=f"{sign} {words}", **style)
        for sign, color in (("positive", POSITIVE), ("negative", NEGATIVE))
    ]
    ax.legend(handles=handles, loc="lower center", ncols=legend_columns(ax), fontsize=8, frameon=False, borderpad=0.0,
              borderaxespad=0.2, handlelength=1.6, columnspacing=1.4)  # fmt: skip


def legend_columns(ax: Axes) -> int:
    """Return how many entries of the legend fit beside each other."""
    return 2 if ax.get_xlim()[1] > 300.0 else 1
