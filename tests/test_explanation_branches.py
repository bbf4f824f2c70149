"""The laws of an explanation: one name for one number, names before their use, and slopes that are those of the loss."""

from __future__ import annotations

import copy
import re
from functools import partial
from typing import Any

import numpy as np
import pytest

import cases
import glassnet as gn
from glassnet.explanation import Explanation
from glassnet.explanation.symbols import names_in
from glassnet.layers import Layer, Step
from glassnet.layers.tree import every_layer, walk
from test_explanation import FUNCTIONS, worked_lines

WIDTH = 4


def net(layers: list[Any], *, d_in: Any = WIDTH, loss: Any = "squared_error", **options: Any) -> gn.Network:
    """Return a network in double precision with weights that are nowhere 0."""
    options = {"optimizer": gn.SGD(0.1), **options}
    network = gn.Network(layers, loss=loss, seed=1, dtype="float64", input_shape=d_in, **options)
    network.params[:] += 0.1 * np.random.default_rng(0).standard_normal(network.params.shape)
    return network


def rows(n: int = 3, d: int = WIDTH, seed: int = 5) -> np.ndarray:
    """Return a few rows of ordinary numbers."""
    return np.random.default_rng(seed).standard_normal((n, d)).round(2)


def leaf(rng: np.random.Generator) -> Layer:
    """Return a layer that keeps the width."""
    made: list[Any] = [
        lambda: gn.Dense(WIDTH, str(rng.choice(["tanh", "gelu", "silu", "mish", "softplus", "sigmoid"]))),
        lambda: gn.Dense(WIDTH, use_bias=False),
        gn.BatchNorm,
        gn.LayerNorm,
        gn.Identity,
        gn.Tanh,
        gn.SiLU,
        gn.PReLU,
        gn.Softmax,
        gn.Scale,
        lambda: gn.NTKDense(WIDTH),
        lambda: gn.Dropout(0.3),
        lambda: gn.GaussianNoise(0.1),
        lambda: gn.Parametric("selu"),
        lambda: gn.Dense(WIDTH, "tanh").tuned(trainable=False),
        lambda: gn.Select(list(rng.permutation(WIDTH).tolist())),
        lambda: gn.Reshape((WIDTH,)),
    ]
    layer: Layer = made[rng.integers(len(made))]()
    return layer


def tree(rng: np.random.Generator, depth: int) -> Layer:
    """Return a layer or a container that keeps the width, containers in containers."""
    kind = rng.integers(6)
    if not depth or not kind:
        return leaf(rng)
    inside = [tree(rng, depth - 1) for _ in range(rng.integers(1, 3))]
    if kind == 1:
        return gn.Residual(inside)
    if kind == 2:
        return gn.Residual(inside, shortcut=tree(rng, depth - 1))
    if kind == 3:
        return gn.Sequential([gn.Concatenate([gn.Identity(), inside]), gn.Dense(WIDTH)])
    if kind == 4:
        return gn.Sequential([gn.Concatenate([inside, tree(rng, depth - 1), [leaf(rng)]]), gn.Dense(WIDTH, "tanh")])
    return gn.Sequential(inside)


def random_network(seed: int) -> tuple[gn.Network, np.ndarray]:
    """Return a network of branches in branches, and targets for `rows`."""
    rng = np.random.default_rng(seed)
    layers = [gn.Dense(WIDTH, "tanh")] * (seed % 3 > 0) + [tree(rng, 2) for _ in range(rng.integers(1, 4))]
    optimizers: list[Any] = [
        gn.SGD(0.01), gn.Adam(0.01, clip_norm=0.01), gn.AdamW(0.01), gn.Lion(0.01, weight_decay=0.1),
        gn.SGD(0.01, momentum=0.9), gn.RMSprop(0.01, momentum=0.5, centered=True), gn.Adagrad(0.01),
    ]  # fmt: skip
    options: dict[str, Any] = {"optimizer": optimizers[seed % len(optimizers)]}
    options |= {"l1": 0.01 * (seed % 2), "l2": 0.02 * (seed % 5 > 2), "max_norm": 0.7 if seed % 4 == 1 else None}
    losses: list[tuple[Any, int, np.ndarray]] = [
        ("squared_error", 2, rows(3, 2)),
        ("cross_entropy", 3, np.array([0, 2, 1])),
        (gn.BinaryCrossEntropy(label_smoothing=0.2), 1, np.array([[0.0], [1.0], [1.0]])),
        ("quantile", 3, rows(3, 1)),
        ("gaussian_nll", 4, rows(3, 2)),
        (gn.SoftmaxFocalCrossEntropy(alpha=[0.2, 0.3, 0.5]), 3, np.array([0, 2, 1])),
        (gn.BinaryFocalCrossEntropy(alpha=0.25), 1, np.array([[0.0], [1.0], [1.0]])),
    ]
    loss, k, y = losses[seed % len(losses)]
    loss = gn.Quantile([0.1, 0.5, 0.9]) if loss == "quantile" else loss
    return net([*layers, gn.Dense(k)], loss=loss, **options), y


