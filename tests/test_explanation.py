"""`Network.explain`: the printed numbers re-derive the step, and looking changes nothing."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.explanation import explain_prediction
from glassnet.layers import make_layer
from glassnet.schedules import Schedule
from glassnet.scratch import initialize_parameters
from glassnet.training import Run
from glassnet.training.batches import ArrayBatches

FUNCTIONS = {
    "exp": math.exp,
    "log": math.log,
    "tanh": math.tanh,
    "sqrt": math.sqrt,
    "sign": lambda x: float(np.sign(x)),
    "pi": math.pi,
    "max": max,
    "min": min,
    "abs": abs,
}


def net(*layers: Any, loss: Any = "squared_error", optimizer: Any = None, shape: int = 3, **options: Any) -> gn.Network:
    """Return a small network in double precision with weights that are nowhere 0."""
    network = gn.Network(
        layers, loss=loss, optimizer=optimizer or gn.SGD(0.1), seed=1, dtype="float64", input_shape=shape, **options
    )
    network.params[:] += 0.1 * np.random.default_rng(0).standard_normal(network.params.shape)
    return network


def rows(n: int = 3, d: int = 3) -> np.ndarray:
    """Return a few rows of ordinary numbers."""
    return np.random.default_rng(5).standard_normal((n, d)).round(2)


CLASSES, NUMBERS, COLUMN = np.array([0, 2, 1]), rows(3, 2), np.array([[0.0], [1.0], [1.0]])
ACTIVATIONS = ["sigmoid", "tanh", "relu", gn.LeakyReLU(0.2), gn.ELU(0.7), "selu", "gelu", "silu", "mish", "softplus"]

CASES: dict[str, tuple[gn.Network, Any]] = {
    **{f"act {a}": (net(gn.Dense(4, a), gn.Dense(2)), NUMBERS) for a in ACTIVATIONS},
    "layers of their own": (net(gn.Dense(4), gn.Tanh(), gn.Dense(2, use_bias=False)), NUMBERS),
    "softmax hidden": (net(gn.Dense(4), gn.Softmax(), gn.Dense(2)), NUMBERS),
    "own activation": (net(gn.Dense(4, (np.sin, np.cos)), gn.Dense(2)), NUMBERS),
    "dropout": (net(gn.Dense(6, "relu"), gn.Dropout(0.4), gn.Dense(2)), NUMBERS),
    "batch norm": (net(gn.Dense(4), gn.BatchNorm(), gn.ReLU(), gn.Dense(2)), NUMBERS),
    "layer norm": (net(gn.Dense(4, "tanh"), gn.LayerNorm(), gn.Dense(2)), NUMBERS),
    "residual": (net(gn.Residual([gn.Dense(5, "tanh"), gn.Dense(3)]), gn.Dense(2)), NUMBERS),
    "shortcut": (net(gn.Residual([gn.Dense(5, "tanh")], shortcut=gn.Dense(5)), gn.Dense(2)), NUMBERS),
    "branches": (net(gn.Concatenate([gn.Identity(), [gn.Dense(4, "tanh"), gn.Dense(2)]]), gn.Dense(2)), NUMBERS),
    "sequence": (net(gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(3)]), gn.Dense(2)), NUMBERS),
    "scale, prelu, noise": (net(gn.Scale(), gn.Dense(4), gn.PReLU(), gn.GaussianNoise(0.1), gn.Dense(2)), NUMBERS),
    "frozen": (net(gn.Dense(4, "tanh").tuned(trainable=False), gn.Dense(2)), NUMBERS),
    "factors": (net(gn.Dense(4, "tanh").tuned(rate_factor=0.5), gn.Dense(2), optimizer="adamw"), NUMBERS),
    "cross-entropy": (net(gn.Dense(4, "tanh"), gn.Dense(3), loss="cross_entropy"), CLASSES),
    "many classes": (net(gn.Dense(4, "tanh"), gn.Dense(7), loss="cross_entropy"), CLASSES),
    "smoothed": (net(gn.Dense(3), loss=gn.SoftmaxCrossEntropy(label_smoothing=0.1)), CLASSES),
    "binary": (net(gn.Dense(4, "tanh"), gn.Dense(1), loss="binary_cross_entropy"), COLUMN),
    "labels": (net(gn.Dense(2), loss=gn.BinaryCrossEntropy(label_smoothing=0.2)), np.eye(3)[:, :2]),
    "absolute": (net(gn.Dense(2), loss="absolute_error"), NUMBERS),
    "huber": (net(gn.Dense(2), loss=gn.Huber(0.8)), NUMBERS),
    "poisson": (net(gn.Dense(2), loss="poisson"), abs(NUMBERS).round()),
    "quantile": (net(gn.Dense(6), loss=gn.Quantile([0.1, 0.5, 0.9])), NUMBERS),
    "gaussian": (net(gn.Dense(4), loss="gaussian_nll"), NUMBERS),
    "focal": (net(gn.Dense(3), loss=gn.SoftmaxFocalCrossEntropy(alpha=[0.2, 0.3, 0.5])), CLASSES),
    "binary focal": (net(gn.Dense(1), loss=gn.BinaryFocalCrossEntropy(alpha=0.25)), COLUMN),
    "momentum": (net(gn.Dense(2), optimizer=gn.SGD(0.1, momentum=0.9)), NUMBERS),
    "nesterov": (net(gn.Dense(2), optimizer=gn.SGD(0.1, momentum=0.9, nesterov=True)), NUMBERS),
    "adam": (net(gn.Dense(4, "tanh"), gn.Dense(2), optimizer="adam"), NUMBERS),
    "adam of scikit-learn": (net(gn.Dense(2), optimizer=gn.Adam(eps_form="sklearn")), NUMBERS),
    "adamw": (net(gn.Dense(2), optimizer=gn.AdamW(0.01, weight_decay=0.1)), NUMBERS),
    "rmsprop": (net(gn.Dense(2), optimizer=gn.RMSprop(0.01)), NUMBERS),
    "rmsprop with all": (net(gn.Dense(2), optimizer=gn.RMSprop(0.01, momentum=0.5, centered=True)), NUMBERS),
    "adagrad": (net(gn.Dense(2), optimizer=gn.Adagrad(0.1)), NUMBERS),
    "lion": (net(gn.Dense(2), optimizer=gn.Lion(0.01, weight_decay=0.1)), NUMBERS),
    "penalties": (net(gn.Dense(4, "tanh"), gn.Dense(2), l1=0.01, l2=0.02), NUMBERS),
    "clipped": (net(gn.Dense(4, "tanh"), gn.Dense(2), optimizer=gn.SGD(0.1, clip_norm=0.5)), NUMBERS),
    "not clipped": (net(gn.Dense(2), optimizer=gn.Adam(0.1, clip_norm=500.0)), NUMBERS),
    "norms limited": (net(gn.Dense(4, "tanh"), gn.Dense(2), max_norm=0.4), NUMBERS),
    "scheduled": (net(gn.Dense(2), optimizer=gn.SGD(gn.CosineDecay(0.1, epochs=5))), NUMBERS),
}


def worked_lines(text: str) -> list[tuple[str, str, float]]:
    """Return entry, expression and value of every worked line of a text at full precision."""
    found = re.findall(r"^ {5}(\S+?(?:\[[\d, ]+\])?) = (.+) = (\S+)$", text, re.MULTILINE)
    return [(label, expression, float(value)) for label, expression, value in found]


def matrices(text: str) -> list[tuple[str, np.ndarray]]:
    """Return every array that a text prints, in order, by its symbol."""
    found: list[tuple[str, list[list[float]]]] = []
    for line in text.splitlines():
        match = re.match(r"^ {5}(?:(\S+) = )? *\[ (.*?) \]", line)
        if match and "= " not in match[2]:
            if match[1]:
                found.append((match[1], []))
            found[-1][1].append([float(cell) for cell in match[2].split()])
    return [(symbol, np.array(value)) for symbol, value in found]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("steps", [0, 2])
def test_printed_numbers_rederive_every_entry_and_the_update(name: str, steps: int) -> None:
    """Every worked line, read back from the text and computed by Python, gives its printed value to 1e-12.

    The new parameters that it ends with are those that ``fit`` leaves.
    """
    network, y = CASES[name]
    network = gn.Network(
        [make_layer(layer.entry()) for layer in network.layers] if name != "own activation"
        else [gn.Dense(4, (np.sin, np.cos)), gn.Dense(2)],
        loss=network.loss, optimizer=network.optimizer, seed=1, dtype="float64", input_shape=3,
        l1=network.l1, l2=network.l2, max_norm=network.max_norm,
    )  # fmt: skip
    X = rows()
    if steps:
        network.fit(X, y, epochs=steps, batch_size=3, diagnose=False)
    before = network.params.copy()
    step = network.explain(X, y)
    text = step.text(digits=17, full=True, width=None)
    lines = worked_lines(text)
    assert len(lines) > 10
    for label, expression, value in lines:
        assert eval(expression, {"__builtins__": {}}, FUNCTIONS) == pytest.approx(value, rel=1e-12, abs=1e-13), label
    assert np.array_equal(network.params, before)
    network.fit(X, y, epochs=1, batch_size=3, diagnose=False)
    printed = dict(matrices(text))
    for slot in network._slots:
        symbol = next(s.title for s in step.sections if s.title.startswith(f"Update: {slot.name},"))
        section = next(s for s in step.sections if s.title == symbol)
        symbol = next(e.symbol for e in section.equations if e.symbol.endswith("'"))
        found, wanted = printed[symbol], slot.view(network.params)
        np.testing.assert_allclose(found.reshape(wanted.shape), wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("hidden", [[4], [5, 4], [3, 3, 3]])
def test_a_reader_with_the_printed_inputs_gets_the_printed_update(hidden: list[int]) -> None:
    """Forward, backward and update, written out here from the printed inputs and weights alone, agree to 1e-12."""
    network = net(*(gn.Dense(units, "tanh") for units in hidden), gn.Dense(3), loss="cross_entropy")
    text = network.explain(rows(), CLASSES).text(digits=17, full=True, width=None)
    printed = dict(matrices(text))
    n_layers = len(hidden) + 1
    A = [printed["A0"]]
    for i in range(1, n_layers + 1):
        Z = A[-1] @ printed[f"W{i}"] + printed[f"b{i}"]
        np.testing.assert_allclose(printed[f"Z{i}"], Z, rtol=1e-12)
        A.append(np.tanh(Z))
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    dZ = (P - np.eye(3)[printed["y"].astype(int)[0]]) / 3
    for i in range(n_layers, 0, -1):
        dW, db = A[i - 1].T @ dZ, dZ.sum(axis=0, keepdims=True)
        np.testing.assert_allclose(printed[f"W{i}'"], printed[f"W{i}"] - 0.1 * dW, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(printed[f"b{i}'"], printed[f"b{i}"] - 0.1 * db, rtol=1e-12, atol=1e-14)
        dZ = (dZ @ printed[f"W{i}"].T) * (1 - A[i - 1] ** 2)


def test_weights_of_rows_and_one_row() -> None:
    """Weights go into the mean as in ``fit``; one row is enough, and zeros do not hide how an entry is worked."""
    network = net(gn.Dense(2), loss="squared_error")
    weight = np.array([1.0, 0.0, 3.0])
    step = network.explain(rows(), NUMBERS, weight)
    network.fit(rows(), NUMBERS, sample_weight=weight, epochs=1, batch_size=3, diagnose=False)
    np.testing.assert_allclose(step["W1'"], network.layers[0].W, rtol=1e-12)
    assert "(1 x 2)" in str(network.explain(rows()[:1], NUMBERS[:1]))


def test_looking_changes_nothing() -> None:
    """Parameters, gradients, statistics, training state and the next steps keep their bits."""
    ends = []
    for looks in (False, True):
        layers = [gn.Dense(8, "relu"), gn.BatchNorm(), gn.Dropout(0.5), gn.Dense(3)]
        network = gn.Network(layers, loss="cross_entropy", optimizer="adam", seed=3)
        X, y = rows(40), np.arange(40) % 3
        network.fit(X, y, epochs=2, batch_size=8, diagnose=False)
        if looks:
            network.explain(X[:4], y[:4])
        network.fit(X, y, epochs=2, batch_size=8, diagnose=False)
        ends.append(network.params.tobytes() + network.stats.tobytes() + network.grads.tobytes())
    assert ends[0] == ends[1]


def test_float32_is_worked_in_double() -> None:
    """A network in single precision is explained in double, and says so; its step is the same but for rounding."""
    network = gn.Network([gn.Dense(4, "tanh"), gn.Dense(2)], loss="squared_error", optimizer="adam", seed=0)
    step = network.explain(rows(), NUMBERS)
    assert "double precision" in step.head[-1]
    network.fit(rows(), NUMBERS, epochs=1, batch_size=3, diagnose=False)
    np.testing.assert_allclose(step["W1'"], network.layers[0].W, rtol=1e-5)


def test_large_arrays_are_abridged_to_the_width() -> None:
    """With hundreds of units no line is longer than the terminal, and rows and terms in the middle are only counted."""
    network = gn.Network([gn.Dense(256, "relu"), gn.Dense(128, "relu"), gn.Dense(10)], loss="cross_entropy", seed=0)
    step = network.explain(np.random.default_rng(0).random((1, 784)), [3])
    for width in (60, 80, 120):
        lines = step.text(width=width).splitlines()
        assert max(map(len, lines)) <= width
        assert len(lines) < 400
    assert "779 more" in step.text()
    assert "..." in step.text()
    assert len(step.html()) < 120_000


def test_markdown_latex_and_html() -> None:
    """Each form has every symbol and number; HTML is escaped and loads nothing; LaTeX has balanced braces."""
    network = net(gn.Dense(2, "relu"), gn.Dense(1), loss="binary_cross_entropy", optimizer="adam", l2=0.1)
    step = network.explain(rows()[:1], [[1.0]])
    markdown, latex, page = step.markdown(), step.latex(), step.html()
    for section in step.sections:
        assert f"## {1 + step.sections.index(section)}. {section.title}" in markdown
        for equation in section.equations:
            assert f"{equation.symbol} = " in markdown
    assert latex.startswith(r"\documentclass")
    assert latex.count("{") - latex.count(r"\{") == latex.count("}") - latex.count(r"\}")
    assert latex.count(r"\begin{align*}") == len(step.symbols)
    assert r"\partial L / \partial W_{1}" in latex
    assert not step.latex(document=False).startswith(r"\documentclass")
    assert "<script" not in page
    assert "http" not in page
    assert "Z1 &gt; 0" in page
    assert step._repr_html_() in page
    data = json.loads(json.dumps(step.to_dict()))
    assert [section["title"] for section in data["sections"]] == [section.title for section in step.sections]
    assert data["sections"][1]["equations"][2]["worked"][0]["terms"][0]["pattern"] == "{a} * {w}"


def test_saved_by_the_ending(tmp_path: Path) -> None:
    """The file's ending says which form it has; another one is refused."""
    step = net(gn.Dense(2)).explain(rows(), NUMBERS)
    for suffix, start in ((".html", "<!doctype html>"), (".md", "# One"), (".tex", r"\doc"), (".txt", "One training")):
        step.save(tmp_path / f"step{suffix}")
        assert (tmp_path / f"step{suffix}").read_text().startswith(start)
    with pytest.raises(
        gn.ConfigError, match=r"Explanation\.save: path is '.*pdf'; it must end in \.html, \.md, \.tex, \.txt\."
    ):
        step.save(tmp_path / "step.pdf")


