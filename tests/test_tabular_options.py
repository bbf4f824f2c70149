"""What the estimators for tables offer to users and to scikit-learn's tools: weights of classes, logarithms, importances,
and how text is read.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor

import glassnet as gn
from glassnet.tabular import TableModel, TabularClassifier, TabularRegressor, to_table

# Tables of these tests have faults, on purpose or for short.
pytestmark = pytest.mark.filterwarnings("ignore::glassnet.sklearn.PoorFitWarning")

N = 300
RNG = np.random.default_rng(11)
X = RNG.standard_normal((N, 4))
RARE = np.where(X[:, 0] + RNG.standard_normal(N) > 1.8, "rare", "usual")
SHORT: dict[str, Any] = {"recipe": "small", "epochs": 8, "random_state": 0}

# ---- weights of classes ------------------------------------------------------------------------------------------


def test_balanced_classes() -> None:
    """Balanced weights find more of a rare class, and have the bits of the dict and of the rows' weights that they stand for."""
    plain = TabularClassifier(**SHORT).fit(X, RARE)
    balanced = TabularClassifier(**SHORT, class_weight="balanced").fit(X, RARE)
    scores = [balanced_accuracy_score(RARE, model.predict(X)) for model in (plain, balanced)]
    assert scores[1] > scores[0] + 0.1
    valid = (X[:100], RARE[:100])
    share = (RARE == "rare").mean()
    weights = {"rare": 1.0 / (2.0 * share), "usual": 1.0 / (2.0 * (1.0 - share))}
    found = [
        TabularClassifier(**SHORT, class_weight=weight).fit(X, RARE, validation_data=valid).predict_proba(X)
        for weight in ("balanced", weights)
    ]
    assert np.allclose(found[0], found[1], atol=1e-6)


def test_weights_of_classes_choose_the_epoch() -> None:
    """The metric on the held-out rows counts classes as the loss does: a class of weight 0 has no part in it."""
    y = np.where(np.arange(N) % 3 == 0, "noise", np.where(X[:, 0] > 0, "a", "b"))
    model = TabularClassifier(**SHORT, class_weight={"noise": 0.0}).fit(X, y, validation_data=(X, y))
    known = y != "noise"
    best = model.history_["valid_accuracy"][model.history_.best_epoch - 1]
    assert best == pytest.approx(np.mean(model.predict(X[known]) == y[known]), abs=1e-6)
    assert "noise" not in model.predict(X)


def test_weights_of_classes_multiply_those_of_rows() -> None:
    """A weight of its class and one of the row are one product; labels may be numbers or true and false."""
    for y in (np.where(RARE == "rare", 1, 0), RARE == "rare", np.where(RARE == "rare", 7, -3)):
        one = y.max()
        by_class = TabularClassifier(**SHORT, class_weight={one: 4.0}).fit(X, y, validation_data=(X, y, np.ones(N)))
        weight = np.where(y == one, 4.0, 1.0)
        valid = (X, y, weight)
        # Weights of rows count in the scales too, those of classes do not.
        by_row = TabularClassifier(**SHORT).fit(X, y, sample_weight=weight, validation_data=valid)
        assert np.abs(by_class.predict_proba(X) - by_row.predict_proba(X)).max() < 0.2
        assert by_class.predict(X).sum() > TabularClassifier(**SHORT).fit(X, y).predict(X).sum()


BAD_WEIGHTS: dict[str, tuple[Any, str]] = {
    "word": ("even", "TabularClassifier: class_weight is 'even'; it must be 'balanced' or a dict of weights by label."),
    "list": (
        [1, 2],
        r"TabularClassifier: class_weight is \[1, 2\]; it must be 'balanced' or a dict of weights by label\.",
    ),
    "unknown": (
        {"Rare": 2.0},
        "TabularClassifier: class_weight names 'Rare'; it must name labels of y, 'rare', 'usual'. Look at the type of",
    ),
    "negative": (
        {"rare": -1.0},
        r"TabularClassifier: class_weight\['rare'\] is -1\.0; it must be a finite number of at least 0",
    ),
    "nothing": (
        {"rare": 0, "usual": 0},
        "TabularClassifier: class_weight is 0 for all classes; it must leave some class a weight above 0",
    ),
}


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_impossible_weights_of_classes(case: str) -> None:
    """Each is refused in one sentence."""
    weight, message = BAD_WEIGHTS[case]
    with pytest.raises(gn.ConfigError, match="^" + message):
        TabularClassifier(**SHORT, class_weight=weight).fit(X, RARE)


# ---- logarithms --------------------------------------------------------------------------------------------------


