"""Find the layout of a text file: dialect, names, and where the rows begin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from glassnet.errors import DataError
from glassnet.tabular.reading.layout.alignment import IN_CELLS, Marks, aligned_names, refuse_lost_names
from glassnet.tabular.reading.layout.dialects import Dialect, QuoteError, Record, first_records, records
from glassnet.tabular.reading.layout.guessing import find_dialect
from glassnet.tabular.reading.layout.headers import Top, body_width, find_top, given_top, is_rule
from glassnet.tabular.reading.layout.kinds import cell_kind
from glassnet.tabular.reading.layout.naming import column_names
from glassnet.tabular.reading.layout.rows import lines_in_words
from glassnet.tabular.reading.options import ReadOptions
from glassnet.utils.wording import few, shortened

__all__ = ["Layout", "find_layout", "layout_of_rows"]

_SAMPLE = 1000  # records that show whether a line is names or data
_SAMPLE_CELLS = 60_000  # of longer rows
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?[\s,;]*', re.IGNORECASE)
_SPELLINGS = {
    r"\t": "\t",
    "tab": "\t",
    "comma": ",",
    "semicolon": ";",
    "bar": "|",
    "pipe": "|",
    "space": " ",
    "blank": " ",
}
_WORDS = 3  # in a line, from which on one that has no separator is no single cell
_MARKED = 0.1  # share of the lines with a separator in them, from which on one was meant


@dataclass
class Layout:
    """What is where in a text file.

    Parameters
    ----------
    dialect : Dialect
        How lines are cut into cells.
    names : list of str
        Names of the columns; those without are called by their position, such as ``column_3``.
    nameless : list of int
        Positions of the columns that have no name in the file.
    first_line : int
        Line in which the first row begins, counted from 1.
    header : list of lists of str
        The lines of names and units as they stand in the file.
    notes : list of str
        What was found that a user might not expect.
    """

    dialect: Dialect
    names: list[str]
    nameless: list[int]
    first_line: int
    header: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_layout(where: str, lines: Sequence[str], options: ReadOptions, separator: str | None = None) -> Layout:
    r"""Return the layout of a file from its first lines.

    Parameters
    ----------
    where : str
        Start of error messages.
    lines : sequence of str
        Whole lines, with their ends.
    options : ReadOptions
        What is given about the file.
    separator : str, optional
        What the name of the file says, used if it occurs.

    Examples
    --------
    >>> layout = find_layout("read_table", ["sep=;\n", "size (cm, dry);colour\n", "1;red\n"], ReadOptions())
    >>> layout.names, layout.first_line, layout.notes
    (['size (cm, dry)', 'colour'], 3, ["the line 'sep=;' above the names gives the separator"])
    """
    notes: list[str] = []
    skipped = min(options.skip_lines or 0, len(lines))
    below = list(lines[skipped:])
    if skipped:
        notes.append(f"{skipped} lines passed over as asked" if skipped > 1 else "1 line passed over as asked")
    if options.separator is not None:
        separator = _SPELLINGS.get(options.separator.lower(), options.separator)
    elif below and (found := _SEPARATOR_LINE.fullmatch(below[0].rstrip("\r\n"))):
        separator = found[1]
        notes.append(f"the line {below[0].strip()!r} above the names gives the separator")
        below, skipped = below[1:], skipped + 1
    elif separator is not None and not any(separator in line for line in below):
        separator = None
    dialect = find_dialect(below, separator)
    _refuse_absent(where, below, separator, options)
    sample, end = _sample(below, dialect, skipped + 1)
    _refuse_prose(where, sample, dialect, options)
    layout = layout_of_rows(where, sample, options, end, _marks(below, sample, dialect, skipped + 1))
    return replace(layout, dialect=dialect, notes=[*notes, *_dialect_notes(dialect), *layout.notes])


def layout_of_rows(
    where: str, sample: Sequence[Record], options: ReadOptions, end: int, marks: Marks = IN_CELLS
) -> Layout:
    """Return the layout of a table from its first rows, in cells; ``end`` is the line after them."""
    width = body_width(sample)
    top = find_top(sample, width) if options.header is None else given_top(sample, width, options.header)
    refuse_lost_names(where, sample, top, width, options, marks)
    header = [sample[i].cells for i in top.names]
    aligned = aligned_names(where, [sample[i] for i in top.names], sample[top.data :], width, options, marks)
    names, said = column_names(aligned, max(width, 1))
    if header and len(header[-1]) < width:
        line, n_names = sample[top.names[-1]].line, len(header[-1])
        shown = repr(shortened(sample[top.data].cells[0].strip(), 30)) if top.data < len(sample) else "blanks"
        of = (
            "the last ones, which are empty, have"
            if aligned[-1] == header[-1]
            else f"the first one, which begins with {shown}, has"
        )
        said.append(f"line {line} has {_count(n_names, 'name')} for {width} columns: {of} none")
    return Layout(
        Dialect(""),
        [name or f"column_{i}" for i, name in enumerate(names, start=1)],
        [i for i, name in enumerate(names) if not name],
        sample[top.data].line if top.data < len(sample) else end,
        [*header, *(sample[i].cells for i in top.units)],
        [*_top_notes(sample, top, options), *said],
    )


def _refuse_absent(where: str, lines: Sequence[str], separator: str | None, options: ReadOptions) -> None:
    """Raise an error if the separator that was asked for is in no line, and another one divides them."""
    if options.separator is None or separator is None or any(separator in line for line in lines):
        return
    other = find_dialect(lines).separator
    if other and other in next(filter(str.strip, lines), ""):  # otherwise the names are those of one column
        message = f"{where}: the separator {separator!r} is not in the file, whose lines are divided by {other!r}; "
        message += "it must be there. Leave the option out."
        raise DataError(message, expected=separator, got=other)


def _sample(lines: Sequence[str], dialect: Dialect, first_line: int) -> tuple[list[Record], int]:
    """Return the first records, and the line after them; an open quote ends them, which the rows' reader reports."""
    found: list[Record] = []
    end = first_line + len(lines)
    try:
        found.extend(first_records(records(lines, dialect, first_line), _SAMPLE, _SAMPLE_CELLS))
    except QuoteError as error:
        end = error.line
    return found or [Record(first_line, [""])], end