def test_classes_of_the_readers_own_are_told_in_a_word() -> None:
    """A layer, loss or optimizer derived from ours may compute otherwise: it has its numbers, and no formula of ours."""

    class Doubled(gn.Dense):
        def forward(self, X: np.ndarray, cache: Any, step: Any) -> np.ndarray:
            return np.multiply(super().forward(X, cache, step), 2.0)

        def backward(self, dY: np.ndarray, cache: Any) -> np.ndarray | None:
            return super().backward(2.0 * dY, cache)

    class Twice(gn.SquaredError):
        def value_and_gradient(self, Z: Any, y: Any, weight: Any, out: Any, cache: Any) -> Any:
            value = super().value_and_gradient(Z, y, weight, out, cache)
            out *= 2.0
            return 2.0 * value

    class Backwards(gn.SGD):
        def step(self, params: Any, grads: Any, state: Any, learning_rate: float) -> None:
            super().step(params, -grads, state, learning_rate)

    network = gn.Network([Doubled(2), gn.Dense(1)], loss=Twice(), optimizer=Backwards(0.1), seed=0, input_shape=3)
    before = network.layers[1].W.copy()
    step = network.explain(rows(), rows(3, 1))
    text = step.text()
    assert "A1 = doubled(A0)" in text
    assert "l = Twice(Z2, y)" in text
    assert "W2' = W2 moved by Backwards" in text
    np.testing.assert_allclose(step["W2'"], before + 0.1 * step["dW2"], rtol=1e-6)
    assert not [line for line in worked_lines(text) if line[0].startswith(("A1[", "l[", "dZ2[", "W2'["))]


