"""The formula that an activation, a loss or an optimizer carries is what its code computes, in every language."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from cases import LOSSES, LossCase
from glassnet.layers import Activation, Softmax
from glassnet.layers.activations.by_name import ACTIVATIONS
from glassnet.losses import LOSSES as LOSS_CLASSES
from glassnet.optimizers import OPTIMIZERS, Optimizer, OptimizerState
from glassnet.optimizers.base import Group
from glassnet.utils.arrays import BufferPool, Buffers
from glassnet.utils.formula import Formula, Python, evaluate
from glassnet.utils.formula_text import Latex, Words

FLOAT64 = np.dtype(np.float64)
ROWS_AT_ONCE = (Softmax,)  # work on rows, not on each number
Z = np.concatenate([np.linspace(-6.0, 6.0, 96), [0.0, 1.5]]).reshape(-1, 2)  # exp(6) is far from where forms round
ACTIVATION_CASES = [kind() for kind in ACTIVATIONS.values() if kind not in ROWS_AT_ONCE]
ACTIVATION_CASES += [gn.LeakyReLU(0.3), gn.ELU(0.7)]
LOSS_CASES = [case for case in LOSSES if type(case.loss) in LOSS_CLASSES.values()]
OPTIMIZER_CASES: list[Optimizer] = [
    gn.SGD(0.1),
    gn.SGD(0.1, momentum=0.8),
    gn.SGD(0.1, momentum=0.8, nesterov=True),
    gn.Adagrad(0.1, initial_accumulator=0.2),
    gn.RMSprop(0.1),
    gn.RMSprop(0.1, centered=True),
    gn.RMSprop(0.1, momentum=0.5),
    gn.RMSprop(0.1, momentum=0.5, centered=True),
    gn.Adam(0.1),
    gn.Adam(0.1, eps_form="sklearn", eps=1e-3),
    gn.AdamW(0.1, weight_decay=0.2),
    gn.Lion(0.1),
    gn.Lion(0.1, weight_decay=0.2),
]


def same(found: Any, wanted: Any) -> None:
    """Hold that two arrays are equal to 1e-12 of the larger of the number and 1."""
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def slopes(function: Any, X: np.ndarray, h: float = 1e-6) -> np.ndarray:
    """Return the central differences of a function at every entry of X."""
    found = np.empty(X.shape)
    for index in np.ndindex(X.shape):
        step = np.zeros(X.shape)
        step[index] = h
        found[index] = (function(X + step)[index[0]] - function(X - step)[index[0]]) / (2.0 * h)
    return found


@pytest.mark.parametrize("activation", ACTIVATION_CASES, ids=repr)
def test_an_activation_computes_its_formula(activation: Activation) -> None:
    """In float64 from -6 to 6, 0 included: the formula is `apply`, its derivative `differentiate`, and the slope of it."""
    formula = activation.formula
    assert formula is not None
    given = formula.constants(activation)
    activation.build(Z.shape[1:])
    work = activation.make_work(Buffers(BufferPool(None, FLOAT64), len(Z), keeps=True))
    Y, dZ = np.empty(Z.shape), np.ones(Z.shape)
    activation.apply(Z, Y, work, True)
    activation.differentiate(dZ, Y, work)

    def value(X: np.ndarray) -> np.ndarray:
        return np.asarray(evaluate(formula.value, Z=X, **given))

    def derivative(X: np.ndarray, A: np.ndarray) -> np.ndarray:
        names = {"Z": X, "A": A, **given, **formula.defined(Z=X, **given)}
        return np.broadcast_to(evaluate(formula.derivative, **names), X.shape)

    same(value(Z), Y)
    same(derivative(Z, Y), dZ)
    X = Z[Z != 0.0]
    numeric = (value(X + 1e-6) - value(X - 1e-6)) / 2e-6
    np.testing.assert_allclose(derivative(X, value(X)), numeric, rtol=1e-7, atol=1e-7)


EXTREME = np.array([0.0, 1e-8, -1e-8, 20.0, -20.0, 88.0, -88.0, 700.0, -700.0, 1e4, -1e4, *np.linspace(-9, 9, 41)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ACTIVATION_CASES, ids=repr)
def test_what_is_computed_holds_for_all_numbers(activation: Activation, dtype: str) -> None:
    """The stable form is what the layer computes, very large, very small and 0 included, and it keeps the type."""
    formula, kind = activation.formula, np.dtype(dtype)
    assert formula is not None
    X = EXTREME.astype(kind).reshape(-1, 1)
    activation.build((1,))
    work, Y = activation.make_work(Buffers(BufferPool(None, kind), len(X), keeps=False)), np.empty_like(X)
    activation.apply(X, Y, work, False)
    found = evaluate(formula.computed, Z=X, **formula.constants(activation))
    assert found.dtype == kind
    room = 1e-12 if dtype == "float64" else 2e-6
    np.testing.assert_allclose(found, Y, rtol=room, atol=room)
    small = np.abs(X) == X.dtype.type(1e-8)
    if (evaluate(formula.value, Z=np.zeros(1), **formula.constants(activation)) == 0.0).all():
        slope = (Y[small] / X[small]).astype(np.float64)
        np.testing.assert_allclose((found[small] / X[small]).astype(np.float64), slope, rtol=10 * room)


def numbers_of(loss: Any, X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Return what the names in the formula of a loss stand for, worked out from its documentation."""
    k, given = X.shape[1], loss.formula.constants(loss)
    s = getattr(loss, "label_smoothing", 0.0)
    if isinstance(loss, gn.Quantile):
        return {"Z": X, "y": np.repeat(y, len(loss.levels), axis=1), "q": np.tile(loss.levels, y.shape[1])}
    if isinstance(loss, gn.GaussianNLL):
        m, s = X[:, : k // 2], X[:, k // 2 :]
        return {"m": m, "s": s, "y": y, **given, **loss.formula.defined(s=s, **given)}
    if isinstance(loss, (gn.SoftmaxCrossEntropy, gn.SoftmaxFocalCrossEntropy)):
        T, P = np.eye(k)[y] if y.ndim == 1 else y, np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)
        if isinstance(loss, gn.SoftmaxCrossEntropy):
            return {"T": T * (1.0 - s) + s / k, "P": P}
        a = np.ones(len(y)) if loss.alpha is None else np.array(loss.alpha)[y]
        return {"a": a[:, None], "p": (T * P).sum(axis=1, keepdims=True), "T": T, "P": P, **given}
    numbers = {"Z": X, "y": y * (1.0 - s) + s / 2.0, **given}
    if isinstance(loss, gn.BinaryFocalCrossEntropy):
        numbers["a"] = np.ones(X.shape) if loss.alpha is None else np.where(y > 0, loss.alpha, 1.0 - loss.alpha)
    return {**numbers, **loss.formula.defined(**numbers)}


