"""Memory-mapped arrays, sparse matrices and batches of the user's own: the same results as arrays, in bounded memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training.batches import ArrayBatches
from glassnet.training.class_weights import class_factors
from glassnet.utils.random_streams import Streams
from glassnet.utils.row_sources import is_mapped


def data(n: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of 5 features, many of them 0, and codes of 3 classes."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 5)) * (rng.random((n, 5)) > 0.5)
    return X.astype("float32"), (np.abs(X[:, 0]) > 0.5).astype(int) + (X[:, 1] > 1.0)


def make(**options: Any) -> gn.Network:
    """Return an untrained network with noise and running statistics."""
    layers = [gn.Dense(8, "tanh"), gn.BatchNorm(), gn.Dropout(0.2), gn.Dense(3)]
    return gn.Network(layers, **{"loss": "cross_entropy", "seed": 2, **options})


def mapped(folder: Path, name: str, array: np.ndarray) -> np.memmap[Any, Any]:
    """Return the array with a file behind it."""
    np.save(folder / f"{name}.npy", array)
    return np.load(folder / f"{name}.npy", mmap_mode="r")


def test_is_mapped(tmp_path: Path) -> None:
    """Views of a memory-mapped array have its file behind them; copies and other arrays have none."""
    M = mapped(tmp_path, "X", np.ones((4, 3)))
    assert all(map(is_mapped, (M, M[1:], np.asarray(M)[:, 1], M.T)))
    assert not any(map(is_mapped, (M.copy() + 0, np.array(M), np.ones(3), [1.0], None)))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", ">f8"])
@pytest.mark.parametrize("members", [None, 2])
def test_mapped_equals_arrays_in_order(dtype: str, members: int | None, tmp_path: Path) -> None:
    """Without shuffling a memory-mapped X, of any dtype, with or without y mapped too, trains to the same bits."""
    X, y = data()
    X = np.round(X * 4).astype(dtype)
    nets = []
    for inputs, targets in (
        (X, y),
        (mapped(tmp_path, "X", X), y),
        (mapped(tmp_path, "X", X), mapped(tmp_path, "y", y)),
    ):
        net = make(members=members)
        net.fit(inputs, targets, epochs=3, batch_size=16, shuffle=False, validation_data=(inputs[:20], targets[:20]))
        nets.append(net)
        np.testing.assert_array_equal(net.params, nets[0].params)
        np.testing.assert_array_equal(net.predict(inputs), nets[0].predict(X))
        assert net.history["valid_loss"] == nets[0].history["valid_loss"]
        assert repr(net.evaluate(inputs, targets)) == repr(nets[0].evaluate(X, y))
        np.testing.assert_array_equal(net.input_gradient(inputs[:4]), nets[0].input_gradient(X[:4]))


def test_mapped_split_and_continuation(tmp_path: Path) -> None:
    """A validation split is by index and the same as for arrays; two fits of 2 leave the bits of one of 4."""
    X, y = data(400)
    M = mapped(tmp_path, "X", X)
    one, two, plain = make(), make(), make()
    options: dict[str, Any] = {"batch_size": 32, "validation_split": 0.25}
    one.fit(M, y, epochs=4, **options)
    two.fit(M, y, epochs=2, **options)
    two.fit(M, y, epochs=2, **options)
    plain.fit(X, y, epochs=1, **options)
    np.testing.assert_array_equal(one.params, two.params)
    assert len(one.history["valid_loss"]) == 4
    split = ArrayBatches(X, y, None, batch_size=9, shuffle=True, streams=plain._streams, members=None)
    assert split.n_batches == 45


@pytest.mark.parametrize(
    ("n", "block", "together"), [(1, 1, 1), (10, 3, 2), (1000, 7, 5), (1000, 1000, 64), (64, 1, 64)]
)
def test_block_order_is_a_permutation(n: int, block: int, together: int) -> None:
    """Every row once an epoch, another order each epoch, the same for the same seed; neighbours come from few blocks."""
    orders = [Streams(0).block_order(epoch, n, block, together) for epoch in (0, 1, 0)]
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(n))
    np.testing.assert_array_equal(orders[0], orders[2])
    if n > 10:
        assert not np.array_equal(orders[0], orders[1])
    blocks = orders[0] // block
    window = block * together
    for start in range(0, n - window, window):
        assert len(set(blocks[start : start + window].tolist())) <= together + 2


def test_mapped_needs_little_memory(tmp_path: Path) -> None:
    """A file of 64 MB in float64 is shuffled, trained on and predicted with less than a quarter of that in memory."""
    n = 40_000
    M = np.lib.format.open_memmap(tmp_path / "big.npy", mode="w+", dtype="float64", shape=(n, 200))
    rng = np.random.default_rng(0)
    for start in range(0, n, 4000):
        M[start : start + 4000] = rng.standard_normal((4000, 200))
    y = (M[:, :6].sum(axis=1) > 0).astype(int)
    net = gn.Network([gn.Dense(4, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.02), seed=0)
    tracemalloc.start()
    net.fit(M, y, epochs=1, batch_size=256, validation_split=0.1)
    net.predict(M)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16e6
    assert net.evaluate(M, y)["accuracy"] > 0.8


def test_bad_values_in_mapped_rows_are_named_by_their_row(tmp_path: Path) -> None:
    """NaN is found when its batch is read, and named by its row in the file; the weights stay finite."""
    X, y = data()
    X[77, 3] = np.nan
    M = mapped(tmp_path, "X", X)
    net = make()
    for call in (lambda: net.fit(M, y, epochs=1, batch_size=8), lambda: net.predict(M)):
        with pytest.raises(gn.DataError, match="X holds nan at row 77, column 3; it must be finite"):
            call()
    assert np.isfinite(net.params).all()
    net.fit(np.nan_to_num(X), y, epochs=1)


def test_sparse_equals_dense() -> None:
    """A sparse matrix of any format gives the bits of its dense array, in fit, predict, evaluate and a split."""
    sparse = pytest.importorskip("scipy.sparse")
    X, y = data()
    dense = make()
    dense.fit(X, y, epochs=3, batch_size=16, validation_split=0.2)
    for kind in (sparse.csr_array, sparse.csc_matrix, sparse.coo_array):
        S, net = kind(X), make()
        net.fit(S, y, epochs=3, batch_size=16, validation_split=0.2)
        np.testing.assert_array_equal(net.params, dense.params)
        np.testing.assert_array_equal(net.predict(S), dense.predict(X))
        assert net.evaluate(S, y) == dense.evaluate(X, y)
    stacked, alone = make(members=2), make(seed=3)
    stacked.fit(sparse.csr_array(X), y, epochs=2)
    alone.fit(X, y, epochs=2)
    np.testing.assert_array_equal(stacked.params[1], alone.params)


def test_bad_sparse_matrices() -> None:
    """NaN is named by row and column; wrong widths and no rows get their sentence."""
    sparse = pytest.importorskip("scipy.sparse")
    X, y = data()
    X[5, 2] = np.inf
    with pytest.raises(gn.DataError, match=r"X holds inf at row 5, column 2; it must be finite\."):
        make().fit(sparse.csr_array(X), y, epochs=1)
    with pytest.raises(gn.DataError, match=r"X has shape \(0, 3\); it must have at least one row and one value\."):
        make().fit(sparse.csr_array((0, 3)), [], epochs=1)
    with pytest.raises(
        gn.ShapeError,
        match=r"X has shape \(3, 5\); it must be \(n, 4\): one row per sample\. The network was built for such samples\.",
    ):
        make(input_shape=(4,)).predict(sparse.csr_array(np.ones((3, 5))))


def batches_of(X: np.ndarray, y: np.ndarray, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the rows in batches."""
    return [(X[start : start + size], y[start : start + size]) for start in range(0, len(X), size)]