def test_one_layer_alone() -> None:
    """A layer's part has its sections with the numbers of the whole step, after what they use of the others."""
    network = net(gn.Dense(4, "tanh"), gn.Residual([gn.Dense(4, "tanh")]), gn.Dense(2), optimizer=gn.Adam(0.1), l2=0.1)
    step = network.explain(rows(), NUMBERS)
    assert step.layers == ["dense_1", "residual_1", "residual_1.dense_1", "dense_2"]
    for name in step.layers:
        part = step.of_layer(name)
        seen: set[str] = set()
        for section in part.sections:
            assert section.title == "Given" or section.layer.startswith(name)
            assert section.number == 0 or step.sections[section.number - 1] == section
            for equation in section.equations:
                used = {word for word in re.findall(r"[A-Za-z]\w*'?", equation.formula) if word in step.symbols}
                assert used <= seen
                seen.add(equation.symbol)
                np.testing.assert_array_equal(part[equation.symbol], step[equation.symbol])
    text = step.text(layer="dense_2")
    assert text == str(network.explain(rows(), NUMBERS, layer="dense_2"))
    for line in (
        "Only dense_2; the sections have the numbers of the whole step.",
        "Z4 = A3 @ W4 + b4",
        "5. Forward: dense_2",
    ):
        assert line in text
    assert "Z1 = " not in text
    with pytest.raises(
        gn.ConfigError,
        match=r"^Explanation\.text: unknown layer 'dens_2'\. Did you mean 'dense_2'\? The choices are 'dense_1', 'dense_2', 'residual_1', 'residual_1\.dense_1'\.",
    ):
        step.text(layer="dens_2")
    with pytest.raises(
        gn.ConfigError,
        match=r"^Explanation\.of_layer: unknown name 'loss'\. The choices are 'dense_1', 'dense_2', 'residual_1', 'residual_1\.dense_1'\.",
    ):
        step.of_layer("loss")
    with pytest.raises(gn.ConfigError, match=r"^explain: unknown layer 'loss'\. The choices are 'dense_1'"):
        network.explain(rows(), NUMBERS, layer="loss")


