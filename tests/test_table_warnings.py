"""What the estimators for tables say: one warning for each fit and each prediction, and none about a trickle of rows."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.model_selection import cross_val_score

import glassnet as gn
from glassnet.cli.app import main
from glassnet.tabular import TableEncoder, TableModel, TabularClassifier, TabularRegressor, to_table
from glassnet.tabular.encoding.told import worth_telling

# Tables of these tests have faults, on purpose or for short.
pytestmark = pytest.mark.filterwarnings("ignore::glassnet.sklearn.PoorFitWarning")

N = 400
SHORT: dict[str, Any] = {"recipe": "small", "epochs": 2, "random_state": 0}
RNG = np.random.default_rng(3)
SIZE = RNG.integers(0, 41, N) / 4.0
TOWN = np.array(["a", "b", "c"], dtype=object)[np.arange(N) % 3]
GAPS = np.where(np.arange(N) % 4 == 0, np.nan, SIZE)
LABEL = np.where(SIZE > 5, "high", "low")


def frame(n: int = N, **others: Any) -> pd.DataFrame:
    """Return the first n rows of a table in which nothing is odd, with other columns beside or in place of its own."""
    return pd.DataFrame({"size": SIZE[:n], "town": TOWN[:n], "gaps": GAPS[:n]} | others)


def told(act: Callable[[], Any]) -> list[str]:
    """Return the messages of the warnings about the table; there must be no others, but for what is wrong with a fit."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        act()
    assert all(issubclass(one.category, (gn.TableWarning, gn.DiagnosisWarning)) for one in caught)
    assert all(one.filename == __file__ for one in caught)  # they point to the caller's line
    return [str(one.message) for one in caught if issubclass(one.category, gn.TableWarning)]


# ---- from how many rows on ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "n_rows", "is_told"),
    [(0, 1, False), (1, 1, True), (1, 10, True), (2, 11, False), (3, 11, True), (3, 100_000, False), (4, 400, False),
     (5, 400, True), (1000, 100_000, False), (1001, 100_000, True)],
)  # fmt: skip
def test_a_trickle_of_rows(count: int, n_rows: int, is_told: bool) -> None:
    """Of ten rows or fewer each counts; else three and more than 1 % of them."""
    assert worth_telling(count, n_rows) is is_told


def test_chance_is_no_news() -> None:
    """For rows of the same distribution as training, of any shape, hardly one column in a thousand is told of."""
    rng, found = np.random.default_rng(1), 0
    for n_trained, n_rows in ((20, 20), (50, 200), (300, 30), (1000, 1000)) * 25:
        shape = rng.choice([rng.standard_normal, rng.standard_cauchy, rng.standard_exponential])
        encoder = TableEncoder(allow_empty=True).fit({f"c{i}": shape(n_trained) for i in range(20)})
        found += len(encoder.check({f"c{i}": shape(n_rows) for i in range(20)}))
    assert found <= 8  # of 2000


def test_shifted_rows_are_told() -> None:
    """Where a column moves by half of its range, it is told of, in small tables too."""
    encoder = TableEncoder().fit({"size": SIZE[:80]})
    assert len(encoder.check({"size": SIZE[80:160] + 5.0})) == 1
    assert encoder.check({"size": SIZE[80:160] + 1e-3}) == []


def test_the_number_of_training_rows_is_saved() -> None:
    """An encoder from a file warns as before; one of an older file, which has no such entry, warns sooner."""
    encoder = TableEncoder().fit({"size": SIZE[:40]})
    others = {"size": np.r_[SIZE[:40], 10.5, 10.6, 10.7]}
    config = encoder.config()
    assert TableEncoder.from_config(config).check(others) == encoder.check(others) == []
    del config["rows"]
    assert len(TableEncoder.from_config(config).check(others)) == 1


# ---- fit ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])
def test_a_fit_names_what_it_left_out(cls: Any) -> None:
    """One warning names all columns that were left out, and why; without any there is none."""
    y = LABEL if cls is TabularClassifier else SIZE
    odd = frame(same=1, none=None, id=[f"n{i}" for i in range(N)], same_town="b")
    message = (
        f"{cls.__name__}.fit: Column 'same' is left out: all its values are 1; column 'none' is left out: all its "
        "values are missing; column 'id' is left out: 320 of 320 values differ, like an identifier; "
        "column 'same_town' is left out: all its values are b."
    )
    (found,) = told(lambda: cls(**SHORT).fit(odd, y))
    assert re.sub(r"(\d+) of \1", "320 of 320", found) == message
    assert told(lambda: cls(**SHORT).fit(frame(), y)) == []


def test_a_class_without_training_rows_is_told() -> None:
    """Where a division of one's own leaves a class no row to train on, the fit says so, in the words of the report."""
    y = np.where(np.arange(N) >= N - 5, "new", LABEL)
    valid = pd.DataFrame(frame())[N - 50 :]
    fits: list[Callable[[], Any]] = [
        lambda: TabularClassifier(**SHORT, cv=[(np.arange(N - 50), np.arange(N - 50, N))]).fit(frame(), y),
        lambda: TabularClassifier(**SHORT).fit(frame(), y, validation_data=(valid, y[N - 50 :])),
    ]
    assert told(fits[0]) == [
        "TabularClassifier.fit: Class 'new' has no row in training: the network cannot learn to answer so."
    ]
    assert told(fits[1]) == []


