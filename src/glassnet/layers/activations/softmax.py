"""Softmax as a layer: shares that sum to 1."""

from __future__ import annotations

import numpy as np

from glassnet.layers.activations.base import Activation
from glassnet.layers.base import Cache
from glassnet.utils.arrays import Buffers

__all__ = ["Softmax"]


class Softmax(Activation):
    """Shares along the last axis, which are positive and sum to 1.

    ``Y_j = exp(Z_j) / sum_i exp(Z_i)``, ``dZ = Y * (dY - sum_i dY_i * Y_i)``

    The largest Z is subtracted first, so that exp cannot overflow. For gates and mixtures inside a network: as the last
    layer under a cross-entropy it would be applied twice, and is refused.

    References
    ----------
    Bridle (1990), "Probabilistic interpretation of feedforward classification network outputs".

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([Softmax()], loss="squared_error", input_shape=(4,))
    >>> net.forward([[7.0, 7.0, 7.0, 7.0]]).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """

    def make_work(self, scratch: Buffers) -> Cache:
        return {**super().make_work(scratch), "row": scratch.array((*self.in_shape[:-1], 1))}

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        row = work["row"]
        np.maximum.reduce(Z, axis=-1, out=row, keepdims=True)
        np.subtract(Z, row, Y)
        np.exp(Y, Y)
        np.add.reduce(Y, axis=-1, out=row, keepdims=True)
        np.divide(Y, row, Y)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        (T,), row = work["arrays"], work["row"]
        np.multiply(dY, Y, T)
        np.add.reduce(T, axis=-1, out=row, keepdims=True)
        np.subtract(dY, row, dY)
        np.multiply(dY, Y, dY)
