"""What scikit-learn's perceptrons refused and ours do: each option does what it says, and nothing is ignored."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
import warnings
from typing import Any

import joblib
import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

import scipy.sparse
from sklearn import datasets
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet.sklearn import MLPClassifier, MLPRegressor, PoorFitWarning
from glassnet.training.threads import available_threads

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, CODES = datasets.load_iris(return_X_y=True)
WORDS = np.array(["setosa", "versicolor", "virginica"])[CODES]
D, TARGET = datasets.load_diabetes(return_X_y=True)
SMALL: dict[str, Any] = {"hidden_layer_sizes": (8, 6), "max_iter": 10, "batch_size": 20, "random_state": 0}


def classifier(**options: Any) -> MLPClassifier:
    """Return a small classifier."""
    return MLPClassifier(**SMALL | options)


def regressor(**options: Any) -> MLPRegressor:
    """Return a small regressor."""
    return MLPRegressor(**SMALL | options)


def same_weights(left: Any, right: Any) -> bool:
    """Return whether all weights and biases are the same, bit for bit."""
    pairs = zip([*left.coefs_, *left.intercepts_], [*right.coefs_, *right.intercepts_], strict=True)
    return all(np.array_equal(one, other) for one, other in pairs)


def kinds(estimator: Any) -> list[str]:
    """Return the classes of the network's layers."""
    return [type(layer).__name__ for layer in estimator.network_.layers]


# ---- layers ----------------------------------------------------------------------------------------------------------


def test_dropout() -> None:
    """Dropout stands behind each hidden layer with its own rate, is off in prediction, and follows the seed."""
    ours = classifier(dropout=[0.3, 0.0]).fit(X, WORDS)
    assert kinds(ours) == ["Dense", "Dropout", "Dense", "Dense"]
    np.testing.assert_array_equal(ours.predict_proba(X), ours.predict_proba(X))
    assert same_weights(ours, classifier(dropout=[0.3, 0.0]).fit(X, WORDS))
    assert not same_weights(ours, classifier().fit(X, WORDS))
    assert not same_weights(ours, classifier(dropout=[0.3, 0.0], random_state=1).fit(X, WORDS))


def test_first_weights_stay_those_of_scikit_learn() -> None:
    """Dropout and norms draw nothing from scikit-learn's random numbers."""
    still = {"learning_rate_init": 1e-12, "max_iter": 1}
    plain = classifier(**still).fit(X, WORDS)
    for options in ({"dropout": 0.5}, {"normalization": "layer"}, {"activation": ["silu", "mish"]}):
        other = classifier(**still, **options).fit(X, WORDS)
        for left, right in zip(other.coefs_, plain.coefs_, strict=True):
            np.testing.assert_allclose(left, right, atol=1e-9)


@pytest.mark.parametrize("activation", [*gn.layers.ACTIVATIONS, gn.LeakyReLU(0.3)], ids=str)
def test_all_activations(activation: Any) -> None:
    """Every activation of the library trains, by name or as an object."""
    ours = classifier(activation=activation).fit(X, WORDS)
    assert ours.loss_curve_[-1] < ours.loss_curve_[0]


def test_an_activation_for_each_layer() -> None:
    """A list gives each hidden layer its own; a user's own is one of them."""
    own = gn.CustomActivation(np.sin, np.cos, name="sine")
    ours = classifier(activation=["tanh", own]).fit(X, WORDS)
    names = [type(layer.activation).__name__ for layer in ours.network_.layers]
    assert names == ["Tanh", "CustomActivation", "Identity"]


def test_norms_and_frozen_layers() -> None:
    """A norm stands between a layer and its activation; a frozen layer keeps its bits."""
    ours = classifier(normalization="batch").fit(X, WORDS)
    assert kinds(ours) == ["Dense", "BatchNorm", "ReLU", "Dense", "BatchNorm", "ReLU", "Dense"]
    frozen, free = classifier(frozen=(0,)).fit(X, WORDS), classifier(max_iter=1, learning_rate_init=1e-12).fit(X, WORDS)
    np.testing.assert_allclose(frozen.coefs_[0], free.coefs_[0], atol=1e-9)
    assert abs(frozen.coefs_[1] - free.coefs_[1]).max() > 1e-4
    lbfgs = classifier(frozen=(0,), solver="lbfgs").fit(X, WORDS)
    np.testing.assert_allclose(lbfgs.coefs_[0], free.coefs_[0], atol=1e-9)


