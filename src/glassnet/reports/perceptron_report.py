"""All that a report says of a multi-layer perceptron of `glassnet.sklearn`, in its labels and units."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.reports.network_report import network_facts
from glassnet.reports.network_rows import NetworkRows
from glassnet.reports.report import Report
from glassnet.training.history import History
from glassnet.utils.short_text import count, plain
from glassnet.utils.wording import plain_data

__all__ = ["report_perceptron"]

_SMALLEST = 1e-300  # probability


def report_perceptron(estimator: Any, X: Any, y: Any, *, name: str = "") -> Report:
    """Return the report about a fitted perceptron on rows with known targets.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Fitted.
    X, y : as of `fit`
        Rows and targets.
    name : str
        What the rows are called in the report.
    """
    network, scaling = estimator.network_, estimator._state.scaling
    known = estimator._check_validation((X, y))
    shown = estimator._checked_inputs(X)
    shown = np.asarray(shown.toarray() if hasattr(shown, "toarray") else shown)
    inputs = np.asarray(known.X[:])
    truth = np.asarray(known.Y).reshape(len(shown), -1)
    rows = NetworkRows(estimator._name, network, inputs, np.asarray(known.y), truth, shown)
    rows.features = estimator._feature_names()
    rows.center, rows.scale = scaling.target_center, scaling.target_scale
    rows.target = plain(getattr(y, "name", None) or "y", 80)
    classes = getattr(estimator, "classes_", None)
    if classes is not None:
        rows.classes = [plain_data(label) for label in classes.tolist()]
        if not estimator._kind.startswith("multilabel"):
            rows.logs = _logs(estimator, rows, X)
    history = network.history if network._run is not None else History()
    words = "" if history.epochs else f"{count(int(estimator.n_iter_), 'iteration')} of {estimator.solver}"
    facts = network_facts(rows, history, estimator.findings_, repeat="model.report(X, y)", training=words)
    facts["data"] = plain(name or facts["data"], 200)
    facts["title"] = f"{estimator._name} on {facts['data']}"
    facts["card"]["lines"][0][1] = facts["data"] if not name else f"{facts['data']}, {count(len(shown), 'row')}"
    facts["card"]["uses"] = [["Predict", "model.predict(X)"], ["Keep it", 'model.save("model.safetensors")']]
    return Report(facts)


def _logs(estimator: Any, rows: NetworkRows, X: Any) -> np.ndarray | None:
    """Return the logarithms of the probabilities of the labels, (n, k), where they are not the network's own."""
    k = len(rows.classes)
    if k == 1:
        return np.zeros((len(rows.X), 1))
    if rows.n_outputs == (k if estimator.out_activation_ == "softmax" else 1):
        return None
    P = np.asarray(estimator.predict_proba(X), np.float64)
    return np.asarray(np.log(np.clip(P, _SMALLEST, 1.0)))
