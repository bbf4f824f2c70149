"""A learner's own back-propagation: mistakes are named, right programs are never accused, arrays are left alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import diagnosis, scratch
from glassnet.diagnosis.backprop.messages import WORDS
from glassnet.errors import ConfigError
from learner_styles import STYLES, ClassNet, entropy
from learners import ARCHITECTURES, BOUNDED, CASES, SQUARES, Architecture, Case, Lesson, sigmoid, softmax

LESSONS = [(case, kind) for case in CASES for kind in case.lessons]
NAMES = [f"{case.mistake}-{kind.name}" for case, kind in LESSONS]
KINDS = (*ARCHITECTURES, *BOUNDED, *SQUARES)
XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])


def check(lesson: Lesson, **options: Any) -> gn.BackpropReport:
    """Check a learner's program."""
    return gn.check_my_backprop(
        lesson.forward, lesson.loss, lesson.gradients, lesson.parameters, lesson.X, lesson.y, **options
    )


def plain(seed: int = 0) -> tuple[Any, ...]:
    """Return forward, loss, gradients, parameters, X and y of a right program."""
    return STYLES["plain"](np.random.default_rng(seed))


@pytest.mark.parametrize(("case", "kind"), LESSONS, ids=NAMES)
def test_mistakes_are_named(case: Case, kind: Architecture) -> None:
    """Each mistake is called by its name, and no other is."""
    report = check(Lesson(kind, case.mistake, 0, case.penalty))
    assert not report.ok
    assert case.kind in report.kinds
    assert set(report.kinds) <= {case.kind, *case.also}


@pytest.mark.slow
def test_mistakes_are_named_with_any_seed() -> None:
    """Of all mistakes on all architectures with 8 seeds that no rule was made with, 99 of 100 are named."""
    named = [
        case.kind in check(Lesson(kind, case.mistake, seed, case.penalty)).kinds
        for case, kind in LESSONS
        for seed in range(1000, 1008)
    ]
    assert len(named) > 1000
    assert np.mean(named) >= 0.99


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.name}-{kind.sizes}")
@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_right_lessons_pass(kind: Architecture, penalty: float) -> None:
    """A right program passes, with a penalty or without, from any start."""
    for seed in range(5):
        report = check(Lesson(kind, "", seed, penalty))
        assert report.ok, report


@pytest.mark.parametrize("name", STYLES)
def test_right_programs_of_any_style_pass(name: str) -> None:
    """Columns or rows, dicts, lists or classes, kinks, clipped logarithms, shortcuts: what is right is not accused."""
    for seed in range(3):
        report = gn.check_my_backprop(*STYLES[name](np.random.default_rng(seed)))
        assert report.ok, report
        assert "right" in repr(report)


@pytest.mark.slow
def test_right_programs_pass_with_any_seed() -> None:
    """No right program is accused from any of 100 starts."""
    for name, build in STYLES.items():
        for seed in range(100):
            assert gn.check_my_backprop(*build(np.random.default_rng(seed))).ok, (name, seed)


def test_the_tutorial() -> None:
    """The tutorial's functions go in as they are: squared error's gradient under cross-entropy, and not averaged."""
    start = scratch.initialize_parameters(2, 4, 1)
    functions = scratch.forward_propagation, scratch.compute_loss, scratch.backpropagation
    report = gn.check_my_backprop(*functions, start, *XOR)
    assert report.kinds == ["squared_error_gradient", "summed_not_averaged"]
    assert (report.network, report.loss) == ("2 layers (sigmoid, sigmoid)", "mean binary cross-entropy")
    assert all(mistake.parameters == scratch.PARAMETERS for mistake in report.mistakes)


