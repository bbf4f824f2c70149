"""Bugs that divided training can have, put in one by one: the comparisons of the other tests notice each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.engine.parameters import Store
from glassnet.training import fit_network
from glassnet.training.batches import Batch
from glassnet.training.sharding.divided_optimizer import DividedOptimizer
from glassnet.training.sharding.ranks import Ranks
from glassnet.training.sharding.sharded_step import ShardedStep
from glassnet.training.sharding.tree_sums import TreeSums
from thread_ranks import ThreadRanks, together

Patch = pytest.MonkeyPatch
X = np.random.default_rng(0).standard_normal((50, 4))
Y = (X[:, 0] > X[:, 1]).astype(int)
WEIGHT = np.random.default_rng(1).random(50)


def fitted(ranks: Ranks | None, shards: int | None, between: list[gn.Layer], **options: Any) -> gn.Network:
    """Return a trained network; 4 do not divide its batches."""
    layers = [gn.Dense(5, "tanh"), *between, gn.Dense(2)]
    optimizer = gn.AdamW(0.02, clip_norm=0.05, ema=0.9)
    net = gn.Network(layers, loss="cross_entropy", optimizer=optimizer, seed=0, l2=0.01, dtype="float64")
    options = {"epochs": 2, "batch_size": 23, "sample_weight": WEIGHT, "progress": False, "threads": 1, **options}
    fit_network(net, X, Y, shards=shards, distributed=ranks, **options)
    return net


def is_the_undivided_batch() -> bool:
    """Return whether shards differ from one batch by rounding only, in parameters and losses."""
    whole, divided = fitted(None, None, []), fitted(None, 4, [])
    near = np.linalg.norm(divided.params - whole.params) <= 1e-12 * np.linalg.norm(whole.params)
    losses = [np.array(net.history.columns["loss"]) for net in (divided, whole)]
    return bool(near and np.allclose(*losses, rtol=1e-12, atol=0.0))


def has_the_means_of_the_batch() -> bool:
    """Return whether the running means after one step are those over all its rows."""
    options = {"sample_weight": None, "epochs": 1, "batch_size": 50}
    nets = [fitted(None, shards, [gn.BatchNorm()], **options) for shards in (None, 16)]
    return np.allclose(nets[0].layers[1].running_mean, nets[1].layers[1].running_mean, rtol=1e-12, atol=1e-14)


def is_alike_on_all(divides: bool = False) -> bool:
    """Return whether three processes have the bits of one, in all that a run leaves."""
    between: Callable[[], list[gn.Layer]] = lambda: [gn.BatchNorm(), gn.Dropout(0.3)]  # noqa: E731  # new ones for each
    options = {"validation_data": (X[:20], Y[:20])}
    alone = fitted(Ranks(), 8, between(), **options)
    same = True
    for net in together(3, lambda ranks: fitted(ranks, 8, between(), **options), divides_optimizer=divides):
        same &= np.array_equal(net.params, alone.params) and np.array_equal(net.stats, alone.stats)
        same &= net.history.columns == alone.history.columns
        arrays = net._run.optimizer_state.arrays
        same &= all(np.array_equal(a, arrays[name]) for name, a in alone._run.optimizer_state.arrays.items())
    return bool(same)


def is_alike_divided() -> bool:
    """Return the same with a divided optimizer."""
    return is_alike_on_all(divides=True)


def local_mean(patch: Patch) -> None:
    """Each shard hands over its mean instead of its sum."""
    original = ShardedStep._sum_shard

    def sum_shard(step: ShardedStep, batch: Batch, shard: int, first: int, end: int) -> None:
        original(step, batch, shard, first, end)
        step.store.message[:-2] /= step.store.weight_sum

    patch.setattr(ShardedStep, "_sum_shard", sum_shard)


def penalty_per_shard(patch: Patch) -> None:
    """Each shard adds the gradient of the penalty."""
    original = ShardedStep._sum_shard

    def sum_shard(step: ShardedStep, batch: Batch, shard: int, first: int, end: int) -> None:
        original(step, batch, shard, first, end)
        step._penalties.add_gradients()

    patch.setattr(ShardedStep, "_sum_shard", sum_shard)


def norm_per_shard(patch: Patch) -> None:
    """Each shard limits the norm of its gradient."""
    original = ShardedStep._sum_shard

    def sum_shard(step: ShardedStep, batch: Batch, shard: int, first: int, end: int) -> None:
        original(step, batch, shard, first, end)
        gn.optimizers.clip_gradients(step.store.grads, 0.05, step.state.optimizer_state.groups)

    patch.setattr(ShardedStep, "_sum_shard", sum_shard)


def noise_by_rank(patch: Patch) -> None:
    """Noise depends on which of the shards of its process a shard is."""
    original = ShardedStep._sum_shard

    def sum_shard(step: ShardedStep, batch: Batch, shard: int, first: int, end: int) -> None:
        original(step, batch, shard - step._sharding.own.start, first, end)

    patch.setattr(ShardedStep, "_sum_shard", sum_shard)


def unreduced_loss(patch: Patch) -> None:
    """The sums of losses are those of the process."""
    original = ThreadRanks.reduce

    def reduce(ranks: ThreadRanks, sums: TreeSums, divided: int = 0) -> None:
        own = sums.current[-4]
        original(ranks, sums, divided)
        sums.current[-4] = own

    patch.setattr(ThreadRanks, "reduce", reduce)


def sums_of_ranks(patch: Patch) -> None:
    """The sums of processes are added one after the other."""

    def reduce(ranks: ThreadRanks, sums: TreeSums, divided: int = 0) -> None:
        everywhere = ranks.everywhere([node.array.copy() for node in sums.nodes])
        sums.current[:] = sum(array for arrays in everywhere for array in arrays)

    patch.setattr(ThreadRanks, "reduce", reduce)


def unweighted_statistics(patch: Patch) -> None:
    """The statistics of all shards count alike."""
    patch.setattr(Store, "weigh_statistics", lambda store: np.copyto(store.stat_sums, store.stats))
    patch.setattr(Store, "average_statistics", lambda store: np.divide(store.stat_sums, 16, store.stats))


def statistics_that_go_on(patch: Patch) -> None:
    """Each shard's statistics start from those of the shard before."""
    patch.setattr(
        ShardedStep, "_stats", property(lambda step: step.store.stats, lambda step, value: None), raising=False
    )