class Loader:
    """An iterable as other libraries have them: fresh iterator each time, no length."""

    def __init__(self, batches: list[Any]) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches)


@pytest.mark.parametrize("kind", ["list", "function", "loader", "generator function"])
@pytest.mark.parametrize("members", [None, 2])
def test_iterables_equal_arrays(kind: str, members: int | None) -> None:
    """Batches of the user's own, in the order of the rows, train to the bits of arrays that are not shuffled."""
    X, y = data()
    batches = batches_of(X, y, 16)

    def generate(epoch: int) -> Iterator[Any]:
        yield from batches

    made: Any = {
        "list": batches,
        "function": lambda e: batches,
        "loader": Loader(batches),
        "generator function": generate,
    }
    net, arrays = make(members=members), make(members=members)
    net.fit(made[kind], epochs=2, validation_data=(X[:9], y[:9]))
    net.fit(made[kind], epochs=1, validation_data=(X[:9], y[:9]))
    arrays.fit(X, y, epochs=3, batch_size=16, shuffle=False, validation_data=(X[:9], y[:9]))
    np.testing.assert_array_equal(net.params, arrays.params)
    assert net.history["loss"] == arrays.history["loss"]
    assert net.history["valid_loss"] == arrays.history["valid_loss"]


def test_weights_of_batches_count_across_batches() -> None:
    """A batch of weight 3 counts three times one of weight 1, and one of weight 0 not at all."""
    X, y = data()
    rows = [*batches_of(X, y, 30)]
    weighted = [(*rows[0], np.full(30, 3.0)), (*rows[1], np.zeros(30)), (*rows[2], np.ones(30))]
    net = make(optimizer=gn.SGD(0.0))
    net.build((5,))
    loss = net.fit(weighted, epochs=1)["loss"][0]
    twin = make(optimizer=gn.SGD(0.0))
    one = twin.fit([rows[0]], epochs=1)["loss"][0]
    twin._run = None
    two = make(optimizer=gn.SGD(0.0)).fit([rows[0], (*rows[1], np.zeros(30)), rows[2]], epochs=1)["loss"][0] * 2 - one
    assert loss == pytest.approx((3 * one + two) / 4, rel=1e-6)


