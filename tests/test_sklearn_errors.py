"""What scikit-learn's perceptrons refuse, ours refuse: with the same kind of error, and its words in ours."""

from __future__ import annotations

import contextlib
import inspect
import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from sklearn.exceptions import ConvergenceWarning, NotFittedError

from sklearn_cases import KINDS, OURS, THEIRS, data

Mistake = Callable[[type[Any], np.ndarray, np.ndarray], Any]

WRONG_VALUES: dict[str, list[Any]] = {
    "loss": ["log_loss", None],
    "hidden_layer_sizes": [0, -1, (3, -1), [2, 0], "two", 2.5],
    "activation": ["step", None],
    "solver": ["newton", None],
    "alpha": [-1.0, "much", None],
    "batch_size": [0, -5, "all", 2.5],
    "learning_rate": ["cosine", 0.1],
    "learning_rate_init": [0.0, -0.1, "auto"],
    "power_t": [-0.5, "half"],
    "max_iter": [0, -1, 2.5],
    "shuffle": ["yes", 3],
    "random_state": [-1, "seed"],
    "tol": [-1e-3, None],
    "verbose": ["loud", -1],
    "warm_start": ["yes", 2],
    "momentum": [-0.1, 1.5],
    "nesterovs_momentum": ["yes", 2],
    "early_stopping": ["yes", 2],
    "validation_fraction": [1.0, -0.1],
    "beta_1": [1.0, -0.1],
    "beta_2": [1.0, -0.1],
    "epsilon": [0.0, -1.0],
    "n_iter_no_change": [0, -np.inf, 2.5],
    "max_fun": [0, 2.5],
}
VALUES = [
    (kind, name, value)
    for kind in KINDS
    for name, values in WRONG_VALUES.items()
    if name != "loss" or kind == "regressor"
    for value in values
]


def refusal(cls: type[Any], mistake: Mistake, kind: str) -> tuple[type[BaseException], str]:
    """Return the kind and the text of what a mistake raises."""
    found = data("iris" if kind == "classifier" else "diabetes")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            mistake(cls, found.X.copy(), found.y.copy())
        except Exception as error:
            return type(error), str(error)
    return pytest.fail(f"{cls.__name__} of {cls.__module__} refused nothing")


def assert_same_refusal(kind: str, mistake: Mistake, name: str = "") -> None:
    """Compare what ours raises with what theirs does; for a wrong parameter the sentence is our own, with its name."""
    (found, text), (expected, words) = (refusal(classes[kind], mistake, kind) for classes in (OURS, THEIRS))
    if expected.__name__ == "InvalidParameterError":
        expected, words = ValueError, name
    assert issubclass(found, expected)
    assert words in text


