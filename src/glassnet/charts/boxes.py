"""A network drawn from left to right: named inputs, layers, named outputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from glassnet.charts.svg import WIDTH, drawing, figure, label_text, number
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import count, plain
from glassnet.utils.wording import cut_middle, distinct_cuts

__all__ = ["Column", "network_chart"]


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
    """Return a network, its inputs first.

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
    height, parts = 8.0, []
    for i, column in enumerate(columns):
        if i:
            parts.append(label_text(WIDTH / 2, height + 11, "↓", "middle", "quiet"))
            height += 17
        names = distinct_cuts([plain(name) for name in column.names[:4]], 14)
        if len(column.names) > 4:
            names.append(f"{len(column.names) - 4} more")
        tall = 36.0 if names else 22.0
        parts.append(
            element("rect", x="1", y=number(height), width=str(WIDTH - 2), height=number(tall), rx="4", class_="box")
        )
        parts.append(label_text(8, height + 15, cut_middle(plain(column.title), 32), class_="strong"))
        right = plain(column.subtitle) or (count(column.count, "unit") if column.count else "")
        parts.append(label_text(WIDTH - 8, height + 15, cut_middle(right, 24), "end", "quiet"))
        if names:
            parts.append(label_text(8, height + 29, cut_middle(", ".join(names), 52)))
        height += tall
    return figure(drawing(height + 4, label, *parts))