def check_names(step: Explanation) -> None:
    """Every name stands for one array, and a formula uses only names that stand above it."""
    seen: set[str] = set()
    every = set(step.symbols)
    for section in step.sections:
        for equation in section.equations:
            assert equation.symbol not in seen, f"{equation.symbol} stands for two arrays"
            for name in names_in(equation.formula):
                if name in every or any(letter.isdigit() for letter in name):
                    assert name in seen, f"{equation.symbol} = {equation.formula}: {name} does not stand above"
            seen.add(equation.symbol)
    assert len(step.symbols) == len(seen)


class Shifted:
    """A copy of a network whose layers' outputs and parameters can be shifted, to measure slopes."""

    def __init__(self, network: gn.Network, X: np.ndarray, y: Any) -> None:
        self.twin, self.X, self.shifts = network._untrained(), X, dict[str, np.ndarray]()
        self.y = self.twin.loss.prepare(y, self.twin.n_outputs, self.twin.dtype)
        for name, layer in walk(self.twin.names, self.twin.layers):
            layer.forward = partial(self._shifted, layer.forward, name)  # type: ignore[method-assign]

    def _shifted(self, forward: Any, name: str, X: np.ndarray, cache: Any, step: Any) -> Any:
        Y = forward(X, cache, step)
        return Y + self.shifts[name] if name in self.shifts else Y

    def loss(self) -> float:
        """Return the loss of the first step."""
        self.twin._accumulate(self.X, self.y, None, Step("train", self.twin._noise()))
        assert self.twin._store is not None
        penalties = self.twin._penalties()
        return float(self.twin._store.loss_sum) / len(self.X) + (float(penalties.value()) if penalties else 0.0)

    def slope(self, name: str, value: np.ndarray, index: tuple[int, ...]) -> float:
        """Return the numeric slope of the loss in one entry of a layer's output, or of a parameter."""
        slot = next((slot for slot in self.twin._slots if slot.name == name), None)
        losses = []
        for delta in (1e-5, -1e-5):
            if slot is None:
                self.shifts = {name: np.zeros(value.shape)}
                self.shifts[name][index] = delta
                losses.append(self.loss())
            else:
                kept = slot.view(self.twin.params)[index]
                slot.view(self.twin.params)[index] += delta
                losses.append(self.loss())
                slot.view(self.twin.params)[index] = kept
            self.shifts = {}
        return (losses[0] - losses[1]) / 2e-5


def check_slopes(network: gn.Network, y: Any, step: Explanation, n: int = 2, X: np.ndarray | None = None) -> None:
    """The slopes of parameters and of the layers' outputs are those of the loss, in a few entries of each."""
    rng, shifted = np.random.default_rng(0), Shifted(network, rows() if X is None else X, y)
    outputs = {}
    for section in step.sections:
        if section.title.startswith("Forward: "):
            outputs[section.layer] = section.equations[-1].symbol
    of_outputs = {name: f"d{symbol}" for name, symbol in outputs.items()}
    parameters = {}
    for section in step.sections:
        if section.title.startswith("Update: ") and "." in section.title.split(",")[0]:
            new = next(equation.symbol for equation in section.equations if equation.symbol.endswith("'"))
            parameters[section.title[8:].split(",")[0]] = f"d{new.rstrip(chr(39))}"
    for name, symbol in {**of_outputs, **parameters}.items():
        if symbol not in step.symbols:
            continue
        value = step[symbol]
        for _ in range(n):
            index = tuple(int(rng.integers(size)) for size in value.shape)
            if name in outputs and not step[outputs[name]][index]:
                continue  # where dropout leaves a 0, a rectifier behind it has no slope
            wanted = shifted.slope(name, value, index)
            assert value[index] == pytest.approx(wanted, rel=2e-5, abs=2e-8), (symbol, name, index)
    assert any(symbol in step.symbols for symbol in parameters.values())


@pytest.mark.parametrize("seed", range(21))
def test_one_name_for_one_number_in_random_networks(seed: int) -> None:
    """No name is given twice or used before, at the first step and later, and JSON has the slope under its name."""
    network, y = random_network(seed)
    step = network.explain(rows(), y)
    check_names(step)
    entries = [entry for section in step.to_dict()["sections"] for entry in section["equations"]]
    for entry in entries:
        np.testing.assert_array_equal(entry["value"], step[entry["symbol"]])
    assert step.latex().count("{") - step.latex().count(r"\{") == step.latex().count("}") - step.latex().count(r"\}")
    network.fit(rows(), y, epochs=2, batch_size=3, diagnose=False)
    check_names(network.explain(rows(), y))


