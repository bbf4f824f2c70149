"""What is said of designs and results: the fault first, of more than fifty networks with one, and nothing of sound ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from designs_that_fail import FAULTS, classes, clusters, curve, made, normalised
from designs_that_work import SOUND, line
from glassnet.diagnosis.linear_models import fit_linear
from glassnet.losses import BinaryCrossEntropy, Poisson, SoftmaxCrossEntropy, SquaredError


def found_in(name: str) -> gn.Diagnosis:
    """Return what ``fit`` finds in a network with a fault."""
    network, X, y, options = FAULTS[name].make()
    return network.fit(X, y, **options).findings


def test_there_are_enough_of_both() -> None:
    """At least fifty designs with a fault are looked at, and as many without one."""
    assert min(len(FAULTS), len(SOUND)) >= 50


@pytest.mark.filterwarnings("ignore::glassnet.DiagnosisWarning")
@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_named_first(name: str) -> None:
    """The first finding is the fault, whatever the training loss is; what is harmless is a note about it."""
    found, fault = found_in(name), FAULTS[name]
    assert all(text.endswith(".") for finding in found for what, text in finding.lines if what != "silence"), found
    if fault.is_note:
        assert set(found.codes) & fault.codes, found
    else:
        assert found.problems, found
        assert found[0].code in fault.codes, found


@pytest.mark.parametrize("name", SOUND)
def test_sound_designs_raise_no_alarm(name: str) -> None:
    """Of a network that is as it should be nothing worse than a note is said."""
    network, X, y, options = SOUND[name]()
    found = network.fit(X, y, **options).findings
    assert found.ok, found


@pytest.mark.filterwarnings("ignore::glassnet.DiagnosisWarning")
@pytest.mark.parametrize("name", ["tanh_on_the_logits_of_ten_classes", "nine_of_ten_inputs_dropped", "batches_of_two"])
def test_the_same_training_has_the_same_findings(name: str) -> None:
    """What is tried depends on the run alone: every sentence is the same the second time."""
    assert str(found_in(name)) == str(found_in(name))


@pytest.mark.filterwarnings("ignore::glassnet.DiagnosisWarning")
@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("tanh_for_a_target_of_unit_spread", [gn.Dense(32, "relu"), gn.Dense(1)]),
        ("nine_of_ten_inputs_dropped", [gn.Dense(64, "relu"), gn.Dense(4)]),
        ("two_softmax_layers", [gn.Dense(64, "relu"), gn.Dense(64, "relu"), gn.Dense(3)]),
        ("no_activation_at_all", [gn.Dense(32, "relu"), gn.Dense(32, "relu"), gn.Dense(3)]),
    ],
)
def test_the_advice_helps_on_rows_that_were_not_trained_on(name: str, layers: Sequence[gn.Layer]) -> None:
    """A network without the fault, trained alike, leaves clearly less of the loss on held-out rows."""
    network, X, y, options = FAULTS[name].make()
    other = gn.Network(layers, loss=network.loss, optimizer=network.optimizer, seed=0)
    rows = np.arange(len(X)) % 3 > 0
    losses = []
    for net in (network, other):
        net.fit(X[rows], y[rows], **options, diagnose=False)
        losses.append(net.evaluate(X[~rows], y[~rows])["loss"])
    assert losses[1] < 0.85 * losses[0]


# ---- sentences -------------------------------------------------------------------------------------------------------


def said(layers: Sequence[gn.Layer], loss: Any, data: Any, optimizer: Any = None, **options: Any) -> gn.Diagnosis:
    """Return what `diagnose` says after a training without a word."""
    network, X, y, more = made(layers, loss, data, optimizer, **options)
    network.fit(X, y, **more, diagnose=False)
    return gn.diagnose(network, X, y, validation_data=more.get("validation_data"))


def test_what_is_out_of_reach_is_counted() -> None:
    """The share, the range and the loss that the best weights would leave are those of all rows."""
    X, y = curve()
    found = said([gn.Dense(16, "relu"), gn.Dense(1, "tanh")], "squared_error", (X, y), epochs=20)[0]
    share = np.mean(np.abs(y) > 1)
    assert found.code == "output-cannot-reach"
    assert f"between -1 and 1; {share:.0%} of the targets lie beyond" in found.measured
    least = np.mean(np.maximum(np.abs(y) - 1, 0) ** 2)
    assert found.evidence["least"] == pytest.approx(least, rel=1e-4)
    assert f"Even the best weights would leave a loss of {least:.3g}" in found.measured


class Squashed(gn.Activation):
    """A class that has nothing but its formula."""

    formula = gn.Formula("2 * tanh(Z / 2)", "1 - (A / 2)**2")


@pytest.mark.parametrize(
    ("own", "text"),
    [
        (Squashed(), "an activation of your own, whose outputs lie between -2 and 2"),
        (gn.CustomActivation(formula=Squashed.formula), "lie between -2 and 2"),
        (gn.SiLU(), "a SiLU, whose outputs are never below -0.278"),
        (gn.ELU(0.5), "an ELU, whose outputs are never below -0.5"),
        (gn.SELU(), "a SELU, whose outputs are never below -1.758"),
        ((np.arctan, lambda z: 1 / (1 + z * z)), "lie between -1.571 and 1.571"),
        ((np.exp, np.exp), "are never below 0"),
        ((lambda z: z * z, lambda z: 2 * z), "are never below 0"),
        ((lambda z: -z * z, lambda z: -2 * z), "are never above 0"),
        ((np.sinh, np.cosh), None),
        ((lambda z: z + 0.5 * np.sin(z), lambda z: 1 + 0.5 * np.cos(z)), None),
    ],
)
def test_the_reach_of_activations_of_ones_own(own: Any, text: str | None) -> None:
    """What limits an activation of the user's own is seen in its values; nothing is said of one without limits."""
    X, y = curve(200)
    found = said([gn.Dense(1, own)], "squared_error", (X, 3 * y), gn.SGD(1e-4), epochs=5)
    measured = next((f.measured for f in found if f.code == "output-cannot-reach"), None)
    assert (measured is None) == (text is None)
    assert text is None or text in str(measured)


