"""Batches divided into shards: the sums of a fixed tree, wherever the shards are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import ConfigError
from glassnet.training.division import Sharding, shards_of
from glassnet.training.sharding.ranks import Ranks
from glassnet.training.sharding.tree_sums import Node, TreeSums, merge
from thread_ranks import together


def data(n: int = 250) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows of 6 features, codes of 2 classes and weights, some of them 0."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 6))
    return X, (X[:, 0] > X[:, 1]).astype(int), rng.integers(0, 3, n).astype(float)


def network(members: int | None = None, dtype: str = "float64", **options: Any) -> gn.Network:
    """Return a new network of two dense layers, with others ``between`` them."""
    seed = 0 if members is None else list(range(members))
    layers = [gn.Dense(8, "tanh"), *options.pop("between", []), gn.Dense(2)]
    options.setdefault("optimizer", gn.AdamW(0.01))
    return gn.Network(layers, loss="cross_entropy", dtype=dtype, members=members, seed=seed, **options)


def fitted(net: gn.Network, ranks: Ranks | None = None, **options: Any) -> gn.Network:
    """Train with shards; with ranks as ``distributed=`` does."""
    from glassnet.training import fit_network

    X, y, weight = data()
    options = {"epochs": 4, "batch_size": 60, "sample_weight": weight, "progress": False, **options}
    fit_network(net, X, y, distributed=ranks, **options)
    return net


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8])
def test_the_tree_is_one_wherever_its_leaves_are(size: int) -> None:
    """However many neighbours each process adds up, the total has the bits of the whole tree."""
    leaves = np.random.default_rng(0).standard_normal((8, 5)).astype(np.float32)
    pairs = leaves[0::2] + leaves[1::2]
    fours = pairs[0::2] + pairs[1::2]
    nodes: list[Node] = []
    for rank in range(size):
        sums, own = TreeSums(np.empty(5, np.float32)), shards_of(8, rank, size)
        for _ in range(2):  # memory of the last step is used again
            sums.clear()
            for leaf in own:
                sums.current[:] = leaves[leaf]
                sums.add(leaf, is_last=leaf == own[-1])
        nodes += sums.nodes
    np.testing.assert_array_equal(merge(nodes), fours[0] + fours[1])
    assert not np.array_equal(fours[0] + fours[1], leaves.sum(axis=0, dtype=np.float32))


def test_every_row_is_in_one_shard() -> None:
    """The shards of all processes have each row of a batch once, in order, also where there are fewer rows than shards."""
    for n in (0, 1, 5, 16, 61):
        for size in (1, 3, 8):
            rows: list[int] = []
            for rank in range(size):
                sharding = Sharding(8, shards_of(8, rank, size))
                first, end = sharding.cut(n)
                for _, start, stop in sharding.bounds:
                    rows += range(first + start, first + stop)
                assert sharding.bounds[-1][2] == end - first
            assert rows == list(range(n))


@pytest.mark.parametrize("members", [None, 3])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_same_bits_on_any_number_of_ranks(size: int, members: int | None) -> None:
    """Dropout, batch statistics, clipping, penalties, weights and early stopping have the bits of one process on several."""
    X, y, _ = data()
    options: dict[str, Any] = {
        "shards": 8,
        "validation_data": (X[:50], y[:50]),
        "early_stopping": gn.EarlyStopping(patience=1, min_delta=0.05),
        "epochs": 30,
    }

    def train(ranks: Ranks | None) -> gn.Network:
        optimizer = gn.AdamW(0.02, clip_norm=0.5, ema=0.9)
        return fitted(
            network(members, "float32", between=[gn.BatchNorm(), gn.Dropout(0.3)], optimizer=optimizer, l2=1e-3),
            ranks,
            **options,
        )

    alone = train(None)
    assert alone.history.stop_reason == "early stopping"
    for net in together(size, train):
        np.testing.assert_array_equal(net.params, alone.params)
        np.testing.assert_array_equal(net.stats, alone.stats)
        assert net.history.columns == alone.history.columns
        assert net.history.stop_reason == alone.history.stop_reason


@pytest.mark.parametrize("members", [None, 2])
@pytest.mark.parametrize("shards", [1, 4, 64])
def test_shards_are_the_undivided_batch(shards: int, members: int | None) -> None:
    """Without noise and batch statistics, shards differ from one undivided batch by rounding only."""
    whole, divided = fitted(network(members, l2=1e-2)), fitted(network(members, l2=1e-2), shards=shards)
    distance = np.linalg.norm(divided.params - whole.params) / np.linalg.norm(whole.params)
    assert distance <= 1e-12
    np.testing.assert_allclose(divided.history.columns["loss"], whole.history.columns["loss"], rtol=1e-12)


def test_a_stop_within_an_epoch_comes_to_all() -> None:
    """What one process asks for within an epoch ends all after the next step; what it asks for at its end ends it there."""

    def train(at: int) -> Callable[[Ranks], gn.Network]:
        class Stop(gn.Callback):
            def on_step_end(self, run: Any) -> None:
                if ranks_of[id(run.network)].rank == 1 and run.total_steps == at:
                    run.stop("asked by one")

        ranks_of: dict[int, Ranks] = {}

        def on(ranks: Ranks) -> gn.Network:
            net = network()
            ranks_of[id(net)] = ranks
            return fitted(net, ranks, shards=4, callbacks=Stop())

        return on

    for at, epochs, steps in ((2, 1, 3), (5, 1, 5), (6, 2, 7)):
        for net in together(2, train(at)):
            assert net.history.stop_reason == "asked by one"
            assert (net.history.epochs, net._run.steps_before) == (epochs, steps)


def test_the_message_is_one_array() -> None:
    """Gradients, statistics, loss and weight sums and flags are parts of one contiguous array, whose size is theirs."""
    net = fitted(network(3, between=[gn.BatchNorm()]), shards=2)
    store = net._store
    assert store.message.flags.c_contiguous
    parts = (store.grads, store.stat_sums, store.loss_sum, store.weight_sum, store.flags)
    assert all(np.shares_memory(part, store.message) for part in parts)
    assert store.message.size == sum(part.size for part in parts)


def test_shards_that_cannot_be() -> None:
    """A number that is no power of two, ranks without shards, and a run that goes on with other shards are refused."""
    with pytest.raises(ConfigError, match=r"fit: shards is 6; it must be a power of two\. Pass 4 or 8\."):
        fitted(network(), shards=6)
    words = (
        r"fit: distributed is given without shards; the number of shards decides the bits of the result\. Pass shards"
    )
    with pytest.raises(ConfigError, match=words):
        fitted(network(), Ranks())
    many = Ranks()
    many.size = 5
    with pytest.raises(
        ConfigError, match=r"fit: shards is 4, and there are 5 processes; each needs a shard\. Pass shards=8"
    ):
        fitted(network(), many, shards=4)


@pytest.mark.parametrize(("before", "after"), [(4, None), (None, 4), (4, 8)])
def test_a_run_goes_on_with_its_shards(tmp_path: Any, before: int | None, after: int | None) -> None:
    """Another number of shards would be another run: it is refused by name."""
    file = tmp_path / "run.safetensors"
    fitted(network(), shards=before, checkpoint=file)
    remedy = "Leave shards out, as before." if before is None else f"Pass shards={before}: any number of processes"
    with pytest.raises(ConfigError, match=rf"shards was {before} and is {after}\. {remedy}"):
        fitted(network(), shards=after, checkpoint=file, resume=True, epochs=6)
    net = fitted(network(), shards=before, checkpoint=file, resume=True, epochs=6)
    np.testing.assert_array_equal(net.params, fitted(network(), shards=before, epochs=6, threads=1).params)


@pytest.mark.parametrize("size", [1, 2])
def test_metrics_of_training_rows_are_of_all_rows(size: int) -> None:
    """With batches of one's own, too, every process measures all rows, not those of its shards."""
    X, y, _ = data(60)
    batches = [(X[:40], y[:40]), (X[40:], y[40:])]

    def train(ranks: Ranks) -> gn.Network:
        from glassnet.training import fit_network

        net = network()
        fit_network(net, batches, epochs=3, metrics="accuracy", shards=4, distributed=ranks, progress=False)
        return net

    for net in together(size, train):
        assert net.history.last["accuracy"] == net.evaluate(X, y)["accuracy"]
