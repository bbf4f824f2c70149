"""What is said of results is so: of overfitting, of faint relations, of probabilities, and of one fault once."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.diagnosis.agreement import agreement_of_network, share_of_line
from glassnet.diagnosis.autoencoders import restores_inputs
from glassnet.diagnosis.case import Case

CE = "cross_entropy"


def net(*units: int, loss: Any = CE, optimizer: Any = None, seed: int = 0) -> gn.Network:
    """Return a network of rectifiers with so many units in each layer, the outputs last."""
    layers = [*(gn.Dense(n, "relu") for n in units[:-1]), gn.Dense(units[-1])]
    return gn.Network(layers, loss=loss, optimizer=optimizer or gn.Adam(1e-2), seed=seed)


def found(network: gn.Network, X: Any, y: Any, **options: Any) -> gn.Diagnosis:
    """Return what ``fit`` finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gn.DiagnosisWarning)
        return network.fit(X, y, **options).findings


def classes(seed: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Return two classes that follow from one column and a product of two."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((1000, 5))
    return X, (X[:, 0] + X[:, 1] * X[:, 2] + 0.3 * rng.standard_normal(1000) > 0).astype(int)


def numbers(seed: int = 21) -> tuple[np.ndarray, np.ndarray]:
    """Return a smooth function of three columns."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((1000, 5))
    return X, (np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.2 * rng.standard_normal(1000))[:, None]


def of_code(findings: gn.Diagnosis, code: str) -> gn.Finding:
    """Return the finding of a kind."""
    return next(finding for finding in findings if finding.code == code)


# ---- overfitting -------------------------------------------------------------------------------------------------------


def test_overfit_gives_the_loss_of_the_last_epoch() -> None:
    """The number said to belong to the last epoch is the one in the history."""
    X, y = classes()
    network = net(64, 64, 2)
    findings = found(network, X[:200], y[:200], epochs=60, validation_split=0.4)
    last = network.history["valid_loss"][-1]
    overfit = of_code(findings, "overfit")
    assert f"{last:.3g} after the last, epoch 60" in overfit.measured
    assert overfit.evidence["last"] == pytest.approx(last)


def test_what_learned_nothing_did_not_learn_too_much() -> None:
    """A training loss above that of a constant prediction, and losses that jump together, are no overfitting."""
    X, y = classes()
    running = np.c_[np.arange(1000), X]
    assert "overfit" not in found(net(32, 2), running, y, epochs=20, validation_split=0.2).codes
    X, y = numbers()
    jumps = net(16, 2, loss="gaussian_nll", optimizer=gn.SGD(1.0))
    assert "overfit" not in found(jumps, X, y, epochs=10, validation_split=0.2).codes


def test_five_rows_say_nothing_about_overfitting() -> None:
    """A rise on a handful of validation rows is chance."""
    X, y = classes()
    assert "overfit" not in found(net(16, 2), X, y, epochs=12, validation_data=(X[:5] + 0.01, y[:5])).codes


def test_answers_that_got_better_are_not_said_to_be_worse() -> None:
    """Where the loss rose and the share of right predictions did too, only the probabilities got worse."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((120, 25))
    y = (X[:, 0] + rng.standard_normal(120) > 0).astype(int)
    overfit = of_code(found(net(64, 64, 2), X, y, epochs=60, validation_split=0.5), "overfit")
    assert ("the accuracy is" in overfit.tried) == ("got worse" not in overfit.why)


# ---- faint relations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_faint_relation_that_was_learned_is_not_denied(seed: int) -> None:
    """Where little can be learned, nobody is told that nothing was."""
    rng = np.random.default_rng(300 + seed)
    X = rng.standard_normal((2000, 6))
    y = (0.25 * X[:, 0] + 0.15 * X[:, 1])[:, None] + rng.standard_normal((2000, 1))
    network = net(16, 1, loss="squared_error", optimizer=gn.Adam(1e-3), seed=seed)
    denials = {"plateau-at-prior", "no-better-than-baseline", "validation-at-chance"}
    findings = found(network, X, y, epochs=12, validation_split=0.2)
    assert not denials & {finding.code for finding in findings.problems}
    labels = (rng.random(2000) < 1.0 / (1.0 + np.exp(-0.3 * X[:, 0]))).astype(int)
    findings = found(net(16, 2, optimizer=gn.Adam(1e-3), seed=seed), X, labels, epochs=12, validation_split=0.2)
    assert not denials & {finding.code for finding in findings.problems}


@pytest.mark.parametrize("options", [{}, {"validation_split": 0.2}])
def test_answers_by_lot_are_still_told(options: dict[str, Any]) -> None:
    """Labels without any relation to the columns are told, and on which rows the loss was measured."""
    rng = np.random.default_rng(9)
    X, y = rng.standard_normal((2000, 6)), rng.integers(0, 2, 2000)
    plateau = of_code(found(net(16, 2, optimizer=gn.Adam(1e-3)), X, y, epochs=12, **options), "plateau-at-prior")
    assert plateau.measured.startswith("On 256 training rows the loss is ")
    assert "how frequent" not in plateau.why


def test_agreement_knows_chance() -> None:
    """Answers agree with targets they were made for, and with those of other rows as chance has it."""
    X, y = classes()
    network = net(16, 2)
    network.fit(X, y, epochs=10, diagnose=False)
    case = Case(network, (X.astype(np.float32), y, None))
    Z = network._logits(X.astype(np.float32))
    assert agreement_of_network(case, Z, (X, y, None)).surely > 20
    others = np.random.default_rng(0).permutation(y)
    assert abs(agreement_of_network(case, Z, (X, others, None)).surely) < 4
    assert 0.2 < share_of_line(case) < 0.8
    assert share_of_line(Case(network, (X.astype(np.float32), others, None))) == 0.0


# ---- networks that give their inputs back ------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_autoencoders_are_not_accused(noise: float) -> None:
    """Where y is X, with or without noise, a narrow layer is the purpose, and the identity is no better model."""
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((1000, 2))
    X = np.hstack([Z, np.sin(Z), Z**2])
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    network = net(32, 2, 32, 6, loss="squared_error", optimizer=gn.Adam(3e-3))
    assert list(found(network, X + noise * rng.standard_normal(X.shape), X, epochs=20)) == []
    linear = gn.Network([gn.Dense(2), gn.Dense(6)], loss="squared_error", optimizer=gn.Adam(1e-2), seed=0)
    assert list(found(linear, X, X, epochs=20)) == []
    X = rng.standard_normal((1000, 5))
    assert list(found(net(16, 2, 16, 5, loss="squared_error"), X, X, epochs=20)) == []


def test_a_forecast_of_the_same_columns_is_no_autoencoder() -> None:
    """What is known one step later is not what a network is to give back, unless it is narrow."""
    rng = np.random.default_rng(0)
    now = rng.standard_normal((400, 4))
    later = 0.9 * now + 0.3 * rng.standard_normal((400, 4))
    wide = net(32, 4, loss="squared_error")
    wide.build((4,))
    assert not restores_inputs(Case(wide, (now, later, None)))
    assert restores_inputs(Case(wide, (now, now.copy(), None)))


# ---- probabilities -----------------------------------------------------------------------------------------------------


def test_a_network_that_has_not_begun_has_no_probabilities_to_correct() -> None:
    """At a rate far too low only the rate is told, and nobody is asked to stop earlier."""
    X, y = classes()
    stopping = gn.EarlyStopping(patience=1, min_delta=0.01)
    network = net(16, 2, optimizer=gn.Adam(1e-5))
    findings = found(network, X, y, epochs=200, validation_split=0.2, early_stopping=stopping)
    assert findings.codes == ["rate-too-low"]
    assert "hardly move" not in str(findings)


# ---- one fault is told once --------------------------------------------------------------------------------------------


def test_one_fault_is_told_once() -> None:
    """A column of years in raw numbers is the only problem named, whatever follows from it."""
    X, y = classes()
    years = np.c_[X, np.random.default_rng(0).integers(1990, 2020, 1000)]
    findings = found(net(32, 2, optimizer=gn.Adam(1e-3)), years, y, epochs=20, validation_split=0.2)
    assert [finding.code for finding in findings.problems] == ["unscaled-inputs"]
    raw = X * [1, 1000, 1, 1, 1] + [0, 5000, 0, 0, 0]
    y = np.random.default_rng(4).permutation(y)
    findings = found(net(32, 2, optimizer=gn.Adam(1e-3)), raw, y, epochs=20, validation_split=0.2)
    # Nothing can be learned here: which of the two it is depends on the last bits of the products.
    (problem,) = findings.problems
    assert problem.code in ("unscaled-inputs", "no-better-than-baseline")


def test_an_outlier_among_validation_rows_does_not_hide_the_rate() -> None:
    """One number that decides the validation loss says nothing about the training."""
    X, y = numbers()
    y_valid = y[800:].copy()
    y_valid[3] = 9999
    network = net(16, 1, loss="squared_error", optimizer=gn.SGD(1e-5))
    findings = found(network, X[:800], y[:800], epochs=20, validation_data=(X[800:], y_valid))
    assert {"validation-differs", "rate-too-low"} <= set(findings.codes)


# ---- validation rows ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n", [150, 400])
def test_validation_rows_that_a_line_can_answer_are_not_accused(n: int, seed: int) -> None:
    """A network that only learned too much of few rows is not told that validation rows do not belong to them."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 25))
    scores = X @ (0.35 * rng.standard_normal((25, 3))) + rng.gumbel(size=(n, 3))
    findings = found(net(64, 3, seed=seed), X, scores.argmax(axis=1), epochs=30, validation_split=0.2)
    assert "validation-at-chance" not in [finding.code for finding in findings.problems]


@pytest.mark.parametrize("seed", range(3))
def test_validation_rows_that_do_not_belong_are_still_told(seed: int) -> None:
    """Validation answers in another order are at chance, and said to be."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((1000, 5))
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    y[800:] = rng.permutation(y[800:])
    findings = found(net(32, 2, seed=seed), X[:800], y[:800], epochs=20, validation_data=(X[800:], y[800:]))
    assert findings[0].code == "validation-at-chance"


# ---- going on ----------------------------------------------------------------------------------------------------------


def test_going_on_is_only_advised_where_it_is_known_to_help() -> None:
    """Few rows seen many times, and a validation loss past its best, are no reason to train for more epochs."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((60, 8))
    y = 0.4 * X[:, :1] + rng.standard_normal((60, 1))
    for epochs in (30, 60):
        network = net(32, 1, loss="squared_error", optimizer=gn.Adam(1e-3))
        findings = found(network, X, y, epochs=epochs, validation_split=0.2)
        assert not {"few-updates", "still-falling"} & {finding.code for finding in findings.problems}
    X, y = classes()
    findings = found(net(32, 32, 2), X[:90], y[:90], epochs=45, validation_split=0.3, batch_size=64)
    more, fewer = {"few-updates", "still-falling"}, {"past-best-epoch", "overfit"}
    assert not (more & set(findings.codes) and fewer & set(findings.codes))


# ---- beside a linear model ---------------------------------------------------------------------------------------------


def test_the_loss_beside_a_line_is_that_of_all_rows() -> None:
    """Of rows that ten does not divide the loss is the mean over rows, as `evaluate` has it."""
    rng = np.random.default_rng(5)
    X = rng.standard_normal((389, 25))
    y = (X[:, 0] + 0.5 * X[:, 1])[:, None] + rng.standard_normal((389, 1))
    network = net(16, 16, 1, loss="squared_error")
    findings = found(network, X[:300], y[:300], epochs=60, validation_data=(X[300:], y[300:]))
    line = of_code(findings, "worse-than-linear")
    said = re.search(r"On 89 validation rows the loss is ([\d.]+);", line.measured)
    assert said is not None
    assert said[1] == f"{network.history['valid_loss'][-1]:.3g}"
