"""What tables do: extremes, gaps, few rows, many columns. Each case ends in right answers or in one clear sentence."""

from __future__ import annotations

import datetime as dt
import re
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from glassnet.errors import ConfigError, DataError
from glassnet.tabular import TableModel, TabularClassifier, TabularRegressor
from glassnet.tabular.fitting.recipes import RECIPES

N = 60
ROWS = np.arange(N)
HALF = np.where(ROWS < N // 2, "low", "high")
ODD = np.where(ROWS % 2 == 1, "odd", "even")
LARGEST = float(np.finfo(np.float64).max)

# What is left out or odd is told: tests/test_table_warnings.py. Here it is odd on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::glassnet.TableWarning", "ignore::glassnet.sklearn.PoorFitWarning")


def noise(n: int = N) -> np.ndarray:
    """Return numbers that say nothing."""
    return np.random.default_rng(7).standard_normal(n)


def classifier(recipe: str = "realmlp", **options: Any) -> TabularClassifier:
    """Return an estimator that is quick, whose bits do not depend on the machine's load."""
    return TabularClassifier(recipe, **{"epochs": 2, "threads": 1, "random_state": 0, **options})


def regressor(recipe: str = "realmlp", **options: Any) -> TabularRegressor:
    """Return likewise a regressor."""
    return TabularRegressor(recipe, **{"epochs": 2, "threads": 1, "random_state": 0, **options})


def check_probabilities(model: TabularClassifier, X: Any, y: Any) -> None:
    """Probabilities are finite and sum to 1, and labels are some of those of training."""
    P = model.predict_proba(X)
    assert P.shape == (len(y), len(set(y)))
    assert np.isfinite(P).all()
    np.testing.assert_allclose(P.sum(axis=1), 1.0, rtol=1e-5)
    assert model.classes_.tolist() == sorted(set(y))
    assert set(model.predict(X).tolist()) <= set(y)


# ---- single columns ----------------------------------------------------------------------------------------------

COLUMNS: dict[str, tuple[Any, np.ndarray]] = {
    "infinities": (np.where(ROWS % 2 == 1, np.where(ROWS % 4 == 1, np.inf, -np.inf), 0.1 * ROWS), ODD),
    "1e30 beside 1e-30": (np.where(ROWS < N // 2, 1e-30, 1e30) * (1.0 + 0.01 * ROWS), HALF),
    "one outlier of 1e300": (np.where(ROWS == 3, 1e300, ROWS), HALF),
    "the ends of float64": (np.linspace(-1.0, 1.0, N) * LARGEST, HALF),
    "the ends of float32": (np.linspace(-1.0, 1.0, N).astype(np.float32) * np.finfo(np.float32).max, HALF),
    "subnormal numbers": (ROWS * 5e-324, HALF),
    "whole numbers beyond 2**53": (2**60 + ROWS * 1024, HALF),
    "uint64": (np.uint64(2**64 - 1) - ROWS.astype(np.uint64) * np.uint64(4096), HALF),
    "whole numbers beyond int64": ([10**30 * row for row in ROWS.tolist()], HALF),
    "a number beyond float64": ([10**400 if row == 5 else row for row in ROWS.tolist()], HALF),
    "dates of years 1 to 9999": ([dt.date(1 + 169 * row, 1, 1) for row in ROWS.tolist()], HALF),
    "dates of the end of time": (np.linspace(-9e18, 9e18, N).astype(np.int64).astype("M8[us]"), HALF),
    "dates with gaps": (np.where(ROWS % 2 == 1, np.datetime64("NaT"), np.datetime64("2024-01-01") + ROWS), ODD),
    "durations": (ROWS.astype("m8[D]"), HALF),
    "booleans with gaps": ([None if row % 2 else row % 4 == 0 for row in ROWS.tolist()], ODD),
    "numbers with gaps": (np.where(ROWS % 2 == 1, np.nan, 0.1 * ROWS), ODD),
    "text with gaps": ([None if row % 2 else f"k{row % 3}" for row in ROWS.tolist()], ODD),
    "one value with gaps": ([None if row % 2 else 5 for row in ROWS.tolist()], ODD),
    "nearly always one value": (np.where(ROWS % 2 == 1, 1e-9 * (1 + ROWS), 0.0), ODD),
    "mixed types": ([(1, "a", None, 2.5, True, dt.date(2024, 1, 1))[row % 6] for row in ROWS.tolist()], ODD),
    "emoji and line breaks": ([("🐧\n", "\u200b🦆", "\ud800", "\t")[row % 4] for row in ROWS.tolist()], ODD),
    "very long text": ([("x" * 100_000, "y")[row % 2] for row in ROWS.tolist()], ODD),
    "text that differs in blanks": ([(" u", "v")[row % 2] + " " * (row % 3) for row in ROWS.tolist()], ODD),
    "categories of numbers": (pd.Series(pd.Categorical(ROWS % 2)), ODD),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_a_column_of_extremes_is_learned(case: str) -> None:
    """A column that the labels follow from is learned, whatever its values are like."""
    values, y = COLUMNS[case]
    X = {"x": values, "noise": noise()}
    model = classifier(epochs=40).fit(X, y)
    check_probabilities(model, X, y)
    assert model.score(X, y) >= 0.85


@pytest.mark.parametrize("recipe", RECIPES)
def test_columns_of_extremes_side_by_side(recipe: str, tmp_path: Path) -> None:
    """All of them in one table are taken by every recipe, for labels and for numbers, from a file too."""
    X = {name: values for name, (values, _) in COLUMNS.items()}
    X["very long text"] = ODD  # no need for it in a file
    model = classifier(recipe).fit(X, HALF)
    check_probabilities(model, X, HALF)
    model.save(tmp_path / "model.safetensors")
    loaded = TableModel.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.encoder.config() == model.model_.encoder.config()
    assert np.isfinite(regressor(recipe).fit(X, noise()).predict(X)).all()


def test_minus_zero_is_zero() -> None:
    """Zeros of both signs are one value, in a column and as a label."""
    zeros = np.where(ROWS % 2 == 1, 0.0, -0.0)
    model = classifier().fit({"x": zeros, "noise": noise()}, HALF)
    assert model.model_.encoder.describe()[0]["done"].startswith("left out: all its values are ")
    y = np.where(ROWS % 3 == 0, 1.0, zeros)
    assert classifier().fit({"noise": noise()}, y).classes_.tolist() == [0.0, 1.0]


def test_dates_too_far_away() -> None:
    """A date that microseconds cannot hold is refused, not taken for another; time zones reach beyond the years of Python."""
    far = np.array([10**9, 0] * 30, dtype="M8[D]")
    message = "TabularClassifier: column 'x' holds 2739877-01-03 in row 0 (counted from 0); dates must be within 292,000 years of 1970."
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        classifier().fit({"x": far}, ODD)
    east, west = (dt.timezone(dt.timedelta(hours=hours)) for hours in (14, -12))
    ends = [dt.datetime(1, 1, 1, tzinfo=east), dt.datetime(9999, 12, 31, 23, tzinfo=west)] * 30
    model = classifier(epochs=30).fit({"x": ends}, ODD)
    assert model.score({"x": ends}, ODD) == 1.0


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_training_did_not_have(recipe: str) -> None:
    """Missing and infinite values, new categories and columns of another type or of nothing at all are answered for."""
    X = {
        "n": noise(),
        "few": [f"k{row % 3}" for row in ROWS],
        "many": [f"k{row % 20}" for row in ROWS],
        "b": ROWS % 2 == 1,
    }
    model = classifier(recipe).fit(X, ODD)
    new: dict[str, Any] = {
        "n": [np.nan, np.inf, 1e300, 7, None], "few": ["new", None, 3, "k1", ""],
        "many": ["new", None, 2.5, "k1", ""], "b": [None, True, False, True, None],
    }  # fmt: skip
    P = model.predict_proba(new)
    assert np.isfinite(P).all()
    nothing = {name: [None] * 5 for name in X}
    np.testing.assert_array_equal(model.predict_proba(nothing), np.repeat(model.predict_proba(nothing)[:1], 5, axis=0))
    unknown = {**nothing, "few": ["new"] * 5, "many": ["other"] * 5}
    assert np.isfinite(model.predict_proba(unknown)).all()
    texts = {**new, "n": ["1.5", "NA", " 2", "-1e3", "7"], "b": ["true", "False", "", "TRUE", "false"]}
    spelled = {**new, "n": [1.5, None, 2, -1e3, 7], "b": [True, False, None, True, False]}
    np.testing.assert_array_equal(model.predict_proba(texts), model.predict_proba(spelled))
    message = (
        "TableEncoder.transform: column 'n' holds 'seven' in row 1 (counted from 0); it must hold numbers as in training. "
        "If that means no value, pass to_table(rows, missing=['seven'], like=model)."
    )
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        model.predict({**new, "n": ["6", "seven", "8", "9", "10"]})


def test_a_new_category_counts_as_missing() -> None:
    """With a learned vector for each category, a new one gets that of missing ones."""
    X = {"many": [f"k{row % 20}" if row % 7 else None for row in ROWS], "n": noise()}
    model = classifier().fit(X, ODD)
    row: dict[str, Any] = {"many": ["new"], "n": [0.5]}
    np.testing.assert_array_equal(model.predict_proba(row), model.predict_proba({**row, "many": [None]}))


def test_missing_only_in_validation() -> None:
    """Rows to choose the epoch by may lack what training never lacked, and be of other categories."""
    X = {"n": noise(), "c": [f"k{row % 12}" for row in ROWS]}
    gaps = {"n": np.where(ROWS % 3 == 0, np.nan, noise()), "c": [None if row % 4 else "new" for row in ROWS]}
    model = classifier().fit(X, ODD, validation_data=(gaps, ODD))
    assert np.isfinite(model.history_["valid_loss"]).all()
    nothing = {"n": [None] * N, "c": [None] * N}
    assert np.isfinite(regressor().fit(X, noise(), validation_data=(nothing, noise())).history_["valid_rmse"]).all()


def test_a_value_that_only_held_out_rows_have() -> None:
    """A column whose values all fell into the rows that are held out is left out, not refused."""
    X = {"rare": [5.0 if row == 31 else None for row in ROWS], "n": noise()}
    found = set()
    for seed in range(6):
        model = classifier(random_state=seed).fit(X, ODD)
        check_probabilities(model, X, ODD)
        found.add(model.model_.encoder.describe()[0]["done"].split(";")[0])
    assert found == {"left out: all its values are missing", "left out: all its values are 5"}


# ---- names -------------------------------------------------------------------------------------------------------

NAMES: dict[str, list[Any]] = {
    "emoji and line breaks": ["🐧\n", "a\tb", '"\\'],
    "blank": ["", " ", "  "],
    "numbers": [0, 1, 2],
    "numbers and text": [0, "a", 2.5],
    "tuples": [("a", 1), ("a", 2), ("b", 1)],
    "dates": [dt.date(2024, 1, 1), dt.date(2024, 1, 2), dt.date(2024, 1, 3)],
    "names of features": ["x", "x (missing)", "x=v"],
    "names of ours": ["target", "target_", "loss"],
    "halves of a character": ["\ud800", "\udfff", "b"],
}


@pytest.mark.parametrize("case", NAMES)
def test_names_of_columns(case: str, tmp_path: Path) -> None:
    """Any names will do that differ, in a frame, in a file, and where they are explained."""
    X = {"x": [None if row % 3 else row for row in ROWS], "y": noise(), "z": ["u" if row % 2 else "v" for row in ROWS]}
    frame = pd.DataFrame(X)
    frame.columns = pd.Index(NAMES[case], dtype=object, tupleize_cols=False)
    model = classifier("small").fit(frame, pd.Series(ODD, name=NAMES[case][0]))
    assert hasattr(model, "feature_names_in_") == all(isinstance(name, str) for name in NAMES[case])
    model.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(TableModel.load(tmp_path / "model.safetensors").predict(frame), model.predict(frame))
    assert {reason.column for reason in model.why(frame[:1])[0].reasons} == set(map(str, NAMES[case]))


def test_columns_of_several_levels() -> None:
    """pandas' columns of several levels are named by all of them."""
    frame = pd.DataFrame(np.column_stack([noise(), ROWS]), columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    model = classifier(epochs=30).fit(frame, HALF)
    assert model.score(frame, HALF) > 0.9
    assert model.model_.encoder.column_names == ["('a', 'x')", "('a', 'y')"]


# ---- few rows ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", RECIPES)
def test_two_rows_in_all(recipe: str) -> None:
    """Two rows are learned, alone, by ensembles and by folds."""
    X: dict[str, Any] = {"x": [1.0, 2.0], "c": ["u", "v"]}
    for options in ({}, {"n_ensemble": 3}, {"n_folds": 2}, {"batch_size": 1}):
        check_probabilities(classifier(recipe, **options).fit(X, ["a", "b"]), X, ["a", "b"])
        predicted = regressor(recipe, **options).fit(X, [1.0, 2.0]).predict(X)
        assert np.isfinite(predicted).all()
        assert predicted.shape == (2,)
    if recipe in ("realmlp", "small"):
        assert classifier(recipe, epochs=40).fit(X, ["a", "b"]).predict(X).tolist() == ["a", "b"]
        numbers = regressor(recipe, epochs=60).fit(X, [1.0, 2.0]).predict(X)
        np.testing.assert_allclose(numbers, [1.0, 2.0], atol=0.25)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9, 10, 11, 13])
def test_few_rows(n: int) -> None:
    """From two rows on there are answers, whether rows are held out or not, and whatever the folds."""
    X = {"x": noise(n), "same": [1] * n}
    y = ["a", "b"] * 7
    if n == 1:
        for model, name in ((classifier(), "TabularClassifier"), (regressor(), "TabularRegressor")):
            with pytest.raises(
                DataError, match=f"^{name}.fit: there is 1 sample; there must be at least two rows to learn from.$"
            ):
                model.fit(X, y[:n] if name == "TabularClassifier" else [1.0])
        return
    for options in ({}, {"n_folds": n}, {"n_folds": 2, "n_ensemble": 2}):
        model = classifier(**options).fit(X, y[:n])
        check_probabilities(model, X, y[:n])
        assert np.isfinite(regressor(**options).fit(X, noise(n)[::-1]).predict(X)).all()
    assert ("valid_loss" in classifier().fit(X, y[:n]).history_.columns) == (n >= 10)


@pytest.mark.parametrize("recipe", RECIPES)
def test_rare_classes(recipe: str) -> None:
    """Classes of three rows, of one, and fewer than there are folds: each has a probability, and those of a kind are learned."""
    X = {"x": noise(), "c": np.where(ROWS < 3, "rare", ODD)}
    for counts in ({"rare": 3}, {"rare": 3, "single": 1}):
        y = np.where(ROWS < 3, "rare", ODD)
        if "single" in counts:
            y[5] = "single"
        for options in ({}, {"n_folds": 4}):
            check_probabilities(classifier(recipe, epochs=1, **options).fit(X, y), X, y.tolist())
    if recipe == "realmlp":
        y = np.where(ROWS < 3, "rare", ODD)
        assert (classifier(epochs=40).fit(X, y).predict(X) == y).all()


def test_every_class_is_trained_on() -> None:
    """No class is missing from training: the only row of one is never held out."""
    y = np.array(["a"] * 20 + ["b"] * 20 + [f"c{i}" for i in range(10)] + ["d"] * 3)
    X = {"x": noise(len(y)), "which": y}
    model = classifier(epochs=60).fit(X, y)
    assert model.score(X, y) == 1.0


def test_many_classes() -> None:
    """Fifty classes of two rows each are learned."""
    y = np.arange(100) % 50
    X = {"x": y * 1.0, "noise": noise(100)}
    model = classifier(epochs=150).fit(X, y, validation_data=(X, y))
    check_probabilities(model, X, y.tolist())
    assert model.score(X, y) > 0.7


def test_one_row_in_a_thousand() -> None:
    """A class of one row in 1,000 neither gets lost nor takes over; balanced accuracy can be asked for."""
    y = np.where(np.arange(1000) % 1000 < 2, "rare", "usual")
    X = {"x": noise(1000), "mark": np.where(y == "rare", 5.0, 0.0)}
    model = classifier(epochs=20, metric="balanced_accuracy").fit(X, y)
    assert model.score(X, y) > 0.99


def test_rows_that_contradict_each_other() -> None:
    """Where equal rows have different labels, probabilities are their shares."""
    X, y = {"x": ROWS % 3}, np.where(ROWS % 4 == 0, "a", "b")
    P = classifier(epochs=60, metric="log_loss").fit(X, y).predict_proba(X)
    assert abs(P[:, 0].mean() - 0.25) < 0.12


def test_more_folds_than_rows() -> None:
    """That is refused, with both numbers."""
    message = "TabularRegressor.fit: n_folds is 6; it must be at most 5, the number of rows."
    with pytest.raises(ConfigError, match="^" + re.escape(message) + "$"):
        regressor(n_folds=6).fit({"x": noise(5)}, noise(5))
    weight = [1.0, 1.0, 1.0, 0.0, 0.0]
    message = "TabularRegressor.fit: n_folds is 4; it must be at most 3, the number of rows."
    with pytest.raises(ConfigError, match="^" + re.escape(message) + "$"):
        regressor(n_folds=4).fit({"x": noise(5)}, noise(5), sample_weight=weight)


def test_one_column() -> None:
    """One column is enough, of any kind."""
    for values in (ROWS * 1.0, HALF, ROWS < N // 2, HALF.tolist()):
        model = classifier(epochs=30).fit({"only": values}, HALF)
        assert model.score({"only": values}, HALF) > 0.9
    assert classifier(epochs=30).fit(ROWS[:, None], HALF).score(ROWS[:, None], HALF) > 0.9


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_rows_to_predict(recipe: str) -> None:
    """No rows give no answers, of the right shape and dtype."""
    X = {"x": noise(), "c": [f"k{row % 12}" for row in ROWS], "d": np.datetime64("2024-01-01") + ROWS}
    none: dict[str, Any] = {"x": [], "c": [], "d": []}
    model = classifier(recipe).fit(X, ODD)
    assert model.predict(none).tolist() == []
    assert model.predict(none).dtype == ODD.dtype
    assert model.predict_proba(none).shape == (0, 2)
    numbers = regressor(recipe, quantiles=(0.1, 0.5, 0.9)).fit(X, noise())
    assert (numbers.predict(none).shape, numbers.predict_quantiles(none).shape) == ((0,), (0, 3))
    message = "TabularClassifier.why: the frame has no rows; it must have at least one."
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        model.why(none)


# ---- targets -----------------------------------------------------------------------------------------------------

TARGETS: dict[str, np.ndarray] = {
    "one outlier of 1e300": np.where(ROWS == 3, 1e300, noise()),
    "1e30 beside 1e-30": np.where(ROWS % 2 == 1, 1e30, 1e-30),
    "the ends of float64": np.where(ROWS % 2 == 1, LARGEST, -LARGEST),
    "subnormal numbers": ROWS * 5e-324,
    "whole numbers beyond 2**53": 2**60 + ROWS * 1024,
    "all but one the same": np.where(ROWS == 11, 2.0, 1.0),
    "zeros of both signs and one": np.where(ROWS == 11, 1.0, np.where(ROWS % 2 == 1, 0.0, -0.0)),
    "very near to each other": 1e9 + ROWS * 1e-6,
}


@pytest.mark.parametrize("case", TARGETS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_targets_of_extremes(recipe: str, case: str) -> None:
    """Numbers of any size are predicted, finite and of the order of those of training."""
    y = TARGETS[case]
    X = {"x": noise(), "odd": ROWS % 2 == 1, "row": ROWS}
    predicted = regressor(recipe).fit(X, y).predict(X)
    assert np.isfinite(predicted).all()
    assert predicted.max() >= np.float64(y.min()) / 2
    if RECIPES[recipe].clips:
        assert predicted.min() >= y.min()
        assert predicted.max() <= y.max()


def test_a_huge_target_is_learned() -> None:
    """Numbers near the end of float64 are told apart."""
    y = np.where(ROWS % 2 == 1, LARGEST, -LARGEST) * 0.9
    X = {"odd": ROWS % 2 == 1, "x": noise()}
    predicted = regressor(epochs=60).fit(X, y).predict(X)
    assert (np.sign(predicted) == np.sign(y)).all()


def test_a_target_that_training_rows_do_not_tell_apart() -> None:
    """Where the one row that differs is held out, training goes on all the same."""
    y = np.where(ROWS == 31, 5.0, 1.0)
    for seed in range(6):
        predicted = regressor(random_state=seed).fit({"x": noise()}, y).predict({"x": noise()})
        assert ((predicted >= 1.0) & (predicted <= 5.0)).all()


def test_labels_beyond_float64_stay_apart(tmp_path: Path) -> None:
    """2**53 and 2**53 + 1 are two labels, from a file too."""
    y = 2**53 + (ROWS % 2)
    X = {"odd": ROWS % 2 == 1, "x": noise()}
    model = classifier(epochs=30).fit(X, y, validation_data=(X, y))
    assert model.predict(X).tolist() == y.tolist()
    model.save(tmp_path / "model.safetensors")
    assert TableModel.load(tmp_path / "model.safetensors").predict(X).tolist() == [str(label) for label in y.tolist()]
    message = "TabularClassifier.fit: the target 'target' is '9007199254740994' in row 0 (counted from 0), and in 59 more; it must be one of '9007199254740992', '9007199254740993' as in training. Leave such rows out, or train with them."
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        classifier().fit(X, y, validation_data=(X, np.full(N, 2**53 + 2)))


# ---- large tables ------------------------------------------------------------------------------------------------


def peak_megabytes() -> float:
    """Return the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize("recipe", ["realmlp", "small", pytest.param("tabm-mini", marks=pytest.mark.slow)])
def test_ten_thousand_categories(recipe: str) -> None:
    """10,000 categories in 20,000 rows take no more than a few hundred megabytes, and the other column is learned."""
    rows = np.arange(20_000 if recipe != "tabm-mini" else 1500)
    X = {"town": np.char.add("t", (rows % (len(rows) // 2)).astype(str)), "x": rows % 7}
    y = np.where(rows % 7 > 3, "a", "b")
    before = peak_megabytes()
    model = classifier(recipe, epochs=2 if recipe != "tabm-mini" else 6).fit(X, y)
    assert model.score(X, y) > 0.9
    assert peak_megabytes() - before < 600
    told = model.model_.warnings({"town": ["new", "t1"], "x": [1, 2]})
    # Of thousands of categories that share one feature the names are not kept.
    assert len(told) == (0 if recipe == "small" else 1)


@pytest.mark.parametrize(
    "recipe", ["realmlp", "small", *(pytest.param(name, marks=pytest.mark.slow) for name in ("tabm", "tabm-mini"))]
)
def test_two_thousand_columns(recipe: str) -> None:
    """2,000 columns are taken, from a frame and from an array, and found again in any order."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.standard_normal((40, 2000))).add_prefix("c")
    frame["same"], frame["none"] = 1.0, None
    y = np.where(ROWS[:40] % 2 == 1, "a", "b")
    model = classifier(recipe, epochs=1).fit(frame, y)
    check_probabilities(model, frame, y.tolist())
    np.testing.assert_array_equal(model.predict_proba(frame[frame.columns[::-1]]), model.predict_proba(frame))
    assert model.n_features_in_ == 2002


def test_many_names_are_compared_quickly() -> None:
    """50,000 names are looked through once, not once for each of them; the one that is there twice is named."""
    from glassnet.tabular.reading.table import check_names

    names = [f"c{i}" for i in range(50_000)]
    check_names("Table", names)
    message = "Table: 2 columns have the name 'c7'; column names must differ. Rename one of them."
    with pytest.raises(DataError, match="^" + re.escape(message) + "$"):
        check_names("Table", [*names, "c7"])


def test_wide_networks_predict_in_smaller_parts() -> None:
    """So many rows are predicted at one time that the outputs of all layers stay within 64 MiB; parts change nothing."""
    X = np.random.default_rng(0).standard_normal((1000, 4)).astype(np.float32)
    wide, usual = (classifier(recipe, epochs=1).fit(X[:60], ODD) for recipe in ("tabm", "realmlp"))
    assert usual.network_._workspace.predict_rows == 4096
    together = wide.network_._workspace.predict_rows
    assert together % 64 == 0
    assert 64 <= together < 256
    whole = wide.predict_proba(X)
    parts = [wide.predict_proba(X[start : start + 130]) for start in range(0, 1000, 130)]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-5)
    y = wide.model_.target.transform(np.where(X[:, 0] > 0, "odd", "even"))
    found = wide.network_.evaluate(wide.model_.encoder.transform({f"x{j}": X[:, j] for j in range(4)}), y)
    assert found["accuracy"] == np.mean(whole.argmax(axis=1) == y)


@pytest.mark.slow
def test_defaults_on_few_rows() -> None:
    """With all of its epochs each recipe answers for two rows, and for a table of every extreme."""
    X = {name: values for name, (values, _) in COLUMNS.items()}
    for recipe in ("realmlp", "small"):
        model = TabularClassifier(recipe, random_state=0).fit({"x": [1.0, 2.0]}, ["a", "b"])
        assert model.predict({"x": [1.0, 2.0]}).tolist() == ["a", "b"]
        assert TabularClassifier(recipe, random_state=0).fit(X, HALF).score(X, HALF) > 0.9


@pytest.mark.parametrize("recipe", ["tabm", "tabm-mini"])
def test_nothing_to_judge_by(recipe: str) -> None:
    """A recipe that ends when nothing gets better ends after a usual number of epochs where no rows are held out."""
    model = TabularClassifier(recipe, threads=1, random_state=0).fit({"x": np.arange(6.0)}, [*"ababab"])
    assert model.history_.epochs == 40
    assert TabularClassifier(recipe, epochs=3, threads=1).fit({"x": np.arange(6.0)}, [*"ababab"]).history_.epochs == 3
