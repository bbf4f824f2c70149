"""Objects as parameters, sparse rows, and parameters that would have no effect: more that perceptrons do beyond theirs."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

import scipy.sparse
from sklearn import datasets
from sklearn.model_selection import GridSearchCV

import glassnet as gn
from glassnet.sklearn import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, CODES = datasets.load_iris(return_X_y=True)
WORDS = np.array(["setosa", "versicolor", "virginica"])[CODES]
SMALL: dict[str, Any] = {"hidden_layer_sizes": (8, 6), "max_iter": 10, "batch_size": 20, "random_state": 0}


def classifier(**options: Any) -> MLPClassifier:
    """Return a small classifier."""
    return MLPClassifier(**SMALL | options)


def same_weights(left: Any, right: Any) -> bool:
    """Return whether all weights and biases are the same, bit for bit."""
    pairs = zip([*left.coefs_, *left.intercepts_], [*right.coefs_, *right.intercepts_], strict=True)
    return all(np.array_equal(one, other) for one, other in pairs)


def test_an_optimizer_object_brings_its_rate() -> None:
    """The learning rate is that of the object, not ``learning_rate_init``."""
    ours = classifier(solver=gn.SGD(0.05), learning_rate_init=1e-9).fit(X, WORDS)
    named = classifier(solver="sgd", momentum=0.0, learning_rate_init=0.05).fit(X, WORDS)
    assert set(ours.history_["learning_rate"]) == {0.05}
    assert same_weights(ours, named)


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
    assert str(caught.value).startswith(
        "MLPClassifier: solver: unknown argument weight_decy. Did you mean weight_decay? The arguments are learning_rate, weight_decay, beta1, beta2, eps, eps_form, clip_norm, ema, decay_schedule."
    )
    assert str(caught.value).endswith(
        "solver: unknown argument weight_decy. Did you mean weight_decay? The arguments are learning_rate, weight_decay, beta1, beta2, eps, eps_form, clip_norm, ema, decay_schedule."
    )
    with pytest.raises((ValueError, AttributeError)):
        classifier().set_params(solver__beta1=0.8)


def test_fit_leaves_parameters_alone() -> None:
    """The optimizer in use is a copy: what happens to it does not reach the parameter."""
    given = gn.Adam(0.01)
    ours = classifier(solver=given).fit(X, WORDS)
    ours.network_.optimizer.learning_rate = 5.0
    assert given.learning_rate == 0.01


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


def test_without_scikit_learn() -> None:
    """Where scikit-learn is missing, the import says in one sentence what to install."""
    code = "import sys; sys.modules['sklearn'] = None; import glassnet.sklearn"
    job = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert job.stderr.splitlines()[-1] == (
        "glassnet.errors.MissingExtraError: glassnet.sklearn: needs sklearn, which is not installed. "
        "Run: pip install 'glassnet[sklearn]'"
    )


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"solver": "lbfgs", "learning_rate": gn.Constant(0.1)}, "learning_rate is Constant(value=0.1); with solver='lbfgs' it must be left out. Use solver='adam'."),
    ({"solver": "lbfgs", "metrics": "auc"}, "metrics is 'auc'; with solver='lbfgs' it must be left out. Use solver='adam'."),
    ({"class_weight": {"setosa": 1.0, "rose": 2.0}}, "class_weight has 'rose'; it must name labels of y, ['setosa', 'versicolor', 'virginica']. Look at the type of the labels as well."),
]  # fmt: skip


@pytest.mark.parametrize(("options", "words"), WRONG, ids=[words[:50] for _, words in WRONG])
def test_what_would_be_ignored_is_refused(options: dict[str, Any], words: str) -> None:
    """A parameter that would have no effect is refused in one sentence, before anything is trained."""
    with pytest.raises(gn.ConfigError) as caught:
        classifier(**options).fit(X, WORDS)
    assert str(caught.value).endswith(words)
