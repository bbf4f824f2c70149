"""A script's life with our perceptrons in the place of scikit-learn's: the same results, wherever scikit-learn uses them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", minversion="1.7")

import sklearn
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import AdaBoostClassifier, BaggingRegressor, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, cross_validate, learning_curve
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_cases import KINDS, OURS, THEIRS, Classes, data

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SHORT: dict[str, Any] = {"hidden_layer_sizes": (6,), "max_iter": 15, "learning_rate_init": 0.02, "random_state": 0}
Story = Callable[[Classes], Any]


def assert_same(found: Any, expected: Any) -> None:
    """Numbers agree to a millionth of the largest, everything else is equal; lists and dicts part by part."""
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        found, expected = list(found.values()), list(expected.values())
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for left, right in zip(found, expected, strict=True):
            assert_same(left, right)
        return
    left, right = np.asarray(found), np.asarray(expected)
    assert left.dtype == right.dtype
    assert left.shape == right.shape
    if right.dtype.kind == "f":
        np.testing.assert_allclose(left, right, rtol=0, atol=1e-6 * max(1e-3, np.abs(right).max()))
    else:
        np.testing.assert_array_equal(left, right)


def classified() -> tuple[np.ndarray, np.ndarray]:
    """Return flowers whose species are words, in an order in which every part has all of them."""
    found, order = data("iris strings"), np.random.default_rng(0).permutation(150)
    return found.X[order] * 3 + 1, found.y[order]


def measured() -> tuple[np.ndarray, np.ndarray]:
    """Return rows of features of unlike scales and numbers to predict."""
    found = data("diabetes")
    return found.X * np.arange(1, 11), found.y


def frame() -> tuple[pd.DataFrame, pd.Series]:
    """Return a table with columns of words and of numbers, and a target of words."""
    rng = np.random.default_rng(4)
    age, city = rng.uniform(18, 80, 180), rng.choice(["Basel", "Chur", "Genf"], 180)
    table = pd.DataFrame(
        {"age": age, "city": city, "income": rng.lognormal(8, 0.4, 180), "plan": rng.choice(["a", "b"], 180)}
    )
    return table, pd.Series(np.where((age > 45) ^ (city == "Chur"), "yes", "no"), name="bought")


def pipeline(classes: Classes, kind: str = "classifier", **options: Any) -> Pipeline:
    """Return what most scripts have: scaling, then a perceptron."""
    return Pipeline([("scale", StandardScaler()), ("mlp", classes[kind](**SHORT | options))])


def piped(classes: Classes) -> Any:
    """A pipeline, its parameters set through it."""
    X, y = classified()
    model = pipeline(classes).set_params(mlp__alpha=0.1, mlp__activation="tanh").fit(X[:100], y[:100])
    return [model.predict(X[100:]), model.predict_proba(X[100:]), model.score(X[100:], y[100:]), list(model.classes_)]


def from_a_frame(classes: Classes) -> Any:
    """A table of pandas, words one-hot, numbers scaled."""
    table, y = frame()
    columns = ColumnTransformer(
        [("words", OneHotEncoder(), ["city", "plan"]), ("numbers", StandardScaler(), ["age", "income"])]
    )
    model = make_pipeline(columns, classes["classifier"](**SHORT)).fit(table, y)
    return [model.predict(table), model.predict_proba(table), model.score(table, y)]


def from_a_named_frame(classes: Classes) -> Any:
    """A transformer that hands on a table with names."""
    table, y = frame()
    model = make_pipeline(StandardScaler().set_output(transform="pandas"), classes["classifier"](**SHORT))
    model.fit(table[["age", "income"]], y)
    return [list(model[-1].feature_names_in_), model[-1].n_features_in_, model.predict(table[["age", "income"]])]


def from_texts(classes: Classes) -> Any:
    """Words counted into a sparse matrix."""
    rng = np.random.default_rng(5)
    words = np.array([["sun", "rain", "snow", "wind", "fog"], ["goal", "team", "match", "coach", "win"]])
    topics = rng.integers(0, 2, 80)
    texts = [" ".join([*rng.choice(words[topic], 6), *rng.choice(words[1 - topic], 3)]) for topic in topics]
    model = make_pipeline(TfidfVectorizer(), classes["classifier"](**SHORT)).fit(texts, topics)
    return [model.predict(texts), model.predict_proba(texts)]


def cross_validated(classes: Classes) -> Any:
    """Scores and predictions of folds."""
    (X, y), (X_numbers, y_numbers) = classified(), measured()
    scores = cross_validate(pipeline(classes), X, y, cv=3, scoring=["accuracy", "neg_log_loss", "roc_auc_ovr"])
    return [
        *(scores[f"test_{name}"] for name in ("accuracy", "neg_log_loss", "roc_auc_ovr")),
        cross_val_score(pipeline(classes, "regressor"), X_numbers, y_numbers, cv=3),
        cross_val_predict(pipeline(classes), X, y, cv=3, method="predict_proba"),
    ]


def searched(classes: Classes, n_jobs: int = 1) -> Any:
    """A grid over nested parameters, solvers among them."""
    X, y = classified()
    grid = {"mlp__alpha": [1e-4, 1.0], "mlp__solver": ["adam", "lbfgs"], "mlp__hidden_layer_sizes": [(4,), (5, 3)]}
    search = GridSearchCV(pipeline(classes, max_iter=8), grid, cv=2, scoring="neg_log_loss", n_jobs=n_jobs).fit(X, y)
    return [search.cv_results_["mean_test_score"], search.best_params_, search.predict_proba(X), search.best_score_]


def searched_in_two_processes(classes: Classes) -> Any:
    """The same grid, its fits in other processes."""
    return searched(classes, n_jobs=2)


def learned_in_parts(classes: Classes) -> Any:
    """Batches as they come in, and a learning curve made of `partial_fit`."""
    (X, y), (X_numbers, y_numbers) = classified(), measured()
    model, curve = classes["classifier"](**SHORT), []
    for epoch in range(4):
        for start in range(0, 120, 30):
            model.partial_fit(
                X[start : start + 30], y[start : start + 30], classes=np.unique(y) if start == epoch == 0 else None
            )
        curve.append(model.score(X[120:], y[120:]))
    sizes = learning_curve(
        classes["regressor"](**SHORT), X_numbers / 9, y_numbers, cv=2, exploit_incremental_learning=True
    )
    return [curve, model.loss_curve_, model.t_, *sizes[:3]]


def calibrated(classes: Classes) -> Any:
    """Probabilities by cross-validated calibration, with weights."""
    X, y = classified()
    weight = np.random.default_rng(6).uniform(0.5, 1.5, len(y))
    model = CalibratedClassifierCV(classes["classifier"](**SHORT), cv=2).fit(X, y, sample_weight=weight)
    return [model.predict_proba(X), model.predict(X)]


def inspected(classes: Classes) -> Any:
    """Importances by permutation, and a partial dependence."""
    X, y = measured()
    model = pipeline(classes, "regressor").fit(X, y)
    importance = permutation_importance(model, X, y, n_repeats=2, random_state=0)
    return [importance.importances, partial_dependence(model, X, [2], kind="average")["average"]]


def voted(classes: Classes) -> Any:
    """Votes with other models, of classes and of numbers, and a stack."""
    (X, y), (X_numbers, y_numbers) = classified(), measured()
    votes = VotingClassifier(
        [("mlp", classes["classifier"](**SHORT)), ("line", LogisticRegression())], voting="soft"
    ).fit(X, y)
    parts = [("mlp", pipeline(classes, "regressor")), ("line", Ridge())]
    means, stack = (
        VotingRegressor(parts).fit(X_numbers, y_numbers),
        StackingRegressor(parts, cv=2).fit(X_numbers, y_numbers),
    )
    return [votes.predict_proba(X), votes.predict(X), means.predict(X_numbers), stack.predict(X_numbers)]


def wrapped(classes: Classes) -> Any:
    """One for each class, one for each output, a bag, a boosted row, a target on another scale."""
    (X, y), (X_numbers, y_numbers) = classified(), measured()
    two = np.stack([y_numbers, y_numbers**2], axis=1)
    regressor = pipeline(classes, "regressor")
    return [
        OneVsRestClassifier(classes["classifier"](**SHORT)).fit(X, y).predict_proba(X),
        MultiOutputRegressor(regressor).fit(X_numbers, two).predict(X_numbers),
        BaggingRegressor(regressor, n_estimators=2, random_state=0).fit(X_numbers, y_numbers).predict(X_numbers),
        AdaBoostClassifier(classes["classifier"](**SHORT), n_estimators=2, random_state=0).fit(X, y).predict_proba(X),
        TransformedTargetRegressor(regressor, func=np.arcsinh, inverse_func=np.sinh)
        .fit(X_numbers, y_numbers)
        .predict(X_numbers),
    ]


def routed(classes: Classes) -> Any:
    """Weights of samples on their way through a pipeline to the fit and to the score."""
    X, y = measured()
    weight = np.random.default_rng(7).uniform(0.0, 3.0, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        model = classes["regressor"](**SHORT).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        scores = cross_validate(model, X / 9, y, cv=2, params={"sample_weight": weight})["test_score"]
        piped = make_pipeline(StandardScaler().set_fit_request(sample_weight=True), model)
        return [scores, piped.fit(X, y, sample_weight=weight).predict(X)]


STORIES = [
    piped, from_a_frame, from_a_named_frame, from_texts, cross_validated, searched, searched_in_two_processes,
    learned_in_parts, calibrated, inspected, voted, wrapped, routed,
]  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_same_results(story: Story) -> None:
    """A script gets the same results from ours as from theirs."""
    assert_same(story(OURS), story(THEIRS))


@pytest.mark.parametrize("kind", KINDS)
def test_a_clone_is_unfitted_and_fits_alike(kind: str) -> None:
    """`clone` and `copy` keep the parameters; a clone has forgotten the fit, a copy has not."""
    X, y = classified() if kind == "classifier" else measured()
    model = OURS[kind](**SHORT).fit(X, y)
    again, twin = clone(model), copy.deepcopy(model)
    assert again.get_params() == model.get_params() == twin.get_params()
    assert not hasattr(again, "coefs_")
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    np.testing.assert_array_equal(again.fit(X, y).predict(X), model.predict(X))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_to_look_at(kind: str) -> None:
    """Parameters, their representation, and what kind of estimator it is are scikit-learn's."""
    ours, theirs = (classes[kind](alpha=0.5, hidden_layer_sizes=[3]) for classes in (OURS, THEIRS))
    assert {key: ours.get_params()[key] for key in theirs.get_params()} == theirs.get_params()
    assert repr(ours) == repr(theirs)
    assert (is_classifier(ours), is_regressor(ours)) == (is_classifier(theirs), is_regressor(theirs))
    assert ours.set_params(alpha=0.25) is ours
    assert ours.alpha == 0.25


