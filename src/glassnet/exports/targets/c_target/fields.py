"""Which cells of a row are kept in double precision, and rows as a file in C reads them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from glassnet.exports.plan import Plan, Rank
from glassnet.exports.referee import Rows

__all__ = ["as_read", "wide_fields"]


def wide_fields(plan: Plan) -> set[int]:
    """Return the positions of the numbers that float32 would blur: those far from 0, and ranked ones."""
    ranked = {step.field for step in plan.column_steps if isinstance(step, Rank)}
    return {i for i, field in enumerate(plan.fields) if not field.is_text and (field.needs_double or i in ranked)}


def as_read(plan: Plan, rows: Rows) -> Rows:
    """Return rows as the file reads them: numbers rounded to float32 but where they need more digits."""
    if not isinstance(rows, Mapping):
        return rows if plan.double_inputs else _rounded(rows)
    wide = wide_fields(plan)
    return {
        field.name: rows[field.name] if field.is_text or i in wide else _rounded(rows[field.name])
        for i, field in enumerate(plan.fields)
    }


def _rounded(numbers: np.ndarray) -> np.ndarray:
    return np.asarray(numbers).astype(np.float32).astype(np.float64)
