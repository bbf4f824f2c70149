"""What is said of data is so: of columns, targets and validation rows, and of none that are right."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.diagnosis.autoencoders import share_restored
from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.extreme_checks import _reach as reach
from glassnet.diagnosis.checks.leak_checks import check_leaks
from glassnet.diagnosis.checks.prediction_checks import check_names
from glassnet.diagnosis.checks.validation_columns import is_series

NUMBERS, CLASSES = "squared_error", "cross_entropy"


def normal(n: int, d: int, seed: int = 0) -> np.ndarray:
    """Return standard normal rows."""
    return np.random.default_rng(seed).standard_normal((n, d))


def scaled(X: np.ndarray) -> np.ndarray:
    """Return columns of mean 0 and spread 1."""
    return (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-12)


X = normal(1000, 5, 20)
CODES = (X[:, 0] + X[:, 1] * X[:, 2] + 0.3 * normal(1000, 1, 21)[:, 0] > 0).astype(int)
Y = np.sin(2 * X[:, :1]) + X[:, 1:2] * X[:, 2:3] + 0.2 * normal(1000, 1, 22)


def findings(rows: np.ndarray, y: np.ndarray, loss: str, **options: Any) -> gn.Diagnosis:
    """Return what ``fit`` finds with a small network."""
    k = int(y.max()) + 1 if loss == CLASSES else y.shape[1]
    layers = [gn.Dense(16, "relu"), gn.Dense(max(2, k) if loss == CLASSES else k)]
    network = gn.Network(layers, loss=loss, optimizer=gn.Adam(1e-2), seed=0)
    return network.fit(rows, y, **{"epochs": 10, **options}).findings


def codes(found: gn.Diagnosis) -> list[str]:
    """Return the codes of all findings."""
    return [each.code for each in found]


# ---- running numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_a_time_that_y_follows_is_no_row_number(noise: float) -> None:
    """A trend along an evenly spaced column makes it a column like any other."""
    time = np.linspace(0.0, 2.0, 500)
    y = scaled(time[:, None] ** 1.5) + noise * normal(500, 1, 2)
    found = findings(np.column_stack([time, normal(500, 2)]), y, NUMBERS, validation_split=0.2)
    assert "id-column" not in codes(found)


@pytest.mark.parametrize("options", [{}, {"validation_split": 0.2}])
def test_a_row_number_is_found_although_rows_are_held_out(options: dict[str, Any]) -> None:
    """Training and validation rows together have no gaps; and the advice leaves room for what measures something."""
    found = findings(np.column_stack([scaled(np.arange(1000.0)), X]), CODES, CLASSES, **options)
    assert found[0].code == "id-column"
    assert "1000 different" in found[0].measured
    assert "unless it measures something" in found[0].advice


# ---- validation rows ------------------------------------------------------------------------------------------------


def test_rows_that_fit_draws_are_not_said_to_be_drawn_badly() -> None:
    """Rare columns differ in a random part of a table, as they must."""
    rare = np.random.default_rng(1).random((1000, 40)) < 0.003
    rows = scaled(np.column_stack([X, rare]))
    for seed in range(3):
        network = gn.Network([gn.Dense(16, "relu"), gn.Dense(2)], loss=CLASSES, optimizer=gn.Adam(1e-2), seed=seed)
        found = network.fit(rows, CODES, epochs=8, validation_split=0.2).findings
        assert "validation-differs" not in codes(found)


def test_two_rare_columns_do_not_go_together_otherwise() -> None:
    """One row in which both are 1 is no correlation."""
    rare = np.zeros((1000, 2))
    rare[[3, 50]] = 1.0, 0.0
    rare[60] = 0.0, 1.0
    rare[900] = 1.0, 1.0
    rows = np.column_stack([X, rare])
    given = {"validation_data": (rows[700:], np.random.default_rng(0).integers(0, 2, 300))}
    assert "validation-differs" not in codes(findings(rows[:700], CODES[:700], CLASSES, epochs=40, **given))


def test_later_rows_are_not_to_be_drawn_at_random() -> None:
    """Of a series only later rows can say what to expect; to draw them at random would let the future in."""
    walk = np.cumsum(np.random.default_rng(5).standard_normal(1011))
    lags, y = np.column_stack([walk[i : 1000 + i] for i in range(10)]), walk[10:1010, None]
    middle, width = lags[:700].mean(), lags[:700].std()
    lags, y = (lags - middle) / width, (y - middle) / width
    found = findings(lags[:700], y[:700], NUMBERS, validation_data=(lags[700:], y[700:]))
    differs = [each for each in found if each.code in ("validation-differs", "outside-training-range")]
    assert differs
    assert all(each.severity == "note" and "leave them so" in each.advice for each in differs)
    assert is_series(walk)
    assert not is_series(X[:, 0])


def test_rows_of_a_rare_class_may_be_drawn_again() -> None:
    """Training rows are oversampled, validation rows are not: that is right."""
    rng = np.random.default_rng(6)
    y = (rng.random(2000) < 0.05).astype(int)
    rows = rng.standard_normal((2000, 4)) + y[:, None]
    again = np.concatenate([np.arange(1400), rng.choice(np.flatnonzero(y[:1400]), 1200)])
    found = findings(rows[again], y[again], CLASSES, validation_data=(rows[1400:], y[1400:]))
    differs = next(each for each in found if each.code == "validation-differs")
    assert differs.severity == "note"
    assert "leave the validation rows as they are" in differs.advice


def test_rows_that_were_not_scaled_are_to_be_scaled() -> None:
    """Training rows of unit size beside validation rows of another: the advice says how to scale them."""
    rows = normal(1000, 4) * [3.0, 3.6, 2.4, 4.5] + [3, 3, -3, 6]
    y = (rows[:, 1] > 3).astype(int)
    found = findings(scaled(rows[:800]), y[:800], CLASSES, validation_data=(rows[800:], y[800:]))
    assert found[0].code in ("outside-training-range", "validation-differs")
    assert "with the means and spreads of the training rows" in found[0].advice
    assert "1 more columns" not in found[0].measured


def test_shared_rows_that_are_no_easier_are_not_said_to_be() -> None:
    """What is said of scores agrees with the losses with and without these rows."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 1000)
    for seed in range(4):
        part = np.random.default_rng(seed).permutation(1000)[:200]
        held = np.concatenate([part[:40], part[40:] + 0])
        train = np.concatenate([np.setdiff1d(np.arange(1000), part), part[:40]])
        found = findings(X[train], y[train], CLASSES, epochs=2, validation_data=(X[held], y[held]))
        shared = next(each for each in found if each.code == "shared-rows")
        assert ("too good" in shared.why) == (shared.tried != "")
        assert ("Without them" in shared.measured) == (shared.tried == "")


