"""Rows for a plan: like those of training as far as the plan knows them, and special ones at the edges of that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.exports.plan import FILLING, Embed, Field, Join, Lookup, Map, Plan, Select, Value
from glassnet.exports.referee import Rows

__all__ = ["N_TYPICAL", "SCALING", "join_rows", "made_up_rows", "special_rows", "take_rows", "with_marks"]

SCALING = "(Z - center) / unit"
"""The formula by which a model of plain numbers scales its rows first, if it does."""

N_TYPICAL = 8
"""Typical rows among the test rows of a file."""

_MEASURED = 1000
_MISSING, _NEW = 0.05, 0.02  # shares of cells
_UNKNOWN = "\N{SNOWMAN} not in training"
_MARKED = "marks of missing values"
_ENDS = ("lowest", "highest", "lowest and highest by turns", "highest and lowest by turns")
_FAR = (100.0, 30.0, 10.0, 3.0)  # units from the centre at which an outlier lies, the next if the one before is too far


def take_rows(rows: Rows, places: Any) -> Rows:
    """Return some of the rows."""
    return {name: cells[places] for name, cells in rows.items()} if isinstance(rows, Mapping) else rows[places]


def join_rows(first: Rows, second: Rows) -> Rows:
    """Return rows, and others below them."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return {name: np.concatenate([cells, second[name]]) for name, cells in first.items()}
    assert not isinstance(first, Mapping)
    assert not isinstance(second, Mapping)
    return np.concatenate([first, second])


# ---- rows like those of training -------------------------------------------------------------------------------------


def made_up_rows(plan: Plan, n: int = _MEASURED) -> Rows:
    """Return rows like those of training as far as the plan knows them, always the same; some have missing cells."""
    rng = np.random.default_rng(0)
    if plan.is_table:
        return {field.name: _made_up_cells(field, rng, n) for field in plan.fields}
    X = rng.standard_normal((n, plan.x.size))
    first = plan.steps[0] if plan.steps else None
    is_scaling = isinstance(first, Map) and first.formula in (SCALING, SCALING.replace("Z", f"({FILLING})"))
    if isinstance(first, Map) and is_scaling and first.x.name == plan.x.name:
        X = first.vectors["center"] + first.vectors["unit"] * X
    if plan.fills_missing:
        X[rng.random(X.shape) < _MISSING] = np.nan
    for place, n_codes in _codes(plan).items():
        X[:, place] = rng.integers(0, n_codes, n)
    return _as_read(plan, X)


def with_marks(field: Field, cells: np.ndarray) -> np.ndarray:
    """Return the cells of a column with marks of missing values in some of the missing ones, if it has such marks."""
    marks = _marks(field)
    if not marks:
        return cells
    cells = cells.copy()
    missing = np.flatnonzero(cells == "" if field.is_text else np.isnan(cells))
    for i, mark in enumerate(marks, start=1):
        cells[missing[i :: len(marks) + 1]] = mark
    return cells


def _marks(field: Field) -> tuple[Any, ...]:
    return field.form.missing if field.is_text else field.codes


def _made_up_cells(field: Field, rng: np.random.Generator, n: int) -> np.ndarray:
    missing = rng.random(n) < _MISSING
    if field.is_text:
        cells = rng.choice(np.array(field.categories or ["text"], dtype=object), n)
        cells[rng.random(n) < _NEW] = _unknown(field)
        cells[missing] = ""
        return with_marks(field, cells)
    if field.kind == "boolean":
        drawn = rng.integers(0, 2, n).astype(np.float64)
    else:
        drawn = field.center + field.unit * rng.standard_normal(n)
        drawn = np.clip(drawn, *((field.low, field.high) if np.isfinite(field.low) else (-np.inf, np.inf)))
    drawn[missing] = np.nan
    return with_marks(field, np.asarray(drawn))


def _as_read(plan: Plan, X: np.ndarray) -> np.ndarray:
    """Return numbers that a file reads without rounding them."""
    return X if plan.double_inputs else X.astype(np.float32).astype(np.float64)


