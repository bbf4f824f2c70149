"""What the checks read: a network at its start and now, a sample of its data, and what it may be compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.baselines import constant_logits
from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.inspection import tap
from glassnet.layers import BatchNorm, Dropout, GaussianNoise, Layer, Step
from glassnet.layers.tree import every_layer, walk
from glassnet.losses import GaussianNLL, Loss, Poisson
from glassnet.training import History
from glassnet.training.class_weights import class_codes
from glassnet.utils.row_sources import read_rows

__all__ = [
    "PROBE_ROWS",
    "SAMPLE_ROWS",
    "Case",
    "Data",
    "RecordedPass",
    "column_names",
    "mean_loss",
    "names_of_frame",
    "sampled",
]

SAMPLE_ROWS = 2000  # for statistics of columns and for what is tried
PROBE_ROWS = 256  # for what is measured of the network
_FEWEST = 20  # validation rows to evaluate on
_BAD_START = 4.0  # share of the best constant answer's loss by which the first epoch may be worse
_LEARNED = 0.3  # share of that loss that may be left

Data = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Checked inputs, targets as the loss wants them, weights."""


class RecordedPass(NamedTuple):
    """What one pass forward and backward over the probe gave."""

    loss: float  # mean over the rows, without penalties
    Z: np.ndarray  # logits, (n, k)
    outputs: dict[str, np.ndarray]  # output of every layer, by name, in the order of computation
    params: dict[str, np.ndarray]  # by name
    gradients: dict[str, np.ndarray]  # of the mean loss, by name


