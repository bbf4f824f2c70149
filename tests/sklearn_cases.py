"""What glassnet's and scikit-learn's perceptrons are compared on: the classes, the data and a table of settings.

``GLASSNET_UNDER_TEST`` names the module whose `MLPClassifier` and `MLPRegressor` are tested; with
``sklearn.neural_network`` in it everything must pass, since scikit-learn agrees with itself.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

import scipy.sparse
import sklearn
from sklearn import datasets, neural_network
from sklearn.preprocessing import scale
from sklearn.utils.fixes import parse_version

MODULE = os.environ.get("GLASSNET_UNDER_TEST", "glassnet.sklearn")
under_test = importlib.import_module(MODULE)

Classes = dict[str, type[Any]]
OURS: Classes = {"classifier": under_test.MLPClassifier, "regressor": under_test.MLPRegressor}
THEIRS: Classes = {"classifier": neural_network.MLPClassifier, "regressor": neural_network.MLPRegressor}
KINDS = tuple(THEIRS)


@dataclass(frozen=True)
class Data:
    """Rows, targets and what a first `partial_fit` is told about classes."""

    X: Any
    y: Any
    classes: Any = None


def _classes_of(X: Any, y: Any) -> Data:
    return Data(X, y, np.unique(y))


def _iris() -> Data:
    X, y = datasets.load_iris(return_X_y=True)
    return _classes_of(scale(X), y)


def _iris_strings() -> Data:
    iris = datasets.load_iris()
    return _classes_of(scale(iris.data), iris.target_names[iris.target].astype(object))


def _wine() -> Data:
    X, y = datasets.load_wine(return_X_y=True)
    return _classes_of(scale(X), y)


def _cancer() -> Data:
    X, y = datasets.load_breast_cancer(return_X_y=True)
    return _classes_of(scale(X)[:160], y[:160])


def _cancer_strings() -> Data:
    found = _cancer()
    return _classes_of(found.X, np.where(found.y == 1, "benign", "malignant"))


def _digits() -> Data:
    X, y = datasets.load_digits(return_X_y=True)
    return _classes_of(X[:230] / 16, y[:230])


def _digits_integers() -> Data:
    X, y = datasets.load_digits(return_X_y=True)
    return _classes_of(X[:230].astype(np.uint8), y[:230])


def _labels() -> Data:
    X, Y = datasets.make_multilabel_classification(n_samples=120, n_classes=4, random_state=0)
    return Data(scale(X), Y, np.arange(4))


def _counts() -> np.ndarray:
    """Counts of words in made-up texts of six topics, which share most of their words."""
    rng = np.random.default_rng(1)
    topics = rng.dirichlet(np.full(80, 0.1), size=6)
    return np.stack([rng.multinomial(25, topics[i % 6]) for i in range(150)]).astype(np.float64)


def _text() -> Data:
    return _classes_of(scipy.sparse.csr_matrix(_counts()), np.arange(150) % 6)


def _text_columns() -> Data:
    return _classes_of(scipy.sparse.csc_array(_counts()), np.arange(150) % 2)


def _diabetes() -> Data:
    X, y = datasets.load_diabetes(return_X_y=True)
    return Data(scale(X)[:220], scale(y)[:220])


def _diabetes_raw() -> Data:
    X, y = datasets.load_diabetes(return_X_y=True)
    return Data(20 * X[:150], y[:150])


def _diabetes_column() -> Data:
    found = _diabetes()
    return Data(found.X, found.y[:, None])


def _diabetes_three() -> Data:
    found = _diabetes()
    return Data(found.X, np.stack([found.y, found.X[:, 2] * found.X[:, 8], np.tanh(found.y) - 1], axis=1))


def _text_lengths() -> Data:
    counts = _counts()
    return Data(scipy.sparse.csr_array(counts), scale(counts[:, :20].sum(axis=1)))


def _events() -> Data:
    X, _ = datasets.load_diabetes(return_X_y=True)
    X = scale(X)[:200]
    return Data(X, np.random.default_rng(2).poisson(np.exp(0.5 * X[:, 2] + 0.3 * X[:, 8])).astype(np.float64))


def _events_two() -> Data:
    found = _events()
    return Data(found.X, np.stack([found.y, found.y[::-1] + 0.5], axis=1))


MAKERS: dict[str, Callable[[], Data]] = {
    "iris": _iris,
    "iris strings": _iris_strings,
    "wine": _wine,
    "cancer": _cancer,
    "cancer strings": _cancer_strings,
    "digits": _digits,
    "digits integers": _digits_integers,
    "labels": _labels,
    "text": _text,
    "text columns": _text_columns,
    "diabetes": _diabetes,
    "diabetes raw": _diabetes_raw,
    "diabetes column": _diabetes_column,
    "diabetes three": _diabetes_three,
    "text lengths": _text_lengths,
    "events": _events,
    "events two": _events_two,
}


@cache
def data(name: str) -> Data:
    """Return one of the made data sets; nobody may write to it."""
    return MAKERS[name]()


@dataclass(frozen=True)
class Case:
    """A setting, the data it is fitted on and how it is fitted."""

    kind: str
    data: str
    options: dict[str, Any] = field(default_factory=dict)
    how: str = "fit"
    dtype: str = "float64"
    order: str = "C"
    weighted: bool = False

    @property
    def name(self) -> str:
        """What the test's id shows."""
        extras = [self.how, self.dtype, self.order, "weighted" if self.weighted else ""]
        usual = ["fit", "float64", "C", ""]
        words = [f"{key}={_word(value)}" for key, value in self.options.items()]
        words += [extra for extra, word in zip(extras, usual, strict=True) if extra != word]
        return "-".join([self.kind, self.data.replace(" ", "_"), *(word.replace(" ", "_") for word in words)])