def test_a_zero_has_no_sign() -> None:
    """Minus times 0 is printed as 0, in arrays and in what is worked, with any number of digits."""
    network = gn.Network([gn.Dense(2, activation="relu"), gn.Dense(1)], loss="squared_error", input_shape=2, seed=0)
    network.params[:] = -np.abs(network.params) - 0.1
    step = network.explain([[0.0, 2.0], [-1.0, 0.5]], [1.0, -2.0])
    for text in (step.text(), step.text(digits=17, full=True), step.markdown(), step.latex(), step.html()):
        assert not re.search(r"-0(?![.\d])", re.sub(r"e-0\d|step-[\w-]*", "", text))


def test_a_long_step_has_a_table_of_contents() -> None:
    """From 150 lines on the titles stand in front; a short one has none."""
    network = net(gn.Dense(4, "tanh"), gn.Dense(4, "tanh"), gn.Dense(2), optimizer="adam")
    long, short = network.explain(rows(), NUMBERS), net(gn.Dense(2)).explain(rows()[:1], NUMBERS[:1])
    head = str(long).split("\n1. Given\n")[0]
    for number, section in enumerate(long.sections, 1):
        assert f"\n   {number}. {section.title}" in head
    assert "Contents" not in str(short)
    assert "* 3. Forward: dense_2" in long.markdown()
    for target in re.findall(r'href="#([^"]+)"', long.html()):
        assert f'id="{target}"' in long.html()


