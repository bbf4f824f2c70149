"""A training step whose batch is divided into shards."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.training.batches import Batch
from glassnet.training.division import Sharding
from glassnet.training.run_state import RunState
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
    """

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
        self.wants_stop = False

    def _sum_up(self, batch: Batch, position: float) -> bool:
        store, ranks = self.store, self._ranks
        ranks.note_step(self.state.epoch, self.state.step)
        self._place(position)
        np.copyto(self._stats, store.stats)
        last = len(self._sharding.bounds) - 1
        self._sums.clear()
        for i, (shard, first, end) in enumerate(self._sharding.bounds):
            self._sum_shard(batch, shard, first, end)
            if i == last:
                store.flags[0] = self.wants_stop
            self._sums.add(shard, is_last=i == last)
        ranks.reduce(self._sums)
        self.stop_asked = bool(store.flags[0])
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

    def _skip(self, weight: np.ndarray | None) -> tuple[Any, Any]:
        zero: Any = 0.0 if self.network.members is None else np.zeros(self.network.members)
        return zero, zero
