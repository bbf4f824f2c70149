"""What the checks read: a network at its start and now, a sample of its data, and what it may be compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.baselines import constant_logits
from glassnet.diagnosis.sampling import (
    Data,
    column_names,
    every_nth,
    names_of_frame,
    read_sample,
    rows_that_count,
    sampled,
    sampled_rows,
    spread,
)
from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.inspection import tap
from glassnet.layers import BatchNorm, Dropout, GaussianNoise, Layer, Step
from glassnet.layers.tree import every_layer, walk
from glassnet.losses import GaussianNLL, Loss, Poisson
from glassnet.training import History
from glassnet.training.class_weights import class_codes
from glassnet.training.run_state import print_of_start
from glassnet.utils.extremes import Extremes
from glassnet.utils.row_sources import RowSource

__all__ = [
    "LOOKED_AT",
    "PROBE_ROWS",
    "SAMPLE_ROWS",
    "Case",
    "Data",
    "RecordedPass",
    "column_names",
    "every_nth",
    "mean_loss",
    "names_of_frame",
    "sampled",
]

SAMPLE_ROWS = 2000  # for statistics of columns and for what is tried
LOOKED_AT = 200  # columns, for the same
PROBE_ROWS = 256  # for what is measured of the network
_FEWEST_PROBED = 64  # where more would take long beside the training
_FEWEST = 20  # validation rows to evaluate on
_BAD_START = 4.0  # share of the best constant answer's loss by which the first epoch may be worse
_LEARNED = 0.3  # share of that loss that may be left


# What another case of the same network and data has too, once it was computed.
_LASTING = {
    "_taps", "at_start", "baseline", "copy", "counted", "extremes", "held_out", "knows_start", "layers", "looked_at",
    "probe", "sample", "sample_rows", "start", "target_extremes", "targets",
}  # fmt: skip


class RecordedPass(NamedTuple):
    """What one pass forward and backward over the probe gave."""

    loss: float  # mean over the rows, without penalties
    Z: np.ndarray  # logits, (n, k)
    outputs: dict[str, np.ndarray]  # output of every layer, by name, in the order of computation
    params: dict[str, np.ndarray]  # by name
    gradients: dict[str, np.ndarray]  # of the mean loss, by name; of the start only


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
        self._probe_rows, self._evaluated_rows = PROBE_ROWS, SAMPLE_ROWS

    def share(self, earlier: Case) -> None:
        """Take over from a case of the same training what training does not change."""
        vars(self).update({name: value for name, value in vars(earlier).items() if name in _LASTING})

    def limit_passes(self, most: float) -> None:
        """Let the network be measured on fewer rows, so that all measurements take about so many passes of a row.

        The probe takes three passes at the start, forward and twice as much backward, and one now; the rest is left for
        the evaluation.
        """
        self._probe_rows = int(min(max(most / 6, _FEWEST_PROBED), PROBE_ROWS))
        self._evaluated_rows = int(min(max(most - 4 * self._probe_rows, self._probe_rows), SAMPLE_ROWS))

    # ---- the data -------------------------------------------------------------------------------------------------

    @cached_property
    def n_rows(self) -> int:
        """Number of rows there are."""
        return len(self.data[0])

    @cached_property
    def counted(self) -> np.ndarray | None:
        """The numbers of the training rows that weigh something; None if all do."""
        return rows_that_count(self.data[2])

    @cached_property
    def sample_rows(self) -> np.ndarray | None:
        """The numbers of the rows of the `sample`; None if these are all."""
        return sampled_rows(self.data, SAMPLE_ROWS)

    @cached_property
    def sample(self) -> Data:
        """At most 2,000 rows of the training data that weigh something, the same ones each time."""
        return read_sample(self.data, self.sample_rows)

    @cached_property
    def probe(self) -> Data:
        """At most 256 rows of the sample."""
        return self._some_rows(self._probe_rows)

    def _some_rows(self, most: int) -> Data:
        """Return at most so many rows of the sample, evenly spread."""
        rows = self.sample_rows
        n = self.n_rows if rows is None else len(rows)
        if n <= most:
            return self.sample
        return read_sample(self.data, spread(n, most) if rows is None else rows[spread(n, most)])

    @cached_property
    def looked_at(self) -> np.ndarray:
        """The numbers of at most 200 columns, of rows made flat: the same ones each time, evenly spread."""
        return spread(math.prod(self.data[0].shape[1:]), LOOKED_AT)

    @cached_property
    def extremes(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The least and the greatest value of each column, of rows made flat, over all rows that weigh something.

        None for rows that are only read when they are needed.
        """
        return _extremes(self.data[0], self.counted)

    @cached_property
    def target_extremes(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The same of the targets as the loss wants them."""
        return _extremes(self.data[1], self.counted)

    @cached_property
    def targets(self) -> np.ndarray:
        """The targets of all rows that weigh something; those of the sample where reading all takes long."""
        y = self.data[1]
        if isinstance(y, RowSource):
            return self.sample[1]
        found: np.ndarray = y if self.counted is None else y[self.counted]
        return found

    @cached_property
    def held_out(self) -> Data | None:
        """At most 2,000 rows of the validation data that weigh something."""
        return None if self.validation is None else sampled(self.validation, SAMPLE_ROWS)

    @cached_property
    def evaluation_data(self) -> tuple[Data, str]:
        """Validation rows if there are enough, else rows of the sample; and what these rows are called."""
        held_out, most = self.held_out, self._evaluated_rows
        if held_out is not None and len(held_out[0]) >= _FEWEST:
            return held_out if len(held_out[0]) <= most else every_nth(held_out, most), "validation rows"
        return self.probe if most <= self._probe_rows else self._some_rows(most), "training rows"

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
        """Parameters and statistics before training; drawn again from the seed if they were not kept.

        What is drawn again need not be where training began, see `knows_start`.
        """
        if self._start is not None:
            return self._start
        network = self.original.renewed(self.original.seeds[0]) if self.is_trained else self.original
        return network.params, network.stats

    @cached_property
    def knows_start(self) -> bool:
        """Whether training is known to have begun at `start`: it was kept, or what is drawn again has the same print.

        Weights may have been set by hand, or come from a file, before a training that did not keep them.
        """
        if self._start is not None or not self.is_trained:
            return True
        run = self.original.run
        return run is not None and run.start_print == print_of_start(*self.start)

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
        return self._pass(self.original.params, self.original.stats)

    def _pass(self, params: np.ndarray, stats: np.ndarray, mode: str = "") -> RecordedPass:
        """Return what a pass over the probe gives with these weights: forward only, unless a ``mode`` is given."""
        X, y, weight = self.probe
        network, taps = self.copy, self._taps
        network.params[...], network.stats[...] = params, stats
        for taken in taps.values():
            taken.clear()
        gradients: dict[str, np.ndarray] = {}
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            if mode:
                network.accumulate(X, y, weight, Step(mode, network.noise()))
                store = network.built("diagnose")
                loss = float(store.loss_sum / store.weight_sum)
                store.average_gradients()
                gradients = {slot.name: slot.view(network.grads) for slot in network.slots}
            else:
                loss = mean_loss(network, network.logits(X), self.probe)
        outputs = {name: taken[0] if len(taken) == 1 else np.concatenate(taken) for name, taken in taps.items()}
        named = {slot.name: slot.view(params) for slot in network.slots}
        return RecordedPass(loss, outputs[network.names[-1]], outputs, named, gradients)

    @cached_property
    def evaluation(self) -> tuple[np.ndarray, float]:
        """Logits and mean loss on the `evaluation_data`."""
        if self.evaluation_data[0] is self.probe:
            return self.now.Z, self.now.loss
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


def _extremes(array: Any, rows: np.ndarray | None) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the least and the greatest value of each column of these rows; None for a source of rows."""
    if isinstance(array, RowSource):
        return None
    found = Extremes()
    found.measure(array if rows is None else array[rows])
    return found.values


def mean_loss(network: BaseNetwork, Z: np.ndarray, data: Data) -> float:
    """Return the mean loss for logits, without penalties."""
    _, y, weight = data
    prepared = network.workspace.pass_for(len(Z), keeps=False)
    total = network.loss.value_and_gradient(Z, y, weight, prepared.dZ, prepared.loss_cache)
    return float(total) / (len(Z) if weight is None else float(weight.sum(dtype=np.float64)))
