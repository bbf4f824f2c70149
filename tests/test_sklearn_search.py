"""Our perceptrons' own parameters in scikit-learn's hands: cloned, searched, fitted twice, fitted side by side."""

from __future__ import annotations

import os
from typing import Any

import joblib
import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet.sklearn import MLPClassifier
from sklearn_cases import data

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SHORT: dict[str, Any] = {"hidden_layer_sizes": (7, 5), "max_iter": 4, "learning_rate_init": 0.02, "random_state": 0}
IRIS = data("iris")
X, Y = IRIS.X, np.array(["setosa", "versicolor", "virginica"])[IRIS.y]


def same_weights(model: Any, other: Any) -> None:
    """Weights and biases of two models agree to the bit."""
    for left, right in zip(model.coefs_ + model.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(left, right)


OURS: dict[str, Any] = {
    "activation": ["tanh", gn.LeakyReLU(0.2)], "solver": gn.AdamW(0.02), "dropout": [0.1, 0.2], "frozen": [0],
    "loss": gn.SoftmaxCrossEntropy(label_smoothing=0.1), "class_weight": {"setosa": 2.0}, "scale_inputs": True,
    "normalization": "layer", "metrics": ["f1"], "max_seconds": 60.0, "progress": False, "threads": 1,
}  # fmt: skip


def test_clone_and_repr() -> None:
    """A clone has every parameter, shares no object, and fits alike; the text shows what was set, and only that."""
    model = MLPClassifier(**SHORT | OURS).fit(X, Y)
    again = clone(model)
    assert repr(again) == repr(model)
    assert again.solver is not model.solver
    assert again.loss is not model.loss
    same_weights(again.fit(X, Y), model)
    assert repr(MLPClassifier(dropout=0.5, frozen=[0])) == "MLPClassifier(dropout=0.5, frozen=[0])"
    assert set(OURS) <= set(model.get_params())


def test_the_same_estimator_twice() -> None:
    """A fit leaves nothing behind in the objects that were given: the second has the bits of the first."""
    model = MLPClassifier(**SHORT | OURS)
    first = [W.copy() for W in model.fit(X, Y).coefs_]
    for found, expected in zip(model.fit(X, Y).coefs_, first, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_search(n_jobs: int) -> None:
    """Our parameters are searched through a pipeline, in two processes as well, each within its share of the cores."""
    most = max(1, len(os.sched_getaffinity(0)) // n_jobs)

    def check_threads(run: Any) -> None:
        from threadpoolctl import threadpool_info

        used = max(found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas")
        if n_jobs > 1 and used > most:
            message = f"{used} threads"
            raise RuntimeError(message)

    grid = [
        {"mlp__dropout": [0.0, 0.5], "mlp__solver": [gn.AdamW(0.02), gn.Lion(0.005)]},
        {"mlp__solver": ["lbfgs"], "mlp__callbacks": [()], "mlp__loss": ["log_loss", "focal_cross_entropy"]},
    ]
    pipeline = Pipeline([("scale", StandardScaler()), ("mlp", MLPClassifier(**SHORT, callbacks=check_threads))])
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=n_jobs, error_score="raise").fit(X, Y)
    assert len(search.cv_results_["mean_test_score"]) == 6
    best = clone(pipeline).set_params(**search.best_params_).fit(X, Y)
    np.testing.assert_array_equal(best.predict_proba(X), search.predict_proba(X))


def test_fits_in_threads() -> None:
    """Fits that run at the same time in threads, of estimators that share objects, have the bits of fits one by one."""
    shared = {"solver": gn.AdamW(0.02), "loss": gn.SoftmaxCrossEntropy(label_smoothing=0.1), "activation": gn.ELU(0.5)}

    def weights(seed: int) -> np.ndarray:
        options = SHORT | shared | {"random_state": seed, "dropout": 0.2, "max_iter": 20}
        return MLPClassifier(**options).fit(X, Y).network_.params

    together = joblib.Parallel(n_jobs=4, backend="threading")(joblib.delayed(weights)(seed) for seed in range(8))
    for seed, found in enumerate(together):
        np.testing.assert_array_equal(found, weights(seed))


def test_predictions_in_threads() -> None:
    """One fitted model predicts in several threads at once what it predicts in one."""
    model = MLPClassifier(**SHORT, scale_inputs=True).fit(X, Y)
    expected = [model.predict_proba(X[start:]) for start in range(20)]
    found = joblib.Parallel(n_jobs=4, backend="threading")(
        joblib.delayed(model.predict_proba)(X[start:]) for start in range(20)
    )
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_array_equal(left, right)
