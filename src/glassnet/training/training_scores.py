"""Metrics of the rows trained on, measured after each epoch as those of validation rows are: with noise off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.evaluation import metric_values
from glassnet.errors import ConfigError
from glassnet.losses import MetricChoice
from glassnet.metrics import Metric
from glassnet.training.batches import ArrayBatches, Batch, Batches
from glassnet.training.block_batches import BlockBatches

__all__ = ["ForValidation", "TrainingScores", "check_names", "scores_of_training"]

_OURS = ("clipped", "epoch", "learning_rate", "loss")


class ForValidation(tuple[Any, ...]):
    """Metrics to measure on validation rows only, for callers inside this package: those of training rows take time."""

    __slots__ = ()


class TrainingScores:
    """Measures metrics of all rows that a run trains on; a `Run` calls it after each epoch.

    Rows weigh as in the loss. Arrays are evaluated as they are; rows of files and batches of one's own are read once
    more, a part at a time, and of all parts together only predictions and targets are kept.

    Parameters
    ----------
    metrics : dict of str to function
        As `Loss.choose_metrics` returns them.
    """

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self.metrics = metrics
        self._known: tuple[Batches, Any] | None = None

    def __call__(self, run: Any) -> dict[str, Any]:
        """Return the metrics of a run's training rows by name: floats, or arrays (K,) with members."""
        network: BaseNetwork = run.network
        batches: Batches = run.batches
        if isinstance(batches, ArrayBatches):
            X, y, weight = self._rows(batches)
            logits, own = network._logits(X), network._has_own_rows(X)
            return metric_values(network, logits, y[:], weight, self.metrics, own=own)
        parts, own = [], False
        for X, y, weight in _parts(batches, run.epoch - 1):
            own = network._has_own_rows(X)
            parts.append((network._logits(X), np.array(y), None if weight is None else np.array(weight)))
        rows_axis = 0 if network.members is None else 1
        targets_axis = rows_axis if own else 0
        Z = np.concatenate([logits for logits, _, _ in parts], rows_axis)
        Y = np.concatenate([y for _, y, _ in parts], targets_axis)
        return metric_values(network, Z, Y, _weights(parts, targets_axis), self.metrics, own=own)

    def _rows(self, batches: ArrayBatches) -> Batch:
        if self._known is None or self._known[0] is not batches:
            self._known = batches, batches.trained_on()
        rows: Batch = self._known[1]
        return rows


def _parts(batches: Batches, epoch: int) -> Iterator[Batch]:
    """Yield all rows of an epoch once more."""
    if not isinstance(batches, BlockBatches):
        sharding, batches.sharding = batches.sharding, None  # all rows, not only those of this process
        try:
            yield from batches.epoch(epoch)
        finally:
            batches.sharding = sharding
        return
    blocks = np.flatnonzero(np.diff(batches.source.starts)).tolist()
    for _, arrays in batches.source.read_blocks(blocks):
        yield batches.prepared(arrays)


def _weights(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray | None]], axis: int) -> np.ndarray | None:
    """Return the weights of all rows, 1 for those that came without; None if none has any."""
    if all(weight is None for _, _, weight in parts):
        return None
    ones = [np.ones(y.shape[: axis + 1]) if weight is None else weight for _, y, weight in parts]
    return np.concatenate(ones, axis)


def check_names(metrics: Iterable[str]) -> None:
    """Raise an error if a metric is called as a column that the history has anyway."""
    for name in metrics:
        if name in _OURS or name.startswith("valid_"):
            fact = f"a metric is called {name!r}, which is another column of the history"
            message = f"fit: {fact}. Give the function another name."
            raise ConfigError(message, got=name)


def scores_of_training(
    batches: Batches, chosen: MetricChoice | ForValidation, metrics: Mapping[str, Metric], *, validates: bool
) -> tuple[TrainingScores | None, str]:
    """Return what measures the metrics that were asked for on training rows, None if none were; and a note.

    Parameters
    ----------
    batches : Batches
        What is trained on.
    chosen : str, function, sequence of them, ForValidation or None
        As ``metrics`` was given to ``fit``: without it nothing is measured on training rows.
    metrics : dict of str to function
        The same by name, checked.
    validates : bool
        Whether there are validation rows, for which they are measured in any case.

    Raises
    ------
    ConfigError
        The batches cannot be read again and there are no validation rows, so that nothing would be measured; or a
        metric is called as another column of the history is.
    """
    if chosen is None or isinstance(chosen, ForValidation) or not metrics:
        return None, ""
    check_names(metrics)
    if batches.replayable:
        return TrainingScores(metrics), ""
    fact = "the batches come from an iterator, which cannot be read again after the epoch"
    if validates:
        return None, f"fit: metrics are of the validation rows only: {fact}."
    advice = "Pass validation_data, or a list of batches, or a function that returns a new iterator."
    message = f"fit: metrics of the training rows cannot be measured: {fact}. {advice}"
    raise ConfigError(message, got=chosen)
