"""The six networks of the speed and size tables of exported C: multilayer perceptrons of scikit-learn."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glassnet.exports.lowering.lowering import lower, model_rows, predictions
from glassnet.exports.proof import prove
from glassnet.exports.targets.c_target import c_file
from glassnet.exports.targets.target import Options

__all__ = ["NETS", "Net", "header_of", "trained"]


class Net(NamedTuple):
    """Hidden layers, activation and data of a network."""

    title: str
    data: str
    hidden: tuple[int, ...]
    activation: str


NETS = {
    "iris": Net("iris 4-8-3 relu", "iris", (8,), "relu"),
    "cancer10": Net("cancer 10-16-1 tanh", "cancer10", (16,), "tanh"),
    "cancer30": Net("cancer 30-16-1 sigmoid", "cancer30", (16,), "logistic"),
    "digits": Net("digits 64-64-32-10 relu", "digits", (64, 32), "relu"),
    "diabetes": Net("diabetes 10-64-64-1 relu", "diabetes", (64, 64), "relu"),
    "images": Net("784-128-10 relu", "images", (128,), "relu"),
}


def _data(name: str) -> tuple[np.ndarray, np.ndarray]:
    if name == "images":
        rng = np.random.default_rng(0)
        X = rng.random((1500, 784)) * (rng.random((1500, 784)) < 0.2)
        return X, (X[:, :40].reshape(-1, 10, 4).sum(axis=2)).argmax(axis=1)
    load = {"iris": load_iris, "digits": load_digits, "diabetes": load_diabetes}.get(name, load_breast_cancer)
    X, y = load(return_X_y=True)
    return X[:, :10] if name == "cancer10" else X, y


def trained(name: str) -> tuple[Any, Any, np.ndarray]:
    """Return a network on standardised inputs, a pipeline of the scaler and the same network, and the raw inputs."""
    net = NETS[name]
    X, y = _data(net.data)
    scaler = StandardScaler().fit(X)
    kind = MLPRegressor if name == "diabetes" else MLPClassifier
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = kind(hidden_layer_sizes=net.hidden, activation=net.activation, max_iter=60, random_state=0)
        model.fit(scaler.transform(X), y)
        pipeline = make_pipeline(StandardScaler(), model)
    pipeline.steps[0] = ("standardscaler", scaler)
    return model, pipeline, X


def header_of(model: Any, X: np.ndarray, name: str, dtype: str = "float32") -> str:
    """Return a model in C under a name, with test rows from X."""
    plan = lower(model, name)
    rows = model_rows(model, plan, X[:500])
    proof = prove(plan, predictions(model, plan, rows), rows, np.float32)
    options = Options(dtype=dtype, calibration=rows, force=True)
    return c_file.print_plan(plan, proof, options)[".h"].decode()