def _codes(plan: Plan) -> dict[int, int]:
    """Return the numbers of a row that must be whole, by their places, each with the number of codes that there are."""
    origins = {plan.x.name: np.arange(plan.x.size)}
    found: dict[int, int] = {}

    def of(value: Value) -> np.ndarray:
        return origins.get(value.name, np.full(value.size, -1))

    for step in plan.vector_steps:
        if isinstance(step, Select):
            origins[step.out.name] = of(step.x)[step.places]
        elif isinstance(step, Join):
            parts = [of(part).reshape(part.shape) for part in step.parts]
            origins[step.out.name] = np.concatenate(parts, axis=-1).reshape(-1)
        elif isinstance(step, Embed):
            n_codes = step.table.shape[1]
            found |= {int(place): n_codes for place in of(step.x) if place >= 0}
    return found


# ---- special rows ----------------------------------------------------------------------------------------------------


def special_rows(plan: Plan, rows: Rows) -> tuple[Rows, tuple[str, ...]]:
    """Return the ends of training's range, missing cells, unknown and rare categories, zeros and outliers, with titles.

    Of the outliers, which have one title, the first are the farthest. ``rows`` are like those of training.
    """
    return _special_cells(plan) if isinstance(rows, Mapping) else _special_numbers(plan, rows)


def _special_cells(plan: Plan) -> tuple[Rows, tuple[str, ...]]:
    rare = _rare(plan)
    has_text, has_numbers = (any(field.is_text is text for field in plan.fields) for text in (True, False))
    unknown = ["unknown categories"] * has_text + ["negative zeros"] * has_numbers
    zeros = ["zeros"] * (has_numbers or not rare) + ["rare categories"] * bool(rare)
    outliers = ["outlier"] * (len(_FAR) if has_numbers else 0)
    ends = (*_ENDS[:3], _MARKED) if any(map(_marks, plan.fields)) else _ENDS
    titles = (*ends, "missing", ", ".join(unknown), ", ".join(zeros), *outliers)
    found: dict[str, np.ndarray] = {}
    for position, field in enumerate(plan.fields):
        if field.is_text:
            own = field.categories or ("text",)
            first, last = own[0], own[-1]
            corners = [first, last, *((first, last) if position % 2 == 0 else (last, first))]
            cells = [*corners, "", _unknown(field), rare.get(field.name, "0"), *(last for _ in outliers)]
            found[field.name] = np.array(cells, dtype=object)
        else:
            found[field.name] = np.array(_number_cells(field, position))
        if ends != _ENDS:
            marks = _marks(field)
            found[field.name][len(_ENDS) - 1] = marks[-1] if marks else found[field.name][0]
    return found, titles


def _number_cells(field: Field, position: int) -> list[float]:
    low, high = field.low, field.high
    if not np.isfinite(low):
        low, high = field.center - field.unit, field.center + field.unit
    ends = [low, high, *((low, high) if position % 2 == 0 else (high, low))]
    if field.kind == "boolean":
        return [*ends, np.nan, 0.0, 0.0, *(high for _ in _FAR)]
    return [*ends, np.nan, -0.0, 0.0, *(field.center + far * field.unit for far in _FAR)]


def _rare(plan: Plan) -> dict[str, str]:
    """Return a category that has no row of its own in the table of its column, by field."""
    found: dict[str, str] = {}
    for step in plan.column_steps:
        if isinstance(step, Lookup):
            field = plan.fields[step.field]
            rare = set(field.categories).difference(step.categories)
            found |= {field.name: min(rare)} if rare else {}
    return found


def _unknown(field: Field) -> str:
    text = _UNKNOWN
    while text in field.categories:
        text += "!"
    return text


def _special_numbers(plan: Plan, rows: np.ndarray) -> tuple[Rows, tuple[str, ...]]:
    """Return the special rows for a model of plain numbers, whose cells are never missing."""
    low, high, middle = rows.min(axis=0), rows.max(axis=0), rows.mean(axis=0)
    span = np.where(high > low, high - low, np.maximum(1.0, np.abs(middle)))
    outliers = [middle + far * span for far in _FAR]
    codes = _codes(plan)
    for place, n_codes in codes.items():
        low[place], high[place], middle[place] = 0, n_codes - 1, np.rint(middle[place])
        for outlier in outliers:
            outlier[place] = n_codes - 1
    turns = np.arange(plan.x.size) % 2 == 0
    ends = [low, high, np.where(turns, low, high), np.where(turns, high, low)]
    zeros = np.zeros(plan.x.size)
    found = np.stack([*ends, middle, -zeros, zeros, *outliers])
    return _as_read(plan, found), (*_ENDS, "mean", "negative zeros", "zeros", *("outlier" for _ in _FAR))
