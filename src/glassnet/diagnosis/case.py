"""What the checks read: a network at its start and now, a sample of its data, and what it may be compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from glassnet.diagnosis.baselines import constant_logits
from glassnet.diagnosis.looked_at import LOOKED_AT, PROBE_ROWS, SAMPLE_ROWS, LookedAt
from glassnet.diagnosis.sampling import Data, column_names, every_nth, names_of_frame, sampled
from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.inspection import tap
from glassnet.layers import BatchNorm, Dropout, GaussianNoise, Layer, Step
from glassnet.layers.tree import every_layer, walk
from glassnet.losses import GaussianNLL, Loss, Poisson
from glassnet.schedules import Constant
from glassnet.training import History
from glassnet.training.class_weights import class_codes
from glassnet.training.run_state import print_of_start
from glassnet.utils.arrays import BufferPool, Buffers

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

_POSITIONS = 100  # at which a schedule is read
_FEWEST = 20  # validation rows to evaluate on
_BAD_START = 4.0  # share of the best constant prediction's loss by which the first epoch may be worse
_LEARNED = 0.3  # share of that loss that may be left
_CLEARLY = 0.1  # share of it that must be gone for a network to be better than a constant prediction without a look
_UNLIKE = 5.0  # times the loss of a constant prediction: so much on validation rows a few of their targets make
_NOTHING = 0.1  # share of it that must be gone for anything to have been learned


# What another case of the same network and data has too, once it was computed.
_LASTING = {
    "_constant", "_constant_losses", "_taps", "at_start", "baseline", "copy", "counted", "extremes", "held_out",
    "knows_start", "layers", "looked_at", "probe", "sample", "sample_rows", "start", "target_extremes", "targets",
}  # fmt: skip


class RecordedPass(NamedTuple):
    """What one pass forward and backward over the probe gave."""

    loss: float  # mean over the rows, without penalties
    Z: np.ndarray  # logits, (n, k)
    outputs: dict[str, np.ndarray]  # output of every layer, by name, in the order of computation
    params: dict[str, np.ndarray]  # by name
    gradients: dict[str, np.ndarray]  # of the mean loss, by name; of the start only


class Case(LookedAt):
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

    is_drawn = False  # whether it is known that training began with weights drawn as usual, whatever the seed gives

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
        super().__init__(data, validation)
        self.original, self.history, self.batch_size, self.shuffles = network, history, batch_size, shuffles
        self.names = column_names(data[0].shape[1:], names)
        self._start = start
        self._constant_losses: list[tuple[Data, float]] = []
        self.has_ended = True  # whether training has: else its schedule goes on
        self.split: tuple[np.ndarray, np.ndarray] | None = None  # numbers of the rows in data that came as one
        self.epochs_asked: int | None = None  # by the call of fit that has just ended, if that is known

    def share(self, earlier: Case) -> None:
        """Copy from a case of the same training what training does not change."""
        vars(self).update({name: value for name, value in vars(earlier).items() if name in _LASTING})

    @property
    def loss(self) -> Loss:
        """The network's own loss."""
        return self.original.loss

    def codes(self, y: np.ndarray) -> np.ndarray | None:
        """Return the class of each row, or None where rows do not have one."""
        return class_codes(self.loss, y)

    @cached_property
    def baseline(self) -> float | None:
        """The loss of the best constant prediction on the probe; None if that is not known for this loss."""
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
        known = next((loss for rows, loss in self._constant_losses if rows is data), None)
        if known is not None or self._constant is None:
            return known
        Z = np.tile(self._constant.astype(self.original.dtype), (len(data[1]), 1))
        self._constant_losses.append((data, mean_loss(self.original, Z, data)))
        return self._constant_losses[-1][1]

    @cached_property
    def _constant(self) -> np.ndarray | None:
        """The logits of the best constant prediction for the sample."""
        return constant_logits(self.loss, self.sample[1], self.sample[2], self.original.n_outputs)

    # ---- the network ----------------------------------------------------------------------------------------------

    @cached_property
    def copy(self) -> BaseNetwork:
        """A copy of the network without its noise, for passes."""
        network = self.original._shadow()  # a third of the time of a whole copy
        network._built("diagnose").part()
        for layer in every_layer(network.layers):
            if isinstance(layer, Dropout):
                layer.rate = 0.0
            elif isinstance(layer, GaussianNoise):
                layer.std = 0.0
        return network

    @cached_property
    def _taps(self) -> dict[str, list[np.ndarray]]:
        return tap(self.layers)

    def untap(self) -> None:
        """Break the reference cycles of recording, so that the layers are freed with this case."""
        if "_taps" in vars(self):
            for layer in self.layers.values():
                vars(layer).pop("forward", None)

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
        network = self.original._renewed(self.original.seeds[0]) if self.is_trained else self.original
        return network.params, network.stats

    @cached_property
    def knows_start(self) -> bool:
        """Whether training is known to have begun at `start`: it was kept, or what is drawn again has the same print.

        Weights may have been set by hand, or come from a file, before a training that did not keep them.
        """
        if self._start is not None or not self.is_trained:
            return True
        run = self.original._run
        return run is not None and run.start_print == print_of_start(*self.start)

    @cached_property
    def start_weights(self) -> dict[str, np.ndarray]:
        """The parameters of the start by name."""
        return {slot.name: slot.view(self.start[0]) for slot in self.original._slots}

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """The parameters as they are now by name."""
        return {slot.name: slot.view(self.original.params) for slot in self.original._slots}

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
        with np.errstate(all="ignore"):
            if mode:
                network._accumulate(X, y, weight, Step(mode, network._noise()))
                store = network._built("diagnose")
                loss = float(store.loss_sum / store.weight_sum)
                store.average_gradients()
                gradients = {slot.name: slot.view(network.grads) for slot in network._slots}
            else:
                Z = network._workspace.pass_for(len(X), True).chain.forward(X, Step("record"))
                loss = mean_loss(network, Z, self.probe)
        outputs = {name: taken[0] if len(taken) == 1 else np.concatenate(taken) for name, taken in taps.items()}
        named = {slot.name: slot.view(params) for slot in network._slots}
        return RecordedPass(loss, outputs[network.names[-1]], outputs, named, gradients)

    @cached_property
    def evaluation(self) -> tuple[np.ndarray, float]:
        """Logits and mean loss on the `evaluation_data`."""
        if self.evaluation_data[0] is self.probe:
            return self.now.Z, self.now.loss
        return self.logits_and_loss(self.evaluation_data[0])

    def logits_and_loss(self, data: Data) -> tuple[np.ndarray, float]:
        """Return logits and mean loss, without penalties, on ``data`` as the network is now."""
        Z = self.original._logits(data[0])
        return Z, mean_loss(self.original, Z, data)

    @property
    def reference(self) -> float:
        """The loss of the best constant prediction, or where that is not known that of the start."""
        return self.at_start.loss if self.baseline is None else self.baseline

    @cached_property
    def learned(self) -> bool:
        """Whether training went well: a first epoch like any other, and most of the loss taken away by now.

        It is the loss on the validation rows, if there are enough, unless a few of them make up all of it.
        """
        if self.history is None or not self.is_trained or self.baseline is None:
            return False
        losses = self.history.columns["loss"]
        if losses[0] is None or losses[0] > self.baseline + _BAD_START * self.scale:
            return False
        loss: float = self._training_loss
        reference: float | None = self.baseline
        if self.held_out is not None and len(self.held_out[1]) >= _FEWEST:
            on_others = self.constant_loss(self.evaluation_data[0])
            if on_others is None or abs(on_others) < _UNLIKE * max(abs(self.baseline), self.scale):
                loss, reference = self.evaluation[1], on_others
        return reference is not None and loss < reference - (1.0 - _LEARNED) * self.scale

    @property
    def is_on_its_way(self) -> bool:
        """Whether passes should be saved, and the losses of the epochs show that the network learns from a good start.

        The start is good if the first epoch, on the average, was not far worse than the best constant prediction.
        """
        if not self.is_limited or self.baseline is None or self.history is None or not self.is_trained:
            return False
        losses = self.history.columns["loss"]
        if losses[0] is None or losses[-1] is None or losses[0] > self.baseline + self.scale:
            return False
        return bool(losses[-1] < self.baseline - _CLEARLY * self.scale)

    @property
    def _training_loss(self) -> float:
        """The loss of the last epoch; where that has penalties in it, the one of the probe."""
        if self.original.l1 or self.original.l2 or self.history is None:
            return self.now.loss
        loss = self.history.columns["loss"][-1]
        return math.inf if loss is None else float(loss)

    @property
    def fails(self) -> bool:
        """Whether the network has learned next to nothing of what a constant prediction leaves."""
        return self.is_trained and not self.now.loss < self.reference - _NOTHING * self.scale

    @property
    def updates(self) -> int:
        """Number of steps trained."""
        return (self.epoch or 0) * -(-self.n_rows // self.batch_size)

    @property
    def epoch(self) -> int | None:
        """Number of epochs trained; None if that is not known."""
        return None if self.history is None else self.history.epochs

    @cached_property
    def rates(self) -> np.ndarray:
        """The learning rate in the course of training: at many positions if it follows the clock, else by epochs."""
        schedule = self.original.optimizer.schedule
        if schedule.monitors() and self.history is not None and self.is_trained:
            return np.array(self.history.columns["learning_rate"])
        if isinstance(schedule, Constant):
            return np.array([schedule.value])
        memory, n = schedule.new_memory(), self.epoch or 0
        return np.array([float(schedule.rate(at, memory)) for at in np.linspace(0.0, n, _POSITIONS, endpoint=False)])

    @property
    def rate(self) -> float:
        """The highest of all learning rates."""
        return float(self.rates.max())


def mean_loss(network: BaseNetwork, Z: np.ndarray, data: Data) -> float:
    """Return the mean loss for logits, without penalties."""
    _, y, weight = data
    # A pass of the workspace has caches for all layers too.
    scratch = Buffers(BufferPool(None, network.dtype), len(Z), keeps=False)
    cache = network.loss.make_cache(scratch, network.layers[-1].out_shape)
    total = network.loss.value_and_gradient(Z, y, weight, cache["dZ"], cache)
    return float(total) / (len(Z) if weight is None else float(weight.sum(dtype=np.float64)))
