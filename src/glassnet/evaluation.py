"""How good a network is on data: its loss and metrics, a few thousand rows at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.metrics import Metric
from glassnet.network import PREDICT_ROWS, Network

__all__ = ["mean_loss", "scores"]


def scores(
    network: Network, X: Any, y: Any, weight: np.ndarray | None, metrics: Mapping[str, Metric]
) -> dict[str, Any]:
    """Return loss and metrics for checked data, with noise off: floats, or arrays (K,) with members.

    ``metrics`` are those of `Loss.choose_metrics`.
    """
    Z, y = network.logits(X), y[:]
    result: dict[str, Any] = {"loss": mean_loss(network, Z, y, weight)}
    prediction = network.loss.link(Z)
    for name, metric in metrics.items():
        if network.members is None:
            result[name] = metric(y, prediction, weight)
        else:
            result[name] = np.array([metric(y, member, weight) for member in prediction])
    return result


def mean_loss(network: Network, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> Any:
    """Return ``sum(w * l) / sum(w)`` plus penalties for logits, a float or an array (K,)."""
    total: Any = 0.0
    for start in range(0, len(y), PREDICT_ROWS):
        rows = slice(start, start + PREDICT_ROWS)
        prepared = network.workspace.pass_for(len(y[rows]), keeps=False)
        part = None if weight is None else network.broadcast(weight[rows])
        value = network.loss.value_and_gradient(
            Z[..., rows, :], network.broadcast(y[rows]), part, prepared.dZ, prepared.loss_cache
        )
        total = total + np.asarray(value, dtype=np.float64)
    mean = total / (len(y) if weight is None else weight.sum(dtype=np.float64)) + network.penalties().value()
    return float(mean) if network.members is None else mean
