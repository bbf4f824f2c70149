"""skorch: PyTorch behind scikit-learn's interface."""

from __future__ import annotations

import numpy as np
import torch
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier

from benchmarks.cases import Case
from benchmarks.peers import UnsupportedError
from benchmarks.peers.torch_peer import module


class Peer:
    """See the package."""

    def __init__(self, case: Case) -> None:
        torch.manual_seed(0)
        self._case = case
        X, y = case.data()
        self._X, self._y = X, y.astype("f4") if case.outputs == 1 else y
        self._model = self._new(1)
        self._model.fit(self._X[: case.batch], self._y[: case.batch])

    def _new(self, epochs: int) -> NeuralNetClassifier:
        case = self._case
        sgd = {"optimizer": torch.optim.SGD, "optimizer__momentum": 0.9, "lr": 0.01}
        options = {"optimizer": torch.optim.Adam, "lr": 1e-3} if case.optimizer == "adam" else sgd
        kind, extra = NeuralNetBinaryClassifier, {}
        if case.outputs > 1:
            kind, extra = NeuralNetClassifier, {"criterion": torch.nn.CrossEntropyLoss}
        return kind(
            module(case), max_epochs=epochs, batch_size=case.batch, train_split=None, verbose=0,
            iterator_train__shuffle=True, **options, **extra,
        )  # fmt: skip

    def step(self, k: int) -> None:
        raise UnsupportedError

    def fit(self) -> None:
        self._new(self._case.epochs).fit(self._X, self._y)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self._model.predict_proba(X)


make = Peer