def test_the_tutorial_corrected() -> None:
    """With the gradient of the printed loss, averaged, the tutorial passes."""

    def backpropagation(X: Any, Y: Any, hidden_output: Any, final_output: Any, weights_hidden_output: Any) -> Any:
        grads = scratch.backpropagation(
            X, Y, hidden_output, final_output, weights_hidden_output, np.zeros((2, 4)), gradient="cross_entropy"
        )
        return [grad / len(X) for grad in grads]

    start = scratch.initialize_parameters(2, 4, 1)
    assert gn.check_my_backprop(scratch.forward_propagation, scratch.compute_loss, backpropagation, start, *XOR).ok


def test_the_rate_of_an_early_update_is_measured() -> None:
    """How far the weights had moved before the hidden delta follows from the gradients."""
    (mistake,) = check(Lesson(ARCHITECTURES[0], "updated too early", 1)).mistakes
    assert mistake.parameters == ("W1", "b1")
    assert "W2 (rate 0.1)" in mistake.measured


def test_two_mistakes_are_both_named() -> None:
    """A mistake at the output does not hide one in a hidden layer, nor one in a bias."""
    lesson = Lesson(ARCHITECTURES[0], "squared error's delta", 3)

    def gradients(parameters: Any, cache: Any, X: Any, y: Any) -> Any:
        delta = (cache["A2"] - y) * cache["A2"] * (1 - cache["A2"])
        hidden = -(delta @ parameters["W2"].T)
        zero = np.zeros_like(parameters["b1"])
        return {"W1": X.T @ hidden, "b1": zero, "W2": cache["A1"].T @ delta, "b2": delta.sum(axis=0)}

    report = gn.check_my_backprop(lesson.forward, lesson.loss, gradients, lesson.parameters, lesson.X, lesson.y)
    found = {mistake.kind: mistake.parameters for mistake in report.mistakes}
    assert found == {
        "squared_error_gradient": ("W1", "W2", "b2"),
        "derivative_forgotten": ("W1",),
        "wrong_sign": ("W1",),
        "summed_not_averaged": ("W1", "W2", "b2"),
        "bias_forgotten": ("b1",),
    }


def test_arrays_are_left_alone() -> None:
    """Parameters, data and an object's attributes have the same numbers afterwards, and are the same arrays."""
    net = ClassNet(np.random.default_rng(0))
    X, y = np.random.default_rng(1).standard_normal((6, 3)), np.tile([[0.0], [1.0]], (3, 1))
    held = net.W1, net.b1, X, y
    before = [array.copy() for array in held]
    assert gn.check_my_backprop(net.forward, entropy, net.backward, net, X, y).ok
    assert net.W1 is held[0]
    assert net.b1 is held[1]
    assert all(np.array_equal(a, b) for a, b in zip(held, before, strict=True))


def test_a_whole_step() -> None:
    """With learning_rate, a step in place or one that returns new parameters is checked by what it changed."""
    forward, loss, gradients, parameters, X, y = plain()

    def in_place(X: Any, y: Any, cache: Any, parameters: Any) -> None:
        for name, grad in gradients(X, y, cache, parameters).items():
            parameters[name] -= 0.1 * grad

    def returned(X: Any, y: Any, cache: Any, parameters: Any) -> Any:
        return {name: parameters[name] - 0.1 * grad for name, grad in gradients(X, y, cache, parameters).items()}

    def early(X: Any, y: Any, cache: Any, parameters: Any) -> None:
        parameters["W2"] -= 0.1 * gradients(X, y, cache, parameters)["W2"]
        for name, grad in gradients(X, y, cache, parameters).items():
            parameters[name] -= 0.1 * grad * (name != "W2")

    for step in (in_place, returned):
        assert gn.check_my_backprop(forward, loss, step, parameters, X, y, learning_rate=0.1).ok
        report = gn.check_my_backprop(forward, loss, step, parameters, X, y, learning_rate=0.2)
        assert report.kinds == ["constant_factor"]
    report = gn.check_my_backprop(forward, loss, early, parameters, X, y, learning_rate=0.1)
    assert report.kinds == ["updated_too_early"]


