"""The laws of `glassnet.scratch`: the tutorial's numbers come back, its weak spots do not."""

from __future__ import annotations

import ast
import contextlib
import doctest
import inspect
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet import scratch

ROOT = Path(__file__).parents[1]
REFERENCE = json.loads((Path(__file__).parent / "data" / "scratch_reference.json").read_text())
NAMES = ("weights_input_hidden", "weights_hidden_output", "bias_hidden", "bias_output")
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
SIGNATURES = {
    "sigmoid": "x",
    "sigmoid_derivative": "x",
    "initialize_parameters": "input_size hidden_size output_size",
    "forward_propagation": "X weights_input_hidden weights_hidden_output bias_hidden bias_output",
    "compute_loss": "Y Y_hat",
    "backpropagation": "X Y hidden_output final_output weights_hidden_output weights_input_hidden",
    "update_parameters": "parameters grads learning_rate=1.0",
    "train": "X Y input_size hidden_size output_size learning_rate epochs",
}
LN3 = np.log(3.0)  # sigmoid(ln 3) = 3/4


def test_the_eight_functions_have_the_tutorials_parameters_and_defaults() -> None:
    """Names, order and defaults are the tutorial's; what we add can only be given by keyword."""
    for name, expected in SIGNATURES.items():
        parameters = inspect.signature(getattr(scratch, name)).parameters.values()
        shown = [str(p).split(":")[0] for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        defaults = [p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is not p.empty]
        assert " ".join(shown) == expected.replace("=1.0", "")
        assert defaults == ([1.0] if "=1.0" in expected else [])


# ---- the reference numbers


def test_one_step_on_xor_gives_the_reference_numbers() -> None:
    """Start, forward pass, loss and gradients are the tutorial's to a relative 1e-9."""
    step = REFERENCE["one_step_xor"]
    parameters = scratch.initialize_parameters(2, 4, 1)
    hidden_output, final_output = scratch.forward_propagation(X, *parameters)
    grads = scratch.backpropagation(X, Y, hidden_output, final_output, parameters[1], parameters[0])
    for parameter, expected in zip(parameters, step["parameters"], strict=True):
        np.testing.assert_allclose(parameter, expected, rtol=1e-9)
    np.testing.assert_allclose(hidden_output, step["hidden_output"], rtol=1e-9)
    np.testing.assert_allclose(final_output, step["final_output"], rtol=1e-9)
    assert scratch.compute_loss(Y, final_output) == pytest.approx(step["loss"], rel=1e-9)
    for grad, expected in zip(grads, step["gradients"], strict=True):
        np.testing.assert_allclose(grad, expected, rtol=1e-9)


@pytest.mark.parametrize("run", REFERENCE["runs"], ids=lambda run: f"{run['name']}-{run['learning_rate']}")
def test_whole_runs_give_the_reference_numbers(run: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Every printed line, weight and prediction is the tutorial's to a relative 1e-6 after up to 10,000 epochs."""
    inputs, targets = np.array(run["X"]), np.array(run["Y"])
    parameters = scratch.train(inputs, targets, 2, run["hidden_size"], 1, run["learning_rate"], run["epochs"])
    lines = [re.fullmatch(r"Epoch (\d+), Loss: (\S+)", line) for line in capsys.readouterr().out.splitlines()]
    printed = [(int(line[1]), float(line[2])) for line in lines if line]
    assert len(printed) == len(lines) == len(run["printed"])
    for (epoch, loss), (expected_epoch, expected_loss) in zip(printed, run["printed"], strict=True):
        assert epoch == expected_epoch
        assert loss == pytest.approx(expected_loss, rel=1e-6)
    for name, parameter in zip(NAMES, parameters, strict=True):
        np.testing.assert_allclose(parameter, run[name], rtol=1e-6)
    np.testing.assert_allclose(scratch.forward_propagation(inputs, *parameters)[1], run["final_output"], rtol=1e-6)


def test_the_arithmetic_is_the_tutorials_to_the_last_bit(capsys: pytest.CaptureFixture[str]) -> None:
    """300 epochs equal a plain rewrite of the published formulas in every bit."""
    W1, W2, b1, b2 = scratch.initialize_parameters(2, 4, 1)
    for _ in range(300):
        H = 1 / (1 + np.exp(-(np.dot(X, W1) + b1)))
        P = 1 / (1 + np.exp(-(np.dot(H, W2) + b2)))
        D = (P - Y) * (P * (1 - P))
        E = np.dot(D, W2.T) * (H * (1 - H))
        W1, W2 = W1 - np.dot(X.T, E), W2 - np.dot(H.T, D)
        b1, b2 = b1 - np.sum(E, axis=0, keepdims=True), b2 - np.sum(D, axis=0, keepdims=True)
    parameters = scratch.train(X, Y, 2, 4, 1, 1.0, 300)
    for parameter, expected in zip(parameters, (W1, W2, b1, b2), strict=True):
        np.testing.assert_array_equal(parameter, expected)
    assert capsys.readouterr().out.startswith("Epoch 0, Loss: 0.694980517")


def test_the_global_generator_is_neither_read_nor_changed() -> None:
    """Parameters do not depend on NumPy's global seed, and leave its state as it was."""
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002
    first = scratch.initialize_parameters(3, 2, 1)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # type: ignore[index]  # noqa: NPY002
    np.random.seed(8)  # noqa: NPY002
    for one, two in zip(first, scratch.initialize_parameters(3, 2, 1), strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first[0], scratch.initialize_parameters(3, 2, 1, seed=3)[0])


# ---- worked by hand


def test_a_network_of_one_neuron_per_layer_worked_by_hand() -> None:
    """Every number of one step on a 1-1-1 network follows from pencil and paper."""
    # X = 2, Y = 1, weights 0 and 2 ln 3, biases 0.
    # hidden = sigmoid(2 * 0) = 1/2; final = sigmoid(2 ln 3 * 1/2) = 3/4; loss = -ln(3/4) = ln(4/3)
    # delta_output = (3/4 - 1) * 3/4 * 1/4 = -3/64; d_weights_hidden_output = 1/2 * -3/64 = -3/128
    # delta_hidden = -3/64 * 2 ln 3 * 1/2 * 1/2 = -3/128 ln 3; d_weights_input_hidden = 2 * that = -3/64 ln 3
    x, y, zero = np.array([[2.0]]), np.array([[1.0]]), np.zeros((1, 1))
    parameters = (zero.copy(), np.array([[2 * LN3]]), zero.copy(), zero.copy())
    hidden_output, final_output = scratch.forward_propagation(x, *parameters)
    assert hidden_output.item() == 0.5
    assert final_output.item() == pytest.approx(3 / 4, rel=1e-15)
    assert scratch.compute_loss(y, final_output) == pytest.approx(np.log(4 / 3), rel=1e-14)
    grads = scratch.backpropagation(x, y, hidden_output, final_output, parameters[1], parameters[0])
    assert [g.item() for g in grads] == pytest.approx([-3 / 64 * LN3, -3 / 128, -3 / 128 * LN3, -3 / 64], rel=1e-14)
    # With cross-entropy delta_output = 3/4 - 1 = -1/4, which is 16/3 of the above, all the way back.
    true = scratch.backpropagation(
        x, y, hidden_output, final_output, parameters[1], parameters[0], gradient="cross_entropy"
    )
    assert [g.item() for g in true] == pytest.approx([-LN3 / 4, -1 / 8, -LN3 / 8, -1 / 4], rel=1e-14)
    # A rate of 2 doubles the step: 0 + 2 * 3/64 ln 3, and so on.
    updated = scratch.update_parameters(parameters, grads, 2.0)
    expected = [3 / 32 * LN3, 2 * LN3 + 3 / 64, 3 / 64 * LN3, 3 / 32]
    assert [p.item() for p in updated] == pytest.approx(expected, rel=1e-14)


def test_update_parameters_works_in_place_with_a_default_rate_of_one() -> None:
    """The arrays that come back are those that went in."""
    parameters = scratch.initialize_parameters(2, 3, 1)
    before = [p.copy() for p in parameters]
    grads = tuple(np.full_like(p, 0.25) for p in parameters)
    updated = scratch.update_parameters(parameters, grads)
    for new, same, old in zip(updated, parameters, before, strict=True):
        assert new is same
        np.testing.assert_array_equal(new, old - 0.25)


# ---- which gradient is it?


def numeric_gradients(loss: Callable[[], float], parameters: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """Central differences of the loss along every entry of every parameter."""
    slopes = [np.empty_like(p) for p in parameters]
    for parameter, slope in zip(parameters, slopes, strict=True):
        for place in np.ndindex(parameter.shape):
            kept = parameter[place]
            parameter[place] = kept + 1e-5
            above = loss()
            parameter[place] = kept - 1e-5
            slope[place] = (above - loss()) / 2e-5
            parameter[place] = kept
    return slopes


@pytest.mark.parametrize("gradient", scratch.GRADIENTS)
def test_each_gradient_is_that_of_the_loss_it_names(gradient: str, rng: np.random.Generator) -> None:
    """The slope of compute_loss is "cross_entropy" / m; that of half the summed squared error is "squared_error"."""
    inputs, targets = rng.normal(size=(7, 3)), rng.integers(0, 2, size=(7, 2)).astype(float)
    parameters = scratch.initialize_parameters(3, 5, 2, seed=11)
    for parameter in parameters:
        parameter += rng.normal(size=parameter.shape)

    def mean_cross_entropy() -> float:
        return scratch.compute_loss(targets, scratch.forward_propagation(inputs, *parameters)[1])

    def half_summed_squared_error() -> float:
        return 0.5 * float(np.sum((scratch.forward_propagation(inputs, *parameters)[1] - targets) ** 2))

    hidden_output, final_output = scratch.forward_propagation(inputs, *parameters)
    grads = scratch.backpropagation(
        inputs, targets, hidden_output, final_output, parameters[1], parameters[0], gradient=gradient
    )
    own, m = (half_summed_squared_error, 1) if gradient == "squared_error" else (mean_cross_entropy, 7)
    for grad, slope in zip(grads, numeric_gradients(own, parameters), strict=True):
        np.testing.assert_allclose(grad / m, slope, rtol=1e-6, atol=1e-9)
    other, m = (mean_cross_entropy, 7) if gradient == "squared_error" else (half_summed_squared_error, 1)
    for grad, slope in zip(grads, numeric_gradients(other, parameters), strict=True):
        assert np.linalg.norm(grad / m - slope) > 0.1 * np.linalg.norm(slope)


def test_train_follows_the_gradient_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """After 1,000 epochs the true gradient has a smaller printed loss than the tutorial's, from the same start."""
    scratch.train(X, Y, 2, 4, 1, 1.0, 1001)
    scratch.train(X, Y, 2, 4, 1, 1.0, 1001, gradient="cross_entropy")
    start, tutorial, same_start, true = (float(line.split()[-1]) for line in capsys.readouterr().out.splitlines())
    assert start == same_start
    assert true < 0.1 * tutorial


# ---- where the tutorial breaks


def test_sigmoid_is_exact_at_the_ends_and_silent() -> None:
    """±1000 and ±inf give exactly 0 and 1 without a warning, even where underflow is an error."""
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(
            scratch.sigmoid(np.array([-np.inf, -1000.0, 0.0, 1000.0, np.inf])), [0.0, 0.0, 0.5, 1.0, 1.0]
        )
    assert scratch.sigmoid(-1000) == 0.0
    assert scratch.sigmoid(-40.0) == pytest.approx(np.exp(-40.0), rel=1e-14)
    assert np.isnan(scratch.sigmoid(np.array([np.nan]))).all()
    np.testing.assert_array_equal(scratch.sigmoid(np.array([0, 200], np.uint8)), [0.5, 1.0])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.bool_])
def test_compute_loss_is_finite_for_certain_predictions(dtype: type) -> None:
    """Exactly 0 and 1 count as their neighbours: right costs nothing, wrong costs much but not infinity."""
    certain = np.array([[0], [1]], dtype)
    right, wrong = scratch.compute_loss(certain, certain), scratch.compute_loss(certain, certain[::-1])
    assert 0 <= right < 1e-15
    # -ln(2**-53) for a prediction of 1 that is wrong, -ln(2**-1022) for a prediction of 0 that is wrong
    assert wrong == pytest.approx((53 + 1022) * np.log(2) / 2, rel=1e-12)


def test_compute_loss_of_a_perfect_zero_is_not_minus_zero() -> None:
    """A loss of nothing prints as 0.0."""
    assert str(scratch.compute_loss(np.zeros((2, 1)), np.zeros((2, 1)))) == "0.0"


@pytest.mark.parametrize("prediction", [1e-300, 1e-13, 0.25, 1 - 1e-13])
def test_compute_loss_leaves_other_predictions_alone(prediction: float) -> None:
    """A prediction close to 0 or 1 has the loss of the plain formula, bit for bit."""
    for answer in (0.0, 1.0):
        plain = -(answer * np.log(prediction) + (1 - answer) * np.log(1 - prediction))
        assert scratch.compute_loss(np.array([[answer]]), np.array([[prediction]])) == plain


def test_train_takes_lists_and_integers(capsys: pytest.CaptureFixture[str]) -> None:
    """Nested lists and integer arrays train like the float arrays of the same numbers."""
    expected = scratch.train(X, Y, 2, 4, 1, 1.0, 5)
    lists: Any = X.tolist(), Y.tolist()
    for inputs, targets in (lists, (X.astype(np.uint8), Y.astype(bool))):
        for one, two in zip(scratch.train(inputs, targets, 2, 4, 1, 1.0, 5), expected, strict=True):
            np.testing.assert_array_equal(one, two)
    assert len(set(capsys.readouterr().out.splitlines())) == 1


def test_inputs_are_not_changed() -> None:
    """Training reads X and Y only."""
    inputs, targets = X.copy(), Y.copy()
    with contextlib.redirect_stdout(io.StringIO()):
        scratch.train(inputs, targets, 2, 3, 1, 1.0, 3)
    np.testing.assert_array_equal(inputs, X)
    np.testing.assert_array_equal(targets, Y)


NAN = np.array([[0.0, 0.0], [0.0, 1.0], [np.nan, 0.0], [1.0, 1.0]])
PARAMETERS = scratch.initialize_parameters(2, 3, 1)
HIDDEN, FINAL = scratch.forward_propagation(X, *PARAMETERS)
GRADS = scratch.backpropagation(X, Y, HIDDEN, FINAL, PARAMETERS[1], PARAMETERS[0])


def train(X: Any = X, Y: Any = Y, sizes: Any = (2, 4, 1), rate: Any = 1.0, epochs: Any = 1, **more: Any) -> Any:
    """Train for a moment; the tests change one argument each."""
    return scratch.train(X, Y, *sizes, rate, epochs, **more)


def forward(X: Any = X, **changed: Any) -> Any:
    """Forward pass with some parameters replaced."""
    return scratch.forward_propagation(X, **(dict(zip(NAMES, PARAMETERS, strict=True)) | changed))


def backward(**changed: Any) -> Any:
    """Backward pass with some arguments replaced."""
    arguments = {"X": X, "Y": Y, "hidden_output": HIDDEN, "final_output": FINAL}
    arguments |= {"weights_hidden_output": PARAMETERS[1], "weights_input_hidden": PARAMETERS[0]}
    return scratch.backpropagation(**(arguments | changed))


def update(parameters: Any = PARAMETERS, grads: Any = GRADS, rate: Any = 1.0) -> Any:
    """One step with some arguments replaced."""
    return scratch.update_parameters(parameters, grads, rate)


ERRORS: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: scratch.sigmoid("one"),  # type: ignore[arg-type]
        "sigmoid: x holds text; it must hold real numbers. Turn words and categories into numbers first.",
    ),
    (
        lambda: scratch.sigmoid_derivative(np.array([1j])),
        "sigmoid_derivative: x has dtype complex128; it must hold real numbers. Turn words and categories into numbers first.",
    ),
    (
        lambda: scratch.initialize_parameters(2, 0, 1),
        "initialize_parameters: hidden_size is 0; it must be a whole number of at least 1.",
    ),
    (
        lambda: scratch.initialize_parameters(2.0, 4, 1),  # type: ignore[arg-type]
        "initialize_parameters: input_size is 2.0; it must be a whole number of at least 1.",
    ),
    (
        lambda: scratch.initialize_parameters(2, 4, 1, seed=-1),
        "initialize_parameters: seed is -1; it must be a whole number from 0 to 4294967295.",
    ),
    (
        lambda: forward(X[0]),
        "forward_propagation: X has shape (2,); it must be a matrix with one row per sample. Use X.reshape(-1, 1).",
    ),
    (
        lambda: forward(X[:, :1]),
        "forward_propagation: weights_input_hidden has shape (2, 3); it must have 1 row, one per input.",
    ),
    (
        lambda: forward(bias_hidden=np.zeros(3)),
        "forward_propagation: bias_hidden has shape (3,); it must be a matrix with one row per bias. Use bias_hidden.reshape(1, -1).",
    ),
    (
        lambda: forward(bias_hidden=np.zeros((4, 3))),
        "forward_propagation: bias_hidden has shape (4, 3); it must have 1 row, one per bias.",
    ),
    (
        lambda: forward(bias_output=np.zeros((1, 2))),
        "forward_propagation: bias_output has shape (1, 2); it must have 1 column, one per output.",
    ),
    (
        lambda: forward(NAN),
        "forward_propagation: X holds nan in row 2, column 0; it must be finite. Fill or drop missing values first.",
    ),
    (
        lambda: forward(bias_output=np.array([[np.nan]])),
        "forward_propagation: bias_output holds nan in row 0, column 0; it must be finite. Start again with a lower learning_rate.",
    ),
    (lambda: forward(X.tolist()), "forward_propagation: X is of type list; it must be a NumPy array. Use np.array(X)."),
    (
        lambda: forward(X.astype(str)),
        "forward_propagation: X holds text; it must hold real numbers. Turn words and categories into numbers first.",
    ),
    (
        lambda: forward(X[:0]),
        "forward_propagation: X has shape (0, 2); it must have at least one row and one column.",
    ),
    (
        lambda: scratch.compute_loss(Y.ravel(), Y),
        "compute_loss: Y has shape (4,); it must be a matrix with one row per sample. Use Y.reshape(-1, 1).",
    ),
    (
        lambda: scratch.compute_loss(Y, FINAL[:3]),
        "compute_loss: Y_hat has shape (3, 1); it must have 4 rows, one per sample.",
    ),
    (
        lambda: scratch.compute_loss(Y, np.full((4, 1), 1.5)),
        "compute_loss: Y_hat holds 1.5 in row 0, column 0; it must lie between 0 and 1. Pass the output of a sigmoid.",
    ),
    (
        lambda: scratch.compute_loss(Y, np.array([[0.5], [np.nan], [0.5], [0.5]])),
        "compute_loss: Y_hat holds nan in row 1, column 0; it must be finite. Fill or drop missing values first.",
    ),
    (
        lambda: scratch.compute_loss(NAN[:, :1], FINAL),
        "compute_loss: Y holds nan in row 2, column 0; it must be finite. Fill or drop missing values first.",
    ),
    (
        lambda: backward(Y=Y.ravel()),
        "backpropagation: Y has shape (4,); it must be a matrix with one row per sample. Use Y.reshape(-1, 1).",
    ),
    (
        lambda: backward(weights_input_hidden=np.ones((3, 3))),
        "backpropagation: weights_input_hidden has shape (3, 3); it must have 2 rows, one per input.",
    ),
    (
        lambda: backward(gradient="mse"),
        "backpropagation: gradient is 'mse'; it must be one of 'squared_error', 'cross_entropy'.",
    ),
    (
        lambda: update(grads=GRADS[:3]),
        "update_parameters: grads is of 3 matrices; it must be a tuple of four matrices.",
    ),
    (
        lambda: update(parameters=None),
        "update_parameters: parameters is of type NoneType; it must be a tuple of four matrices.",
    ),
    (
        lambda: update(grads=(GRADS[2], *GRADS[1:])),
        "update_parameters: d_weights_input_hidden is of shape (1, 3); it must be an array of shape (2, 3).",
    ),
    (
        lambda: update(grads=(*GRADS[:3], 0.5)),
        "update_parameters: d_bias_output is of type float; it must be an array of shape (1, 1).",
    ),
    (
        lambda: update(grads=(*GRADS[:3], np.array([["0.5"]]))),
        "update_parameters: d_bias_output holds text; it must hold real numbers. Turn words and categories into numbers first.",
    ),
    (
        lambda: update(parameters=(*PARAMETERS[:3], np.zeros((1, 1), int))),
        "update_parameters: bias_output is of dtype int64; it must be an array of floats, to be changed in place.",
    ),
    (
        lambda: update(grads=(*GRADS[:3], np.array([[np.nan]]))),
        "update_parameters: d_bias_output holds nan in row 0, column 0; it must be finite. Start again with a lower learning_rate.",
    ),
    (
        lambda: update(rate=np.nan),
        "update_parameters: learning_rate is nan; it must be a finite number of at least 0.",
    ),
    (
        lambda: train(Y=Y.ravel()),
        "train: Y has shape (4,); it must be a matrix with one row per sample. Use Y.reshape(-1, 1).",
    ),
    (
        lambda: train(X[:, 0]),
        "train: X has shape (4,); it must be a matrix with one row per sample. Use X.reshape(-1, 1).",
    ),
    (
        lambda: train(X.reshape(2, 2, 2)),
        "train: X has shape (2, 2, 2); it must be a matrix with one row per sample.",
    ),
    (lambda: train(X[:3]), "train: Y has shape (4, 1); it must have 3 rows, one per sample."),
    (lambda: train(sizes=(3, 4, 1)), "train: input_size is 3; it must be 2, the number of columns of X."),
    (lambda: train(sizes=(2, 4, 2)), "train: output_size is 2; it must be 1, the number of columns of Y."),
    (
        lambda: train(NAN),
        "train: X holds nan in row 2, column 0; it must be finite. Fill or drop missing values first.",
    ),
    (
        lambda: train(np.where(X == 1, np.inf, X)),
        "train: X holds inf in row 1, column 1; it must be finite. Fill or drop missing values first.",
    ),
    (lambda: train(X[:0], Y[:0]), "train: X has shape (0, 2); it must have at least one row and one column."),
    (
        lambda: train([["yes", "no"]] * 4),
        "train: X holds text; it must hold real numbers. Turn words and categories into numbers first.",
    ),
    (
        lambda: train(Y=np.array([[None]] * 4)),
        "train: Y has dtype object; it must hold real numbers. Turn words and categories into numbers first.",
    ),
    (
        lambda: train([[0, 1], [1]]),
        "train: X has rows of different lengths; they must be equally long. Pad or cut the rows.",
    ),
    (
        lambda: train(Y=2 * Y - 1),
        "train: Y holds -1.0 in row 0, column 0; it must lie between 0 and 1. Code the answers as 0 and 1.",
    ),
    (lambda: train(rate="fast"), "train: learning_rate is 'fast'; it must be a finite number of at least 0."),
    (lambda: train(epochs=-1), "train: epochs is -1; it must be a whole number of at least 0."),
    (lambda: train(gradient="mse"), "train: gradient is 'mse'; it must be one of 'squared_error', 'cross_entropy'."),
    (
        lambda: scratch.run_tutorial("nand"),
        "run_tutorial: problem is 'nand'; it must be one of 'xor', 'and', 'or'.",
    ),
]