class Case:
    """One network and its data, for the checks; nothing here writes to the network.

    Parameters
    ----------
    network : BaseNetwork
        Built, without members.
    data, validation : tuple
        Checked inputs, targets and weights: arrays or sources of rows.
    start : (ndarray, ndarray), optional
        Parameters and statistics before training, if they were kept.
    history : History, optional
        What training recorded; None before it.
    batch_size : int
    shuffles : bool
        Whether rows are visited in random order.
    names : sequence of str, optional
        Of the columns.
    """

    def __init__(
        self,
        network: BaseNetwork,
        data: Sequence[Any],
        validation: Sequence[Any] | None = None,
        *,
        start: tuple[np.ndarray, np.ndarray] | None = None,
        history: History | None = None,
        batch_size: int = 32,
        shuffles: bool = True,
        names: Sequence[str] | None = None,
    ) -> None:
        self.original, self.data, self.validation = network, data, validation
        self.history, self.batch_size, self.shuffles = history, batch_size, shuffles
        self.names = column_names(data[0].shape[1:], names)
        self._start = start

    # ---- the data -------------------------------------------------------------------------------------------------

    @cached_property
    def n_rows(self) -> int:
        """Number of rows there are."""
        return len(self.data[0])

    @cached_property
    def sample(self) -> Data:
        """Rows of the training data, the same ones each time."""
        return sampled(self.data, SAMPLE_ROWS)

    @cached_property
    def probe(self) -> Data:
        """Some rows of the sample."""
        return every_nth(self.sample, PROBE_ROWS)

    @cached_property
    def held_out(self) -> Data | None:
        """Rows of the validation data."""
        return None if self.validation is None else sampled(self.validation, SAMPLE_ROWS)

    @cached_property
    def evaluation_data(self) -> tuple[Data, str]:
        """The validation rows if there are enough, else the sample; and what these rows are called."""
        held_out = self.held_out
        if held_out is not None and len(held_out[0]) >= _FEWEST:
            return held_out, "validation rows"
        return self.sample, "training rows"

    @cached_property
    def evaluation_rows(self) -> Data:
        """Some rows of the `evaluation_data`."""
        return every_nth(self.evaluation_data[0], PROBE_ROWS)

    @property
    def loss(self) -> Loss:
        """The network's own loss."""
        return self.original.loss

    def codes(self, y: np.ndarray) -> np.ndarray | None:
        """Return the class of each row, or None where rows do not have one."""
        return class_codes(self.loss, y)

    @cached_property
    def baseline(self) -> float | None:
        """The loss of the best constant answer on the probe; None if that is not known for this loss."""
        return self.constant_loss(self.probe)

    @cached_property
    def scale(self) -> float:
        """How much of the baseline's loss can be gained; one nat for a loss that may be any number."""
        if isinstance(self.loss, GaussianNLL):
            return 1.0
        reference = self.at_start.loss if self.baseline is None else self.baseline
        if isinstance(self.loss, Poisson):
            y = self.probe[1]
            perfect = np.log(np.maximum(y, np.array(1e-6, dtype=y.dtype)))
            reference -= mean_loss(self.original, perfect, self.probe)
        return abs(reference)

    def constant_loss(self, data: Data) -> float | None:
        """Return the loss on ``data`` of the answer that is best for the sample and the same for all rows."""
        constant = constant_logits(self.loss, self.sample[1], self.sample[2], self.original.n_outputs)
        if constant is None:
            return None
        Z = np.tile(constant.astype(self.original.dtype), (len(data[0]), 1))
        return mean_loss(self.original, Z, data)

    # ---- the network ----------------------------------------------------------------------------------------------

    @cached_property
    def copy(self) -> BaseNetwork:
        """A copy of the network without its noise."""
        network = self.original.untrained()
        for layer in every_layer(network.layers):
            if isinstance(layer, Dropout):
                layer.rate = 0.0
            elif isinstance(layer, GaussianNoise):
                layer.std = 0.0
        return network

    @cached_property
    def _taps(self) -> dict[str, list[np.ndarray]]:
        return tap(self.layers)

    @cached_property
    def layers(self) -> dict[str, Layer]:
        """Every layer of the copy by its full name, in the order of computation."""
        return dict(walk(self.copy.names, self.copy.layers))

    @cached_property
    def start(self) -> tuple[np.ndarray, np.ndarray]:
        """Parameters and statistics before training; drawn again from the seed if they were not kept."""
        if self._start is not None:
            return self._start
        network = self.original.renewed(self.original.seeds[0]) if self.is_trained else self.original
        return network.params, network.stats

    @property
    def is_trained(self) -> bool:
        """Whether there is at least one epoch of training."""
        return self.history is not None and self.history.epochs > 0

    @cached_property
    def at_start(self) -> RecordedPass:
        """The pass of a first step; with normalisation by the batch's own statistics."""
        normalises = any(isinstance(layer, BatchNorm) for layer in self.layers.values())
        return self._pass(*self.start, "train" if normalises else "record")

    @cached_property
    def now(self) -> RecordedPass:
        """The pass with the weights as they are now."""
        return self._pass(self.original.params, self.original.stats, "record")

    def _pass(self, params: np.ndarray, stats: np.ndarray, mode: str) -> RecordedPass:
        X, y, weight = self.probe
        network, taps = self.copy, self._taps
        network.params[...], network.stats[...] = params, stats
        for taken in taps.values():
            taken.clear()
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            network.accumulate(X, y, weight, Step(mode, network.noise()))
            store = network.built("diagnose")
            loss = float(store.loss_sum / store.weight_sum)
            store.average_gradients()
        outputs = {name: taken[0] for name, taken in taps.items()}
        named = {slot.name: slot.view(network.params).copy() for slot in network.slots}
        gradients = {slot.name: slot.view(network.grads).copy() for slot in network.slots}
        return RecordedPass(loss, outputs[network.names[-1]], outputs, named, gradients)

    @cached_property
    def evaluation(self) -> tuple[np.ndarray, float]:
        """Logits and mean loss on the `evaluation_data`."""
        return self.logits_and_loss(self.evaluation_data[0])

    def logits_and_loss(self, data: Data) -> tuple[np.ndarray, float]:
        """Return logits and mean loss, without penalties, on ``data`` as the network is now."""
        Z = self.original.logits(data[0])
        return Z, mean_loss(self.original, Z, data)

    @property
    def reference(self) -> float:
        """The loss of the best constant answer, or where that is not known that of the start."""
        return self.at_start.loss if self.baseline is None else self.baseline

    @cached_property
    def learned(self) -> bool:
        """Whether training went well: a first epoch like any other, and most of the loss taken away by now."""
        if self.history is None or not self.is_trained or self.baseline is None:
            return False
        losses = self.history.columns["loss"]
        if losses[0] is None or losses[0] > self.baseline + _BAD_START * self.scale:
            return False
        return losses[-1] is not None and losses[-1] < self.baseline - (1.0 - _LEARNED) * self.scale

    @property
    def updates(self) -> int:
        """Number of steps trained."""
        return (self.epoch or 0) * -(-self.n_rows // self.batch_size)

    @property
    def epoch(self) -> int | None:
        """Number of epochs trained; None if that is not known."""
        return None if self.history is None else self.history.epochs

    @cached_property
    def rate(self) -> float:
        """The highest learning rate of all epochs, or that of the first step."""
        if self.is_trained and self.history is not None:
            return float(max(self.history.columns["learning_rate"]))
        schedule = self.original.optimizer.schedule
        return float(schedule.rate(0.0, schedule.new_memory()))


def names_of_frame(X: Any) -> list[str] | None:
    """Return the column names of a frame of pandas, polars or the like; None for anything else."""
    columns: Any = getattr(X, "columns", None)
    shape: Any = getattr(X, "shape", ())
    if columns is None or callable(columns) or len(shape) != 2 or len(columns) != shape[1]:
        return None
    return [str(name) for name in columns]


def column_names(shape: tuple[int, ...], names: Sequence[str] | None) -> list[str]:
    """Return what the columns are called: the names given, in quotes, or their numbers."""
    if names is not None:
        return [f"{name!r}" for name in names]
    return [f"column {index}" for index in range(math.prod(shape))]


def sampled(data: Sequence[Any], most: int) -> Data:
    """Return at most so many rows of checked data as arrays, the same ones each time, in their order."""
    n = len(data[0])
    if n > most:
        rows = np.sort(np.random.default_rng(0).choice(n, most, replace=False))
        data = [read_rows(array, rows) for array in data]
    X, y, weight = (None if array is None else np.asarray(array[:]) for array in data)
    assert X is not None
    assert y is not None
    return X, y, weight


def every_nth(data: Data, most: int) -> Data:
    """Return about so many rows, evenly spread: rows may be sorted."""
    X, y, weight = data
    rows = slice(None, None, -(-len(X) // most))
    return X[rows], y[rows], None if weight is None else weight[rows]


def mean_loss(network: BaseNetwork, Z: np.ndarray, data: Data) -> float:
    """Return the mean loss for logits, without penalties."""
    _, y, weight = data
    prepared = network.workspace.pass_for(len(Z), keeps=False)
    total = network.loss.value_and_gradient(Z, y, weight, prepared.dZ, prepared.loss_cache)
    return float(total) / (len(Z) if weight is None else float(weight.sum(dtype=np.float64)))
