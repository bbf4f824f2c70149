"""A network drawn: named inputs, layers, named outputs."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Sequence

from glassnet.charts.svg import WIDTH, drawing, figure, label_text, number, text_width
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import plain
from glassnet.utils.wording import cut_middle, distinct_cuts

__all__ = ["Column", "network_chart"]


_MOST_ACROSS = 4  # columns of units
_MOST_UNITS = 8  # of a column
_MOST_CHARACTERS = 15  # of a name beside a unit
_MOST_DOTS = 36  # of a box
_GAP = 16.0  # between two units
_LINE = 54  # characters of a line in a box
_BOLD = 7.0  # about how wide a character of a title is


@dataclasses.dataclass(frozen=True)
class Column:
    """Inputs, a layer, or outputs.

    Attributes
    ----------
    title : str
        What it is, as in ``"Dense, relu"``.
    subtitle : str
        What else there is to know, as in ``"80 parameters"``.
    names : sequence of str
        Of its units, where they have names.
    count : int
        How many units it has; 0 if that is not known.
    """

    title: str
    subtitle: str = ""
    names: Sequence[str] = ()
    count: int = 0


def network_chart(columns: Sequence[Column], *, label: str) -> Markup:
    """Return a network: a small one from left to right with its units, another from top to bottom with its layers.

    Parameters
    ----------
    columns : sequence of Column
        Inputs, layers in their order, outputs.
    label : str
        What the drawing shows, for those who do not see it.

    Examples
    --------
    >>> chart = network_chart([Column("inputs", "", ["age"], 1), Column("Dense", "", (), 4)], label="A network")
    >>> "<title>A network</title>" in chart
    True
    """
    columns = list(columns)
    merged = columns
    if len(columns) > 2 and columns[-1].count == columns[-2].count:
        # The outputs are the units of the last layer.
        last, outputs = columns[-2:]
        merged = [*columns[:-2], dataclasses.replace(last, names=outputs.names)]
    if 2 <= len(merged) <= _MOST_ACROSS and all(c.count for c in merged) and not any(c.names for c in merged[1:-1]):
        return figure(_across(merged, label))
    return figure(_down(columns, label))


# ---- from left to right: units as dots -----------------------------------------------------------------------------


def _across(columns: Sequence[Column], label: str) -> Markup:
    """Return the units of all layers with the wires between them."""
    shown = [_shown_units(column) for column in columns]
    left, right = _names(columns[0]), _names(columns[-1])
    first = 6.0 + max((text_width(name) + 8.0 for name in left), default=0.0)
    last = WIDTH - 6.0 - max((text_width(name) + 8.0 for name in right), default=0.0)
    places = [first + (last - first) * i / (len(columns) - 1) for i in range(len(columns))]
    heads = [_head(column, (last - first) / (len(columns) - 1)) for column in columns]
    top = 14.0 * max(map(len, heads)) + 8.0
    tall = _GAP * max(map(len, shown))
    spots = [[top + (tall - _GAP * len(units)) / 2 + _GAP * (i + 0.5) for i in range(len(units))] for units in shown]
    parts: list[str] = []
    for i in range(len(columns) - 1):
        ends = [
            (y, z) for y, a in zip(spots[i], shown[i], strict=True) if a for z in _drawn(spots[i + 1], shown[i + 1])
        ]
        wires = "".join(f"M{number(places[i])} {number(y)}L{number(places[i + 1])} {number(z)}" for y, z in ends)
        parts.append(element("path", d=wires, class_="wire"))
    for i, units in enumerate(shown):
        for y, is_unit in zip(spots[i], units, strict=True):
            if is_unit:
                parts.append(element("circle", cx=number(places[i]), cy=number(y), r="4.5", class_="unit"))
            else:
                parts.append(label_text(places[i], y + 4, "⋮", "middle", "quiet"))
        # A heading stays on the paper.
        anchor = "start" if i == 0 and left else "end" if i == len(columns) - 1 and right else "middle"
        x = {"start": 0.0, "end": float(WIDTH), "middle": places[i]}[anchor]
        for k, line in enumerate(heads[i]):
            half = text_width(line) * _BOLD / 12.0
            at = min(max(x, half), WIDTH - half) if anchor == "middle" else x
            parts.append(label_text(at, 11 + 14 * k, line, anchor, "strong" if k == 0 else "quiet"))
    for y, name in zip(spots[0], left, strict=False):
        parts.append(label_text(first - 9, y + 4, name, "end"))
    for y, name in zip(spots[-1], right, strict=False):
        parts.append(label_text(last + 9, y + 4, name))
    return drawing(top + tall + 4, label, *parts)


def _shown_units(column: Column) -> list[bool]:
    """Return what stands below each other in a column: True for a unit, False for those that are left out."""
    if column.count <= _MOST_UNITS:
        return [True] * column.count
    return [True] * (_MOST_UNITS - 1) + [False]


def _drawn(spots: Sequence[float], units: Sequence[bool]) -> list[float]:
    """Return the places of units that are drawn."""
    return [y for y, is_unit in zip(spots, units, strict=True) if is_unit]


def _names(column: Column) -> list[str]:
    """Return the names beside the units of a column; the last one says how many are left out."""
    names = distinct_cuts([plain(name) for name in column.names], _MOST_CHARACTERS)
    shown = len(_shown_units(column))
    if len(names) <= shown and column.count <= shown:
        return names
    return [*names[: shown - 1], f"{max(column.count, len(names)) - shown + 1} more"] if names else []


def _head(column: Column, room: float) -> list[str]:
    """Return the lines above a column, of which those beyond the first are left out where they have no room."""
    lines = [*plain(column.title).split(", "), *([plain(column.subtitle)] if column.subtitle else [])]
    most = max(8, int(room / 6.0))
    return [cut_middle(lines[0], most), *(line for line in lines[1:] if len(line) <= most)][:4]


# ---- from top to bottom: layers as boxes ---------------------------------------------------------------------------


def _down(columns: Sequence[Column], label: str) -> Markup:
    """Return a box for each layer, with a row of dots for its units."""
    height, parts = 1.0, []
    for i, column in enumerate(columns):
        if i:
            parts.append(element("path", d=f"M{WIDTH // 2} {number(height + 1)}v9m-3.5 -4l3.5 4l3.5 -4", class_="axis"))
            height += 12.0
        inside, tall = _box(column, height)
        size = {"x": "0.5", "y": number(height), "width": str(WIDTH - 1), "height": number(tall), "rx": "5"}
        parts += [element("rect", class_="box", **size), *inside]
        height += tall
    return drawing(height + 1, label, *parts)


def _box(column: Column, top: float) -> tuple[list[Markup], float]:
    """Return what is written in the box of a layer, and how high the box is."""
    right = cut_middle(plain(column.subtitle), 24)
    lines = _wrapped(plain(column.title), int((WIDTH - 20 - text_width(right)) / _BOLD))
    parts = [label_text(8, top + 14 + 13 * k, line, class_="strong") for k, line in enumerate(lines)]
    parts.append(label_text(WIDTH - 8, top + 14, right, "end", "quiet"))
    tall = 7.0 + 13.0 * max(1, len(lines))
    for line in _listed([plain(name) for name in column.names], column.count):
        parts.append(label_text(8, top + tall + 9, line))
        tall += 13.0
    if column.count:
        tall += 1.5
        dots = min(column.count, _MOST_DOTS)
        row = "".join(f"M{10 + 7 * k} {number(top + tall + 4)}h0" for k in range(dots))
        parts.append(element("path", d=row, class_="dots c0"))
        if column.count > dots:
            parts.append(label_text(12 + 7 * dots, top + tall + 8, f"… {column.count:,}", class_="quiet"))
        tall += 10.0
    return parts, tall + 2.0


def _listed(names: Sequence[str], n: int) -> list[str]:
    """Return names in at most a few lines: short ones beside each other, long ones each on a line."""
    long = any(len(name) > 24 for name in names) and len(names) <= 4
    if long:
        return distinct_cuts(names, _LINE)
    cuts, lines = distinct_cuts(names, 20), [""]
    for i, name in enumerate(cuts):
        rest = max(n, len(names)) - i
        longer = f"{lines[-1]}, {name}" if lines[-1] else name
        if len(longer) <= _LINE - (10 if len(lines) == 2 else 0):
            lines[-1] = longer
        elif len(lines) < 2:
            lines.append(name)
        else:
            lines[-1] += f", {rest:,} more"
            break
    return [line for line in lines if line]


def _wrapped(text: str, most: int) -> list[str]:
    """Return a title in at most two lines."""
    if len(text) <= most:
        return [text]
    first = textwrap.wrap(text, most, break_long_words=True)[0]
    return [first, cut_middle(text[len(first) :].strip(), most)]
