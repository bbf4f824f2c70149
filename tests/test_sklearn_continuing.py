"""A perceptron that goes on: after `continue_fit`, from a file, from weights set by hand, the bits are those of one fit."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

import glassnet as gn
from glassnet.sklearn import MLPClassifier, MLPRegressor
from sklearn_cases import data

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SHORT: dict[str, Any] = {"hidden_layer_sizes": (6,), "learning_rate_init": 0.02, "random_state": 0}
IRIS, DIABETES = data("iris"), data("diabetes")
X_IRIS, Y_IRIS = IRIS.X, np.array(["setosa", "versicolor", "virginica"])[IRIS.y]
X_DIABETES, Y_DIABETES = DIABETES.X, DIABETES.y

Through = Callable[[Any], Any]


def by_pickle(model: Any) -> Any:
    """Return the model after pickling."""
    return pickle.loads(pickle.dumps(model))


def by_joblib(model: Any) -> Any:
    """Return the model after a file of joblib."""
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


def unchanged(model: Any) -> Any:
    """Return the model itself."""
    return model


def same_bits(model: Any, other: Any) -> None:
    """Weights, curves and counters of two models agree to the bit."""
    for left, right in zip(model.coefs_ + model.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(model.network_.stats, other.network_.stats)
    assert model.loss_curve_ == other.loss_curve_
    assert model.validation_scores_ == other.validation_scores_
    assert model.best_loss_ == other.best_loss_
    assert model.best_validation_score_ == other.best_validation_score_
    assert model.t_ == other.t_
    assert model.history_.columns == other.history_.columns


CONTINUED: dict[str, dict[str, Any]] = {
    "adam": {},
    "sgd constant": {"solver": "sgd"},
    "sgd invscaling": {"solver": "sgd", "learning_rate": "invscaling"},
    "sgd adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 2},
    "adamw": {"solver": "adamw"},
    "optimizer object": {"solver": gn.AdamW(0.01, ema=0.9)},
    "dropout": {"dropout": 0.3},
    "early_stopping": {"early_stopping": True},
    "early_stopping and dropout": {"early_stopping": True, "dropout": 0.3, "normalization": "batch"},
    "shuffle=False": {"shuffle": False},
    "schedule": {"learning_rate": gn.CosineDecay(0.02, epochs=10)},
    "schedule with sgd": {"solver": "sgd", "learning_rate": gn.ExponentialDecay(0.1, factor=0.9)},
    "plateau": {"learning_rate": gn.ReduceOnPlateau(0.05, monitor="loss", patience=1)},
    "batch norm": {"normalization": "batch"},
    "small batches": {"batch_size": 32},
    "scaled": {"scale_inputs": True},
    "RandomState": {"random_state": np.random.RandomState(3)},
}


@pytest.mark.parametrize("through", [unchanged, by_pickle, by_joblib], ids=lambda through: through.__name__)
@pytest.mark.parametrize("name", CONTINUED)
def test_continuing_is_one_fit(name: str, through: Through) -> None:
    """Five epochs and five more leave the bits of ten in one go, from a file as well."""
    options = SHORT | pickle.loads(pickle.dumps(CONTINUED[name]))
    whole = MLPClassifier(**options, max_iter=10).fit(X_IRIS, Y_IRIS)
    options = SHORT | pickle.loads(pickle.dumps(CONTINUED[name]))
    parts = through(MLPClassifier(**options, max_iter=5).fit(X_IRIS, Y_IRIS))
    assert through(parts.continue_fit(X_IRIS, Y_IRIS)) is not None
    same_bits(through(parts), whole)
    np.testing.assert_array_equal(parts.predict_proba(X_IRIS), whole.predict_proba(X_IRIS))


@pytest.mark.parametrize("early", [False, True])
def test_continuing_with_validation_data(early: bool) -> None:
    """The same holds with rows to validate on, whether they stop the fit or are only looked at."""
    given = {"validation_data": (X_DIABETES[100:], Y_DIABETES[100:])}
    options = SHORT | {"early_stopping": early, "scale_target": True}
    X, y = X_DIABETES[:100], Y_DIABETES[:100]
    whole = MLPRegressor(**options, max_iter=10).fit(X, y, **given)
    parts = MLPRegressor(**options, max_iter=4).fit(X, y, **given)
    parts = by_pickle(parts).continue_fit(X, y, max_iter=6, **given)
    same_bits(parts, whole)
    assert len(parts.history_["valid_loss"]) == 10


def test_continuing_with_weights() -> None:
    """The same holds with weights of rows and of classes."""
    weight = np.random.default_rng(0).uniform(0, 2, len(Y_IRIS))
    options = SHORT | {"class_weight": "balanced"}
    whole = MLPClassifier(**options, max_iter=9).fit(X_IRIS, Y_IRIS, weight)
    parts = MLPClassifier(**options, max_iter=3).fit(X_IRIS, Y_IRIS, weight)
    for _ in range(2):
        parts = by_pickle(parts).continue_fit(X_IRIS, Y_IRIS, weight)
    same_bits(parts, whole)


def test_continuing_after_a_stop() -> None:
    """A fit that early stopping ended goes on from its last epoch, and the best weights stay those of the best epoch."""
    options = SHORT | {"early_stopping": True, "n_iter_no_change": 2, "tol": 0.5}
    model = MLPClassifier(**options, max_iter=50).fit(X_IRIS, Y_IRIS)
    done = len(model.loss_curve_)
    assert done < 50
    model.set_params(n_iter_no_change=100).continue_fit(X_IRIS, Y_IRIS, max_iter=7)
    whole = MLPClassifier(**options | {"n_iter_no_change": 100}, max_iter=done + 7).fit(X_IRIS, Y_IRIS)
    same_bits(model, whole)


@pytest.mark.parametrize("through", [by_pickle, by_joblib], ids=lambda through: through.__name__)
def test_files_at_each_stage(through: Through) -> None:
    """Unfitted, fitted, after partial fits, with lbfgs: what comes from a file is what went in."""
    stages = {
        "unfitted": MLPClassifier(**SHORT, dropout=0.2, solver=gn.Lion(0.001), loss=gn.SoftmaxCrossEntropy(0.1)),
        "fitted": MLPClassifier(**SHORT, max_iter=3, normalization="layer").fit(X_IRIS, Y_IRIS),
        "in parts": MLPClassifier(**SHORT).partial_fit(X_IRIS, Y_IRIS, classes=np.unique(Y_IRIS)),
        "lbfgs": MLPClassifier(**SHORT, max_iter=3, solver="lbfgs", scale_inputs=True).fit(X_IRIS, Y_IRIS),
    }
    for name, model in stages.items():
        read = through(model)
        assert repr(read) == repr(model), name
        assert vars(read).keys() == vars(model).keys(), name
        if name != "unfitted":
            np.testing.assert_array_equal(read.predict_proba(X_IRIS), model.predict_proba(X_IRIS))
            assert np.shares_memory(read.coefs_[0], read.network_.params)


def replace_list(model: Any) -> None:
    """Put other lists in the place of the weights."""
    model.coefs_ = [0.5 * W for W in model.coefs_]


def replace_element(model: Any) -> None:
    """Put another array into the list of weights."""
    model.coefs_[0] = 0.5 * model.coefs_[0]
    model.coefs_[1] = 0.5 * model.coefs_[1]


def write_in_place(model: Any) -> None:
    """Write into the arrays of weights."""
    for W in model.coefs_:
        W *= 0.5


SETTERS = [replace_list, replace_element, write_in_place]


@pytest.mark.parametrize("stage", ["predict", "file", "hidden", "continue"])
@pytest.mark.parametrize("setter", SETTERS, ids=lambda setter: setter.__name__)
@pytest.mark.parametrize("through", [unchanged, by_pickle], ids=lambda through: through.__name__)
def test_weights_by_hand_count(through: Through, setter: Callable[[Any], None], stage: str) -> None:
    """However a user halves the weights, before or after unpickling, everything is computed with the halved ones."""
    model = through(MLPRegressor(**SHORT, max_iter=3, warm_start=True).fit(X_DIABETES, Y_DIABETES))
    old = [W.copy() for W in model.coefs_]
    setter(model)
    hidden = np.maximum(X_DIABETES @ (0.5 * old[0]) + model.intercepts_[0], 0)
    expected = (hidden @ (0.5 * old[1]) + model.intercepts_[1])[:, 0]
    if stage == "file":
        model = by_pickle(model)
    elif stage == "hidden":
        np.testing.assert_allclose(model.hidden(X_DIABETES, 0), hidden)
    elif stage == "continue":
        model.set_params(solver="sgd", learning_rate_init=1e-300).fit(X_DIABETES, Y_DIABETES)
    np.testing.assert_allclose(model.predict(X_DIABETES), expected)


def test_a_second_fit_forgets_the_first() -> None:
    """Without ``warm_start`` a second `fit` begins anew, whatever was set by hand or continued."""
    fresh = MLPClassifier(**SHORT, max_iter=4).fit(X_IRIS, Y_IRIS)
    model = MLPClassifier(**SHORT, max_iter=4).fit(X_IRIS[:, ::-1], Y_IRIS).continue_fit(X_IRIS, Y_IRIS)
    write_in_place(model)
    same_bits(model.fit(X_IRIS, Y_IRIS), fresh)


def test_what_continues_must_be_fitted_and_stochastic() -> None:
    """Before any fit, and after one by lbfgs, `continue_fit` says what is wrong."""
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        MLPClassifier().continue_fit(X_IRIS, Y_IRIS)
    model = MLPClassifier(**SHORT, solver="lbfgs", max_iter=2).fit(X_IRIS, Y_IRIS)
    with pytest.raises(gn.errors.ConfigError) as caught:
        model.continue_fit(X_IRIS, Y_IRIS)
    assert str(caught.value) == (
        "MLPClassifier.continue_fit: solver is 'lbfgs'; it must be stochastic. Use warm_start=True."
    )
    model = MLPClassifier(**SHORT, max_iter=2).fit(X_IRIS, Y_IRIS)
    with pytest.raises(gn.errors.ConfigError, match=r"max_iter is 0; it must be a whole number of at least 1\."):
        model.continue_fit(X_IRIS, Y_IRIS, max_iter=0)
