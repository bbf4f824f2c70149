"""Cells of a record as a client sent them, and words for what they are."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from glassnet.serving.limits import Refusal
from glassnet.tabular.reading.form import Form
from glassnet.utils.wording import shortened

__all__ = ["LONGEST", "checked_cell", "kind_of", "read_together", "shown"]

LONGEST = 1000
"""Characters of a cell that is text."""

_SHOWN = 60  # characters of what a client sent that are shown again
_READ = ("boolean", "date", "number")  # kinds whose text is read
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]|$)")
_PLAIN = re.compile(r"-?(0|[1-9]\d{0,5})(\.(\d|\d\d|\d{4,9}))?$")  # 1.234 may be a thousand
_WANTED = {
    "boolean": "true, false, 1, 0, a text or null",
    "category": "a number, a text, true, false or null",
    "date": "a date as text, such as '2024-05-31', or null",
    "number": "a number, a text, true, false or null",
}


def checked_cell(cell: Any, form: Form, where: str) -> Any:
    """Return a cell of a column, truth and numbers as those that the column has; refuse what is no cell.

    A text is read as in training, when the others of its column are.
    """
    kind, is_bool = form.kind, isinstance(cell, bool)
    is_number = isinstance(cell, (int, float)) and not is_bool
    if kind == "boolean" and cell in (0, 1):
        return bool(cell)
    if kind == "number" and is_bool:
        return float(cell)
    is_wrong = isinstance(cell, (dict, list)) or (kind == "boolean" and is_number)
    if is_wrong or (kind == "date" and (is_bool or (is_number and not form.example.isdigit()))):
        got = f"{cell:.15g}" if is_number else kind_of(cell)
        raise Refusal(422, f"{where} is {got}; it must be {_WANTED[kind]}.")
    if isinstance(cell, str) and len(cell) > LONGEST:
        raise Refusal(422, f"{where} has {len(cell):,} characters; it must have at most {LONGEST:,}.")
    if is_number and not abs(cell) < math.inf:
        raise Refusal(422, f"{where} is too large; it must be a number that a computer holds.")
    return cell


def read_together(rows: Sequence[Mapping[str, Any]], forms: Mapping[str, Form]) -> list[list[int]]:
    """Return the places of rows that may be read as one table: there each cell means what it means alone.

    Values and texts of a column are not read together. A text is, if training had texts, whose form it has, or if it
    can mean only one thing; one such as 1,234 in a column without a form is decided by the rest of its own row.

    Examples
    --------
    >>> forms = {"a": Form("number"), "b": Form("number", decimal=",", example="1,5")}
    >>> read_together([{"a": 1, "b": "1,234"}, {"a": None, "b": "2,5"}, {"a": "1,234", "b": None}], forms)
    [[0, 1], [2]]
    """
    read = {name: form for name, form in forms.items() if form.kind in _READ}
    valued = {name: any(not isinstance(row[name], (str, type(None))) for row in rows) for name in read}
    found: dict[Any, list[int]] = {}
    for i, row in enumerate(rows):
        texts = [name for name in read if isinstance(row[name], str)]
        if all(read[name].example or _is_clear(row[name], read[name]) for name in texts):
            key: Any = tuple(name in texts or (row[name] is None and not valued[name]) for name in read)
        else:
            key = i
        found.setdefault(key, []).append(i)
    return list(found.values())


def _is_clear(text: str, form: Form) -> bool:
    """Return whether a text of a column that was no text in training can mean only one thing."""
    if form.kind == "boolean":
        return text in (*form.words, "true", "false", "")
    return text == "" or bool((_ISO if form.kind == "date" else _PLAIN).match(text))


def kind_of(value: Any) -> str:
    """Return what a value of JSON is, in words.

    Examples
    --------
    >>> kind_of(None), kind_of(True), kind_of([]), kind_of(1.5)
    ('null', 'true', 'a list', 'a number')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "a text" if isinstance(value, str) else "a number"


def shown(text: str) -> str:
    """Return a text of the client's in quotes, shortened."""
    return repr(shortened(text, _SHOWN, "..."))
