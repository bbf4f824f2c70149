"""Plans of estimators, and of scikit-learn's pipelines of scalers with one of them at the end."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from glassnet.errors import ShapeError
from glassnet.exports.lowering.builder import Builder
from glassnet.exports.lowering.chains import Chain, Stage, read_chain
from glassnet.exports.lowering.columns import value_word
from glassnet.exports.lowering.perceptrons import append_perceptron, plain_labels
from glassnet.exports.lowering.simplifying import simplified
from glassnet.exports.lowering.tables import facts_of, lower_table, predictions_of_table, rows_of_table, table_of_rows
from glassnet.exports.made_up import SCALING
from glassnet.exports.naming import identifiers
from glassnet.exports.plan import Field, Join, Plan, Scaled, Select, Value
from glassnet.exports.referee import Rows
from glassnet.losses import Quantile
from glassnet.sklearn import BaseMLP
from glassnet.tabular.estimators.base import TabularEstimator
from glassnet.tabular.reading.form import Form

__all__ = ["lower_estimator", "predictions_of_estimator", "rows_of_estimator"]

_FAR = 300.0  # units from 0 beyond which float32 loses what distinguishes the values of a column


def lower_estimator(model: Any, name: str = "model", *, dtype: Any = np.float32) -> Plan:
    """Return the plan of ``predict_proba``, of ``predict``, or of ``predict_quantiles`` if it learned quantiles.

    ``dtype`` is that of the weights.
    """
    if isinstance(model, TabularEstimator):
        return _lower_tabular(model, name, dtype)
    chain = read_chain(model)
    builder, x = Builder(dtype), Value("x", (chain.n_inputs,))
    first, *others = chain.stages()
    fields: tuple[Field, ...] = ()
    if chain.fill is not None:
        fields = _append_fields(builder, chain, first, x)
    columns, builder.steps = builder.steps, []
    y = _cut(builder, first, x if fields else _scaled(builder, first, x))
    for stage in others:
        y = _cut(builder, stage, _scaled(builder, stage, y))
    y, answer = append_perceptron(builder, chain, y)
    steps = simplified(builder.steps, builder.kept(x, y))
    facts = {"model": chain.words, **facts_of(chain.mlp.network_)}
    inputs = () if fields else tuple(chain.names)
    far = bool((np.abs(first.center) > _FAR * first.unit).any()) and not fields
    return Plan(name, fields, inputs, (*columns, *steps), x, y, answer, facts, far, builder.core)


def _lower_tabular(model: TabularEstimator, name: str, dtype: Any) -> Plan:
    """Return the plan of an estimator for tables, whose labels may be ordered otherwise than in its model."""
    plan = lower_table(model.model_, name, dtype=dtype)
    if not model._labels():
        return plan
    places: np.ndarray = np.asarray(model._places)  # type: ignore[attr-defined]
    labels = plain_labels(model.classes_)  # type: ignore[attr-defined]
    answer = replace(plan.answer, labels=labels, names=tuple(map(str, labels)))
    if np.array_equal(places, np.arange(len(places))):
        return replace(plan, answer=answer)
    y = Value("y", plan.y.shape)
    return replace(plan, answer=answer, steps=(*plan.steps, Select(y, plan.y, places)), y=y)


def _scaled(builder: Builder, stage: Stage, x: Value) -> Value:
    """Append the scaling of x; in double precision, since the numbers come as they were measured."""
    if stage.is_nothing:
        return x
    return builder.map(x, SCALING, vectors={"center": stage.center, "unit": stage.unit}, double=True, part="scaled")


def _cut(builder: Builder, stage: Stage, z: Value) -> Value:
    """Append the cut behind a scaling, if it has one."""
    if stage.ends is None:
        return z
    return builder.map(z, "min(max(Z, low), high)", {"low": stage.ends[0], "high": stage.ends[1]}, part="cut")


def _append_fields(builder: Builder, chain: Chain, stage: Stage, x: Value) -> tuple[Field, ...]:
    """Append the columns of a model that fills missing numbers, which are scaled as they are read."""
    names = chain.names or [f"x{j}" for j in range(chain.n_inputs)]
    made, fields, fill = [], [], chain.fill
    assert fill is not None
    for j, one in enumerate(identifiers(map(value_word, names))):
        center, unit = float(stage.center[j]), float(stage.unit[j])
        made.append(Value(one, (1,)))
        builder.steps.append(Scaled(made[-1], j, float(fill[j]), center, unit))
        low, high = (float(end[j]) for end in stage.range) if stage.range is not None else (np.nan, np.nan)
        fields.append(Field(names[j], "number", Form("number"), low, high, center, unit))
    builder.steps.append(Join(x, tuple(made)))
    return tuple(fields)


# ---- rows ------------------------------------------------------------------------------------------------------------


def rows_of_estimator(model: Any, plan: Plan, data: Any) -> Rows:
    """Return rows as a plan takes them, read as the estimator reads them."""
    if isinstance(model, TabularEstimator):
        return rows_of_table(model.model_, model._table(data))
    names = [field.name for field in plan.fields] or plan.inputs
    if names and (isinstance(data, Mapping) or hasattr(data, "columns")):
        data = np.stack([np.asarray(data[name], dtype=np.float64) for name in names], axis=1)
    X = np.asarray(data.toarray() if hasattr(data, "toarray") else data, dtype=np.float64)
    width = len(plan.fields) or plan.x.size
    if X.ndim != 2 or X.shape[1] != width:
        message = f"export: data must have shape (n, {width}), got {X.shape}."
        raise ShapeError(message, expected=width, got=X.shape)
    return {field.name: X[:, j] for j, field in enumerate(plan.fields)} if plan.is_table else X


def predictions_of_estimator(model: Any, plan: Plan, rows: Rows) -> np.ndarray:
    """Return what an estimator predicts for rows of its plan, in the outputs of this, computed in double precision."""
    if isinstance(model, TabularEstimator):
        found = predictions_of_table(model.model_, table_of_rows(model.model_, rows))
        places: Any = getattr(model, "_places", slice(None))
        return np.asarray(found[:, places])
    X = np.stack([rows[field.name] for field in plan.fields], axis=1) if isinstance(rows, Mapping) else rows
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")  # they are those of the plan, in order
        found = np.asarray(_predicted(_in_double(model), plan, X))
    return found.reshape(len(X), -1)


def _predicted(model: Any, plan: Plan, X: np.ndarray) -> Any:
    if plan.answer.kind in ("classes", "labels"):
        return model.predict_proba(X)
    if isinstance(model, Pipeline):
        X = X if len(model) == 1 else model[:-1].transform(X)
        return _predicted(model.steps[-1][1], plan, X)
    if hasattr(model, "best_estimator_"):
        return _predicted(model.best_estimator_, plan, X)
    loss = model.network_.loss if isinstance(model, BaseMLP) else None
    return model.predict_quantiles(X) if isinstance(loss, Quantile) else model.predict(X)


def _in_double(model: Any) -> Any:
    """Return a copy of an estimator whose network computes in double precision."""
    found = copy.deepcopy(model)
    inner = found
    while not isinstance(inner, BaseMLP):
        if isinstance(inner, Pipeline):
            inner = inner.steps[-1][1]
        elif hasattr(inner, "regressor_") or hasattr(inner, "best_estimator_"):
            inner = getattr(inner, "regressor_", None) or inner.best_estimator_
        else:
            return found  # of scikit-learn, whose weights stay what they are
    inner._state.network = inner.network_.astype("float64")
    return found
