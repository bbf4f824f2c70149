"""A bare NumPy loop as one would tune it by hand for one network: everything in place, nothing checked, nothing kept.

It knows ReLU, tanh and sigmoid, Adam and SGD, one batch size.
"""

from __future__ import annotations

import numpy as np

from benchmarks.cases import Case
from benchmarks.peers import UnsupportedError

BETA1, BETA2, EPS, RATE = 0.9, 0.999, 1e-8, 1e-3
MOMENTUM, SGD_RATE = np.float32(0.9), np.float32(0.01)


class Peer:
    """See the package."""

    def __init__(self, case: Case) -> None:
        if case.dropout or case.batch_norm or case.activation == "gelu":
            raise UnsupportedError
        self._case, (self._X, y) = case, case.data()
        self._y = y.astype(np.float32)[:, None] if case.outputs == 1 else y
        sizes = list(zip(case.widths, case.widths[1:], strict=False))
        rng = np.random.default_rng(0)
        self._params = np.zeros(sum(i * o + o for i, o in sizes), dtype=np.float32)
        self._grads, self._M, self._V, self._work = (np.zeros_like(self._params) for _ in range(4))
        self._layers, start = [], 0
        for i, o in sizes:
            views = []
            for shape in ((i, o), (o,)):
                stop = start + int(np.prod(shape))
                views += [flat[start:stop].reshape(shape) for flat in (self._params, self._grads)]
                start = stop
            views[0][...] = rng.standard_normal((i, o)) * np.sqrt(2.0 / i)
            self._layers.append(views)
        self._A = [np.empty((case.batch, width), dtype=np.float32) for width in case.widths]
        self._D = [np.empty_like(a) for a in self._A]
        self._rows, self._place, self._t = np.arange(case.batch), 0, 0
        self._order = rng.permutation(case.n)

    def _activate(self, Z: np.ndarray) -> None:
        if self._case.activation == "relu":
            np.maximum(Z, 0, out=Z)
        elif self._case.activation == "tanh":
            np.tanh(Z, out=Z)
        else:
            np.multiply(np.tanh(np.multiply(Z, 0.5, out=Z), out=Z), 0.5, out=Z)
            np.add(Z, 0.5, out=Z)

    def _forward(self, A: list[np.ndarray]) -> np.ndarray:
        for i, (W, _, b, _) in enumerate(self._layers):
            np.matmul(A[i], W, out=A[i + 1])
            np.add(A[i + 1], b, out=A[i + 1])
            if i + 1 < len(self._layers):
                self._activate(A[i + 1])
        return A[-1]

    def _loss(self, Z: np.ndarray, y: np.ndarray) -> float:
        """Return the loss and leave its gradient in the last of the D."""
        D, n = self._D[-1], len(Z)
        if self._case.outputs == 1:
            loss = float((np.logaddexp(Z, 0) - y * Z).mean())
            np.multiply(np.tanh(np.multiply(Z, 0.5, out=D), out=D), 0.5, out=D)
            np.add(D, 0.5, out=D)
            np.subtract(D, y, out=D)
        else:
            np.subtract(Z, Z.max(axis=1, keepdims=True), out=D)
            picked = D[self._rows, y]
            np.exp(D, out=D)
            sums = D.sum(axis=1, keepdims=True)
            loss = float((np.log(sums[:, 0]) - picked).mean())
            np.divide(D, sums, out=D)
            D[self._rows, y] -= 1
        np.multiply(D, np.float32(1.0 / n), out=D)
        return loss

    def _backward(self) -> None:
        for i in range(len(self._layers) - 1, -1, -1):
            W, dW, _, db = self._layers[i]
            np.matmul(self._A[i].T, self._D[i + 1], out=dW)
            np.add.reduce(self._D[i + 1], axis=0, out=db)
            if i:
                np.matmul(self._D[i + 1], W.T, out=self._D[i])
                A = self._A[i]
                slope = {"relu": lambda A: A > 0, "tanh": lambda A: 1 - A * A, "sigmoid": lambda A: A * (1 - A)}
                np.multiply(self._D[i], slope[self._case.activation](A), out=self._D[i])

    def _update(self) -> None:
        p, g, M, V, work = self._params, self._grads, self._M, self._V, self._work
        if self._case.optimizer == "sgd":
            np.multiply(M, MOMENTUM, out=M)
            np.subtract(M, np.multiply(g, SGD_RATE, out=work), out=M)
            np.add(p, M, out=p)
            return
        self._t += 1
        rate = RATE * np.sqrt(1 - BETA2**self._t) / (1 - BETA1**self._t)
        for start in range(0, p.size, 16384):
            s = slice(start, start + 16384)
            np.multiply(M[s], np.float32(BETA1), out=M[s])
            np.add(M[s], np.multiply(g[s], np.float32(1 - BETA1), out=work[s]), out=M[s])
            np.multiply(np.multiply(g[s], g[s], out=work[s]), np.float32(1 - BETA2), out=work[s])
            np.multiply(V[s], np.float32(BETA2), out=V[s])
            np.add(V[s], work[s], out=V[s])
            np.add(np.sqrt(V[s], out=work[s]), np.float32(EPS), out=work[s])
            np.multiply(np.divide(M[s], work[s], out=work[s]), np.float32(rate), out=work[s])
            np.subtract(p[s], work[s], out=p[s])

    def step(self, k: int) -> None:
        case = self._case
        for _ in range(k):
            if case.batch == case.n:
                self._A[0], y = self._X, self._y
            else:
                if self._place + case.batch > case.n:
                    self._place = 0
                rows = self._order[self._place : self._place + case.batch]
                self._place += case.batch
                np.take(self._X, rows, axis=0, out=self._A[0], mode="clip")
                y = self._y[rows]
            self._loss(self._forward(self._A), y)
            self._backward()
            self._update()

    def fit(self) -> None:
        Peer(self._case).step(self._case.epochs * (self._case.n // self._case.batch))

    def predict(self, X: np.ndarray) -> np.ndarray:
        buffers = getattr(self, "_buffers", None)
        if buffers is None or len(buffers[0]) != len(X):
            buffers = self._buffers = [np.empty((len(X), width), dtype=np.float32) for width in self._case.widths]
        buffers[0] = X
        Z = self._forward(buffers)
        if self._case.outputs == 1:
            return 1.0 / (1.0 + np.exp(-Z))
        np.exp(np.subtract(Z, Z.max(axis=1, keepdims=True), out=Z), out=Z)
        return np.divide(Z, Z.sum(axis=1, keepdims=True), out=Z)


make = Peer
