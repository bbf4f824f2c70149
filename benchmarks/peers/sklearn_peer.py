"""scikit-learn: whole fits and predictions; it has no step of its own."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.cases import Case
from benchmarks.peers import UnsupportedError

ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic"}


class Peer:
    """See the package."""

    def __init__(self, case: Case) -> None:
        if case.dropout or case.batch_norm or case.activation not in ACTIVATIONS:
            raise UnsupportedError
        warnings.simplefilter("ignore")
        self._X, self._y = case.data()
        self._options: dict[str, Any] = {
            "hidden_layer_sizes": case.hidden,
            "activation": ACTIVATIONS[case.activation],
            "solver": case.optimizer,
            "alpha": 0.0,
            "batch_size": case.batch,
            "max_iter": case.epochs,
            "tol": 0.0,
            "n_iter_no_change": 10**6,
            "random_state": 0,
            "learning_rate_init": 0.01 if case.optimizer == "sgd" else 0.001,
            "nesterovs_momentum": False,
        }
        rows = slice(0, min(case.n, 500))
        few = {**self._options, "max_iter": 1, "batch_size": min(case.batch, 500, case.n)}
        self._model = MLPClassifier(**few).fit(self._X[rows], self._y[rows])

    def step(self, k: int) -> None:
        raise UnsupportedError

    def fit(self) -> None:
        MLPClassifier(**self._options).fit(self._X, self._y)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self._model.predict_proba(X)


make = Peer