def test_a_step_of_rate_0_is_shown_with_another_rate_and_says_so() -> None:
    """After the end of a schedule, and before its start, the largest rate is taken; a rate of 0 for ever is said too."""
    network = net(gn.Dense(2), optimizer=gn.SGD(gn.CosineDecay(0.1, epochs=3)))
    network.fit(rows(), NUMBERS, epochs=3, batch_size=3, diagnose=False)
    before = network.params.copy()
    step = network.explain(rows(), NUMBERS)
    text = step.text(width=None)
    assert "The schedule has ended: the learning rate is 0, and a further step would change nothing.\n" in text
    assert "The step is worked as in epoch 1, where the rate was the largest: lr = 0.1.\n" in text
    np.testing.assert_allclose(step["W1'"], step["W1"] - 0.1 * step["dW1"], rtol=1e-12)
    assert np.array_equal(network.params, before)

    class FromZero(Schedule):
        horizon = 4

        def __call__(self, epoch: float) -> float:
            return 0.01 * epoch if epoch < 4 else 0.04

    text = str(net(gn.Dense(2), optimizer=gn.SGD(FromZero())).explain(rows(), NUMBERS))
    assert "The schedule starts with a learning rate of 0: a first step would change" in text
    assert "lr = 0.04" in text
    text = str(net(gn.Dense(2), optimizer=gn.SGD(0.0)).explain(rows(), NUMBERS))
    assert "The learning rate is 0: the step changes nothing." in text
    assert "schedule" not in str(net(gn.Dense(2), optimizer="adam").explain(rows(), NUMBERS))


