"""A run at one moment, in memory: a copy of a few flat arrays and counters."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.training.run_state import RunState

__all__ = ["RunSnapshot"]

_COUNTERS = ("epoch", "step", "loss_sum", "weight_sum", "clipped", "steps_before")


@dataclasses.dataclass(frozen=True)
class RunSnapshot:
    """What `glassnet.training.Run.restore` needs, all of it copies; opaque."""

    params: np.ndarray
    stats: np.ndarray
    optimizer: dict[str, np.ndarray]
    optimizer_steps: int
    counters: dict[str, Any]  # where the run is, and the sums of this epoch
    shape: tuple[int, tuple[str, ...]]  # rows and columns of the history
    columns: dict[str, list[Any]] | None  # of the history; None if that is to be cut to its shape
    best_epoch: tuple[Any, Any]  # and the one that was kept
    memory: tuple[Any, Any]  # what schedule and early stopping remember
    last: tuple[np.ndarray | None, np.ndarray | None]  # what `RunState.leave` kept
    settings: Any = None  # those in force, of a run whose settings may change

    @classmethod
    def of(cls, network: BaseNetwork, state: RunState, *, history: bool = True) -> RunSnapshot:
        """Return the snapshot of a network and the state of its run, with a copy of the ``history`` or its length."""
        optimizer, columns = state.optimizer_state, state.history.columns
        return cls(
            network.params.copy(),
            network.stats.copy(),
            {name: array.copy() for name, array in optimizer.arrays.items()},
            optimizer.t,
            {name: copy.copy(getattr(state, name)) for name in _COUNTERS},
            (state.history.epochs, tuple(columns)),
            {name: list(values) for name, values in columns.items()} if history else None,
            (state.history.best_epoch, state.history.kept_epoch),
            copy.deepcopy((state.schedule_memory, state.stopping)),
            (state.last_params, state.last_stats),
        )

    def put_back(self, network: BaseNetwork, state: RunState) -> None:
        """Make network and state what they were."""
        network.params[...], network.stats[...] = self.params, self.stats
        for name, array in state.optimizer_state.arrays.items():
            array[...] = self.optimizer[name]
        state.optimizer_state.t = self.optimizer_steps
        for name, value in self.counters.items():
            setattr(state, name, copy.copy(value))
        columns = state.history.columns if self.columns is None else self.columns
        rows, names = self.shape
        state.history.columns = {name: columns[name][:rows] for name in names}
        state.history.best_epoch, state.history.kept_epoch = self.best_epoch
        state.schedule_memory, state.stopping = copy.deepcopy(self.memory)
        state.last_params, state.last_stats = self.last
