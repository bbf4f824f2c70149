"""The comparison with scikit-learn catches what it should: wrong classes made of scikit-learn's own fail in it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from jobs import rounded
from sklearn_cases import CASES, KINDS, QUICK, SGD, THEIRS, Case
from sklearn_harness import distance, gaps

ROUNDED = {"classifier": rounded.MLPClassifier, "regressor": rounded.MLPRegressor}
PAIRS = [(kind, name) for kind in KINDS for name in inspect.signature(THEIRS[kind]).parameters if name != "verbose"]


def is_caught(cls: type[Any], cases: Iterable[Case]) -> bool:
    """Return whether one of the cases finds a figure of the class wrong."""
    return any(gap.wrong for case in cases for gap in gaps(case, cls))


def deaf_to(name: str, cls: type[Any]) -> type[Any]:
    """Return a class that takes a parameter and trains with its default."""
    default = inspect.signature(cls).parameters[name].default

    class Deaf(cls):  # type: ignore[misc]
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            given = getattr(self, name)
            setattr(self, name, default)
            try:
                return super().fit(X, y, sample_weight)
            finally:
                setattr(self, name, given)

    return Deaf


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_a_class_deaf_to_a_parameter_is_caught(kind: str, name: str) -> None:
    """For every parameter a case of the table fails for a class that trains with the default in its place."""
    cls = THEIRS[kind]
    usual = QUICK | {"random_state": 0, "warm_start": False}
    mine = [case for case in CASES if case.kind == kind]
    mine = [
        case
        for case in mine
        if name in case.options or (name in usual) or (name == "warm_start" and case.how == "warm")
    ]
    if name == "warm_start":
        mine = [case for case in mine if case.how == "warm"]
    assert mine
    assert is_caught(deaf_to(name, cls), mine)


def _drifts(cls: type[Any]) -> type[Any]:
    """Parameters that are off by a few millionths."""

    class Drifts(cls):  # type: ignore[misc]
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            super().fit(X, y, sample_weight)
            self.coefs_ = [(1 + 3e-6) * W for W in self.coefs_]
            return self

    return Drifts


def _counts_epochs(cls: type[Any]) -> type[Any]:
    """`t_` in epochs where scikit-learn counts samples."""

    class CountsEpochs(cls):  # type: ignore[misc]
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            super().fit(X, y, sample_weight)
            self.t_ = self.n_iter_
            return self

    return CountsEpochs


def _keeps_last(cls: type[Any]) -> type[Any]:
    """Early stopping that ends with the last parameters where scikit-learn goes back to the best."""

    class KeepsLast(cls):  # type: ignore[misc]
        def _update_no_improvement_count(self, *args: Any, **kwargs: Any) -> None:
            super()._update_no_improvement_count(*args, **kwargs)
            self._best_coefs = [W.copy() for W in self.coefs_]
            self._best_intercepts = [b.copy() for b in self.intercepts_]

    return KeepsLast


def _weighs_nothing(cls: type[Any]) -> type[Any]:
    """Weights of samples that are taken and forgotten."""

    class WeighsNothing(cls):  # type: ignore[misc]
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            return super().fit(X, y)

    return WeighsNothing


def _doubles(cls: type[Any]) -> type[Any]:
    """Predictions in float64 from a network in float32."""

    class Doubles(cls):  # type: ignore[misc]
        def predict(self, X: Any) -> np.ndarray:
            found = super().predict(X)
            return found.astype(np.float64) if found.dtype.kind == "f" else found

        def predict_proba(self, X: Any) -> np.ndarray:
            return super().predict_proba(X).astype(np.float64)

    return Doubles


def _is_silent(cls: type[Any]) -> type[Any]:
    """No warning where the epochs did not suffice."""

    class IsSilent(cls):  # type: ignore[misc]
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return super().fit(X, y, sample_weight)

    return IsSilent


def _forgets_momentum(cls: type[Any]) -> type[Any]:
    """An optimizer that starts afresh at every `partial_fit`."""

    class ForgetsMomentum(cls):  # type: ignore[misc]
        def partial_fit(self, *args: Any, **kwargs: Any) -> Any:
            vars(self).pop("_optimizer", None)
            return super().partial_fit(*args, **kwargs)

    return ForgetsMomentum


EARLY_STOP = {"solver": "sgd", "learning_rate_init": 0.1, "early_stopping": True}
MUTANTS: list[tuple[Callable[[type[Any]], type[Any]], dict[str, Any]]] = [
    (_drifts, {"options": SGD}),
    (_drifts, {"options": {"solver": "adam"}}),
    (_counts_epochs, {"options": SGD}),
    (_keeps_last, {"options": EARLY_STOP}),
    (_weighs_nothing, {"options": SGD, "weighted": True}),
    (_doubles, {"options": SGD, "dtype": "float32"}),
    (_is_silent, {"options": SGD}),
    (_forgets_momentum, {"options": SGD, "how": "partial_fit"}),
]


@pytest.mark.parametrize(("mutant", "setting"), MUTANTS, ids=lambda value: getattr(value, "__name__", "")[1:])
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_class_is_caught(kind: str, mutant: Callable[[type[Any]], type[Any]], setting: dict[str, Any]) -> None:
    """A class with one mistake fails in a setting where scikit-learn's own passes."""
    case = Case(kind, "iris" if kind == "classifier" else "diabetes", **setting)
    assert not is_caught(THEIRS[kind], [case])
    assert is_caught(mutant(THEIRS[kind]), [case])


@pytest.mark.parametrize("case", CASES[::6], ids=lambda case: case.name)
def test_a_right_class_passes(case: Case) -> None:
    """A class whose losses and gradients are rounded otherwise passes: the tolerance asks for no more than can be had."""
    wrong = [gap for gap in gaps(case, ROUNDED[case.kind]) if gap.wrong]
    assert not wrong


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([1.0], [1.0, 1.0]),
        (1.0, None),
        ("missing", 1.0),
        (np.zeros(2), np.zeros((2, 1))),
        ([np.zeros(2)], [np.zeros(3)]),
        (3, 3.0),
        (np.array(["a"], dtype=object), np.array(["b"], dtype=object)),
        (np.array([1]), [1]),
    ],
)
def test_figures_of_another_make_are_far_apart(found: Any, expected: Any) -> None:
    """Another type, shape or word is no small difference."""
    assert distance(found, expected) == np.inf


def test_distance_is_a_share_of_the_largest_number() -> None:
    """A difference counts in units of the largest expected number, and NaN at one side only is never small."""
    assert distance([np.array([1.0, 100.0])], [np.array([2.0, 100.0])]) == pytest.approx(0.01)
    assert distance([np.nan], [np.nan]) == 0.0
    assert not distance([np.nan], [1.0]) <= 1.0