def test_noise_in_the_step_is_said() -> None:
    """Where the outputs differ from a prediction's, the head says by what: dropout, noise, statistics of the batch."""
    layers = [gn.Dense(6, "tanh"), gn.BatchNorm(), gn.Dropout(0.5), gn.GaussianNoise(0.3), gn.Dense(2)]
    text = net(*layers).explain(rows(), NUMBERS).text(width=None)
    for sentence in (
        "Dropout is on in this step, as in training, and off in a prediction.",
        "GaussianNoise is on in this step, as in training, and off in a prediction.",
        "BatchNorm takes mean and variance of these rows here, and the running ones in a prediction.",
        "So the outputs below are not those of a prediction.",
    ):
        assert sentence in text
    assert "prediction" not in str(net(gn.Dense(2), gn.Dropout(0.0)).explain(rows(), NUMBERS))


def test_best_weights_are_said_to_be_others_than_the_last() -> None:
    """A network that holds its best epoch's weights is explained with them, and says that a fit goes on from others."""
    network = net(gn.Dense(4, "tanh"), gn.Dense(2))
    stop = gn.EarlyStopping("valid_loss", patience=1)
    network.fit(rows(), NUMBERS, epochs=9, validation_data=(rows(), -NUMBERS), early_stopping=stop, diagnose=False)
    assert "another fit goes on from those of its last epoch" in network.explain(rows(), NUMBERS).text(width=None)