def _word(value: Any) -> str:
    return "RandomState" if callable(value) else str(value)


# Twenty epochs of the default rate on data this small move hardly anything; larger rates let a mistake show.
QUICK: dict[str, Any] = {"hidden_layer_sizes": (5,), "max_iter": 20, "learning_rate_init": 0.02}
SGD: dict[str, Any] = {"solver": "sgd", "learning_rate_init": 0.04}
ADAM: dict[str, Any] = {"solver": "adam"}
LBFGS: dict[str, Any] = {"solver": "lbfgs", "max_iter": 10}
SOLVERS = {"sgd": SGD, "adam": ADAM, "lbfgs": LBFGS}
EARLY: dict[str, Any] = {"early_stopping": True}
ACTIVATIONS = ("identity", "logistic", "tanh", "relu")

# An output that is an exponential runs away at the rates that suit the others.
POISSON: dict[str, Any] = {"loss": "poisson", "learning_rate_init": 0.005}

# One data set for every kind of target that either class knows.
TARGETS = [
    ("classifier", "cancer", {}),
    ("classifier", "iris", {}),
    ("classifier", "labels", {}),
    ("classifier", "iris strings", {}),
    ("regressor", "diabetes", {}),
    ("regressor", "diabetes three", {}),
    ("regressor", "events", POISSON),
]

