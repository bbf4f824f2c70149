"""What is said of remedies is so: what was tried too briefly, or made things worse, accuses nobody."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.diagnosis.consequences import without_symptoms
from glassnet.training.finding_words import NOT_TRIED
from glassnet.training.findings import make_finding

CE = "cross_entropy"
XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([[0], [1], [1], [0]])


def table(seed: int = 20, n: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """Return five columns and two classes that a network can tell apart."""
    r = np.random.default_rng(seed)
    X = r.standard_normal((n, 5))
    return X, (X[:, 0] + X[:, 1] * X[:, 2] + 0.3 * r.standard_normal(n) > 0).astype(int)


def net(layers: list[gn.Layer] | None = None, optimizer: Any = None, loss: str = CE, **more: Any) -> gn.Network:
    """Return a network of 16 rectifiers for two classes, or of other layers."""
    layers = [gn.Dense(16, "relu"), gn.Dense(2)] if layers is None else layers
    return gn.Network(layers, loss=loss, optimizer=optimizer or gn.Adam(1e-2), seed=more.pop("seed", 0), **more)


def found(network: gn.Network, X: Any, y: Any, **options: Any) -> gn.Diagnosis:
    """Return what ``fit`` finds, also of a training that diverges."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gn.DiagnosisWarning)
        try:
            return network.fit(X, y, **options).findings
        except gn.DivergenceError:
            return network.history.findings


def by_code(findings: gn.Diagnosis) -> dict[str, Any]:
    """Return findings by their codes."""
    return {each.code: each for each in findings}


# ---- what was tried too briefly ------------------------------------------------------------------------------------


def test_what_was_tried_briefly_is_not_said_to_fail() -> None:
    """Of a few steps nothing is concluded; a longer trial finds the rate, and why it is too low where weights move."""
    layers = [gn.Dense(2, "sigmoid"), gn.Dense(1, "sigmoid")]
    network = net(layers, gn.SGD(0.1), "squared_error", seed=1)
    first = found(network, *XOR, epochs=1000)[0]
    assert first.code == "plateau-at-prior"
    assert "in so few steps none of these" in first.tried
    assert "; glassnet.diagnose(network, X, y) tries longer." in first.tried
    assert "diagnose" not in re.sub(NOT_TRIED, "", first.tried)
    assert "belong together" not in first.advice
    longer = gn.diagnose(network, *XOR)[0]
    assert (longer.code, longer.helped) == ("rate-too-low", True)
    assert "hardly" not in longer.why


def test_what_does_not_diverge_helps_against_divergence() -> None:
    """Where nothing can be learned a lower rate keeps from divergence all the same."""
    X, _ = table()
    labels = np.random.default_rng(3).integers(0, 2, 1000)
    first = found(net(optimizer=gn.SGD(1e4)), X, labels, epochs=5)[0]
    assert first.code == "diverged"
    assert "do not diverge" in first.tried
    assert "none of these helped" not in first.tried


@pytest.mark.parametrize("n", [4, 600])
def test_a_linear_model_is_told_of_a_hidden_layer(n: int) -> None:
    """What depends on two columns together needs a hidden layer."""
    X, y = XOR
    if n > 4:
        X = np.random.default_rng(3).standard_normal((n, 2))
        y = (X[:, :1] * X[:, 1:] > 0).astype(int)
    history = found(net([gn.Dense(1)], gn.SGD(1.0), "binary_cross_entropy"), X, y, epochs=500 if n == 4 else 20)
    assert "hidden layer" in history[0].advice
    assert history[0].helped is True
    assert "constant-output" not in history.codes


def test_a_linear_model_without_anything_to_learn() -> None:
    """A hidden layer is not recommended where it does not help."""
    X, _ = table(n=600)
    y = np.random.default_rng(3).integers(0, 2, (600, 1))
    assert "too-few-units" not in found(net([gn.Dense(1)], None, "binary_cross_entropy"), X, y, epochs=20).codes


# ---- remedies that belong together, or made things worse -------------------------------------------------------------


def test_a_remedy_that_made_things_worse_is_at_most_a_note() -> None:
    """No warning or error is about a remedy that did not help."""
    X, y = table()
    r = np.random.default_rng(4)
    images = (r.random((800, 64)) * 255).astype(np.uint8)
    halves = (images[:, :32].mean(axis=1) > images[:, 32:].mean(axis=1)).astype(int)
    shifted = X * [1, 1000, 1, 1, 1] + [0, 5000, 0, 0, 0]
    cases = [
        (net([gn.Dense(32, "tanh"), gn.Dense(2)], gn.SGD(10.0)), shifted, y),
        (net(optimizer=gn.SGD(1e-6)), abs(X) * 1000, y),
        (net([gn.Dense(32, "relu"), gn.Dense(2)], gn.SGD(0.01)), images, halves),
    ]
    for network, columns, answers in cases:
        problems = found(network, columns, answers, epochs=20, validation_split=0.2).problems
        assert problems
        assert all(each.helped is not False for each in problems)


