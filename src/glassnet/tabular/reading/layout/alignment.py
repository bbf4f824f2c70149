"""Put the names above their columns; refuse a file in which they may belong to others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from glassnet.errors import DataError
from glassnet.tabular.reading.layout.dialects import Record
from glassnet.tabular.reading.layout.headers import COMMENT, Top
from glassnet.tabular.reading.layout.kinds import cell_kind
from glassnet.tabular.reading.options import ReadOptions
from glassnet.utils.wording import shortened

__all__ = ["IN_CELLS", "Marks", "aligned_names", "refuse_lost_names"]

_FULL = 3  # cells of a line, from which on two are a table and no titles
_WORDS = 3  # of a name, at most


class Marks(NamedTuple):
    """What the lines of the rows show beyond their cells.

    Parameters
    ----------
    are_lines : bool
        Whether the cells were cut from lines, in which a separator may be meant as text.
    spaced : bool
        Whether a blank follows every separator, as in sentences.
    quoted : bool
        Whether all rows begin with a quote, and the separator is none that numbers have inside.
    tabs : bool
        Whether the separator is a tab, which words do not have inside.
    """

    are_lines: bool
    spaced: bool = False
    quoted: bool = False
    tabs: bool = False


IN_CELLS = Marks(are_lines=False)
"""The marks of a table that has cells from the start, such as the sheet of a workbook."""


def refuse_lost_names(
    where: str, sample: Sequence[Record], top: Top, width: int, options: ReadOptions, marks: Marks
) -> None:
    """Raise an error if what would be passed over is no title: it may be the names, or another table.

    Raises
    ------
    DataError
        The lines above have as many cells as a table, or the last one may be the names of the rows below.
    """
    above = [sample[i] for i in top.passed if not COMMENT.match(sample[i].cells[0].lstrip())]
    full = [record for record in above if _n_filled(record) >= _FULL]
    wide = [record for record in full if 2 * len(record.cells) > max(width, 2 * _FULL)]
    row = sample[top.data] if top.data < len(sample) else None
    if wide or len(full) > 1:
        raise _uneven(where, (wide or full)[-1], row, width, options, are_names=False)
    begin = top.names[0] if top.names else top.data
    last = sample[begin - 1] if begin and begin < len(sample) and begin - 1 in top.passed else None
    if row is None or last not in above or not _n_filled(last) or sample[begin].line != last.line + 1:
        return
    by_kind = bool(top.names) and not _has_words_only(row)
    by_kind = by_kind and (options.header is None or _has_words_only(sample[begin]))
    if by_kind or options.header is False or not marks.are_lines:
        return
    if len(last.cells) == 1 and width > 1:
        _refuse_name_of_one(where, last, sample[begin], marks.spaced or not top.names, options)
    elif 1 < len(last.cells) != width and _n_filled(last) == len(last.cells):
        raise _uneven(where, last, sample[begin], width, options)


def _refuse_name_of_one(where: str, name: Record, row: Record, may_be_text: bool, options: ReadOptions) -> None:
    """Raise an error if a single cell above rows of several may be the name of one column with separators in it."""
    if not may_be_text or len(name.cells[0].split()) > (_WORDS if cell_kind(row.cells[0]) == "number" else 1):
        return
    must = "names and rows must have the same number of fields"
    got = f"line {name.line} has the one name {name.cells[0].strip()!r}, above {_cells(row)}"
    one, below = options.spelled("separator", "tab"), options.spelled("skip_lines", name.line)
    advice = f"Pass {one} if this is one column, or {below} if the line is a title."
    message = f"{where}: {got}; {must}. {advice}"
    raise DataError(message, expected=1, got=len(row.cells))


def aligned_names(
    where: str, header: Sequence[Record], rows: Sequence[Record], width: int, options: ReadOptions, marks: Marks
) -> list[list[str]]:
    """Return lines of names with one cell for each column.

    Where names are one short, either the last column is empty, since rows end with a separator, or the first one is an
    index: it counts the rows, or holds different names of rows, as R writes them.

    Raises
    ------
    DataError
        Names are fewer than cells in another way: a separator may stand within a cell.
    """
    short = [line for line in header if len(line.cells) < width]
    full = [row.cells for row in rows if len(row.cells) == width]
    if not short or not any(any(map(str.strip, row[len(short[0].cells) :])) for row in full):
        return [line.cells for line in header]
    if len(short[0].cells) == width - 1 and (_count_rows(rows, width) or _name_rows(full, marks)):
        return [[""] * (width - len(line.cells)) + line.cells for line in header]
    raise _uneven(where, short[0], next(row for row in rows if len(row.cells) == width), width, options)


def _name_rows(rows: Sequence[list[str]], marks: Marks) -> bool:
    """Return whether the first cells are names of rows: all different, and in quotes or words before tabs."""
    first = [row[0].strip() for row in rows]
    are_names = marks.quoted or (marks.tabs and all(cell_kind(cell) == "text" for cell in first))
    return are_names and all(first) and len(set(first)) == len(first)


def _count_rows(rows: Sequence[Record], width: int) -> bool:
    """Return whether the first cells count the rows from 0 or 1; rows of another length may count, or be remarks."""
    filled = [row.cells for row in rows if any(map(str.strip, row.cells))]
    counted = [(i, row[0].strip()) for i, row in enumerate(filled) if len(row) == width]
    if len(counted) < 2 or not all(text.isdecimal() and len(text) < 16 for _, text in counted):
        return False
    numbers = [(i, int(text)) for i, text in counted]
    steps = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(numbers)]
    return numbers[0][1] in (0, 1) and all(1 <= step <= n_rows for n_rows, step in steps)


def _uneven(
    where: str, above: Record, row: Record | None, width: int, options: ReadOptions, *, are_names: bool = True
) -> DataError:
    """Return the error for a line above the rows that has another number of cells than they."""
    must = "names and rows must have the same number of fields"
    shown = f", as in {_cells(row)}" if row else ""
    got = f"line {above.line} has {len(above.cells)} fields and most rows below have {width}{shown}"
    advice = f"Check the separators there, or pass {options.spelled('skip_lines', above.line)} to begin below it."
    if are_names and len(above.cells) < width:
        without = f"{options.spelled('skip_lines', above.line)} and {options.spelled('header', False)}"
        advice = f"Quote cells with a separator inside, name all columns, or pass {without} to do without these names."
    return DataError(f"{where}: {got}; {must}. {advice}", expected=width, got=len(above.cells))


def _cells(row: Record) -> str:
    """Return the line and the cells of a row for messages."""
    return f"line {row.line}: {shortened(', '.join(repr(cell.strip()) for cell in row.cells), 60)}"


def _has_words_only(record: Record) -> bool:
    return all(cell_kind(cell) == "text" for cell in record.cells)


def _n_filled(record: Record) -> int:
    return sum(map(bool, map(str.strip, record.cells)))