def test_targets_that_broadcast() -> None:
    """Answers of shape (n,) against predictions of shape (n, 1) are found, and not those that a loss flattens."""
    forward, loss, gradients, parameters, X, y = plain()
    report = gn.check_my_backprop(forward, loss, gradients, parameters, X, y.ravel())
    assert report.kinds == ["broadcast"]
    assert "predictions of shape (8, 1) and y of shape (8,), loss and gradients" in report.mistakes[0].measured
    flat = gn.check_my_backprop(
        forward,
        lambda a, y: loss(a.ravel(), y.ravel()),
        lambda X, y, cache, parameters: gradients(X, y.reshape(-1, 1), cache, parameters),
        parameters,
        X,
        y.ravel(),
    )
    assert flat.ok


def test_a_bias_gradient_that_broadcasts() -> None:
    """A gradient of shape (h,) for a bias of shape (h, 1) would make it (h, h)."""
    forward, loss, gradients, *rest = STYLES["columns_as_in_the_course"](np.random.default_rng(0))

    def flat(parameters: Any, cache: Any, X: Any, Y: Any) -> Any:
        grads = gradients(parameters, cache, X, Y)
        return {**grads, "db1": grads["db1"].ravel()}

    report = gn.check_my_backprop(forward, loss, flat, *rest)
    assert [(mistake.kind, mistake.parameters) for mistake in report.mistakes] == [("wrong_shape", ("b1",))]


def test_integer_data_that_cut_off_fractions() -> None:
    """Arrays made like whole numbers cut off fractions; whole numbers alone do no harm."""
    _, loss, gradients, parameters, X, y = plain()

    def forward(X: Any, parameters: Any) -> Any:
        Z1 = np.zeros_like(X, shape=(len(X), 4))
        Z1[...] = X @ parameters["W1"] + parameters["b1"]
        A2 = sigmoid(sigmoid(Z1) @ parameters["W2"] + parameters["b2"])
        return A2, {"A1": sigmoid(Z1), "A2": A2}

    whole = (3 * X).astype(int)
    assert gn.check_my_backprop(forward, loss, gradients, parameters, whole, y).kinds == ["integer_data"]
    assert gn.check_my_backprop(plain()[0], loss, gradients, parameters, whole, y).ok


def test_gradients_that_add_up() -> None:
    """Gradients that are not reset from call to call are found, and still checked."""
    forward, loss, gradients, *rest = plain()
    kept: dict[str, Any] = {}

    def adding(X: Any, y: Any, cache: Any, parameters: Any) -> Any:
        for name, grad in gradients(X, y, cache, parameters).items():
            kept[name] = kept.get(name, 0) - grad
        return dict(kept)

    assert gn.check_my_backprop(forward, loss, adding, *rest).kinds == ["accumulates", "wrong_sign"]


def test_an_overwritten_cache() -> None:
    """What backward overwrites before it is used is found in the weights that it spoils, and only there."""
    forward, loss, _, *rest = plain()

    def gradients(X: Any, y: Any, cache: Any, parameters: Any) -> Any:
        d, slope = (cache["A2"] - y) / len(X), cache["A1"]
        slope *= 1 - slope
        hidden = d @ parameters["W2"].T * slope
        return {"W1": X.T @ hidden, "b1": hidden.sum(0), "W2": cache["A1"].T @ d, "b2": d.sum(0)}

    report = gn.check_my_backprop(forward, loss, gradients, *rest)
    assert report.kinds == ["wrong_input", "cache_overwritten"]
    assert report.mistakes[0].parameters == ("W2",)


def test_parameters_changed_by_gradients() -> None:
    """A step inside gradients is a mistake, even if what it returns is right."""
    forward, loss, gradients, *rest = plain()

    def stepping(X: Any, y: Any, cache: Any, parameters: Any) -> Any:
        grads = gradients(X, y, cache, parameters)
        parameters["W1"] -= 0.1 * grads["W1"]
        return grads

    (mistake,) = gn.check_my_backprop(forward, loss, stepping, *rest).mistakes
    assert (mistake.kind, mistake.parameters) == ("changes_parameters", ("W1",))


