"""Check that the steps of a model compute what it predicts."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.exports.lowering.lowering import predictions
from glassnet.exports.plan import Plan
from glassnet.exports.proof import made_up_rows
from glassnet.exports.referee import interpret

__all__ = ["N_MEASURED", "check_plan"]

N_MEASURED = 256
"""Rows on which errors are measured."""

_TOLERANCE = 1e-6  # relative to the largest output, if that is above 1: small ones are differences of large numbers


def check_plan(model: Any, plan: Plan) -> None:
    """Refuse a plan that does not compute what the model predicts.

    Raises
    ------
    DataError
        An error is larger than rounding explains.
    """
    rows = made_up_rows(plan, N_MEASURED)
    wanted = predictions(model, plan, rows)
    largest = np.maximum(1.0, np.abs(wanted).max(axis=0))
    error = float(np.nan_to_num(np.abs(interpret(plan, rows) - wanted) / largest, nan=np.inf).max())
    if error > _TOLERANCE:
        message = f"serve: the steps must compute what the model predicts, got an error of {error:.1e}. "
        raise DataError(message + "Please report it with the model.", got=error)
