"""The texts of a column that are not missing, and what is said about those that are not what the others are."""

from __future__ import annotations

import numpy as np

from glassnet.tabular.reading.cells.column import TextColumn
from glassnet.tabular.reading.cells.distinct import find_shapes
from glassnet.tabular.reading.cells.doubts import Doubt
from glassnet.tabular.reading.cells.markers import INFINITE
from glassnet.tabular.reading.cells.moments import spread_out
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.table import DTYPES, FILLERS, Column

__all__ = ["MOST", "Tried", "spread"]

MOST = 0.8
"""Share of the cells that makes it likely that numbers, dates or times were meant."""


def spread(values: np.ndarray, rest: np.ndarray, column: TextColumn, kind: str) -> np.ndarray:
    """Return values at their positions among all texts, of which the others are missing."""
    found = np.full(len(column.cells.texts), FILLERS[kind], DTYPES[kind])
    found[rest] = values
    return found


class Tried:
    """The texts of a column at the positions ``rest``, which are tried as numbers, dates and times.

    ``forced`` is the kind that the user wants.
    """

    def __init__(self, column: TextColumn, rest: np.ndarray, forced: str = "") -> None:
        self.column, self.rest, self.forced = column, rest, forced
        texts = column.cells.ordinary
        chosen = [texts[i] for i in rest]
        self.shapes = find_shapes([spread_out(text) for text in chosen] if forced == "date" else chosen)
        self.counts = column.cells.counts[rest]
        places = np.searchsorted(rest, column.cells.positions(INFINITE))
        self.infinite = {int(i): INFINITE[column.cells.texts[rest[i]]] for i in places}
        self.total = int(self.counts.sum())

    def _is_loose(self, good: np.ndarray) -> bool:
        """Return whether the user wanted cells of another kind to be missing, and there are some."""
        return bool(self.forced) and not good.all()

    # ---- cells that do not fit --------------------------------------------------------------------------------------

    def _extra_marker(self, good: np.ndarray) -> list[str]:
        """Return the one repeated word beside numbers, dates or times, which stands for a missing value."""
        bad = np.flatnonzero(~good)
        words = {self.column.cells.texts[i] for i in self.rest[bad]}
        if len(words) != 1 or self.counts[good].sum() <= self.total / 2 or self.counts[bad].sum() < 2:
            return []
        text = words.pop()
        return [] if any(character.isdigit() for character in text) else [text]

    def _exceptions(self, good: np.ndarray, what: str) -> Column | Doubt | None:
        """Return the column as text, or the doubt about the cells that are none of ``what``."""
        column, n_good = self.column, int(self.counts[good].sum())
        bad = np.flatnonzero(~good)
        if n_good <= self.total / 2:
            return column.category()
        words = {column.cells.texts[i]: i for i in self.rest[bad[::-1]]}
        shown = " and ".join(column.shown(i) for i in list(words.values())[:-3:-1])
        fact = f"{n_good:,} {what} and {self.total - n_good:,} other, {shown}"
        kind = "date" if what == "dates" else "number"
        if n_good < MOST * self.total:
            read = column.spelled("read", {column.name: kind})
            return column.category(
                note=f"Column {column.name!r} is read as text: it holds {fact}; {read} makes these missing."
            )
        choices = [column.spelled("read", {column.name: kind}) + " to make these missing"] if what != "times" else []
        if len(words) == 1:
            choices = [column.spelled("missing", list(words))]
        choices.append(column.spelled("read", {column.name: "category"}) + " to keep all as text")
        return Doubt(column.name, f"it holds {fact}", ", or ".join(choices))

    def _whole_exceptions(self, good: np.ndarray, what: str) -> Column | Doubt:
        """Return the column if the user wants numbers or dates and it has no cells, else the doubt: there are none."""
        column = self.column
        if self.forced and not self.total:
            kind = "number" if what == "numbers" else "date"
            n = len(column.cells.place)
            return Column(
                column.name, kind, np.full(n, FILLERS[kind], DTYPES[kind]), np.ones(n, dtype=bool), Form(kind)
            )
        if not self.forced:
            return column.category()
        return Doubt(
            column.name,
            f"it holds no {what}, but text such as {column.shown(self.rest[0])}",
            column.spelled("read", {column.name: "category"}),
        )

    def _note(self, extra: list[str], good: np.ndarray, kind: str) -> str:
        """Return the sentence about cells that count as missing where a user might not expect it."""
        bad = np.flatnonzero(~good)
        if not len(bad):
            return ""
        column, count = self.column, int(self.counts[bad].sum())
        if extra:
            cells = f"{count:,} cells {extra[0]!r}"
        elif count == 1:
            return f"Column {column.name!r}: {column.shown(self.rest[bad[0]])} is no {kind} and counts as missing."
        else:
            cells = f"{count:,} cells that are no {kind}, such as {column.shown(self.rest[bad[0]])},"
        return f"Column {column.name!r}: {cells} count as missing."