# ---- losses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    ["cross_entropy", "binary_cross_entropy", "focal_cross_entropy", gn.SoftmaxCrossEntropy(label_smoothing=0.1)],
    ids=str,
)
@pytest.mark.parametrize("labels", [WORDS, WORDS == "setosa"], ids=["three", "two"])
def test_losses_for_classes(loss: Any, labels: np.ndarray) -> None:
    """Any loss for classes learns two or three, and probabilities sum to 1: one yes or no per class is normalised."""
    ours = classifier(loss=loss, max_iter=100, learning_rate_init=0.01).fit(X, labels)
    P = ours.predict_proba(X)
    assert P.shape == (150, len(set(labels)))
    np.testing.assert_allclose(P.sum(axis=1), 1.0)
    assert ours.score(X, labels) > 0.9


def test_losses_for_numbers() -> None:
    """Any loss for numbers learns; with `Quantile` the middle is predicted, and the levels are in order and cover."""
    for loss in ("absolute_error", gn.Huber(20.0), "gaussian_nll"):
        ours = regressor(loss=loss, max_iter=60, learning_rate_init=0.01, scale_target=True).fit(D, TARGET)
        assert ours.score(D, TARGET) > 0.3
    ours = regressor(loss=gn.Quantile([0.1, 0.5, 0.9]), max_iter=100, learning_rate_init=0.01, scale_target=True)
    Q = ours.fit(D, TARGET).predict_quantiles(D)
    assert Q.shape == (len(D), 3)
    assert (np.diff(Q, axis=1) >= 0).all()
    assert 0.7 < ((Q[:, 0] <= TARGET) & (Q[:, 2] >= TARGET)).mean() < 0.9
    np.testing.assert_array_equal(ours.predict(D), Q[:, 1])
    several = regressor(loss=gn.Quantile([0.2, 0.8])).fit(D, np.stack([TARGET, -TARGET], axis=1))
    assert several.predict_quantiles(D).shape == (len(D), 2, 2)
    assert several.predict(D).shape == (len(D), 2)


def test_mean_and_deviation() -> None:
    """With the Gaussian likelihood `predict` gives a mean, and a deviation that is of the size of the errors."""
    ours = regressor(loss="gaussian_nll", max_iter=150, learning_rate_init=0.01, scale_target=True).fit(D, TARGET)
    mean, deviation = ours.predict(D, return_std=True)
    assert mean.shape == deviation.shape == (len(D),)
    assert 0.8 < np.sqrt((((TARGET - mean) / deviation) ** 2).mean()) < 1.3


def test_a_loss_of_ones_own() -> None:
    """A `CustomLoss` trains a regressor as the built-in loss of the same formula does."""
    own = gn.CustomLoss(lambda Z, y: ((Z - y) ** 2).mean(axis=-1), lambda Z, y: 2 * (Z - y), name="mine")
    left, right = (regressor(loss=loss).fit(D, TARGET) for loss in (own, "squared_error"))
    left_too = regressor(loss=gn.SquaredError()).fit(D, TARGET)
    np.testing.assert_allclose(left.coefs_[0], left_too.coefs_[0], rtol=1e-9)
    assert left.loss_ == pytest.approx(2 * right.loss_, rel=0.2)


def test_class_weight() -> None:
    """Weights by label are those of the rows, bit for bit; "balanced" gives every class the same."""
    weights = {"setosa": 1.0, "versicolor": 3.0, "virginica": 0.5}
    by_label = classifier(class_weight=weights).fit(X, WORDS)
    by_row = classifier().fit(X, WORDS, sample_weight=np.array([weights[word] for word in WORDS]))
    assert same_weights(by_label, by_row)
    few = np.r_[0:50, 50:60]
    plain, balanced = (classifier(class_weight=w, max_iter=30).fit(X[few], WORDS[few]) for w in (None, "balanced"))
    rare = balanced.predict_proba(X[50:100])[:, 1].mean()
    assert rare > plain.predict_proba(X[50:100])[:, 1].mean()


# ---- training --------------------------------------------------------------------------------------------------------