def test_refusals() -> None:
    """Members, too many rows and unknown symbols are refused."""
    network = net(gn.Dense(2))
    with pytest.raises(gn.DataError, match=r"explain: 65 rows; there must be at most 64\. Pass one row, or a few\."):
        network.explain(rows(65), rows(65, 2))
    members = gn.Network([gn.Dense(2)], loss="squared_error", members=2, seed=0)
    with pytest.raises(
        gn.ConfigError, match=r"explain: the network has members=2; it must have none\. Explain one of its kind\."
    ):
        members.explain(rows(), NUMBERS)
    with pytest.raises(KeyError, match="W9"):
        network.explain(rows(), NUMBERS)["W9"]


@pytest.mark.parametrize("gradient", ["squared_error", "cross_entropy"])
def test_the_lessons_own_step(gradient: str) -> None:
    """The lesson's step is worked in its own names, re-derived from the print, and leaves the reader's arrays alone."""
    X, Y = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]]
    parameters = initialize_parameters(2, 4, 1)
    kept = [parameter.copy() for parameter in parameters]
    step = gn.explain_lesson(parameters, X, Y, learning_rate=0.5, gradient=gradient)
    assert all(np.array_equal(one, other) for one, other in zip(parameters, kept, strict=True))
    lines = worked_lines(step.text(digits=17, full=True, width=None))
    assert len(lines) > 40
    for label, expression, value in lines:
        assert eval(expression, {"__builtins__": {}}, FUNCTIONS) == pytest.approx(value, rel=1e-12, abs=1e-13), label
    wanted = parameters[0] - 0.5 * step["d_weights_input_hidden"]
    np.testing.assert_allclose(step["weights_input_hidden'"], wanted, rtol=1e-12)
    assert max(map(len, str(step).splitlines())) <= 80


def test_layers_for_tables_are_told_by_their_formula() -> None:
    """Scale, NTKDense and Parametric stand in the worked step with the names of their parameters, not as functions."""
    layers = [gn.Scale(), gn.NTKDense(4), gn.Parametric("selu"), gn.NTKDense(2)]
    network = gn.Network(layers, loss="cross_entropy", seed=0)
    text = network.explain(np.ones((2, 3)), np.array([0, 1])).text()
    for line in (
        "A1 = scale1 * A0",
        "A2 = A1 @ W2 / sqrt(d_in) + b2",
        "A3 = A2 + alpha3 * (f(A2) - A2), f the activation",
    ):
        assert f"   {line}\n" in text


def test_calibrated_outputs_are_worked() -> None:
    """A prediction shows scale and shift with their numbers; a step of training passes the outputs on, and keeps both."""
    layer = gn.Calibration()
    network = gn.Network([gn.Dense(4, "tanh"), gn.Dense(2), layer], loss="cross_entropy", seed=0, input_shape=3)
    layer.scale[...], layer.shift[...] = 0.5, [[0.25, -0.25]]
    X = np.ones((2, 3))
    text = explain_prediction(network, X).text()
    assert "   A3 = scale3 * Z2 + shift3\n" in text
    np.testing.assert_allclose(explain_prediction(network, X)["A3"], network.forward(X))
    step = network.explain(X, np.array([0, 1]))
    assert "passed on: off in training" in step.text()
    np.testing.assert_array_equal(layer.scale, np.full((1, 2), 0.5, dtype="float32"))


