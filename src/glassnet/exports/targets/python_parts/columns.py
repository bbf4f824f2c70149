"""The columns of a table in a Python file: how cells are read, and what features they become."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.exports.plan import FARTHEST, Constant, Flag, Join, Lookup, Plan, Rank, Scaled, Step, Wave
from glassnet.exports.targets.python_parts.arrays import Arrays
from glassnet.exports.targets.python_parts.literals import dict_text, listed, literal
from glassnet.exports.targets.python_parts.sources import constants_of
from glassnet.exports.targets.python_parts.templates import cells, moments
from glassnet.exports.targets.python_parts.templates.program import label_text
from glassnet.tabular.reading.cells.date_shapes import MONTHS
from glassnet.tabular.reading.cells.markers import MISSING_IN_NUMBERS, MISSING_MARKERS, truths
from glassnet.tabular.reading.cells.numbers import CURRENCIES, SYNONYMS
from glassnet.tabular.reading.form import Form
from glassnet.utils.wording import shortened

__all__ = [
    "Feature", "Name", "columns_text", "features_of", "features_text", "form_of", "read_text", "reading_parts",
    "settings_of", "unreadable_column",
]  # fmt: skip

Feature = tuple[str, str, dict[str, Any]]
"""The function that makes a feature, the column that it reads, and its numbers: plain ones, or names of arrays."""

_READ = {
    "number": cells.read_number,
    "time": moments.read_time,
    "boolean": cells.read_boolean,
    "date": moments.read_date,
    "category": cells.read_category,
}


_WORDS = {
    "MISSING": ('# Cells that mean "no value", in any column.\n', "set[str]"),
    "MISSING_AMONG_NUMBERS": (
        '# Cells that mean "no value" among numbers, dates and times, in any case.\n', "set[str]"
    ),
    "UNITS": ("", "dict[str, str]"),
    "TRUTHS": ("", "dict[str, bool]"),
    "MONTHS": ("", "dict[str, int]"),
    "READERS": ("", "dict[str, Any]"),
}  # fmt: skip
_BEFORE = {SYNONYMS.get(unit, unit) for unit in (*CURRENCIES, "~")}


class Name(str):
    """A name of the file, printed as it is."""

    def __repr__(self) -> str:
        return str(self)


def columns_text(plan: Plan) -> str:
    """Return the assignment of the columns, each with the way its cells are read."""
    if not plan.is_table:
        return listed("COLUMNS", "dict[str, dict[str, Any]]", [f"{literal(name)}: {{}}" for name in plan.inputs], "{}")
    entries = [
        f"{literal(field.name)}: {dict_text(form_of(field.kind, field.form, field.codes))}" for field in plan.fields
    ]
    head = "# Each column with the way its cells were read in training."
    return f"{head}\n{listed('COLUMNS', 'dict[str, dict[str, Any]]', entries, '{}', broken=True)}"


def form_of(column_kind: str, form: Form, codes: tuple[float, ...] = ()) -> dict[str, Any]:
    """Return how the cells of a column are read, without what is usual."""
    kind = _kind(column_kind, form)
    found: dict[str, Any] = {"kind": kind}
    if kind != "category":
        found["must"] = form.must()
    if kind == "number":
        marks = {"decimal": (form.decimal, "."), "thousands": (form.thousands, ""), "unit": (form.unit, "")}
        found |= {name: value for name, (value, usual) in marks.items() if value != usual}
        found |= {"before": True} if SYNONYMS.get(form.unit, form.unit) in _BEFORE else {}
        found |= {"fixed": True} if form.example and len(found) == 2 else {}
    if kind == "boolean":
        found |= {"words": truths(form.words)} if form.words else {}
    if kind == "date":
        found |= {"order": form.order} if form.order else {}
        found |= {"packed": True} if form.example.isdigit() else {}
    if kind == "category" and form.style == "text":
        found["text"] = True
    if form.missing:
        found["missing"] = list(form.missing)
    numbers = {*codes, *(float(text) for text in form.missing if _is_number(text))}
    if numbers and kind in ("number", "time"):
        found["codes"] = sorted(numbers)
    if form.loose:
        found["loose"] = True
    return found


def read_text(text: str, form: dict[str, Any]) -> Any:
    """Return what a file reads in a cell; raise ValueError if it cannot."""
    return _READ[form["kind"]](text.strip(), form)


def unreadable_column(plan: Plan) -> str:
    """Return why the cells of a column cannot be read as in training, "" if they can."""
    for field in plan.fields:
        example = field.form.example
        try:
            read_text(example, form_of(field.kind, field.form))
        except ValueError:
            if not field.form.loose:
                shown = shortened(repr(example), 60, "...")
                return f"a Python file cannot read cells such as {shown} of column {shortened(repr(field.name), 60)}."
    return ""


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _kind(kind: str, form: Form) -> str:
    return "time" if kind == "number" and form.style else kind


def reading_values(plan: Plan) -> dict[str, Any]:
    """Return the words that the columns are read with, and the functions."""
    if not plan.is_table:
        return {}
    kinds = sorted({_kind(field.kind, field.form) for field in plan.fields})
    found: dict[str, Any] = {"MISSING": MISSING_MARKERS}
    if set(kinds) - {"category"}:
        found["MISSING_AMONG_NUMBERS"] = MISSING_IN_NUMBERS
    if "number" in kinds:
        found["UNITS"] = SYNONYMS if any(field.form.unit for field in plan.fields) else {}
    if "boolean" in kinds:
        is_open = any(field.kind == "boolean" and not field.form.words for field in plan.fields)
        found["TRUTHS"] = truths(()) if is_open else {}
    if "date" in kinds:
        found["MONTHS"] = MONTHS
    return {**found, "READERS": {kind: _READ[kind] for kind in kinds}}


def reading_parts(plan: Plan) -> list[str]:
    """Return the assignments of the words and the functions that the columns are read with."""
    found = []
    for name, value in reading_values(plan).items():
        head, annotation = _WORDS[name]
        if name == "READERS":
            items = [f"{literal(kind)}: {function.__name__}" for kind, function in value.items()]
        elif isinstance(value, dict):
            items = [f"{key!a}: {one!a}" for key, one in value.items()]
        else:
            items = [literal(one) for one in sorted(value)]
        found.append(head + listed(name, annotation, items, "{}"))
    return found


def settings_of(plan: Plan, features: list[Feature], arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return what the answers of a file depend on beside the arrays of weights, by the names that the file has."""
    answer = plan.answer
    columns = {field.name: form_of(field.kind, field.form, field.codes) for field in plan.fields}
    found: dict[str, Any] = {"COLUMNS": columns if plan.is_table else {name: {} for name in plan.inputs}}
    found |= {} if plan.is_table else {"INPUTS": plan.x.size}
    found |= {"LABELS": answer.labels, "NAMES": [label_text(name) for name in answer.labels or answer.names]}
    found |= {"MIDDLE": answer.middle} if answer.kind == "quantiles" else {}
    found["QUANTILES"] = answer.levels
    if plan.is_table:
        found |= {"FARTHEST": FARTHEST, "FEATURES": [_values(feature, arrays) for feature in features]}
    readers = reading_values(plan)
    functions = [function.__name__ for function in readers.get("READERS", {}).values()]
    return {**found, **readers, **constants_of(("cells", "moments"), ["read_cells", *functions] if readers else [])}


