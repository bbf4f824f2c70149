"""Data as people have them: the right result or one sentence, and the network unharmed."""

from __future__ import annotations

import copy
import decimal
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn

X = np.random.default_rng(0).standard_normal((20, 3))
Y = np.random.default_rng(1).integers(0, 2, 20)


def make(loss: str = "cross_entropy", k: int = 2, **options: Any) -> gn.Network:
    """Return an untrained network with running statistics."""
    layers = [gn.Dense(4, "tanh"), gn.BatchNorm(), gn.Dense(k)]
    return gn.Network(layers, **{"loss": loss, "seed": 0, **options})


def with_value(row: int, column: int, value: Any, dtype: Any = float) -> np.ndarray:
    """Return X with one other value."""
    changed = X.astype(dtype)
    changed[row, column] = value
    return changed


# What cannot be learned from: how it is given to fit, and the sentence.
REFUSED: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "nan": (lambda: {"X": with_value(3, 1, np.nan)}, "fit: X holds nan at row 3, column 1; it must be finite. Fill or drop missing values first."),
    "inf": (lambda: {"X": with_value(4, 2, -np.inf)}, "fit: X holds -inf at row 4, column 2; it must be finite. Fill or drop missing values first."),
    "nan in y": (lambda: {"y": [np.nan] + [0] * 19}, "fit: y holds nan at row 0; it must be finite. Fill or drop missing values first."),
    "one dimension": (lambda: {"X": X[:, 0]}, "fit: X has shape (20,); it must have at least 2 dimensions, one sample per row. For one feature: X.reshape(-1, 1), for one row: X.reshape(1, -1)"),
    "a number": (lambda: {"X": np.float64(3.0)}, "fit: X has shape (); it must have at least 2 dimensions, one sample per row."),
    "three dimensions": (lambda: {"X": X[:, :, None]}, "Dense(units=4): each sample has shape (3, 1); it must be a row of features. Put Flatten() before this layer."),
    "nothing": (lambda: {"X": None}, "fit: X is None; it must be an array of numbers."),
    "no rows": (lambda: {"X": X[:0], "y": Y[:0]}, "fit: X has shape (0, 3); it must have at least one row and one value."),
    "no columns": (lambda: {"X": X[:, :0]}, "fit: X has shape (20, 0); it must have at least one row and one value."),
    "other lengths": (lambda: {"y": Y[:5]}, "fit: X has 20 rows, y 5; they must have the same number."),
    "ragged": (lambda: {"X": [[1, 2], [3]], "y": [0, 1]}, "fit: X has rows of different length; it must be a table with as many numbers in every row."),
    "text": (lambda: {"X": np.full((20, 3), "1.5")}, "fit: X holds text; it must be numeric. Code text and categories as numbers first."),
    "text among objects": (lambda: {"X": with_value(2, 1, "x", object)}, "fit: X holds 'x'; it must be numeric. Code text and categories as numbers first."),
    "None among objects": (lambda: {"X": with_value(2, 1, None, object)}, "fit: X holds nan at row 2, column 1; it must be finite. Fill or drop missing values first."),
    "complex": (lambda: {"X": X + 0j}, "fit: X holds dtype complex128; it must be numeric. Turn it into numbers first."),
    "dates": (lambda: {"X": np.full((20, 3), np.datetime64("2020-01-01"))}, "fit: X holds dtype datetime64[D]; it must be numeric. Turn it into numbers first."),
    "a dict": (lambda: {"X": {"a": 1}}, "fit: X holds {'a': 1}; it must be numeric. Code text and categories as numbers first."),
    "too large": (lambda: {"X": with_value(1, 0, 1e300)}, "fit: X holds 1e+300 at row 1, column 0; it must be finite. It is too large for float32: scale the data, or use dtype='float64'."),
    "masked": (lambda: {"X": np.ma.masked_array(X, mask=np.arange(60).reshape(20, 3) == 7)}, "fit: X holds nan at row 2, column 1; it must be finite. Fill or drop missing values first."),
    "labels from 1": (lambda: {"y": Y + 1}, "fit: y has values from 1 to 2; it must hold class codes, whole numbers from 0 to 1. Subtract 1: classes are counted from 0."),
    "labels as text": (lambda: {"y": np.where(Y, "a", "b")}, "fit: y holds text; it must be numeric. Code labels from 0: labels, y = np.unique(y, return_inverse=True). TabularClassifier takes them as they are."),
    "labels in three dimensions": (lambda: {"y": Y[:, None, None]}, "fit: y has shape (20, 1, 1); it must be class codes of shape (n,) or probabilities of shape (n, 2)."),
    "no weight": (lambda: {"sample_weight": np.zeros(20)}, "fit: sample_weight holds values from 0 to 0; no weight may be negative, nor all of them zero."),
    "negative weight": (lambda: {"sample_weight": np.r_[-1.0, np.ones(19)]}, "fit: sample_weight holds values from -1 to 1; no weight may be negative, nor all of them zero."),
    "weight nan": (lambda: {"sample_weight": np.r_[np.nan, np.ones(19)]}, "fit: sample_weight holds nan at row 0; it must be finite. Fill or drop missing values first."),
    "weights in columns": (lambda: {"sample_weight": np.ones((20, 1))}, "fit: sample_weight has shape (20, 1); it must have shape (n,)."),
    "weights of others": (lambda: {"sample_weight": np.ones(3)}, "fit: X has 20 rows, y 20, sample_weight 3; they must have the same number."),
    "validation nan": (lambda: {"validation_data": (with_value(0, 0, np.nan), Y)}, "fit: validation_data: X holds nan at row 0, column 0; it must be finite. Fill or drop missing values first."),
    "validation labels": (lambda: {"validation_data": (X, Y + 5)}, "fit: validation_data: y has values from 5 to 6; it must hold class codes, whole numbers from 0 to 1. Give the last layer 7 units."),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_one_sentence_and_no_harm(name: str) -> None:
    """A new network stays new and learns from good data afterwards; a trained one keeps every bit and goes on."""
    given, message = REFUSED[name]
    options = {"X": X, "y": Y, "epochs": 2, **given()}
    new, trained = make(), make()
    trained.fit(X, Y, epochs=1)
    before = copy.deepcopy(trained)
    for net in (new, trained):
        with pytest.raises(gn.GlassnetError) as caught:
            net.fit(**options)
        if net is new or name not in ("a number", "one dimension", "three dimensions"):
            assert str(caught.value) == message
    if "validation" not in name:
        assert new.input_shape is None
        assert new._run is None
    np.testing.assert_array_equal(trained.params, before.params)
    np.testing.assert_array_equal(trained.stats, before.stats)
    assert trained.history.to_dict() == before.history.to_dict()
    for net in (trained, before):
        net.fit(X, Y, epochs=1)
    np.testing.assert_array_equal(trained.params, before.params)
    new.fit(X, Y, epochs=1)
    assert np.isfinite(new.params).all()