@pytest.mark.parametrize(("batch_size", "text"), [(1, "no spread"), (2, "over batches of 2 rows"), (100, "2 rows in")])
def test_small_batches_are_described(batch_size: int, text: str) -> None:
    """Batches of one row, of two, and two rows in the last of two batches are told apart."""
    X, y = classes(102)
    network = gn.Network(normalised(3), loss="cross_entropy", optimizer=gn.Adam(0.003), seed=0)
    network.fit(X, y, epochs=3, batch_size=batch_size, diagnose=False)
    checked = gn.diagnose(network, X, y, batch_size=batch_size, try_remedies=False)
    found = {finding.code: finding.measured for finding in checked}
    assert text in found.get("small-normalised-batches", "")


def test_rare_classes_are_counted_where_the_accuracy_hides_them() -> None:
    """The accuracy, the mean over classes and the number of rows are said, and what shifted logits would find."""
    network, X, y, options = FAULTS["a_class_of_one_in_a_hundred"].make()
    network.fit(X, y, **options, diagnose=False)
    found = {finding.code: finding for finding in gn.diagnose(network, X, y)}
    measured = (found.get("class-too-rare") or found["some-classes-only"]).measured
    assert "class 1 (15 rows)" in measured
    assert "accuracy is 0.990, the mean over classes 0.500" in measured