def test_schedules_see_what_is_known() -> None:
    """With a length the rate falls within the epoch; without one it stays for whole epochs, and steps_per_epoch tells."""
    X, y = data()
    batches = batches_of(X, y, 30)
    found = {}
    for name, made, steps in (
        ("list", batches, None),
        ("loader", Loader(batches), None),
        ("told", Loader(batches * 5), 3),
    ):
        net = make(optimizer=gn.SGD(gn.StepDecay(0.1, every=1, factor=0.5)))
        positions: list[float] = []

        class Watch(gn.Callback):
            def on_step_end(self, run: Any, positions: list[float] = positions) -> None:
                positions.append(run.position)

        net.fit(made, epochs=2, steps_per_epoch=steps, callbacks=Watch(), progress=False)
        found[name] = positions
    assert found["list"] == found["told"] == pytest.approx([1 / 3, 2 / 3, 1.0, 4 / 3, 5 / 3, 2.0])
    assert found["loader"] == [0.0] * 3 + [1.0] * 3


@pytest.mark.parametrize("known", [True, False])
def test_iterables_resume(known: bool, tmp_path: Path) -> None:
    """Stopped in the middle of an epoch and resumed, batches that came already are passed over; the bits are the same."""
    X, y = data()
    batches = batches_of(X, y, 16)

    def made(epoch: int) -> Iterator[Any]:
        return iter(batches[epoch % 3 :] + batches[: epoch % 3])

    options: dict[str, Any] = {"epochs": 4, "steps_per_epoch": len(batches) if known else None}
    straight, steps = make(), iter(range(9))
    straight.fit(made, **options)

    class Stop(gn.Callback):
        def on_step_end(self, run: Any) -> None:
            if next(steps, None) is None:
                run.stop("here")

    make().fit(made, checkpoint=tmp_path / "run.safetensors", callbacks=Stop(), **options)
    net = make()
    net.fit(made, checkpoint=tmp_path / "run.safetensors", resume=True, **options)
    np.testing.assert_array_equal(net.params, straight.params)
    assert net.history["loss"] == straight.history["loss"]


