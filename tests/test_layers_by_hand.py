"""Layers against numbers worked out by hand, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from harness import Bench


def passes(layer: gn.Layer, X: Any, dY: Any, **params: Any) -> tuple[list[Any], list[Any], dict[str, Any]]:
    """Return Y, dX and the parameters' gradients for float64 rows, with parameters as given."""
    X, dY = np.array(X, dtype=float), np.array(dY, dtype=float)
    bench = Bench(layer, X.shape[1:], len(X))
    for name, value in params.items():
        bench.params[name][...] = value
    Y = bench.forward(X, "record").copy()
    dX = bench.backward(dY)
    assert dX is not None
    return Y.tolist(), dX.tolist(), {name: gradient.ravel().tolist() for name, gradient in bench.grads.items()}


def test_prelu() -> None:
    """Slopes 0.25 and 3 on (-2, -2) and (4, 0): only negative inputs count for the slopes."""
    Y, dX, grads = passes(gn.PReLU(), [[-2.0, -2.0], [4.0, 0.0]], [[1.0, 10.0], [1.0, 1.0]], slope=[[0.25, 3.0]])
    assert Y == [[-0.5, -6.0], [4.0, 0.0]]
    assert dX == [[0.25, 30.0], [1.0, 1.0]]
    assert grads["slope"] == [-2.0, -20.0]


def test_shared_prelu() -> None:
    """One slope for all: its gradient is the sum over rows and features."""
    Y, _, grads = passes(gn.PReLU(shared=True), [[-2.0, -3.0]], [[1.0, 10.0]], slope=0.25)
    assert Y == [[-0.5, -0.75]]
    assert grads["slope"] == [-32.0]


def test_parametric() -> None:
    """A rectifier with alpha 0, 0.5 and 1 at -4: -4, -2 and 0; at 3 alpha does not matter."""
    Y, dX, grads = passes(gn.Parametric("relu"), [[-4.0] * 3, [3.0] * 3], [[1.0] * 3] * 2, alpha=[[0.0, 0.5, 1.0]])
    assert Y == [[-4.0, -2.0, 0.0], [3.0, 3.0, 3.0]]
    assert dX == [[1.0, 0.5, 0.0], [1.0, 1.0, 1.0]]
    assert grads["alpha"] == [4.0, 4.0, 4.0]  # sum of f(x) - x


def test_softmax() -> None:
    """log 1, log 3 give 1/4, 3/4; for dY = (1, 0) dX is p1 (1 - p1) and -p1 p2."""
    Y, dX, _ = passes(gn.Softmax(), [[0.0, math.log(3.0)]], [[1.0, 0.0]])
    np.testing.assert_allclose(Y, [[0.25, 0.75]], rtol=1e-14)
    np.testing.assert_allclose(dX, [[0.1875, -0.1875]], rtol=1e-14)


def test_embedding() -> None:
    """Codes pick rows of W; the gradient of a row is the sum over its places, 0 for codes that are not there."""
    W = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    Y, dX, grads = passes(gn.Embedding(3, 2), [[2.0, 0.0], [2.0, 2.0]], np.arange(8.0).reshape(2, 2, 2), weight=W)
    assert Y == [[[5.0, 6.0], [1.0, 2.0]], [[5.0, 6.0], [5.0, 6.0]]]
    assert dX == [[0.0, 0.0], [0.0, 0.0]]
    assert grads["weight"] == [2.0, 3.0, 0.0, 0.0, 0.0 + 4.0 + 6.0, 1.0 + 5.0 + 7.0]


def test_select() -> None:
    """Columns in the order asked for; what was not selected has gradient 0."""
    Y, dX, _ = passes(gn.Select([2, -4]), [[1.0, 2.0, 3.0, 4.0]], [[5.0, 6.0]])
    assert (Y, dX) == ([[3.0, 1.0]], [[6.0, 0.0, 5.0, 0.0]])


def test_scale() -> None:
    """Each feature has its factor, whose gradient is the sum of dY * X."""
    Y, dX, grads = passes(gn.Scale(), [[1.0, 2.0], [3.0, 4.0]], [[1.0, 1.0], [1.0, 10.0]], scale=[[2.0, -1.0]])
    assert (Y, dX) == ([[2.0, -2.0], [6.0, -4.0]], [[2.0, -1.0], [2.0, -10.0]])
    assert grads["scale"] == [4.0, 42.0]


