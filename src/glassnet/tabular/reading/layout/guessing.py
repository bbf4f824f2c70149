"""Find the dialect of a text file from its first lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from glassnet.tabular.reading.layout.dialects import Dialect, QuoteError, Record, first_records, records
from glassnet.tabular.reading.layout.kinds import cell_kind

__all__ = ["find_dialect"]

_SEPARATORS = (",", ";", "\t", "|", "^", "~", "::", "\x01", "\x1f")
_ROWS = 1000  # that have a say
_CELLS = 30_000  # of longer rows
_TYPED_ROWS = 200  # whose cells are looked at, spread over all
_TYPED_CELLS = 6000  # that are looked at, of very long rows
_COLUMNS = 200  # whose cells are looked at
_MARKS = re.compile(r"[,;\t|^~\x01\x1f\"]")
_CERTAIN = 0.8  # score from which on blanks are not tried
_BLANK_LINES = 300  # that decide whether blanks divide columns
_NUMBERS = re.compile(r"\s*[-+]?[\d.]+(?:\s+[-+]?[\d.]+)+\s*")  # more than one in a cell
_GUTTER = 3  # lines that a table of fixed widths must have


def find_dialect(lines: Sequence[str], separator: str | None = None) -> Dialect:
    r"""Return the dialect that cuts lines into rows of one length with the plainest cells.

    A dialect's score is the share of rows that have the most frequent length, times a value that grows with the
    length, times the share of cells that are numbers, dates, times, empty, or words without a separator in them: with
    the wrong separator, rows have many lengths, or cells such as ``5;2``. Blanks separate only where nothing else does.
    (The idea to weigh both is that of van den Burg, Nazábal and Sutton, arXiv:1811.11242.)

    Examples
    --------
    >>> find_dialect(["size (cm, about);colour\n", "1,5;red\n", "2,5;blue\n"]).separator
    ';'
    >>> find_dialect(["'a, b',c\n", "'d, e',f\n"]).quote
    "'"
    """
    text = "".join(lines)
    best = max(_candidates(lines, text, separator), key=lambda found: found[0])
    if separator is not None or best[0] > _CERTAIN:
        return best[1]
    return _blanks(lines, text, best) or best[1]


def _candidates(lines: Sequence[str], text: str, separator: str | None) -> Iterator[tuple[float, Dialect]]:
    """Yield separators that occur, each with the best way to quote."""
    if separator is not None and separator.strip(" ") == "" and separator:
        yield 1.0, _blank_dialect(lines, separator)
        return
    for mark in _SEPARATORS if separator is None else (separator,):
        if mark in text or separator is not None:
            yield max((_scored(lines, way) for way in _quotings(text, mark)), key=lambda found: found[0])
    if separator is None:
        yield 0.0, Dialect("")


def _quotings(text: str, mark: str) -> Iterator[Dialect]:
    r"""Yield the ways of quoting that a text may use with a separator, the usual one first.

    Single quotes need cells that are quoted as a whole; apostrophes within words are none.
    """
    yield Dialect(mark)
    inside = re.escape(mark)
    if '\\"' in text:
        yield Dialect(mark, escape="\\")
    if '"' in text and re.search(rf'[^{inside}\r\n"]"+[^{inside}\r\n"]', text):
        yield Dialect(mark, escape="lone")
    if "'" not in text:
        return
    edge = rf"(?:^|(?<=[{inside}\r\n])) *'"
    if len(re.findall(rf"{edge}[^'\r\n]*' *(?=[{inside}\r\n]|\Z)", text)) >= max(2, len(re.findall(edge, text)) / 2):
        yield Dialect(mark, "'")
        yield Dialect(mark, "'", "lone")
        if "\\'" in text:
            yield Dialect(mark, "'", "\\")


def _scored(lines: Sequence[str], dialect: Dialect) -> tuple[float, Dialect]:
    """Return the score of a dialect; what breaks off at a quote counts as far as it goes, and less."""
    found: list[Record] = []
    complete = 1.0
    try:
        found.extend(first_records(records(lines, dialect), _ROWS, _CELLS))
    except QuoteError as error:
        complete = 0.8 * min(1.0, error.line / max(len(lines), 1))
    if not found:
        return 0.0, dialect
    widths = Counter(len(record.cells) for record in found)
    width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    if width < 2:
        return 0.0, dialect
    even = count / len(found)
    # Of two ways to quote that cut alike, the one that leaves no quotes in the cells has the plainer ones.
    return complete * even * even * (1 - 1 / (width + 1)) * _plainness(found, width), dialect


def _until_error(lines: Sequence[str], dialect: Dialect) -> Iterator[Record]:
    try:
        yield from first_records(records(lines, dialect), _ROWS, _CELLS)
    except QuoteError:
        return


def _plainness(found: Sequence[Record], width: int) -> float:
    """Return the share of plain cells in the rows of the most frequent length; words count a bit less than numbers."""
    rows = [record.cells for record in found if len(record.cells) == width]
    step = max(1, width // _COLUMNS)
    most = min(_TYPED_ROWS, max(10, _TYPED_CELLS * step // width))
    rows = rows[:: max(1, len(rows) // most)]
    total = plain = 0.0
    for row in rows:
        for cell in row[::step]:
            total += 1
            if cell_kind(cell) != "text":
                plain += 1
            elif (cell[:1] == "'") != (cell[-1:] == "'") or _NUMBERS.fullmatch(cell):
                plain += 0.2
            elif not _MARKS.search(cell) and cell[:1] != "'":
                plain += 0.9
            elif '"' not in cell and any(map(str.isalpha, cell)):
                plain += 0.3
    return plain / max(total, 1)


def _blanks(lines: Sequence[str], text: str, best: tuple[float, Dialect]) -> Dialect | None:
    """Return the dialect of columns divided by blanks, if most of them hold numbers or gaps stand one below another."""
    dialect = _blank_dialect(lines[:_BLANK_LINES], None)
    if _scored(lines[:_BLANK_LINES], dialect)[0] <= 1.2 * best[0]:
        return None
    found = list(_until_error(lines[:_BLANK_LINES], dialect))
    found = found[1:] if len(found) > 2 else found  # names may be one short, or one cell
    widths = Counter(len(record.cells) for record in found)
    width, count = max(widths.items(), key=lambda item: item[1], default=(0, 0))
    if width < 2 or count < 0.9 * len(found):
        return None
    of_best = list(_until_error(lines[:_BLANK_LINES], best[1]))
    widths = Counter(len(record.cells) for record in of_best)
    crowded = any(_NUMBERS.fullmatch(cell) for record in of_best for cell in record.cells)
    if max(widths, key=lambda one: widths[one], default=0) == width or (min(widths, default=0) > 1 and not crowded):
        return None
    if dialect.edges and "  " in text:
        return dialect
    rows = [record.cells for record in found if len(record.cells) == width][-_TYPED_ROWS:]
    numbers = sum(
        sum(cell_kind(cell) in ("number", "empty") for cell in column) >= 0.75 * len(column)
        for column in zip(*rows, strict=True)
    )
    return dialect if numbers >= 2 or (numbers == 1 and width > 2) else None


def _blank_dialect(lines: Sequence[str], separator: str | None) -> Dialect:
    """Return runs of blanks as the separator, or fixed widths where the cells themselves have blanks."""
    best: tuple[float, Dialect] = (-1.0, Dialect(" ", runs=True))
    quotes = [quote for quote in ('"', "'") if any(quote in line for line in lines)] or ['"']
    for dialect in (Dialect(" ", quote, runs=runs) for quote in quotes for runs in (True, False)):
        score = _scored(lines, dialect)[0]
        best = max(best, (score, dialect), key=lambda one: one[0])
    widths = [len(record.cells) for record in _until_error(lines, best[1]) if not record.cells[0].startswith("#")]
    aligned = len(set(widths[1:])) > 1 or any("  " in line.strip() for line in lines)
    if separator is None and len(set(widths)) > 1 and aligned and (edges := _edges(lines)):
        return Dialect(" ", edges=edges)
    return best[1]


def _edges(lines: Sequence[str]) -> tuple[int, ...]:
    """Return where columns begin: after places that are blank in every line; none if a column is mostly empty."""
    filled = [line.expandtabs().rstrip() for line in lines if line.strip()]
    if len(filled) < _GUTTER:
        return ()
    longest = max(map(len, filled))
    used = [any(place < len(line) and line[place] != " " for line in filled) for place in range(longest)]
    edges = [place for place in range(longest) if used[place] and (place == 0 or not used[place - 1])]
    for i in range(len(edges) - 1, 0, -1):  # a gap within words that all lines have is none between columns
        end = edges[i + 1] if i + 1 < len(edges) else longest
        of_lines = sum(bool(line[edges[i] : end].strip()) for line in filled)
        if of_lines < len(filled) / 2 or not filled[0][edges[i] : end].strip():
            del edges[i]
    return tuple([0, *edges[1:]]) if len(edges) > 1 else ()