def test_the_logarithm_of_zero() -> None:
    """A loss that is NaN at the learner's own parameters is said to be so."""
    forward, loss, gradients, parameters, X, y = plain()
    large = {name: 1e4 * array for name, array in parameters.items()}
    report = gn.check_my_backprop(forward, loss, gradients, large, 1e3 * X, y)
    assert report.kinds == ["log_of_zero"]


def test_a_softmax_before_a_loss_that_has_one() -> None:
    """Softmax applied twice passes a gradient check, and is named all the same."""
    logits, loss, _, *rest = STYLES["loss_of_logits"](np.random.default_rng(0))

    def forward(X: Any, parameters: Any) -> Any:
        scores, hidden = logits(X, parameters)
        return softmax(scores), hidden

    def gradients(parameters: Any, cache: Any, X: Any, y: Any) -> Any:
        P = softmax(cache @ parameters["W2"] + parameters["b2"])
        slopes = (softmax(P) - y) / len(y)
        d = P * (slopes - (slopes * P).sum(axis=1, keepdims=True))
        dZ = d @ parameters["W2"].T * (1 - cache**2)
        return {"dW1": X.T @ dZ, "db1": dZ.sum(0), "dW2": cache.T @ d, "db2": d.sum(0)}

    report = gn.check_my_backprop(forward, loss, gradients, *rest)
    assert report.kinds == ["double_softmax"]
    assert all(check.passed for check in report.checks)
    assert not report.ok


def test_a_network_that_is_no_chain() -> None:
    """Mistakes at the output are named for networks of any make, what else is wrong is measured."""
    forward, loss, gradients, *rest = STYLES["a_shortcut"](np.random.default_rng(0))

    def shifted(parameters: Any, cache: Any, X: Any, y: Any) -> Any:
        return gradients(parameters, cache, X, np.roll(y, 1, axis=0))

    def spoiled(parameters: Any, cache: Any, X: Any, y: Any) -> Any:
        grads = gradients(parameters, cache, X, y)
        return {**grads, "dW1": grads["dW1"] + 0.1 * np.sin(cache[:3])}

    report = gn.check_my_backprop(forward, loss, shifted, *rest)
    assert (report.network, report.kinds) == ("", ["targets_misaligned"])
    (mistake,) = gn.check_my_backprop(forward, loss, spoiled, *rest).mistakes
    assert (mistake.kind, mistake.parameters) == ("unexplained", ("W1",))
    assert mistake.remedy.startswith("The gradients of W2, W3 are right")
    assert re.fullmatch(r"W1 has error \S+, cosine \S+, ratio \S+", mistake.measured)


def test_few_entries_are_enough() -> None:
    """With few entries measured of each wrong gradient, a mistake has its name; what is right is compared whole."""
    lesson = Lesson(Architecture("wide", (30, 40, 3), "tanh", "softmax", "classes"), "derivative forgotten", 0)
    report = check(lesson, max_entries=20)
    assert report.kinds == ["derivative_forgotten"]
    assert [c.n_checked for c in report.checks] == [20, 20, 120, 3]


@pytest.mark.parametrize("mistake", ["derivative of a", "updated too early"])
def test_one_row_is_enough(mistake: str) -> None:
    """With a single row, mistakes have their names."""
    lesson = Lesson(ARCHITECTURES[0], mistake, 0)
    lesson.X, lesson.y = lesson.X[:1], lesson.y[:1]
    assert check(lesson).kinds == [next(case.kind for case in CASES if case.mistake == mistake)]


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("not averaged", "the gradient of W1 would be 2 times that of your loss"),
        ("bias not summed", "the gradient of b1 would have shape (2, 5), and (1, 5) is needed: sum over the rows"),
    ],
)
def test_what_is_right_for_one_row_alone(mistake: str, said: str) -> None:
    """With a single row, what several rows would need is no mistake: a program may take them one at a time."""
    lesson = Lesson(ARCHITECTURES[0], mistake, 0)
    lesson.X, lesson.y = lesson.X[:1], lesson.y[:1]
    report = check(lesson)
    assert report.ok
    assert report.notes[0].startswith("right for the one row that was given; with a second row, ")
    assert said in report.notes[0]