def test_scaling_is_tried_with_a_usual_rate() -> None:
    """Of columns in thousands and a rate of 10 neither remedy helps alone."""
    X, y = table()
    shifted = X * [1, 1000, 1, 1, 1] + [0, 5000, 0, 0, 0]
    network = net([gn.Dense(32, "tanh"), gn.Dense(2)], gn.SGD(10.0))
    first = found(network, shifted, y, epochs=20, validation_split=0.2)[0]
    assert (first.code, first.helped) == ("unscaled-inputs", True)
    assert "learning_rate 0.1 instead of 10" in first.tried


def test_inputs_are_scaled_with_the_target() -> None:
    """Products of whole numbers need both scaled, though the inputs alone are not large enough to be told of."""
    X = np.random.default_rng(0).integers(0, 101, (1000, 2)).astype(float)
    network = net([gn.Dense(32, "relu"), gn.Dense(1)], gn.Adam(1e-3), "squared_error")
    findings = found(network, X, X[:, :1] * X[:, 1:], epochs=10)
    assert (findings[0].code, findings[0].helped) == ("unscaled-target", True)
    assert "every column scaled" in findings[0].tried
    assert "rate-too-low" not in findings.codes


def test_all_units_saturated_is_a_fault_without_a_trial() -> None:
    """Pixels times 16 drive sigmoids to their ends, however little a short trial shows."""
    X, y = pytest.importorskip("sklearn.datasets").load_digits(return_X_y=True)
    layers = [gn.Dense(32, "sigmoid"), gn.Dense(32, "sigmoid"), gn.Dense(10)]
    first = found(net(layers, gn.SGD(0.01)), X * 16, y, epochs=20, validation_split=0.2)[0]
    assert (first.code, first.severity) == ("unscaled-inputs", "warning")


