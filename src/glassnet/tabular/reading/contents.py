"""The rows of a text file as columns of cells: small files in memory, large ones through DuckDB."""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
import weakref
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.reading.cells.plain import plain_numbers
from glassnet.tabular.reading.clean_files import CleanFile, CleanReader
from glassnet.tabular.reading.layout.dialects import QuoteError, Record, records
from glassnet.tabular.reading.layout.endings import has_total_word, last_remarks, last_total
from glassnet.tabular.reading.layout.layouts import Layout, find_layout, layout_of_rows
from glassnet.tabular.reading.layout.rows import Rows, lines_in_words
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.scanning import TextScan, count_in_file, read_lines, scan_text
from glassnet.tabular.reading.workbooks import sheet_records
from glassnet.utils.wording import few, shortened

__all__ = ["Contents", "read_contents", "read_sheet"]

_SMALL = 1 << 20  # bytes of text that Python reads as fast as DuckDB, or faster
_IN_MEMORY = 1 << 23  # bytes of text that become Python strings at once, which take up to ten times as much
_WIDE = 400  # columns, from which on DuckDB takes longer for its plan than Python for the cells
_WIDE_IN_MEMORY = 1 << 28
_SAMPLE = 1000  # rows that show whether a line is names or data
_HELD_BACK = 200  # rows that may turn out to be the end of the table


@dataclass
class Contents:
    """The cells of a text file as they stand there.

    Parameters
    ----------
    names : list of str
        Names of the columns.
    nameless : list of int
        Positions of the columns that have no name in the file.
    separator : str
        What divides the columns.
    notes : list of str
        What was found in the layout that a user might not expect.
    line_of : callable
        Returns the line of a row of the table, counted from 0, in the file, counted from 1.
    columns : callable
        Takes positions of columns that are kept as they are, ``NA`` included; yields position and cells of each column:
        a list of str, or float64 if all are plain numbers or missing, or masked str objects.
    """

    names: list[str]
    nameless: list[int]
    separator: str
    notes: list[str]
    line_of: Callable[[int], int]
    columns: Callable[[Collection[int]], Iterator[tuple[int, Any]]]


def read_contents(where: str, file: Path, options: ReadOptions, separator: str | None = None) -> Contents:
    """Find out how a text file is laid out and return its cells; ``separator`` is what the name of the file says.

    Raises
    ------
    DataError
        The file is no text, or its rows are not like each other.
    """
    scan = scan_text(where, file, options)
    layout = find_layout(where, scan.lines(), options, separator)
    width = len(layout.names)

    def found() -> Iterator[Record]:
        lines = islice(read_lines(file, scan), layout.first_line - 1, None)
        return records(lines, layout.dialect, layout.first_line)

    if _is_clean(scan, layout):
        skip = layout.first_line - 1
        clean = CleanFile(file, width, layout.dialect.separator, skip, scan.compressed, scan.n_bytes, scan.has_quotes)
        reader = _clean_reader(where, clean, file, scan, found)
        if reader is not None:
            return _contents(layout, [*scan.notes, *layout.notes], _line_finder(found, layout.first_line), reader.cells)
    rows = Rows(where, width, layout.header, options)
    if scan.n_bytes <= (_WIDE_IN_MEMORY if width > _WIDE else _IN_MEMORY):
        return _in_memory(layout, rows, list(rows.of(found())), scan.notes)
    return _on_disk(where, scan, layout, rows, found())


def read_sheet(where: str, file: Path, options: ReadOptions) -> Contents:
    """Return the cells of the first sheet of a workbook, as `read_contents` does those of a text file."""
    found, notes = sheet_records(where, file)
    found = [record for record in found if record.line > (options.skip_lines or 0)]
    layout = layout_of_rows(where, found[:_SAMPLE], options, found[-1].line + 1)
    rows = Rows(where, len(layout.names), layout.header, options)
    below = (record for record in found if record.line >= layout.first_line)
    return _in_memory(layout, rows, list(rows.of(below)), notes)


def _contents(layout: Layout, notes: list[str], line_of: Any, columns: Any) -> Contents:
    said = [f"{note[0].upper()}{note[1:]}." for note in notes]
    return Contents(layout.names, layout.nameless, layout.dialect.separator, said, line_of, columns)


def _clean_reader(
    where: str, clean: CleanFile, file: Path, scan: TextScan, found: Callable[[], Iterator[Record]]
) -> CleanReader | None:
    """Return a reader of the file, or None if rows are not like each other: then they have to be counted and named."""
    try:
        reader = CleanReader(where, clean)
    except DataError:
        return None
    if reader.has_quotes:  # a quote within a cell: it may have been cut there
        return None
    if reader.has_gaps and clean.width > 1:
        if scan.has_quotes:
            return reader if all(len(record.cells) == clean.width for record in found()) else None
        above = sum(line.count(clean.separator) for line in scan.lines()[: clean.skip_lines])
        n_marks = count_in_file(where, file, scan, clean.separator) - above
        return reader if n_marks == reader.n_rows * (clean.width - 1) else None
    return reader


