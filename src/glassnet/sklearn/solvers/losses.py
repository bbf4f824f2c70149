"""scikit-learn's losses with its own factors, so that the same settings give the same numbers.

They differ from those of `glassnet.losses` in factors: squared error is halved, several outputs are added up in the
gradient, and probabilities in the reported log loss are clipped to ``[eps, 1 - eps]``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import expit

from glassnet.layers.base import Cache
from glassnet.losses import BinaryCrossEntropy, Poisson, SoftmaxCrossEntropy, SquaredError
from glassnet.losses.base import average_columns
from glassnet.utils.arrays import Buffers

__all__ = ["BinaryLogLoss", "HalfPoissonDeviance", "HalfSquaredError", "LogLoss"]


class HalfSquaredError(SquaredError):
    """Half the squared error: ``l = mean_j (Z_j - y_j)**2 / 2``, ``dZ_j = w * (Z_j - y_j)``; predictions are Z.

    With several outputs the value is their average and the gradient that of their sum, as in scikit-learn.
    """

    name = "half_squared_error"
    guess_factor = 0.5

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        factors = {"one_over_k": scratch.constant(0.5 / out_shape[-1]), "two_over_k": scratch.constant(1.0)}
        return super().make_cache(scratch, out_shape) | factors


class BinaryLogLoss(BinaryCrossEntropy):
    """Log loss of independent yes/no outputs, added up: ``l = -sum_j log p(y_j)``, ``dZ_j = w * (p_j - y_j)``."""

    name = "binary_log_loss"

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        own = {"one_over_k": scratch.constant(1.0), "most": _largest(scratch.dtype)}
        return super().make_cache(scratch, out_shape) | own

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        total = super().value_and_gradient(Z, y, weight, out, cache)
        T, most = cache["T"], cache["most"]
        # If the sum is within the limit, so is every row; the sum is the cheaper check.
        if (weight is None and total <= most) or not np.maximum.reduce(T, axis=None) > most:
            return total
        np.minimum(T, most, out=T)
        return _sum(T.sum(axis=-1), weight)

    def link(self, Z: np.ndarray) -> np.ndarray:
        # As in scikit-learn: another rounding of a probability near 1 changes the logarithm of its complement.
        P: np.ndarray = expit(Z)
        return P


class LogLoss(SoftmaxCrossEntropy):
    """Log loss of exclusive classes: ``l = -log p_y``, ``dZ = w * (p - y)``, the value limited as in scikit-learn."""

    name = "log_loss"

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        return super().make_cache(scratch, out_shape) | {"most": _largest(scratch.dtype)}

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        total = super().value_and_gradient(Z, y, weight, out, cache)
        rows, most = cache["rows"], cache["most"]
        if (weight is None and total <= most) or not np.maximum.reduce(rows, axis=None) > most:
            return total
        return _sum(np.minimum(rows, most), weight)


class HalfPoissonDeviance(Poisson):
    """Half the Poisson deviance: ``p = exp(Z)``, ``l = sum_j (y_j log(y_j / p_j) - y_j + p_j)``, ``dZ = w * (p - y)``.

    The terms of y alone, which the Poisson loss leaves out, make it 0 for a perfect prediction.
    """

    name = "half_poisson_deviance"

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        own = {"one_over_k": scratch.constant(1.0), "logs": scratch.array(out_shape)}
        return super().make_cache(scratch, out_shape) | own

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        T, logs = cache["T"], cache["logs"]
        np.exp(Z, out=out)
        logs[...] = 0.0  # y log y is 0 at 0
        np.log(y, out=logs, where=y > 0)
        np.subtract(logs, Z, out=T)
        np.multiply(T, y, out=T)
        np.subtract(out, y, out=out)
        np.add(T, out, out=T)
        return average_columns(T, out, weight, cache)

    def link(self, Z: np.ndarray) -> np.ndarray:
        P: np.ndarray = np.exp(Z)
        return P


def _largest(dtype: np.dtype[Any]) -> float:
    """Return ``-log eps``, the largest loss that clipped probabilities allow."""
    return -math.log(np.finfo(dtype).eps)


def _sum(rows: np.ndarray, weight: np.ndarray | None) -> Any:
    return rows.sum(axis=-1) if weight is None else np.vecdot(rows, weight)