def test_logarithms_of_probabilities() -> None:
    """They are the logarithms of `predict_proba`, and finite where a probability is rounded to 0, also from scikit-learn's tools."""
    model = TabularClassifier(**SHORT).fit(X, RARE)
    assert np.allclose(model.predict_log_proba(X), np.log(model.predict_proba(X)), atol=1e-6)
    for layer in model.network_.layers[-2:-1]:
        layer.W[...] *= 1e4  # type: ignore[attr-defined]
    P, logs = model.predict_proba(X), model.predict_log_proba(X)
    assert (P == 0.0).any()
    assert np.isfinite(logs).all()
    assert (logs[P == 0.0] < -87.0).all()
    assert len(np.unique(logs[P == 0.0])) > 1
    assert (logs.argmax(axis=1) == P.argmax(axis=1)).all()
    found = cross_val_predict(TabularClassifier(**SHORT), X, RARE, method="predict_log_proba", cv=2)
    assert found.shape == (N, 2)
    with pytest.raises(NotFittedError):
        TabularClassifier().predict_log_proba(X)


def test_logarithms_of_a_file() -> None:
    """A table model has them too, and a regression says that it has none."""
    model = TabularClassifier(**SHORT).fit(X, RARE)
    frame = {f"x{j}": X[:, j] for j in range(4)}
    assert np.array_equal(model.model_.predict_log_proba(frame), model.predict_log_proba(X))
    with pytest.raises(
        gn.ConfigError, match=r"^TableModel\.predict_log_proba: the model is a regression; it must be a classification"
    ):
        TabularRegressor(**SHORT).fit(X, X[:, 0]).model_.predict_log_proba(frame)


# ---- importances -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])
def test_importances_of_columns(cls: Any) -> None:
    """They are shares of 1, by column of X; what the target depends on has the largest, what was left out has 0."""
    y = np.where(X[:, 2] > 0, "a", "b") if cls is TabularClassifier else X[:, 2]
    frame = pd.DataFrame(X, columns=list("pqrs")).assign(town=np.array(["u", "v", "w"])[np.arange(N) % 3])
    model = cls(**{**SHORT, "epochs": 30}).fit(frame, y)
    found = model.feature_importances_
    assert found.shape == (model.n_features_in_,) == (5,)
    assert (found >= 0.0).all()
    assert found.sum() == pytest.approx(1.0)
    assert found.argmax() == 2
    assert found[2] > 0.8
    assert np.array_equal(pickle.loads(pickle.dumps(model)).feature_importances_, found)
    with pytest.warns(gn.TableWarning):
        again = cls(**SHORT, read={"q": "drop"}).fit(frame.assign(same=1), y)
    assert again.feature_importances_[[1, 5]].tolist() == [0.0, 0.0]
    assert again.n_features_in_ == 6


def test_importances_are_permutation_importances() -> None:
    """They are those of the validation rows, cut at 0 and divided by their sum."""
    model = TabularRegressor(**SHORT).fit(X, X[:, 1], validation_data=(X[:200], X[:200, 1]))
    gains = np.maximum(model.importance(X[:200], X[:200, 1], repeats=3).mean, 0.0)
    assert np.allclose(model.feature_importances_, gains / gains.sum(), atol=1e-5)


def test_importance_is_measured_as_reports_measure() -> None:
    """By default it starts from the score of the report, not from the loss of a training with smoothed labels or copies."""
    codes = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.5, 0.5])]
    model = TabularClassifier(epochs=20, random_state=0).fit(X, codes)
    found = model.importance(X, codes, repeats=2)
    assert found.metric == "log_loss"
    assert found.score == pytest.approx(model.report(X, codes).facts["scores"]["network"]["log_loss"], rel=1e-4)
    with pytest.warns(gn.TableWarning, match="trained on"):
        scores = model.model_.evaluate({**columns_of(X), "target": codes})
    assert found.score == pytest.approx(scores["loss"], rel=1e-4)
    assert (found.ranking[0], model.feature_importances_.argmax()) == (0, 0)
    assert model.importance(X, codes, metric="loss", repeats=1).score > found.score  # of the smoothed labels


@pytest.mark.parametrize(("options", "metric"), [({}, "rmse"), ({"quantiles": (0.1, 0.9)}, "pinball")])
def test_importance_of_numbers_is_in_their_units(options: dict[str, Any], metric: str) -> None:
    """A target in thousands gives importances in thousands, of the same metric as the report."""
    model = TabularRegressor(**SHORT, **options).fit(X, X[:, 1])
    large = TabularRegressor(**SHORT, **options).fit(X, 1000.0 * X[:, 1])
    small, big = model.importance(X, X[:, 1], repeats=1), large.importance(X, 1000.0 * X[:, 1], repeats=1)
    assert small.metric == metric == large.report(X, 1000.0 * X[:, 1]).facts["importance"]["metric"]
    np.testing.assert_allclose(big.mean, 1000.0 * small.mean, rtol=0.02, atol=1.0)
    if metric == "rmse":
        assert big.score == pytest.approx(
            large.report(X, 1000.0 * X[:, 1]).facts["scores"]["network"]["rmse"], rel=1e-4
        )


