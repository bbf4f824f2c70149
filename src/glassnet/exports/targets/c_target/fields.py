"""Which cells of a row are kept in double precision, and rows as a file in C reads them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.referee import Rows

__all__ = ["as_read", "whole_rows", "wide_fields"]


def wide_fields(plan: Plan) -> set[int]:
    """Return the positions of the numbers that float32 would blur."""
    return {
        i
        for i, field in enumerate(plan.fields)
        if not field.is_text and (field.needs_double or any(np.float32(code) != code for code in field.codes))
    }


def as_read(plan: Plan, rows: Rows) -> Rows:
    """Return rows as the file reads them: numbers rounded to float32, and texts up to a NUL, which ends them in C."""
    if not isinstance(rows, Mapping):
        return rows if plan.double_inputs else _rounded(rows)
    wide = wide_fields(plan)
    return {
        field.name: _ended(rows[field.name])
        if field.is_text
        else rows[field.name]
        if i in wide
        else _rounded(rows[field.name])
        for i, field in enumerate(plan.fields)
    }


def whole_rows(plan: Plan, rows: Rows) -> np.ndarray:
    """Return the positions of the rows that the file reads as the model does: those with no NUL in a text."""
    if not isinstance(rows, Mapping):
        return np.arange(len(rows))
    cut = np.zeros(len(next(iter(rows.values()))), dtype=bool)
    for field in plan.fields:
        if field.is_text:
            cut |= np.array(["\0" in text for text in rows[field.name].tolist()], dtype=bool)
    return np.flatnonzero(~cut)


def _ended(texts: np.ndarray) -> np.ndarray:
    return np.array([text.split("\0")[0] for text in texts.tolist()], dtype=object)


def _rounded(numbers: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and missing
        return np.asarray(numbers).astype(np.float32).astype(np.float64)
