"""Logarithms of the probabilities of a network for classes, averaged over members and copies."""

from __future__ import annotations

import numpy as np

from glassnet.network import Network

__all__ = ["log_probabilities"]


def log_probabilities(network: Network, X: np.ndarray) -> np.ndarray:
    """Return the logarithm of the probabilities (n, k), averaged over members and copies, in double precision.

    It is computed from logits: a probability that float32 rounds to 0 still has a finite logarithm.
    """
    copies = getattr(network.loss, "copies", 1)
    Z = network.forward(X).astype(np.float64)
    Z = Z.reshape(-1, len(X), copies, Z.shape[-1] // copies)
    with np.errstate(under="ignore"):
        logs = Z - np.logaddexp.reduce(Z, axis=-1, keepdims=True)
        mean: np.ndarray = np.logaddexp.reduce(logs, axis=(0, 2)) - np.log(Z.shape[0] * copies)
    return mean
