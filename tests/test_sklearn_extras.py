"""What our perceptrons do beyond scikit-learn's: a law for each parameter and method that scikit-learn does not have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

import scipy.sparse
from sklearn import neural_network
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet.layers import ACTIVATIONS
from glassnet.sklearn import MLPClassifier, MLPRegressor
from sklearn_cases import data

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SHORT: dict[str, Any] = {"hidden_layer_sizes": (7, 5), "max_iter": 4, "learning_rate_init": 0.02, "random_state": 0}
STILL: dict[str, Any] = SHORT | {"learning_rate_init": 1e-300}  # no step changes a weight
EXACT: dict[str, Any] = {
    "hidden_layer_sizes": (), "solver": "lbfgs", "max_iter": 2000, "tol": 1e-9, "random_state": 0,
}  # fmt: skip
IRIS, DIABETES = data("iris"), data("diabetes")
X, Y = IRIS.X, np.array(["setosa", "versicolor", "virginica"])[IRIS.y]
TWO = np.where(IRIS.y == 1, "yes", "no")
X_NUMBERS, NUMBERS = DIABETES.X, 30 + 50 * DIABETES.y


def classifier(labels: Any = Y, **options: Any) -> MLPClassifier:
    """Return a classifier that was fitted for a few epochs."""
    return MLPClassifier(**SHORT | options).fit(X, labels)


def regressor(targets: Any = NUMBERS, **options: Any) -> MLPRegressor:
    """Return a regressor that was fitted for a few epochs."""
    return MLPRegressor(**SHORT | options).fit(X_NUMBERS, targets)


def same_weights(model: Any, other: Any, atol: float = 0.0) -> None:
    """Weights and biases of two models agree, to the bit unless a tolerance is given."""
    for left, right in zip(model.coefs_ + model.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_allclose(left, right, rtol=0, atol=atol)


# ---- layers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 0.5}, {"dropout": [0.0, 0.3]}, {"normalization": "layer"}, {"normalization": "batch"},
        {"activation": ["tanh", gn.ELU(0.5)]}, {"solver": gn.Lion(1e-300)}, {"frozen": [0]}, {"clip_norm": 1.0},
        {"loss": "cross_entropy"}, {"class_weight": "balanced"},
    ],
    ids=str,
)  # fmt: skip
def test_first_weights_are_those_of_scikit_learn(options: dict[str, Any]) -> None:
    """Whatever is added, scikit-learn's random numbers stay what they are: the first weights are the same."""
    theirs = neural_network.MLPClassifier(**STILL).fit(X, Y)
    same_weights(MLPClassifier(**STILL | options).fit(X, Y), theirs)


def test_dropout() -> None:
    """Dropout changes training, per layer, by the seed; prediction is the plain forward pass."""
    model = classifier(dropout=0.4)
    same_weights(model, classifier(dropout=0.4))
    same_weights(classifier(dropout=[0.0, 0.0]), classifier())
    same_weights(classifier(dropout=[0.4, 0.4]), model)
    for other in (classifier(), classifier(dropout=[0.4, 0.0]), classifier(dropout=0.4, random_state=1)):
        assert np.abs(other.coefs_[0] - model.coefs_[0]).max() > 1e-4
    H = X
    for W, b in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        H = np.maximum(H @ W + b, 0)
    Z = H @ model.coefs_[-1] + model.intercepts_[-1]
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), P)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_activations(name: str, solver: str) -> None:
    """A name, an object and one for each layer are the same activation."""
    by_name = classifier(activation=name, solver=solver)
    same_weights(classifier(activation=ACTIVATIONS[name](), solver=solver), by_name)
    same_weights(classifier(activation=[name, ACTIVATIONS[name]()], solver=solver), by_name)