@pytest.mark.parametrize("case", LOSS_CASES, ids=lambda case: case.name)
def test_a_loss_computes_its_formula(case: LossCase) -> None:
    """In float64: the formula gives the loss of each row, its derivative the gradient, and the slope of that loss."""
    loss: Any = case.loss
    rng, n, k = np.random.default_rng(3), 5, case.n_outputs
    X = rng.standard_normal((n, k))
    y = loss.prepare(case.targets(rng, n), k, FLOAT64)
    averaged = 1 if isinstance(loss, (gn.SoftmaxCrossEntropy, gn.SoftmaxFocalCrossEntropy)) else k
    averaged = k // 2 if isinstance(loss, gn.GaussianNLL) else averaged

    def rows(X: np.ndarray) -> np.ndarray:
        return np.asarray(evaluate(loss.formula.value, **numbers_of(loss, X, y))).sum(axis=1) / averaged

    cache = loss.make_cache(Buffers(BufferPool(None, FLOAT64), 1, keeps=True), (k,))
    dZ, values = np.empty((n, k)), np.empty(n)
    for i in range(n):
        values[i] = loss.value_and_gradient(X[i : i + 1], y[i : i + 1], None, dZ[i : i + 1], cache)
    numbers = numbers_of(loss, X, y)
    found = evaluate(loss.formula.derivative, **numbers) / averaged
    if isinstance(loss, gn.GaussianNLL):
        found = np.hstack([found, evaluate(loss.formula_of_s.derivative, **numbers) / averaged])
    same(rows(X), values)
    same(np.sum(evaluate(loss.formula.computed, **numbers), axis=1) / averaged, values)
    same(found, dZ)
    np.testing.assert_allclose(found, slopes(rows, X), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("optimizer", OPTIMIZER_CASES, ids=repr)
def test_an_optimizer_computes_its_formulas(optimizer: Optimizer) -> None:
    """In float64: three steps leave the parameters and the moments that the formulas give, worked in their order."""
    rng, decay = np.random.default_rng(4), getattr(optimizer, "weight_decay", 0.0)
    params = rng.standard_normal(6)
    state = optimizer.new_state(params, [Group(0, 6, rate_factor=0.5, decay_factor=1.0)])
    formulas = optimizer.formulas(bool(decay))
    values = {"p": params.copy(), "lr": 0.1 * 0.5, "wd": decay, **moments(optimizer, state)}
    for t in range(1, 4):
        g = rng.standard_normal(6)
        optimizer.step(params, g, state, 0.1)
        values |= {"g": g, "t": t}
        for name, formula in formulas.items():
            known = values | formula.constants(optimizer)
            values[name] = evaluate(formula.value, **known, **formula.defined(**known))
        same(values["p"], params)
        for name, moment in moments(optimizer, state).items():
            same(values[name], moment)


def moments(optimizer: Optimizer, state: OptimizerState) -> dict[str, np.ndarray]:
    """Return the state as the formulas name it."""
    found = {name: array.copy() for name, array in state.arrays.items() if name in optimizer.formulas()}
    for name, expression in optimizer.moments.items():
        if name in optimizer.formulas():
            found[name] = evaluate(expression, **state.arrays, **Formula(expression).constants(optimizer)) + 0.0
    return found


def test_whatever_works_number_by_number_carries_its_formula() -> None:
    """A new activation, loss or optimizer without a formula, or with one that no test holds, fails here."""
    for kind in ACTIVATIONS.values():
        assert (kind.formula is None) == (kind in ROWS_AT_ONCE), kind
        assert kind in ROWS_AT_ONCE or "formula" in vars(kind), kind
    assert {type(activation) for activation in ACTIVATION_CASES} == {*ACTIVATIONS.values()} - {*ROWS_AT_ONCE}
    for loss in LOSS_CLASSES.values():
        assert isinstance(vars(loss).get("formula"), Formula), loss
    assert {type(case.loss) for case in LOSS_CASES} == {*LOSS_CLASSES.values()}
    assert {type(optimizer) for optimizer in OPTIMIZER_CASES} == {*OPTIMIZERS.values()}
    assert all("p" in kind().formulas() for kind in OPTIMIZERS.values())


PRINTED = {
    "a * (b * c) - (d - e)": ("a * b * c - (d - e)", "a * b * c - (d - e)", r"a \, b \, c - (d - e)"),
    "a / (b / c)": ("a / (b / c)", "a / (b / c)", "a / (b / c)"),
    "-a * x**2": ("-a * x**2", "-a * x**2", r"-a \, x^2"),
    "(-a)**2": ("(-a)**2", "(-a)**2", "(-a)^2"),
    "abs(Z - y) <= beta": ("abs(Z - y) <= 0.9", "|Z - y| <= 0.9", r"[|Z - y| \le 0.9]"),
    "beta * m + (1 - beta) * g": ("0.9 * m + (1 - 0.9) * g", "0.9 * m + 0.1 * g", r"0.9 m + 0.1 \, g"),
    "1 - beta**t": ("1 - 0.9**t", "1 - 0.9**t", "1 - 0.9^{t}"),
    "Z if Z > 0 else exp(Z) - 1": (
        "Z if Z > 0 else exp(Z) - 1",
        "Z where Z > 0, else exp(Z) - 1",
        r"Z\,[Z > 0] + (e^{Z} - 1)\,[Z \le 0]",
    ),
    "Z * sigmoid(Z) * sqrt(2)": (
        "Z * sigmoid(Z) * sqrt(2)",
        "Z * sigmoid(Z) * sqrt(2)",
        r"Z \odot \sigma(Z) \, \sqrt{2}",
    ),
}


@pytest.mark.parametrize("text", PRINTED)
def test_printed_in_every_language(text: str) -> None:
    """Each language has its own operators, and parentheses where the order of the operations needs them."""
    names = {"beta": 0.9}
    assert tuple(language(names).text(text) for language in (Python, Words, Latex)) == PRINTED[text]


def test_printed_python_computes_the_same() -> None:
    """What `Python` prints, with definitions in the place of their names, has the value of the expression."""
    numbers = {"a": 1.25, "b": -0.5, "c": 3.0}
    for text in ("a - (b - c)", "a - u * c", "u**2 / (b / a) - -c", "(a if b > 0 else -c) * u", "-(a - b)**2 * u"):
        printed = Python(definitions={"u": "b - a"}).text(text)
        assert "u" not in printed
        same(evaluate(printed, **numbers), evaluate(text, **numbers, u=numbers["b"] - numbers["a"]))


OTHERS = ["__import__('os')", "Z.T", "[Z for Z in Y]", "open(Z)", "Z[0]", "Z and Y", "f'{Z}'", "'Z'", "0 > Z > 1", "+Z"]


HOSTILE = [
    "9**9**9",
    "exp(Z, Z)",
    "max(Z)",
    "max(Z, 1, 2)",
    "1 if Z else 2",
    "True",
    "1j",
    "Z **",
    "",
    "Z\0",
    "(" * 300,
]


@pytest.mark.parametrize("text", [*OTHERS, *HOSTILE, "max(*Z)", "max(a=Z)", "exp(Z)(Z)", "(Z := 1)", "lambda: Z"])
def test_only_formulas_are_evaluated(text: str) -> None:
    """Anything but names, numbers, arithmetic and known functions is refused before it is computed."""
    must = "it must have names, numbers, arithmetic and known functions only"
    wanted = f"Formula: the expression {text!r} cannot be read; {must}. See the documentation of Formula for what may stand in it."
    with pytest.raises(gn.ConfigError, match=f"^{re.escape(wanted)}$"):
        evaluate(text, Z=1.0)


def test_a_class_of_the_readers_own_with_a_formula_is_worked_out() -> None:
    """An activation that says its formula is explained like ours; one that inherits ours and computes otherwise is not."""

    class Cube(Activation):
        formula = Formula("Z**3", "3 * Z**2")

        def apply(self, Z: np.ndarray, Y: np.ndarray, work: Any, keeps: bool) -> None:
            np.copyto(work["arrays"][0], Z)
            Y[...] = Z**3

        def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Any) -> None:
            dY *= 3 * work["arrays"][0] ** 2

    class Halved(gn.Tanh):
        def apply(self, Z: np.ndarray, Y: np.ndarray, work: Any, keeps: bool) -> None:
            super().apply(Z / 2, Y, work, keeps)

    network = gn.Network([gn.Dense(1, Cube())], loss="squared_error", input_shape=1, dtype="float64")
    network.params[:] = [2.0, 0.0]
    assert "   A1 = Z1**3\n     A1[0, 0] = 2**3 = 8\n" in str(network.explain([[1.0]], [1.0]))
    text = {}
    for activation in (Cube(), Halved()):
        network = gn.Network([gn.Dense(1), activation], loss="squared_error", input_shape=1, dtype="float64")
        network.params[:] = [2.0, 0.0]
        text[type(activation)] = str(network.explain([[1.0]], [1.0]))
    assert "   A2 = Z1**3\n     A2[0, 0] = 2**3 = 8\n" in text[Cube]
    assert "   dZ1 = dA2 * (3 * Z1**2)\n     dZ1[0, 0] = 14 * 3 * 2**2 = 168\n" in text[Cube]
    assert "   A2 = halved(Z1)\n     A2 = [ 0.7616 ]\n" in text[Halved]


