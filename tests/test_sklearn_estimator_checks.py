"""scikit-learn's checks of what an estimator must do, on ours: as many pass as for scikit-learn's own perceptrons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

from sklearn_cases import KINDS, OURS, THEIRS

# The checks fit hundreds of times and want fair scores; for its own perceptrons scikit-learn too sets `max_iter=100`.
SHORT: dict[str, Any] = {"max_iter": 100, "hidden_layer_sizes": (20,)}
SGD = SHORT | {"solver": "sgd", "learning_rate_init": 0.02}
LBFGS = SHORT | {"solver": "lbfgs"}
# Here scikit-learn's own fail some: a tenth of very few rows is no validation set, and `partial_fit` is refused.
EARLY = SHORT | {"early_stopping": True, "n_iter_no_change": 3}
OTHERS: list[dict[str, Any]] = [
    SHORT | {"activation": "logistic", "learning_rate_init": 0.05},
    SGD | {"learning_rate": "adaptive", "activation": "tanh"},
    SGD | {"momentum": 0.0, "learning_rate": "invscaling", "power_t": 0.1},
    SHORT | {"warm_start": True},
    LBFGS | {"hidden_layer_sizes": (), "activation": "identity"},
]

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::sklearn.exceptions.SkipTestWarning"
)


Check = Callable[[Any], None]


def name_of(value: Any) -> str:
    """Return a test's id: the class and its solver, or the check with what it is told beside the estimator."""
    if not callable(value):
        return f"{type(value).__name__}-{value.solver}"
    options = [f"{key}={option}" for key, option in getattr(value, "keywords", {}).items()]
    return "-".join([getattr(value, "func", value).__name__, *options])


# What `parametrize_with_checks` goes through, as a list: pytest takes no generators any more, and scikit-learn 1.7 has one.
CHECKS = [
    pair for kind in KINDS for setting in (SGD, LBFGS) for pair in estimator_checks_generator(OURS[kind](**setting))
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=name_of)
def test_scikit_learns_checks(estimator: Any, check: Check) -> None:
    """Each check passes, where none is marked as expected to fail."""
    with np.errstate(divide="ignore"):  # some ask for the logarithm of a probability that is 0
        check(estimator)


@pytest.mark.parametrize("kind", KINDS)
def test_check_estimator_raises_nothing(kind: str) -> None:
    """`check_estimator` is content with the class and its default solver, and nothing is expected to fail."""
    found = check_estimator(OURS[kind](**SHORT), on_fail="raise")
    assert {result["status"] for result in found} <= {"passed", "skipped"}
    assert len(found) > 50


def verdicts(cls: type[Any], setting: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the name and the outcome of each check, in order.

    Left out: the checks of ``class_weight``, which scikit-learn's own do not have; and whether a row of weight 2 equals
    two rows, for which scikit-learn sets other parameters in its own classes.
    """
    found = check_estimator(cls(**setting), on_fail=None, on_skip=None)
    left_out = ("check_sample_weight_equivalence", "class_weight")
    names = [(result["check_name"], result["status"]) for result in found]
    return [(name, status) for name, status in names if not any(word in name for word in left_out)]


# Slow: each takes up to 8 seconds; the default run has one of them, and the checks above.
VERDICTS = [("classifier", EARLY)]
SLOW_VERDICTS = [(kind, setting) for kind in KINDS for setting in [EARLY, *OTHERS] if (kind, setting) not in VERDICTS]


@pytest.mark.parametrize(
    ("kind", "setting"), [*VERDICTS, *(pytest.param(*pair, marks=pytest.mark.slow) for pair in SLOW_VERDICTS)], ids=str
)
def test_same_verdicts(kind: str, setting: dict[str, Any]) -> None:
    """In other settings what passes or is skipped for scikit-learn's own class does so for ours."""
    ours, theirs = verdicts(OURS[kind], setting), verdicts(THEIRS[kind], setting)
    assert [name for name, _ in ours] == [name for name, _ in theirs]
    worse = [pair for pair, (_, their_status) in zip(ours, theirs, strict=True) if pair[1] != their_status != "failed"]
    assert worse == []


@pytest.mark.parametrize("kind", KINDS)
def test_same_tags(kind: str) -> None:
    """What the class says of itself is what scikit-learn's says: sparse input, several labels, several outputs."""
    assert get_tags(OURS[kind]()) == get_tags(THEIRS[kind]())