def test_an_activation_of_ones_own() -> None:
    """A function and its derivative are an activation, alone or after another in a list."""
    sine = gn.CustomActivation(np.sin, np.cos, name="sine")
    model = regressor(activation=["tanh", sine])
    first = np.tanh(X_NUMBERS @ model.coefs_[0] + model.intercepts_[0])
    second = np.sin(first @ model.coefs_[1] + model.intercepts_[1])
    np.testing.assert_allclose(model.hidden(X_NUMBERS, 0), first)
    np.testing.assert_allclose(model.hidden(X_NUMBERS, 1), second)
    np.testing.assert_allclose(model.predict(X_NUMBERS), (second @ model.coefs_[2] + model.intercepts_[2])[:, 0])
    same_weights(regressor(activation=["tanh", (np.sin, np.cos)]), model)


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_normalization(normalization: str) -> None:
    """A norm stands between weights and activation; alone or among others, a row is predicted alike."""
    model = classifier(normalization=normalization)
    kinds = [type(layer).__name__ for layer in model.network_.layers]
    norm = {"batch": "BatchNorm", "layer": "LayerNorm"}[normalization]
    assert kinds == ["Dense", norm, "ReLU", "Dense", norm, "ReLU", "Dense"]
    np.testing.assert_allclose(model.predict_proba(X[:1]), model.predict_proba(X)[:1])
    assert classifier(normalization=normalization, max_iter=60).score(X, Y) > 0.9


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", "adamw"])
def test_frozen(solver: str) -> None:
    """Frozen layers keep their weights and biases, and the others learn."""
    start, model = MLPClassifier(**STILL).fit(X, Y), classifier(frozen=[0, 2], solver=solver)
    for layer, moves in enumerate([False, True, False]):
        assert (model.coefs_[layer] != start.coefs_[layer]).any() == moves
        assert (model.intercepts_[layer] != start.intercepts_[layer]).any() == moves


# ---- losses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_losses_of_both_names(solver: str) -> None:
    """scikit-learn's log loss is our softmax loss for several classes, and our binary one for two."""
    same_weights(classifier(loss="cross_entropy", solver=solver), classifier(solver=solver), atol=1e-9)
    same_weights(classifier(loss=gn.SoftmaxCrossEntropy(), solver=solver), classifier(solver=solver), atol=1e-9)
    two = classifier(TWO, solver=solver)
    same_weights(classifier(TWO, loss="binary_cross_entropy", solver=solver), two, atol=1e-9)
    same_weights(classifier(TWO, loss=gn.BinaryFocalCrossEntropy(gamma=0.0), solver=solver), two, atol=1e-9)


def test_softmax_for_two_classes() -> None:
    """Under a softmax loss two classes have two outputs, and probabilities that add up to 1."""
    model = classifier(TWO, loss="cross_entropy", max_iter=300)
    assert model.coefs_[-1].shape == (5, 2)
    assert model.out_activation_ == "softmax"
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1.0)
    assert model.score(X, TWO) > 0.9
    assert set(model.predict(X)) == {"no", "yes"}


def test_one_against_the_rest() -> None:
    """Under a binary loss each class is learned against the others, as by a classifier of its own, then normalised."""
    model = MLPClassifier(**EXACT, loss="binary_cross_entropy", alpha=1 / 3).fit(X, Y)  # the loss is a mean over 3
    assert model.out_activation_ == "logistic"
    alone = [MLPClassifier(**EXACT, alpha=1.0).fit(X, name == Y).predict_proba(X)[:, 1] for name in model.classes_]
    P = np.stack(alone, axis=1)
    np.testing.assert_allclose(model.network_.predict(X), P, atol=1e-4)
    np.testing.assert_allclose(model.predict_proba(X), P / P.sum(axis=1, keepdims=True), atol=1e-4)
    assert (model.predict(X) == model.classes_[model.predict_proba(X).argmax(axis=1)]).all()