def _values(feature: Feature, arrays: Mapping[str, np.ndarray]) -> Feature:
    """Return a feature with the arrays themselves in place of their names."""
    function, name, numbers = feature
    plain = {key: arrays[one].tolist() if isinstance(one, Name) else one for key, one in numbers.items()}
    return function, name, plain


def features_of(plan: Plan, arrays: Arrays) -> list[Feature]:
    """Return the features in the order in which the network reads them, their tables kept among the arrays."""
    steps = plan.column_steps
    join = next((step for step in steps if isinstance(step, Join)), None)
    makers = {step.out.name: step for step in steps}
    order = [part.name for part in join.parts] if join is not None else [step.out.name for step in steps]
    return [_feature(makers[name], plan, arrays) for name in order]


def _feature(step: Step, plan: Plan, arrays: Arrays) -> Feature:
    field = plan.fields[getattr(step, "field", 0)]
    if isinstance(step, Scaled):
        numbers: dict[str, Any] = {"fill": step.fill, "center": step.center, "unit": step.unit}
        return "scaled", field.name, _with_bound(numbers, step.bound)
    if isinstance(step, Rank):
        quantiles = arrays.add_named(f"{field.name} quantiles", step.quantiles)
        return "ranked", field.name, {"fill": step.fill, "quantiles": Name(quantiles)}
    if isinstance(step, Wave):
        numbers = {"period": step.period, "center": _plain(step.center), "unit": _plain(step.unit)}
        return "wave", field.name, _with_bound(numbers, step.bound)
    if isinstance(step, Flag):
        return "flag", field.name, {"present": step.present, "missing": step.missing}
    if isinstance(step, Lookup):
        places = {"": 0, **{text: i for i, text in enumerate(step.categories, start=2)}}
        table = arrays.add_named(f"{field.name} table", step.table)
        return "lookup", field.name, {"places": places, "table": Name(table)}
    assert isinstance(step, Constant)
    return "constant", field.name, {"values": _plain(step.values)}


def _with_bound(numbers: dict[str, Any], bound: float | None) -> dict[str, Any]:
    return numbers if bound is None else {**numbers, "bound": bound}


def _plain(array: np.ndarray) -> list[float]:
    found: list[float] = np.asarray(array, dtype=np.float64).reshape(-1).tolist()
    return found


def features_text(features: list[Feature]) -> str:
    """Return the assignment of the features."""
    entries = [f"({function}, {literal(name)}, {dict_text(numbers)})" for function, name, numbers in features]
    farthest = f"FARTHEST = {FARTHEST!r}  # from the typical value, in units of it\n"
    head = farthest + "# What is computed from which column, feature by feature."
    return f"{head}\n{listed('FEATURES', 'list[tuple[Any, str, dict[str, Any]]]', entries, broken=True)}"