def columns_of(values: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns of an array, under the names that an estimator gives them."""
    return {f"x{j}": values[:, j] for j in range(values.shape[1])}


def test_the_rows_for_importances_are_few() -> None:
    """An estimator keeps at most 512 rows, also of many, and none in the file of `save`."""
    many = TabularRegressor(**SHORT, n_folds=2).fit(np.tile(X, (5, 1)), np.tile(X[:, 0], 5))
    assert len(many._sample.target) == 512
    assert many.feature_importances_.argmax() == 0


def test_importances_before_a_fit() -> None:
    """An estimator that was not fitted has none, as scikit-learn's `hasattr` finds out."""
    assert not hasattr(TabularClassifier(), "feature_importances_")


@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")
def test_selectors() -> None:
    """scikit-learn's recursive elimination and selection by importance find the columns that matter."""
    y = X[:, 3] - 2.0 * X[:, 1]
    model = TabularRegressor(**{**SHORT, "epochs": 30})
    assert RFE(model, n_features_to_select=2).fit(X, y).support_.tolist() == [False, True, False, True]
    frame = pd.DataFrame(X, columns=list("pqrs"))
    chosen = SelectFromModel(model, threshold=0.1).set_output(transform="pandas").fit(frame, y)
    assert chosen.transform(frame).columns.tolist() == ["q", "s"]


# ---- several targets ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])
def test_several_targets(cls: Any) -> None:
    """Two targets are refused with the sentence that names scikit-learn's wrapper, which works."""
    Y = (X[:, :2] > 0).astype(int) if cls is TabularClassifier else X[:, :2]
    wrapper: Any = MultiOutputClassifier if cls is TabularClassifier else MultiOutputRegressor
    with pytest.raises(gn.DataError) as caught:
        cls(**SHORT).fit(X, Y)
    assert str(caught.value) == (
        f"{cls.__name__}.fit: y is of shape (300, 2); y should be a 1d array, with one target for each row. "
        f"Wrap the estimator: {wrapper.__name__}({cls.__name__}())."
    )
    assert wrapper(cls(**SHORT)).fit(X, Y).predict(X).shape == (N, 2)


# ---- how text is read --------------------------------------------------------------------------------------------

PRICES = (np.abs(X[:, 0]) * 4000.0).round(2)
DAYS = pd.Series(pd.date_range("2020-01-01", periods=N)).dt.strftime("%d/%m/%Y").to_numpy()


def text(number: float, thousands: str, decimal: str) -> str:
    """Return a number as it is written elsewhere."""
    return f"{number:,.2f}".translate(str.maketrans({",": thousands, ".": decimal}))


READINGS: dict[str, tuple[dict[str, Any], list[Any], str]] = {
    "decimal": ({"decimal": ","}, [f"{p:.3f}".replace(".", ",") for p in PRICES / 1000.0], "number"),
    "thousands": ({"thousands": "."}, [f"{1000 + int(p):,}".replace(",", ".") for p in PRICES], "number"),
    "both": ({"thousands": ".", "decimal": ","}, [text(p, ".", ",") for p in PRICES], "number"),
    "missing": ({"missing": ["-"]}, [*map(str, PRICES[:-1]), "-"], "number"),
    "day_first": ({"day_first": True}, [day if day[:2] <= "12" else DAYS[0] for day in DAYS], "date"),
    "read": ({"read": {"v": "category"}}, [str(i % 7) for i in range(N)], "category"),
}


@pytest.mark.parametrize("case", READINGS)
@pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])
def test_options_for_reading(cls: Any, case: str) -> None:
    """Each option reaches the cells of a frame, in training and in prediction, and is a parameter as any other."""
    options, cells, kind = READINGS[case]
    model = cls(**SHORT, **options)
    assert clone(model).get_params() == model.get_params()
    frame = pd.DataFrame({"v": cells, "z": X[:, 1]})
    y = X[:, 1] if cls is TabularRegressor else RARE
    model.fit(frame, y)
    assert [column["kind"] for column in model.model_.encoder.describe()] == [kind, "number"]
    assert np.isfinite(
        model.predict(frame.head()) if cls is TabularRegressor else model.predict_proba(frame.head())
    ).all()