@pytest.mark.parametrize("seed", range(14))
def test_slopes_of_random_networks_are_those_of_the_loss(seed: int) -> None:
    """Every slope of an output or a parameter equals the numeric one, penalties included."""
    network, y = random_network(seed)
    check_slopes(network, y, network.explain(rows(), y), n=1)


def test_the_slope_at_a_shortcut_is_the_sum_of_its_parts() -> None:
    """``dA1`` is worked once, after the parts that it is made of, and is what the layer before it gets."""
    network = net([gn.Dense(3, "tanh"), gn.Residual([gn.Dense(3, "tanh")]), gn.Dense(1)])
    step = network.explain(rows(), rows(3, 1))
    np.testing.assert_allclose(step["dA1"], step["dA1_via2"] + step["dA1_via3"], rtol=1e-14)
    np.testing.assert_allclose(step["dZ1"], step["dA1"] * (1 - step["A1"] ** 2), rtol=1e-13)
    text = step.text(width=None)
    line = "   dA1 = dA1_via2 + dA1_via3  # what comes back through residual_1.dense_1 and residual_1\n"
    assert line in text
    assert max(text.index("dA1_via2 = "), text.index("dA1_via3 = ")) < text.index(line)
    assert re.search(r"^ {5}dA1\[0, 0\] = \S+ \+ \S+ = \S+$", text, re.MULTILINE)
    assert r"(\partial L / \partial A_{1})_{\text{via 2}}" in step.latex()
    check_slopes(network, rows(3, 1), step)


@pytest.mark.parametrize("case", cases.LAYERS, ids=[case.name for case in cases.LAYERS])
def test_every_layer_keeps_the_laws(case: cases.LayerCase) -> None:
    """Each layer there is, with samples of every shape that it takes: names, slopes, all forms, and its part alone."""
    options: dict[str, Any] = {"l2": 0.01, "optimizer": gn.Adam(0.01, clip_norm=0.1), "d_in": case.in_shape}
    network = net([copy.deepcopy(case.layer), gn.Flatten(), gn.Dense(2)], **options)
    takes_codes = "Embedding(n_categories" in case.name
    X = np.random.default_rng(1).standard_normal((3, *case.in_shape))
    X = np.floor(abs(X)) if takes_codes else X
    step = network.explain(X, rows(3, 2))
    check_names(step)
    if not takes_codes:
        check_slopes(network, rows(3, 2), step, X=X)
    for name in step.layers:
        check_names(step.of_layer(name))
    for label, expression, value in worked_lines(step.text(digits=17, full=True, width=None)):
        result = eval(expression, {"__builtins__": {}}, FUNCTIONS)
        assert result == pytest.approx(value, rel=1e-11, abs=1e-13), label


@pytest.mark.parametrize("seed", range(7))
def test_worked_lines_of_random_networks_give_their_results(seed: int) -> None:
    """Every worked line of a network of branches, computed by Python, gives the number it is said to give."""
    network, y = random_network(seed)
    lines = worked_lines(network.explain(rows(), y).text(digits=17, full=True, width=None))
    assert len(lines) > 50
    for label, expression, value in lines:
        result = eval(expression, {"__builtins__": {}}, FUNCTIONS)
        assert result == pytest.approx(value, rel=1e-10, abs=1e-12), label


BRANCHES: dict[str, list[Any]] = {
    "two dense inside": [gn.Dense(4, "tanh"), gn.Residual([gn.Dense(5, "tanh"), gn.Dense(4)])],
    "shortcut": [gn.Dense(3, "tanh"), gn.Residual([gn.Dense(4, "tanh")], shortcut=gn.Dense(4))],
    "nested": [gn.Dense(4, "tanh"), gn.Residual([gn.Residual([gn.Dense(4, "tanh")]), gn.Dense(4)])],
    "in a row": [gn.Dense(4), gn.Residual([gn.Dense(4, "tanh")]), gn.Residual([gn.Dense(4, "silu")])],
    "residual at once inside": [gn.Dense(4), gn.Residual([gn.Residual([gn.Identity()])])],
    "three branches": [gn.Dense(4, "tanh"), gn.Concatenate([gn.Identity(), [gn.Dense(2), gn.Tanh()], gn.Dense(3)])],
    "concatenate in concatenate": [
        gn.Dense(4, "tanh"),
        gn.Concatenate([gn.Identity(), gn.Concatenate([gn.Identity(), gn.Dense(2, "tanh")])]),
    ],
    "sequential inside": [gn.Dense(4, "tanh"), gn.Residual([gn.Sequential([gn.Dense(3, "tanh"), gn.Dense(4)])])],
    "branches of the input": [gn.Concatenate([gn.Identity(), [gn.Dense(3, "tanh")], [gn.BatchNorm(), gn.Dense(2)]])],
    "shortcut of the input": [gn.Residual([gn.BatchNorm(), gn.Dense(4)])],
    "frozen before": [gn.Dense(4, "tanh").tuned(trainable=False), gn.Residual([gn.Dense(4)])],
    "nothing learns before": [gn.Tanh(), gn.Residual([gn.BatchNorm(), gn.Dense(4, "tanh")])],
    "residual in a branch": [gn.Dense(4), gn.Concatenate([gn.Residual([gn.Dense(4, "tanh")]), [gn.Dense(2)]])],
    "a branch that learns nothing": [gn.Dense(4), gn.Concatenate([[gn.Tanh(), gn.Tanh()], gn.Dense(2)])],
}