def test_validation_data_and_metrics() -> None:
    """Validation loss and any metric are recorded; with early stopping these rows take the place of held-out ones."""

    def mistakes(y: np.ndarray, prediction: np.ndarray) -> float:
        return float((prediction.argmax(axis=1) != y).sum())

    ours = classifier(metrics=["auc", mistakes]).fit(X[::2], WORDS[::2], validation_data=(X[1::2], WORDS[1::2]))
    assert len(ours.history_["valid_loss"]) == 10
    assert ours.history_["valid_mistakes"][-1] == (ours.predict(X[1::2]) != WORDS[1::2]).sum()
    stopped = classifier(early_stopping=True).fit(X[::2], WORDS[::2], validation_data=(X[1::2], WORDS[1::2]))
    assert stopped.t_ == 75 * stopped.n_iter_
    assert stopped.best_validation_score_ == stopped.score(X[1::2], WORDS[1::2])


def test_callbacks_progress_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    """A callback sees every epoch and may stop; a progress line is shown if asked for; time ends a fit."""
    seen = []

    def watch(run: Any) -> None:
        seen.append(run.history.last["loss"])
        if len(seen) == 3:
            run.stop("enough")

    ours = classifier(callbacks=watch).fit(X, WORDS)
    assert seen == ours.loss_curve_
    assert ours.n_iter_ == 3
    assert classifier(max_seconds=0.0).fit(X, WORDS).n_iter_ == 1
    capsys.readouterr()
    classifier(progress=True).fit(X, WORDS)
    assert "epoch 10/10" in capsys.readouterr().err


@pytest.mark.parametrize(
    "solver", ["adamw", "rmsprop", "lion", "adagrad", gn.AdamW(0.01, weight_decay=0.1, ema=0.9)], ids=str
)
def test_other_optimizers(solver: Any) -> None:
    """Every optimizer of the library trains."""
    ours = classifier(solver=solver, max_iter=30).fit(X, WORDS)
    assert ours.loss_curve_[-1] < ours.loss_curve_[0]


def test_an_optimizer_object_brings_its_rate() -> None:
    """The learning rate is that of the object, not ``learning_rate_init``."""
    ours = classifier(solver=gn.SGD(0.05), learning_rate_init=1e-9).fit(X, WORDS)
    named = classifier(solver="sgd", momentum=0.0, learning_rate_init=0.05).fit(X, WORDS)
    assert set(ours.history_["learning_rate"]) == {0.05}
    assert same_weights(ours, named)


def test_schedules_and_clipping() -> None:
    """A schedule sets the rate; clipping reports how often it acted; a fit as long as its schedule is complete."""
    rate = gn.CosineDecay(0.01, epochs=10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = classifier(learning_rate=rate, clip_norm=0.1, scale_inputs=True, max_iter=10).fit(X, WORDS)
    rates = ours.history_["learning_rate"]
    assert rates == sorted(rates, reverse=True)
    assert 0 < max(ours.history_["clipped"]) <= 1


def test_scaling_inside() -> None:
    """Scaling in the model is what scikit-learn's scalers around it are, and travels with it."""
    inside = regressor(scale_inputs=True, scale_target=True).fit(X[:, :3] * 1e3, X[:, 3] * 1e6)
    around = TransformedTargetRegressor(make_pipeline(StandardScaler(), regressor()), transformer=StandardScaler())
    around.fit(X[:, :3] * 1e3, X[:, 3] * 1e6)
    np.testing.assert_allclose(inside.predict(X[:, :3] * 1e3), around.predict(X[:, :3] * 1e3), rtol=1e-6)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_sparse_rows(solver: str) -> None:
    """A sparse matrix gives the numbers of the dense one, scaled or not, and is nowhere made dense."""
    S = scipy.sparse.random(90, 40, 0.2, format="csr", random_state=0)
    y = np.asarray(S[:, :5].sum(axis=1)).ravel() > 0.5
    for options in ({}, {"early_stopping": True}):
        sparse, dense = (classifier(solver=solver, **options).fit(Z, y) for Z in (S, S.toarray()))
        np.testing.assert_allclose(sparse.predict_proba(S), dense.predict_proba(S.toarray()), rtol=1e-5)
    scaled = classifier(solver=solver, scale_inputs=True).fit(S.tocsc(), y)
    assert scaled.predict(S).shape == (90,)
    assert scaled.input_gradient(S).shape == (90, 40)


def test_input_gradient() -> None:
    """Slopes are those of finite differences along the columns as given, also where the model scales them."""
    for scale_inputs in (False, True):
        ours = regressor(scale_inputs=scale_inputs, activation="tanh").fit(X[:, :3] * 10, X[:, 3])
        slopes = ours.input_gradient(X[:5, :3] * 10).reshape(5, 3)
        for column in range(3):
            step = np.zeros(3)
            step[column] = 1e-5
            up, down = (ours.predict(X[:5, :3] * 10 + sign * step) for sign in (1, -1))
            np.testing.assert_allclose(slopes[:, column], (up - down) / 2e-5, rtol=1e-5, atol=1e-9)
    assert ours.hidden(X[:, :3], 0).shape == (150, 8)


# ---- going on --------------------------------------------------------------------------------------------------------

CONTINUED: list[dict[str, Any]] = [
    {},
    {"solver": "sgd", "learning_rate_init": 0.01},
    {"solver": "sgd", "learning_rate": "invscaling"},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 1},
    {"dropout": 0.3},
    {"early_stopping": True},
    {"shuffle": False},
    {"learning_rate": gn.CosineDecay(0.01, epochs=10)},
    {"normalization": "batch", "early_stopping": True, "validation_fraction": 0.3},
    {"solver": gn.AdamW(0.01, ema=0.9), "scale_inputs": True},
]


