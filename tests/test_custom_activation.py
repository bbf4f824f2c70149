"""Activations of the user's own: accepted only with the right derivative, and then like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from harness import Bench, bench_errors


def sigmoid(z: np.ndarray) -> np.ndarray:
    """As every tutorial has it."""
    return 1.0 / (1.0 + np.exp(-z))


def cube(z: np.ndarray) -> np.ndarray:
    """z³."""
    return z**3


def cube_slope(z: np.ndarray) -> np.ndarray:
    """3 z²."""
    return 3.0 * z**2


PAIRS = [
    (cube, cube_slope),
    (np.sin, np.cos),
    (sigmoid, lambda z: sigmoid(z) * (1.0 - sigmoid(z))),
    (lambda z: np.maximum(z, 0.0), lambda z: (z > 0).astype(z.dtype)),
    (lambda z: np.where(z > 0, z, 0.1 * z), lambda z: np.where(z > 0, 1.0, 0.1)),
    (lambda z: z, lambda z: 1.0),
    (np.abs, np.sign),
    (lambda z: np.sqrt(np.abs(z)), lambda z: 0.5 * np.sign(z) / np.sqrt(np.abs(z))),
    (lambda z: np.log(z), lambda z: 1.0 / z),
]


@pytest.mark.parametrize(("function", "derivative"), PAIRS)
def test_right_pairs_are_accepted(function: Any, derivative: Any) -> None:
    """Smooth ones, kinks, constants, and functions that are defined on part of the line."""
    gn.CustomActivation(function, derivative)


def refusal(function: Any, derivative: Any) -> str:
    """Return the sentence that a pair gets."""
    with pytest.raises(gn.ConfigError) as caught:
        gn.CustomActivation(function, derivative)
    return str(caught.value)


def test_derivative_in_terms_of_a_is_recognised() -> None:
    """The tutorial's ``a * (1 - a)`` is right for a = sigmoid(z), and is told so; so is ``1 - a**2`` of tanh."""
    for function, derivative in ((sigmoid, lambda a: a * (1.0 - a)), (np.tanh, lambda a: 1.0 - a**2)):
        assert refusal(function, derivative) == (
            "CustomActivation: derivative must be a function of z, got one that is right in terms of a = function(z). "
            "Pass lambda z: derivative(function(z)) instead."
        )
        gn.CustomActivation(function, lambda z, f=function, d=derivative: d(f(z)))


WRONG = [
    (cube, lambda z: 6.0 * z**2, "It is 2 times the right one everywhere."),
    (np.sin, lambda z: -np.cos(z), "It is -1 times the right one everywhere."),
    (cube, lambda z: 3.0 * z**2 + 0.01, "Check it by hand there."),
    (cube, lambda z: np.full_like(z, np.nan), "got nan instead of"),
    (np.tanh, lambda z: 1.0 - np.tanh(z) ** 2 + 1e-4 * (z > 3.5), "Check it by hand there."),
    (lambda z: float(z), cube_slope, "function must take an array, got TypeError"),
    (cube, lambda z: z[:3], "derivative must return an array of numbers of the shape it is given"),
    (lambda z: z.sum(), cube_slope, "derivative must be that of function"),
    (lambda z: z.astype(str), cube_slope, "function must return an array of numbers"),
    (lambda z: np.multiply(z, z, out=z), lambda z: 2 * z, "function must leave its input as it is, got one that changes it."),
    (lambda z: z * np.nan, cube_slope, "function must be finite somewhere between -4 and 4, got nothing finite."),
]  # fmt: skip


@pytest.mark.parametrize(("function", "derivative", "words"), WRONG)
def test_wrong_pairs_are_refused(function: Any, derivative: Any, words: str) -> None:
    """A wrong derivative is named with the worst place, or the factor that it is off by; so is what is no function."""
    assert words in refusal(function, derivative)


