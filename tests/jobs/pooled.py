"""What a process of a pool is asked for; it must be importable there."""

from __future__ import annotations

import numpy as np

import glassnet as gn


def data(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of 8 features and codes of 3 classes."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, 8)), rng.integers(0, 3, n)


def make(seed: int = 0, members: int | None = None) -> gn.Network:
    """Return an untrained network with noise and running statistics."""
    layers = [gn.Dense(16, "gelu"), gn.BatchNorm(), gn.Dropout(0.2), gn.Residual([gn.Dense(16, "tanh")]), gn.Dense(3)]
    return gn.Network(layers, loss="cross_entropy", seed=seed, members=members, input_shape=(8,))


def fitted(seed: int, threads: int | str = "auto") -> np.ndarray:
    """Return parameters after a fit."""
    net, (X, y) = make(seed), data()
    net.fit(X, y, epochs=5, threads=threads)
    return net.params.copy()


def train_on(net: gn.Network) -> gn.Network:
    """Return the network after two more epochs."""
    net.fit(*data(), epochs=2)
    return net
