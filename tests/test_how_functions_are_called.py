"""What `check_my_backprop` takes for predictions, what it says of that, and that it leaves everything as it was."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from clashing_names import CLASHING, one_layer
from glassnet.errors import ConfigError
from right_programs import PROGRAMS, Silent, entropy, hidden, mse, one_hot, rows, scores, softened, squared, start


def call(name: str, slip: float = 1.0) -> Any:
    """Return a program's functions and data."""
    return PROGRAMS[name](np.random.default_rng(0), slip)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("output_then_hidden", "predictions = 1st array that forward returns"),
        ("four_arrays", "predictions = 4th array that forward returns"),
        ("dictionary_of_odd_names", "predictions = 'q'"),
        ("a_record", "predictions = 'probabilities'"),
        ("nested_tuple", "predictions = result[0][1] of forward"),
        ("forward_returns_nothing", "predictions = 'out' of Silent"),
    ],
)
def test_what_is_taken_for_the_predictions_is_said(name: str, said: str) -> None:
    """Where forward returns several arrays, the first line and the plain data say which are the predictions."""
    report = gn.check_my_backprop(*call(name))
    assert str(report).splitlines()[0].endswith(said)
    assert report.to_dict()["predictions"] == said.removeprefix("predictions = ")


def test_the_only_array_needs_no_words() -> None:
    """One array, alone or in front of a cache, is the predictions."""
    for name in ("answers_called_t", "a_tuple", "list_of_blocks"):
        assert "predictions =" not in str(gn.check_my_backprop(*call(name)))


def test_a_constant_in_a_logarithm_is_said() -> None:
    """The note says how far the gradients differ, what the constant is, and that it is right."""
    report = gn.check_my_backprop(*call("log_of_p_plus_1e-05"))
    (note,) = report.notes
    assert "as a constant of about 1e-05 in a logarithm or a denominator does: right" in note
    assert report.ok


def test_a_constant_in_a_logarithm_hides_no_mistake() -> None:
    """Beside it, a gradient that is wrong is not passed, and the others are."""
    report = gn.check_my_backprop(*call("log_of_p_plus_1e-05", 1.5))
    assert [check.passed for check in report.checks] == [False, True, True, True]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("one_column", "right for the one column that was given; with a second column, the gradient of b1 would have"),
        ("one_row", "right for the one row that was given; with a second row, the gradient of b1 would have"),
    ],
)
def test_what_a_second_sample_would_need(name: str, said: str) -> None:
    """A program for one sample is right, and is told what several would need."""
    report = gn.check_my_backprop(*call(name))
    assert report.ok
    assert report.notes[0].startswith(said)
    assert "sum over the " in report.notes[0]


def test_objects_are_left_as_they_were() -> None:
    """Dicts, lists and attributes hold the same arrays afterwards, with the same numbers."""
    for name in ("params_of_a_class", "list_of_blocks", "slots_and_functions", "a_module", "arrays_from_outside"):
        program = call(name)
        tree = gn.diagnosis.backprop.parameter_tree.ParameterTree(program[3])
        before = [array.copy() for array in tree.originals]
        assert gn.check_my_backprop(*program).ok
        again = gn.diagnosis.backprop.parameter_tree.ParameterTree(program[3])
        assert all(a is b for a, b in zip(tree.originals, again.originals, strict=True))
        assert all(np.array_equal(a, b) for a, b in zip(before, again.originals, strict=True))


def test_variables_are_left_as_they_were() -> None:
    """Variables around the functions hold the same arrays afterwards, after a refusal as well."""
    p = start(np.random.default_rng(0), 2)
    W1, b1, W2, b2 = p.values()
    around = lambda: {"W1": W1, "b1": b1, "W2": W2, "b2": b2}  # noqa: E731  # as a learner writes it
    X, y = rows(np.random.default_rng(1)), np.zeros((7, 2))
    forward = lambda X: scores(hidden(X, around()), around())  # noqa: E731  # as a learner writes it
    assert gn.check_my_backprop(forward, mse, lambda X, y: squared(X, y, around(), 1.0), p, X, y).ok
    with pytest.raises(ConfigError):
        gn.check_my_backprop(forward, mse, lambda X, y: around()["W3"], p, X, y)
    assert all(a is b for a, b in zip(around().values(), p.values(), strict=True))


