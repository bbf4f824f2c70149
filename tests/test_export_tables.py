"""Table models and estimators as plans: what the steps compute is what the model predicts."""

from __future__ import annotations

import pytest

import export_tables
from glassnet.exports.lowering.lowering import lower, model_rows, predictions
from glassnet.exports.measuring import largest_error
from glassnet.exports.referee import interpret

NAMES = [*export_tables.TABLES, *export_tables.ESTIMATORS]


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_predicts_what_the_model_does(name: str) -> None:
    """Outputs agree within 1e-6, relative to numbers above 1, on 500 rows with missing, unseen and extreme cells."""
    model, frame = export_tables.export_table(name)
    plan = lower(model, name)
    rows = model_rows(model, plan, frame)
    wanted = predictions(model, plan, rows)
    assert wanted.shape[1] == plan.y.size == len(plan.answer.names)
    assert largest_error(interpret(plan, rows), wanted) < 1e-6