def _refuse_prose(where: str, sample: Sequence[Record], dialect: Dialect, options: ReadOptions) -> None:
    """Raise an error if no separator was found, although the lines have more words than a cell has."""
    if dialect.separator or options.separator is not None:
        return
    words = sorted(len(record.cells[0].split()) for record in sample)
    marked = sum(any(mark in record.cells[0] for mark in ",;\t|=") for record in sample)
    if min(len(sample[0].cells[0].split()), words[len(words) // 2]) > _WORDS or marked > _MARKED * len(sample):
        must = "columns must be divided by one separator in all rows"
        got = f"no usual separator, as in line {sample[0].line}: {shortened(sample[0].cells[0], 60)!r}"
        advice = f"Pass the right one, such as {options.spelled('separator', ':')}."
        message = f"{where}: there is {got}; {must}. {advice}"
        raise DataError(message, expected=must, got=sample[0].cells[0])


def _marks(lines: Sequence[str], sample: Sequence[Record], dialect: Dialect, first_line: int) -> Marks:
    """Return what the lines of the rows show beyond their cells."""
    raw = [lines[record.line - first_line] for record in sample[1:]]
    mark = dialect.separator
    is_visible = bool(mark.strip(" ")) and not dialect.edges
    spaced = is_visible and bool(raw) and all(line.count(mark) == line.count(mark + " ") for line in raw)
    quote = dialect.quote or '"'
    in_quotes = mark != "," and bool(raw) and all(line.lstrip().startswith(quote) for line in raw)
    return Marks(True, spaced, in_quotes, mark == "\t")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _dialect_notes(dialect: Dialect) -> list[str]:
    """Return notes on what is unusual about a dialect."""
    notes = []
    if dialect.edges:
        notes.append("columns are divided by the places that are blank in every line (fixed widths)")
    elif dialect.runs:
        notes.append("columns are divided by blanks")
    elif dialect.separator not in (",", ";", "\t", "|", ""):
        notes.append(f"columns are divided by {dialect.separator!r}")
    if dialect.quote == "'":
        notes.append("cells stand in single quotes")
    if dialect.escape == "\\":
        notes.append("a quote inside of a cell is written with a backslash")
    elif dialect.escape == "lone":
        notes.append("quotes inside of cells are not doubled: those that are next to no separator were read as text")
    return notes


def _top_notes(sample: Sequence[Record], top: Top, options: ReadOptions) -> list[str]:
    """Return notes on what stands above the rows besides one line of names."""
    notes = []
    passed = [sample[i] for i in top.passed if any(map(str.strip, sample[i].cells))]
    if passed:
        where = lines_in_words([record.line for record in passed])
        said = few((repr(shortened(_text(record), 50)) for record in passed), most=2)
        notes.append(f"{where} above the {'names' if top.names else 'rows'} passed over: {said}")
    if not top.names and options.header is None:
        first = _text(sample[top.data]) if top.data < len(sample) else ""
        advice = f"{options.spelled('header', True)} takes it for names"
        notes.append(f"no names: the first row, {shortened(first, 50)!r}, looks like the others ({advice})")
    if len(top.names) == 1 and options.header is None and _may_be_data(sample[top.names[0]].cells):
        said, advice = (
            shortened(_text(sample[top.names[0]]), 50),
            f"{options.spelled('header', False)} takes it for data",
        )
        notes.append(f"the first row, {said!r}, was taken for names ({advice})")
    if len(top.names) > 1:
        notes.append(f"the names were joined from {lines_in_words([sample[i].line for i in top.names])}")
    if top.units:
        said = few(repr(shortened(_text(sample[i]), 50)) for i in top.units)
        what = "a drawn line" if all(is_rule(sample[i].cells) for i in top.units) else "units"
        notes.append(f"{lines_in_words([sample[i].line for i in top.units])} with {what} left out: {said}")
    return notes


def _may_be_data(cells: Sequence[str]) -> bool:
    """Return whether all names are numbers, or one is."""
    kinds = [cell_kind(cell) for cell in cells if cell.strip()]
    return kinds.count("number") in (1, len(kinds))


def _text(record: Record) -> str:
    return ", ".join(cell.strip() for cell in record.cells if cell.strip())
