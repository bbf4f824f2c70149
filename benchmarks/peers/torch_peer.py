"""PyTorch, the loop of its own tutorials, in eager mode."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from benchmarks.cases import Case

ACTIVATIONS = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": lambda: nn.GELU(approximate="tanh"),
    "sigmoid": nn.Sigmoid,
}


def module(case: Case) -> nn.Sequential:
    """Return a new network for a case."""
    layers: list[nn.Module] = []
    for i, o in zip(case.widths, case.widths[1:-1], strict=False):
        layers.append(nn.Linear(i, o))
        layers += [nn.BatchNorm1d(o)] if case.batch_norm else []
        layers.append(ACTIVATIONS[case.activation]())
        layers += [nn.Dropout(case.dropout)] if case.dropout else []
    return nn.Sequential(*layers, nn.Linear(case.widths[-2], case.outputs))


class Peer:
    """See the package."""

    options: ClassVar[dict[str, Any]] = {}
    compiles: ClassVar[bool] = False

    def __init__(self, case: Case) -> None:
        torch.manual_seed(0)
        self._case = case
        X, y = case.data()
        self._X = torch.from_numpy(X)
        self._y = torch.from_numpy(y.astype("f4")[:, None]) if case.outputs == 1 else torch.from_numpy(y)
        self._start()
        self.step(3)

    def _start(self) -> None:
        self._model = module(self._case)
        self._call = torch.compile(self._model) if self.compiles else self._model
        parameters = self._model.parameters()
        if self._case.optimizer == "adam":
            self._optimizer = torch.optim.Adam(parameters, lr=1e-3, **self.options)
        else:
            self._optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9, **self.options)
        self._loss = nn.BCEWithLogitsLoss() if self._case.outputs == 1 else nn.CrossEntropyLoss()
        self._order, self._place = torch.randperm(self._case.n), 0

    def step(self, k: int) -> None:
        self._model.train()
        n, b = self._case.n, self._case.batch
        for _ in range(k):
            if b == n:
                X, y = self._X, self._y
            else:
                if self._place + b > n:
                    self._order, self._place = torch.randperm(n), 0
                rows = self._order[self._place : self._place + b]
                X, y, self._place = self._X[rows], self._y[rows], self._place + b
            loss = self._loss(self._call(X), y)
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self._optimizer.step()

    def fit(self) -> None:
        self._start()
        self.step(self._case.epochs * (self._case.n // self._case.batch))

    @torch.inference_mode()
    def predict(self, X: np.ndarray) -> np.ndarray:
        self._model.eval()
        Z = self._model(torch.from_numpy(X))
        return (torch.sigmoid(Z) if self._case.outputs == 1 else torch.softmax(Z, 1)).numpy()


make = Peer
