"""Cells of a record as a client sent them, and words for what they are."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from glassnet.serving.limits import Refusal
from glassnet.tabular.reading.form import Form
from glassnet.utils.wording import shortened

__all__ = ["checked_cell", "kind_of", "read_together", "shown"]

_LONGEST = 1000  # characters of a cell that is text
_SHOWN = 60  # characters of what a client sent that are shown again
_READ = ("boolean", "date", "number")  # kinds whose text is read
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]|$)")
_PLAIN = re.compile(r"-?(0|[1-9]\d{0,5})(\.(\d|\d\d|\d{4,9}))?$")  # 1.234 may be a thousand
_WANTED = {
    "boolean": "true, false, a text or null",
    "category": "a number, a text, true, false or null",
    "date": "a text or null",
    "number": "a number, a text or null",
}


def checked_cell(cell: Any, kind: str, where: str) -> Any:
    """Return a cell of a column of this kind, 1 and 0 as true and false for a boolean one; refuse what is no cell.

    A text is read as in training, when the others of its column are.
    """
    if kind == "boolean" and cell in (0, 1):
        return bool(cell)
    is_wrong = isinstance(cell, (dict, list)) or (isinstance(cell, bool) and kind in ("number", "date"))
    if is_wrong or (kind == "boolean" and isinstance(cell, (int, float)) and not isinstance(cell, bool)):
        got = f"{cell:g}" if kind_of(cell) == "a number" else kind_of(cell)
        raise Refusal(422, f"{where} must be {_WANTED[kind]}, got {got}.")
    if isinstance(cell, str) and len(cell) > _LONGEST:
        raise Refusal(422, f"{where} must have at most {_LONGEST:,} characters, got {len(cell):,}.")
    if isinstance(cell, (int, float)) and not abs(cell) < math.inf:
        raise Refusal(422, f"{where} must be a number that a computer holds, got a larger one.")
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