def test_options_for_a_matrix() -> None:
    """In a matrix of text columns are read by their places, x0, x1, ..., and as in training when predicted."""
    matrix = np.array([[text(p, ".", ","), f"{z:.3f}".replace(".", ",")] for p, z in zip(PRICES, X[:, 1], strict=True)])
    options: dict[str, Any] = {"decimal": ",", "thousands": "."}
    model = TabularRegressor(**{**SHORT, "epochs": 60}, **options).fit(matrix, PRICES)
    assert model.score(matrix, PRICES) > 0.9
    dropped = TabularRegressor(**SHORT, **options, read={"x0": "drop"}).fit(matrix, PRICES)
    assert dropped.model_.encoder.column_names == ["x1"]
    assert dropped.predict(matrix).shape == (N,)


def test_options_for_the_target() -> None:
    """Numbers of a target are read as the options say, those of validation rows too; labels keep their text."""
    cells = [text(p, ".", ",") for p in PRICES]
    options: dict[str, Any] = {"decimal": ",", "thousands": "."}
    model = TabularRegressor(**SHORT, **options).fit(X, cells, validation_data=(X[:9], cells[:9]))
    numbers = TabularRegressor(**SHORT).fit(X, PRICES, validation_data=(X[:9], PRICES[:9]))
    assert np.array_equal(model.predict(X), numbers.predict(X))
    labels = np.where(X[:, 0] > 0, "1,5", "01.5")
    assert TabularClassifier(**SHORT, **options).fit(X, labels).classes_.tolist() == ["01.5", "1,5"]


@pytest.mark.parametrize("read", [{"cost": "number"}, {"cost": "number", "b": "category"}, {"a": "drop"}], ids=str)
def test_what_columns_are_read_as(read: Any) -> None:
    """``read`` names columns of X and the target; it holds for frames, and for tables that were read before."""
    y = pd.Series([str(i) for i in range(60)], name="cost")
    frame = pd.DataFrame({"a": np.arange(60.0), "b": [str(i % 3) for i in range(60)]})
    for given in (frame, to_table(frame)):
        model = TabularRegressor(**SHORT, read=read).fit(given, y)
        kinds = {column["name"]: column["kind"] for column in model.model_.encoder.describe()}
        expected = {"a": "number", "b": read.get("b", "number")}
        assert kinds == {name: kind for name, kind in expected.items() if read.get(name) != "drop"}
        assert model.n_features_in_ == 2
        assert np.isfinite(model.predict(given)).all()


def test_a_search_over_options() -> None:
    """Options for reading can be searched over as others."""
    frame = pd.DataFrame({"v": [str(i % 7) for i in range(N)], "z": X[:, 1]})
    search = GridSearchCV(TabularClassifier(**SHORT), {"read": [None, {"v": "category"}]}, cv=2).fit(frame, RARE)
    assert len(search.cv_results_["params"]) == 2


BAD_READINGS: dict[str, tuple[dict[str, Any], str]] = {
    "decimal": ({"decimal": "."[:0]}, "TabularRegressor: unknown decimal ''. The choices are "),
    "equal": (
        {"decimal": ",", "thousands": ","},
        "TabularRegressor: decimal and thousands are both ','; they must differ",
    ),
    "kind": ({"read": {"price": "numbers"}}, r"TabularRegressor: read\['price'\] is 'numbers'; it must be "),
    "column": (
        {"read": {"pirce": "number"}},
        r"TabularRegressor: there is no column 'pirce' to read as number\. Did you mean 'price'\?",
    ),
    "day first": ({"day_first": "yes"}, "TabularRegressor: day_first is 'yes'; it must be "),
}


@pytest.mark.parametrize("case", BAD_READINGS)
def test_impossible_readings(case: str) -> None:
    """Each is refused before anything is trained."""
    options, message = BAD_READINGS[case]
    with pytest.raises(gn.ConfigError, match="^" + message):
        TabularRegressor(**SHORT, **options).fit({"price": X[:, 0], "q": X[:, 1]}, X[:, 0])


@pytest.mark.parametrize("X", [{"a": np.arange(60.0)}, np.arange(60.0)[:, None]], ids=["names", "places"])
def test_the_reading_of_the_target(X: Any) -> None:
    """``read`` may name the target, whose text is then read so, beside the columns of X, by name or by place."""
    y = pd.Series([f"{value:.2f}" for value in np.arange(60.0)], name="y")
    model = TabularRegressor(read={"y": "number"}, **SHORT).fit(X, y)
    assert model.model_.target.task == "regression"


def test_saved_models_read_as_training_did(tmp_path: Any) -> None:
    """A model file keeps how cells are read, so that new text needs no option."""
    frame = pd.DataFrame({"v": [text(p, ".", ",") for p in PRICES], "z": X[:, 1]})
    model = TabularRegressor(**SHORT, decimal=",", thousands=".").fit(frame, PRICES)
    model.save(tmp_path / "model.safetensors")
    new = pd.DataFrame({"v": ["1.250,50", "312,00"], "z": [0.0, 1.0]})
    assert np.array_equal(TableModel.load(tmp_path / "model.safetensors").predict(new), model.predict(new))
