"""TabularClassifier and TabularRegressor: what scikit-learn asks of them, and what the options do."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, get_args, get_type_hints

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from glassnet import errors as gn_errors
from glassnet.tabular import TableModel, TabularClassifier, TabularRegressor
from glassnet.tabular.fitting.objective import CLASS_METRICS, NUMBER_METRICS
from glassnet.tabular.fitting.recipes import RECIPES
from tabular_cases import KINDS, SHORT, N, answers, columns, labels, numbers

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.SkipTestWarning", "ignore::glassnet.sklearn.PoorFitWarning"
)


@pytest.fixture(scope="module")
def fitted() -> dict[str, Any]:
    """Return both estimators, trained for long enough to have learned."""
    return {
        kind: cls(epochs=60, threads=1, random_state=0).fit(columns(), target())
        for kind, (cls, target) in KINDS.items()
    }


# ---- scikit-learn's contract -------------------------------------------------------------------------------------

# Batches and held-out rows are drawn from the rows. A row of weight 0, though, is as if left out: a test below; and in
# all that is not drawn a row of weight 2 is two rows: tests/test_sample_weights.py.
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": "a row of weight 2 is in one batch, two rows may be in two"
}


METRICS_OF: dict[Any, Any] = {TabularClassifier: CLASS_METRICS, TabularRegressor: NUMBER_METRICS}


def check_name(value: Any) -> str:
    """Return a test's id: the class, or the check with what it is told beside the estimator."""
    if not callable(value):
        return type(value).__name__
    options = [f"{key}={option}" for key, option in getattr(value, "keywords", {}).items()]
    return "-".join([getattr(value, "func", value).__name__, *options])


def checks(recipe: str, epochs: int) -> list[Any]:
    """Return scikit-learn's checks of both classes, each with the estimator and, if it should fail, a mark."""
    options: dict[str, Any] = {"expected_failed_checks": EXPECTED, "mark": "xfail"}
    return [
        pair
        for cls in (TabularClassifier, TabularRegressor)
        for pair in estimator_checks_generator(cls(recipe, epochs=epochs, threads=1), **options)
    ]


def asks_for_a_score(pair: Any) -> bool:
    """Return whether a check trains for a good score."""
    return any(word in str(pair) for word in ("check_classifiers_train", "check_regressors_train"))


# What an estimator must do does not depend on recipe and epochs: the quicker ones will do where no score is asked for.
CHECKS = [pair for pair in checks("small", epochs=4) if not asks_for_a_score(pair)]
CHECKS += [pair for pair in checks("realmlp", epochs=40) if asks_for_a_score(pair)]


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=check_name)
def test_scikit_learns_checks(estimator: Any, check: Callable[[Any], None]) -> None:
    """Each of scikit-learn's checks passes, but those that are expected to fail, with a reason."""
    check(estimator)


@pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])
def test_parameters(cls: Any) -> None:
    """Parameters are kept as they came, can be set, and a clone has them too."""
    model = cls("small", n_ensemble=2, metric="r2", epochs=7)
    assert model.get_params()["recipe"] == "small"
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(epochs=9, random_state=3) is model
    assert (model.epochs, model.random_state) == (9, 3)
    assert " ".join(repr(model).split()) == (
        f"{cls.__name__}(epochs=9, metric='r2', n_ensemble=2, random_state=3, recipe='small')"
    )
    assert (is_classifier(model), is_regressor(model)) == (cls is TabularClassifier, cls is TabularRegressor)


@pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])
def test_every_parameter_is_documented_once(cls: Any) -> None:
    """The docstring that ``help`` shows has the shared parameters too, with the closed lists of names that there are."""
    sections = dict(re.findall(r"^(\w+)\n-+\n((?:.+\n)+)", cls.__doc__, re.MULTILINE))
    entries = dict(re.findall(r"^(\w+) : (.*)", sections["Parameters"], re.MULTILINE))
    assert sorted(entries) == sorted(inspect.signature(cls).parameters)
    assert set(re.findall(r'"([\w-]+)"', entries["recipe"])) == set(RECIPES)
    assert set(re.findall(r'"(\w+)"', entries["metric"])) == set(METRICS_OF[cls])
    attributes = re.findall(r"^(\w+) :", sections["Attributes"], re.MULTILINE)
    assert {"model_", "histories_"} < {*attributes}
    assert ("classes_" in attributes) == (cls is TabularClassifier)


