"""A training step whose batch is divided into shards."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.training.batches import Batch
from glassnet.training.division import Sharding
from glassnet.training.run_state import RunState
from glassnet.training.sharding.divided_optimizer import DividedOptimizer
from glassnet.training.sharding.ranks import Ranks
from glassnet.training.sharding.tree_sums import TreeSums
from glassnet.training.step import TrainingStep

__all__ = ["ShardedStep"]


class ShardedStep(TrainingStep):
    """A step over shards: each has its own forward and backward pass, its own noise and its own batch statistics.

    What a shard leaves is one contiguous array, ``Store.message``: the sums of gradients, of statistics times weight,
    of losses and weights, and flags. The messages of all shards are added in the order of one binary tree, here and
    then over the processes. The one division by the sum of the weights, penalties, clipping and the update follow, on
    every process alike. So the result depends on the number of shards, and not on where they are.

    Parameters
    ----------
    network, state, steps_per_epoch
        As of `TrainingStep`.
    sharding : Sharding
        The shards that this process has; the batches keep it up to date.
    ranks : Ranks
        The processes.

    Attributes
    ----------
    wants_stop : bool
        Whether this process asks for the end of the run. ``stop_asked`` is set for all of them by the next step.
    wants_write : callable
        Returns whether this process asks for a checkpoint after the step under way.
    write_asked : bool
        Whether any did, after a step, on all of them.
    divided : DividedOptimizer or None
        What updates the parameters, where processes divide the optimizer's state.
    """

    sums_parts = True

    def __init__(
        self,
        network: BaseNetwork,
        state: RunState,
        steps_per_epoch: int | None,
        *,
        sharding: Sharding,
        ranks: Ranks,
    ) -> None:
        super().__init__(network, state, steps_per_epoch)
        self._sharding, self._ranks = sharding, ranks
        self._sums = TreeSums(self.store.message)
        self._stats = np.empty_like(self.store.stats)  # at the start of the step
        self.wants_stop = self.write_asked = False
        self.wants_write: Callable[[], bool] = bool
        self.divided: DividedOptimizer | None = None

    def divide(self) -> None:
        """Keep this process' part of the optimizer's state only, if the processes are to; all call it together."""
        if self._ranks.divides_optimizer and self._ranks.size > 1:
            self.divided = DividedOptimizer(self.network, self.state, self._ranks)

    def join(self) -> None:
        """Have the whole optimizer's state again; all processes call it together."""
        if self.divided is not None:
            self.divided.join()
            self.divided = None

    def whole_on_first(self) -> AbstractContextManager[None]:
        """Have the whole optimizer's state on the first process while inside; all call it together."""
        return nullcontext() if self.divided is None else self.divided.whole_on_first()

    def averaged_weights(self) -> AbstractContextManager[None]:
        """Put the averaged parameters, if there are, into the network while inside; all processes call it together."""
        average = self.state.average if self.divided is None else self.divided.average()
        return nullcontext() if average is None else self.state.averaged_weights(self.network, average)

    def _sum_up(self, batch: Batch) -> bool:
        store, ranks = self.store, self._ranks
        ranks.note_step(self.state.epoch, self.state.step - 1)  # the step under way is counted already
        np.copyto(self._stats, store.stats)
        last = len(self._sharding.bounds) - 1
        self._sums.clear()
        for i, (shard, first, end) in enumerate(self._sharding.bounds):
            self._sum_shard(batch, shard, first, end)
            if i == last:
                store.flags[:] = self.wants_stop or bool(ranks.reason), self.wants_write()
            self._sums.add(shard, is_last=i == last)
        divided = 0 if self.divided is None else self.divided.n_divided
        self.needed_gradients = self.divided.grads if self.divided is not None and divided else None
        ranks.reduce(self._sums, divided)
        self.stop_asked, self.write_asked = bool(store.flags[0]), bool(store.flags[1])
        if not store.weight_sum.all():
            np.copyto(store.stats, self._stats)
            if store.weight_sum.any():
                raise self._zero_weight()
            return False
        store.average_statistics()
        return True

    def _sum_shard(self, batch: Batch, shard: int, first: int, end: int) -> None:
        """Fill the message with the sums of one shard; of one that weighs nothing they are 0."""
        store, (X, y, weight) = self.store, batch
        rows = slice(first, end)
        if self.network.members is not None:
            X, y = X[:, rows], y[:, rows]
            weight = None if weight is None else weight[:, rows]
        else:
            X, y, weight = X[rows], y[rows], None if weight is None else weight[rows]
        if first == end or (weight is not None and not weight.any()):
            store.message[:] = 0.0
            return
        info = self._info
        assert info.rng is not None
        info.rng.shard = shard
        np.copyto(store.stats, self._stats)
        self.network._accumulate(X, y, weight, info)
        store.weigh_statistics()
        store.flags[:] = 0.0

    def _update(self, position: float) -> None:
        if self.divided is None:
            super()._update(position)
        else:
            self.divided.step(position, self._fixed_rate or self.rate(position))

    def _skip(self, weight: np.ndarray | None) -> tuple[Any, Any]:
        zero: Any = 0.0 if self.network.members is None else np.zeros(self.network.members)
        return zero, zero