def test_one_shot_iterators() -> None:
    """A generator serves one epoch, the first batch of a new network included; more are refused before training."""
    X, y = data()
    net, arrays = make(), make()
    net.fit((batch for batch in batches_of(X, y, 16)), epochs=1)
    arrays.fit(X, y, epochs=1, batch_size=16, shuffle=False)
    np.testing.assert_array_equal(net.params, arrays.params)
    used = iter(batches_of(X, y, 16))
    list(used)
    with pytest.raises(gn.DataError, match="batches gave none; there must be at least one batch an epoch"):
        net.fit(used, epochs=1)


def test_drop_last() -> None:
    """Without the short last batch an epoch has one step less, and other rows are left out in each epoch."""
    X, y = data(50)
    seen: list[int] = []

    class Count(gn.Callback):
        def on_epoch_end(self, run: Any) -> None:
            seen.append(run.rows_seen)

    make().fit(X, y, epochs=2, batch_size=16, drop_last=True, callbacks=Count())
    assert seen == [48, 96]
    net = make()
    net.fit(X, y, epochs=1, batch_size=50, drop_last=True)
    assert net.history.epochs == 1


def test_class_weights_are_sample_weights() -> None:
    """A dict, a sequence and "balanced" train to the bits of the weights they stand for; validation data stay as they are."""
    X, y = data()
    counts = np.bincount(y)
    balanced = 90 / (3 * counts)
    for value, factors in (
        ({0: 2.0, 2: 5.0}, [2.0, 1.0, 5.0]),
        ([1.0, 3.0, 2.0], [1.0, 3.0, 2.0]),
        ("balanced", balanced),
    ):
        net, by_hand = make(), make()
        net.fit(X, y, epochs=2, class_weight=value, validation_data=(X, y))
        by_hand.fit(X, y, epochs=2, sample_weight=np.array(factors)[y], validation_data=(X, y))
        np.testing.assert_allclose(net.params, by_hand.params, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(net.history["valid_loss"], by_hand.history["valid_loss"], rtol=1e-5)


def test_balanced_is_scikit_learns() -> None:
    """The factors are those of ``compute_class_weight``; rows of weight 2 count twice; classes that are missing weigh 1."""
    utils = pytest.importorskip("sklearn.utils.class_weight")
    codes = np.array([0, 0, 0, 1, 2, 2])
    expected = utils.compute_class_weight("balanced", classes=np.arange(3), y=codes)
    np.testing.assert_allclose(class_factors("balanced", 3, codes), expected)
    twice = class_factors("balanced", 3, codes, np.array([1.0, 1.0, 1.0, 2.0, 1.0, 1.0]))
    np.testing.assert_allclose(twice, class_factors("balanced", 3, np.array([0, 0, 0, 1, 1, 2, 2])))
    assert class_factors("balanced", 4, codes)[3] == 1.0


def test_class_weights_for_yes_and_no_and_for_batches() -> None:
    """One sigmoid output has two classes; a dict works for batches of the user's own too."""
    X, y = data()
    y = (y > 0).astype(int)
    options: dict[str, Any] = {"loss": "binary_cross_entropy", "seed": 0}
    nets = [gn.Network([gn.Dense(1)], **options) for _ in range(3)]
    nets[0].fit(X, y, epochs=2, batch_size=30, shuffle=False, class_weight={1: 4.0})
    nets[1].fit(X, y, epochs=2, batch_size=30, shuffle=False, sample_weight=1.0 + 3.0 * y)
    nets[2].fit(batches_of(X, y, 30), epochs=2, class_weight={1: 4.0})
    np.testing.assert_allclose(nets[0].params, nets[1].params, rtol=1e-6)
    np.testing.assert_allclose(nets[0].params, nets[2].params, rtol=1e-4, atol=1e-6)


X, Y = data()
MESSAGES = [
    (lambda: make().fit(X, epochs=1), "fit: y is missing, and X is of type ndarray. Without y pass an iterable of batches."),
    (lambda: make().fit(3, epochs=1), "fit: y is missing, and X is of type int. Without y pass an iterable of batches."),
    (lambda: make().fit([], epochs=1), "fit: batches gave none; there must be at least one batch an epoch. A one-shot iterator may be used up."),
    (lambda: make().fit([X], epochs=1), "fit: batch 0: it is of type ndarray; it must be (X, y) or (X, y, sample_weight)."),
    (lambda: make().fit(lambda epoch: 3, epochs=1), "fit: batches gave 3; they must give an iterator of (X, y) for each epoch."),
    (lambda: make(input_shape=(5,)).fit([(X, Y), (X[:3] * np.nan, Y[:3])], epochs=1), "fit: batch 1: X holds nan at row 0, column 0 (15 such values); it must be finite. Fill or drop missing values first."),
    (lambda: make().fit([(X, Y), (X[:, :4], Y)], epochs=1), "fit: batch 1: X has shape (90, 4); it must be (n, 5): one row per sample. The network was built for such samples."),
    (lambda: make().fit(iter([(X, Y)]), epochs=2), "fit: batches is a one-shot iterator; it must be iterable once per epoch. Pass a list, an object with __iter__, or a function that returns a new iterator."),
    (lambda: make().fit([(X, Y)], epochs=1, validation_split=0.1), "fit: the rows come in batches; validation_split needs arrays. Divide or weigh the rows where the batches are made."),
    (lambda: make().fit([(X, Y)], epochs=1, class_weight="balanced"), "fit: the rows come in batches; class_weight='balanced' needs all rows at once. Pass the weights as a dict."),
    (lambda: make().fit(X, Y, epochs=1, steps_per_epoch=0), "fit: steps_per_epoch is 0; it must be a whole number of at least 1."),
    (lambda: make().fit(X, Y, epochs=1, class_weight={3: 1.0}), "fit: class_weight has class 3; it must have classes from 0 to 2."),
    (lambda: make().fit(X, Y, epochs=1, class_weight={0: -1.0}), "fit: class_weight of class 0 is -1.0; it must be a finite number of at least 0."),
    (lambda: make().fit(X, Y, epochs=1, class_weight=[1.0, 2.0]), "fit: class_weight is [1.0, 2.0]; it must be 'balanced', a dict, or 3 numbers."),
    (lambda: make().fit(X, Y, epochs=1, class_weight="even"), "fit: class_weight is 'even'; it must be 'balanced', a dict, or 3 numbers."),
    (lambda: gn.Network([gn.Dense(1)], loss="squared_error").fit(X, Y, epochs=1, class_weight={0: 2.0}), "fit: y has shape (90, 1) under loss='squared_error'; class_weight needs one class per row. Pass sample_weight instead."),
    (lambda: gn.Network([gn.Dense(2)], loss="binary_cross_entropy").fit(X, X[:, :2] > 0, epochs=1, class_weight={0: 2.0}), "fit: y has shape (90, 2) under loss='binary_cross_entropy'; class_weight needs one class per row. Pass sample_weight instead."),
    (lambda: make().fit(X, Y, epochs=1, drop_last=2), "fit: drop_last is 2; it must be True or False."),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), MESSAGES)
