"""Whatever a run is made of, the number of processes that have its shards does not change a bit of it."""

from __future__ import annotations

import itertools
import pickle
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import GlassnetError
from glassnet.training import fit_network
from glassnet.training.sharding.ranks import Ranks
from thread_ranks import together

N = 130
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, 5))
Y = (X[:, 0] > X[:, 1]).astype(int)
WEIGHT = RNG.integers(0, 3, N).astype(float)


class Shake(gn.Layer):
    """A user's own layer that multiplies by noise and has a parameter."""

    def param_specs(self) -> tuple[gn.layers.ParamSpec, ...]:
        return (gn.layers.ParamSpec("scale", self.in_shape, "ones"),)

    def bind(self, params: Any, grads: Any, stats: Any, members: int | None) -> None:
        self.scale, self.dscale = params["scale"], grads["scale"]

    def make_cache(self, scratch: Any, need_dX: bool) -> dict[str, Any]:
        return {name: scratch.array(self.in_shape) for name in ("Y", "U")} | {"X": None}

    def forward(self, X: np.ndarray, cache: dict[str, Any], step: gn.Step) -> np.ndarray:
        cache["X"] = X
        U: np.ndarray = cache["U"]
        if step.training and step.rng is not None:
            step.rng.uniform(self.index, U)
        else:
            U[...] = 0.5
        np.multiply(X, U, out=cache["Y"])
        return np.multiply(cache["Y"], self.scale, out=cache["Y"])

    def backward(self, dY: np.ndarray, cache: dict[str, Any]) -> np.ndarray:
        np.sum(dY * cache["X"] * cache["U"], axis=0, out=self.dscale)
        dY *= cache["U"] * self.scale
        return dY


class Case(NamedTuple):
    """A new network, and what it is fitted on and with; both are made anew for each process."""

    net: Callable[[], gn.Network]
    rows: Callable[[], tuple[Any, Any]] = lambda: (X, Y)
    options: Callable[[], dict[str, Any]] = dict


def network(*between: gn.Layer, **options: Any) -> gn.Network:
    """Return a network of two classes."""
    options = {"loss": "cross_entropy", "optimizer": gn.Adam(0.02), "seed": 0, **options}
    return gn.Network([gn.Dense(6, "tanh"), *between, gn.Dense(2)], **options)