@pytest.mark.parametrize(("kind", "name", "value"), VALUES, ids=str)
def test_wrong_values_of_parameters(kind: str, name: str, value: Any) -> None:
    """A value that scikit-learn does not know is refused in `fit`, by name and with what is allowed."""
    assert_same_refusal(kind, lambda cls, X, y: cls(**{name: value}).fit(X, y), name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_has_wrong_values(kind: str) -> None:
    """No parameter of the installed scikit-learn is missing above."""
    assert set(inspect.signature(THEIRS[kind]).parameters) <= set(WRONG_VALUES)


def _with(**changes: Any) -> Callable[[type[Any]], Any]:
    return lambda cls: cls(**({"max_iter": 2, "hidden_layer_sizes": (3,), "random_state": 0} | changes))


SMALL, ADAM_WARM, EARLY, LBFGS = _with(), _with(warm_start=True), _with(early_stopping=True), _with(solver="lbfgs")
MISTAKES: dict[str, Mistake] = {
    "NaN in X": lambda cls, X, y: SMALL(cls).fit(np.where(X > 1, np.nan, X), y),
    "infinity in X": lambda cls, X, y: SMALL(cls).fit(np.where(X > 1, np.inf, X), y),
    "NaN in y": lambda cls, X, y: SMALL(cls).fit(X, np.where(y > 0, np.nan, y)),
    "one row as a vector": lambda cls, X, y: SMALL(cls).fit(X[0], y[:1]),
    "an array of three axes": lambda cls, X, y: SMALL(cls).fit(X[:, :, None], y),
    "complex X": lambda cls, X, y: SMALL(cls).fit(X + 1j, y),
    "words in X": lambda cls, X, y: SMALL(cls).fit(np.full(X.shape, "word"), y),
    "no rows": lambda cls, X, y: SMALL(cls).fit(X[:0], y[:0]),
    "no columns": lambda cls, X, y: SMALL(cls).fit(X[:, :0], y),
    "fewer targets than rows": lambda cls, X, y: SMALL(cls).fit(X, y[:-1]),
    "no targets": lambda cls, X, y: SMALL(cls).fit(X, None),
    "targets of three axes": lambda cls, X, y: SMALL(cls).fit(X, y[:, None, None]),
    "fewer weights than rows": lambda cls, X, y: SMALL(cls).fit(X, y, sample_weight=np.ones(3)),
    "weights of two axes": lambda cls, X, y: SMALL(cls).fit(X, y, sample_weight=np.ones((len(y), 2))),
    "NaN in weights": lambda cls, X, y: SMALL(cls).fit(X, y, sample_weight=np.full(len(y), np.nan)),
    "predict before fit": lambda cls, X, y: SMALL(cls).predict(X),
    "score before fit": lambda cls, X, y: SMALL(cls).score(X, y),
    "other columns in predict": lambda cls, X, y: SMALL(cls).fit(X, y).predict(X[:, 1:]),
    "other columns in a warm start": lambda cls, X, y: ADAM_WARM(cls).fit(X, y).fit(X[:, 1:], y),
    "NaN in predict": lambda cls, X, y: SMALL(cls).fit(X, y).predict(np.where(X > 1, np.nan, X)),
    "partial_fit after early stopping": lambda cls, X, y: EARLY(cls).fit(X, y).partial_fit(X, y),
    "two rows and early stopping": lambda cls, X, y: EARLY(cls).fit(X[[0, 149]], y[[0, 149]]),
    "a start that runs away": lambda cls, X, y: _with(max_iter=20)(cls).fit(X * np.finfo(np.float64).max / 9, y),
}
FOR_CLASSES: dict[str, Mistake] = {
    "several classes for several outputs": lambda cls, X, y: SMALL(cls).fit(X, np.stack([y, y], axis=1)),
    "a class of one row and early stopping": lambda cls, X, y: EARLY(cls).fit(X[:51], y[:51]),
    "partial_fit with lbfgs": lambda cls, X, y: LBFGS(cls).partial_fit(X, y),
    "predict_proba before fit": lambda cls, X, y: SMALL(cls).predict_proba(X),
    "other classes in a warm start": lambda cls, X, y: ADAM_WARM(cls).fit(X, y).fit(X, np.where(y == 2, 7, y)),
    "fewer classes in a warm start": lambda cls, X, y: ADAM_WARM(cls).fit(X, y).fit(X[:90], y[:90]),
    "first partial_fit without classes": lambda cls, X, y: SMALL(cls).partial_fit(X, y),
    "first partial_fit with fewer classes": lambda cls, X, y: SMALL(cls).partial_fit(X, y, classes=[0, 1]),
    "partial_fit with other classes": lambda cls, X, y: (
        SMALL(cls).partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, y, classes=[1, 2, 3])
    ),
    "partial_fit with a new class": lambda cls, X, y: SMALL(cls).fit(X, y).partial_fit(X, y + 1),
    "partial_fit with early stopping": lambda cls, X, y: EARLY(cls).partial_fit(X, y, classes=[0, 1, 2]),
}
ALL = [(kind, name) for kind in KINDS for name in MISTAKES] + [("classifier", name) for name in FOR_CLASSES]


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_mistakes(kind: str, name: str) -> None:
    """A mistake with data, weights, classes or the order of calls is refused as scikit-learn refuses it."""
    assert_same_refusal(kind, (MISTAKES | FOR_CLASSES)[name])


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_that_do_not_fit(kind: str) -> None:
    """Unknown and nameless parameters raise scikit-learn's TypeError, in a sentence of our own with the name to write."""
    for mistake, words in (
        (lambda cls, X, y: cls(momentun=0.9), "momentum?"),
        (lambda cls, X, y: cls(*range(8)), "alpha="),
    ):
        (found, text), (expected, _) = (refusal(classes[kind], mistake, kind) for classes in (OURS, THEIRS))
        assert found is expected is TypeError
        assert words in text


@pytest.mark.parametrize("kind", KINDS)
def test_not_fitted(kind: str) -> None:
    """Before `fit`, what raises is `NotFittedError`, which callers catch by name."""
    with pytest.raises(NotFittedError):
        OURS[kind]().predict(np.zeros((2, 2)))


def test_fractions_are_no_labels() -> None:
    """Fractions as labels raise scikit-learn's ValueError and phrase, without all of the numbers and with what to use."""
    (found, text), (expected, words) = (
        refusal(classes["classifier"], lambda cls, X, y: SMALL(cls).fit(X, X[:, 0]), "classifier")
        for classes in (OURS, THEIRS)
    )
    assert issubclass(found, expected)
    assert words.startswith("Unknown label type: ")
    assert text == (
        "MLPClassifier: Unknown label type: y holds fractions such as -0.900681; it must hold labels. Use MLPRegressor for numbers."
    )


def test_what_only_lbfgs_lacks() -> None:
    """A classifier has `partial_fit` for the stochastic solvers only, so that `hasattr` tells."""
    found = {solver: hasattr(OURS["classifier"](solver=solver), "partial_fit") for solver in ("sgd", "adam", "lbfgs")}
    assert found == {"sgd": True, "adam": True, "lbfgs": False}


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_convergence_is_a_warning(kind: str, solver: str) -> None:
    """Too few iterations are scikit-learn's `ConvergenceWarning`, which callers filter by class."""
    found = data("iris" if kind == "classifier" else "diabetes")
    with pytest.warns(ConvergenceWarning):
        OURS[kind](max_iter=1, solver=solver, random_state=0).fit(found.X, found.y)


class Impatient(io.StringIO):
    """A screen whose reader presses Control-C at the second epoch."""

    def write(self, text: str) -> int:
        if "Iteration 2" in text:
            raise KeyboardInterrupt
        return super().write(text)


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupted_fit_keeps_what_it_has(kind: str) -> None:
    """Control-C ends the fit with a warning and a model that predicts and knows how far it came."""
    found = data("iris" if kind == "classifier" else "diabetes")

    def told(cls: type[Any]) -> tuple[str, int, int]:
        model = cls(verbose=True, random_state=0, max_iter=9, hidden_layer_sizes=(3,))
        with pytest.warns(UserWarning, match="interrupted") as caught, contextlib.redirect_stdout(Impatient()):
            model.fit(found.X, found.y)
        assert model.predict(found.X).shape == found.y.shape
        return str(caught[0].message), model.n_iter_, len(model.loss_curve_)

    assert told(OURS[kind]) == told(THEIRS[kind])
