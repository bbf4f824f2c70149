"""Judge whether a row holds names or data, by the kinds of the columns below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, pairwise

from glassnet.tabular.reading.layout.dialects import Record
from glassnet.tabular.reading.layout.kinds import cell_kind, column_kind

__all__ = ["ColumnKinds"]

_TYPED_ROWS, _TYPED_COLUMNS, _TYPED_CELLS = 150, 300, 6000  # that decide the kinds
_NO_UNIT = re.compile(r"[\d\s.,'+\-()eE\u2212]")
_WHOLE = re.compile(r"[-+]?\d+")
_FEW, _MANY = 3, 6  # numbers in a row, from which on their notation says something, and their order too


class ColumnKinds:
    """The kinds of the columns of a table, from the lower half of the rows; of a few rows from the last ones.

    Of very many columns only some are looked at; the others are "empty", and have no say.

    Parameters
    ----------
    found : sequence of Record
        The first records of a file.
    width : int
        Number of columns.

    Examples
    --------
    >>> columns = ColumnKinds([Record(i, row) for i, row in enumerate([["day", "n"], ["1", "a"], ["2", "b"]], 1)], 2)
    >>> columns.kinds, columns.verdict(["day", "n"]), columns.verdict(["1", "a"])
    (['number', 'text'], 'names', 'data')
    """

    def __init__(self, found: Sequence[Record], width: int) -> None:
        self._found = found
        rows = [
            record.cells for record in found[1:] if len(record.cells) >= width and any(map(str.strip, record.cells))
        ]
        n = len(rows)
        rows = rows[n // 2 :] if n > 11 else rows[n // 3 :] if n > 5 else rows[-max(1, (n + 1) // 3) :]
        step = max(1, width // _TYPED_COLUMNS)
        most = min(_TYPED_ROWS, max(20, _TYPED_CELLS * step // max(width, 1)))
        self._rows = rows[:: max(1, len(rows) // most)]
        self.kinds = [column_kind([row[i] for row in self._rows]) if i % step == 0 else "empty" for i in range(width)]

    @property
    def typed(self) -> list[int]:
        """Positions of the columns of numbers, dates or times."""
        return [i for i, kind in enumerate(self.kinds) if kind in ("number", "date", "time")]

    def verdict(self, cells: Sequence[str]) -> str:
        """Return "names", "data" or "" by comparing the cells of a row with the kinds of their columns."""
        same: list[int] = []
        other = 0
        for i in self.typed:
            of_cell = cell_kind(cells[i]) if i < len(cells) else "empty"
            if of_cell == self.kinds[i]:
                same.append(i)
            elif of_cell == "text":
                other += 1
        numbers = [i for i in same if self.kinds[i] == "number"]
        if same and numbers == same and self._are_names(cells, numbers):
            return "names"
        if same and len(same) >= other:
            return "data"
        return "names" if other else ""

    def count_up(self, cells: Sequence[str]) -> str:
        """Return "years" or "places" if numbers are years or 0, 1, 2 ..., and the rows below are not; else ""."""
        how = _how_they_count([cell.strip() for cell in cells])
        numbers = [i for i in self.typed if self.kinds[i] == "number"]
        rows = [[row[i].strip() for i in numbers] for row in self._rows]
        if how == "places" and len(cells) < _MANY and all(map(_WHOLE.fullmatch, chain.from_iterable(rows))):
            return ""
        return how if sum(_how_they_count(row) == how for row in rows) <= len(rows) / 4 else ""

    def _are_names(self, cells: Sequence[str], places: Sequence[int]) -> bool:
        """Return whether numbers above columns of numbers are names: they count up, or are written in another way.

        Several rising whole numbers above fractions are, such as wavelengths, and numbers with a unit above numbers
        without.
        """
        if self.count_up([cells[i] for i in places]):
            return True
        if len(places) < _FEW:
            return False
        below = {i: [row[i].strip() for row in self._rows if cell_kind(row[i]) == "number"] for i in places}
        if all(_WHOLE.fullmatch(cells[i].strip()) for i in places):
            numbers = [int(cells[i]) for i in places]
            return all(low < high for low, high in pairwise(numbers)) and all(
                sum(map(bool, map(_WHOLE.fullmatch, below[i]))) < len(below[i]) / 10 for i in places
            )
        units = {i: _NO_UNIT.sub("", cells[i]) for i in places}
        return all(units[i] and all(_NO_UNIT.sub("", cell) != units[i] for cell in below[i]) for i in places)


def _how_they_count(cells: Sequence[str]) -> str:
    """Return "years" or "places" if the cells are whole numbers that may be names of columns, otherwise ""."""
    if not cells or not all(cell.isdecimal() and len(cell) < 9 for cell in cells):
        return ""
    numbers = [int(cell) for cell in cells]
    if all(1900 <= number <= 2100 for number in numbers):
        return "years"
    from_start = numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return "places" if from_start and len(numbers) >= _FEW else ""
