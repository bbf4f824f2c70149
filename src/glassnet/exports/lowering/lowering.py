"""From a trained model of any kind to its plan, and what it predicts for the rows of that."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.lowering.background import background_rows
from glassnet.exports.lowering.networks import lower_ensemble, lower_network
from glassnet.exports.lowering.tables import lower_table, predictions_of_table, rows_of_table, table_of_rows
from glassnet.exports.made_up import N_TYPICAL, join_rows, made_up_rows, take_rows
from glassnet.exports.plan import Plan
from glassnet.exports.referee import Rows
from glassnet.network import Network
from glassnet.populations import Ensemble, Population
from glassnet.tabular.predictor import Predictor

__all__ = ["example_rows", "lower", "model_rows", "predictions"]

_KINDS = "a Network, an Ensemble, a TableModel, a fitted estimator, or a Pipeline of scalers and one"


def lower(model: Any, name: str = "model", *, dtype: Any = np.float32) -> Plan:
    """Return the plan of a trained model.

    Parameters
    ----------
    model : Network, Ensemble, TableModel, or fitted estimator
        A model of this library; also a pipeline of scikit-learn with one of its estimators at the end.
    name : str, default="model"
        What the exported model is called.
    dtype : dtype, default=float32
        Type of the weights, as files hold them; float64 for a plan that is exact.

    Raises
    ------
    ConfigError
        A part of the model has no exported form; the message names it.
    """
    if isinstance(model, (Network, Population)):
        return lower_network(model, name, dtype=dtype)
    if isinstance(model, Ensemble):
        return lower_ensemble(model, name, dtype=dtype)
    if isinstance(model, Predictor):
        return lower_table(model, name, dtype=dtype)
    if not _is_estimator(model):
        message = f"export: the model is of type {type(model).__name__}; it must be {_KINDS}."
        raise ConfigError(message, expected=_KINDS, got=type(model))
    from glassnet.exports.lowering.estimators import lower_estimator

    return lower_estimator(model, name, dtype=dtype)


def example_rows(model: Any, plan: Plan, n: int = 1000) -> Rows:
    """Return rows like those of training, the typical ones that the model keeps first, always the same."""
    model = getattr(model, "model_", model)
    rows = made_up_rows(plan, n)
    if not isinstance(model, Predictor) or model.background is None:
        return rows
    m = len(model.background)  # in the order of their predictions, of which the first are to show all
    spread = np.unique(np.linspace(0, m - 1, N_TYPICAL).round().astype(np.int64))
    places = np.concatenate([spread, np.setdiff1d(np.arange(m), spread)])
    return take_rows(join_rows(take_rows(background_rows(model), places), rows), slice(n))


def model_rows(model: Any, plan: Plan, data: Any) -> Rows:
    """Return data, in any form that the model predicts, as rows of its plan."""
    if isinstance(model, (Network, Ensemble)):
        first = model.networks[0] if isinstance(model, Ensemble) else model
        X = np.asarray(first._check_inputs("export", data), dtype=np.float64)
        return X.reshape(len(X), -1)
    if isinstance(model, Predictor):
        return rows_of_table(model, data)
    from glassnet.exports.lowering.estimators import rows_of_estimator

    return rows_of_estimator(model, plan, data)


def predictions(model: Any, plan: Plan, rows: Rows) -> np.ndarray:
    """Return what the model predicts for rows of its plan, (n, k) in the outputs of this.

    The model's own code computes them, in double precision: single precision may be off by more than an exported file.
    """
    if isinstance(model, Ensemble):
        return np.asarray(np.mean([predictions(network, plan, rows) for network in model.networks], axis=0))
    if isinstance(model, Network):
        assert isinstance(rows, np.ndarray)
        found = model.astype("float64").predict(rows.reshape(len(rows), *(model.input_shape or ())))
        return np.asarray(found).reshape(len(rows), -1)
    if isinstance(model, Predictor):
        return predictions_of_table(model, table_of_rows(model, rows))
    from glassnet.exports.lowering.estimators import predictions_of_estimator

    return predictions_of_estimator(model, plan, rows)


def _is_estimator(model: Any) -> bool:
    """Return whether a model is one of scikit-learn's; if it is, that is imported already."""
    base = sys.modules.get("sklearn.base")
    return base is not None and isinstance(model, base.BaseEstimator)