@pytest.mark.parametrize(("call", "sentence"), ERRORS, ids=[sentence[:60] for _, sentence in ERRORS])
def test_bad_input_gets_one_sentence(call: Callable[[], Any], sentence: str) -> None:
    """What cannot be used is refused with this ValueError, word for word, before anything is printed or changed."""
    before = [p.copy() for p in PARAMETERS]
    printed = io.StringIO()
    with pytest.raises(ValueError) as caught, contextlib.redirect_stdout(printed):  # noqa: PT011  compared below
        call()
    assert str(caught.value) == sentence
    assert printed.getvalue() == ""
    for parameter, kept in zip(PARAMETERS, before, strict=True):
        np.testing.assert_array_equal(parameter, kept)


@pytest.mark.parametrize("name", ["X", "Y", "hidden_output", "final_output", "weights_hidden_output"])
def test_backpropagation_names_the_matrix_with_the_nan(name: str) -> None:
    """A NaN in any matrix that the chain rule uses is found and named."""
    arguments = {"X": X, "Y": Y, "hidden_output": HIDDEN, "final_output": FINAL, "weights_hidden_output": PARAMETERS[1]}
    bad = arguments[name].copy()
    bad[1, 0] = np.nan
    with pytest.raises(ValueError, match=f"^backpropagation: {name} holds nan in row 1, column 0; it must be finite"):
        backward(**{name: bad})