@pytest.mark.parametrize("cls", [TabularClassifier, TabularRegressor])
def test_names_for_type_checkers(cls: Any) -> None:
    """The names that type checkers allow are those that a fit accepts."""
    hints = get_type_hints(cls.__init__, vars(sys.modules[cls.__module__]))
    assert set(get_args(hints["recipe"])) == set(RECIPES)
    assert set(get_args(get_args(hints["metric"])[0])) == set(METRICS_OF[cls])
    assert get_type_hints(cls.fit)["return"] is Self


@pytest.mark.parametrize("kind", KINDS)
def test_before_fit(kind: str, tmp_path: Path) -> None:
    """Everything that needs a fitted estimator says so in scikit-learn's way."""
    model, X, y = KINDS[kind][0](), columns(), KINDS[kind][1]()
    uses: list[Callable[[], Any]] = [
        lambda: model.predict(X), lambda: model.why(X), lambda: model.importance(X, y), lambda: model.network_,
        lambda: model.history_, lambda: model.save(tmp_path / "model.safetensors"), lambda: model.score(X, y),
    ]  # fmt: skip
    uses.append(lambda: model.predict_proba(X) if kind == "classifier" else model.predict_interval(X))
    for use in uses:
        with pytest.raises(NotFittedError, match="not fitted yet"):
            use()


