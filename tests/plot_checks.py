"""What pictures must look like: nothing is cut off, and the data keep their place."""

from __future__ import annotations

from typing import Any

from matplotlib.text import Text

__all__ = ["cut_texts", "legend_of", "share_of_axes", "texts_of"]


def cut_texts(figure: Any) -> list[str]:
    """Return the texts that reach over the edge of a figure, and "figure" if anything else does."""
    figure.canvas.draw()
    renderer, (width, height) = figure.canvas.get_renderer(), figure.get_size_inches()
    box = figure.get_tightbbox(renderer)
    found = [] if box.x0 > -0.02 and box.y0 > -0.02 and box.x1 < width + 0.02 and box.y1 < height + 0.02 else ["figure"]
    ticks = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):  # labels of ticks outside the axes are not drawn; the box has all others
            ticks |= {
                id(label) for tick in (*axis.majorTicks, *axis.minorTicks) for label in (tick.label1, tick.label2)
            }
            ticks |= set() if ax.axison else {id(axis.label)}
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible() and id(text) not in ticks:
            extent = text.get_window_extent(renderer)
            outside = extent.x0 < -1 or extent.y0 < -1
            if outside or extent.x1 > figure.bbox.width + 1 or extent.y1 > figure.bbox.height + 1:
                found.append(text.get_text())
    return found


def share_of_axes(ax: Any) -> float:
    """Return which share of its figure the axes take, once it was drawn."""
    box = ax.get_window_extent()
    return float(box.width * box.height / (ax.figure.bbox.width * ax.figure.bbox.height))


def legend_of(ax: Any) -> list[str]:
    """Return the entries of the legend; none without one."""
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def texts_of(ax: Any) -> list[str]:
    """Return the texts written into the axes."""
    return [text.get_text() for text in ax.texts]
