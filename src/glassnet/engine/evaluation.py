"""Loss and metrics of a network on data, a few thousand rows at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.one_fit import refuse_during_fit
from glassnet.layers import Step
from glassnet.metrics import Metric
from glassnet.utils.checks import check_choice

__all__ = ["loss_and_gradients", "mean_loss", "metric_values", "scores"]


def scores(
    network: BaseNetwork, X: Any, y: Any, weight: np.ndarray | None, metrics: Mapping[str, Metric]
) -> dict[str, Any]:
    """Return loss and metrics for checked data, with noise off: floats, or arrays (K,) with members.

    ``metrics`` are those of `Loss.choose_metrics`. With members the data may be shared by all, or have their axis.
    """
    Z, y = network._logits(X), y[:]
    own = network._has_own_rows(X)
    loss = {"loss": mean_loss(network, Z, y, weight, own=own)}
    return loss | metric_values(network, Z, y, weight, metrics, own=own)


def metric_values(
    network: BaseNetwork,
    Z: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None,
    metrics: Mapping[str, Metric],
    *,
    own: bool = False,
) -> dict[str, Any]:
    """Return metrics of logits: floats, or arrays (K,) with members.

    ``own`` says that targets and weights have the axis of members.
    """
    result: dict[str, Any] = {}
    prediction = network.loss.link(Z)
    for name, metric in metrics.items():
        if network.members is None:
            result[name] = metric(y, prediction, weight)
        else:
            weights = weight if own and weight is not None else [weight] * network.members
            targets = y if own else [y] * network.members
            result[name] = np.array([metric(*data) for data in zip(targets, prediction, weights, strict=True)])
    return result


def mean_loss(
    network: BaseNetwork, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, *, own: bool = False
) -> Any:
    """Return ``sum(w * l) / sum(w)`` plus penalties for logits, a float or an array (K,).

    ``own`` says that targets and weights have the axis of members.
    """

    def part(array: np.ndarray, rows: slice) -> np.ndarray:
        return array[:, rows] if own else network._broadcast(array[rows])

    total: Any = 0.0
    n = Z.shape[-2]
    together = network._workspace.predict_rows
    for start in range(0, n, together):
        rows = slice(start, start + together)
        logits, weights = Z[..., rows, :], None if weight is None else part(weight, rows)
        prepared = network._workspace.pass_for(logits.shape[-2], keeps=False)
        value = network.loss.value_and_gradient(logits, part(y, rows), weights, prepared.dZ, prepared.loss_cache)
        total = total + np.asarray(value, dtype=np.float64)
    mean = total / (n if weight is None else weight.sum(axis=-1, dtype=np.float64)) + network._penalties().value()
    return float(mean) if network.members is None else mean


def loss_and_gradients(network: BaseNetwork, X: Any, y: Any, sample_weight: Any, mode: str) -> Any:
    """Return the mean loss of one batch and leave its gradients in the network; see `Network.loss_and_gradients`."""
    check_choice("Network.loss_and_gradients", "mode", mode, ("record", "train"))
    refuse_during_fit(network, "Network.loss_and_gradients")
    X, y, weight = network._check_data("Network.loss_and_gradients", X, y, sample_weight)
    step = Step(mode, network._noise() if mode == "train" else None)
    weights = None if weight is None else network._broadcast(weight)
    network._accumulate(network._broadcast(X[:]), network._broadcast(y[:]), weights, step)
    store = network._built("loss_and_gradients")
    store.average_gradients()
    penalties = network._penalties()
    penalties.add_gradients()
    loss = store.loss_sum / store.weight_sum + penalties.value()
    return float(loss) if network.members is None else loss
