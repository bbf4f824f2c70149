"""How the cells of each column are written, as tables of the program in C."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from glassnet.exports.fields import Field
from glassnet.exports.plan import Plan
from glassnet.exports.targets.c_target.literals import string_literal, wrapped
from glassnet.tabular.reading.cells.markers import MARKERS_IN_NUMBERS, MISSING_MARKERS, truths
from glassnet.tabular.reading.cells.numbers import SYNONYMS
from glassnet.tabular.reading.form import Form
from glassnet.utils.wording import shortened

__all__ = ["Column", "columns_of", "markers_of", "print_columns", "unreadable_column"]

_CLOCK = r"\d{1,5}:\d\d(:\d\d)?([.,]\d+)?( ?[ap]\.? ?m\.?)?"
_TIME = rf"[-+]?(\d{{1,6}} ?d(ays?)?,? *\+?)?{_CLOCK}"
_DATE = r"(\d{4}([-/. ])\d\d?\2\d\d?|\d\d?([-/. ])\d\d?\3'?(\d{4}|\d\d)|\d{8})"
_ZONE = r"( ?(z|utc|gmt)?([-+]\d\d:?(\d\d)?)?)?"
_READABLE = {"date": rf"{_DATE}((,? +|t){_CLOCK}{_ZONE})?", "time": _TIME}
_BLANKS = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007\u2008\u3000"), " ")

_TYPE = r"""
/* How the cells of a column are written, as training found it. */
typedef struct {
    const char *name;
    const char *must;          /* what its cells are */
    char kind;                 /* b boolean, d date, t time, n number, c category, x text that is never missing */
    char decimal;
    char thousands;
    char order;                /* of dates: d day first, m month first */
    int packed;                /* whether 20240531 is a date */
    int loose;                 /* whether other cells are missing */
    const char *const *units;  /* spellings of the unit, or NULL */
    const char *const *words;  /* for true and false, with 1 or 0 before them */
    const char *const *gone;   /* further cells that mean "no value" */
} NAME_column;
"""


_MARKERS = {
    "gone_numbers": 'Cells that mean "no value" among numbers',
    "gone": 'Texts that mean "no value"',
}


class Column(NamedTuple):
    """How the cells of a column are written, as the type in C has it."""

    name: str
    must: str
    kind: str
    decimal: str
    thousands: str
    order: str
    packed: bool
    loose: bool
    units: tuple[str, ...]
    words: tuple[str, ...]
    gone: tuple[str, ...]


def unreadable_column(plan: Plan) -> str:
    """Return why the program cannot read the cells of a column as training did, "" if it can."""
    for field in plan.fields:
        if not _is_readable(field):
            shown = shortened(repr(field.form.example), 60, "...")
            name = shortened(repr(field.name), 60)
            return (
                f"this program cannot read cells such as {shown} of column {name}; call predict with numbers instead."
            )
    return ""


def _kind(field: Field) -> str:
    return "time" if field.kind == "number" and field.form.style else field.kind


def _is_readable(field: Field) -> bool:
    form, kind = field.form, _kind(field)
    if kind == "number":
        return len(form.thousands) <= 1 and (form.decimal + form.thousands).isascii()
    if kind not in _READABLE or not form.example:
        return True
    return re.fullmatch(_READABLE[kind], form.example.strip().translate(_BLANKS), re.IGNORECASE) is not None


def print_columns(plan: Plan) -> str:
    """Return the type of a column, the words that columns share, and the table of the columns."""
    lists: dict[tuple[str, ...], str] = {}
    entries = [_entry(column, lists) for column in columns_of(plan)]
    text = _TYPE
    for name, words in markers_of(plan).items():
        text += _words(_MARKERS[name], name, words)
    for words, name in lists.items():
        shown = wrapped([*map(string_literal, words), "NULL"])
        text += f"\nstatic const char *const {name}[{len(words) + 1}] = {{\n{shown}\n}};\n"
    rows = ",\n".join(entries)
    return f"{text}\nstatic const NAME_column NAME_columns[INPUTS] = {{\n{rows}\n}};\n"


def columns_of(plan: Plan) -> list[Column]:
    """Return how the cells of each column are written."""
    if plan.is_table:
        return [_column(field.name, _kind(field), field.form, field.form.must()) for field in plan.fields]
    names = plan.inputs or [str(i) for i in range(1, plan.x.size + 1)]
    return [_column(name, "number", Form("number"), "finite numbers") for name in names]


def markers_of(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the sorted lists of cells that mean "no value" in every column of a kind, by their name in C."""
    found = {}
    if any(not field.is_text for field in plan.fields):
        found["gone_numbers"] = _sorted(MARKERS_IN_NUMBERS)
    if any(field.is_text and field.form.style != "text" for field in plan.fields):
        found["gone"] = _sorted(MISSING_MARKERS)
    return found


def _sorted(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.decode() for word in sorted({word.encode() for word in words}))


def _words(comment: str, name: str, words: Sequence[str]) -> str:
    """Return a list and its length."""
    shown = wrapped(map(string_literal, words))
    table = f"static const char *const NAME_{name}[{len(words)}] = {{\n{shown}\n}};\n"
    return f"\n/* {comment}, sorted. */\nenum {{ NAME_n_{name} = {len(words)} }};\n{table}"


def _column(name: str, kind: str, form: Form, must: str) -> Column:
    letter = "x" if kind == "category" and form.style == "text" else {"category": "c"}.get(kind, kind[0])
    packed = kind == "date" and form.example.isdigit()
    marks = (form.decimal, form.thousands, form.order[:1])
    units = _units(form.unit) if kind == "number" else ()
    words = _truths(form) if kind == "boolean" else ()
    return Column(name, must, letter, *marks, packed, form.loose, units, words, tuple(form.missing))


def _entry(column: Column, lists: dict[tuple[str, ...], str]) -> str:
    """Return a column as an initialiser."""
    parts = [*map(string_literal, (column.name, column.must)), f"'{column.kind}'"]
    parts += [_char(mark) for mark in (column.decimal, column.thousands, column.order)]
    parts += [str(int(column.packed)), str(int(column.loose))]
    parts += [_listed(words, lists) for words in (column.units, column.words, column.gone)]
    return "    {" + ", ".join(parts) + "}"


def _char(text: str) -> str:
    return "'\\0'" if not text else "'\\''" if text == "'" else f"'{text}'"


def _listed(words: tuple[str, ...], lists: dict[tuple[str, ...], str]) -> str:
    """Return the name of a list of words, equal ones only once, or NULL for none."""
    return lists.setdefault(words, f"NAME_words_{len(lists) + 1}") if words else "NULL"


def _units(unit: str) -> tuple[str, ...]:
    """Return the spellings of a unit, the first that to which others are compared."""
    if not unit:
        return ()
    plain = SYNONYMS.get(unit, unit)
    return (plain, *sorted(other for other, one in SYNONYMS.items() if one == plain))


def _truths(form: Form) -> tuple[str, ...]:
    """Return words with their truth before them, in capitals too where C does not know these."""
    found = truths(form.words) if form.words else truths(("no", "yes")) | truths(("false", "true"))
    words: dict[str, None] = {}
    for word, truth in found.items():
        for spelling in (word, word.upper(), word.capitalize()):
            lower = "".join(c.lower() if c.isascii() else c for c in spelling)
            words[f"{int(truth)}{lower}"] = None
    return tuple(words)