# The same numbers in other clothes.
EQUIVALENT: dict[str, Callable[[], tuple[Any, Any]]] = {
    "lists": lambda: (X.tolist(), Y.tolist()),
    "objects": lambda: (X.astype(object), Y.astype(object)),
    "decimals": lambda: (np.array([[decimal.Decimal(float(v)) for v in row] for row in X]), Y),
    "Fortran order": lambda: (np.asfortranarray(X), Y),
    "strided": lambda: (np.repeat(X, 2, axis=0)[::2], np.repeat(Y, 3)[::3]),
    "big-endian": lambda: (X.astype(">f8"), Y.astype(">i8")),
    "long double": lambda: (X.astype(np.longdouble), Y),
    "masked without masks": lambda: (np.ma.masked_array(X), Y),
    "labels as floats": lambda: (X, Y.astype(float)),
    "labels as a column": lambda: (X, Y[:, None]),
    "labels as probabilities": lambda: (X, np.eye(2)[Y]),
    "labels as bool": lambda: (X, Y.astype(bool)),
}


@pytest.mark.parametrize("name", EQUIVALENT)
def test_the_same_numbers_give_the_same_bits(name: str) -> None:
    """Whatever they are kept in, and nothing is written to."""
    inputs, targets = EQUIVALENT[name]()
    for array in (inputs, targets):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    expected, net = make(), make()
    expected.fit(X, Y, epochs=3, batch_size=8)
    net.fit(inputs, targets, epochs=3, batch_size=8)
    if name == "labels as probabilities":
        np.testing.assert_allclose(net.params, expected.params, rtol=1e-4, atol=1e-5)
    else:
        np.testing.assert_array_equal(net.params, expected.params)