def test_label_smoothing_and_focal_loss() -> None:
    """Smoothing by s of k classes draws probabilities away from 1; the focal loss fits less sharply too."""
    options = SHORT | {"solver": "lbfgs", "max_iter": 500, "alpha": 0.0}
    sharp = MLPClassifier(**options).fit(X, Y).predict_proba(X).max(axis=1).mean()
    smooth = MLPClassifier(**options, loss=gn.SoftmaxCrossEntropy(label_smoothing=0.3)).fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(smooth.max(axis=1).mean(), 0.8, atol=0.02)
    assert sharp > 0.95
    focal = classifier(loss="focal_cross_entropy", solver="lbfgs", max_iter=40).predict_proba(X).max(axis=1).mean()
    assert focal < classifier(solver="lbfgs", max_iter=40).predict_proba(X).max(axis=1).mean()


def test_a_loss_of_ones_own() -> None:
    """A `CustomLoss` that computes scikit-learn's loss gives scikit-learn's weights, for numbers and for classes."""
    half = gn.CustomLoss(lambda Z, y: ((Z - y) ** 2).sum(axis=1) / 2, lambda Z, y: Z - y, name="half")
    same_weights(regressor(loss=half), regressor(), atol=1e-10)

    def logistic(Z: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-Z))

    def value(Z: np.ndarray, y: np.ndarray) -> Any:
        return (np.logaddexp(0, Z) - y * Z).sum(axis=1)

    log = gn.CustomLoss(value, lambda Z, y: logistic(Z) - y, name="log", link=logistic)
    model = classifier(TWO, loss=log)
    same_weights(model, classifier(TWO), atol=1e-10)
    np.testing.assert_allclose(model.predict_proba(X), classifier(TWO).predict_proba(X))


CONSTANT: dict[str, Any] = {
    "hidden_layer_sizes": (), "learning_rate": gn.ExponentialDecay(0.3, factor=0.98), "max_iter": 400, "batch_size": 400,
    "n_iter_no_change": 400, "scale_target": True, "random_state": 0,
}  # fmt: skip
SKEWED = np.random.default_rng(0).gamma(2.0, 20.0, 400)
NOTHING = np.zeros((400, 1))


def test_what_losses_for_numbers_predict() -> None:
    """Where there is nothing to go by, each loss predicts its own middle: median, mean and deviation, quantiles."""
    error = {"atol": 0.02 * SKEWED.std()}
    median = MLPRegressor("absolute_error", **CONSTANT).fit(NOTHING, SKEWED).predict(NOTHING[:1])[0]
    np.testing.assert_allclose(median, np.median(SKEWED), **error)
    huber = MLPRegressor(gn.Huber(0.5), **CONSTANT).fit(NOTHING, SKEWED).predict(NOTHING[:1])[0]
    pulls = np.clip((SKEWED - huber) / SKEWED.std(), -0.5, 0.5)
    np.testing.assert_allclose(pulls.mean(), 0.0, atol=1e-6)
    mean, deviation = (
        MLPRegressor("gaussian_nll", **CONSTANT).fit(NOTHING, SKEWED).predict(NOTHING[:1], return_std=True)
    )
    np.testing.assert_allclose([mean[0], deviation[0]], [SKEWED.mean(), SKEWED.std()], **error)
    model = MLPRegressor(gn.Quantile([0.1, 0.5, 0.9]), **CONSTANT).fit(NOTHING, SKEWED)
    np.testing.assert_allclose(model.predict_quantiles(NOTHING[:1])[0], np.quantile(SKEWED, [0.1, 0.5, 0.9]), **error)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_intervals(early_stopping: bool) -> None:
    """Quantiles are in order and cover their share; `predict` is the middle one, for several targets as well."""
    loss = gn.Quantile([0.05, 0.5, 0.95])
    options = {"loss": loss, "max_iter": 150, "scale_target": True, "early_stopping": early_stopping}
    model = regressor(**options)
    Q = model.predict_quantiles(X_NUMBERS)
    assert Q.shape == (len(X_NUMBERS), 3)
    assert (np.diff(Q, axis=1) >= 0).all()
    assert 0.8 < ((Q[:, 0] <= NUMBERS) & (Q[:, 2] >= NUMBERS)).mean() <= 1.0
    np.testing.assert_array_equal(model.predict(X_NUMBERS), Q[:, 1])
    both = regressor(np.stack([NUMBERS, -3 * NUMBERS], axis=1), **options)
    Q = both.predict_quantiles(X_NUMBERS)
    assert Q.shape == (len(X_NUMBERS), 2, 3)
    assert (np.diff(Q, axis=2) >= 0).all()
    np.testing.assert_array_equal(both.predict(X_NUMBERS), Q[:, :, 1])
    mean, deviation = regressor(np.stack([NUMBERS, -NUMBERS], axis=1), loss="gaussian_nll").predict(
        X_NUMBERS, return_std=True
    )
    assert mean.shape == deviation.shape == (len(X_NUMBERS), 2)
    assert (deviation > 0).all()


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_class_weight(solver: str) -> None:
    """Weights by class are weights of rows, to the bit, and multiply those that are given."""
    part = np.r_[0:50, 60:90, 100:145]
    rows, labels = X[part], Y[part]
    options = SHORT | {"solver": solver}
    counts = dict(zip(*np.unique(labels, return_counts=True), strict=True))
    balanced = np.array([len(labels) / (3 * counts[label]) for label in labels])
    by_hand = MLPClassifier(**options).fit(rows, labels, balanced)
    same_weights(MLPClassifier(**options, class_weight="balanced").fit(rows, labels), by_hand)
    given = np.random.default_rng(0).uniform(0.5, 2, len(labels))
    model = MLPClassifier(**options, class_weight={"virginica": 3.0}).fit(rows, labels, given)
    same_weights(model, MLPClassifier(**options).fit(rows, labels, given * np.where(labels == "virginica", 3.0, 1.0)))


