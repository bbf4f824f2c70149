"""A model for tables of which no column differs between rows: its answer is the best constant."""

from __future__ import annotations

import numpy as np

from glassnet.layers import Dense
from glassnet.losses import AbsoluteError, Loss, Quantile
from glassnet.network import Network
from glassnet.optimizers import AdamW
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.encoding.weighting import mean_of, quantiles_of
from glassnet.tabular.fitting.options import Rows

__all__ = ["constant_network"]

_RAREST = 1e-12  # share of a class whose weight is 0


def constant_network(loss: Loss, rows: Rows, target: TargetEncoder, factors: np.ndarray | None) -> Network:
    """Return a network with weights of 0, whose biases give the constant prediction of the smallest loss on ``rows``.

    It is the share of each class, the mean, with the absolute error the median, or the quantiles.

    Parameters
    ----------
    loss : Loss
        Loss of the task.
    rows : Rows
        Training rows; their weights count.
    target : TargetEncoder
        Fitted on these rows.
    factors : ndarray of shape (k,), optional
        Weights of the classes.
    """
    bias = _log_shares(rows, target, factors) if target.labels else _numbers(loss, rows, target)
    layer = Dense(len(bias), initializer="zeros")
    network = Network([layer], loss=loss, optimizer=AdamW(), seed=0, input_shape=(1,))
    layer.b[...] = bias
    return network


def _log_shares(rows: Rows, target: TargetEncoder, factors: np.ndarray | None) -> np.ndarray:
    counts = np.bincount(target.transform(rows.target), rows.weight, len(target.labels))
    counts = counts * (1.0 if factors is None else factors)
    return np.asarray(np.log(np.maximum(counts / counts.sum(), _RAREST)))


def _numbers(loss: Loss, rows: Rows, target: TargetEncoder) -> np.ndarray:
    values = rows.target.values.astype(np.float64)
    if isinstance(loss, Quantile):
        found = quantiles_of(values, loss.levels, rows.weight)
    elif isinstance(loss, AbsoluteError):
        found = quantiles_of(values, [0.5], rows.weight)
    else:
        found = np.array([mean_of(values, rows.weight)])
    return target.scale.forward(found)