def test_losses_and_optimizers_of_the_readers_own_with_a_formula_are_worked_out() -> None:
    """A loss and an optimizer that say their formulas stand in the worked step with them, and with their numbers."""

    class Fourth(gn.AbsoluteError):
        formula = Formula("(Z - y)**4", "4 * (Z - y)**3")

        def value_and_gradient(self, Z: Any, y: Any, weight: Any, out: Any, cache: Any) -> Any:
            np.copyto(out, 4.0 * (Z - y) ** 3)
            return float(((Z - y) ** 4).sum())

    class Half(gn.SGD):
        def step(self, params: Any, grads: Any, state: Any, learning_rate: float) -> None:
            super().step(params, grads, state, learning_rate / 2)

        def formulas(self, decays: bool = False) -> dict[str, Formula]:
            return {"p": Formula("p - lr / 2 * g")}

    network = gn.Network([gn.Dense(1)], loss=Fourth(), optimizer=Half(0.25), input_shape=1, dtype="float64")
    network.params[:] = [2.0, 0.0]
    text = str(network.explain([[1.0]], [1.0]))
    assert "   l = (Z1 - y)**4\n     l[0] = (2 - 1)**4 = 1\n" in text
    assert "   dZ1 = (4 * (Z1 - y)**3) / (n)\n     dZ1[0, 0] = (4 * (2 - 1)**3) / 1 = 4\n" in text
    assert "   W1' = W1 - lr / 2 * dW1\n     W1'[0, 0] = 2 - 0.25 / 2 * 4 = 1.5\n" in text