def part_of_the_norm(patch: Patch) -> None:
    """The norm is that of the process' own part."""

    def clip(grads: np.ndarray, clip_norm: float, groups: Any) -> Any:
        return gn.optimizers.clip_gradients(
            grads[: grads.size // 3], clip_norm, [gn.optimizers.Group(0, grads.size // 3)]
        )

    patch.setattr("glassnet.training.sharding.divided_optimizer.clip_gradients", clip)


def missing_sums(patch: Patch) -> None:
    """Only the own part of the sums is asked for, though the norm is over all."""
    patch.setattr(DividedOptimizer, "n_divided", property(lambda divided: divided._n))


def own_average(patch: Patch) -> None:
    """What is evaluated is the average of the parameters of the step, not that which was kept."""
    patch.setattr(DividedOptimizer, "average", lambda divided: divided._network.params.copy())


BUGS = [
    (local_mean, is_the_undivided_batch),
    (penalty_per_shard, is_the_undivided_batch),
    (norm_per_shard, is_the_undivided_batch),
    (unweighted_statistics, has_the_means_of_the_batch),
    (noise_by_rank, is_alike_on_all),
    (unreduced_loss, is_alike_on_all),
    (sums_of_ranks, is_alike_on_all),
    (statistics_that_go_on, is_alike_on_all),
    (part_of_the_norm, is_alike_divided),
    (missing_sums, is_alike_divided),
    (own_average, is_alike_divided),
]


@pytest.mark.parametrize(("bug", "holds"), BUGS, ids=lambda each: each.__name__)
def test_each_bug_is_noticed(bug: Callable[[Patch], None], holds: Callable[[], bool], monkeypatch: Patch) -> None:
    """The comparison holds, and fails with the bug."""
    assert holds()
    bug(monkeypatch)
    with np.errstate(all="ignore"):
        try:
            held = holds()
        except gn.errors.DivergenceError:
            held = False
    assert not held
