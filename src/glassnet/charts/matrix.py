"""Counts of pairs, such as true and predicted classes, as a table with tinted cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import plain
from glassnet.utils.wording import distinct_cuts

__all__ = ["matrix_table"]

_MOST = 32
_DENSE = 9


def matrix_table(
    counts: Any, labels: Sequence[str], *, row_name: str = "true", column_name: str = "predicted"
) -> Markup:
    """Return a table of counts, each tinted by its share of its row: right ones blue, mistakes orange.

    Parameters
    ----------
    counts : array of shape (k, k)
        How often a row of the table met a column.
    labels : sequence of str
        Names of rows and columns; long ones are cut in their middle. Beyond 32 the rarest are taken together.
    row_name, column_name : str
        What rows and columns are.

    Examples
    --------
    >>> "predicted" in matrix_table([[8, 2], [0, 5]], ["no", "yes"])
    True
    """
    table, names = _largest(np.asarray(counts, np.float64), [plain(label) for label in labels])
    dense = len(names) > _DENSE
    cuts = distinct_cuts(names, 12 if dense else 16)
    upright = dense or sum(map(len, cuts)) > 40
    sums = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, sums, out=np.zeros_like(table), where=sums > 0.0)
    across = element("th", plain(column_name), class_="across", colspan=str(max(1, len(names))))
    corner = element("th", f"{plain(row_name)} ↓")
    heads = [_head(cut, name, upright) for cut, name in zip(cuts, names, strict=True)]
    rows = [element("tr", element("th"), across), element("tr", corner, *heads)]
    for i, cut in enumerate(cuts):
        cells = [_cell(table[i, j], shares[i, j], i == j, names[i], names[j]) for j in range(len(names))]
        rows.append(element("tr", element("th", cut, class_="name", title=names[i]), *cells))
    return element("div", element("table", *rows), class_="counts dense" if dense else "counts")


def _largest(table: np.ndarray, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Return counts and names, the rarest taken together where there are too many."""
    if len(names) <= _MOST:
        return table, names
    size = table.sum(axis=0) + table.sum(axis=1)
    kept = np.sort(np.argsort(-size, kind="stable")[: _MOST - 1])
    group = np.full(len(names), _MOST - 1)
    group[kept] = np.arange(_MOST - 1)
    merged = np.zeros((_MOST, _MOST))
    np.add.at(merged, (group[:, None], group[None, :]), table)
    return merged, [*(names[i] for i in kept), f"{len(names) - _MOST + 1} others"]


def _head(cut: str, name: str, upright: bool) -> Markup:
    """Return the heading of a column, upright where columns are narrow."""
    return element("th", element("span", cut) if upright else cut, class_="head", title=name)


def _cell(count: float, share: float, right: bool, row: str, column: str) -> Markup:
    """Return one count on its tint."""
    percent = round(14 + 51 * share) if count else 0
    colour = "blue" if right else "orange"
    more = {"style": f"background:color-mix(in srgb,var(--{colour}) {percent}%,transparent)"} if percent else {}
    if right:
        more["class_"] = "right"
    return element("td", f"{count:,.0f}" if count else "·", title=f"{row} → {column}: {share:.1%}", **more)