# ---- targets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "loss"),
    [
        (np.full((1000, 1), 5.0), NUMBERS),
        (np.full((1000, 2), [5.0, 7.0]), NUMBERS),
        (np.zeros((1000, 3)), "binary_cross_entropy"),
        (np.zeros((1000, 1)), "poisson"),
    ],
)
def test_one_number_for_all_rows_is_the_finding(y: np.ndarray, loss: str) -> None:
    """It is an error of its own, and its symptoms are not told beside it."""
    found = findings(X, y, loss, validation_split=0.2)
    assert codes(found) == ["constant-target"]
    assert found[0].severity == "error"
    assert "all 800 rows" in found[0].measured


def test_one_class_hides_what_follows_from_it() -> None:
    """Columns that are not scaled matter to nobody here, nor does a start worse than guessing."""
    assert codes(findings(1000 * X, np.zeros(1000, int), CLASSES)) == ["single-class"]


@pytest.mark.parametrize("loss", ["huber", "absolute_error"])
def test_an_outlier_does_not_rule_a_loss_that_it_cannot_rule(loss: str) -> None:
    """It is worth a look; what a loss that is not squared shows besides is not the network's fault."""
    y = Y.copy()
    y[17] = 9999
    found = findings(X, y, loss, epochs=20, validation_split=0.2)
    assert codes(found) == ["outlier-in-target"]
    assert found[0].severity == "note"
    assert "huber" not in found[0].advice
    assert "squared" not in found[0].why


