"""Keras, on JAX: its fastest backend on a CPU."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import keras
import numpy as np

from benchmarks.cases import Case


def _gelu(x: Any) -> Any:
    return keras.activations.gelu(x, approximate=True)


def model(case: Case) -> keras.Model:
    """Return a new compiled model for a case."""
    layers = [keras.Input((case.d,))]
    for width in case.hidden:
        layers.append(keras.layers.Dense(width))
        layers += [keras.layers.BatchNormalization()] if case.batch_norm else []
        layers.append(keras.layers.Activation(_gelu if case.activation == "gelu" else case.activation))
        layers += [keras.layers.Dropout(case.dropout)] if case.dropout else []
    last = "sigmoid" if case.outputs == 1 else "softmax"
    made = keras.Sequential([*layers, keras.layers.Dense(case.outputs, activation=last)])
    optimizer = keras.optimizers.Adam(1e-3) if case.optimizer == "adam" else keras.optimizers.SGD(0.01, momentum=0.9)
    loss = "binary_crossentropy" if case.outputs == 1 else "sparse_categorical_crossentropy"
    made.compile(optimizer=optimizer, loss=loss)
    return made


class Peer:
    """See the package."""

    def __init__(self, case: Case) -> None:
        keras.utils.set_random_seed(0)
        self._case, (self._X, self._y) = case, case.data()
        self._model = model(case)
        self.step(2)

    def step(self, k: int) -> None:
        rows = slice(0, self._case.batch)
        for _ in range(k):
            self._model.train_on_batch(self._X[rows], self._y[rows])

    def fit(self) -> None:
        made = model(self._case)
        made.fit(self._X, self._y, epochs=self._case.epochs, batch_size=self._case.batch, verbose=0)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self._model.predict(X, batch_size=4096, verbose=0)


make = Peer
