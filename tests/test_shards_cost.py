"""What shards cost on one process, and what divided optimizers save: ratios of processor time."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

import glassnet as gn
from glassnet.optimizers import Group
from glassnet.training.division import Sharding
from glassnet.training.run_state import RunState
from glassnet.training.sharding.ranks import Ranks
from glassnet.training.sharding.sharded_step import ShardedStep
from glassnet.training.sharding.tree_sums import TreeSums


def least_seconds(*parts: Callable[[], object], repeats: int = 15) -> list[float]:
    """Return the least processor time of each part; they take turns, so that all meet the same load."""
    found: list[list[float]] = [[] for _ in parts]
    for _ in range(repeats):
        for times, part in zip(found, parts, strict=True):
            began = time.thread_time()
            part()
            times.append(time.thread_time() - began)
    return [min(times) for times in found]


def test_a_reduction_on_one_process_is_a_hundredth_of_a_step() -> None:
    """Adding up one shard's message, and that of no other process, costs at most 1 % of a step of 10 k parameters."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((256, 64)).astype("float32"), rng.integers(0, 10, 256)
    layers = [gn.Dense(128, "relu"), gn.Dense(10)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(0.001), seed=0, input_shape=(64,))
    y = net._check_data("fit", X, y, None)[1]
    sharding, ranks, sums = Sharding(1, range(1)), Ranks(), TreeSums(net._store.message)
    sharding.cut(256)
    step = ShardedStep(net, RunState(net), 1, sharding=sharding, ranks=ranks)
    step.begin_epoch()

    def reductions() -> None:
        for _ in range(100):
            sums.clear()
            sums.add(0, is_last=True)
            ranks.reduce(sums)

    def steps() -> None:
        for _ in range(20):
            step((X, y, None))

    reduction, whole = least_seconds(reductions, steps)
    assert reduction / 100 <= 0.01 * whole / 20


def test_a_part_of_the_state_takes_its_part_of_the_time_and_memory() -> None:
    """By half of the state, a step of Adam takes at most 0.6 of the time, and 0.55 of the memory."""
    rng = np.random.default_rng(0)
    n, optimizer = 400_000, gn.Adam(0.001)
    params, grads = rng.standard_normal((2, n)).astype("float32")
    state = optimizer.new_state(params, [Group(0, n)])
    half = state.part(0, n // 2)
    p, g = params[: n // 2], grads[: n // 2]
    whole, part = least_seconds(
        lambda: optimizer.step(params, grads, state, 0.001), lambda: optimizer.step(p, g, half, 0.001)
    )
    assert part <= 0.6 * whole
    sizes = [sum(array.nbytes for array in each.arrays.values()) for each in (half, state)]
    assert sizes[0] <= 0.55 * sizes[1]