def test_an_output_is_named() -> None:
    """The size of y is said of the output that has it."""
    found = findings(X, np.column_stack([Y, 3000 * Y - 5000]), NUMBERS)
    size = next(each for each in found if each.code == "unscaled-target")
    assert size.measured.startswith("Output 1 (counted from 0) of y has mean -")


def test_weights_are_not_advised_where_there_are_some() -> None:
    """Classes that are weighed are not to be weighed."""
    y = (X[:, 0] + X[:, 1] > 2.0).astype(int)
    for weights in (None, "balanced"):
        found = findings(X, y, CLASSES, class_weight=weights)
        advice = next(each.advice for each in found if each.code == "imbalance")
        assert ("class_weight" in advice) == (weights is None)


# ---- columns that hold the answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1.0, 3.0])
def test_a_copy_of_a_yes_and_no_is_found_with_any_loss(times: float) -> None:
    """Numbers 0 and 1 are classes here, too."""
    found = findings(np.column_stack([X, times * CODES]), CODES[:, None].astype(float), NUMBERS, validation_split=0.2)
    assert found[0].code == "leaking-column"


def test_a_class_with_some_mistakes_is_noted() -> None:
    """Less than all of the target is called so, and is a note."""
    wrong = np.random.default_rng(30).random(1000) < 0.035
    found = findings(np.column_stack([X, np.where(wrong, 1 - CODES, CODES)]), CODES, CLASSES)
    leak = next(each for each in found if each.code == "leaking-column")
    assert leak.severity == "note"
    assert "nearly all of the target" in leak.measured