@pytest.mark.parametrize("options", CONTINUED, ids=lambda options: "-".join(options) or "plain")
@pytest.mark.parametrize("carry", ["process", "pickle", "joblib"])
def test_continue_fit(options: dict[str, Any], carry: str) -> None:
    """Five epochs and five more leave the bits of ten, in one process or through a pickle."""
    whole = classifier(**options).fit(X, WORDS)
    parts = classifier(**options, max_iter=5).fit(X, WORDS)
    if carry == "pickle":
        parts = pickle.loads(pickle.dumps(parts))
    elif carry == "joblib":
        stream = io.BytesIO()
        joblib.dump(parts, stream)
        parts = joblib.load(io.BytesIO(stream.getvalue()))
    parts.continue_fit(X, WORDS)
    assert same_weights(parts, whole)
    assert parts.loss_curve_ == whole.loss_curve_
    assert parts.validation_scores_ == whole.validation_scores_


def test_weights_that_somebody_sets() -> None:
    """Weights written in place, an array or a list put in their place: all count, before predicting and training."""
    ours = classifier().fit(X, WORDS)
    expected = ours.predict_proba(X)
    other = classifier(random_state=5).fit(X, WORDS)
    other.coefs_ = [W.copy() for W in ours.coefs_]
    for i, b in enumerate(ours.intercepts_):
        other.intercepts_[i] = b.copy()
    np.testing.assert_array_equal(other.predict_proba(X), expected)
    back = pickle.loads(pickle.dumps(other))
    np.testing.assert_array_equal(back.predict_proba(X), expected)
    back.coefs_[-1][...] = 0.0
    assert np.ptp(back.predict_proba(X), axis=0).max() == 0.0
    back.set_params(warm_start=True, max_iter=1, learning_rate_init=1e-12).fit(X, WORDS)
    assert abs(back.coefs_[-1]).max() < 1e-9
    back.coefs_[1] = np.zeros((3, 3))
    with pytest.raises(gn.ShapeError, match="coefs_ must be matrices that follow from each other"):
        back.predict(X)


# ---- inside scikit-learn ---------------------------------------------------------------------------------------------


def test_grid_search_over_what_is_new() -> None:
    """New parameters are searched and cloned like old ones; objects are not shared between fits; nothing hangs."""
    grid = {
        "mlpclassifier__dropout": [0.0, [0.2, 0.1]],
        "mlpclassifier__solver": [gn.Adam(0.01), "adamw"],
        "mlpclassifier__activation": ["silu", gn.LeakyReLU(0.2)],
    }
    before = available_threads()
    search = GridSearchCV(make_pipeline(StandardScaler(), classifier(max_iter=20)), grid, n_jobs=2, cv=3)
    search.fit(X, WORDS)
    assert search.best_score_ > 0.7
    assert available_threads() == before
    twin = clone(search.best_estimator_[-1])
    assert repr(twin) == repr(search.best_estimator_[-1])
    assert not hasattr(twin, "coefs_")


