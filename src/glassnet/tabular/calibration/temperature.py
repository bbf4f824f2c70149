"""One temperature for all logits, fitted on rows that a network was not trained on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["HeldOutLogits", "fit_temperature", "log_probabilities"]

_SPREAD = 0.4  # of log T over tables; measured on the development tables
_FARTHEST, _STEP = 3.0, 0.5  # of log T: the bounds, and the distance of first guesses
_EXACT = 1e-4
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


class HeldOutLogits(NamedTuple):
    """What networks answer for rows that none of them was trained on.

    Attributes
    ----------
    Z : ndarray of shape (m, n, k)
        Logits of m networks, or copies inside one, whose probabilities are averaged.
    codes : ndarray of shape (n,)
        The true classes.
    weight : ndarray of shape (n,), optional
        How many rows each stands for.
    """

    Z: np.ndarray
    codes: np.ndarray
    weight: np.ndarray | None = None


def fit_temperature(parts: Sequence[HeldOutLogits], spread: float = _SPREAD) -> float:
    """Return the temperature T that divides logits, so that the true classes of held-out rows are likeliest.

    ``sum_i w_i * -log p_i(T) + (log T)**2 / (2 * spread**2)`` is smallest, with
    ``p_i(T) = mean_m softmax(Z[m, i] / T)[y_i]``

    The second term is a normal prior of log T: with few rows T stays near 1, and it is 1 without any. It also decides
    where all rows are right by far, which alone would ask for T = 0.

    Parameters
    ----------
    parts : sequence of HeldOutLogits
        Logits of one set of networks, or of several that have rows of their own, such as those of folds.
    spread : float
        Standard deviation of log T over tables.

    References
    ----------
    Guo, Pleiss, Sun & Weinberger (2017), arXiv:1706.04599, section 4.2. The mean is calibrated as a whole: Rahaman &
    Thiery (2021), arXiv:2007.08792.

    Examples
    --------
    Right in three rows of four, and far too sure:

    >>> part = HeldOutLogits(np.array([[[9.0, 0.0]] * 400]), np.array([0, 0, 0, 1] * 100))
    >>> round(fit_temperature([part]), 2)
    7.27
    >>> round(fit_temperature([part._replace(Z=part.Z[:, :4], codes=part.codes[:4])]), 2)
    1.99
    """
    kept = [part for part in parts if len(part.codes) and part.Z.shape[-1] > 1]
    if not kept:
        return 1.0

    def cost(log_t: float) -> float:
        losses = (_loss(part, math.exp(log_t)) for part in kept)
        return sum(losses) + log_t**2 / (2.0 * spread**2)

    guesses = np.arange(-_FARTHEST, _FARTHEST + _STEP, _STEP).tolist()
    best = min(guesses, key=cost)
    return math.exp(_lowest(cost, best - _STEP, best + _STEP))


def _loss(part: HeldOutLogits, temperature: float) -> float:
    """Return the summed negative log-likelihood of the true classes."""
    rows = -log_probabilities(part.Z, temperature)[np.arange(len(part.codes)), part.codes]
    return float(rows.sum() if part.weight is None else rows @ part.weight)


def log_probabilities(Z: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return ``log mean_m softmax(Z[m] / T)``, float64 (n, k), for logits (m, n, k); finite however large they are.

    Examples
    --------
    >>> log_probabilities(np.array([[[1000.0, 0.0]]]), 2.0).tolist()
    [[0.0, -500.0]]
    """
    z = Z.astype(np.float64) / temperature
    z -= z.max(axis=-1, keepdims=True)
    with np.errstate(under="ignore"):
        z -= np.log(np.exp(z).sum(axis=-1, keepdims=True))
        if len(z) == 1:
            return np.asarray(z[0])
        top = z.max(axis=0)
        return np.asarray(top + np.log(np.exp(z - top).mean(axis=0)))


def _lowest(cost: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function is lowest between two bounds, by golden sections."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    of_left, of_right = cost(left), cost(right)
    while high - low > _EXACT:
        if of_left <= of_right:
            high, right, of_right = right, left, of_left
            left = high - _GOLDEN * (high - low)
            of_left = cost(left)
        else:
            low, left, of_left = left, right, of_right
            right = low + _GOLDEN * (high - low)
            of_right = cost(right)
    return (low + high) / 2.0
