"""How the cells of each column are written, as tables of the program in C."""

from __future__ import annotations

import re
from collections.abc import Iterable

from glassnet.exports.fields import Field
from glassnet.exports.plan import Plan
from glassnet.exports.targets.c_target.literals import string_literal, wrapped
from glassnet.tabular.reading.cells.markers import MARKERS_IN_NUMBERS, MISSING_MARKERS, truths
from glassnet.tabular.reading.cells.numbers import SYNONYMS
from glassnet.tabular.reading.form import Form
from glassnet.utils.wording import shortened

__all__ = ["print_columns", "unreadable_column"]

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
    if plan.is_table:
        entries = [_entry(field.name, _kind(field), field.form, lists) for field in plan.fields]
    else:
        names = plan.inputs or [str(i) for i in range(1, plan.x.size + 1)]
        entries = [_entry(name, "number", Form("number"), lists, "finite numbers") for name in names]
    text = _TYPE
    if any(not field.is_text for field in plan.fields):
        text += _words('Cells that mean "no value" among numbers', "gone_numbers", MARKERS_IN_NUMBERS)
    if any(field.is_text and field.form.style != "text" for field in plan.fields):
        text += _words('Texts that mean "no value"', "gone", MISSING_MARKERS)
    for words, name in lists.items():
        shown = wrapped([*map(string_literal, words), "NULL"])
        text += f"\nstatic const char *const {name}[{len(words) + 1}] = {{\n{shown}\n}};\n"
    rows = ",\n".join(entries)
    return f"{text}\nstatic const NAME_column NAME_columns[INPUTS] = {{\n{rows}\n}};\n"


def _words(comment: str, name: str, words: Iterable[str]) -> str:
    """Return a sorted list and its length."""
    known = sorted({word.encode() for word in words})
    shown = wrapped(string_literal(word.decode()) for word in known)
    table = f"static const char *const NAME_{name}[{len(known)}] = {{\n{shown}\n}};\n"
    return f"\n/* {comment}, sorted. */\nenum {{ NAME_n_{name} = {len(known)} }};\n{table}"


def _entry(name: str, kind: str, form: Form, lists: dict[tuple[str, ...], str], must: str = "") -> str:
    """Return a column as an initialiser."""
    letter = "x" if kind == "category" and form.style == "text" else {"category": "c"}.get(kind, kind[0])
    marks = [_char(form.decimal), _char(form.thousands), _char(form.order[:1])]
    packed = kind == "date" and form.example.isdigit()
    parts = [f"'{letter}'", *marks, str(int(packed)), str(int(form.loose))]
    parts.append(_listed(_units(form.unit) if kind == "number" else (), lists))
    parts.append(_listed(_truths(form) if kind == "boolean" else (), lists))
    parts.append(_listed(form.missing, lists))
    texts = [string_literal(name), string_literal(must or form.must())]
    return "    {" + ", ".join([*texts, *parts]) + "}"


def _char(text: str) -> str:
    return "'\\0'" if not text else "'\\''" if text == "'" else f"'{text}'"


def _listed(words: Iterable[str], lists: dict[tuple[str, ...], str]) -> str:
    """Return the name of a list of words, equal ones only once, or NULL for none."""
    key = tuple(words)
    return lists.setdefault(key, f"NAME_words_{len(lists) + 1}") if key else "NULL"


def _units(unit: str) -> tuple[str, ...]:
    """Return the spellings of a unit, the first that to which others are compared."""
    if not unit:
        return ()
    plain = SYNONYMS.get(unit, unit)
    return (plain, *sorted(other for other, one in SYNONYMS.items() if one == plain))


def _truths(form: Form) -> tuple[str, ...]:
    """Return words with their truth before them, in capitals too where C does not know these."""
    found = truths(form.words) if form.words else truths(("no", "yes")) | truths(("false", "true"))
    words = {}
    for word, truth in found.items():
        for spelling in (word, word.upper(), word.capitalize()):
            lower = "".join(c.lower() if c.isascii() else c for c in spelling)
            words[f"{int(truth)}{lower}"] = None
    return tuple(words)
