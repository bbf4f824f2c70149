"""The columns of a row in JavaScript: their names, ranges and categories, and how their cells are read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from glassnet.exports.plan import Field, Plan
from glassnet.exports.targets.js_target.literals import js_list, js_object, js_value, wrapped
from glassnet.tabular.reading.cells.date_shapes import MONTHS
from glassnet.tabular.reading.cells.markers import MISSING_IN_NUMBERS, MISSING_MARKERS, truth_of

__all__ = ["column_lines", "reading_lines", "reading_parts", "texts_of"]

_WIDTH = 100
_TRUTHS = ("true", "false", "yes", "no", "y", "n", "t", "f", "on", "off", "1", "0")


def column_lines(plan: Plan) -> list[str]:
    """Return the statement that lists the columns."""
    if not plan.is_table:
        names = [name or f"x{i + 1}" for i, name in enumerate(plan.inputs)]
        if not any(plan.inputs):
            one = '{name: `x${i + 1}`, kind: "number", must: "a number"}'
            return [
                "/** @type {Column[]} */",
                f"const columns = Array.from({{length: {plan.x.size}}}, (_, i) => ({one}));",
            ]
        listed = wrapped(f"const columns = {js_list(names)}").split("\n")
        listed[-1] += '.map((name) => ({name, kind: "number", must: "a number"}));'
        return ["/** @type {Column[]} */", *listed]
    used = {getattr(step, "field", None) for step in plan.column_steps}
    lines = ["/** @type {Column[]} */", "const columns = ["]
    for i, field in enumerate(plan.fields):
        entries = _entries(field) | ({} if i in used else {"unused": True})
        lines += ["  " + line for line in wrapped(f"{js_object(entries)},").split("\n")]
    return [*lines, "];"]


def _entries(field: Field) -> dict[str, Any]:
    """Return what the script knows of a column."""
    form = field.form
    found: dict[str, Any] = {"name": field.name, "kind": field.kind}
    if field.is_text:
        return found | ({"asText": True} if form.style == "text" else {}) | {"categories": field.categories}
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
        "missing": tuple(text for text in form.missing if text.lower() not in _missing_words()),
        "loose": form.loose,
    }
    return found | {name: value for name, value in marks.items() if value}


def _has_time(field: Field) -> bool:
    """Return whether the dates of a field have a time of day."""
    return ":" in field.form.example or any(math.isfinite(end) and end % 1.0 != 0.0 for end in (field.low, field.high))


def _words(field: Field, truth: bool) -> tuple[str, ...]:
    words = dict.fromkeys([*(word.lower() for word in field.form.words), *_TRUTHS])
    plain = {"0": False, "1": True}
    return tuple(word for word in words if plain.get(word, truth_of(word, field.form.words or (word,))) is truth)


def _missing_words() -> set[str]:
    return {text.lower() for text in MISSING_MARKERS | MISSING_IN_NUMBERS}


def reading_parts(plan: Plan) -> list[str]:
    """Return the parts of the script that read its cells."""
    if not plan.is_table:
        return ["rows", "plain_rows"]
    kinds = {field.kind for field in plan.fields}
    parts = ["rows", "warnings", *(["read_number"] if kinds != {"category"} else [])]
    if any(field.kind == "number" and not field.form.style for field in plan.fields):
        parts.append("number")
    if any(field.kind == "number" and field.form.style for field in plan.fields):
        parts.append("clock")
    if "date" in kinds:
        parts += ["date", "month_names" if _names_months(plan) else "no_month_names"]
    return parts + [part for kind, part in (("boolean", "truth"), ("category", "category")) if kind in kinds]


def _names_months(plan: Plan) -> bool:
    examples = [field.form.example for field in plan.fields if field.kind == "date"]
    return any(any(c.isalpha() and c not in "TZ" for c in example) for example in examples)


def reading_lines(plan: Plan) -> list[str]:
    """Return the function that reads a cell, and the words that mean something in it."""
    if not plan.is_table:
        return []
    kinds = {field.kind for field in plan.fields}
    lines = ["/** @type {(cell: any, column: Column) => string | number} */", "function readCell(cell, column) {"]
    if "category" in kinds:
        lines.append('  if (column.kind === "category") return readCategory(cell, column);')
    if "boolean" in kinds:
        lines.append('  if (column.kind === "boolean") return readNumber(cell, column, parseTruth);')
    if "date" in kinds:
        lines.append('  if (column.kind === "date") return readNumber(cell, column, parseDate);')
    parts = reading_parts(plan)
    if "clock" in parts:
        lines.append(f"  {'if (column.style) ' * ('number' in parts)}return readNumber(cell, column, parseClock);")
    if "number" in parts:
        lines.append("  return readNumber(cell, column, parseNumber);")
    lines.append("}")
    if kinds != {"category"}:
        lines += _word_set("MISSING", _missing_words())
    if "category" in kinds:
        lines += _word_set("MISSING_TEXTS", MISSING_MARKERS)
    if "month_names" in parts:
        months = [" ".join(name for name, number in MONTHS.items() if number == month) for month in range(1, 13)]
        lines += wrapped(f"const MONTHS = {js_list(months)};").split("\n")
    return lines


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


def texts_of(plan: Plan) -> list[str]:
    """Return the texts that the checksum covers: names and categories of the columns."""
    if not plan.is_table:
        given = plan.inputs if any(plan.inputs) else ("",) * plan.x.size
        return [name or f"x{i + 1}" for i, name in enumerate(given)]
    return [text for field in plan.fields for text in (field.name, *field.categories)]