def test_many_columns_left_out_are_counted() -> None:
    """Of many columns the first five are named and the others counted."""
    (message,) = told(lambda: TabularClassifier(**SHORT).fit(frame(**{f"s{i}": i for i in range(7)}), LABEL))
    assert message.endswith("column 's4' is left out: all its values are 4; and 2 more.")


def test_columns_of_a_matrix_are_numbered() -> None:
    """Columns without names are x0, x1, as everywhere."""
    X = np.c_[SIZE, np.ones(N)]
    assert told(lambda: TabularRegressor(**SHORT).fit(X, SIZE)) == [
        "TabularRegressor.fit: Column 'x1' is left out: all its values are 1."
    ]


def test_how_cells_were_read_is_said_once() -> None:
    """A table says it when it is read, and a fit only of what it reads itself."""
    cells, said = {"size": [*map(str, SIZE[:-9]), *["k. A."] * 9], "town": TOWN}, "9 cells 'k. A.' count as missing"
    tables: list[Any] = []
    assert said in told(lambda: tables.append(to_table(cells)))[0]
    assert told(lambda: TabularClassifier(**SHORT).fit(tables[0], LABEL)) == []
    assert said in told(lambda: TabularClassifier(**SHORT).fit(cells, LABEL))[0]


def test_one_warning_for_each_fit_of_a_search() -> None:
    """A cross-validation warns once for each of its fits."""
    with pytest.warns(gn.TableWarning) as caught:
        cross_val_score(TabularClassifier(**SHORT, diagnose=False), frame(same=1), LABEL, cv=3)
    assert len(caught) == 3


# ---- predict -----------------------------------------------------------------------------------------------------

USES: dict[str, Callable[[Any, Any], Any]] = {
    "predict": lambda model, X: model.predict(X),
    "predict_proba": lambda model, X: model.predict_proba(X),
    "predict_log_proba": lambda model, X: model.predict_log_proba(X),
    "score": lambda model, X: model.score(X, LABEL[: len(X)]),
}
ODD: dict[str, tuple[pd.DataFrame, str]] = {
    "range": (
        frame(size=np.where(np.arange(N) < 40, 99.0, SIZE)),
        "Column 'size': 40 of 400 rows have a value outside the range of training, 0 to 10: 99.",
    ),
    "category": (
        frame(town=np.where(np.arange(N) < 40, "x", TOWN)),
        "Column 'town': 40 of 400 rows have a category that training did not have, coded as zero: 'x'.",
    ),
    "missing": (
        frame(town=np.where(np.arange(N) < 40, None, TOWN)),
        "Column 'town': 40 of 400 values are missing, where training had none.",
    ),
    "all missing": (frame(gaps=np.nan), "Column 'gaps': all 400 values are missing."),
    "others": (frame(more=1, label=2), "Not in the training data and passed over: 'more', 'label'."),
    "one row": (
        frame(1, size=-5.0),
        "Column 'size': 1 of 1 rows has a value outside the range of training, 0 to 10: -5.",
    ),
}


@pytest.fixture(scope="module")
def model() -> TabularClassifier:
    """Return a classifier that was fitted to a table in which nothing is odd."""
    return TabularClassifier(**SHORT).fit(frame(), LABEL)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("case", ODD)
def test_a_prediction_names_odd_columns(case: str, use: str, model: TabularClassifier) -> None:
    """Each way of predicting warns once of what differs from training, in the words of `TableModel.warnings`."""
    X, message = ODD[case]
    assert told(lambda: USES[use](model, X)) == [f"TabularClassifier.predict: {message}"]
    assert model.model_.warnings(X) == [message]
    assert told(lambda: model.model_.predict(X)) == []


@pytest.mark.parametrize("use", USES)
def test_nothing_odd(use: str, model: TabularClassifier) -> None:
    """Rows of training, a row with a gap where training had gaps, and three rows of many beyond it are no warning."""
    beyond = frame(N, size=np.where(np.arange(N) < 3, 99.0, SIZE))
    for X in (frame(), frame(1), beyond):
        assert told(lambda X=X: USES[use](model, X)) == []


def test_the_odd_rows_of_each_column_are_one_warning(model: TabularClassifier) -> None:
    """Several columns are told of in one warning, ranges last; of more than eight sentences the rest is counted."""
    X = frame(10).assign(size=99.0, town="x", gaps=None)
    (message,) = told(lambda: model.predict(X))
    assert message.count("Column '") == 3
    assert message.index("'town'") < message.index("'gaps'") < message.index("'size'")
    wide = {f"c{i}": SIZE for i in range(12)}
    many = TabularRegressor(**SHORT).fit(wide, SIZE)
    (message,) = told(lambda: many.predict({name: values + 99.0 for name, values in wide.items()}))
    assert message.endswith("4 more: see model_.warnings(X).")


