"""Check that the steps of a model compute what it predicts."""

from __future__ import annotations

from typing import Any

from glassnet.exports import measuring
from glassnet.exports.lowering.lowering import predictions
from glassnet.exports.plan import Plan
from glassnet.exports.proof import made_up_rows

__all__ = ["N_MEASURED", "check_plan"]

N_MEASURED = 256
"""Rows on which errors are measured."""


def check_plan(model: Any, plan: Plan) -> None:
    """Refuse a plan that does not compute what the model predicts.

    Raises
    ------
    DataError
        An error is larger than rounding explains.
    """
    rows = made_up_rows(plan, N_MEASURED)
    measuring.check_plan(plan, rows, predictions(model, plan, rows), "serve")