# ---- fitting -------------------------------------------------------------------------------------------------------


def test_validation_data_is_only_looked_at() -> None:
    """Rows to validate on go into the history, with metrics of ours and of the user's, and change no weight."""

    def sure(y: np.ndarray, prediction: np.ndarray) -> float:
        return float((prediction.max(axis=1) > 0.5).mean())

    model = MLPClassifier(**SHORT, metrics=["f1", "log_loss", sure]).fit(
        X[::2], Y[::2], validation_data=(X[1::2], Y[1::2])
    )
    same_weights(model, MLPClassifier(**SHORT).fit(X[::2], Y[::2]))
    P = model.predict_proba(X[1::2])
    history = model.history_
    assert {"valid_loss", "valid_f1", "valid_log_loss", "valid_sure"} <= set(history.columns)
    assert history["valid_sure"][-1] == (P.max(axis=1) > 0.5).mean()
    right = P[np.arange(75), np.searchsorted(model.classes_, Y[1::2])]
    np.testing.assert_allclose(history["valid_loss"][-1], -np.log(right).mean())
    np.testing.assert_allclose(history["loss"], model.loss_curve_)


@pytest.mark.parametrize("kind", ["dense", "sparse", "held out", "weighted"])
def test_metrics_are_those_of_training_rows_too(kind: str) -> None:
    """Without validation data metrics are recorded as well: those of the rows trained on, each epoch, and no weight changes."""
    data = scipy.sparse.csr_matrix(X) if kind == "sparse" else X
    weight = np.linspace(0.5, 2.0, len(X)) if kind == "weighted" else None
    options = SHORT | {"early_stopping": kind == "held out"}
    model = MLPClassifier(**options, metrics=["accuracy"]).fit(data, Y, weight)
    same_weights(model, MLPClassifier(**options).fit(data, Y, weight))
    columns = model.history_.columns
    assert len(columns["accuracy"]) == len(columns["loss"]) == model.n_iter_
    assert ("valid_accuracy" in columns) == (kind == "held out")
    if kind != "held out":
        assert columns["accuracy"][-1] == pytest.approx(accuracy_score(Y, model.predict(X), sample_weight=weight))

    def epoch(y: np.ndarray, prediction: np.ndarray) -> float:
        return 0.0

    with pytest.raises(gn.ConfigError, match="a metric is called 'epoch', which is another column of the history"):
        MLPClassifier(**SHORT, metrics=[epoch]).fit(X, Y)


