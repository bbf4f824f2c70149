"""Activations of the user's own: accepted only with the right derivative, and then like any other."""

from __future__ import annotations

import copy
import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

import glassnet as gn
from glassnet.utils.formula import evaluate
from harness import Bench, bench_errors
from hostile import DATA


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
            "CustomActivation: derivative is right in terms of a = function(z); it must be a function of z. Pass lambda z: derivative(function(z)) instead."
        )
        gn.CustomActivation(function, lambda z, f=function, d=derivative: d(f(z)))


WRONG = [
    (cube, lambda z: 6.0 * z**2, "It is 2 times the right one everywhere."),
    (np.sin, lambda z: -np.cos(z), "It is -1 times the right one everywhere."),
    (cube, lambda z: 3.0 * z**2 + 0.01, "Check it by hand there."),
    (cube, lambda z: np.full_like(z, np.nan), "derivative is nan at z = -3.99, where that of function is 47.7."),
    (np.tanh, lambda z: 1.0 - np.tanh(z) ** 2 + 1e-4 * (z > 3.5), "Check it by hand there."),
    (lambda z: float(z), cube_slope, "function raised TypeError("),
    (cube, lambda z: z[:3], "derivative returned float64 of shape (3,) for shape (161,); it must return numbers in the shape that it is given."),
    (lambda z: z.sum(), cube_slope, ", where that of function is 161. Check it by hand there."),
    (lambda z: z.astype(str), cube_slope, "function returned <U32 of shape (161,) for shape (161,); it must return numbers in the shape that it is given."),
    (lambda z: np.multiply(z, z, out=z), lambda z: 2 * z, "function changed its input; it must leave that as it is."),
    (lambda z: z * np.nan, cube_slope, "function is finite nowhere from -4 to 4; it must be finite somewhere there."),
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
    with pytest.raises(
        gn.FormatError,
        match=r"'cube' has no function; function and derivative must be given\. To load a network that uses it, make it again and pass it: load\(path, custom=\[it\]\)\.",
    ):
        gn.load(tmp_path / "net.safetensors")
    pair = (cube, cube_slope)
    for layers in ([gn.Dense(3, pair)], [gn.Parametric(pair)], [gn.Copies(2), gn.EnsembleDense(3, pair), gn.Flatten()]):
        nameless = gn.Network([*layers, gn.Dense(1)], loss="squared_error", input_shape=(3,))
        with pytest.raises(gn.ConfigError) as caught:
            nameless.save(tmp_path / "other.safetensors")
        assert str(caught.value) == (
            "CustomActivation: CustomActivation(cube, cube_slope, name=None) has no name; it must have one to be saved. Make it with name=..."
        )
    with pytest.raises(gn.FormatError, match="custom holds 3; it must hold classes, or objects with a name"):
        gn.load(tmp_path / "net.safetensors", custom=[3])


def test_one_object_may_serve_many_layers() -> None:
    """Activations given to Dense are copied, so that no two layers share one."""
    own = gn.LeakyReLU(0.2)
    first, second = gn.Dense(3, own), gn.Dense(4, own)
    assert first.activation is not second.activation
    assert repr(first) == "Dense(units=3, activation=LeakyReLU(slope=0.2), initializer=None, use_bias=True)"
    assert gn.Dense(**first.config()).activation.slope == 0.2
    net = gn.Network([first, second, gn.Dense(1)], loss="squared_error", input_shape=(2,))
    assert "Dense(3, LeakyReLU(slope=0.2))" in str(net.summary())


class Cubed(gn.Activation):
    """A class of one line."""

    formula = gn.Formula("scale * Z**3", "3 * scale * Z**2")
    scale = 0.5


FORMULAS = [
    gn.Formula("Z**3", "3 * Z**2"),
    gn.Formula("Z / (1 + exp(-Z))", "s + A * (1 - s)", {"s": "sigmoid(Z)"}, "Z * sigmoid(Z)"),
    gn.Formula("max(Z, 0.1 * Z)", "1 if Z > 0 else 0.1"),
    gn.Formula("cos(pi * Z)", "-pi * sin(pi * Z)"),
]


@pytest.mark.parametrize("own", [*(gn.CustomActivation(formula=formula) for formula in FORMULAS), Cubed()], ids=repr)
def test_a_formula_is_enough(own: gn.Activation, rng: np.random.Generator) -> None:
    """Function and derivative follow from it: the gradients agree with differences, float32 stays, members work."""
    for layer in (own, gn.Dense(4, own), gn.Parametric(own)):
        for members in (None, 2):
            errors = bench_errors(Bench(layer, (3,), 5, members=members), rng, "train")
            assert max(errors.values()) < 1e-6, errors
        bench = Bench(layer, (3,), 5, dtype="float32")
        X = bench.inputs(rng)
        assert bench.forward(X, "train").dtype == np.float32
        dX = bench.backward(bench.gradient_of_output(rng))
        assert dX is not None
        assert dX.dtype == np.float32


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.value)
def test_a_formula_is_saved(formula: gn.Formula, tmp_path: Path, rng: np.random.Generator) -> None:
    """A file, a pickle and a configuration hold the formula: nothing has to be passed, and the predictions are equal."""
    X, y = rng.standard_normal((30, 3)), rng.standard_normal(30)
    given = gn.CustomActivation(lambda z: evaluate(formula.value, Z=z), formula=formula)
    for own in (gn.CustomActivation(formula=formula), given):
        layers = [gn.Residual([gn.Dense(3, own), own, gn.Parametric(own)]), gn.Dense(1)]
        net = gn.Network(layers, loss="squared_error", seed=0, dtype="float64")
        net.fit(X, y, epochs=1, batch_size=30)
        net.save(tmp_path / "net.safetensors")
        twin = gn.load(tmp_path / "net.safetensors")
        np.testing.assert_allclose(twin.predict(X), net.predict(X), rtol=1e-12)
        again = gn.load(tmp_path / "net.safetensors", custom=[gn.CustomActivation(formula=formula, name="other")])
        np.testing.assert_array_equal(again.predict(X), twin.predict(X))
        for trained in (twin, again):
            trained.fit(X, y, epochs=1, batch_size=30)
        np.testing.assert_allclose(twin.predict(X), again.predict(X), rtol=1e-9)
    dense = gn.Dense(3, gn.CustomActivation(formula=formula))
    for copied in (pickle.loads(pickle.dumps(dense)), copy.deepcopy(dense), gn.Dense(**dense.config())):
        assert copied.activation.formula == dense.activation.formula
    assert repr(dense.activation) == f"CustomActivation(formula={formula.value!r}, name=None)"


