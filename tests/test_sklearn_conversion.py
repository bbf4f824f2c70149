"""From scikit-learn's fitted networks to ours and back: the same predictions, and the same next steps."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from sklearn import datasets, neural_network
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import scale

import glassnet as gn
from glassnet.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS = datasets.load_iris(return_X_y=True)
DIABETES = datasets.load_diabetes(return_X_y=True)
LABELS = datasets.make_multilabel_classification(n_samples=80, n_classes=3, random_state=0)
SMALL: dict[str, Any] = {"hidden_layer_sizes": (7, 4), "max_iter": 5, "random_state": 0}
SOLVERS: list[dict[str, Any]] = [
    {"solver": "adam"},
    {"solver": "adam", "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-4},
    {"solver": "sgd"},
    {"solver": "sgd", "momentum": 0.0},
    {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 1},
]


def weights(estimator: Any) -> list[np.ndarray]:
    """Return all weights and biases."""
    return [*estimator.coefs_, *estimator.intercepts_]


def assert_alike(ours: Any, theirs: Any) -> None:
    """Compare all weights up to rounding."""
    for left, right in zip(weights(ours), weights(theirs), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("options", SOLVERS, ids=str)
@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_goes_on_where_scikit_learn_stands(kind: str, options: dict[str, Any]) -> None:
    """After the move, three more epochs are those that scikit-learn would have trained, moments and rates included."""
    cls = neural_network.MLPClassifier if kind == "classifier" else neural_network.MLPRegressor
    X, y = (scale(IRIS[0]), IRIS[1]) if kind == "classifier" else (scale(DIABETES[0]), scale(DIABETES[1]))
    theirs = cls(**SMALL | options).fit(X, y)
    before = pickle.dumps(theirs)
    ours = gn.from_sklearn(theirs)
    assert isinstance(ours, MLPClassifier if kind == "classifier" else MLPRegressor)
    assert pickle.dumps(theirs) == before
    assert_alike(ours, theirs)
    for _ in range(3):
        theirs.partial_fit(X, y)
        ours.partial_fit(X, y)
    assert_alike(ours, theirs)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
    assert (ours.t_, ours.n_iter_) == (theirs.t_, theirs.n_iter_)


def test_new_options_after_the_move() -> None:
    """A network from scikit-learn trains on with dropout off by default, and on once it is asked for in a new fit."""
    X, y = IRIS
    theirs = neural_network.MLPClassifier(**SMALL).fit(X, y)
    ours = gn.from_sklearn(theirs).set_params(warm_start=True, scale_inputs=False, class_weight="balanced", max_iter=40)
    ours.fit(X, y)
    assert ours.loss_ < theirs.loss_


def test_float32_stays() -> None:
    """A network in float32 comes as float32."""
    X, y = IRIS[0].astype(np.float32), IRIS[1]
    theirs = neural_network.MLPClassifier(**SMALL).fit(X, y)
    ours = gn.from_sklearn(theirs)
    assert {array.dtype for array in weights(ours)} == {np.dtype(np.float32)}
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-5)


@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier(**SMALL),
        MLPClassifier(**SMALL, activation="tanh", dropout=0.2, class_weight="balanced"),
        MLPClassifier(**SMALL, normalization="batch", scale_inputs=True, solver="adamw"),
        MLPClassifier(**SMALL | {"hidden_layer_sizes": ()}, solver="lbfgs"),
        MLPClassifier(**SMALL, loss=gn.SoftmaxCrossEntropy(label_smoothing=0.1)),
    ],
    ids=lambda estimator: repr(estimator)[:90].replace("\n", ""),
)
@pytest.mark.parametrize("labels", [IRIS[1], np.array(["a", "b"])[(IRIS[1] > 0).astype(int)]], ids=["three", "two"])
def test_classifiers_to_scikit_learn(estimator: Any, labels: np.ndarray) -> None:
    """What comes out is scikit-learn's, predicts the same, and can be trained on there."""
    X = IRIS[0]
    ours = estimator.fit(X, labels)
    theirs = ours.to_sklearn()
    assert type(theirs) is neural_network.MLPClassifier
    np.testing.assert_allclose(theirs.predict_proba(X), ours.predict_proba(X), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(theirs.predict(X), ours.predict(X))
    before = ours.coefs_[0].copy()
    if theirs.solver != "lbfgs":
        theirs.partial_fit(X, labels)
    np.testing.assert_array_equal(ours.coefs_[0], before)


def test_several_labels_to_scikit_learn() -> None:
    """Multi-label networks go and come."""
    X, Y = LABELS
    ours = MLPClassifier(**SMALL).fit(X, Y)
    theirs = ours.to_sklearn()
    np.testing.assert_array_equal(theirs.predict(X), ours.predict(X))
    np.testing.assert_array_equal(gn.from_sklearn(theirs).predict(X), ours.predict(X))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"scale_inputs": True, "scale_target": True},
        {"normalization": "batch", "dropout": [0.1, 0.0], "activation": "logistic"},
        {"loss": "poisson"},
        {"loss": gn.Huber(2.0), "learning_rate": gn.CosineDecay(0.01, epochs=5)},
    ],
    ids=str,
)
@pytest.mark.parametrize("n_targets", [1, 2])
def test_regressors_to_scikit_learn(options: dict[str, Any], n_targets: int) -> None:
    """Scaling and norms are folded into the weights; predictions are in the targets' own units."""
    X, y = DIABETES
    Y = y if n_targets == 1 else np.stack([y, y[::-1]], axis=1)
    ours = MLPRegressor(**SMALL | options).fit(X, Y)
    theirs = ours.to_sklearn()
    assert type(theirs) is neural_network.MLPRegressor
    np.testing.assert_allclose(theirs.predict(X), ours.predict(X), rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"activation": ["relu", "tanh"]}, "the hidden activations are ReLU, Tanh; all must be the same one of 'identity', 'relu', 'logistic', 'tanh'."),
        ({"activation": "gelu"}, "the hidden activations are GELU; all must be the same one of 'identity', 'relu', 'logistic', 'tanh'."),
        ({"normalization": "layer"}, "scikit-learn has no layer like LayerNorm(eps=1e-05); it must know all of them."),
        ({"loss": gn.Quantile([0.1, 0.9])}, "loss is Quantile(levels=[0.1, 0.9]); it must predict one number per target."),
    ],
)  # fmt: skip
def test_what_scikit_learn_cannot_hold(options: dict[str, Any], words: str) -> None:
    """What has no place there is refused in one sentence."""
    ours = MLPRegressor(**SMALL | options).fit(*DIABETES)
    with pytest.raises(gn.ConfigError) as caught:
        ours.to_sklearn()
    assert str(caught.value).startswith("MLPRegressor.to_sklearn: ")
    assert str(caught.value).endswith(words)