def _is_clean(scan: TextScan, layout: Layout) -> bool:
    """Return whether DuckDB reads a large file as it stands; only its beginning and its end were looked at."""
    if scan.n_bytes <= _SMALL or len(layout.names) > _WIDE or layout.first_line > 2:
        return False
    if scan.encoding not in ("utf-8", "utf-8-sig") or scan.has_controls or len(scan.newlines) > 1 or scan.repeats:
        return False
    if not layout.dialect.is_plain or re.search(rf"{re.escape(layout.dialect.separator)} +\"", scan.head):
        return False
    lines = scan.tail.splitlines(keepends=True)[1:]
    try:
        last = list(records(lines, layout.dialect))
    except QuoteError:  # the end begins inside of a cell
        return True
    filled = all(len(row.cells) == len(layout.names) and any(map(str.strip, row.cells)) for row in last)
    said = [cell for cell in last[-1].cells if cell.strip()] if last else []
    return filled and bool(said) and not has_total_word(said) and (len(said) > 1 or len(layout.names) == 1)


def _in_memory(layout: Layout, rows: Rows, found: list[Record], notes: Sequence[str]) -> Contents:
    notes = [*notes, *layout.notes, *rows.notes]
    notes += _without_end(found)
    lines = np.fromiter((record.line for record in found), np.int64, len(found))
    cells = list(zip(*(record.cells for record in found), strict=True)) or [()] * len(layout.names)

    def columns(kept: Collection[int]) -> Iterator[tuple[int, Any]]:
        for i, column in enumerate(cells):
            numbers = None if i in kept else plain_numbers(column)
            yield i, list(column) if numbers is None else numbers

    return _contents(layout, notes, lambda row: int(lines[row]), columns)


def _on_disk(where: str, scan: TextScan, layout: Layout, rows: Rows, found: Iterator[Record]) -> Contents:
    """Write the rows into a clean file, from which DuckDB reads them."""
    folder = Path(tempfile.mkdtemp(prefix="glassnet-"))
    try:
        lines, total = _write_clean(folder / "rows.csv", rows.of(found))
        n_bytes = (folder / "rows.csv").stat().st_size
        reader = CleanReader(where, CleanFile(folder / "rows.csv", len(layout.names), n_bytes=n_bytes))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    remove = weakref.finalize(reader, shutil.rmtree, folder, ignore_errors=True)

    def columns(kept: Collection[int]) -> Iterator[tuple[int, Any]]:
        try:
            yield from reader.cells(kept)
        finally:
            remove()

    return _contents(layout, [*scan.notes, *layout.notes, *rows.notes, *total], lines.__getitem__, columns)


def _write_clean(file: Path, rows: Iterator[Record]) -> tuple[array[int], list[str]]:
    """Write rows as plain CSV; return the line of each, and a note on a total at the end."""
    held: list[Record] = []
    lines = array("q")
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        for row in rows:
            lines.append(row.line)
            held.append(row)
            if len(held) > 2 * _HELD_BACK:
                writer.writerows(record.cells for record in held[:_HELD_BACK])
                del held[:_HELD_BACK]
        notes = _without_end(held, whole=len(lines) == len(held))
        writer.writerows(record.cells for record in held)
    return lines, notes


def _line_finder(found: Callable[[], Iterable[Record]], first_line: int) -> Callable[[int], int]:
    """Return a function that reads a file again up to a row for its line: for messages, which are rare."""

    def line_of(row: int) -> int:
        try:
            return next(record.line for record in islice(found(), row, None))
        except (OSError, StopIteration, QuoteError):  # the file is another one by now
            return first_line + row

    return line_of


def _without_end(rows: list[Record], *, whole: bool = True) -> list[str]:
    """Take remarks and totals from the end of rows, and return notes on them."""
    notes = []
    if remarks := last_remarks(rows):
        del rows[-len(remarks) :]
        texts = [repr(shortened(record.cells[0].strip(), 50)) for record in remarks if record.cells[0].strip()]
        lines = lines_in_words([record.line for record in remarks])
        notes.append(f"remarks below the table left out ({lines}: {few(texts, most=2)})")
    if total := last_total(rows, whole=whole):
        notes.append(_total_note(rows[-1], total))
        if total != "kept":
            rows.pop()
    return notes


def _total_note(record: Record, total: str) -> str:
    label = next(cell for cell in record.cells if cell.strip()).strip()
    if total == "kept":
        return f"the last row (line {record.line}) begins with {label!r} and was read as a row like the others"
    return f"the last row (line {record.line}), {label!r}, was left out: {total}"
