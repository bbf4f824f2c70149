"""Tell titles, names, units and data apart at the top of a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from glassnet.tabular.reading.layout.dialects import Record
from glassnet.tabular.reading.layout.kinds import cell_kind
from glassnet.tabular.reading.layout.verdicts import ColumnKinds

__all__ = ["COMMENT", "Top", "body_width", "find_top", "given_top", "is_rule"]

_LINES_OF_NAMES = 6  # at most
_REPEATS = 0.5  # share of the columns whose first cell comes again, which makes the first row data
_OFTEN = 0.1  # of the rows, in which it then comes on the average
_SYMBOL = (
    "(?:[kMGmnpµμcdhu]?(?:m|g|s|A|K|mol|cd|V|W|Wh|Hz|N|Pa|J|C|F|Ω|T|lm|lx|Bq|Sv|l|L|B|bar|eV|ppm|ppb|rad|cal)[²³23]?"
    "|min|h|hr|hrs|d|day|days|yr|years?|sec|seconds?|minutes?|hours?|kg|t|ft|in|mi|mph|lb|oz|psi|deg|degrees?|USD|EUR"
    "|GBP|CHF|count|counts|pct|percent|µ|°[CFK]?|%|‰|[$€£¥]k?)"
)
_UNIT = re.compile(rf"[\[(<].{{0,20}}[\])>]|{_SYMBOL}(?:[-/^*· ]?-?\d?{_SYMBOL})*")
_TYPE_WORDS = frozenset(
    {"string", "str", "text", "char", "varchar", "object", "int", "integer", "int32", "int64", "bigint", "float"}
    | {"float64", "double", "real", "decimal", "number", "numeric", "date", "datetime", "timestamp", "time", "bool"}
    | {"boolean", "categorical", "category", "nominal", "continuous", "discrete", "factor", "class", "meta"}
)
_LINES_ABOVE = 100  # at most, with comments of as many cells as a row
_RULE = re.compile(r"[-=+:]*(?:---|===|:--|--:)[-=+:]*")
_COMMENT_MARK = re.compile(r"#|//|%(?!\d)")
COMMENT = re.compile(r"#|%(?!\d)|//|!|\*|;|@|--|\$\$|\\\\")


@dataclass
class Top:
    """What stands where in the first records of a file.

    Parameters
    ----------
    data : int
        Position of the first record of data.
    names : list of int
        Positions of the records with names; none if the file has none.
    units : list of int
        Positions of records with units or types below the names.
    passed : list of int
        Positions of titles, comments and empty records above.
    """

    data: int
    names: list[int] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)


def body_width(found: Sequence[Record]) -> int:
    """Return the most frequent number of cells of a row; among equals the one of more rows in all, then the larger one.

    Titles stand above, so the first quarter of the rows does not count; nor do rows without any value, and single cells
    where others have more.
    """
    later = [record for record in found[len(found) // 4 :] if any(map(str.strip, record.cells))] or list(found[-1:])
    counts, of_all = (Counter(len(record.cells) for record in some) for some in (later, found))
    wide = [width for width in counts if width > 1] or list(counts)
    return max(wide, key=lambda width: (counts[width], of_all[width], width), default=0)


def find_top(found: Sequence[Record], width: int) -> Top:
    """Return where names and data begin in the first records of a file.

    In columns of numbers, dates or times a name is a cell of another kind, and a value one of the same. Where all
    columns hold text, the first full row has the names, unless half of its cells come again below.

    Examples
    --------
    >>> rows = [["Sales"], ["day", "kg"], ["(date)", "(kg)"], ["2024-01-01", "3"], ["2024-01-02", "5"]]
    >>> find_top([Record(i, row) for i, row in enumerate(rows, 1)], 2)
    Top(data=3, names=[1], units=[2], passed=[0])
    >>> find_top([Record(i, row) for i, row in enumerate([["1", "x"], ["2", "y"], ["3", "x"]], 1)], 2).names
    []
    """
    full = _full_rows(found, width)
    if not full:
        return Top(len(found), passed=list(range(len(found))))
    columns = ColumnKinds(found, width)
    if not any(columns.verdict(found[i].cells) == "data" for i in full):
        return _of_words(found, full, width)
    block = _block(found, full[0], columns)
    if not block:
        block = _names_above(found, full[0], columns)
        return Top(full[0], block, [], [i for i in range(full[0]) if i not in block])
    units = [i for i in block[1:] if _are_units(found[i]) or is_rule(found[i].cells)]
    names = [i for i in block if i not in units]
    return Top(block[-1] + 1, names, units, list(range(block[0])))


def _full_rows(found: Sequence[Record], width: int) -> list[int]:
    """Return the positions of the records that have a cell for each column and are no titles or comments."""
    full = [i for i, record in enumerate(found) if _fits(record, width) and not _is_title(found, i)]
    first = next((i for i in full if not _COMMENT_MARK.match(found[i].cells[0].lstrip())), 0)
    return [i for i in full if i >= first] if first <= _LINES_ABOVE else full


def given_top(found: Sequence[Record], width: int, header: bool | int) -> Top:
    """Return the top of a table of which is known whether, or in how many lines, it has names.

    Examples
    --------
    >>> given_top([Record(1, ["1", "2"]), Record(2, ["3", "4"])], 2, True)
    Top(data=1, names=[0], units=[], passed=[])
    """
    full = _full_rows(found, width)
    first = full[0] if full else 0
    names = [i for i in full if i < first + int(header)][: int(header)] if header else []
    return Top(names[-1] + 1 if names else first, names, [], list(range(first)))


def _fits(record: Record, width: int) -> bool:
    """Return whether a record has as many cells as a row, trailing empty ones apart."""
    return len(record.cells) >= width and not any(map(str.strip, record.cells[width:]))


def _is_title(found: Sequence[Record], at: int) -> bool:
    """Return whether a record is empty, or one cell only says something and a row below says more."""
    if _says_more(found[at]):
        return False
    filled = _filled(found[at])
    below = found[at + 1 : at + 1 + _LINES_OF_NAMES]
    single = len(filled) == 1 and (filled == [0] or len(found[at].cells) > 2)
    single = single and cell_kind(found[at].cells[filled[0]]) == "text"
    return not filled or (single and any(map(_says_more, below)))


def _says_more(record: Record) -> bool:
    """Return whether more than one cell says something."""
    return len(list(islice(filter(None, map(str.strip, record.cells)), 2))) > 1


def _filled(record: Record) -> list[int]:
    return [i for i, cell in enumerate(record.cells) if cell.strip()]


def _block(found: Sequence[Record], first: int, columns: ColumnKinds) -> list[int]:
    """Return the positions of the names: the first full row if it is no data, and what continues it below.

    What continues it contradicts at least half of the kinds of its columns with words that do not come again.
    """
    if columns.verdict(found[first].cells) == "data":
        return []
    block = [first]
    for i in range(first + 1, min(len(found), first + 2 * _LINES_OF_NAMES)):
        if not _filled(found[i]):
            continue
        same = found[i].cells == found[first].cells
        if len(found[i].cells) != len(columns.kinds) or not (same or _continues(found, i, columns)):
            break
        block.append(i)
    return block if len(block) <= _LINES_OF_NAMES else block[:1]


def _continues(found: Sequence[Record], at: int, columns: ColumnKinds) -> bool:
    """Return whether a row below the names belongs to them."""
    cells = found[at].cells
    if is_rule(cells):
        return True
    of_cells = [cell_kind(cell) for cell in cells]
    values = [cell.strip() for cell, kind in zip(cells, of_cells, strict=True) if kind not in ("text", "empty")]
    typed = columns.typed
    words = [i for i in typed if of_cells[i] == "text"]
    below = [record.cells for record in found[at + 1 :]]
    if not ("text" in of_cells or values) or any(row[i : i + 1] == [cells[i]] for i in words for row in below):
        return False
    if values:  # years below groups are names, other numbers data
        above = [found[i].cells for i in range(at) if len(found[i].cells) == len(cells)]
        grouped = any(not cell.strip() for cell in above[-1][1:]) if above else False
        return grouped and columns.count_up(values) == "years"
    if _are_units(found[at]):
        return bool(words)
    empty = [i for i in typed if of_cells[i] == "empty"]
    lone = len(words) == 1 and len(typed) > 1 and len(_filled(found[at])) > 1
    return bool(words) and len(words) + len(empty) == len(typed) and not lone


def is_rule(cells: Sequence[str]) -> bool:
    """Return whether cells are nothing but a line drawn below the names.

    Examples
    --------
    >>> is_rule(["---", ":--:"]), is_rule(["--", ""]), is_rule(["", ""])
    (True, False, False)
    """
    said = [cell.strip() for cell in cells if cell.strip()]
    return bool(said) and all(map(_RULE.fullmatch, said))


def _are_units(record: Record) -> bool:
    """Return whether all cells that say something are units in the usual symbols, or names of types."""
    cells = [cell.strip() for cell in record.cells if cell.strip() not in ("", "-", "--")]
    if not cells:
        return False
    return all(map(_UNIT.fullmatch, cells)) or (len(cells) > 1 and all(cell.lower() in _TYPE_WORDS for cell in cells))


def _names_above(found: Sequence[Record], data: int, columns: ColumnKinds) -> list[int]:
    """Return the position of names right above the data that are not a full row.

    It is a comment with as many names as columns, or with fewer names, or one name among columns without.
    """
    above = max((i for i in range(data) if _filled(found[i])), default=None)
    if above is None:
        return []
    cells, filled = found[above].cells, _filled(found[above])
    if _COMMENT_MARK.match(cells[0].lstrip()):
        return [above] if len(cells) >= len(columns.kinds) else []
    if len(cells) == len(columns.kinds):
        return [above] if filled != [0] and columns.verdict(cells) == "names" else []
    return [above] if len(filled) > 1 and len(cells) < len(columns.kinds) else []


def _of_words(found: Sequence[Record], full: Sequence[int], width: int) -> Top:
    """Return the top of a table that has words only."""
    first = full[0]
    rows = [found[i].cells for i in full[1:] if found[i].cells != found[first].cells]
    cells = found[first].cells
    filled = [i for i, cell in enumerate(cells) if cell.strip()]
    again = [sum(i < len(row) and row[i] == cells[i] for row in rows) for i in filled]
    frequent = sum(again) >= _OFTEN * len(filled) * len(rows)
    if width > 1 and frequent and sum(map(bool, again)) >= max(2, _REPEATS * len(filled)):
        return Top(first, passed=list(range(first)))
    rules = [i for i in full[1:2] if i == first + 1 and is_rule(found[i].cells)]
    return Top(first + 1 + len(rules), [first], rules, list(range(first)))