def test_validation_data_take_the_place_of_rows_held_out() -> None:
    """With early stopping all rows are trained on, and the weights are those of the best epoch on the given ones."""
    rows, labels, valid = X[::2], Y[::2], (X[1::2], Y[1::2])
    options = SHORT | {"max_iter": 80, "n_iter_no_change": 3, "learning_rate_init": 0.05}
    model = MLPClassifier(**options, early_stopping=True).fit(rows, labels, validation_data=valid)
    assert model.t_ == 75 * len(model.loss_curve_)
    assert len(model.validation_scores_) < 80
    best = int(np.argmax(model.validation_scores_)) + 1
    same_weights(model, MLPClassifier(**options | {"max_iter": best}).fit(rows, labels))
    assert accuracy_score(valid[1], model.predict(valid[0])) == model.best_validation_score_


def test_callbacks() -> None:
    """A callback reads everything there is and may end the fit; without that nothing changes."""
    seen = []

    def look(run: Any) -> None:
        seen.append((run.epoch, run.history["loss"][-1], run.network.params.sum()))
        if run.epoch == 3:
            run.stop("enough")

    model = classifier(callbacks=look, max_iter=50)
    assert [epoch for epoch, _, _ in seen] == [1, 2, 3]
    assert [loss for _, loss, _ in seen] == model.loss_curve_
    assert model.history_.stop_reason == "enough"
    assert model.n_iter_ == 3
    same_weights(model, classifier(max_iter=3))


def test_progress(capsys: pytest.CaptureFixture[str]) -> None:
    """A progress line shows only if it is asked for, and changes nothing."""
    plain = classifier()
    assert capsys.readouterr().err == ""
    same_weights(classifier(progress=True), plain)
    assert "epoch 4/4" in capsys.readouterr().err


def test_max_seconds() -> None:
    """A fit ends when its time is over, with a model that predicts."""
    model = classifier(max_iter=10**7, max_seconds=0.05, n_iter_no_change=np.inf)
    assert model.history_.stop_reason == "time"
    assert 0.05 <= model.history_.seconds < 5
    assert model.predict(X).shape == (150,)


@pytest.mark.parametrize(("name", "cls"), [("adamw", gn.AdamW), ("lion", gn.Lion), ("rmsprop", gn.RMSprop), ("adagrad", gn.Adagrad)])  # fmt: skip
def test_other_solvers(name: str, cls: Any) -> None:
    """A name takes ``learning_rate_init``; an object brings its own rate, and is not changed by the fit."""
    solver = cls(0.01)
    model = classifier(solver=solver)
    same_weights(classifier(solver=name, learning_rate_init=0.01), model)
    assert model.history_["learning_rate"] == [0.01] * 4
    model.network_.optimizer.learning_rate = 5.0
    assert solver.learning_rate == 0.01
    assert classifier(solver=cls(0.01), max_iter=150).score(X, Y) > 0.8


def test_our_adam_can_be_scikit_learns() -> None:
    """An object with scikit-learn's form of epsilon is scikit-learn's Adam."""
    same_weights(classifier(solver=gn.Adam(0.02, eps_form="sklearn")), classifier(), atol=1e-12)


@pytest.mark.parametrize("solver", ["adam", "sgd", "adamw"])
def test_schedules(solver: str) -> None:
    """A schedule gives the rate of every step; a constant one is ``learning_rate_init``."""
    schedule = gn.ExponentialDecay(0.05, factor=0.5)
    model = classifier(learning_rate=schedule, solver=solver)
    np.testing.assert_allclose(model.history_["learning_rate"], [schedule(epoch) for epoch in range(4)])
    same_weights(classifier(learning_rate=gn.Constant(0.02), solver=solver), classifier(solver=solver))


