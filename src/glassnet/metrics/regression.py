"""How far predicted numbers, rates and quantiles are from the true values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.metrics.averages import row_mean, row_weights
from glassnet.metrics.inputs import of_numbers

__all__ = ["coverage", "mae", "pinball", "poisson_deviance", "r2", "rmse"]

_LEVELS = (0.1, 0.5, 0.9)


@of_numbers
def mae(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Mean absolute error: ``mean(|y - prediction|)``.

    Parameters as for all metrics of numbers, see `glassnet.metrics`.
    """
    return row_mean(np.abs(y - prediction), weight)


@of_numbers
def rmse(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Root of the mean squared error: ``sqrt(mean((y - prediction)**2))``.

    Parameters as for all metrics of numbers, see `glassnet.metrics`.
    """
    return float(np.sqrt(row_mean(np.square(y.astype(np.float64) - prediction), weight)))


@of_numbers
def r2(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Share of the variance that is explained: ``1 - sum((y - prediction)**2) / sum((y - mean(y))**2)``.

    Outputs are averaged. Where the target is constant it is 1 for a perfect prediction and 0 otherwise.

    Parameters as for all metrics of numbers, see `glassnet.metrics`.

    Examples
    --------
    >>> r2(np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [4.0]]))
    0.5
    """
    y = y.astype(np.float64)
    rows = row_weights(weight, len(y))
    rest = rows @ np.square(y - prediction)
    total = rows @ np.square(y - np.average(y, axis=0, weights=rows))
    constant = total == 0.0
    scores = np.where(constant, np.where(rest == 0.0, 1.0, 0.0), 1.0 - rest / np.where(constant, 1.0, total))
    return float(np.mean(scores))


@of_numbers
def poisson_deviance(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Mean Poisson deviance of predicted rates: ``mean(2 * (y * log(y / rate) - y + rate))``, 0 where all are exact.

    Rates of 0 count as the smallest normal number of their dtype.

    Parameters as for all metrics of numbers, see `glassnet.metrics`.

    Examples
    --------
    >>> poisson_deviance(np.array([[0.0], [2.0]]), np.array([[0.5], [2.0]]))
    0.5
    """
    rate = np.maximum(prediction, np.finfo(prediction.dtype).tiny).astype(np.float64)
    y = y.astype(np.float64)
    logs = np.log(np.where(y > 0.0, y, 1.0)) - np.log(rate)
    return row_mean(2.0 * (y * logs - y + rate), weight)


@of_numbers
def pinball(
    y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None, levels: Sequence[float] = _LEVELS
) -> float:
    """Mean pinball loss of predicted quantiles: ``level * (y - q)`` where ``y > q``, else ``(1 - level) * (q - y)``.

    Parameters as for all metrics of quantiles, see `glassnet.metrics`, and one more.

    Parameters
    ----------
    levels : sequence of float, default=(0.1, 0.5, 0.9)
        Probabilities of the quantiles, each above 0 and below 1, in the order in which they were predicted.

    Examples
    --------
    >>> pinball(np.array([[4.0]]), np.array([[2.0, 8.0]]), levels=[0.25, 0.75])  # (0.25 * 2 + 0.25 * 4) / 2
    0.75
    """
    rest = y[:, :, None].astype(np.float64) - _per_target(y, prediction)
    tau = np.asarray(levels)
    return row_mean(np.maximum(tau * rest, (tau - 1.0) * rest), weight)


@of_numbers
def coverage(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Share of targets from the lowest to the highest predicted quantile; for a single quantile, at or below it.

    With right quantiles it is the highest level minus the lowest (0.8 for 0.1 and 0.9), or the single level: neither
    more nor less is better.

    Parameters as for all metrics of quantiles, see `glassnet.metrics`.

    Examples
    --------
    >>> coverage(np.array([[1.0], [5.0]]), np.array([[0.0, 2.0], [0.0, 2.0]]))
    0.5
    """
    quantiles = _per_target(y, prediction)
    inside = y <= quantiles[:, :, -1]
    if quantiles.shape[-1] > 1:
        inside &= y >= quantiles[:, :, 0]
    return row_mean(inside, weight)


def _per_target(y: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return quantiles as (n, t, levels)."""
    return prediction.reshape(*y.shape, -1)