def test_large_but_finite_numbers_pass() -> None:
    """The quick check for NaN, a sum of squares, may overflow; the numbers themselves are accepted all the same."""
    with contextlib.redirect_stdout(io.StringIO()):
        parameters = scratch.train(np.array([[1e200], [-1e200]]), np.array([[1], [0]]), 1, 2, 1, 1e-3, 3)
    assert all(np.isfinite(p).all() for p in parameters)


# ---- the file and the command


def imported(nodes: list[ast.stmt]) -> set[str]:
    """Names of the modules that these statements import, nested ones included."""
    names = set()
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or ".")
    return names


def test_the_file_imports_numpy_and_nothing_else() -> None:
    """Outside `main`, which reads the command line, NumPy is the only import."""
    body = ast.parse(Path(scratch.__file__).read_text()).body
    is_main = [isinstance(node, ast.FunctionDef) and node.name == "main" for node in body]
    assert imported([node for node, main in zip(body, is_main, strict=True) if not main]) == {"numpy"}
    assert imported([node for node, main in zip(body, is_main, strict=True) if main]) == {"argparse", "os", "sys"}


def test_the_file_runs_alone(tmp_path: Path) -> None:
    """A copy of the file, outside the package and with warnings as errors, trains."""
    copy = shutil.copy(scratch.__file__, tmp_path / "notebook.py")
    command = [sys.executable, "-I", "-W", "error", str(copy), "and", "--epochs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Epoch 0, Loss: 0.659762703")