def test_parameters_of_parameters() -> None:
    """Arguments of optimizers, schedules, losses and activations are searched as ``solver__beta1``, nested ones too."""
    ours = classifier(solver=gn.Adam(gn.CosineDecay(0.01, epochs=10)), activation=gn.LeakyReLU(0.2))
    deep = ours.get_params()
    assert (deep["solver__beta1"], deep["activation__slope"]) == (0.9, 0.2)
    first = ours.solver
    ours.set_params(solver__beta1=0.8, solver__learning_rate__initial=0.02, activation__slope=0.3)
    assert repr(ours.solver).startswith(
        "Adam(learning_rate=CosineDecay(initial=0.02, epochs=10, final=0.0), beta1=0.8,"
    )
    assert first.beta1 == 0.9
    ours.set_params(solver=gn.AdamW(0.01), solver__weight_decay=0.5)
    assert ours.solver.weight_decay == 0.5
    search = GridSearchCV(classifier(solver=gn.SGD(0.05)), {"solver__learning_rate": [1e-9, 0.05]}, cv=3).fit(X, WORDS)
    assert search.best_params_ == {"solver__learning_rate": 0.05}
    with pytest.raises(gn.ConfigError) as caught:
        ours.set_params(solver__weight_decy=0.8)
    assert str(caught.value).startswith("MLPClassifier: solver must have arguments learning_rate, weight_decay, beta1")
    assert str(caught.value).endswith(", got weight_decy. Did you mean weight_decay?")
    with pytest.raises((ValueError, AttributeError)):
        classifier().set_params(solver__beta1=0.8)


# ---- no more silence -------------------------------------------------------------------------------------------------


def test_a_fit_of_no_use_says_so() -> None:
    """A run that ends worse than a constant answer warns with its loss, the guess's, and what to change."""
    with pytest.warns(
        PoorFitWarning, match=r"got a training loss of .* against 1\.099\. Lower learning_rate_init \(now 50\)"
    ):
        MLPClassifier(solver="sgd", learning_rate_init=50, random_state=0).fit(X, WORDS)
    with pytest.warns(PoorFitWarning, match=r"Values of X reach .*: pass scale_inputs=True"):
        classifier(max_iter=2).fit(X * 1e3, WORDS)
    with pytest.warns(PoorFitWarning, match=r"Lower the learning rate \(now 50\)"):
        classifier(solver=gn.SGD(50.0)).fit(X, WORDS)
    with pytest.warns(PoorFitWarning, match="still falling: raise max_iter"):
        classifier(max_iter=1, learning_rate_init=1e-5).fit(X, WORDS)


