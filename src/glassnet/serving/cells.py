"""Cells of a record as a client sent them, and words for what they are."""

from __future__ import annotations

import math
import re
from typing import Any

from glassnet.serving.limits import Refusal
from glassnet.utils.wording import shortened

__all__ = ["checked_cell", "depends", "kind_of", "shown"]

_LONGEST = 1000  # characters of a cell that is text
_SHOWN = 60  # characters of what a client sent that are shown again
_READ = ("boolean", "date", "number")  # kinds whose text is read
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]|$)")
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


def depends(cell: Any, kind: str) -> bool:
    """Return whether what a cell means may depend on the others that are read with it, as 1,234 and 07/10/2024 do.

    Examples
    --------
    >>> depends("1,234", "number"), depends("2024-07-10", "date"), depends("07/10/2024", "date"), depends(1.5, "number")
    (True, False, True, False)
    """
    return isinstance(cell, str) and kind in _READ and not _ISO.match(cell)


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