@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")
def test_inside_scikit_learn() -> None:
    """Pipelines, searches and cross-validation take the estimators, frames included."""
    frame, y = pd.DataFrame(columns()), labels()
    search = GridSearchCV(TabularClassifier(**SHORT), {"recipe": ["small", "realmlp"], "epochs": [2, 3]}, cv=2)
    search.fit(frame, y)
    assert search.best_estimator_.predict(frame).shape == (N,)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    numeric = frame[["size"]].fillna(0.0).assign(square=frame["size"].fillna(0.0) ** 2)
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), TabularRegressor(**SHORT))
    assert cross_val_score(pipeline, numeric, numbers(), cv=3).shape == (3,)
    P = cross_val_predict(TabularClassifier(**SHORT), frame, y, cv=3, method="predict_proba")
    np.testing.assert_allclose(P.sum(axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_both_learn(kind: str, fitted: dict[str, Any]) -> None:
    """The rows that were trained on are answered well, also those with missing values."""
    assert fitted[kind].score(columns(), KINDS[kind][1]()) > 0.85


@pytest.mark.parametrize("how", ["pickle", "joblib", "deepcopy", "file"])
@pytest.mark.parametrize("kind", KINDS)
def test_copies_answer_the_same(kind: str, how: str, fitted: dict[str, Any], tmp_path: Path) -> None:
    """A copy by pickle, joblib or deepcopy, and the model from a file, give the same bits."""
    model, X = fitted[kind], pd.DataFrame(columns())
    if how == "file":
        model.save(tmp_path / "model.safetensors")
        twin: Any = TableModel.load(tmp_path / "model.safetensors")
        if kind == "classifier":
            np.testing.assert_array_equal(twin.predict(X), model.predict(X))
            np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
            assert twin.target.labels == model.classes_.tolist()
        else:
            np.testing.assert_array_equal(twin.predict(X), model.predict(X))
        return
    if how == "joblib":
        joblib.dump(model, tmp_path / "model.joblib")
    copies = {
        "pickle": lambda: pickle.loads(pickle.dumps(model)),
        "joblib": lambda: joblib.load(tmp_path / "model.joblib"),
        "deepcopy": lambda: copy.deepcopy(model),
    }
    np.testing.assert_array_equal(answers(copies[how](), X), answers(model, X))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_seeds(recipe: str, kind: str) -> None:
    """The same ``random_state`` gives the same bits, another gives others."""
    cls, target = KINDS[kind]

    def fit(seed: Any) -> np.ndarray:
        model = cls(recipe, epochs=2, threads=1, random_state=seed)
        return answers(model.fit(columns(30), target(30)), columns(30))

    first = fit(0)
    np.testing.assert_array_equal(fit(0), first)
    assert not np.array_equal(fit(1), first)


def test_states_of_chance() -> None:
    """A generator of NumPy, old or new, or None may stand for the seed."""

    def fit(seed: Any) -> np.ndarray:
        return answers(TabularClassifier(**{**SHORT, "random_state": seed}).fit(columns(), labels()), columns())

    for make in (np.random.RandomState, np.random.default_rng):
        np.testing.assert_array_equal(fit(make(3)), fit(make(3)))
    for seed in (None, 2**40, np.int32(7)):
        assert np.isfinite(fit(seed)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_does_not_depend_on_its_neighbours(kind: str, fitted: dict[str, Any]) -> None:
    """One row alone is answered as among all, to the last bits but few."""
    frame = pd.DataFrame(columns())
    whole = answers(fitted[kind], frame)
    for rows in ([5], [7, 3, 7], list(range(33))):
        np.testing.assert_allclose(answers(fitted[kind], frame.iloc[rows]), whole[rows], rtol=1e-6)
    assert answers(fitted[kind], frame.iloc[:0]).shape == (0, *whole.shape[1:])


# ---- which rows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_validation_data(kind: str) -> None:
    """Rows to choose the epoch by may be handed over, in another make of frame, with weights; no row is held out then."""
    cls, target = KINDS[kind]
    frame, y = pd.DataFrame(columns()), target()
    valid = (pl.DataFrame(columns()).slice(60), y[60:])
    model = cls(**SHORT).fit(frame[:60], y[:60], validation_data=valid)
    coder = model.model_.encoder.coders[0]
    assert coder.n_missing == frame["size"][:60].isna().sum()
    held = model.history_["valid_loss"]
    weighted = cls(**SHORT).fit(frame[:60], y[:60], validation_data=(*valid, np.arange(30.0)))
    assert weighted.history_["loss"] == model.history_["loss"]
    assert weighted.history_["valid_loss"] != held
    again = cls(**SHORT).fit(frame[:60], y[:60], validation_data=[frame[60:], list(y[60:]), np.ones(30)])
    assert again.history_["valid_loss"] == pytest.approx(held, rel=1e-6)


BAD_OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "recipe": ({"recipe": "realmpl"}, {}, "TabularClassifier: unknown recipe 'realmpl'. Did you mean 'realmlp'? The choices are 'fast', 'realmlp', 'small', 'tabm', 'tabm-mini'."),
    "n_ensemble": ({"n_ensemble": 0}, {}, "TabularClassifier: n_ensemble is 0; it must be a whole number of at least 1."),
    "no n_ensemble": ({"n_ensemble": None}, {}, "TabularClassifier: n_ensemble is None; it must be a whole number of at least 1."),
    "n_folds": ({"n_folds": 1}, {}, "TabularClassifier: n_folds is 1; it must be a whole number of at least 2."),
    "too many folds": ({"n_folds": 91}, {}, "TabularClassifier.fit: n_folds is 91; it must be at most 90, the number of rows."),
    "epochs": ({"epochs": 0}, {}, "TabularClassifier: epochs is 0; it must be a whole number of at least 1."),
    "batch_size": ({"batch_size": 2.5}, {}, "TabularClassifier: batch_size is 2.5; it must be a whole number of at least 1."),
    "max_seconds": ({"max_seconds": 0}, {}, "TabularClassifier: max_seconds is 0; it must be a finite number above 0."),
    "metric": ({"metric": "roc_auc"}, {}, "TabularClassifier: unknown metric 'roc_auc'. Did you mean 'auc'? The choices are 'accuracy', 'auc', 'balanced_accuracy', 'brier', 'f1', 'log_loss'."),
    "random_state": ({"random_state": -1}, {}, "TabularClassifier: random_state is -1; it must be a whole number of at least 0."),
    "folds and validation": ({"n_folds": 3}, {"validation_data": (columns(), labels())}, "TabularClassifier.fit: validation_data and n_folds are both given; only one of them may be. Pass one."),
    "validation_data": ({}, {"validation_data": columns()}, "TabularClassifier.fit: validation_data is a dict; it must be (X, y) or (X, y, sample_weight)."),
    "validation labels": ({}, {"validation_data": (columns(), ["huge", *labels()[1:]])}, "TabularClassifier.fit: the target 'target' is 'huge' in row 0 (counted from 0); it must be one of 'big', 'small' as in training. Leave such rows out, or train with them."),
    "validation rows": ({}, {"validation_data": (columns(), labels()[1:])}, "TabularClassifier.fit: validation X has 90 rows and y 89; they must have the same number."),
    "validation weights": ({}, {"validation_data": (columns(), labels(), [1.0])}, "TabularClassifier.fit: validation sample_weight has shape (1,); it must have shape (90,)."),
    "validation columns": ({}, {"validation_data": ({"size": columns()["size"]}, labels())}, "TabularClassifier.fit: the frame lacks 4 columns that the model needs: 'colour', 'town', 'old', 'seen'."),
    "weights": ({}, {"sample_weight": [1.0, 2.0]}, "TabularClassifier.fit: sample_weight has shape (2,); it must have shape (90,)."),
    "negative weights": ({}, {"sample_weight": -np.ones(90)}, "TabularClassifier.fit: sample_weight holds values from -1 to -1; no weight may be negative, nor all of them zero."),
    "no weight": ({}, {"sample_weight": np.zeros(90)}, "TabularClassifier.fit: sample_weight holds values from 0 to 0; no weight may be negative, nor all of them zero."),
    "missing weight": ({}, {"sample_weight": [np.nan] + [1.0] * 89}, "TabularClassifier.fit: sample_weight holds nan at row 0; it must be finite. Fill or drop missing values first."),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_options_that_cannot_be(case: str) -> None:
    """Each is refused with one sentence, when fitting."""
    options, arguments, message = BAD_OPTIONS[case]
    model = TabularClassifier(**{**SHORT, **options})
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        model.fit(columns(), labels(), **arguments)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")
def test_rows_of_no_weight_are_left_out(kind: str) -> None:
    """A row of weight 0 has no part in anything: not in scales, classes, batches or the rows held out; nor has it in validation."""
    cls, target = KINDS[kind]
    frame, y = pd.DataFrame(columns()), target()
    y[::3] = "other" if kind == "classifier" else 1e9
    weight = np.where(np.arange(N) % 3 == 0, 0.0, 1.0 + np.arange(N) % 2)
    kept = weight > 0
    expected = cls(**SHORT).fit(frame[kept], y[kept], sample_weight=weight[kept])
    model = cls(**SHORT).fit(frame, y, sample_weight=weight)
    np.testing.assert_array_equal(answers(model, frame), answers(expected, frame))
    known = target()
    part = cls(**SHORT).fit(frame, known, validation_data=(frame[kept], known[kept], weight[kept]))
    whole = cls(**SHORT).fit(frame, known, validation_data=(frame, y, weight))
    assert part.history_.columns == whole.history_.columns


def test_weights_count() -> None:
    """Where two rows contradict each other, the heavier one is believed; weights matter by their ratios only."""
    X = {"x": np.arange(N) % 5}
    y = np.where(np.arange(N) < 45, "a", "b")
    heavy_a = np.where(y == "a", 9.0, 1.0)
    options = {"epochs": 30, "threads": 1, "random_state": 0, "metric": "log_loss"}
    model = TabularClassifier(**options).fit(X, y, sample_weight=heavy_a)
    assert (model.predict(X) == "a").all()
    assert abs(model.predict_proba(X)[:, 0].mean() - 0.9) < 0.1
    scaled = TabularClassifier(**options).fit(X, y, sample_weight=heavy_a * 1e200)
    np.testing.assert_allclose(scaled.predict_proba(X), model.predict_proba(X), rtol=1e-5)


# ---- ensembles and folds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recipe", ["realmlp", "small"])
def test_an_ensemble_is_the_mean_of_its_members(recipe: str, kind: str) -> None:
    """Member i is the network that ``random_state + i`` gives alone, and the ensemble's answer is the mean of all."""
    cls, target = KINDS[kind]
    y = target()
    options: dict[str, Any] = {"validation_data": (columns(), y)}
    how = {**SHORT, "calibrate": False}  # all of them together have one temperature
    together = cls(recipe, **how, n_ensemble=3).fit(columns(), y, **options)
    alone = [cls(recipe, **{**how, "random_state": i}).fit(columns(), y, **options) for i in range(3)]
    assert together.network_.members == 3
    assert len(together.histories_) == 3
    np.testing.assert_allclose(
        answers(together, columns()), np.mean([answers(one, columns()) for one in alone], axis=0), rtol=1e-5
    )
    for one, history in zip(alone, together.histories_, strict=True):
        assert history["loss"] == pytest.approx(one.history_["loss"], rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recipe", ["realmlp", "tabm-mini"])
def test_folds(recipe: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row is in exactly one part that is held out, every network is trained on the rest, and all are averaged."""
    from glassnet.tabular.fitting import jobs as fitting

    seen: list[Any] = []

    def watched(jobs: Any, plan: Any) -> Any:
        seen.extend(jobs)
        return train_jointly(jobs, plan)

    train_jointly = fitting.train_jointly
    monkeypatch.setattr(fitting, "train_jointly", watched)
    cls, target = KINDS[kind]
    y = target()
    model = cls(recipe, **{**SHORT, "epochs": 1}, n_folds=3, n_ensemble=2).fit(columns(), y)
    assert len(seen) == len(model.histories_) == model.network_.members == 6
    held = np.concatenate([job.held_out for job in seen[::2]])
    np.testing.assert_array_equal(np.sort(held), np.arange(N))
    for job, twin in zip(seen[::2], seen[1::2], strict=True):
        np.testing.assert_array_equal(np.sort(np.concatenate([job.rows, job.held_out])), np.arange(N))
        np.testing.assert_array_equal(job.held_out, twin.held_out)
        assert job.network.seeds != twin.network.seeds
    X = model.model_.encoder.transform(columns())
    alone = [TableModel(job.network, model.model_.encoder, model.model_.target).answers(X) for job in seen]
    mean = np.mean(alone, axis=0)
    np.testing.assert_allclose(model.model_.answers(X), mean, rtol=2e-5, atol=1e-6)
    if kind == "classifier":
        counts = [np.unique(y[job.held_out], return_counts=True)[1] for job in seen]
        assert np.ptp(counts, axis=0).max() <= 1


# ---- targets that are text of numbers ------------------------------------------------------------------------------

NUMBER_TEXTS: dict[str, tuple[Callable[[float], str], dict[str, Any]]] = {
    "decimal comma": (lambda value: f"{value:.2f}".replace(".", ","), {"decimal": ","}),
    "euro sign": (lambda value: f"{value:.2f} €", {}),
    "per cent": (lambda value: f"{value:.2f} %", {}),
    "thousands apostrophes": (lambda value: f"{value:,.2f}".replace(",", "'"), {"thousands": "'"}),
}


@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")
@pytest.mark.parametrize("kind", NUMBER_TEXTS)
def test_numbers_as_text_are_scored_as_they_are_fitted(kind: str) -> None:
    """`score` reads the text of numbers as `fit` does, also in a search and with weights; report and others do too."""
    written, options = NUMBER_TEXTS[kind]
    x = 5000.0 * (np.arange(60) * 7 % 60) / 59.0
    X, y = pd.DataFrame({"x": x}), pd.Series([written(value) for value in 2.0 * x + 1.0], name="rent")
    numbers = np.round(2.0 * x + 1.0, 2)
    model = TabularRegressor("small", epochs=5, random_state=0, **options).fit(X, y)
    assert model.score(X, y) == model.score(X, numbers) > 0.0
    weights = np.linspace(0.0, 1.0, 60)
    assert model.score(X, y.tolist(), sample_weight=weights) == model.score(X, numbers, sample_weight=weights)
    scores = cross_val_score(model, X, y, cv=3, error_score="raise")
    assert scores.tolist() == cross_val_score(model, X, numbers, cv=3).tolist()
    assert model.report(X, y).to_dict()["scores"] == model.report(X, numbers).to_dict()["scores"]
    assert model.importance(X, y).drops.tolist() == model.importance(X, numbers).drops.tolist()


def test_text_that_is_no_number_is_not_scored() -> None:
    """The message of `score` names the cell and its row; NaN among numbers stays scikit-learn's to refuse."""
    x = np.linspace(0.0, 5.0, 40)
    model = TabularRegressor("small", epochs=2, random_state=0).fit({"x": x}, [f"{value:.2f} €" for value in x])
    with pytest.raises(gn_errors.DataError, match=r"'dear' in row 1 .*it must hold numbers such as"):
        model.score({"x": x[:2]}, ["1.00 €", "dear"])
    with pytest.raises(ValueError, match="NaN"):
        model.score({"x": x[:2]}, [1.0, np.nan])