def test_a_good_fit_is_silent() -> None:
    """Fits that are of use, constant targets and single classes included, warn of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", PoorFitWarning)
        classifier(max_iter=60, learning_rate_init=0.01).fit(X, WORDS)
        regressor().fit(X, np.full(150, 3.0))
        classifier().fit(X[:50], WORDS[:50])


# ---- one sentence ----------------------------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"dropout": [0.1]}, "dropout must be one value or one for each of 2 hidden layers, got 1. Look at hidden_layer_sizes."),
    ({"dropout": 1.0}, "dropout must be a finite number at least 0 and below 1, got 1.0."),
    ({"activation": ["relu", "step"]}, "got 'step'."),
    ({"loss": "squared_error"}, "loss must be one for classes, got 'squared_error'. Use MLPRegressor for numbers."),
    ({"class_weight": "even"}, "class_weight must be a dict of weights by label or 'balanced', got 'even'."),
    ({"normalization": "group"}, "normalization must be one of 'batch', 'layer', got 'group'."),
    ({"clip_norm": -1}, "clip_norm must be a finite number above 0, got -1."),
    ({"clip_norm": 1, "solver": gn.Adam(0.1)}, "clip_norm must be None with an optimizer object, got 1. Give it to the optimizer."),
    ({"frozen": 0}, "frozen must be a sequence of places in coefs_, 0 to 2, got 0. Write frozen=[0] for the first layer, frozen=() for none."),
    ({"frozen": (9,)}, "frozen must be a sequence of places in coefs_, 0 to 2, got 9 in it. Count the layer of outputs too, and count from 0."),
    ({"scale_inputs": "yes"}, "scale_inputs must be True or False, got 'yes'."),
    ({"max_seconds": -1}, "max_seconds must be a finite number at least 0, got -1."),
    ({"progress": "bar"}, "progress must be True or False, got 'bar'."),
    ({"threads": 0}, "threads must be a whole number of at least 1, got 0. Or pass threads='auto'."),
    ({"callbacks": "x"}, "callbacks must be Callback objects or functions, got 'x'."),
    ({"solver": "lbfgs", "dropout": 0.1}, "dropout must be left out with solver='lbfgs', got 0.1. Use solver='adam'."),
    ({"solver": "lbfgs", "normalization": "batch"}, "normalization must be left out with solver='lbfgs', got 'batch'. Use solver='adam'."),
    ({"solver": "lbfgs", "learning_rate": gn.Constant(0.1)}, "learning_rate must be left out with solver='lbfgs', got Constant(value=0.1). Use solver='adam'."),
]  # fmt: skip


@pytest.mark.parametrize(("options", "words"), WRONG, ids=[words[:50] for _, words in WRONG])
def test_wrong_values(options: dict[str, Any], words: str) -> None:
    """A value that cannot be is refused in one sentence, before anything is trained."""
    with pytest.raises(gn.ConfigError) as caught:
        classifier(**options).fit(X, WORDS)
    assert str(caught.value).endswith(words)


def test_wrong_calls() -> None:
    """What a fit cannot take, or a loss cannot answer, is refused in one sentence."""
    with pytest.raises(gn.ConfigError, match=r"validation_data must be \(X, y\) or \(X, y, sample_weight\), got int\."):
        classifier().fit(X, WORDS, validation_data=3)
    with pytest.raises(gn.ConfigError, match="validation_data must be left out with solver='lbfgs'"):
        classifier(solver="lbfgs").fit(X, WORDS, validation_data=(X, WORDS))
    with pytest.raises(gn.ConfigError, match=r"solver must be stochastic, got 'lbfgs'\. Use warm_start=True\."):
        classifier(solver="lbfgs").fit(X, WORDS).continue_fit(X, WORDS)
    ours = regressor().fit(D, TARGET)
    with pytest.raises(gn.ConfigError, match="return_std=True needs loss='gaussian_nll', got loss='squared_error'"):
        ours.predict(D, return_std=True)
    with pytest.raises(gn.ConfigError, match="loss must be Quantile"):
        ours.predict_quantiles(D)
    with pytest.raises(gn.ConfigError, match="scale_target must be False with loss='poisson', got True"):
        regressor(loss="poisson", scale_target=True).fit(D, TARGET)
    with pytest.raises(gn.ConfigError, match=r"loss must be one for numbers, got 'cross_entropy'\. Use MLPClassifier"):
        regressor(loss="cross_entropy").fit(D, TARGET)


def test_fit_leaves_parameters_alone() -> None:
    """The optimizer in use is a copy: what happens to it does not reach the parameter."""
    given = gn.Adam(0.01)
    ours = classifier(solver=given).fit(X, WORDS)
    ours.network_.optimizer.learning_rate = 5.0
    assert given.learning_rate == 0.01


def test_validation_rows_may_lack_a_class() -> None:
    """Rows to validate on, and those of a continued fit, need not show every label, in a warm start either."""
    ours = classifier(warm_start=True).fit(X, WORDS, validation_data=(X[:60], WORDS[:60]))
    ours.fit(X, WORDS, validation_data=(X[:60], WORDS[:60]))
    ours.continue_fit(X[:60], WORDS[:60], max_iter=1)


def test_slopes_are_in_the_units_of_the_targets() -> None:
    """With a scaled target `input_gradient` gives the slopes of what is predicted; with y those of the loss."""
    ours = regressor(scale_inputs=True, scale_target=True, activation="tanh").fit(X[:, :3] * 10, X[:, 3] * 1e3)
    rows, step = X[:5, :3] * 10, np.array([1e-4, 0.0, 0.0])
    slopes = ours.input_gradient(rows).reshape(5, 3)[:, 0]
    np.testing.assert_allclose(slopes, (ours.predict(rows + step) - ours.predict(rows - step)) / 2e-4, rtol=1e-5)
    labelled = classifier().fit(X, WORDS)
    assert labelled.input_gradient(X[:5], WORDS[:5]).shape == (5, 4)


def test_smoothing_is_no_poor_fit() -> None:
    """The loss of a guess is that of the loss in use, label smoothing included."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", PoorFitWarning)
        for loss in (gn.SoftmaxCrossEntropy(label_smoothing=0.5), gn.BinaryCrossEntropy(label_smoothing=0.5)):
            classifier(loss=loss, max_iter=60, learning_rate_init=0.01).fit(X, WORDS)


def test_without_scikit_learn() -> None:
    """Where scikit-learn is missing, the import says in one sentence what to install."""
    code = "import sys; sys.modules['sklearn'] = None; import glassnet.sklearn"
    job = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert job.stderr.splitlines()[-1] == (
        "glassnet.errors.MissingExtraError: glassnet.sklearn: needs sklearn, which is not installed. "
        "Run: pip install 'glassnet[sklearn]'"
    )
