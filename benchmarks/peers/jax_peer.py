"""JAX: the whole step, rows picked inside, in one compiled function that reuses its buffers."""

from __future__ import annotations

import functools
import os
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.cases import Case
from benchmarks.peers import UnsupportedError

ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "gelu": jax.nn.gelu, "sigmoid": jax.nn.sigmoid}


class Peer:
    """See the package."""

    def __init__(self, case: Case) -> None:
        if case.batch_norm:
            raise UnsupportedError
        self._case = case
        X, y = case.data()
        self._X, self._y = jnp.asarray(X), jnp.asarray(y.astype("f4")[:, None] if case.outputs == 1 else y)
        self._rng = np.random.default_rng(0)
        self._forward = jax.jit(functools.partial(_predict, case))
        self._update = jax.jit(functools.partial(_update, case), donate_argnums=0)
        self._start()
        self.step(3)

    def _start(self) -> None:
        sizes = zip(self._case.widths, self._case.widths[1:], strict=False)
        params = [
            (jnp.asarray(self._rng.standard_normal((i, o)) * np.sqrt(2.0 / i), jnp.float32), jnp.zeros(o))
            for i, o in sizes
        ]
        zeros = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)]
        self._state = (params, *zeros, jnp.float32(0), jax.random.PRNGKey(0))
        self._order, self._place = self._rng.permutation(self._case.n).astype(np.int32), 0

    def step(self, k: int) -> None:
        n, b = self._case.n, self._case.batch
        for _ in range(k):
            if self._place + b > n:
                self._order, self._place = self._rng.permutation(n).astype(np.int32), 0
            rows = None if b == n else self._order[self._place : self._place + b]
            self._place += b
            self._state, loss = self._update(self._state, self._X, self._y, rows)
        loss.block_until_ready()

    def fit(self) -> None:
        self._start()
        self.step(self._case.epochs * (self._case.n // self._case.batch))

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self._forward(self._state[0], X))


def _logits(case: Case, params: Any, X: Any, key: Any = None) -> Any:
    for i, (W, b) in enumerate(params):
        X = X @ W + b
        if i + 1 < len(params):
            X = ACTIVATIONS[case.activation](X)
            if case.dropout and key is not None:
                key, used = jax.random.split(key)
                X = jnp.where(jax.random.bernoulli(used, 1 - case.dropout, X.shape), X / (1 - case.dropout), 0.0)
    return X


def _predict(case: Case, params: Any, X: Any) -> Any:
    Z = _logits(case, params, X)
    return jax.nn.sigmoid(Z) if case.outputs == 1 else jax.nn.softmax(Z)


def _loss(case: Case, params: Any, X: Any, y: Any, key: Any) -> Any:
    Z = _logits(case, params, X, key)
    if case.outputs == 1:
        return jnp.mean(jnp.logaddexp(Z, 0.0) - y * Z)
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(Z), y[:, None], axis=1))


def _update(case: Case, state: Any, X: Any, y: Any, rows: Any) -> Any:
    params, M, V, t, key = state
    if case.dropout:
        key, used = jax.random.split(key)
    else:
        used = None
    if rows is not None:
        X, y = X[rows], y[rows]
    loss, grads = jax.value_and_grad(functools.partial(_loss, case))(params, X, y, used)
    if case.optimizer == "sgd":
        M = jax.tree.map(lambda m, g: 0.9 * m - 0.01 * g, M, grads)
        params = jax.tree.map(jnp.add, params, M)
        return (params, M, V, t, key), loss
    t = t + 1
    M = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, M, grads)
    V = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, V, grads)
    rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), params, M, V)
    return (params, M, V, t, key), loss


make = Peer