def test_copies_of_an_objects_arrays() -> None:
    """Parameters that are copies of what the functions use are refused in a sentence that says what to pass."""
    net = Silent(np.random.default_rng(0), 1.0)
    copies = {name: array.copy() for name, array in net.params.items()}
    with pytest.raises(ConfigError, match="They are copies of what the object has: pass the Silent itself"):
        gn.check_my_backprop(
            net.forward,
            entropy,
            net.backward,
            copies,
            rows(np.random.default_rng(1)),
            one_hot(np.random.default_rng(2)),
        )


def test_numbers_in_objects_of_their_own() -> None:
    """Scalars with a backward of their own are refused politely."""
    value = SimpleNamespace(data=0.5, grad=0.0)
    with pytest.raises(
        ConfigError,
        match=r"parameters is a list without arrays; it must be a dict, list or tuple of arrays, or an object with arrays such as W1 as attributes. Pass for example \{'W1': W1, 'b1': b1\}.",
    ):
        gn.check_my_backprop(lambda X: X, mse, lambda X: None, [value], np.ones((2, 1)), np.ones((2, 1)))


def test_a_shape_of_y_with_which_a_function_does_not_run() -> None:
    """Answers that one of the functions cannot take as they are get the shape of the predictions, and a note says so."""
    forward, _, _, p, X, y = call("minus_and_plus_one")
    loss = lambda f, y: np.mean((f.ravel() - y.ravel()) ** 2)  # noqa: E731  # as a learner writes it

    def gradients(X: Any, y: Any, p: Any) -> Any:
        return squared(X, y[:, [0]], p, 1.0)

    report = gn.check_my_backprop(forward, loss, gradients, p, X, y.ravel())
    assert report.ok
    assert report.notes == ["y was given the shape (7, 1) of the predictions: with (7,), gradients does not run"]


@pytest.mark.parametrize("name", ["loss_and_gradients_in_one", "loss_and_gradients_with_lambdas"])
def test_a_penalty_in_a_loss_that_runs_forward(name: str) -> None:
    """The loss is recognised by what other targets change, and its penalty is not called missing."""
    report = gn.check_my_backprop(*call(name))
    assert (report.loss, report.kinds) == ("mean softmax cross-entropy", [])
    report = gn.check_my_backprop(*call(name, 1.5))
    assert [(mistake.kind, mistake.parameters) for mistake in report.mistakes] == [("constant_factor", ("W1",))]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def test_a_long_check_shows_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a long check says what it does, and clears the line; what the functions print is not shown."""
    terminal, said = Terminal(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", said)
    monkeypatch.setattr(gn.diagnosis.backprop.progress_words, "_AFTER", -1.0)
    assert gn.check_my_backprop(*call("a_talkative_program")).ok
    assert "\rcheck_my_backprop: point 1 of 4 ..." in terminal.getvalue()
    assert terminal.getvalue().endswith(" \r")
    assert said.getvalue() == ""


def test_a_large_network_takes_few_passes() -> None:
    """A program of MNIST's size that is right is cleared in few passes: it is compared along directions, not entry by entry."""
    rng = np.random.default_rng(0)
    p, passes = start(rng, 10, d=784, h=32), [0]

    def forward(X: Any, p: Any) -> Any:
        passes[0] += 1
        E = np.exp(scores(hidden(0.05 * X, p), p))
        return E / E.sum(1, keepdims=True)

    X, y = rng.random((20, 784)), np.eye(10)[rng.integers(0, 10, 20)]
    assert gn.check_my_backprop(forward, entropy, lambda X, y, p: softened(0.05 * X, y, p, 1.0), p, X, y).ok
    assert passes[0] < 250


