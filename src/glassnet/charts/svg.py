"""Parts of drawings in SVG: the drawing itself, text, paths, and the frame of two axes."""

from __future__ import annotations

import numpy as np

from glassnet.charts.axes import Axis
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import plain

__all__ = ["WIDTH", "dots", "drawing", "figure", "framed", "label_text", "number", "path", "text_width"]

WIDTH = 340
"""Width of all drawings: at 360 pixels a character is as high as the eleven pixels that it says."""

_CHARACTER = 6.0


def number(value: float) -> str:
    """Return a place on the paper with one decimal.

    Examples
    --------
    >>> number(12.04), number(3.96)
    ('12', '4')
    """
    return f"{value:.1f}".removesuffix(".0")


def text_width(words: str) -> float:
    """Return about how wide a text is drawn."""
    return sum(2.0 * _CHARACTER if ord(c) > 0x2E80 else _CHARACTER for c in words)


def drawing(height: float, label: str, *parts: str) -> Markup:
    """Return a drawing that is as wide as there is room, with a label for those who do not see it."""
    label = plain(label, 1000)
    box = f"0 0 {WIDTH} {number(height)}"
    return element("svg", element("title", label), *parts, viewBox=box, role="img", **{"aria-label": label})


def figure(*parts: str) -> Markup:
    """Return a chart: a drawing with what stands above and below it."""
    return element("figure", *(part for part in parts if part), class_="chart")


def label_text(x: float, y: float, words: str, anchor: str = "start", class_: str = "") -> Markup:
    """Return a text whose start, middle or end is at a place."""
    more = {"class_": class_} if class_ else {}
    return element("text", words, x=number(x), y=number(y), **{"text-anchor": anchor}, **more)


def path(x: np.ndarray, y: np.ndarray, class_: str) -> Markup:
    """Return a line through points; it is broken where a coordinate is NaN, and a point without neighbours is a dot."""
    there = ~(np.isnan(x) | np.isnan(y))
    before, after = np.append(False, there[:-1]), np.append(there[1:], False)
    words = []
    for i in np.flatnonzero(there).tolist():
        words.append(f"{'L' if before[i] else 'M'}{number(x[i])} {number(y[i])}")
    line = element("path", d="".join(words), class_=class_) if words else Markup()
    alone = there & ~before & ~after
    return Markup(line + dots(x[alone], y[alone], class_.replace("line", "dots")))


def dots(x: np.ndarray, y: np.ndarray, class_: str) -> Markup:
    """Return points as the round ends of lines without length, which take little text."""
    there = ~(np.isnan(x) | np.isnan(y))
    words = [f"M{number(a)} {number(b)}h0" for a, b in zip(x[there].tolist(), y[there].tolist(), strict=True)]
    return element("path", d="".join(words), class_=class_) if words else Markup()


def framed(x_axis: Axis, y_axis: Axis, height: float, x_label: str, y_label: str) -> Markup:
    """Place two axes on the paper, and return their lines, ticks and labels; ``y_label`` stands above."""
    y_ticks = y_axis.ticks(5)
    left = 7.0 + max((text_width(text) for _, text in y_ticks), default=0.0)
    top, bottom = 22.0, height - (33.0 if x_label else 19.0)
    x_axis.placed(left, WIDTH - 10.0)
    y_axis.placed(bottom, top)
    parts: list[str] = [label_text(0, 11, plain(y_label, 50), class_="quiet")]
    for value, text in y_ticks:
        y = y_axis.place(value)
        parts.append(element("path", d=f"M{number(left)} {number(y)}H{WIDTH - 10}", class_="grid"))
        parts.append(label_text(left - 5, y + 3.8, text, "end"))
    parts.append(element("path", d=f"M{number(left)} {number(bottom)}H{WIDTH - 10}", class_="axis"))
    for value, text in x_axis.ticks(5):
        x, half = x_axis.place(value), text_width(text) / 2.0
        parts.append(element("path", d=f"M{number(x)} {number(bottom)}v3.5", class_="axis"))
        parts.append(label_text(min(x, WIDTH - half), bottom + 14, text, "middle"))
    if x_label:
        parts.append(label_text((left + WIDTH - 10) / 2, bottom + 29, plain(x_label, 50), "middle", "quiet"))
    return Markup("".join(parts))