def test_clip_norm() -> None:
    """A step is no longer than the rate times the norm that gradients are cut to."""
    start = MLPRegressor(**STILL).fit(X_NUMBERS, NUMBERS)
    options = {"solver": "sgd", "momentum": 0.0, "clip_norm": 0.5, "max_iter": 1, "batch_size": len(NUMBERS)}
    model = regressor(**options)
    step = np.sqrt(((model.network_.params - start.network_.params) ** 2).sum())
    np.testing.assert_allclose(step, 0.02 * 0.5)
    assert model.history_["clipped"] == [1.0]


# ---- scaling and looking inside ------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_scaling_is_what_a_pipeline_does(solver: str) -> None:
    """``scale_inputs`` and ``scale_target`` are a StandardScaler before and around the perceptron."""
    wide = X_NUMBERS * np.logspace(-3, 3, 10) + 40
    model = MLPRegressor(**SHORT, solver=solver, scale_inputs=True, scale_target=True).fit(wide, NUMBERS)
    inner = make_pipeline(StandardScaler(), MLPRegressor(**SHORT, solver=solver))
    around = TransformedTargetRegressor(inner, transformer=StandardScaler()).fit(wide, NUMBERS)
    np.testing.assert_allclose(model.predict(wide), around.predict(wide), rtol=1e-7)
    sparse = scipy.sparse.random_array((150, 20), density=0.2, rng=0, format="csr") * 1000.0
    model = MLPClassifier(**SHORT, solver=solver, scale_inputs=True).fit(sparse, Y)
    piped = make_pipeline(StandardScaler(with_mean=False), MLPClassifier(**SHORT, solver=solver)).fit(sparse, Y)
    np.testing.assert_allclose(model.predict_proba(sparse), piped.predict_proba(sparse), rtol=1e-7)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("loss", ["squared_error", "gaussian_nll", gn.Quantile([0.2, 0.5])], ids=str)
def test_slopes_of_numbers(loss: Any, scaled: bool) -> None:
    """`input_gradient` is how `predict` changes along the columns as they were given, in the units of the target."""
    model = regressor(loss=loss, activation="tanh", scale_inputs=scaled, scale_target=scaled)
    wide = X_NUMBERS[:9]
    middle = 1 if isinstance(loss, gn.Quantile) else 0
    slopes = model.input_gradient(wide, output=middle)
    steps = 1e-6 * np.eye(10)
    found = [(model.predict(wide + step) - model.predict(wide - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(slopes, np.stack(found, axis=1), rtol=1e-5, atol=1e-6)
    every = model.input_gradient(wide).reshape(9, -1, 10)
    np.testing.assert_array_equal(every[:, middle], slopes)
    chosen = model.input_gradient(wide, output=np.full(9, middle))
    np.testing.assert_array_equal(chosen, slopes)


@pytest.mark.parametrize("labels", [Y, TWO], ids=["three", "two"])
def test_slopes_of_classes(labels: Any) -> None:
    """With labels, words too, `input_gradient` is how each row's log loss changes."""
    model = classifier(labels, activation="tanh", scale_inputs=True)

    def losses(rows: np.ndarray) -> np.ndarray:
        return -np.log(model.predict_proba(rows)[np.arange(len(rows)), np.searchsorted(model.classes_, labels)])

    found = [(losses(X + step) - losses(X - step)) / 2e-6 for step in 1e-6 * np.eye(4)]
    np.testing.assert_allclose(model.input_gradient(X, labels), np.stack(found, axis=1), rtol=1e-5, atol=1e-8)


def test_looking_inside_keeps_dtype_and_takes_sparse_rows() -> None:
    """float32 gives float32; rows of a sparse matrix give what dense ones give."""
    single = X.astype(np.float32)
    model = MLPClassifier(**SHORT, scale_inputs=True).fit(single, Y)
    assert model.hidden(single, 0).dtype == model.input_gradient(single).dtype == np.float32
    sparse = scipy.sparse.csr_array(X)
    model = MLPClassifier(**SHORT).fit(sparse, Y)
    np.testing.assert_array_equal(model.hidden(sparse, 1), model.hidden(X, 1))
    np.testing.assert_array_equal(model.input_gradient(sparse, Y), model.input_gradient(X, Y))