@pytest.mark.parametrize("is_exact", [True, False])
def test_a_class_in_columns_is_told_though_others_are_good(is_exact: bool) -> None:
    """One column per class, or one for all with mistakes of its own, beside columns that tell nearly as much."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 4, 1000)
    rows = 1.5 * rng.standard_normal((4, 5))[y] + rng.standard_normal((1000, 5))
    held = np.eye(4)[y] if is_exact else np.where(rng.random(1000) < 0.01, (y + 1) % 4, y)[:, None]
    found = findings(np.column_stack([rows, held]), y, CLASSES)
    leak = next(each for each in found if each.code == "leaking-column")
    assert is_exact == ("100.0%" in leak.measured)


def test_powers_of_one_column_do_not_give_each_other_away() -> None:
    """What follows from the other columns as well is no secret that some of them hold; an exact sum is 100%."""
    x = np.random.default_rng(2).uniform(-2, 2, (600, 1))
    powers, y = scaled(np.hstack([x**k for k in range(1, 6)])), scaled(x - x**2 + 0.5 * x**4)
    assert "leaking-column" not in codes(findings(powers, y, NUMBERS, epochs=60))
    parts = normal(600, 6, 3)
    network = gn.Network([gn.Dense(1)], loss=NUMBERS, optimizer=gn.Adam(0.05), seed=0)
    found = network.fit(parts, parts[:, :3].sum(axis=1, keepdims=True), epochs=60).findings
    assert "to 100% of" in found[0].measured


def test_inputs_that_are_to_be_restored_are_no_leak() -> None:
    """Scaled, in another order, with noise on the inputs; targets that are some of the columns are a note at most."""
    Z = normal(600, 2)
    A = scaled(np.hstack([Z, np.sin(Z), Z**2]))
    noisy = A + 0.02 * normal(600, 6, 1)
    for rows, y in ((A, A), (A, A * np.arange(1.0, 7.0)), (A, A[:, ::-1]), (noisy, A)):
        assert "leaking-column" not in codes(findings(rows, y, NUMBERS, epochs=3))
    found = findings(A, A[:, :2], NUMBERS)
    assert all(each.severity == "note" for each in found if each.code == "leaking-column")


@pytest.mark.parametrize(("y", "share"), [(X, 1.0), (X[:, :2], 0.4), (X[:, :1], 0.0), (X @ normal(5, 5), 0.0)])
def test_the_share_of_restored_columns(y: np.ndarray, share: float) -> None:
    """It is that of the columns that are asked for."""
    network = gn.Network([gn.Dense(y.shape[1])], loss=NUMBERS, seed=0).build((5,))
    assert share_restored(Case(network, (X, y, None))) == share


def test_a_category_in_several_columns_is_one_column() -> None:
    """It is named once, and alone gives the target."""
    y = np.random.default_rng(1).integers(0, 4, 1000)
    network = gn.Network([gn.Dense(4)], loss=CLASSES, seed=0).build((8,))
    table = np.column_stack([normal(1000, 4) + 0.3 * y[:, None], np.eye(4)[y]])
    case = Case(network, (table, y, None), names=["a", "b", "c", "d", *4 * ["colour"]])
    found = next(check_leaks(case)).finding
    assert found.measured.startswith("'colour' alone gives the target: y follows from it in 100.0% of 1000 rows;")


# ---- new rows -------------------------------------------------------------------------------------------------------


def test_names_decide_about_the_order_of_columns() -> None:
    """Columns that are alike in their numbers are told apart by their names."""
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(X, columns=list("abcde"))
    network = gn.Network([gn.Dense(2)], loss=CLASSES, seed=0)
    network.fit(table, CODES, epochs=1, diagnose=False)
    found = gn.diagnose(network, table[list("bacde")], training_data=table)
    assert codes(found) == ["column-order"]
    assert "'b' stands where 'a' stood" in found[0].measured
    renamed = gn.diagnose(network, table.rename(columns={"c": "income"}), training_data=table)
    assert [(each.code, each.severity) for each in renamed] == [("column-order", "warning")]
    assert not gn.diagnose(network, table.rename(columns={"c": "C"}), training_data=table)
    assert not gn.diagnose(network, table.to_numpy(), training_data=table)
    assert check_names(["0", "1"], ["a", "b"]) is None


def test_columns_that_changed_places_are_told_by_their_numbers() -> None:
    """Also where each is only a little out of place."""
    rows = normal(2000, 4) * [1.0, 1.6, 3.0, 5.0] + [4.0, 0.0, 0.0, 0.0]
    network = gn.Network([gn.Dense(1)], loss=NUMBERS, seed=0)
    network.fit(rows[:1000], Y, epochs=1, diagnose=False)
    swapped = gn.diagnose(network, rows[1000:, [1, 0, 2, 3]], training_data=rows[:1000])
    assert codes(swapped) == ["column-order"]
    assert not gn.diagnose(network, rows[1000:], training_data=rows[:1000])


# ---- words ----------------------------------------------------------------------------------------------------------


def test_columns_are_counted_from_0_once() -> None:
    """A sentence with several columns says it of the first."""
    found = findings(np.column_stack([X * 0.001, X[:, 0] * 50, X[:, :3] * 0]), CODES, CLASSES)
    sizes = next(each for each in found if each.code == "unscaled-inputs")
    assert sizes.measured.count("counted from 0") == 1
    assert sizes.measured.count("has mean") == 2
    constant = next(each for each in found if each.code == "constant-columns")
    assert constant.measured.startswith("Columns 6, 7, 8 (counted from 0) have")


def test_values_beside_an_outlier_are_told_apart() -> None:
    """Behind a scaler all others lie close together: no sentence says that they reach from one number to the same."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 3))
    y = X[:, 0] + 0.5 * rng.standard_normal(600)
    X[17, 1] = 1e9
    X[:, 1] = (X[:, 1] - X[:, 1].mean()) / X[:, 1].std()
    network = gn.Network([gn.Dense(4, activation="relu"), gn.Dense(1)], loss=NUMBERS, seed=0)
    network.fit(X, y, epochs=2)
    [measured] = [each.measured for each in network.history.findings if each.code == "outlier-in-inputs"]
    pairs = re.findall(r"from (\S+) to (\S+?)[,.]?(?:\s|$)", measured)
    assert pairs
    assert all(low != high for low, high in pairs)
    assert reach(1.0, 2.0, 1.1, 1.9) == "reach from 1 to 2, nine of ten from 1.1 to 1.9."
    assert reach(0.0, 1.0, 0.0, 0.0) == "reach from 0 to 1, and nine of ten are 0."
    assert reach(3.0, 3.0, 3.0, 3.0) == "are all 3."