def test_few_rows_accuse_nobody() -> None:
    """A network that may be better than a constant prediction, for all that thirty rows can show, is not accused."""
    rng = np.random.default_rng(5)
    X = rng.standard_normal((130, 4))
    y = X[:, 0] + 2.5 * rng.standard_normal(130)
    found = said([gn.Dense(8, "tanh"), gn.Dense(1)], "squared_error", (X, y), gn.Adam(0.003), epochs=40, n_valid=30)
    assert not {"no-better-than-baseline", "validation-at-chance"} & {finding.code for finding in found.problems}


@pytest.mark.parametrize("monitor", ["valid_loss", "valid_mae", None])
def test_the_best_epoch_is_the_one_of_the_monitor(monitor: str | None) -> None:
    """With early stopping the epoch that it chose is named, by the value that it looked at; else the best one."""
    network, X, y, options = FAULTS["a_little_past_the_best_epoch"].make()
    stopping = None if monitor is None else gn.EarlyStopping(monitor, patience=100)
    history = network.fit(X, y, **options, metrics=["mae"], early_stopping=stopping)
    found = {finding.code: finding for finding in history.findings}["past-best-epoch"]
    best = int(np.argmin(history["valid_loss"])) + 1 if monitor is None else history.best_epoch
    assert found.epoch == best
    text = (
        f"early stopping chose epoch {best}, and none"
        if monitor
        else f"{min(history['valid_loss']):.3g}, was epoch {best};"
    )
    assert text in found.measured
    assert found.severity == "note"


# ---- linear models ---------------------------------------------------------------------------------------------------


def test_a_line_is_found_exactly() -> None:
    """Of a linear function the coefficients are found but for a tiny penalty, with repeated and constant columns too."""
    X, _ = line(200, 4)
    y = (X @ [1.0, -2.0, 0.5, 0.0] + 3.0)[:, None]
    wide = np.column_stack([X, X[:, 0], np.ones(200), X[:, 1] - X[:, 2]]) * 1000
    for columns in (X, wide):
        model = fit_linear(SquaredError(), columns, y, None)
        assert model is not None
        assert np.abs(model.logits(columns) - y).max() < 0.03


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy, BinaryCrossEntropy])
def test_logistic_models_are_as_good_as_those_of_scikit_learn(k: int, loss: Any) -> None:
    """After its rounds the loss is within two per cent of the one that scikit-learn's solver reaches."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = clusters(500, k, 6, noise=1.5)
    if loss is BinaryCrossEntropy:
        y = (y == 0).astype(np.int64)
    targets = y if loss is SoftmaxCrossEntropy else y[:, None].astype(np.float32)
    model = fit_linear(loss(), X, targets, None)
    assert model is not None
    Z = model.logits(X)
    P = np.column_stack([np.zeros(len(Z)), Z]) if Z.shape[1] == 1 else Z
    log = P - np.log(np.exp(P).sum(axis=1, keepdims=True))
    theirs = linear_model.LogisticRegression(C=1.0, max_iter=500).fit(X, y).predict_log_proba(X)
    rows = np.arange(len(y))
    assert -log[rows, y].mean() < -1.02 * theirs[rows, y].mean() + 0.005


def test_rates_are_found_by_their_logarithm() -> None:
    """A log-linear model finds the coefficients of rates, and stays finite where columns repeat each other."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 3))
    y = rng.poisson(np.exp(X @ [0.5, -0.3, 0.0] + 0.2)).astype(float)[:, None]
    for columns in (X, np.column_stack([X, X])):
        model = fit_linear(Poisson(), columns, y, None)
        assert model is not None
        assert np.abs(model.logits(columns)[:, 0] - (X @ [0.5, -0.3, 0.0] + 0.2)).max() < 0.3


def test_losses_of_ones_own_have_no_linear_model() -> None:
    """Where it is not known how a linear model is fitted, none is."""
    assert fit_linear(gn.CustomLoss(lambda Z, y: ((Z - y) ** 4).sum(axis=1), lambda Z, y: 4 * (Z - y) ** 3, name="fourth"), np.ones((3, 1)), np.ones((3, 1)), None) is None  # fmt: skip
