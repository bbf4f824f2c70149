"""Recognise what is written below a table: totals and remarks."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from glassnet.tabular.reading.layout.dialects import Record
from glassnet.tabular.reading.layout.kinds import cell_kind, column_kind

__all__ = ["has_total_word", "is_footer", "last_remarks", "last_total"]

_TOTAL_WORD = re.compile(
    r"(?:(?:grand|sub|overall)[ -]?)?(?:totale?s?|sum|average|mean)\b.*"
    r"|(?:gesamt|summe|insgesamt|durchschnitt|mittelwert)\b.*|(?:somme|moyenne|ensemble|media|suma|totaal|gemiddelde|итого|всего|合计|总计|小计|合計|Σ)\b.*",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"(?:sources?|notes?|remarks?|quellen?|anmerkung|hinweis|fuentes?|notas?|bron|source des donn.{1,20})\s*:|©|\(c\)"
    r"|copyright\b|(?:generated|exported|created|downloaded|retrieved|last updated|data from|stand|erstellt)\b.*\d",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[,\s'$€£¥%\u00a0\u202f]")
_ROWS = 1000  # that decide the kind of a column
_CLOSE = 1e-6


def has_total_word(cells: Sequence[str]) -> bool:
    """Return whether the first cell that says something is a word for a total.

    Examples
    --------
    >>> [has_total_word(cells) for cells in (["", "Total:", "5"], ["Tottenham", "5"], ["5", "Total"])]
    [True, False, False]
    """
    label = next((cell.strip() for cell in cells if cell.strip()), "")
    return _TOTAL_WORD.fullmatch(label) is not None


def last_remarks(rows: Sequence[Record]) -> list[Record]:
    """Return the rows at the end that are remarks: words in the first cell only, below a column of another kind.

    Rows without any value between them and the table are among them.

    Examples
    --------
    >>> rows = [["2020", "5"], ["2021", "7"], ["", ""], ["provisional figures", ""]]
    >>> [record.line for record in last_remarks([Record(i, row) for i, row in enumerate(rows, 1)])]
    [3, 4]
    """
    end = len(rows)
    while end > 1 and [i for i, cell in enumerate(rows[end - 1].cells) if cell.strip()] in ([], [0]):
        end -= 1
    last = [record.cells for record in rows[end:] if record.cells[0].strip()]
    if not last or len(rows[0].cells) < 2:
        return []
    typed = column_kind([record.cells[0] for record in rows[:end][:_ROWS]]) in ("number", "date", "time")
    if all(_REMARK.match(cells[0].lstrip(" *[(-")) or (typed and _are_words(cells)) for cells in last):
        return list(rows[end:])
    return []


def _are_words(cells: Sequence[str]) -> bool:
    return cell_kind(cells[0]) == "text" and not has_total_word(cells)


def last_total(rows: Sequence[Record], *, whole: bool = True) -> str:
    """Return why the last row is a total and no row; "kept" if it only may be; "" if nothing says so.

    It is one if nothing but the word stands there, if the word stands in a column of numbers or dates, or if its
    numbers are the sums or the means of those above; the last needs the ``whole`` table.

    Examples
    --------
    >>> rows = [Record(i, cells) for i, cells in enumerate([["a", "1"], ["b", "3"], ["Total", "4"]])]
    >>> last_total(rows), last_total(rows[:2])
    ('its numbers are the sums of those above', '')
    """
    if len(rows) < 2 or not has_total_word(rows[-1].cells):
        return ""
    last, above = rows[-1].cells, [record.cells for record in rows[:-1]]
    filled = [i for i, cell in enumerate(last) if cell.strip()]
    if len(filled) == 1:
        return "it has nothing but this word"
    if column_kind([row[filled[0]] for row in above]) in ("number", "date", "time"):
        return "the word stands in a column of numbers or dates"
    numbers = [i for i in filled[1:] if any(_number(last[i], decimal) for decimal in ".,")]
    for said, divisor in (("sums", 1), ("means", len(above))):
        if numbers and whole and all(_adds_up([row[i] for row in above], last[i], divisor) for i in numbers):
            return f"its numbers are the {said} of those above"
    return "kept"


def is_footer(cells: Sequence[str], rows: Sequence[Record]) -> bool:
    """Return whether a line below a table is a remark and no row that was cut off.

    It is one if it begins with a word for a source or a note, or if it is one cell of words below a column of another
    kind, or below shorter words.

    Examples
    --------
    >>> rows = [Record(1, ["2020", "5", "a"]), Record(2, ["2021", "7", "b"])]
    >>> is_footer(["Source: A, B"], rows), is_footer(["2022", "5"], rows), is_footer(["provisional"], rows)
    (True, False, True)
    """
    if _REMARK.match(cells[0].lstrip(" *[(-")):
        return True
    said = [cell for cell in cells if cell.strip()]
    if len(said) != 1 or said[0] != cells[0] or cell_kind(cells[0]) != "text":
        return False
    kind = column_kind([record.cells[0] for record in rows])
    sentence = len(cells[0].split()) > 3 and not any(len(record.cells[0].split()) > 3 for record in rows)
    return kind in ("number", "date", "time") or sentence


def _adds_up(cells: Sequence[str], total: str, divisor: int) -> bool:
    """Return whether one cell is the sum or mean of others, all with a decimal point or all with a decimal comma."""
    for decimal in ".,":
        value = _number(total, decimal)
        found = math.fsum(_number(cell, decimal) or 0.0 for cell in cells) / divisor
        if value is not None and abs(found - value) <= _CLOSE * max(abs(found), abs(value)) + 0.005 * (divisor > 1):
            return True
    return False


def _number(cell: str, decimal: str) -> float | None:
    """Return the number in a cell, with or without thousands separators and signs of currencies."""
    text = cell.replace(".", "").replace(",", ".") if decimal == "," else cell
    try:
        return float(_MARKS.sub("", text))
    except ValueError:
        return None
