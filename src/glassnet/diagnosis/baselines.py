"""The best constant prediction: what any network must beat."""

from __future__ import annotations

import numpy as np

from glassnet.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    BinaryFocalCrossEntropy,
    GaussianNLL,
    Huber,
    Loss,
    Poisson,
    Quantile,
    SoftmaxCrossEntropy,
    SoftmaxFocalCrossEntropy,
    SquaredError,
)

__all__ = ["constant_logits"]

_TINY = 1e-6  # a class without rows


def constant_logits(loss: Loss, y: np.ndarray, weight: np.ndarray | None, n_outputs: int) -> np.ndarray | None:
    """Return the logits (1, k) whose loss on targets is smallest; None for a custom loss.

    Exact for squared error, cross-entropies, Poisson and Gaussian likelihood, absolute error and quantiles without
    weights; for Huber's and the focal losses those of the loss that they vary.
    """
    w = np.ones(len(y)) if weight is None else weight.astype(np.float64)
    if isinstance(loss, (SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy)):
        shares = np.bincount(y, w, n_outputs) if y.ndim == 1 else w @ y
        return np.asarray(np.log(np.maximum(shares / w.sum(), _TINY))[None])
    values = y.astype(np.float64)
    mean: np.ndarray = (w @ values / w.sum())[None]
    if isinstance(loss, (BinaryCrossEntropy, BinaryFocalCrossEntropy)):
        mean = np.clip(mean, _TINY, 1.0 - _TINY)
        return np.asarray(np.log(mean / (1.0 - mean)))
    if isinstance(loss, SquaredError):
        return mean
    if isinstance(loss, (AbsoluteError, Huber)):
        return np.asarray(np.median(values, axis=0)[None])
    if isinstance(loss, Poisson):
        return np.asarray(np.log(np.maximum(mean, _TINY)))
    if isinstance(loss, Quantile):
        return np.asarray(np.quantile(values, loss.levels, axis=0).T.reshape(1, -1))
    if isinstance(loss, GaussianNLL):
        variance = (w @ (values - mean) ** 2 / w.sum())[None]
        # The softplus-like link adds the smallest variance; what it adds does not matter here.
        return np.concatenate([mean, np.log(np.maximum(variance, loss.min_variance))], axis=1)
    return None