# Options one at a time, on top of a solver that heeds them.
STOCHASTIC: list[dict[str, Any]] = [
    *(
        solver | option
        for solver in (SGD, ADAM)
        for option in [
            {"alpha": 0},
            {"alpha": 1},
            {"alpha": 1.0, "batch_size": 32},
            {"batch_size": 1, "max_iter": 3, "learning_rate_init": 0.004},
            {"batch_size": 32},
            {"batch_size": 149},
            {"batch_size": 10_000},
            {"shuffle": False},
            {"shuffle": False, "batch_size": 48},
            {"hidden_layer_sizes": ()},
            {"hidden_layer_sizes": (7, 3)},
            {"hidden_layer_sizes": 6},
            {"hidden_layer_sizes": [4]},
            {"hidden_layer_sizes": (4, 3, 4)},
            {"learning_rate_init": 0.003},
            {"random_state": 7},
            {"random_state": lambda: np.random.RandomState(7)},
            {"tol": 0.05, "n_iter_no_change": 3, "max_iter": 40},
            {"n_iter_no_change": np.inf, "tol": 1e3},
            {"tol": 0.0, "n_iter_no_change": 1},
            {"max_iter": 1},
            EARLY,
            EARLY | {"validation_fraction": 0.3},
            EARLY | {"tol": 0.3, "n_iter_no_change": 2},
            EARLY | {"batch_size": 16, "shuffle": False},
        ]
    ),
    *(
        SGD | option
        for option in [
            {"learning_rate": "invscaling"},
            {"learning_rate": "invscaling", "power_t": 0.1},
            {"learning_rate": "adaptive"},
            {"learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 2},
            {"learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 1, "max_iter": 60},
            EARLY | {"learning_rate": "adaptive", "tol": 0.3, "n_iter_no_change": 2},
            {"momentum": 0},
            {"momentum": 0.5},
            {"nesterovs_momentum": False},
            {"momentum": 0, "nesterovs_momentum": False},
            {"momentum": 0.5, "nesterovs_momentum": False, "learning_rate": "invscaling"},
            {"momentum": 1.0, "max_iter": 5},
        ]
    ),
    *(
        ADAM | option
        for option in [
            {"beta_1": 0.0},
            {"beta_1": 0.5},
            {"beta_2": 0.3},
            {"beta_2": 0.9},
            {"epsilon": 1e-3},
            {"epsilon": 1.0},
            {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 0.1, "batch_size": 32},
            {"learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 2},
        ]
    ),
]
LIMITED_MEMORY: list[dict[str, Any]] = [
    LBFGS | option
    for option in [
        {"alpha": 0},
        {"alpha": 1},
        {"tol": 0.05},
        {"max_fun": 6},
        {"max_fun": 1},
        {"max_iter": 1},
        {"random_state": 7},
        {"hidden_layer_sizes": ()},
        {"hidden_layer_sizes": (7, 3)},
        {"hidden_layer_sizes": 6},
        EARLY,
        {"batch_size": 3},
    ]
]
WAYS = (
    "fit twice",
    "warm",
    "warm longer",
    "partial_fit",
    "partial_fit parts",
    "fit then partial_fit",
    "partial_fit then fit",
)


def _cases() -> list[Case]:
    """Return the table of the default run."""
    activations = [
        Case(kind, name, solver | extra | {"activation": activation})
        for kind, name, extra in TARGETS
        for solver in SOLVERS.values()
        for activation in ACTIVATIONS
    ]
    options = [
        Case(kind, name, option)
        for option in STOCHASTIC + LIMITED_MEMORY
        for kind, name in [("classifier", "iris"), ("regressor", "diabetes")]
    ]
    halves = [
        Case(kind, name, solver | extra | option, dtype="float32", order=order)
        for kind, name, extra in TARGETS
        for solver in SOLVERS.values()
        for option, order in [({}, "C"), ({"alpha": 1, "batch_size": 64}, "F")]
    ]
    ways = [
        Case(kind, name, solver | extra, how)
        for kind, name, extra in TARGETS
        for solver in SOLVERS.values()
        for how in WAYS
        if not (solver is LBFGS and "partial" in how)
    ]
    weights = [
        Case(kind, name, solver | extra | option, how, dtype, weighted=True)
        for kind, name, extra in TARGETS
        for solver in SOLVERS.values()
        for option, how, dtype in [
            ({}, "fit", "float64"),
            ({}, "fit", "float32"),
            (EARLY | {"batch_size": 20}, "fit", "float64"),
            ({}, "warm", "float64"),
            ({}, "partial_fit", "float64"),
        ]
        if not (solver is LBFGS and how == "partial_fit")
    ]
    others = [
        Case(kind, name, solver | extra, dtype=dtype, order=order)
        for kind, name, extra, dtype, order in [
            ("classifier", "wine", {}, "float64", "F"),
            ("classifier", "digits", {"batch_size": 50}, "float64", "C"),
            ("classifier", "digits integers", {"learning_rate_init": 0.002}, "given", "C"),
            ("classifier", "cancer strings", {}, "float64", "F"),
            ("classifier", "cancer strings", EARLY, "float64", "C"),
            ("classifier", "iris strings", EARLY, "float32", "C"),
            ("classifier", "labels", EARLY, "float64", "C"),
            ("classifier", "text", {"batch_size": 40}, "float64", "C"),
            ("classifier", "text", EARLY, "float32", "C"),
            ("classifier", "text columns", {"shuffle": False}, "float64", "C"),
            ("regressor", "text lengths", {"batch_size": 40}, "float64", "C"),
            ("regressor", "text lengths", EARLY, "float32", "C"),
            ("regressor", "diabetes raw", {"learning_rate_init": 0.002}, "float64", "C"),
            ("regressor", "diabetes column", {}, "float64", "F"),
            ("regressor", "diabetes three", EARLY, "float64", "C"),
            ("regressor", "events", POISSON | EARLY, "float64", "C"),
            ("regressor", "events two", POISSON, "float64", "C"),
        ]
        for solver in SOLVERS.values()
    ]
    return list({case.name: case for case in activations + options + halves + ways + weights + others}.values())


def _product() -> list[Case]:
    """Return the cross product: every solver, activation, kind of target and depth, each with what else can differ."""
    return [
        Case(
            kind,
            name,
            solver | extra | {"activation": activation, "hidden_layer_sizes": sizes} | option,
            dtype=dtype,
            weighted=weighted,
        )
        for kind, name, extra in [
            *TARGETS,
            ("classifier", "text", {}),
            ("regressor", "events two", POISSON),
        ]
        for solver in SOLVERS.values()
        for activation in ACTIVATIONS
        for sizes in [(), (6,), (7, 3)]
        for option in (
            [{}, {"batch_size": 32, "alpha": 0.1}, EARLY | {"shuffle": False}] if solver is not LBFGS else [{}]
        )
        for dtype in (["float64", "float32"] if solver is not LBFGS else ["float64"])
        for weighted in (False, True)
    ]


def _has_reference(case: Case) -> bool:
    """Whether the installed scikit-learn can fit the case; before 1.9 it could not score strings for early stopping."""
    strings = case.data.endswith("strings") and case.options.get("early_stopping", False)
    return (
        not strings or case.options["solver"] == "lbfgs" or parse_version(sklearn.__version__) >= parse_version("1.9")
    )


CASES = [case for case in _cases() if _has_reference(case)]
PRODUCT = [case for case in _product() if _has_reference(case)]