def test_the_examples_in_the_docstrings_are_true() -> None:
    """Every public function has an example, and each prints what it says."""
    result = doctest.testmod(scratch)
    assert result.failed == 0
    assert result.attempted >= 15
    for name in scratch.__all__:
        if callable(getattr(scratch, name)):
            assert ">>>" in inspect.getdoc(getattr(scratch, name))  # type: ignore[operator]


def test_the_module_is_a_command() -> None:
    """`python -m glassnet.scratch` runs the tutorial on XOR and prints losses and predictions."""
    command = [sys.executable, "-W", "error", "-m", "glassnet.scratch"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    for line, (epoch, loss) in zip(lines, REFERENCE["runs"][0]["printed"], strict=False):
        assert line.startswith(f"Epoch {epoch}, Loss: ")
        assert float(line.split()[-1]) == pytest.approx(loss, rel=1e-6)
    assert lines[10].startswith("After 10000 epochs, Loss: 0.0116861")
    assert lines[11:] == [
        "",
        "inputs  target  prediction",
        "0  0         0      0.0112",
        "0  1         1      0.9888",
        "1  0         1      0.9888",
        "1  1         0      0.0129",
    ]
    assert done.stderr == ""


def test_a_reader_that_stops_is_no_error() -> None:
    """`python -m glassnet.scratch | head -5` ends quietly."""
    command = [sys.executable, "-m", "glassnet.scratch", "--epochs", "10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_main_takes_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """The problem, size, rate, epochs, gradient and seed reach `train`."""
    options = "or --hidden-size 3 --learning-rate 0.5 --epochs 20 --gradient cross_entropy --seed 5"
    assert scratch.main(options.split()) == 0
    said = capsys.readouterr().out
    targets = np.array([[0.0], [1.0], [1.0], [1.0]])
    parameters = scratch.train(X, targets, 2, 3, 1, 0.5, 20, gradient="cross_entropy", seed=5)
    loss = scratch.compute_loss(targets, scratch.forward_propagation(X, *parameters)[1])
    assert said.startswith(f"{capsys.readouterr().out}After 20 epochs, Loss: {loss}\n")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("nand", "run_tutorial: problem is 'nand'; it must be one of 'xor', 'and', 'or'."),
        ("--epochs many", "argument --epochs: invalid int value: 'many'"),
        ("--epochs", "argument --epochs: expected one argument"),
        ("--epochs -3", "train: epochs is -3; it must be a whole number of at least 0."),
        ("--learning-rate nan", "train: learning_rate is nan; it must be a finite number of at least 0."),
        ("--gradient mse", "train: gradient is 'mse'; it must be one of 'squared_error', 'cross_entropy'."),
        ("--hidden 4", "scratch: unknown option '--hidden'. To see all of them: --help"),
        ("xor or", "scratch: unknown option 'or'. To see all of them: --help"),
    ],
)
def test_bad_options_get_one_sentence_and_exit_code_2(
    options: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option that cannot be used is named on the error stream; nothing is printed, no traceback."""
    assert scratch.main(options.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", sentence + "\n")


# ---- the lesson


def test_the_lessons_example_runs() -> None:
    """examples/lesson_gradients.py counts epochs without a warning."""
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / "lesson_gradients.py"), "--smoke"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()[2:]] == ["0.5", "1.0", "1.5", "5.0", "10.0"]
