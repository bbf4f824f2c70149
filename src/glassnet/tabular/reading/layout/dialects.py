"""A dialect: how the lines of a text file are cut into cells."""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

__all__ = ["LONGEST_ROW", "Dialect", "QuoteError", "Record", "first_records", "records"]

LONGEST_ROW = 2_000_000  # characters; DuckDB's limit too
_FEWEST = 20  # records that decide the dialect of a file, however long they are
_STAND_IN = "\x1f"  # for a separator of several characters
_limit_lock = threading.Lock()
_limit_before = csv.field_size_limit()
_readers = 0  # that need the longer limit now


class Record(NamedTuple):
    """The cells of one row, and the line where it begins, counted from 1."""

    line: int
    cells: list[str]


class QuoteError(Exception):
    """Quotes that are not closed, or closed in the middle of a cell."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


@dataclass(frozen=True)
class Dialect:
    r"""How lines are cut into cells.

    Parameters
    ----------
    separator : str
        One character or several; "" if each line is one cell.
    quote : str, default='"'
        Character around cells that hold separators or line breaks; "" for none.
    escape : {"", "\\\\", "lone"}, default=""
        How a quote inside of a quoted cell is written: doubled, after a backslash, or alone, like any other character.
    runs : bool, default=False
        Whether several blanks in a row are one separator, and those at the ends of a line none.
    edges : tuple of int
        Where the columns of a table of fixed widths begin; then `separator` does not count.
    """

    separator: str
    quote: str = '"'
    escape: str = ""
    runs: bool = False
    edges: tuple[int, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether DuckDB cuts a file in this dialect into the same cells."""
        return self.quote == '"' and not self.escape and not self.runs and not self.edges and len(self.separator) == 1


def records(lines: Iterable[str], dialect: Dialect, first_line: int = 1) -> Iterator[Record]:
    r"""Yield the records of lines with their ends; blank lines have none.

    Raises
    ------
    QuoteError
        A quote is not closed, or what follows it is no separator.

    Examples
    --------
    >>> list(records(["a;b\n", "\n", '"1;\n', '2";3'], Dialect(";")))
    [Record(line=1, cells=['a', 'b']), Record(line=3, cells=['1;\n2', '3'])]
    >>> [record.cells for record in records(["a   b\n", " 1  'x y' \n"], Dialect(" ", "'", runs=True))]
    [['a', 'b'], ['1', 'x y']]
    """
    if dialect.edges:
        yield from _fixed(lines, dialect.edges, first_line)
        return
    if not dialect.separator:
        stripped = ((n, line.strip()) for n, line in enumerate(lines, first_line))
        yield from (Record(n, [_unquoted(line, dialect.quote)]) for n, line in stripped if line)
        return
    prepared: Iterable[str] = lines
    if len(dialect.separator) > 1:
        several = dialect.separator
        prepared = (line.replace(several, _STAND_IN) for line in lines)
        dialect = replace(dialect, separator=_STAND_IN)
    if dialect.runs:
        prepared = (line.replace("\t", " ").strip(" \r\n") + "\n" for line in lines)
    if dialect.escape == "\\":
        pattern = re.compile(rf"(?<!\\)((?:\\\\)*)\\{dialect.quote}")
        prepared = (pattern.sub(rf"\1{dialect.quote * 2}", line) for line in prepared)
    elif dialect.escape == "lone":
        prepared = _doubled(prepared, dialect.separator, dialect.quote)
    with _long_cells():
        yield from _parsed(prepared, dialect, first_line)


def _unquoted(line: str, quote: str) -> str:
    """Return the cell that is a whole line, without the quotes around it."""
    inner = line[1:-1]
    is_quoted = bool(quote) and len(line) > 1 and line[0] == line[-1] == quote
    return inner.replace(quote * 2, quote) if is_quoted and quote not in inner.replace(quote * 2, "") else line


def first_records(found: Iterable[Record], most: int, most_cells: int) -> Iterator[Record]:
    """Yield records until there are so many of them, or at least twenty with so many cells.

    Examples
    --------
    >>> rows = [Record(i, ["a"] * 100) for i in range(50)]
    >>> len(list(first_records(rows, 30, 9999))), len(list(first_records(rows, 99, 2500)))
    (30, 25)
    """
    n_cells = 0
    for n, record in enumerate(found, 1):
        yield record
        n_cells += len(record.cells)
        if n >= most or (n >= _FEWEST and n_cells >= most_cells):
            return


def _parsed(lines: Iterable[str], dialect: Dialect, first_line: int) -> Iterator[Record]:
    last = [""]
    reader = csv.reader(
        _remembered(lines, last),
        delimiter=dialect.separator,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        skipinitialspace=dialect.runs or dialect.separator != " ",
        strict=True,
    )
    begin = 0
    try:
        for cells in reader:
            # Quotes around nothing are an empty cell; a line without anything is none.
            if cells and (len(cells) > 1 or cells[0].strip() or (dialect.quote and dialect.quote in last[0])):
                yield Record(first_line + begin, cells)
            begin = reader.line_num
    except csv.Error as error:
        problem = "is not closed" if "unexpected end" in str(error) or "limit" in str(error) else "is closed too early"
        raise QuoteError(first_line + begin, problem) from error


def _remembered(lines: Iterable[str], last: list[str]) -> Iterator[str]:
    """Yield lines, and keep the last one of them."""
    for line in lines:
        last[0] = line
        yield line


def _doubled(lines: Iterable[str], separator: str, quote: str) -> Iterator[str]:
    """Yield lines with the quotes inside of quoted cells written twice: those that are next to no separator."""
    mark = re.escape(separator)
    cell = re.compile(rf"((?:^|{mark}) *){quote}(.*?){quote}(?= *(?:{mark}|[\r\n]*\Z))")
    for line in lines:
        yield cell.sub(lambda found: found[1] + quote + _doubled_in(found[2], quote) + quote, line)


def _doubled_in(text: str, quote: str) -> str:
    return text.replace(quote * 2, quote).replace(quote, quote * 2)


def _fixed(lines: Iterable[str], edges: tuple[int, ...], first_line: int) -> Iterator[Record]:
    for number, line in enumerate(lines, first_line):
        if line.strip():
            text = line.expandtabs().rstrip("\r\n")
            yield Record(number, [text[a:b].strip() for a, b in zip(edges, (*edges[1:], None), strict=True)])


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let the csv module take cells as long as a row may be; its limit is one for the whole process."""
    global _readers, _limit_before
    with _limit_lock:
        if _readers == 0:
            _limit_before = csv.field_size_limit(LONGEST_ROW)
        _readers += 1
    try:
        yield
    finally:
        with _limit_lock:
            _readers -= 1
            if _readers == 0:
                csv.field_size_limit(_limit_before)
