"""The state of a run between two calls of ``fit``, which model files hold too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, FormatError
from glassnet.optimizers import Optimizer, OptimizerState
from glassnet.saving.model_file import SavedTraining
from glassnet.training.history import History, listed
from glassnet.training.stopping_state import StoppingState
from glassnet.utils.checks import MOST_STEPS, check_integer, check_number, wrong_values

__all__ = ["RunState", "print_of_start"]


class RunState:
    """Everything beside parameters and statistics that the next epoch depends on.

    Attributes
    ----------
    started : (ndarray, ndarray) or None
        Parameters and statistics before the first epoch, if fit looks for what goes wrong; not part of a file.
    start_print : tuple of int or None
        A print of them, in any case; not part of a file.
    examined_at : int
        Steps done when fit last looked at the result; not part of a file.
    warned : tuple of str
        Codes of findings that were warned of; not part of a file.
    steps_per_epoch : int or None
        Of the run under way, where that is known; not part of a file.
    """

    started: tuple[np.ndarray, np.ndarray] | None = None
    start_print: tuple[int, ...] | None = None
    examined_at = 0
    warned: tuple[str, ...] = ()
    steps_per_epoch: int | None = None

    def __init__(self, network: BaseNetwork) -> None:
        self.epoch = 0  # epochs done, over all calls of fit
        self.steps_before = 0  # steps done in these epochs
        self.reset_epoch()
        self.history = History()
        self.stopping: StoppingState | None = None
        # The last epoch's, while the network holds the best epoch's.
        self.last_params: np.ndarray | None = None
        self.last_stats: np.ndarray | None = None
        self._optimizer = _identity(network.optimizer)
        self._renew_schedule(network)
        self.renew_optimizer(network)

    def _renew_schedule(self, network: BaseNetwork) -> None:
        schedule = network.optimizer.schedule
        self._schedule = repr(schedule)
        self.schedule_memory: dict[str, Any] = schedule.new_memory()

    def reset_epoch(self) -> None:
        """Reset the sums of the current epoch."""
        self.step = 0  # steps done in the epoch that is under way; 0 between epochs
        self.loss_sum: Any = 0.0  # of these steps, in double precision; with members of shape (K,)
        self.weight_sum: Any = 0.0
        self.clipped: Any = 0  # in how many of them the gradient was scaled down

    def count_epoch(self) -> None:
        """Count the epoch that is under way as done."""
        self.epoch += 1
        self.steps_before += self.step
        self.reset_epoch()

    def forget_last_epoch(self, steps: int) -> None:
        """Remove the last epoch, of so many ``steps``, from the counts: it diverged."""
        self.epoch -= 1
        self.steps_before -= steps
        for values in self.history.columns.values():
            values.pop()

    def renew_optimizer(self, network: BaseNetwork) -> None:
        """Forget what the optimizer remembered."""
        store = network._built("fit")
        self.optimizer_state: OptimizerState = network.optimizer.new_state(store.params, store.groups)

    def follow_optimizer(self, network: BaseNetwork) -> None:
        """Start the optimizer anew if it was exchanged; a new learning rate alone changes nothing.

        How layers are tuned may have changed since the last fit too.
        """
        if self.optimizer_state.is_part:
            fact = "this network is from within a run whose processes have a part of the optimizer's arrays each"
            must = "they must be whole to be saved or trained on"
            message = f"fit: {fact}; {must}. Pass checkpoint= to that fit, or save the network after it."
            raise ConfigError(message)
        if _identity(network.optimizer) != self._optimizer:
            self._optimizer = _identity(network.optimizer)
            self.renew_optimizer(network)
        if repr(network.optimizer.schedule) != self._schedule:
            self._renew_schedule(network)
        self.optimizer_state.regroup(network.optimizer.merge(network._built("fit").groups))

    @property
    def average(self) -> np.ndarray | None:
        """The moving average of the parameters, if the optimizer keeps one."""
        return self.optimizer_state.arrays.get("average")

    @contextmanager
    def averaged_weights(self, network: BaseNetwork, average: np.ndarray | None = None) -> Iterator[None]:
        """Put the averaged parameters, which must exist, into the network while inside: they will be used."""
        kept, average = network.params.copy(), self.average if average is None else average
        assert average is not None
        np.copyto(network.params, average)
        try:
            yield
        finally:
            np.copyto(network.params, kept)

    def leave(self, network: BaseNetwork, *, best: bool) -> None:
        """Put the weights to use into the network, and keep the last ones for the next ``fit``.

        These are the best epoch's if asked for and known, otherwise the averaged ones if there is an average.
        """
        stopping = self.stopping if best else None
        if stopping is not None and stopping.best_params is not None and stopping.best_stats is not None:
            params, stats = stopping.best_params, stopping.best_stats
            self.history.kept_epoch = self.history.best_epoch
        elif self.average is not None:
            params, stats = self.average, network.stats
        else:
            return
        self.last_params, self.last_stats = network.params.copy(), network.stats.copy()
        network.params[...] = params
        network.stats[...] = stats

    def return_to_last(self, network: BaseNetwork) -> None:
        """Undo `leave`, unless the weights were changed since: then they are where training goes on."""
        if self.last_params is not None and self.last_stats is not None:
            left = [self.average, None if self.stopping is None else self.stopping.best_params]
            if any(params is not None and np.array_equal(network.params, params) for params in left):
                network.params[...] = self.last_params
                network.stats[...] = self.last_stats
        self.last_params = self.last_stats = self.history.kept_epoch = None

    def saved(self, network: BaseNetwork) -> SavedTraining:
        """Return the state as a file holds it."""
        self.follow_optimizer(network)
        return SavedTraining(self.to_dict(), self.arrays())

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all arrays by name, for a file."""
        found: dict[str, np.ndarray | None] = {f"optimizer.{n}": a for n, a in self.optimizer_state.arrays.items()}
        if self.stopping is not None:
            found |= {"best.params": self.stopping.best_params, "best.stats": self.stopping.best_stats}
        found |= {"last.params": self.last_params, "last.stats": self.last_stats}
        return {name: array for name, array in found.items() if array is not None}

    def to_dict(self) -> dict[str, Any]:
        """Return everything else, JSON-able."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "steps_before": self.steps_before,
            "sums": [listed(self.loss_sum), listed(self.weight_sum), listed(self.clipped)],
            "steps": self.optimizer_state.t,
            "schedule": self.schedule_memory,
            "history": self.history.to_dict(),
            "stopping": None if self.stopping is None else self.stopping.to_dict(),
        }

    @classmethod
    def restore(cls, network: BaseNetwork, entries: dict[str, Any], arrays: dict[str, np.ndarray]) -> RunState:
        """Return the state that `to_dict` and `arrays` described."""
        missing = [name for name in ("epoch", "history", "steps", "stopping") if name not in entries]
        if missing:
            message = f"it has no entries for {', '.join(missing)}"
            raise FormatError(message, expected=missing, got=[*entries])
        state = cls(network)
        state.epoch = check_integer("training", "epoch", entries["epoch"], 0, maximum=MOST_STEPS)
        state.step = check_integer("training", "step", entries.get("step", 0), 0, maximum=MOST_STEPS)
        # Files of version 0.1 count the steps of the optimizer only.
        before = entries.get("steps_before", entries["steps"])
        state.steps_before = check_integer("training", "steps_before", before, 0, maximum=MOST_STEPS)
        sums = [_number(value, network) for value in _three(entries.get("sums", [0.0, 0.0, 0.0]))]
        state.loss_sum, state.weight_sum, state.clipped = sums
        state.history = History.from_dict(entries["history"])
        state.optimizer_state.t = check_integer("training", "steps", entries["steps"], 0, maximum=MOST_STEPS)
        state.schedule_memory = _like(entries.get("schedule", state.schedule_memory), state.schedule_memory)
        if entries["stopping"] is not None:
            state.stopping = StoppingState.from_dict(entries["stopping"], network.members)
        state._take(arrays, network)
        return state

    def _take(self, arrays: dict[str, np.ndarray], network: BaseNetwork) -> None:
        """Fill in all arrays of a file, none of which may be left over."""
        rest = dict(arrays)
        squares = network.optimizer.non_negative
        for name, array in self.optimizer_state.arrays.items():
            array[...] = _fitting(rest, f"optimizer.{name}", network.params, infinite=True, signed=name not in squares)
        if self.stopping is not None and "best.params" in rest:
            self.stopping.best_params = _fitting(rest, "best.params", network.params)
            self.stopping.best_stats = _fitting(rest, "best.stats", network.stats)
        if "last.params" in rest:
            self.last_params = _fitting(rest, "last.params", network.params)
            self.last_stats = _fitting(rest, "last.stats", network.stats)
        if rest:
            message = f"it has the arrays {', '.join(map(repr, sorted(rest)))}, which {network.optimizer!r} has not"
            raise FormatError(message, got=sorted(rest))


def print_of_start(params: np.ndarray, stats: np.ndarray) -> tuple[int, ...]:
    """Return a few numbers that are others for other parameters or statistics."""
    found: list[int] = []
    for array in (params, stats):
        words = array.reshape(-1).view(np.uint32)
        found += [len(words), int(np.bitwise_xor.reduce(words)), int(words.sum(dtype=np.uint64))]
    return tuple(found)


def _three(sums: Any) -> list[Any]:
    if isinstance(sums, list) and len(sums) == 3:
        return sums
    message = f"sums is {sums!r}; it must be three"
    raise FormatError(message, got=sums)


def _number(value: Any, network: BaseNetwork) -> Any:
    """Return what `listed` was given."""
    if not isinstance(value, list):
        return check_number("training", "sums", value)
    numbers = [check_number("training", "sums", number) for number in value]
    if len(numbers) != network.members:
        message = f"sums has {len(numbers)} members; there must be {network.members or 'none'}"
        raise FormatError(message, expected=network.members, got=len(numbers))
    return np.array(numbers)


def _like(found: Any, wanted: Any) -> Any:
    """Return what a schedule remembered, if it is made like what it remembers at its start."""
    if isinstance(wanted, dict) and isinstance(found, dict) and found.keys() == wanted.keys():
        return {name: _like(found[name], wanted[name]) for name in wanted}
    if isinstance(wanted, list) and isinstance(found, list) and len(found) == len(wanted):
        return [_like(one, other) for one, other in zip(found, wanted, strict=True)]
    if isinstance(wanted, int):
        return check_integer("training", "schedule", found, 0)
    if wanted is None or isinstance(wanted, float):
        return None if found is None and wanted is None else check_number("training", "schedule", found)
    message = f"the memory of the schedule is {found!r}; it must be like {wanted!r}"
    raise FormatError(message, expected=wanted, got=found)


def _identity(optimizer: Optimizer) -> tuple[str, tuple[str, ...]]:
    """Return what must stay the same for the optimizer's state to keep its meaning."""
    return type(optimizer).__name__, (*optimizer.state_names, *(("average",) if optimizer.ema is not None else ()))


def _fitting(
    arrays: dict[str, np.ndarray], name: str, like: np.ndarray, *, infinite: bool = False, signed: bool = True
) -> np.ndarray:
    """Take a saved array out of ``arrays``, of the shape and dtype it must have and with values it can have.

    A square may have become infinite in a run that goes on all the same; NaN never.
    """
    array = arrays.pop(name, None)
    if array is None or array.shape != like.shape or array.dtype != like.dtype:
        got = "missing" if array is None else f"of shape {array.shape} and {array.dtype}"
        message = f"'{name}' is {got}; it must be of shape {like.shape} and {like.dtype}"
        raise FormatError(message, expected=like.shape, got=got)
    problem = wrong_values(array, infinite=infinite, signed=signed)
    if problem:
        message = f"'{name}' holds {problem}, which no optimizer or network has"
        raise FormatError(message, got=problem)
    return array.copy()