def by_pickle(model: Any, path: Path) -> Any:
    """Write and read a model with pickle."""
    path.write_bytes(pickle.dumps(model))
    return pickle.loads(path.read_bytes())


def by_joblib(model: Any, path: Path) -> Any:
    """Write and read a model with joblib."""
    joblib.dump(model, path)
    return joblib.load(path)


@pytest.mark.parametrize("through", [by_pickle, by_joblib], ids=lambda through: through.__name__)
@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_from_a_file_goes_on_where_it_was(
    kind: str, solver: str, through: Callable[..., Any], tmp_path: Path
) -> None:
    """A model read from a file predicts the same bits, and trains on with the optimizer's memory."""
    X, y = classified() if kind == "classifier" else measured()
    model = OURS[kind](**SHORT, solver=solver).fit(X / 9, y)
    read = through(model, tmp_path / "model")
    np.testing.assert_array_equal(read.predict(X / 9), model.predict(X / 9))
    for _ in range(3):
        model.partial_fit(X / 9, y)
        read.partial_fit(X / 9, y)
    assert read.loss_curve_ == model.loss_curve_
    for found, expected in zip(read.coefs_ + read.intercepts_, model.coefs_ + model.intercepts_, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("how", ["in place", "another array", "another list"])
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("kind", KINDS)
def test_parameters_set_by_hand_count(kind: str, solver: str, how: str) -> None:
    """What a user writes into `coefs_` and `intercepts_` is what predicts and what a warm start goes on from."""
    X, y = classified() if kind == "classifier" else measured()

    def told(classes: Classes) -> Any:
        model = classes[kind](**SHORT, solver=solver, warm_start=True).fit(X / 9, y)
        if how == "in place":
            model.coefs_[0][:, 1] = 0.0
            model.intercepts_[-1] += 0.5
        elif how == "another array":
            model.coefs_[0] = np.round(model.coefs_[0], 1)
        else:
            model.coefs_ = [0.5 * W for W in model.coefs_]
        predicted = model.predict_proba(X / 9) if kind == "classifier" else model.predict(X / 9)
        return [predicted, model.fit(X / 9, y).predict(X / 9), model.coefs_]

    assert_same(told(OURS), told(THEIRS))


def test_names_of_columns_are_checked() -> None:
    """Columns in another order, or missing, are refused in scikit-learn's words."""
    table, y = frame()
    numbers = table[["age", "income"]] / [50, 3000]

    def refused(classes: Classes) -> str:
        model = classes["classifier"](**SHORT).fit(numbers, y)
        with pytest.raises(ValueError, match="feature names should match") as caught:
            model.predict(numbers[["income", "age"]])
        return str(caught.value)

    assert refused(OURS) == refused(THEIRS)