@pytest.mark.parametrize("mode", ["train", "record"])
@pytest.mark.parametrize("members", [None, 2])
def test_obeys_the_laws(mode: str, members: int | None, rng: np.random.Generator) -> None:
    """Alone and in a Dense the gradients agree with differences to 1e-6, float32 stays and X is not written."""
    own = gn.CustomActivation(cube, cube_slope)
    for layer in (own, gn.Dense(4, own), gn.Dense(4, (cube, cube_slope)), gn.Parametric(own)):
        errors = bench_errors(Bench(layer, (3,), 5, members=members), rng, mode)
        assert max(errors.values()) < 1e-6, errors
        bench = Bench(layer, (3,), 5, dtype="float32", members=members)
        X = bench.inputs(rng)
        assert bench.forward(X, mode).dtype == np.float32
        dX = bench.backward(bench.gradient_of_output(rng))
        assert dX is not None
        assert dX.dtype == np.float32


def test_equals_the_built_in_one(rng: np.random.Generator) -> None:
    """A network with our sigmoid and one with the user's train to the same weights, but for rounding."""
    X, y = rng.standard_normal((60, 3)), rng.integers(0, 2, 60)
    nets = []
    for activation in ("sigmoid", PAIRS[2]):
        net = gn.Network([gn.Dense(5, activation), gn.Dense(1)], loss="binary_cross_entropy", seed=0, dtype="float64")
        net.fit(X, y, epochs=10)
        nets.append(net)
    np.testing.assert_allclose(nets[0].params, nets[1].params, rtol=1e-9)


def test_files_need_its_name(tmp_path: Path, rng: np.random.Generator) -> None:
    """With a name it is found again among ``custom``; without one, or not passed, a sentence says what to do."""
    X, y = rng.standard_normal((30, 3)), rng.standard_normal(30)
    own = gn.CustomActivation(cube, cube_slope, name="cube")
    layers = [gn.Residual([gn.Dense(3, own), own, gn.Parametric(own)]), gn.Dense(1)]
    net = gn.Network(layers, loss="squared_error", seed=0)
    net.fit(X, y, epochs=1)
    net.save(tmp_path / "net.safetensors")
    twin = gn.load(tmp_path / "net.safetensors", custom=[own])
    np.testing.assert_array_equal(twin.predict(X), net.predict(X))
    with pytest.raises(gn.FormatError, match=r"got none for 'cube'. To load a network that uses it, make it again"):
        gn.load(tmp_path / "net.safetensors")
    pair = (cube, cube_slope)
    for layers in ([gn.Dense(3, pair)], [gn.Parametric(pair)], [gn.Copies(2), gn.EnsembleDense(3, pair), gn.Flatten()]):
        nameless = gn.Network([*layers, gn.Dense(1)], loss="squared_error", input_shape=(3,))
        with pytest.raises(gn.ConfigError) as caught:
            nameless.save(tmp_path / "other.safetensors")
        assert str(caught.value) == (
            "CustomActivation: it must have a name to be saved, got none for "
            "CustomActivation(cube, cube_slope, name=None). Make it with name=..."
        )
    with pytest.raises(gn.FormatError, match="custom must hold classes, or objects with a name, got 3"):
        gn.load(tmp_path / "net.safetensors", custom=[3])


def test_one_object_may_serve_many_layers() -> None:
    """Activations given to Dense are copied, so that no two layers share one."""
    own = gn.LeakyReLU(0.2)
    first, second = gn.Dense(3, own), gn.Dense(4, own)
    assert first.activation is not second.activation
    assert repr(first) == "Dense(units=3, activation=LeakyReLU(slope=0.2), initializer=None, use_bias=True)"
    assert gn.Dense(**first.config()).activation.slope == 0.2
    net = gn.Network([first, second, gn.Dense(1)], loss="squared_error", input_shape=(2,))
    assert "Dense(3, LeakyReLU(slope=0.2))" in net.summary()