def batches(epoch: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield batches of a user: of several sizes, one smaller than the shards, some with weights."""
    rng = np.random.default_rng(epoch)
    for size in (20, 1, 33, 2, 16):
        rows = rng.integers(0, N, size)
        yield (X[rows], Y[rows]) if size % 2 else (X[rows], Y[rows], WEIGHT[rows])


def mapped() -> tuple[Any, Any]:
    """Return rows in a memory-mapped file."""
    with tempfile.NamedTemporaryFile(suffix=".npy", delete=False) as file:
        np.save(file, X.astype("float32"))
    found = np.load(file.name, mmap_mode="r")
    Path(file.name).unlink()
    return found, Y


def held_out(rows: int = 30) -> dict[str, Any]:
    """Return validation data."""
    return {"validation_data": (X[:rows], Y[:rows])}


CASES = {
    "batches of a user": Case(network, lambda: (batches, None), lambda: {"steps_per_epoch": 5}),
    "batches in a list": Case(network, lambda: (list(batches(0)), None)),
    "an iterator": Case(
        network, lambda: (itertools.chain(batches(0), batches(1)), None), lambda: {"epochs": 1, "steps_per_epoch": 7}
    ),
    "a memory-mapped file": Case(network, mapped),
    "the last rows dropped": Case(network, options=lambda: {"drop_last": True}),
    "steps that are no pass": Case(network, options=lambda: {"steps_per_epoch": 3, "epochs": 5}),
    "no shuffling": Case(network, options=lambda: {"shuffle": False, "sample_weight": WEIGHT}),
    "one batch": Case(network, options=lambda: {"batch_size": N, "metrics": "accuracy"}),
    "weights of classes": Case(network, options=lambda: {"class_weight": "balanced", "sample_weight": WEIGHT}),
    "limited norms": Case(lambda: network(max_norm=0.7, l1=1e-3, l2=1e-2)),
    "a rate that waits": Case(
        lambda: network(optimizer=gn.SGD(gn.ReduceOnPlateau(0.5, patience=1, min_delta=0.05), momentum=0.9)),
        options=held_out,
    ),
    "a rate that waits for the loss": Case(
        lambda: network(optimizer=gn.SGD(gn.ReduceOnPlateau(0.5, monitor="loss", patience=1, min_delta=0.05)))
    ),
    "rates over epochs": Case(
        lambda: network(
            gn.Dropout(0.4, schedule=gn.FlatCosine(0.5, epochs=3)), optimizer=gn.Lion(gn.CosineDecay(0.01, 4))
        )
    ),
    "snapshots": Case(network, options=lambda: {"callbacks": gn.Snapshots(rows=20)}),
    "metrics of training rows": Case(network, options=lambda: {"metrics": ["accuracy", "auc"], **held_out()}),
    "metrics of a user's batches": Case(
        network, lambda: (batches, None), lambda: {"steps_per_epoch": 5, "metrics": "accuracy"}
    ),
    "a seed that is drawn": Case(
        lambda: network(gn.Dropout(0.2), seed=None),
        options=lambda: {"validation_split": 0.3, "early_stopping": gn.EarlyStopping(patience=1)},
    ),
    "seeds of members that are drawn": Case(lambda: network(gn.Dropout(0.2), seed=None, members=3), options=held_out),
    "starts by the data": Case(
        lambda: gn.Network(
            [
                gn.PiecewiseLinearEmbedding([[-1.0, 0.0, 1.0]] * 5, dim=2),
                gn.Flatten(),
                gn.NTKDense(4),
                gn.ReLU(),
                gn.NTKDense(1),
            ],
            loss="squared_error",
            seed=1,
            optimizer=gn.Adam(0.02),
        ),
        lambda: (X, X[:, 0]),
    ),
    "layers of a user": Case(lambda: network(Shake())),
    "two kinds of noise": Case(lambda: network(gn.GaussianNoise(0.2), gn.Dropout(0.3))),
    "statistics": Case(
        lambda: network(gn.BatchNorm(momentum=0.7)), options=lambda: {"sample_weight": WEIGHT, **held_out()}
    ),
    "statistics of members": Case(lambda: network(gn.BatchNorm(), members=2, seed=[3, 4])),
    "an ensemble in one network": Case(
        lambda: gn.Network(
            [gn.Copies(3), gn.EnsembleDense(5, "relu"), gn.EnsembleHead(2)],
            loss=gn.EnsembleLoss("cross_entropy", copies=3),
            seed=0,
            optimizer=gn.AdamW(0.02),
        )
    ),
    "codes of categories": Case(
        lambda: gn.Network(
            [gn.Embedding(4, 3), gn.Flatten(), gn.Dense(2)], loss="cross_entropy", seed=0, optimizer=gn.Adagrad(0.1)
        ),
        lambda: (RNG_CODES, Y),
    ),
    "the best epoch": Case(
        network,
        options=lambda: {
            "early_stopping": gn.EarlyStopping("valid_accuracy", patience=1, ties="last"),
            "epochs": 8,
            **held_out(),
        },
    ),
    "averages": Case(
        lambda: network(gn.BatchNorm(), optimizer=gn.RMSprop(0.01, momentum=0.5, ema=0.9)), options=held_out
    ),
    "single precision": Case(lambda: network(gn.BatchNorm(), gn.Dropout(0.3), dtype="float32")),
    "double precision": Case(lambda: network(gn.Dropout(0.3), dtype="float64", optimizer=gn.Adam(0.02, clip_norm=0.1))),
}
RNG_CODES = np.random.default_rng(1).integers(0, 4, (N, 3))


def run(case: Case, ranks: Ranks | None) -> gn.Network:
    """Return the network after its training with 8 shards."""
    net, (rows, targets) = case.net(), case.rows()
    options = {"epochs": 4, "batch_size": 27, "shards": 8, "progress": False, **case.options()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit_network(net, rows, targets, distributed=ranks, **options)
    return net


@pytest.mark.parametrize("name", CASES)
def test_same_bits(name: str) -> None:
    """On 2 and 3 processes, with whole and divided optimizers, all that a run leaves is what one process leaves."""
    case = CASES[name]
    alone = run(case, Ranks()) if "drawn" not in name else None
    for size, divides in ((2, True), (3, False)):
        nets = together(size, lambda ranks: run(case, ranks), divides_optimizer=divides, checks=True)
        for net in nets:
            expected = nets[0] if alone is None else alone
            np.testing.assert_array_equal(net.params, expected.params)
            np.testing.assert_array_equal(net.stats, expected.stats)
            assert net.seeds == expected.seeds
            assert net.history.columns == expected.history.columns
            assert net.history.best_epoch == expected.history.best_epoch
            assert net._run.schedule_memory == expected._run.schedule_memory


@pytest.mark.parametrize("name", ["a seed that is drawn", "seeds of members that are drawn"])
def test_a_seed_that_was_drawn_repeats_the_run(name: str) -> None:
    """All processes take the seed that the first one drew, with which one process repeats the run."""
    case = CASES[name]
    nets = together(2, lambda ranks: run(case, ranks))
    seeds = nets[0].seeds if nets[0].members else nets[0].seeds[0]
    again = run(case._replace(net=lambda: network(gn.Dropout(0.2), seed=seeds, members=nets[0].members)), None)
    for net in nets:
        np.testing.assert_array_equal(net.params, again.params)


@pytest.mark.parametrize("members", [None, 2])
def test_batches_that_weigh_nothing(members: int | None) -> None:
    """They are passed over on all processes."""
    weight = WEIGHT.copy()
    weight[27:54] = 0.0
    options: dict[str, Any] = {"shuffle": False, "sample_weight": weight}
    case = Case(lambda: network(members=members, seed=0 if members is None else [0, 1]), options=lambda: options)
    alone = run(case, None)
    for net in together(3, lambda ranks: run(case, ranks), divides_optimizer=True):
        np.testing.assert_array_equal(net.params, alone.params)
        assert net.history.columns == alone.history.columns


def test_noise_differs_among_shards() -> None:
    """Each shard of each step draws other numbers, by its number alone: those that one process draws for it."""

    class Drawn(Shake):
        seen: list[bytes]

        def forward(self, X: np.ndarray, cache: dict[str, Any], step: gn.Step) -> np.ndarray:
            found = super().forward(X, cache, step)
            if step.training and step.rng is not None:
                self.seen.append(cache["U"].tobytes())
            return found

    def drawn(ranks: Ranks | None) -> list[bytes]:
        net = network(Drawn())
        net.layers[1].seen = seen = []
        fit_network(net, X[:64], Y[:64], epochs=2, batch_size=32, shards=8, distributed=ranks, progress=False)
        return seen

    alone = drawn(None)
    assert len(set(alone)) == len(alone) == 4 * 8
    found = together(2, drawn)
    assert set(found[0]) | set(found[1]) == set(alone)
    assert not set(found[0]) & set(found[1])


def test_what_processes_hold_is_compared() -> None:
    """With checks, a weight that a callback changes on one process ends all of them after that epoch, with one sentence."""

    def train(ranks: Ranks) -> str:
        def spoil(run: Any) -> None:
            if ranks.rank == 1 and run.epoch == 2:
                run.network.params[3] += 1e-6

        with pytest.raises(GlassnetError) as caught:
            fit_network(network(), X, Y, epochs=5, shards=4, distributed=ranks, callbacks=spoil, progress=False)
        return str(caught.value)

    words = (
        "fit: after epoch 2 the weights or statistics of rank 1 are not those of rank 0; all must have the same bits. "
        "Give each the same packages and kind of processor; a callback must change the same on all."
    )
    assert together(3, train, checks=True) == [words] * 3


def test_processes_that_end_with_other_weights_say_so() -> None:
    """Without checks, one comparison at the end warns, once, and the history of every process has it."""

    def train(ranks: Ranks) -> list[str]:
        def spoil(run: Any) -> None:
            if ranks.rank == 1 and run.epoch == 2:
                run.network.params[3] += 1e-6

        net = network()
        fit_network(net, X, Y, epochs=3, shards=4, distributed=ranks, callbacks=spoil, progress=False)
        return net.history.notes

    words = (
        "fit: after epoch 3 the weights or statistics of rank 1 are not those of rank 0; all must have the same bits. "
        "Give each the same packages and kind of processor; a callback must change the same on all."
    )
    with pytest.warns(RuntimeWarning) as caught:
        notes = together(3, train)
    assert [str(each.message) for each in caught] == [f"{words} MPI(checks=True) finds the epoch."]
    assert notes == [[words]] * 3


def test_batches_that_differ_are_found() -> None:
    """With checks, batches that each process draws for itself end all after the first epoch, instead of half of each."""

    def train(ranks: Ranks) -> str:
        own = np.roll(X, ranks.rank // 2, axis=0)  # those of the third one are others
        batches = [(own[:40], Y[:40]), (own[40:], Y[40:], WEIGHT[40:])]
        with pytest.raises(GlassnetError) as caught:
            fit_network(network(), batches, epochs=5, shards=4, distributed=ranks, progress=False)
        return str(caught.value)

    words = (
        "fit: after epoch 1 the batches of rank 2 were not those of rank 0; all must have the same bits. Each divides "
        "the same batches, and takes its own shards of them itself."
    )
    assert together(3, train, checks=True) == [words] * 3

    def trains(ranks: Ranks) -> gn.Network:
        net = network()
        batches = [(X[:40], Y[:40]), (X[40:], Y[40:], WEIGHT[40:])]
        fit_network(net, batches, epochs=2, shards=4, distributed=ranks, progress=False)
        return net

    one, other = together(2, trains, checks=True)
    np.testing.assert_array_equal(one.params, other.params)


def test_a_trained_network_is_pickled() -> None:
    """A network that was trained with shards comes back with views of its own arrays, and trains on to the same bits."""
    net = run(CASES["statistics"], None)
    twin = pickle.loads(pickle.dumps(net))
    for each in (net, twin):
        store = each._store
        for layer in (each.layers[0], each.layers[-1]):
            assert np.shares_memory(layer.W, store.params)
            assert np.shares_memory(layer.dW, store.message)
        assert np.shares_memory(store.grads, store.message)
        assert not np.shares_memory(store.params, (twin if each is net else net).params)
    before = twin.params.copy()
    for each in (net, twin):
        fit_network(each, X, Y, epochs=1, batch_size=27, shards=8, progress=False)
    assert not np.array_equal(twin.params, before)
    np.testing.assert_array_equal(twin.params, net.params)
    np.testing.assert_array_equal(twin.stats, net.stats)
    np.testing.assert_array_equal(twin.layers[0].W, net.layers[0].W)
