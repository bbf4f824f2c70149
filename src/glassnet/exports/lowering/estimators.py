"""Plans of estimators, and of scikit-learn's pipelines of scalers with one of them at the end."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

from glassnet.errors import ConfigError, ShapeError
from glassnet.exports.lowering.builder import Builder
from glassnet.exports.lowering.chains import Chain, Stage, column_names_of, numbered_names, read_chain
from glassnet.exports.lowering.columns import value_word
from glassnet.exports.lowering.networks import model_facts
from glassnet.exports.lowering.perceptrons import append_perceptron, append_targets, plain_labels
from glassnet.exports.lowering.piped_tables import behind_scalers
from glassnet.exports.lowering.simplifying import simplified
from glassnet.exports.lowering.tables import lower_table, predictions_of_table, rows_of_table, table_of_rows
from glassnet.exports.made_up import SCALING
from glassnet.exports.naming import identifiers
from glassnet.exports.plan import FILLING, Field, Join, Plan, Scaled, Select, Value
from glassnet.exports.referee import Rows
from glassnet.losses import Quantile
from glassnet.sklearn import BaseMLP
from glassnet.tabular.estimators.base import TabularEstimator
from glassnet.tabular.reading.form import Form

__all__ = ["lower_estimator", "predictions_of_estimator", "rows_of_estimator"]

_LARGEST = 1e300  # what is larger counts as infinite, which is missing
_FAR = 300.0  # units from 0 beyond which float32 loses what distinguishes the values of a column


def lower_estimator(model: Any, name: str = "model", *, dtype: Any = np.float32) -> Plan:
    """Return the plan of ``predict_proba``, of ``predict``, or of ``predict_quantiles`` if it learned quantiles.

    ``dtype`` is that of the weights.
    """
    if isinstance(model, TabularEstimator):
        return _lower_tabular(model, name, dtype)
    chain = read_chain(model)
    if chain.table is not None:
        return _lower_piped(chain, chain.table, name, dtype)
    builder, x = Builder(dtype), Value("x", (chain.n_inputs,))
    first, *others = chain.stages()
    fields: tuple[Field, ...] = ()
    if chain.fill is not None and chain.names:
        fields = _append_fields(builder, chain, first, x)
    columns, builder.steps = builder.steps, []
    y = _cut(builder, first, x if fields else _scaled(builder, first, x, chain.fill))
    for stage in others:
        y = _cut(builder, stage, _scaled(builder, stage, y))
    y, answer = append_perceptron(builder, chain, y)
    steps = simplified(builder.steps, builder.kept(x, y))
    facts = {"model": chain.words, **model_facts(chain.mlp.network_)}
    inputs = () if fields else tuple(chain.names)
    far = bool((np.abs(first.center) > _FAR * first.unit).any()) and not fields
    return Plan(name, fields, inputs, (*columns, *steps), x, y, answer, facts, far, builder.core)


def _lower_tabular(model: TabularEstimator, name: str, dtype: Any) -> Plan:
    """Return the plan of an estimator for tables, whose labels may be ordered otherwise than in its model."""
    plan = lower_table(model.model_, name, dtype=dtype)
    if not model._labels():
        return plan
    places: np.ndarray = np.asarray(model._places)  # type: ignore[attr-defined]  # of a classifier
    labels = plain_labels(model.classes_)  # type: ignore[attr-defined]  # of a classifier
    answer = replace(plan.answer, labels=labels, names=tuple(map(str, labels)))
    if np.array_equal(places, np.arange(len(places))):
        return replace(plan, answer=answer)
    y = Value("y", plan.y.shape)
    return replace(plan, answer=answer, steps=(*plan.steps, Select(y, plan.y, places)), y=y)


def _lower_piped(chain: Chain, table: TabularEstimator, name: str, dtype: Any) -> Plan:
    """Return the plan of a pipeline with an estimator for tables at its end."""
    plan = behind_scalers(_lower_tabular(table, name, dtype), chain)
    plan = replace(plan, made_from={**plan.made_from, "model": chain.words})
    if not chain.targets:
        return plan
    if plan.answer.kind == "quantiles":
        must = "it must be around one of numbers"
        fact = "the TransformedTargetRegressor is around an estimator of quantiles"
        message = f"export: {fact}; {must}. Export its regressor_, and transform what it predicts."
        raise ConfigError(message, expected=must, got="quantiles")
    builder = Builder(dtype)
    y = append_targets(builder, chain, plan.y)
    return replace(plan, steps=(*plan.steps, *builder.steps), y=y)


def _scaled(builder: Builder, stage: Stage, x: Value, fill: np.ndarray | None = None) -> Value:
    """Append the scaling of x, missing numbers filled before if there is a ``fill``.

    All of it in double precision, since the numbers come as they were measured.
    """
    vectors = {} if stage.is_nothing else {"center": stage.center, "unit": stage.unit}
    if fill is None:
        return builder.map(x, SCALING, vectors=vectors, double=True, part="scaled") if vectors else x
    formula = SCALING.replace("Z", f"({FILLING})") if vectors else FILLING
    return builder.map(x, formula, {"largest": _LARGEST}, vectors={"fill": fill, **vectors}, double=True, part="scaled")


def _cut(builder: Builder, stage: Stage, z: Value) -> Value:
    """Append the cut behind a scaling, if it has one."""
    if stage.ends is None:
        return z
    return builder.map(z, "min(max(Z, low), high)", {"low": stage.ends[0], "high": stage.ends[1]}, part="cut")


def _append_fields(builder: Builder, chain: Chain, stage: Stage, x: Value) -> tuple[Field, ...]:
    """Append the columns of a model that fills missing numbers, which are scaled as they are read."""
    names, fill = chain.names or numbered_names(chain.n_inputs), chain.fill
    made, fields = [], []
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
    names = column_names_of(model)
    if hasattr(model, "feature_names_in_") and (isinstance(data, Mapping) or hasattr(data, "columns")):
        data = np.stack([np.asarray(data[name], dtype=np.float64) for name in names], axis=1)
    X = np.asarray(data.toarray() if hasattr(data, "toarray") else data, dtype=np.float64)
    if X.ndim != 2 or X.shape[1] != len(names):
        message = f"export: data has shape {X.shape}; it must have shape (n, {len(names)})."
        raise ShapeError(message, expected=len(names), got=X.shape)
    return {field.name: X[:, names.index(field.name)] for field in plan.fields} if plan.is_table else X


def predictions_of_estimator(model: Any, plan: Plan, rows: Rows) -> np.ndarray:
    """Return what an estimator predicts for rows of its plan, in the outputs of this, computed in double precision."""
    if isinstance(model, TabularEstimator):
        return _of_table(model, table_of_rows(model.model_, rows))
    X = rows
    if isinstance(rows, Mapping):
        left_out = np.zeros(len(rows[plan.fields[0].name]))
        X = np.stack([rows.get(name, left_out) for name in column_names_of(model)], axis=1)
    assert isinstance(X, np.ndarray)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")  # they are those of the plan, in order
        found = np.asarray(_predicted(model, X, plan))
    return found.reshape(len(X), -1)


def _predicted(model: Any, X: np.ndarray, plan: Plan) -> np.ndarray:
    """Return the outputs of a plan as an estimator computes them, from the matrix that it reads."""
    if isinstance(model, Pipeline):
        return _predicted(model.steps[-1][1], X if len(model) == 1 else model[:-1].transform(X), plan)
    if hasattr(model, "best_estimator_"):
        return _predicted(model.best_estimator_, X, plan)
    if isinstance(model, TransformedTargetRegressor):
        z = _predicted(model.regressor_, X, plan)
        return np.asarray(model.transformer_.inverse_transform(z.reshape(len(z), -1)))
    if isinstance(model, TabularEstimator):
        return _of_table(model, model._table(X))
    if isinstance(model, BaseMLP):
        model = _in_double(model)
    if plan.answer.kind in ("classes", "labels"):
        return np.asarray(model.predict_proba(X))
    loss = model.network_.loss if isinstance(model, BaseMLP) else None
    quantiles = isinstance(loss, Quantile) and plan.answer.names[0] != "prediction"
    return np.asarray(model.predict_quantiles(X) if quantiles else model.predict(X))


def _of_table(model: TabularEstimator, table: Any) -> np.ndarray:
    places: Any = getattr(model, "_places", slice(None))
    return np.asarray(predictions_of_table(model.model_, table)[:, places])


def _in_double(model: BaseMLP) -> BaseMLP:
    """Return a copy of an estimator whose network computes in double precision."""
    found = copy.copy(model)
    found._state = copy.copy(model._state)
    found._state.network = model.network_.astype("float64")
    found._show_weights()
    return found