def test_what_a_trial_showed_is_told_of_a_certain_fault() -> None:
    """Where a column in thousands saturates all units a gain that is small, but shows, stands beside the finding."""
    r = np.random.default_rng(0)
    X = r.standard_normal((600, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    network = net([gn.Dense(16, "tanh"), gn.Dense(2)], gn.SGD(0.1))
    first = found(network, X * [1, 1000] + [0, 5000], y, epochs=20)[0]
    assert (first.code, first.severity) == ("unscaled-inputs", "warning")
    assert first.helped is not False
    assert bool(first.tried) == bool(first.helped)


@pytest.mark.parametrize("seed", [0, 1])
def test_frozen_layers_stand_before_a_plateau(seed: int) -> None:
    """Layers that hold what was drawn, in a network that learned nothing, are a fault for certain."""
    X, _ = table(seed)
    layers: list[gn.Layer] = [gn.Dense(3, "tanh"), gn.Dense(2, "tanh"), gn.Dense(2)]
    for layer in layers[:2]:
        layer.trainable = False
    findings = found(net(layers, seed=seed), X[:, [1, 2]], (X[:, 1] * X[:, 2] > 0).astype(int), epochs=12)
    assert (findings[0].code, findings[0].severity) == ("frozen-layers", "warning")
    assert "plateau-at-prior" not in findings.codes


# ---- short calls ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [2, 3, 5, 8])
def test_steps_of_nothing_are_told_in_a_short_call(epochs: int) -> None:
    """A rate of 1e-30 is too low whatever follows."""
    first = found(net(optimizer=gn.SGD(1e-30)), *table(), epochs=epochs)[0]
    assert (first.code, first.severity) == ("rate-too-low", "warning")


def test_a_warm_up_that_goes_on_is_a_note() -> None:
    """In a short call a schedule that has not begun is named, not the rate."""
    findings = found(net(optimizer=gn.Adam(gn.Warmup(1e-2, 100))), *table(), epochs=5)
    assert findings.codes == ["schedule-not-begun"]
    assert findings.ok


@pytest.mark.parametrize("batch_size", [1000, 500])
def test_hardly_any_updates_are_few(batch_size: int) -> None:
    """A few steps with a loss worse than that of a constant prediction are few."""
    findings = found(net(optimizer=gn.Adam(1e-3)), *table(), epochs=3, batch_size=batch_size)
    assert by_code(findings)["few-updates"].severity == "note"


def test_harm_is_told_in_a_short_call() -> None:
    """A penalty, or a rate, that makes eight epochs worse than none is named, with the remedy tried."""
    X, y = table(n=320)
    assert found(net(l2=10.0), X, y, epochs=8)[0].code == "penalty-dominates"
    first = found(net(optimizer=gn.Adam(3.0)), X, y, epochs=8)[0]
    assert (first.code, first.helped) == ("rate-too-high", True)


def test_steps_too_few_to_try_with_tell_of_harm() -> None:
    """After three steps that made all much worse it is not said that there were few of them."""
    findings = found(net(optimizer=gn.SGD(50.0)), *table(), epochs=3, batch_size=1000)
    assert [(each.code, each.severity) for each in findings] == [("rate-too-high", "note")]


@pytest.mark.parametrize("per_call", [2, 5, 9])
def test_a_healthy_loop_of_short_calls_is_told_nothing(per_call: int) -> None:
    """Slow, noisy and penalised trainings in short calls are told of no problem."""
    X, y = table()
    for optimizer, more in ((gn.SGD(0.01), {}), (gn.Adam(1e-3), {"l2": 1e-3}), (gn.Adam(gn.Warmup(1e-2, 10)), {})):
        network = net(optimizer=optimizer, **more)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for _ in range(40 // per_call):
                network.fit(X, y, epochs=per_call)


# ---- starts, schedules, weights, opposites -----------------------------------------------------------------------------


def test_only_what_can_be_scaled_is_to_be_scaled() -> None:
    """Class codes are never to be scaled; of one class, or of columns of unit size, nothing is said."""
    X, _ = table()
    codes = np.random.default_rng(1).integers(0, 3, 1000)
    large = by_code(found(net([gn.Dense(16, "relu"), gn.Dense(10)]), X * 30, codes, epochs=1))["start-too-large"]
    assert large.advice.startswith("Scale the columns of X:")
    rare = (np.random.default_rng(1).random(1000) < 0.01).astype(int)
    for answers in (np.zeros(1000, int), rare):
        assert "start-too-large" not in found(net(), X, answers, epochs=5).codes


def test_a_rate_is_not_too_low_while_its_schedule_rises() -> None:
    """Neither before a schedule has begun nor after it is over is the rate the fault."""
    X, y = table()
    for schedule in (gn.Warmup(1e-2, 2000), gn.StepDecay(1e-3, 1, 1e-6)):
        findings = found(net(optimizer=gn.SGD(schedule)), X, y, epochs=20)
        assert "rate-too-low" not in findings.codes
        assert {"schedule-ended", "schedule-not-begun"} & {*findings.codes}


def test_a_weight_of_a_million_is_the_cause() -> None:
    """A network that learned all rows but the one that weighs most is not called worse than a constant prediction."""
    weight = np.ones(1000)
    weight[3] = 1e6
    findings = found(net(), *table(), epochs=20, validation_split=0.2, sample_weight=weight)
    assert findings.codes[0] == "weights-on-few-rows"
    assert "no-better-than-baseline" not in findings.codes
    # Rare classes may weigh much.
    X, _ = table()
    balanced = found(net(), X, (X[:, 0] > 2.6).astype(int), epochs=5, class_weight="balanced")
    assert "weights-on-few-rows" not in balanced.codes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("overfit", "rate-too-low"),
        ("overfit", "few-updates"),
        ("past-best-epoch", "few-updates"),
        ("past-best-epoch", "still-falling"),
        ("still-falling", "plateau-at-prior"),
    ],
)
def test_no_finding_asks_for_the_opposite_of_another(one: str, other: str) -> None:
    """Who is told to stop earlier is not told to go on."""
    kept = without_symptoms([make_finding(other, "It is so."), make_finding(one, "It is so.")], fails=False)
    assert [each.code for each in kept] == [one]


def test_a_proven_rate_outweighs_a_doubtful_overfit() -> None:
    """A remedy that helped on held-out rows stays beside what a few rows suggest."""
    rate = make_finding("rate-too-low", "It is so.", helped=True)
    doubtful = make_finding("overfit", "It is so.", severity="note")
    assert [each.code for each in without_symptoms([rate, doubtful], fails=False)] == ["rate-too-low"]


def test_few_units_are_not_said_to_be_settings() -> None:
    """Of one unit that cannot learn ten rows by heart it is not said that its settings hinder it."""
    r = np.random.default_rng(1)
    network = net([gn.Dense(1, "tanh"), gn.Dense(3)], gn.SGD(0.1))
    X, y = r.standard_normal((600, 3)), r.integers(0, 3, 600)
    found(network, X, y, epochs=20)
    assert "cannot-overfit" not in gn.diagnose(network, X, y).codes