@pytest.mark.parametrize("make_frame", ["pandas", "pandas with another index", "polars", "numpy.matrix"])
def test_frames_of_numbers(make_frame: str) -> None:
    """A frame of numbers is its values; the index of pandas means nothing."""
    expected, net = make(), make()
    expected.fit(X, Y, epochs=2)
    inputs: Any
    targets: Any
    if make_frame == "polars":
        polars = pytest.importorskip("polars")
        inputs, targets = polars.DataFrame(X), polars.Series(Y)
    elif make_frame == "numpy.matrix":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inputs, targets = np.asmatrix(X), Y
    else:
        pandas = pytest.importorskip("pandas")
        index = range(7, 27) if "index" in make_frame else range(20)
        inputs, targets = pandas.DataFrame(X, index=index), pandas.Series(Y, index=range(20))
    net.fit(inputs, targets, epochs=2)
    np.testing.assert_array_equal(net.params, expected.params)


def test_float16_is_widened() -> None:
    """Half precision is taken as the numbers it holds."""
    expected, net = make(), make()
    expected.fit(X.astype("float16").astype("float64"), Y, epochs=2)
    net.fit(X.astype("float16"), Y, epochs=2)
    np.testing.assert_array_equal(net.params, expected.params)
    assert net.params.dtype == np.float32


# Edges that are no mistakes: they train, finitely.
EDGES: dict[str, tuple[str, int, dict[str, Any]]] = {
    "one sample": ("cross_entropy", 2, {"X": X[:1], "y": Y[:1]}),
    "one feature": ("cross_entropy", 2, {"X": X[:, :1]}),
    "batches of one row": ("cross_entropy", 2, {"batch_size": 1}),
    "a last batch of one row": ("cross_entropy", 2, {"X": X[:17], "y": Y[:17], "batch_size": 8}),
    "batch larger than the data": ("cross_entropy", 2, {"batch_size": 10_000}),
    "constant target": ("squared_error", 1, {"y": np.full(20, 3.0)}),
    "one class only": ("cross_entropy", 2, {"y": np.zeros(20, int)}),
    "constant features": ("cross_entropy", 2, {"X": np.ones((20, 3))}),
    "zeros": ("cross_entropy", 2, {"X": np.zeros((20, 3))}),
    "batches of weight 0": ("cross_entropy", 2, {"sample_weight": np.r_[np.zeros(9), np.ones(11)], "shuffle": False, "batch_size": 4}),
    "tiny and huge weights": ("cross_entropy", 2, {"sample_weight": np.r_[np.full(10, 1e-30), np.full(10, 1e30)]}),
    "large features": ("cross_entropy", 2, {"X": X * 1e15}),
    "bool features": ("cross_entropy", 2, {"X": X > 0}),
    "whole numbers beyond 2**24": ("cross_entropy", 2, {"X": np.full((20, 3), 2**24 + 1)}),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_edges_train(name: str) -> None:
    """Loss, weights and predictions stay finite, in training, evaluation and prediction."""
    loss, k, options = EDGES[name]
    net = make(loss, k)
    settings = {"X": X, "y": Y, "epochs": 3, "batch_size": 8, **options}
    history = net.fit(**settings)
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(net.params).all()
    assert np.isfinite(net.stats).all()
    assert np.isfinite(net.predict(settings["X"])).all()
    assert np.isfinite(list(net.evaluate(settings["X"], settings["y"]).values())).all()


def test_batch_norm_with_one_row_uses_the_running_statistics() -> None:
    """A single row has no variance: it is normalised by the running statistics, which it does not change."""
    net = gn.Network([gn.BatchNorm(), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(2,))
    net.stats[:] = [1.0, 2.0, 4.0, 9.0]
    before = net.stats.copy()
    net.fit([[3.0, 5.0]], [1.0], epochs=2)
    np.testing.assert_array_equal(net.stats, before)


PREDICTIONS = [
    (X[:, :2], "Network.predict: X has shape (20, 2); it must be (n, 3): one row per sample. The network was built for such samples."),
    (X[0], "Network.predict: X has shape (3,); it must be (n, 3): one row per sample. For one row: X.reshape(1, -1)"),
    (with_value(0, 2, np.nan), "Network.predict: X holds nan at row 0, column 2; it must be finite. Fill or drop missing values first."),
    (X[:0], "Network.predict: X has shape (0, 3); it must have at least one row and one value."),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "message"), PREDICTIONS)
def test_bad_inputs_of_predict(inputs: np.ndarray, message: str) -> None:
    """Prediction checks as training does."""
    net = make(input_shape=(3,))
    with pytest.raises(gn.GlassnetError) as caught:
        net.predict(inputs)
    assert str(caught.value) == message
