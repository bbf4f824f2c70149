"""The columns of a row in JavaScript: their names, ranges and categories, and how their cells are read."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from glassnet.exports.plan import Field, Flag, Lookup, Plan
from glassnet.exports.targets.js_target.literals import js_list, js_object, js_value, wrapped
from glassnet.tabular.reading.cells.date_shapes import MONTHS
from glassnet.tabular.reading.cells.markers import (
    MARKERS_IN_NUMBERS,
    MISSING_IN_NUMBERS,
    MISSING_MARKERS,
    truth_of,
    truths,
)
from glassnet.tabular.reading.cells.numbers import CURRENCIES, MULTIPLES, SYNONYMS, same_unit

__all__ = ["column_entries", "column_lines", "reading_lines", "reading_parts", "reading_words"]

_WIDTH = 100
_ABOUT = ("~", "\u2248", "ca.", "ca", "approx.", "about")
_FITS = {"number": "fittedMarks", "date": "fittedOrder", "boolean": "fittedWords"}


def column_entries(plan: Plan) -> list[dict[str, Any]]:
    """Return what the script knows of each column."""
    if not plan.is_table:
        given = plan.inputs if any(plan.inputs) else ("",) * plan.x.size
        return [{"name": name or f"x{i + 1}", "kind": "number", "must": "a number"} for i, name in enumerate(given)]
    used = {getattr(step, "field", None) for step in plan.column_steps}
    gaps = _with_gaps(plan)
    return [
        _entries(field)
        | ({} if i in used else {"unused": True})
        | ({} if i in gaps or i not in used else {"full": True})
        for i, field in enumerate(plan.fields)
    ]


def _with_gaps(plan: Plan) -> set[int]:
    """Return the columns in which training may have had missing cells, for which they have features of their own."""
    found = {step.field for step in plan.column_steps if isinstance(step, Flag)}
    for step in plan.column_steps:
        if isinstance(step, Lookup):
            flagged = not np.array_equal(step.table[0], step.table[1])
            coded = step.table.shape[1] == 1 and len(step.table) > 3 and bool((np.diff(step.table[1:, 0]) == 1.0).all())
            found |= {step.field} if flagged or coded else set()
    return found


def column_lines(plan: Plan) -> list[str]:
    """Return the statement that lists the columns."""
    entries = column_entries(plan)
    if not plan.is_table:
        names = [each["name"] for each in entries]
        if not any(plan.inputs):
            one = '{name: `x${i + 1}`, kind: "number", must: "a number"}'
            return [
                "/** @type {Column[]} */",
                f"const columns = Array.from({{length: {plan.x.size}}}, (_, i) => ({one}));",
            ]
        listed = wrapped(f"const columns = {js_list(names)}").split("\n")
        listed[-1] += '.map((name) => ({name, kind: "number", must: "a number"}));'
        return ["/** @type {Column[]} */", *listed]
    lines = ["/** @type {Column[]} */", "const columns = ["]
    for each in entries:
        lines += ["  " + line for line in wrapped(f"{js_object(each)},").split("\n")]
    return [*lines, "];"]


def _entries(field: Field) -> dict[str, Any]:
    """Return what the script knows of a column."""
    form = field.form
    found: dict[str, Any] = {"name": field.name, "kind": field.kind}
    if field.is_text:
        gone = {"missing": tuple(form.missing)} if form.missing else {}
        return found | ({"asText": True} if form.style == "text" else {}) | gone | {"categories": field.categories}
    found["must"] = form.must() if field.kind != "number" or form.must() != "numbers" else "a number"
    if field.kind == "boolean":
        found |= {"trues": _words(field, True), "falses": _words(field, False)}
    elif math.isfinite(field.low):
        found |= {"low": float(field.low), "high": float(field.high)}
    marks = {
        "decimal": form.decimal if form.decimal != "." else "",
        "thousands": form.thousands,
        "unit": form.unit,
        "style": form.style,
        "order": form.order,
        "example": form.example,
        "timed": field.kind == "date" and _has_time(field),
        "packed": field.kind == "date" and form.example.isdigit(),
        "missing": tuple(text for text in form.missing if text not in MARKERS_IN_NUMBERS),
        "codes": tuple(map(float, field.codes)),
        "loose": form.loose,
        "before": _signs(form.unit),
        "also": tuple(sorted(unit for unit in _UNITS if form.unit and _plain(unit) == _plain(form.unit) != unit)),
        "free": not (form.example or form.style or form.unit or form.thousands),
    }
    return found | {name: value for name, value in marks.items() if value}


def _has_time(field: Field) -> bool:
    """Return whether the dates of a field have a time of day."""
    return ":" in field.form.example or any(math.isfinite(end) and end % 1.0 != 0.0 for end in (field.low, field.high))


_UNITS = frozenset([*SYNONYMS, *SYNONYMS.values()])


def _plain(unit: str) -> str:
    return SYNONYMS.get(unit, unit)


def _signs(unit: str) -> tuple[str, ...]:
    """Return the signs and codes that may stand before a number with a unit."""
    signs = sorted({*CURRENCIES, *_ABOUT})
    return tuple(sign for sign in signs if unit and (same_unit(sign, unit) or unit.removeprefix(sign) in MULTIPLES))


def _words(field: Field, truth: bool) -> tuple[str, ...]:
    own = field.form.words
    words = dict.fromkeys([*(word.lower() for word in own), *truths(own or ())])
    return tuple(word for word in words if truth_of(word, own or (word,)) is truth)


def reading_words(plan: Plan) -> dict[str, list[str]]:
    """Return the words that mean something in cells, by the names of their lists: for missing cells, and for months."""
    kinds = {field.kind for field in plan.fields}
    found = {"MISSING": sorted(MISSING_MARKERS)} if kinds else {}
    if kinds - {"category"}:
        found["WEAK"] = sorted(MISSING_IN_NUMBERS)
    if "date" in kinds:
        found["MONTHS"] = [" ".join(name for name, month in MONTHS.items() if month == i) for i in range(1, 13)]
    return found


def reading_parts(plan: Plan) -> list[str]:
    """Return the parts of the script that read its cells."""
    if not plan.is_table:
        return ["rows", "shown", "gapped_rows" if plan.fills_missing else "plain_rows"]
    kinds = {field.kind for field in plan.fields}
    parts = ["rows", "shown", "warnings", *(["read_number", "fitted"] if kinds != {"category"} else [])]
    if any(field.kind == "number" and not field.form.style for field in plan.fields):
        parts.append("number")
    if any(field.kind == "number" and field.form.style for field in plan.fields):
        parts.append("clock")
    own = {"date": "date", "boolean": "truth", "category": "category"}
    return parts + [part for kind, part in own.items() if kind in kinds]


def reading_lines(plan: Plan) -> list[str]:
    """Return the functions that read a cell by the kind of its column, and the words that mean something in it."""
    if not plan.is_table:
        return []
    kinds = {field.kind for field in plan.fields}
    parts = reading_parts(plan)
    lines = ["/** @type {(cell: any, column: Column) => string | number} */", "function readCell(cell, column) {"]
    if "category" in kinds:
        lines.append('  if (column.kind === "category") return readCategory(cell, column);')
    if "boolean" in kinds:
        lines.append('  if (column.kind === "boolean") return readNumber(cell, column, parseTruth);')
    if "date" in kinds:
        lines.append('  if (column.kind === "date") return readNumber(cell, column, parseDate);')
    if "clock" in parts:
        lines.append(f"  {'if (column.style) ' * ('number' in parts)}return readNumber(cell, column, parseClock);")
    if "number" in parts:
        lines.append("  return readNumber(cell, column, parseNumber);")
    lines += ["}", *_fits(kinds, parts)]
    for name, words in reading_words(plan).items():
        lines += (
            wrapped(f"const MONTHS = {js_list(words)};").split("\n") if name == "MONTHS" else _word_set(name, words)
        )
    return lines


def _fits(kinds: Collection[str], parts: list[str]) -> list[str]:
    """Return the function that looks at all cells of a column together."""
    if "read_number" not in parts:
        return []
    found = {kind: name for kind, name in _FITS.items() if kind in kinds and (kind != "number" or "number" in parts)}
    lines = ["/** @type {(texts: string[], column: Column) => Column} */", "function fits(texts, column) {"]
    lines += [f'  if (column.kind === "{kind}") return {name}(texts, column);' for kind, name in found.items()]
    return [*lines, "  return column;", "}"]


def _word_set(name: str, words: Iterable[str]) -> list[str]:
    """Return the statement that makes a set of words, none of which has a bar."""
    lines = [""]
    for word in sorted(words):
        if len(lines[-1]) > _WIDTH:
            lines.append("")
        lines[-1] += f"{word}|"
    lines[-1] = lines[-1].removesuffix("|")
    shown = " +\n  ".join(map(js_value, lines))
    return [f"const {name} = new Set(", f'  ({shown}).split("|"),', ");"]
