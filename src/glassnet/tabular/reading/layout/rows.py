"""Sort the rows below the names: those of the table, and those that are not like the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from glassnet.errors import DataError
from glassnet.tabular.reading.layout.dialects import QuoteError, Record
from glassnet.tabular.reading.layout.endings import is_footer
from glassnet.tabular.reading.layout.headers import is_rule
from glassnet.tabular.reading.options import ReadOptions
from glassnet.utils.wording import few

__all__ = ["Rows", "lines_in_words"]

_COMMENT = re.compile(r"\s*(?:#|//|%+[\sA-Za-z])")
_OPENED = re.compile(r'[^"\s]"[^"\s]')
_KEPT = 1000  # bad rows whose cells are kept


class _BadRow(NamedTuple):
    line: int
    n_cells: int
    cells: Sequence[str]

    def problem(self, width: int) -> str:
        return "a quote within a cell" if self.n_cells == width else str(self.n_cells)


@dataclass
class Rows:
    """The rows of a table, with exactly as many cells as it has columns, and what was found among them.

    Parameters
    ----------
    where : str
        Start of error messages.
    width : int
        Number of columns.
    names : sequence of lists of str
        The lines of names as they stand in the file: a row that repeats one is no row of the table.
    options : ReadOptions
        What to do with bad rows.
    """

    where: str
    width: int
    names: Sequence[list[str]]
    options: ReadOptions
    notes: list[str] = field(default_factory=list)
    _bad: list[_BadRow] = field(default_factory=list)
    _n_bad: int = 0
    _repeats: list[int] = field(default_factory=list)
    _comments: list[int] = field(default_factory=list)
    _longer: list[_BadRow] = field(default_factory=list)  # only by empty cells at the end
    _has_gaps: bool = False  # whether the last cell of some rows is empty
    _blank: list[int] = field(default_factory=list)
    _first: list[Record] = field(default_factory=list)
    _last: int = 0
    _other_table: int = 0  # line of the names of another table below this one
    _n_other: int = 0
    n_rows: int = 0

    def of(self, found: Iterable[Record]) -> Iterator[Record]:
        """Yield the rows; at the end add notes, or raise an error if some are bad and none may be.

        Raises
        ------
        DataError
            Rows have another number of cells or repeat the names, and ``bad_rows`` is not "skip"; or a quote is open.
        """
        self.n_rows = 0
        try:
            for record in found:
                row = self._sorted(record)
                if row is None:
                    continue
                yield from (Record(line, [""] * self.width) for line in self._blank)
                self.n_rows += 1 + len(self._blank)
                self._blank.clear()
                self._last = row.line
                if len(self._first) < _KEPT:
                    self._first.append(row)
                yield row
        except QuoteError as error:
            if self._other_table:
                self._finish()
                return
            must = "quotes must be closed, and quotes inside quotes doubled"
            got = f"the quote of a cell in line {error.line} {error.problem}"
            message = f"{self.where}: {got}; {must}."
            raise DataError(message, expected=must, got=error.line) from error
        self._finish()

    def _sorted(self, record: Record) -> Record | None:
        """Return a row of the table; keep what is none."""
        cells = record.cells
        if self._other_table:
            self._n_other += 1
            return None
        if len(cells) > self.width and not any(map(str.strip, cells[self.width :])):
            if any(map(str.strip, cells)):
                self._longer.append(_BadRow(record.line, len(cells), cells))
            cells = cells[: self.width]
        if len(cells) == self.width and not _is_cut_in_quotes(cells):
            self._has_gaps = self._has_gaps or not cells[-1].strip()
            if self.width > 1 and cells in self.names:  # a single word may well be a value too
                self._repeats.append(record.line)
                return None
            if self.width > 1 and not any(map(str.strip, cells)):
                self._blank.append(record.line)
                return None
            longer = self._longer and self._longer[-1].line == record.line
            return None if longer and self.options.bad_rows == "skip" else Record(record.line, cells)
        if _COMMENT.match(cells[0]) or is_rule(cells):
            self._comments.append(record.line)
        elif self._names_again(cells):
            self._other_table, self._n_other = record.line, 1
        elif any(map(str.strip, cells)):
            self._n_bad += 1
            if len(self._bad) < _KEPT:
                self._bad.append(_BadRow(record.line, len(cells), cells))
        return None

    def _finish(self) -> None:
        """Note what was left out, or raise an error."""
        if self._comments:
            self.notes.append(f"{_count(self._comments, 'comment')} left out ({lines_in_words(self._comments)})")
        if self._blank:
            said = _count(self._blank, "row")
            self.notes.append(f"{said} without any value at the end left out ({lines_in_words(self._blank)})")
        if self._longer and (self._has_gaps or self.options.bad_rows == "skip"):  # a cell may have been put in between
            self._n_bad += len(self._longer)
            self.n_rows -= len(self._longer) if self.options.bad_rows != "skip" else 0
            self._bad = sorted([*self._bad, *self._longer])
        self._leave_out_below()
        if self._other_table:
            self._leave_out_other_table()
        self._refuse_or_skip()

    def _leave_out_below(self) -> None:
        """Leave out remarks below the last row."""
        after = [bad for bad in self._bad if bad.line > self._last]
        if after and self._n_bad == len(self._bad) and all(is_footer(bad.cells, self._first) for bad in after):
            self._n_bad -= len(after)
            self._bad = self._bad[: -len(after)]
            texts = few((repr(bad.cells[0].strip()) for bad in after), most=2)
            self.notes.append(f"{_count(after, 'line')} below the table left out ({texts})")

    def _names_again(self, cells: Sequence[str]) -> bool:
        """Return whether a row of another width has the names of this table: another one begins there."""
        names = self.names[-1] if self.names else []
        shared = sum(a == b for a, b in zip(cells, names, strict=False) if a.strip())
        return shared >= 2 and shared >= len(names) / 2

    def _leave_out_other_table(self) -> None:
        """Leave out another table that is no larger than this one; raise an error about a larger one."""
        said = f"another table, of other columns, begins in line {self._other_table}"
        if self._n_other > self.n_rows + 1 and self.options.bad_rows != "skip":
            must = "the file must hold one table"
            advice = f"Divide the file, or pass {self.options.spelled('bad_rows', 'skip')} to read the first one."
            message = f"{self.where}: {said}; {must}. {advice}"
            raise DataError(message, expected=must, got=self._other_table)
        self.notes.append(f"{said} and was left out")

    def _refuse_or_skip(self) -> None:
        """Raise an error about rows that are not like the others, or note that they are left out."""
        skip = self.options.bad_rows == "skip"
        if self._n_bad:
            n_all = self.n_rows + self._n_bad
            shown = few((f"line {bad.line} ({bad.problem(self.width)})" for bad in self._bad), most=5)
            if not skip:
                raise self._not_like_the_others(n_all, shown)
            self.notes.append(f"{self._n_bad:,} of {n_all:,} rows with another number of cells left out: {shown}")
        if self._repeats:
            said = f"the names come again in {lines_in_words(self._repeats)}"
            if not skip:
                must = "the names must stand above the rows only"
                advice = f"Pass {self.options.spelled('bad_rows', 'skip')} to leave such lines out and read on."
                message = f"{self.where}: {said}; {must}. {advice}"
                raise DataError(message, expected=must, got=self._repeats)
            self.notes.append(f"{said}, left out")

    def _not_like_the_others(self, n_all: int, shown: str) -> DataError:
        must = f"every row must have {self.width} fields like the others"
        got = f"{self._n_bad:,} of {n_all:,} rows have another number of fields: {shown}"
        advice = f"Check the separators and quotes there, or pass {self.options.spelled('bad_rows', 'skip')}."
        return DataError(f"{self.where}: {got}; {must}. {advice}", expected=self.width, got=self._bad[0].n_cells)


def lines_in_words(lines: Sequence[int]) -> str:
    """Return line numbers in words; ranges where they follow each other."""
    ranges: list[list[int]] = []
    for line in lines:
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1][1] = line
        else:
            ranges.append([line, line])
    word = "line" if len(lines) == 1 else "lines"
    return f"{word} {few((f'{a}' if a == b else f'{a} to {b}' for a, b in ranges), most=5)}"


def _is_cut_in_quotes(cells: Sequence[str]) -> bool:
    """Return whether a separator inside of quotes cut a cell, since another one is missing before them.

    Examples
    --------
    >>> _is_cut_in_quotes(['7"small', ' round"', "x"]), _is_cut_in_quotes(['5" pipe', '7"', "x"])
    (True, False)
    """
    if '"' not in "".join(cells):
        return False
    quoted = [i for i, cell in enumerate(cells) if cell.count('"') % 2]
    opened = next((i for i in quoted if _OPENED.search(cells[i])), None)
    return opened is not None and any(i > opened and cells[i].rstrip().endswith('"') for i in quoted)


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"