@pytest.mark.parametrize("name", BRANCHES)
def test_every_kind_of_branch(name: str) -> None:
    """Names are used once and after they stand, and all slopes are right, wherever branches part and meet."""
    network = net([*copy.deepcopy(BRANCHES[name]), gn.Dense(2)])
    step = network.explain(rows(), rows(3, 2))
    check_names(step)
    check_slopes(network, rows(3, 2), step)
    assert all("_via" not in symbol or re.sub("_via.*", "", symbol) in step.symbols for symbol in step.symbols)


TABLES: dict[str, list[Any]] = {
    "tabm": [gn.Copies(3), gn.EnsembleDense(4, "relu"), gn.EnsembleHead(1)],
    "periodic": [gn.PeriodicEmbedding(3, 3), gn.Flatten(), gn.Dense(2)],
    "embedding": [
        gn.Concatenate([[gn.Select([0, 1]), gn.Dense(2)], [gn.Select([2]), gn.Embedding(3, 2), gn.Flatten()]])
    ],
}


@pytest.mark.parametrize("name", TABLES)
def test_layers_for_tables_show_what_their_formulas_use(name: str) -> None:
    """Parameters stand above the formulas that name them."""
    loss = gn.EnsembleLoss("squared_error", 3) if name == "tabm" else "squared_error"
    layers = [*copy.deepcopy(TABLES[name]), *([] if name == "tabm" else [gn.Dense(1)])]
    network = gn.Network(layers, loss=loss, seed=0, input_shape=4)
    X = rows()
    X[:, 2] = [0, 2, 1]
    check_names(network.explain(X, rows(3, 1)))


def test_the_penalty_is_worked() -> None:
    """The penalty of each parameter, their sum, and the loss with it have a line each; L is the sum."""
    network = net([gn.Dense(2, "tanh"), gn.Dense(1)], d_in=2, l1=0.01, l2=0.02)
    step = network.explain(rows(3, 2), rows(3, 1))
    text = step.text(width=None, full=True, digits=17)
    weights = [float(w) for name in ("W1", "W2") for w in step[name].flat]
    assert float(step["penalty"]) == pytest.approx(sum(0.01 * abs(w) + 0.02 * w**2 for w in weights), rel=1e-12)
    assert float(step["L"]) == pytest.approx(float(step["L_data"] + step["penalty"]), rel=1e-15)
    for line in ("penalty_W1 = 0.01 * sum of |W1| + 0.02 * sum of W1**2", "L = L_data + penalty"):
        assert f"   {line}\n" in text
    assert re.search(r"^ {5}penalty_W1 = 0\.01 \* abs\(\S+\) \+ .* = \S+$", text, re.MULTILINE)
    np.testing.assert_allclose(step["dW1"], step["dW1_data"] + 0.01 * np.sign(step["W1"]) + 0.04 * step["W1"])


def test_containers_of_the_readers_own_have_all_their_parameters() -> None:
    """A container of another class is one line, with parameters of its own numbers, and every one has its update."""

    class Twice(gn.Residual):
        pass

    network = net([gn.Dense(4, "tanh"), Twice([gn.Dense(4, "tanh"), gn.Dense(4)]), gn.Dense(1)], l2=0.1)
    step = network.explain(rows(), rows(3, 1))
    check_names(step)
    updates = [section.title for section in step.sections if section.title.startswith("Update: ")]
    assert len(updates) == 1 + len(network._slots)
    check_slopes(network, rows(3, 1), step)


def test_every_layer_of_the_random_networks_is_met() -> None:
    """The random networks have all containers, and most layers there are."""
    kinds = {type(layer).__name__ for seed in range(21) for layer in every_layer(random_network(seed)[0].layers)}
    assert {"Residual", "Concatenate", "Sequential", "BatchNorm", "LayerNorm", "Scale", "Dropout", "PReLU"} <= kinds
