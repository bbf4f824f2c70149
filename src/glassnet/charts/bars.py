"""Bars in a table: one row each, with a name, a bar and a number."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence

import numpy as np

from glassnet.charts.axes import finite_values
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import number_text, plain
from glassnet.utils.wording import distinct_cuts

__all__ = ["Bar", "bar_table"]

_MOST_CHARACTERS = 32
_SHORT = 15  # characters of a number that stays on one line
_NUMBER = re.compile(r"[-+\u2212]?\d[\d.,]*(?:[eE][-+]?\d+)?")
_BREAKS = re.compile(r"(?<=[_/])(?=\w)|(?<=\.)(?=[^\W\d])")  # a point before a digit may be that of a number


@dataclasses.dataclass(frozen=True)
class Bar:
    """A row of the table.

    Attributes
    ----------
    name : str
        What the bar is about; a long name is cut in its middle.
    value : float
        Its length; below 0 it goes to the left.
    text : str
        What stands beside it, by default the value.
    spread : float, optional
        Uncertainty of the value, drawn to both sides of its end.
    title : str
        Shown when the pointer rests on the row; by default the whole name if it is cut.
    """

    name: str
    value: float
    text: str = ""
    spread: float | None = None
    title: str = ""


def bar_table(rows: Sequence[Bar], *, head: Sequence[str] = ("", "", ""), label: str) -> Markup:
    """Return a table of bars; if one of them is below 0, they go to the left and to the right of a line.

    Parameters
    ----------
    rows : sequence of Bar
        From top to bottom.
    head : sequence of three str
        Headings of names, bars and numbers.
    label : str
        What the table shows, for those who do not see it.

    Examples
    --------
    >>> bar_table([Bar("age", 0.5), Bar("income", -0.25)], label="Effect on the answer")[:56]
    '<table class="bars" aria-label="Effect on the answer"><t'
    """
    values = finite_values([row.value for row in rows])
    spreads = finite_values([row.spread or 0.0 for row in rows])
    spreads[np.isnan(spreads)] = 0.0
    ends = np.concatenate([values - spreads, values + spreads, [0.0]])
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    diverging = bool((values < 0.0).any())
    if not diverging:
        low = 0.0
    if high - low == 0.0:
        high = low + 1.0
    names = distinct_cuts([plain(row.name) for row in rows], _MOST_CHARACTERS)
    lines = [
        _row(row, name, float(value), float(spread), (low, high), diverging)
        for row, name, value, spread in zip(rows, names, values, spreads, strict=True)
    ]
    top = element("tr", *(element("th", word, class_=c) for word, c in zip(head, _CLASSES, strict=True)))
    body = [element("thead", top)] if any(head) else []
    return element("table", *body, element("tbody", *lines), class_="bars", **{"aria-label": plain(label, 1000)})


_CLASSES = ("name", "bar", "value")


def _breakable(name: str) -> Markup:
    """Return a name that may be broken after an underscore or a stroke, and not within its value that is a number."""
    head, equals, value = name.rpartition(" = ")
    if equals and _NUMBER.fullmatch(value):
        return Markup(_breakable(f"{head} =") + " " + element("span", value, class_="whole"))
    return Markup("<wbr>".join(element("span", part)[6:-7] for part in _BREAKS.split(name)))


def _row(row: Bar, name: str, value: float, spread: float, ends: tuple[float, float], diverging: bool) -> Markup:
    """Return one row: name, bar, number."""
    low, span = ends[0], ends[1] - ends[0]

    def piece(class_: str, start: float, end: float) -> Markup:
        left, width = (max(min(start, end), low) - low) / span, abs(end - start) / span
        return element("span", class_=class_, style=f"left:{left:.2%};width:{width:.2%}")

    parts = []
    if not math.isnan(value):
        parts.append(piece("minus" if value < 0.0 else "plus", 0.0, value))
        if spread:
            parts.append(piece("spread", max(value - spread, low), value + spread))
    if diverging:
        parts.append(element("span", class_="middle", style=f"left:{-low / span:.2%}"))
    title = plain(row.title or (row.name if name != row.name else ""), 500)
    more = {"title": title} if title else {}
    text = row.text or ("-" if math.isnan(value) else number_text(value, 3))
    return element(
        "tr",
        element("td", _breakable(name), class_="name"),
        element("td", element("div", *parts, class_="track"), class_="bar"),
        element("td", plain(text), class_="value short" if len(text) <= _SHORT else "value"),
        **more,
    )