def test_bad_requests(call: Any, message: str) -> None:
    """Each gets one sentence."""
    with pytest.raises(gn.GlassnetError) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize("members", [None, 2])
def test_rows_not_in_one_piece_are_copied_once(members: int | None) -> None:
    """Columns-first and strided rows train with the bits of ordinary ones, and no step copies the whole array."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20_000, 8)).astype(np.float32), rng.integers(0, 2, 20_000)
    streams = [Streams(seed) for seed in range(members or 1)]
    options: dict[str, Any] = {"batch_size": 50, "shuffle": True, "streams": streams, "members": members}
    expected = [batch.copy() for batch, _, _ in ArrayBatches(X, y, None, **options).epoch(0)]
    for form in (
        np.asfortranarray(X),
        np.repeat(X, 2, axis=0)[::2],
        np.repeat(X, 2, axis=1)[:, ::2],
        X[::-1].copy()[::-1],
    ):
        batches = ArrayBatches(form, y, None, **options).epoch(0)
        assert np.array_equal(next(batches)[0], expected[0])
        tracemalloc.start()
        try:
            assert all(
                np.array_equal(batch, wanted) for (batch, _, _), wanted in zip(batches, expected[1:], strict=True)
            )
            assert tracemalloc.get_traced_memory()[1] < X.nbytes / 4
        finally:
            tracemalloc.stop()