def test_quantiles_warn_once() -> None:
    """Quantiles and intervals warn as predictions do."""
    model = TabularRegressor(**SHORT, quantiles=(0.1, 0.9)).fit(frame(), SIZE)
    far = frame(5, size=[99.0] * 5)
    for predict in (model.predict, model.predict_quantiles, model.predict_interval):
        assert len(told(lambda predict=predict: predict(far))) == 1


def test_the_command_line_says_the_same(
    model: TabularClassifier, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`glassnet predict` has the words of the estimators, and is silent about a trickle."""
    file, data = tmp_path / "model.safetensors", tmp_path / "new.csv"
    model.save(file)
    for X in (ODD["category"][0], frame(size=np.where(np.arange(N) < 3, 99.0, SIZE))):
        X.to_csv(data, index=False)
        main(["predict", str(file), str(data)])
        printed = capsys.readouterr().err
        assert printed.count("warning") == len(model.model_.warnings(X))
        assert all(sentence in printed for sentence in model.model_.warnings(X))


# ---- nothing that tells rows apart -------------------------------------------------------------------------------

CONSTANT: dict[str, Any] = {"same": [1.0] * N, "none": [None] * N}
CONSTANTS: dict[str, tuple[Any, np.ndarray]] = {
    "mean": (TabularRegressor(), np.array([np.average(SIZE, weights=np.arange(N) % 3)])),
    "median": (TabularRegressor(metric="mae"), np.array([np.median(np.repeat(SIZE, np.arange(N) % 3))])),
    "quantiles": (
        TabularRegressor(quantiles=(0.1, 0.5, 0.8)),
        np.quantile(np.repeat(SIZE, np.arange(N) % 3), [0.1, 0.5, 0.8]),
    ),
    "several networks": (
        TabularRegressor("tabm", n_ensemble=2, n_folds=3),
        np.array([np.average(SIZE, weights=np.arange(N) % 3)]),
    ),
}


@pytest.mark.parametrize("case", CONSTANTS)
def test_a_constant_number(case: str, tmp_path: Path) -> None:
    """Without a column that differs, all rows get the weighted mean, or what else the loss is smallest at; also from a file."""
    model, expected = CONSTANTS[case]
    weight = np.arange(N) % 3
    assert told(lambda: model.fit(CONSTANT, SIZE, sample_weight=weight)) == [
        "TabularRegressor.fit: No column differs between rows, so all get the same answer. "
        "Column 'same' is left out: all its values are 1; column 'none' is left out: all its values are missing."
    ]
    predict = (
        (lambda one: one.predict_quantiles(CONSTANT)) if case == "quantiles" else (lambda one: one.predict(CONSTANT))
    )
    assert np.allclose(predict(model), expected, rtol=1e-6)
    model.save(tmp_path / "model.safetensors")
    loaded = TableModel.load(tmp_path / "model.safetensors")
    assert np.array_equal(predict(loaded), predict(model))
    assert [reason.contribution for reason in loaded.why({"same": [1.0]})[0].reasons] == [0.0]
    assert model.feature_importances_.tolist() == [0.0, 0.0]
    assert model.history_.epochs == 0


@pytest.mark.parametrize("class_weight", [None, "balanced", {"low": 0.0}], ids=str)
def test_constant_probabilities(class_weight: Any) -> None:
    """Without a column that differs, probabilities are the shares of the classes, by weight."""
    weight = np.arange(N) % 3
    model = TabularClassifier(class_weight=class_weight)
    with pytest.warns(gn.TableWarning, match="No column differs between rows"):
        model.fit(CONSTANT, LABEL, sample_weight=weight)
    share = {"None": np.average(LABEL == "high", weights=weight), "balanced": 0.5}.get(str(class_weight), 1.0)
    assert np.allclose(model.predict_proba(CONSTANT), [share, 1.0 - share], atol=1e-6)


def test_a_selection_of_columns_survives_a_constant_one() -> None:
    """scikit-learn's sequential selection tries the constant column alone, and chooses the other."""
    X = np.c_[np.ones(N), SIZE]
    selector = SequentialFeatureSelector(TabularClassifier(**SHORT | {"epochs": 5}), n_features_to_select=1, cv=2)
    with pytest.warns(gn.TableWarning):
        selector.fit(X, LABEL)
    assert selector.get_support().tolist() == [False, True]


def test_identifiers_alone() -> None:
    """A table of nothing but identifiers is no more of use than a constant one, and is told likewise."""
    (message,) = told(lambda: TabularClassifier(**SHORT).fit({"id": [f"n{i}" for i in range(N)]}, LABEL))
    assert message == (
        "TabularClassifier.fit: No column differs between rows, so all get the same answer. "
        "Column 'id' is left out: 400 of 400 values differ, like an identifier."
    )


def test_the_command_line_refuses_a_constant_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person at the command line has nothing to train on, and is told so in place of a model."""
    pd.DataFrame({"same": 1, "label": LABEL}).to_csv(tmp_path / "a.csv", index=False)
    assert main(["train", str(tmp_path / "a.csv"), "-t", "label", "-o", str(tmp_path / "m.safetensors")]) == 2
    assert "at least one must differ between rows" in capsys.readouterr().err