def test_a_loss_that_runs_forward_itself() -> None:
    """A loss of X, y and parameters is accepted; what needs its slopes is then left to the finite differences."""
    forward, _, gradients, parameters, X, y = plain()

    def loss(X: Any, y: Any, parameters: Any) -> float:
        return entropy(forward(X, parameters)[0], y)

    def summed(X: Any, y: Any, cache: Any, parameters: Any) -> Any:
        return {name: len(X) * grad for name, grad in gradients(X, y, cache, parameters).items()}

    assert gn.check_my_backprop(forward, loss, gradients, parameters, X, y).ok
    assert gn.check_my_backprop(forward, loss, summed, parameters, X, y).kinds == ["summed_not_averaged"]


def test_the_report() -> None:
    """The report prints a table with the mistakes below, and turns into JSON without NaN."""
    report = check(Lesson(ARCHITECTURES[0], "bias missing", 0))
    text = repr(report)
    assert text.startswith("seen: 2 layers (sigmoid, sigmoid), mean binary cross-entropy\n\nparameter  error    cosine")
    assert re.search(r"^W1 +\S+ +1.000 +1 +right$", text, re.MULTILINE)
    assert re.search(r"^b1 +1.0e\+00 +nan +0 +bias gradient forgotten$", text, re.MULTILINE)
    assert "1. bias gradient forgotten in b1, b2\n  measured: the gradient is missing, but the loss" in text
    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert data["ok"] is False
    assert data["checks"][1]["cosine"] is None
    assert data["mistakes"][0]["kind"] == "bias_forgotten"
    assert not report
    spoiled = check(Lesson(ARCHITECTURES[0], "not a number", 0)).to_dict()
    assert json.loads(json.dumps(spoiled, allow_nan=False))["checks"][0]["tolerance"] is None
    right = check(Lesson(ARCHITECTURES[0], "", 0))
    assert right
    assert repr(right).endswith("all gradients are those of the loss (float64, central differences)")


def test_every_kind_has_words_and_every_word_is_used() -> None:
    """The kinds that the code names are those that the table of sentences explains."""
    folder = Path(diagnosis.__file__).parent / "backprop"
    code = "".join(path.read_text() for path in folder.glob("*.py") if path.name != "messages.py")
    assert [kind for kind in WORDS if f'"{kind}"' not in code] == []
    assert set(re.findall(r'(?:Cause|SideEffect)\(\s*"(\w+)"', code)) <= set(WORDS)


def test_the_guide_lists_every_kind() -> None:
    """The guide's table has each kind of mistake once."""
    page = (Path(__file__).parent.parent / "docs" / "guide" / "check-my-backprop.md").read_text()
    table = [line for line in page.splitlines() if line.startswith("| ") and line.count("`") > 4 and "(" not in line]
    assert sorted(re.findall(r"`(\w+)`", "".join(table))) == sorted(set(WORDS) - {"unexplained"})


def test_a_step_in_an_object_needs_its_rate() -> None:
    """A backward that only changes the parameters is asked for its rate, and checked with it."""
    net = ClassNet(np.random.default_rng(0))
    X, y = np.random.default_rng(1).standard_normal((6, 3)), np.tile([[0.0], [1.0]], (3, 1))

    def step(y: Any) -> None:
        net.backward(y)
        for name in ("W1", "b1", "W2", "b2"):
            setattr(net, name, getattr(net, name) - 0.1 * getattr(net, f"d{name}"))
            delattr(net, f"d{name}")

    with pytest.raises(ConfigError, match="if it takes a whole step, pass learning_rate="):
        gn.check_my_backprop(net.forward, entropy, step, net, X, y)
    assert gn.check_my_backprop(net.forward, entropy, step, net, X, y, learning_rate=0.1).ok
