"""Linear models in closed form, or after a few steps that need no learning rate: what a network is compared with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from glassnet.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    GaussianNLL,
    Huber,
    Loss,
    Poisson,
    Quantile,
    SoftmaxCrossEntropy,
    SquaredError,
)

__all__ = ["ROUNDS", "LinearModel", "fit_discriminants", "fit_linear"]

ROUNDS = 30
"""Steps to a logistic model."""

_PENALTY = 1e-3  # on squared weights of columns of unit spread, for each row: columns may repeat each other
_NEWTON_ROUNDS = 8
_WIDEST = 15.0  # logarithm of a rate


class LinearModel(NamedTuple):
    """``Z = Xs @ W + b`` of scaled columns Xs, and constants for the other logits of a loss.

    Attributes
    ----------
    means, spreads : ndarray of shape (d,)
        By which columns are scaled.
    W : ndarray of shape (d, t)
    b : ndarray of shape (t,)
    finish : callable
        Makes logits for the loss of the t numbers.
    """

    means: np.ndarray
    spreads: np.ndarray
    W: np.ndarray
    b: np.ndarray
    finish: Callable[[np.ndarray], np.ndarray]

    def logits(self, X: np.ndarray) -> np.ndarray:
        """Return the logits for rows of flat columns.

        Parameters
        ----------
        X : ndarray of shape (n, d)
        """
        return self.finish((X - self.means) / self.spreads @ self.W + self.b)


def fit_linear(loss: Loss, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> LinearModel | None:
    """Return a linear model for targets as the loss wants them; None for losses for which there is none here.

    Parameters
    ----------
    loss : Loss
    X : ndarray of shape (n, d)
        In float64.
    y : ndarray
        Targets as the loss prepared them.
    weight : ndarray of shape (n,), optional
    """
    numbers = isinstance(loss, (SquaredError, AbsoluteError, Huber, GaussianNLL, Quantile))
    if not numbers and not isinstance(loss, (BinaryCrossEntropy, SoftmaxCrossEntropy, Poisson)):
        return None
    columns, means, spreads, w = _prepared(X, weight)
    Y = y.astype(np.float64)
    if isinstance(loss, SoftmaxCrossEntropy) and y.ndim == 1:
        Y = np.eye(int(y.max()) + 1)[y]
    if numbers:
        B = _least_squares(columns, Y, w)
    elif isinstance(loss, Poisson):
        B = _log_linear(columns, Y, w)
    else:
        B = _logistic(columns, Y, w, binary=isinstance(loss, BinaryCrossEntropy))
    return LinearModel(means, spreads, B[:-1], B[-1], _finish(loss, Y - columns @ B))


def fit_discriminants(X: np.ndarray, codes: np.ndarray, k: int) -> LinearModel:
    """Return Fisher's linear discriminants: the model of classes with one covariance.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        In float64.
    codes : ndarray of shape (n,)
        The class of each row.
    k : int
        Number of classes.
    """
    columns, means, spreads, _ = _prepared(X, None)
    rows, n = columns[:, :-1], len(X)
    counts = np.bincount(codes, minlength=k)
    centres = np.zeros((k, rows.shape[1]))
    np.add.at(centres, codes, rows)
    centres /= np.maximum(counts, 1)[:, None]
    within = rows.T @ rows - (centres.T * counts) @ centres + _PENALTY * n * np.eye(rows.shape[1])
    W = np.linalg.solve(within / n, centres.T)
    b = np.log(np.maximum(counts, 0.5) / n) - 0.5 * np.einsum("kd,dk->k", centres, W)
    return LinearModel(means, spreads, W, b, np.asarray)


def _prepared(X: np.ndarray, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return scaled columns and one of ones, by what they are scaled, and weights of rows."""
    means, spreads = X.mean(axis=0), X.std(axis=0)
    spreads = np.where(spreads > 1e-12 * np.abs(X).max(axis=0), spreads, 1.0)
    columns = np.column_stack([(X - means) / spreads, np.ones(len(X))])
    return columns, means, spreads, np.ones(len(X)) if weight is None else weight.astype(np.float64)


def _ridge(columns: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted products of the columns, and the penalty; the last column, of ones, has none."""
    penalty = np.full(columns.shape[1], _PENALTY * float(w.sum()))
    penalty[-1] = 1e-9 * float(w.sum())
    return (columns.T * w) @ columns, penalty


def _least_squares(columns: np.ndarray, Y: np.ndarray, w: np.ndarray) -> np.ndarray:
    products, penalty = _ridge(columns, w)
    return np.linalg.solve(products + np.diag(penalty), (columns.T * w) @ Y)


def _logistic(columns: np.ndarray, Y: np.ndarray, w: np.ndarray, *, binary: bool) -> np.ndarray:
    """Return coefficients of a logistic model: rounds with a bound of the curvature, so that each lowers the loss.

    Boehning (1992), "Multinomial logistic regression algorithm", Annals of the Institute of Statistical Mathematics.
    """
    products, penalty = _ridge(columns, w)
    inverse = np.linalg.inv(products * (0.25 if binary else 0.5) + np.diag(penalty))
    B = np.zeros((columns.shape[1], Y.shape[1]))
    ahead, before = B, B
    for round_ in range(ROUNDS):
        P = _probabilities(columns @ ahead, binary=binary)
        B = ahead + inverse @ ((columns.T * w) @ (Y - P) - penalty[:, None] * ahead)
        ahead, before = B + round_ / (round_ + 3.0) * (B - before), B
    return B


def _probabilities(Z: np.ndarray, *, binary: bool) -> np.ndarray:
    if binary:
        found: np.ndarray = 0.5 * (1.0 + np.tanh(0.5 * Z))
        return found
    P: np.ndarray = np.exp(Z - Z.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    return P


def _log_linear(columns: np.ndarray, Y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return coefficients of logarithms of rates, by Newton's rounds."""
    B = np.zeros((columns.shape[1], Y.shape[1]))
    B[-1] = np.log(np.maximum(w @ Y / w.sum(), 1e-6))
    for place in range(Y.shape[1]):
        for _ in range(_NEWTON_ROUNDS):
            rates = np.exp(np.clip(columns @ B[:, place], -_WIDEST, _WIDEST))
            products, penalty = _ridge(columns, w * rates)
            slope = columns.T @ (w * (Y[:, place] - rates)) - penalty * B[:, place]
            step = np.linalg.solve(products + np.diag(penalty), slope)
            B[:, place] += step / max(1.0, float(np.abs(columns @ step).max()) / 2.0)
    return B


def _finish(loss: Loss, residuals: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return what makes logits of means: beside them the spread of the residuals, or their quantiles."""
    if isinstance(loss, GaussianNLL):
        log_variance = np.log(np.maximum(residuals.var(axis=0), loss.min_variance))
        return partial(_beside, log_variance)
    if isinstance(loss, Quantile):
        return partial(_around, np.quantile(residuals, loss.levels, axis=0).T)
    return np.asarray


def _beside(log_variance: np.ndarray, Z: np.ndarray) -> np.ndarray:
    return np.concatenate([Z, np.tile(log_variance, (len(Z), 1))], axis=1)


def _around(offsets: np.ndarray, Z: np.ndarray) -> np.ndarray:
    """Return levels around each target; ``offsets`` are of shape (targets, levels)."""
    found: np.ndarray = (Z[:, :, None] + offsets).reshape(len(Z), -1)
    return found