def test_files_with_formulas_of_before_are_read() -> None:
    """The network of the fixture predicts as it did when it was written."""
    expected = json.loads((DATA / "own_formulas_3.json").read_text())
    net = gn.load(DATA / "own_formulas_3.safetensors")
    np.testing.assert_allclose(net.predict(expected["X"]), expected["predictions"], rtol=1e-12)


def test_a_formula_is_explained() -> None:
    """It stands in the worked step with its numbers, by whichever way it was given."""
    for own in (
        gn.CustomActivation(formula=FORMULAS[0]),
        gn.CustomActivation(cube, cube_slope, formula="Z**3"),
        Cubed(),
    ):
        network = gn.Network([gn.Dense(1, own)], loss="squared_error", input_shape=1, dtype="float64")
        network.params[:] = [2.0, 0.0]
        factor = "0.5 * " if isinstance(own, Cubed) else ""
        assert f"   A1 = {factor}Z1**3\n     A1[0, 0] = {factor}2**3 = " in str(network.explain([[1.0]], [1.0]))


OTHER_FORMULAS = [
    ({"formula": "Z**2", "function": cube, "derivative": cube_slope},
     "formula is 15.9 at z = -3.99, where that of function is -63.4."),
    ({"formula": gn.Formula("Z**3", "2 * Z**2")},
     "derivative is 32.2 at z = 4.01, where that of function is 48.3. It is 0.6667 times the right one everywhere."),
    ({"formula": gn.Formula("Z**3", "2 * Z**2"), "derivative": cube_slope},
     "the derivative of formula is 32.2 at z = 4.01, where that of function is 48.3. It is 0.6667 times the right one everywhere."),
    ({"formula": gn.Formula("Z**3", "3 * Z**2", stable="Z**2")},
     "derivative is 47.7 at z = -3.99, where that of function is -7.98. Check it by hand there."),
    ({"formula": gn.Formula("Z**3", "3 * Z**2", stable="Z**2"), "function": cube},
     "the stable form of formula is 15.9 at z = -3.99, where that of function is -63.4."),
    ({"formula": "Z**3"},
     "formula has no derivative; it must have one, or be given with one. Write formula=Formula('Z**3', ...) with the derivative in terms of Z and of the output A."),
    ({"formula": "alpha * Z"},
     "formula 'alpha * Z' has alpha; it must be an expression in Z. Write formula='Z**3', or Formula('Z**3', '3 * Z**2') with its derivative, which may have the output A too."),
    ({"formula": "A * Z"},
     "formula 'A * Z' has A; it must be an expression in Z. Write formula='Z**3', or Formula('Z**3', '3 * Z**2') with its derivative, which may have the output A too."),
    ({"formula": 3},
     "formula is 3; it must be an expression in Z. Write formula='Z**3', or Formula('Z**3', '3 * Z**2') with its derivative, which may have the output A too."),
    ({"formula": {"value": "Z", "other": "1"}},
     "formula is {'value': 'Z', 'other': '1'}; it must be an expression in Z. Write formula='Z**3', or Formula('Z**3', '3 * Z**2') with its derivative, which may have the output A too."),
]  # fmt: skip


