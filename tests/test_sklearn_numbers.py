"""The same numbers as scikit-learn's perceptrons, from the same `random_state`, in every setting."""

from __future__ import annotations

import inspect
import re
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sklearn_cases import CASES, KINDS, OURS, PRODUCT, SGD, THEIRS, Case
from sklearn_harness import figures, gaps


def named(case: Case) -> str:
    """Return the id of a case."""
    return case.name


def traits(case: Case) -> set[tuple[Any, ...]]:
    """Return what a case tries: each option's value with the solver, each way and dtype with the data, each data set."""
    solver = case.options["solver"]
    values = {(solver, key, "RandomState" if callable(value) else str(value)) for key, value in case.options.items()}
    settings = {(case.data, setting) for setting in (solver, case.how, case.dtype, case.weighted)}
    return (
        values | settings | {(solver, case.how), (case.kind, case.order)} | {(case.kind, key) for key in case.options}
    )


def a_third() -> set[str]:
    """Return the names of so many cases, in an order by lot, that all together try nothing that these do not."""
    seen: set[tuple[Any, ...]] = set()
    chosen = set()
    for case in sorted(CASES, key=lambda case: zlib.crc32(case.name.encode())):
        if traits(case) - seen:
            chosen.add(case.name)
            seen |= traits(case)
    return chosen


QUICK_CASES = a_third()
# Slow: two thirds of the cases, which only try the same options with other data and in other company.
SOME_CASES = [case if case.name in QUICK_CASES else pytest.param(case, marks=pytest.mark.slow) for case in CASES]


def check(case: Case, record: Callable[[str, object], None]) -> None:
    """Compare a case, and keep in the report of the run what each figure was allowed."""
    found = gaps(case, OURS[case.kind])
    for gap in found:
        record(gap.figure, f"{gap.found:.1e} of {gap.allowed:.1e} by {gap.by}")
    wrong = [f"{gap.figure}: {gap.found:.2e}, allowed {gap.allowed:.2e} by {gap.by}" for gap in found if gap.wrong]
    assert not wrong, "\n".join([case.name, *wrong])


@pytest.mark.parametrize("case", SOME_CASES, ids=named)
def test_same_numbers(case: Case, record_property: Callable[[str, object], None]) -> None:
    """Curve, parameters, predictions, counters, dtypes and warnings are scikit-learn's."""
    check(case, record_property)


@pytest.mark.slow  # thousands of fits
@pytest.mark.parametrize("case", PRODUCT, ids=named)
def test_same_numbers_in_the_cross_product(case: Case, record_property: Callable[[str, object], None]) -> None:
    """Options do not disturb each other."""
    check(case, record_property)


def test_a_third_tries_everything() -> None:
    """The default run has a third of the cases, among them every value of every option."""
    assert {trait for case in CASES if case.name in QUICK_CASES for trait in traits(case)} == {
        trait for case in CASES for trait in traits(case)
    }
    assert 0.3 < len(QUICK_CASES) / len(CASES) < 0.36


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