def test_an_entry_is_worked_alone_and_its_largest_terms_stand_first() -> None:
    """An entry has the terms, the value and the label of the whole explanation; the terms left out add up to the rest."""
    net = gn.Network([gn.Dense(3, "tanh"), gn.Dense(1)], loss="squared_error", seed=0, input_shape=20, dtype="float64")
    rows = np.random.default_rng(0).standard_normal((2, 20))
    step = net.explain(rows, [1.0, 2.0])
    entry = step.entry("Z1", (1, 2))
    assert entry.label == "Z1[1, 2]"
    assert entry.value == step["Z1"][1, 2]
    assert eval(entry.text(17), {"__builtins__": {}}, FUNCTIONS) == pytest.approx(entry.value, rel=1e-12)
    places, rest = entry.largest(4)
    kept = [entry.terms[place].value for place in places]
    assert kept == sorted(kept, key=abs, reverse=True)
    assert sum(kept) + rest == pytest.approx(entry.value, rel=1e-12)
    assert entry.largest(21) == (list(range(21)), 0.0)
    assert step.parameters == {
        f"dense_{i}.{name}": f"{name[0]}{i}".replace("w", "W") for i in (1, 2) for name in ("weight", "bias")
    }
    with pytest.raises(gn.ConfigError, match=r"index is \(2, 0\); it must be a place in Z1 of shape \(2, 3\)."):
        step.entry("Z1", (2, 0))


def test_a_prediction_is_worked_without_noise() -> None:
    """Dropout passes its input on, and batch normalisation takes what it remembers: the logits are those of `forward`."""
    layers = [gn.Dense(4, "relu"), gn.BatchNorm(), gn.Dropout(0.5), gn.GaussianNoise(1.0), gn.Dense(2)]
    net = gn.Network(layers, loss="cross_entropy", seed=0, input_shape=3, dtype="float64")
    X, y = np.random.default_rng(0).standard_normal((30, 3)), np.arange(30) % 2
    net.fit(X, y, epochs=2, diagnose=False)
    found = explain_prediction(net, X[:5])
    np.testing.assert_allclose(found["Z5"], net.forward(X[:5]), rtol=1e-12)
    np.testing.assert_allclose(found["P"], net.predict(X[:5]), rtol=1e-12)
    for line in worked_lines(found.text(digits=17, full=True, width=None)):
        assert eval(line[1], {"__builtins__": {}}, FUNCTIONS) == pytest.approx(line[2], rel=1e-12, abs=1e-13)


def test_a_step_within_an_epoch_is_the_one_that_comes_next() -> None:
    """The noise and the learning rate are those of the next batch, also after the last one of an epoch that is still open."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((30, 3)), rng.integers(0, 2, 30)
    rate = gn.CosineDecay(0.1, epochs=5)
    layers = [gn.Dense(4, "tanh"), gn.Dropout(0.5), gn.Dense(2)]
    options = {"seed": 0, "input_shape": 3, "dtype": "float64"}
    net = gn.Network(layers, loss="cross_entropy", optimizer=gn.SGD(rate, momentum=0.9), **options)
    batches = ArrayBatches(X, y, None, batch_size=8, shuffle=True, streams=net._streams, members=None)
    run = Run(net, batches, 3)
    steps = run.steps()
    for number in range(9):
        next(steps)
        epoch, batch = divmod(number + 1, 4)
        rows = batches.numbers(epoch, batch)
        assert len(rows) == (6 if batch == 3 else 8)
        wanted = net.explain(X[rows], y[rows])["W1'"]
        kept = run.snapshot()
        next(steps)
        np.testing.assert_allclose(net._slots[0].view(net.params), wanted, rtol=1e-9, atol=1e-12)
        run.restore(kept)


@pytest.mark.parametrize("index", [0, None, (0.5, 0), (9, 0), (0,), "ab"])
def test_an_entry_is_asked_for_by_its_place(index: Any) -> None:
    """Anything else is refused in a sentence; what was given, and is no sum, is its number."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(0.1), input_shape=2)
    net.params[:] = [1.0, 2.0, 0.5]
    step = net.explain([[3.0, 4.0]], [10.0])
    assert (step.entry("A0", (0, 1)).text(), step.entry("W1", (1, 0)).text()) == ("4", "2")
    with pytest.raises(
        gn.ConfigError, match=r"Explanation\.entry: index is .*; it must be a place in Z1 of shape \(1, 1\)\."
    ):
        step.entry("Z1", index)