def test_gaussian_noise(rng: np.random.Generator) -> None:
    """While training, mean 0 and the standard deviation asked for, another draw per step; otherwise nothing."""
    bench = Bench(gn.GaussianNoise(0.5), (100,), 200)
    X = bench.inputs(rng)
    noise = bench.forward(X, "train") - X
    assert abs(noise.mean()) < 0.02
    assert noise.std() == pytest.approx(0.5, rel=0.02)
    assert bench.forward(X, "record") is X
    net = gn.Network([gn.GaussianNoise(0.5), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(3,))
    assert np.array_equal(net.predict(X[:, :3]), net.predict(X[:, :3]))


def test_mixed_table_of_numbers_and_categories(rng: np.random.Generator) -> None:
    """Numbers pass, codes are looked up; both learn, the gradient check agrees and the input's gradient is 0 for codes."""
    X = np.column_stack([rng.standard_normal(60), rng.integers(0, 5, 60), rng.standard_normal(60)])
    y = X[:, 0] + np.array([0.0, 3.0, -2.0, 1.0, 5.0])[X[:, 1].astype(int)]
    split = gn.Concatenate([[gn.Select([0, 2]), gn.Scale()], [gn.Select([1]), gn.Embedding(5, 2), gn.Flatten()]])
    net = gn.Network([split, gn.Dense(16, "silu"), gn.Dense(1)], loss="squared_error", optimizer=gn.Adam(0.02), seed=0)
    net.fit(X, y, epochs=150, batch_size=20)
    assert net.evaluate(X, y)["r2"] > 0.98
    assert gn.check_gradients(net, X[:10], y[:10])
    slopes = net.input_gradient(X[:10])
    assert slopes[:, 0].any()
    assert not slopes[:, 1].any()


@pytest.mark.parametrize("value", [5.0, -1.0, 2.5])
def test_bad_codes_are_named_and_change_nothing(value: float, rng: np.random.Generator) -> None:
    """A code out of range or between two is named by row and column before anything is trained, and in predict."""
    X = rng.integers(0, 5, (40, 2)).astype(float)
    y = rng.standard_normal(40)
    net = gn.Network([gn.Embedding(5, 2), gn.Flatten(), gn.Dense(1)], loss="squared_error", seed=0)
    net.fit(X, y, epochs=1)
    before = net.params.copy()
    X[33, 1] = value
    for call in (lambda: net.fit(X, y, epochs=1, batch_size=8), lambda: net.predict(X), lambda: net.evaluate(X, y)):
        with pytest.raises(gn.DataError) as caught:
            call()
        assert str(caught.value) == (
            f"Embedding: the code at row 33, column 1 is {value:g}; it must be a whole number from 0 to 4. "
            "Give n_categories the number of categories, and unknown ones a code of their own."
        )
    np.testing.assert_array_equal(net.params, before)
    assert net.history.epochs == 1


def test_bad_codes_deep_inside_are_found_before_training(rng: np.random.Generator) -> None:
    """Behind Select, Reshape and containers too, as long as the numbers are still the user's own."""
    lookup = [gn.Select([1, 2]), gn.Reshape((2, 1)), gn.Flatten(), gn.Embedding(3, 2), gn.Flatten()]
    both = gn.Concatenate([gn.Select([0]), gn.Sequential(lookup)])
    net = gn.Network([both, gn.Dense(1)], loss="squared_error", seed=0)
    X = np.zeros((9, 3))
    X[7, 2] = 3.0
    with pytest.raises(
        gn.DataError,
        match=r"the code at row 7, column 1 is 3; it must be a whole number from 0 to 2\. Give n_categories the number of categories, and unknown ones a code of their own\.",
    ):
        net.fit(X, np.zeros(9), epochs=1)
    assert net.input_shape is None


MESSAGES = [
    (lambda: gn.Embedding(0, 2), "Embedding: n_categories is 0; it must be a whole number of at least 1."),
    (lambda: gn.Embedding(2**25, 2), "Embedding: n_categories is 33554432; it must be at most 16777216."),
    (lambda: gn.Embedding(5, 2, initializer="nomal"), "Embedding: unknown initializer 'nomal'. Did you mean 'normal'? The choices are 'glorot_normal', 'glorot_uniform', 'he_normal', 'he_uniform', 'lecun_normal', 'lecun_uniform', 'normal', 'ones', 'orthogonal', 'quarter', 'signs', 'tutorial', 'uniform', 'zeros'."),
    (lambda: gn.Select([]), "Select: columns is empty; it must hold at least one position."),
    (lambda: gn.Select([0.5]), "Select: columns is 0.5; it must be a whole number of at least -16777216."),
    (lambda: gn.Select([0, 3]).build((3,)), "Select: columns has 3; they must be different positions among 3, counted from 0."),
    (lambda: gn.Select([0, -3]).build((3,)), "Select: columns has a position twice; they must be different positions among 3, counted from 0."),
    (lambda: gn.Reshape((-1, -1)), "Reshape: shape is (-1, -1); it must have at least one axis, and -1 at most once."),
    (lambda: gn.Reshape((2, 2)).build((6,)), "Reshape: each sample has shape (6,); its numbers must fill (2, 2). Give shape another product than 4."),
    (lambda: gn.Reshape((4, -1)).build((6,)), "Reshape: each sample has shape (6,); its numbers must fill (4, -1). Give shape another product than 4."),
    (lambda: gn.GaussianNoise(-1.0), "GaussianNoise: std is -1.0; it must be a finite number of at least 0."),
    (lambda: gn.PReLU(shared=1), "PReLU: shared is 1; it must be True or False."),
    (lambda: gn.Dense(3, gn.PReLU()), "Dense(units=3): activation is PReLU(shared=False); it must be a name, an activation or a pair of functions. Put the layer behind this one."),
    (lambda: gn.Dense(3, np.tanh), "Dense(units=3): activation is <ufunc 'tanh'>; it must be a name, an activation or a pair of functions. Pass (function, derivative)."),
    (lambda: gn.Network([gn.Dense(3, "softmax")], loss="cross_entropy"), "Network: the last layer is a Softmax; under loss='cross_entropy' it must give logits. Leave it out: the loss includes the softmax, and predict applies it."),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), MESSAGES)
def test_bad_layers(call: Any, message: str) -> None:
    """What cannot work gets one sentence."""
    with pytest.raises(gn.GlassnetError) as caught:
        call()
    assert str(caught.value).startswith(message)
    assert str(caught.value).count(". ") <= 1