@pytest.mark.parametrize("name", CLASHING)
def test_names_that_mean_something_else(name: str) -> None:
    """Predictions called b, l2 or m are predictions where nothing else can be; one wrong gradient is the one named."""
    report = gn.check_my_backprop(*CLASHING[name](1.0))
    assert report.ok, report
    report = gn.check_my_backprop(*CLASHING[name](10.0))
    (mistake,) = report.mistakes
    assert mistake.kind == "constant_factor"
    assert len(mistake.parameters) == 1


def test_numbers_one_by_one() -> None:
    """Parameters that forward and gradients take one by one, as numbers, with gradients as a tuple."""
    x = np.random.default_rng(1).standard_normal(8)
    for slip in (1.0, 2.0):

        def gradients(x: Any, y: Any, w: Any, b: Any, slip: float = slip) -> Any:
            return np.mean((w * x + b - y) * x), slip * np.mean(w * x + b - y)

        loss = lambda h, y: np.mean((h - y) ** 2) / 2  # noqa: E731  # as a learner writes it
        report = gn.check_my_backprop(lambda x, w, b: w * x + b, loss, gradients, {"w": 0.5, "b": 0.1}, x, 2 * x + 1)
        assert [check.passed for check in report.checks] == [True, slip == 1.0]


@pytest.mark.parametrize("flat", [lambda a, y: np.mean((a > 0.5) == y), lambda a, y: np.mean((np.round(a) - y) ** 2)])
def test_a_loss_without_slopes(flat: Any) -> None:
    """A loss that counts or rounds is what is refused, not a forward that is right."""
    with pytest.raises(ConfigError, match="counted or rounded, as in an accuracy, have no slope"):
        gn.check_my_backprop(*one_layer(flat))


def test_a_loss_without_a_name() -> None:
    """A loss that is not recognised is not called "a loss"."""
    weighted = lambda a, y: -np.mean(3 * y * np.log(a) + (1 - y) * np.log(1 - a))  # noqa: E731  # as a learner writes it
    text = str(gn.check_my_backprop(*one_layer(weighted)))
    assert "while your loss is another one" in text
    assert "is a loss" not in text


def test_data_from_outside() -> None:
    """A loss of all parameters, beside gradients of all parameters, takes its data from around it."""
    x = np.random.default_rng(1).standard_normal(8)
    loss = lambda a, b: np.mean((a * x + b - 2 * x - 1) ** 2)  # noqa: E731  # as a learner writes it
    for slip in (1.0, 2.0):

        def gradients(a: Any, b: Any, slip: float = slip) -> Any:
            error = a * x + b - 2 * x - 1
            return slip * 2 * np.mean(error * x), 2 * np.mean(error)

        report = gn.check_my_backprop(lambda x, a, b: a * x + b, loss, gradients, {"a": 0.3, "b": 0.5}, x, 2 * x + 1)
        assert [check.passed for check in report.checks] == [slip == 1.0, True]


def test_a_cache_with_the_predictions_in_it() -> None:
    """Where "cache" is all that forward returns, "X" stays what its name says, though the hidden layer fits as well."""
    parameters = [np.array([[0.5, -0.3], [0.8, 0.2]]), np.array([[0.7], [-0.6]])]
    X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])

    def forward(X: Any, parameters: Any) -> Any:
        H = np.tanh(X @ parameters[0])
        return 1 / (1 + np.exp(-H @ parameters[1])), H

    def gradients(parameters: Any, cache: Any, X: Any, y: Any) -> Any:
        A, H = cache
        delta = (A - y) / len(X)
        return [X.T @ (delta @ parameters[1].T), H.T @ delta]

    loss = lambda A, y: -np.mean(y * np.log(A) + (1 - y) * np.log(1 - A))  # noqa: E731  # as a learner writes it
    report = gn.check_my_backprop(forward, loss, gradients, parameters, X, y)
    assert report.kinds == ["derivative_forgotten"]
    total = lambda A, y: len(y) * loss(A, y)  # noqa: E731  # as a learner writes it
    assert "averaged_not_summed" in gn.check_my_backprop(forward, total, gradients, parameters, X, y).kinds