def test_wrong_objects() -> None:
    """Only fitted perceptrons of scikit-learn are taken."""
    with pytest.raises(gn.ConfigError) as caught:
        gn.from_sklearn(LogisticRegression())
    assert str(caught.value) == (
        "from_sklearn: the estimator is LogisticRegression(); it must be a fitted MLPClassifier or MLPRegressor of scikit-learn."
    )
    with pytest.raises(NotFittedError):
        gn.from_sklearn(neural_network.MLPClassifier())
    with pytest.raises(NotFittedError):
        MLPClassifier().to_sklearn()


def test_other_parts_for_weights_that_are_kept() -> None:
    """After a move dropout, another loss or a norm takes effect with the next warm start, on the same weights."""
    X, y = IRIS
    theirs = neural_network.MLPClassifier(**SMALL | {"max_iter": 60}).fit(X, y)
    ours = gn.from_sklearn(theirs).set_params(warm_start=True, max_iter=1, dropout=0.5, learning_rate_init=1e-9)
    ours.fit(X, y)
    assert [type(layer).__name__ for layer in ours.network_.layers] == ["Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert ours.loss_ > theirs.loss_  # with half of the units dropped
    for left, right in zip(weights(ours), weights(theirs), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-6)
    ours.set_params(loss="focal_cross_entropy", dropout=0.0).fit(X, y)
    assert ours.loss_ < theirs.loss_  # the focal loss is smaller for the same probabilities
    ours.set_params(normalization="layer").partial_fit(X, y)
    assert len(ours.network_.layers) == 7


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hidden_layer_sizes": (3,)}, "hidden_layer_sizes is [3]; for weights that are kept it must stay [7, 4]. Fit a new estimator."),
        ({"scale_inputs": True}, "scale_inputs and scale_target are True and False; for weights that are kept they must stay False and False. Fit a new estimator."),
    ],
)  # fmt: skip
def test_what_cannot_change_for_weights_that_are_kept(changes: dict[str, Any], words: str) -> None:
    """Other widths or scaling would make the weights meaningless: one sentence instead of an ignored parameter."""
    ours = MLPClassifier(**SMALL).fit(*IRIS).set_params(warm_start=True, **changes)
    with pytest.raises(gn.ConfigError) as caught:
        ours.fit(*IRIS)
    assert str(caught.value) == f"MLPClassifier: {words}"
