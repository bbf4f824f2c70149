"""How the cells of each column are written, as tables of the program in C."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable

from glassnet.exports.fields import Field
from glassnet.exports.plan import Plan
from glassnet.exports.targets.c_target.literals import string_literal, wrapped
from glassnet.tabular.reading.cells.date_shapes import MONTHS
from glassnet.tabular.reading.cells.markers import MARKERS_IN_NUMBERS, MISSING_MARKERS, truths
from glassnet.tabular.reading.cells.numbers import SYNONYMS
from glassnet.tabular.reading.form import Form
from glassnet.utils.wording import shortened

__all__ = ["column_values", "has_months", "markers_of", "members_in", "print_columns", "unreadable_column"]

_CLOCK = r"\d{1,5}:\d\d(:\d\d)?([.,]\d+)?( ?[ap]\.? ?m\.?)?"
_TIME = rf"[-+]?(\d{{1,6}} ?d(ays?)?,? *\+?)?{_CLOCK}"
_DATE = r"(\d{4}(?P<gap>[-/. ])\d\d?(?P=gap)\d\d?|\d\d?(?P<gap_2>[-/. ])\d\d?(?P=gap_2)'?(\d{4}|\d\d)|\d{8})"
_NAME = "(" + "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True)) + ")"
_NUMBERED = r"\d\d?(st|nd|rd|th)?"
_GAP = "[-/., ]{0,2}"
_NAMED = rf"({_NUMBERED}{_GAP}{_NAME}{_GAP}'?(\d{{4}}|\d\d)|{_NAME}{_GAP}{_NUMBERED}{_GAP}'?(\d{{4}}|\d\d)|"
_NAMED += rf"\d{{4}}{_GAP}{_NAME}{_GAP}\d\d?)"
_ZONE = r"( ?(z|utc|gmt)?([-+]\d\d:?(\d\d)?)?)?"
_READABLE = {"date": rf"({_DATE}|{_NAMED})((,? +|t){_CLOCK}{_ZONE})?", "time": _TIME}
_BLANKS = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007\u2008\u3000"), " ")

_MEMBERS = {
    "name": "const char *name;",
    "must": "const char *must; /* what its cells are */",
    "kind": "char kind; /* b boolean, d date, t time, n number, c category, x text that is never missing */",
    "decimal": "char decimal;",
    "thousands": "char thousands;",
    "order": "char order; /* of dates: d day first, m month first */",
    "packed": "int packed; /* whether 20240531 is a date */",
    "loose": "int loose; /* whether other cells are missing */",
    "units": "const char *const *units; /* spellings of the unit, or NULL */",
    "words": "const char *const *words; /* for true and false, with 1 or 0 before them; or of months, with a to l */",
    "gone": 'const char *const *gone; /* further cells that mean "no value" */',
}
"""What is said of a column in C."""


@dataclasses.dataclass
class _Lists:
    """_Lists of words that columns share, with their names in C."""

    prefix: str
    names: dict[tuple[str, ...], str] = dataclasses.field(default_factory=dict)

    def name_of(self, words: tuple[str, ...]) -> str:
        """Return the name of a list of words, equal ones only once, or NULL for none."""
        return self.names.setdefault(words, f"{self.prefix}_words_{len(self.names) + 1}") if words else "NULL"


def unreadable_column(plan: Plan) -> str:
    """Return why the program cannot read the cells of a column as training did, "" if it can."""
    for field in plan.fields:
        if not _is_readable(field):
            shown = shortened(repr(field.form.example), 60, "...")
            name = shortened(repr(field.name), 60)
            return f"this program cannot read cells such as {shown} of column {name}. Call predict with numbers."
    return ""


def has_months(field: Field) -> bool:
    """Whether a column has dates with names of months."""
    return field.kind == "date" and re.search(_NAME, field.form.example, re.IGNORECASE) is not None


def _kind(field: Field) -> str:
    return "time" if field.kind == "number" and field.form.style else field.kind


def _is_readable(field: Field) -> bool:
    form, kind = field.form, _kind(field)
    if kind == "number":
        return len(form.thousands) <= 1 and (form.decimal + form.thousands).isascii()
    if kind not in _READABLE or not form.example:
        return True
    return re.fullmatch(_READABLE[kind], form.example.strip().translate(_BLANKS), re.IGNORECASE) is not None


def print_columns(plan: Plan, text: str, prefix: str) -> str:
    """Return the type of a column, the words that columns share, and the table of the columns, for a text in C."""
    lists = _Lists(prefix)
    members = members_in(text)
    entries = [_entry(values, lists) for values in column_values(plan, members)]
    lines = "".join(f"    {_MEMBERS[name]}\n" for name in members)
    text = "\n/* How the cells of a column are written, as training found it. */\n"
    text += f"typedef struct {{\n{lines}}} {prefix}_column;\n"
    for name, words in markers_of(plan).items():
        text += _words(_MARKERS[name], f"{prefix}_{name}", words)
    for words, name in lists.names.items():
        shown = wrapped([*map(string_literal, words), "NULL"])
        text += f"\nstatic const char *const {name}[{len(words) + 1}] = {{\n{shown}\n}};\n"
    rows = ",\n".join(entries)
    return f"{text}\nstatic const {prefix}_column {prefix}_columns[{prefix.upper()}_INPUTS] = {{\n{rows}\n}};\n"


_MARKERS = {
    "gone_numbers": 'Cells that mean "no value" among numbers, sorted.',
    "gone": 'Texts that mean "no value", sorted.',
}


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


def _words(comment: str, name: str, words: tuple[str, ...]) -> str:
    """Return a list and its length."""
    shown = wrapped(map(string_literal, words))
    table = f"static const char *const {name}[{len(words)}] = {{\n{shown}\n}};\n"
    return f"\n/* {comment} */\nenum {{ {name}_size = {len(words)} }};\n{table}"


def members_in(text: str) -> list[str]:
    """Return the members of columns that a text in C reads."""
    return [name for name in _MEMBERS if re.search(rf"(->|\.){name}\b", text)]


def column_values(plan: Plan, members: Iterable[str]) -> list[dict[str, str | bool | tuple[str, ...]]]:
    """Return these members of each column: texts, single characters as `str` too, truths and lists of words."""
    if plan.is_table:
        found = [_values(field.name, _kind(field), field.form, field.form.must()) for field in plan.fields]
    else:
        names = plan.inputs or [str(i) for i in range(1, plan.x.size + 1)]
        found = [_values(name, "number", Form("number"), "finite numbers") for name in names]
    return [{member: values[member] for member in members} for values in found]


def _values(name: str, kind: str, form: Form, must: str) -> dict[str, str | bool | tuple[str, ...]]:
    words = {"boolean": _truths, "date": _months}.get(kind)
    return {
        "name": name,
        "must": must,
        "kind": "x" if kind == "category" and form.style == "text" else kind[0],
        "decimal": form.decimal,
        "thousands": form.thousands,
        "order": form.order[:1],
        "packed": kind == "date" and form.example.isdigit(),
        "loose": form.loose,
        "units": _units(form.unit) if kind == "number" else (),
        "words": words(form) if words else (),
        "gone": tuple(form.missing),
    }


def _entry(values: dict[str, str | bool | tuple[str, ...]], lists: _Lists) -> str:
    """Return a column as an initialiser."""
    parts = []
    for member, value in values.items():
        if isinstance(value, tuple):
            parts.append(lists.name_of(value))
        elif isinstance(value, bool):
            parts.append(str(int(value)))
        else:
            parts.append(string_literal(value) if member in ("name", "must") else _char(value))
    return "    {" + ", ".join(parts) + "}"


def _char(text: str) -> str:
    return "'\\0'" if not text else "'\\''" if text == "'" else f"'{text}'"


def _units(unit: str) -> tuple[str, ...]:
    """Return the spellings of a unit, the first that to which others are compared."""
    if not unit:
        return ()
    plain = SYNONYMS.get(unit, unit)
    return (plain, *sorted(other for other, one in SYNONYMS.items() if one == plain))


def _months(form: Form) -> tuple[str, ...]:
    """Return the names of months, with a letter from a to l before them, if the column has any."""
    if not re.search(_NAME, form.example, re.IGNORECASE):
        return ()
    return _spelled((chr(ord("a") + number - 1), name) for name, number in MONTHS.items())


def _truths(form: Form) -> tuple[str, ...]:
    """Return words with their truth before them."""
    found = truths(form.words) if form.words else truths(("no", "yes")) | truths(("false", "true"))
    return _spelled((str(int(truth)), word) for word, truth in found.items())


def _spelled(words: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return words with what stands before them, in capitals too where C does not know these."""
    found: dict[str, None] = {}
    for before, word in words:
        for spelling in (word, word.upper(), word.capitalize()):
            found[before + "".join(c.lower() if c.isascii() else c for c in spelling)] = None
    return tuple(found)
