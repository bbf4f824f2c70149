"""The same numbers as scikit-learn's perceptrons, from the same `random_state`, in every setting."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sklearn_cases import CASES, KINDS, OURS, PRODUCT, SGD, THEIRS, Case
from sklearn_harness import figures, gaps


def named(case: Case) -> str:
    """Return the id of a case."""
    return case.name


def check(case: Case, record: Callable[[str, object], None]) -> None:
    """Compare a case, and keep in the report of the run what each figure was allowed."""
    found = gaps(case, OURS[case.kind])
    for gap in found:
        record(gap.figure, f"{gap.found:.1e} of {gap.allowed:.1e} by {gap.by}")
    wrong = [f"{gap.figure}: {gap.found:.2e}, allowed {gap.allowed:.2e} by {gap.by}" for gap in found if gap.wrong]
    assert not wrong, "\n".join([case.name, *wrong])


@pytest.mark.parametrize("case", CASES, ids=named)
def test_same_numbers(case: Case, record_property: Callable[[str, object], None]) -> None:
    """Curve, parameters, predictions, counters, dtypes and warnings are scikit-learn's."""
    check(case, record_property)


@pytest.mark.slow
@pytest.mark.parametrize("case", PRODUCT, ids=named)
def test_same_numbers_in_the_cross_product(case: Case, record_property: Callable[[str, object], None]) -> None:
    """Options do not disturb each other."""
    check(case, record_property)


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_is_in_the_table(kind: str) -> None:
    """Each parameter of the installed scikit-learn has a case with another value than its default; `verbose` has a test."""
    parameters = inspect.signature(THEIRS[kind]).parameters
    changed = {
        key
        for case in CASES
        if case.kind == kind
        for key, value in ({"random_state": 0, "max_iter": 20} | case.options).items()
        if callable(value) or value != parameters[key].default
    }
    changed |= {"warm_start" for case in CASES if case.kind == kind and case.how == "warm"}
    assert set(parameters) - changed == {"verbose"}


@pytest.mark.parametrize("kind", KINDS)
def test_same_signature(kind: str) -> None:
    """The parameters come first, in scikit-learn's order, with its defaults and kinds."""
    theirs, ours = (inspect.signature(classes[kind]).parameters for classes in (THEIRS, OURS))
    shared = [(ours[key].name, ours[key].default, ours[key].kind) for key in ours if key in theirs]
    assert shared == [(value.name, value.default, value.kind) for value in theirs.values()]
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert {key for key in ours if ours[key].kind is positional} == {
        key for key in theirs if theirs[key].kind is positional
    }


@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict", "predict_proba", "predict_log_proba", "score"])
@pytest.mark.parametrize("kind", KINDS)
def test_same_methods(kind: str, method: str) -> None:
    """A method takes what scikit-learn's takes, or is missing where that is missing; more is optional and named."""
    if not hasattr(THEIRS[kind](), method):
        assert not hasattr(OURS[kind](), method)
        return
    ours, theirs = (inspect.signature(getattr(classes[kind](), method)) for classes in (OURS, THEIRS))
    same, more = [], []
    for p in ours.parameters.values():
        (same if p.name in theirs.parameters else more).append(p)
    assert [(p.name, p.default, p.kind) for p in same] == [
        (p.name, p.default, p.kind) for p in theirs.parameters.values()
    ]
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not p.empty for p in more)


@pytest.mark.parametrize("kind", KINDS)
def test_same_public_attributes(kind: str) -> None:
    """After a fit the attributes that end in one underscore are scikit-learn's."""
    case = Case(kind, "iris" if kind == "classifier" else "diabetes", SGD)

    def fitted(cls: type[Any]) -> set[str]:
        estimators: list[Any] = []

        class Kept(cls):  # type: ignore[misc]
            def fit(self, *args: Any, **kwargs: Any) -> Any:
                estimators.append(self)
                return super().fit(*args, **kwargs)

        figures(case, Kept)
        return {name for name in vars(estimators[0]) if re.fullmatch(r"[a-z].*[^_]_", name)}

    assert fitted(OURS[kind]) >= fitted(THEIRS[kind])


LOUD = [
    SGD | {"max_iter": 4},
    SGD | {"tol": 10.0, "n_iter_no_change": 2},
    SGD | {"tol": 10.0, "n_iter_no_change": 2, "learning_rate": "adaptive"},
    SGD | {"tol": 10.0, "n_iter_no_change": 1, "learning_rate": "adaptive", "max_iter": 60},
    SGD | {"early_stopping": True, "tol": 10.0, "n_iter_no_change": 2},
    {"verbose": 10, "max_iter": 3},
]


@pytest.mark.parametrize(
    "options", LOUD, ids=lambda options: "-".join(f"{key}={value}" for key, value in options.items())
)
@pytest.mark.parametrize("kind", KINDS)
def test_verbose_says_the_same(kind: str, options: dict[str, Any]) -> None:
    """What `verbose` prints has scikit-learn's words, and its numbers to the last but one printed place."""
    case = Case(kind, "iris" if kind == "classifier" else "diabetes", {"verbose": True} | options)
    ours, theirs = (figures(case, classes[kind])["printed"] for classes in (OURS, THEIRS))
    number = r"-?\d+(?:\.\d+)?|nan"
    assert re.sub(number, "#", ours) == re.sub(number, "#", theirs)
    left, right = ([float(word) for word in re.findall(number, text)] for text in (ours, theirs))
    np.testing.assert_allclose(left, right, rtol=1e-6, atol=2e-8)
    assert theirs