@pytest.mark.parametrize(("given", "words"), OTHER_FORMULAS)
def test_other_formulas_are_refused(given: dict[str, Any], words: str) -> None:
    """One that is not that of the functions, has a wrong derivative or none, or other names, is refused in a sentence."""
    with pytest.raises(gn.ConfigError) as caught:
        gn.CustomActivation(**given)
    assert str(caught.value) == f"CustomActivation: {words}"


HOSTILE = ["__import__('os').system('true')", "9**9**9", "Z.__class__", "(" * 3000, "-" * 30000 + "Z", "A", "1e999 * Z"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
@pytest.mark.parametrize("place", ["value", "derivative", "stable", "definitions"])
def test_a_file_cannot_compute_anything_else(text: str, place: str, tmp_path: Path) -> None:
    """A formula in a file is read as one: other Python, and what would take a computer's memory, is refused."""
    net = gn.Network([gn.Dense(2, gn.CustomActivation(formula=FORMULAS[1]))], loss="squared_error", input_shape=3)
    path = tmp_path / "net.safetensors"
    net.save(path)
    with safe_open(path, "numpy") as file:
        description = json.loads(file.metadata()["glassnet"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no dict
    formula = description["config"]["layers"][0]["activation"]["formula"]
    formula[place] = {"s": text} if place == "definitions" else text
    save_file(arrays, path, metadata={"glassnet": json.dumps(description)})
    with pytest.raises(gn.FormatError):
        gn.load(path)


def test_a_class_without_either_is_refused() -> None:
    """An activation with neither methods nor a formula says what it needs."""

    class Empty(gn.Activation):
        pass

    net = gn.Network([gn.Dense(2, Empty())], loss="squared_error", input_shape=3)
    with pytest.raises(gn.ConfigError, match=re.escape("Write Formula('Z**3', '3 * Z**2').")):
        net.forward([[1.0, 2.0, 3.0]])


@pytest.mark.parametrize("to", ["c", "numpy", "python", "js", "onnx"])
def test_exported_files_contain_the_formula(to: str, tmp_path: Path) -> None:
    """Activations by formula, a class of one's own and functions with a formula compute the same in every target."""
    own = [gn.CustomActivation(formula=FORMULAS[3]), Cubed(), gn.CustomActivation(np.sin, np.cos, formula="sin(Z)")]
    layers = [gn.Dense(4, own[0]), gn.Parametric(own[1]), own[2], gn.Dense(2, own[0])]
    net = gn.Network(layers, loss="squared_error", input_shape=3, seed=0)
    report = gn.export(net, tmp_path / f"own.{'py' if to in ('numpy', 'python') else to}", to=to)
    assert report.failures in (0, None)
    assert report.error is None or report.error < 1e-5


def test_an_activation_without_a_formula_is_not_exported(tmp_path: Path) -> None:
    """The sentence says what it lacks."""
    net = gn.Network([gn.Dense(1, (cube, cube_slope))], loss="squared_error", input_shape=3, seed=0)
    with pytest.raises(
        gn.ConfigError, match=r"^export: CustomActivation\(.*\) has no formula; every activation must have a formula\."
    ):
        gn.export(net, tmp_path / "own.js")
