"""Fit two classes alike and say where their figures part, by more than rounding explains.

A figure may differ by the larger of a fixed share of its size and a hundred times scikit-learn's own response to a
change of one unit in the last place of `X`: what the setting itself blows up is no fault of the other class.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse

from sklearn_cases import QUICK, THEIRS, Case, data

SHARES = {"float64": 1e-6, "float32": 1e-3, "given": 1e-6}
LBFGS_SHARE = 1e-4
RESPONSES = 100.0
# A case that multiplies one unit in the last place to this much compares nothing, and does not belong in the table.
USELESS = 0.05

# What scikit-learn's own lacks, as a loss curve with L-BFGS, ours may have.
MISSING = "missing"

Figures = dict[str, Any]


class Gap(NamedTuple):
    """How far one figure is from scikit-learn's and how far it may be."""

    figure: str
    found: float
    allowed: float
    by: str

    @property
    def wrong(self) -> bool:
        """Whether the figure differs by more than it may; NaN is wrong."""
        return not self.found <= self.allowed


def weights_of(case: Case) -> dict[str, Any]:
    """Return keyword arguments for `fit`: weights between 0 and 2, every ninth 0, or none."""
    if not case.weighted:
        return {}
    weight = np.random.default_rng(3).uniform(0.0, 2.0, data(case.data).X.shape[0])
    weight[::9] = 0.0
    return {"sample_weight": weight}


def rows_of(case: Case, nudged: bool = False) -> Any:
    """Return `X` as the case wants it, each number one unit in the last place larger if `nudged`."""
    X = data(case.data).X
    if case.dtype == "given":
        return X.astype(np.float64) if nudged else X
    X = X.astype(case.dtype)
    if scipy.sparse.issparse(X):
        X.data = np.nextafter(X.data, X.dtype.type(np.inf)) if nudged else X.data
        return X
    return np.asarray(np.nextafter(X, X.dtype.type(np.inf)) if nudged else X, order=case.order)


def _fit(est: Any, X: Any, y: Any, first: dict[str, Any], weights: dict[str, Any]) -> None:
    est.fit(X, y, **weights)


def _fit_twice(est: Any, X: Any, y: Any, first: dict[str, Any], weights: dict[str, Any]) -> None:
    est.fit(X, y, **weights).fit(X, y, **weights)


def _warm(est: Any, X: Any, y: Any, first: dict[str, Any], weights: dict[str, Any]) -> None:
    est.set_params(warm_start=True).fit(X, y, **weights).fit(X, y, **weights)


def _warm_longer(est: Any, X: Any, y: Any, first: dict[str, Any], weights: dict[str, Any]) -> None:
    _warm(est.set_params(max_iter=4), X, y, first, weights)
    est.set_params(max_iter=8, alpha=0.01, learning_rate_init=0.05).fit(X, y, **weights)


def _partial_fit(est: Any, X: Any, y: Any, first: dict[str, Any], weights: dict[str, Any]) -> None:
    est.partial_fit(X, y, **first, **weights)
    for _ in range(6):
        est.partial_fit(X, y, **weights)


def _partial_fit_parts(est: Any, X: Any, y: Any, first: dict[str, Any], weights: dict[str, Any]) -> None:
    """Parts of several sizes in the data's order, so that a part need not hold every class."""
    for start, stop in [(0, 40), (40, 90), (90, 110), (30, 110)]:
        est.partial_fit(X[start:stop], y[start:stop], **(first if start == 0 else {}))


def _fit_then_partial_fit(est: Any, X: Any, y: Any, first: dict[str, Any], weights: dict[str, Any]) -> None:
    est.set_params(max_iter=4).fit(X, y, **weights)
    est.partial_fit(X, y, **weights).partial_fit(X, y, **weights)


def _partial_fit_then_fit(est: Any, X: Any, y: Any, first: dict[str, Any], weights: dict[str, Any]) -> None:
    est.partial_fit(X, y, **first, **weights)
    est.set_params(max_iter=4).fit(X, y, **weights)


FITS: dict[str, Callable[..., None]] = {
    "fit": _fit,
    "fit twice": _fit_twice,
    "warm": _warm,
    "warm longer": _warm_longer,
    "partial_fit": _partial_fit,
    "partial_fit parts": _partial_fit_parts,
    "fit then partial_fit": _fit_then_partial_fit,
    "partial_fit then fit": _partial_fit_then_fit,
}


OWN_WARNING = "PoorFitWarning"


@contextlib.contextmanager
def _watched(told: list[str]) -> Iterator[None]:
    """Collect the warnings of a fit as kind and text, in order, but for the one that scikit-learn does not have."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    told += [
        f"{warning.category.__name__}: {warning.message}"
        for warning in caught
        if warning.category.__name__ != OWN_WARNING
    ]


def build(case: Case, cls: type[Any]) -> Any:
    """Return an unfitted estimator with the options of the case."""
    options = {"random_state": 0} | QUICK | case.options
    return cls(**{key: value() if callable(value) else value for key, value in options.items()})


def figures(case: Case, cls: type[Any], nudged: bool = False) -> Figures:
    """Return everything that a fit of the case says about itself."""
    est, X, told = build(case, cls), rows_of(case, nudged), []
    first = {"classes": data(case.data).classes} if case.kind == "classifier" else {}
    said = io.StringIO()
    with _watched(told), contextlib.redirect_stdout(said):
        FITS[case.how](est, X, data(case.data).y, first, weights_of(case))
    return read(est, X, case.kind) | {"warnings": told, "printed": said.getvalue()}


NUMBERS = (
    "loss_",
    "loss_curve_",
    "coefs_",
    "intercepts_",
    "validation_scores_",
    "best_loss_",
    "best_validation_score_",
)
EXACT = (
    "t_",
    "n_iter_",
    "n_layers_",
    "n_outputs_",
    "n_features_in_",
    "out_activation_",
    "classes_",
    "_no_improvement_count",
)


MAKES = (*EXACT[2:], "t_", "dtypes", "dtype of predict", "dtype of predict_proba")


def read(est: Any, X: Any, kind: str) -> Figures:
    """Return the figures of a fitted estimator by name; what it lacks is `MISSING`."""
    found = {name: getattr(est, name, MISSING) for name in NUMBERS + EXACT}
    found["dtypes"] = [array.dtype.name for array in [*est.coefs_, *est.intercepts_]]
    found["predict"] = predicted = est.predict(X)
    found["dtype of predict"] = np.asarray(predicted).dtype.str
    if kind == "classifier":
        found["predict_proba"] = proba = est.predict_proba(X)
        found["dtype of predict_proba"] = proba.dtype.str
        with np.errstate(divide="ignore"):
            found["predict_log_proba"] = np.maximum(est.predict_log_proba(X), -30.0)
    return found


def _is_number(value: Any) -> bool:
    """Whether a figure is to be compared as numbers: floats, arrays of floats, lists of either."""
    if isinstance(value, list):
        return bool(value) and all(_is_number(part) for part in value)
    return isinstance(value, float | np.ndarray | np.floating) and np.asarray(value).dtype.kind == "f"


def _flat(value: Any) -> np.ndarray:
    if isinstance(value, list):
        return np.concatenate([_flat(part) for part in value])
    return np.asarray(value, dtype=np.float64).ravel()


def _shape(value: Any) -> Any:
    return [_shape(part) for part in value] if isinstance(value, list) else np.shape(value)


def distance(found: Any, expected: Any) -> float:
    """Return the largest difference as a share of the largest number; infinity where the two are of another make."""
    if not (_is_number(found) and _is_number(expected)):
        same_make = type(found) is type(expected) and _shape(found) == _shape(expected)
        return 0.0 if same_make and np.array_equal(found, expected) else np.inf
    if _shape(found) != _shape(expected):
        return np.inf
    left, right = _flat(found), _flat(expected)
    if np.array_equal(left, right, equal_nan=True):
        return 0.0
    with np.errstate(invalid="ignore"):  # the difference of two infinities is NaN, and NaN is wrong
        difference = np.max(np.abs(left - right))
    return float(difference / max(np.max(np.abs(right)), np.finfo(np.float64).tiny))


def gaps(case: Case, cls: type[Any], theirs: type[Any] | None = None) -> list[Gap]:
    """Return how far each figure of `cls` is from scikit-learn's, and how far it may be."""
    theirs = theirs or THEIRS[case.kind]
    with np.errstate(all="ignore"):
        expected, nudged = figures(case, theirs), figures(case, theirs, nudged=True)
    found = figures(case, cls)
    share = LBFGS_SHARE if case.options.get("solver") == "lbfgs" else SHARES[case.dtype]
    names = [name for name, value in expected.items() if not isinstance(value, str) or value != MISSING]
    if case.options.get("solver") == "lbfgs" and case.dtype == "float32":
        # There scikit-learn computes in float32, in whose rounding the line search gets lost; ours keeps to float64.
        names = [name for name in names if name in MAKES]
    return [_gap(name, found[name], expected[name], nudged[name], share) for name in names]


def _gap(name: str, found: Any, expected: Any, nudged: Any, share: float) -> Gap:
    if not _is_number(expected):
        return Gap(name, distance(found, expected), 0.0, "equality")
    response = RESPONSES * distance(nudged, expected)
    if response > USELESS:
        return Gap(name, np.inf, response, "a useless case: choose one that blows rounding up less")
    by = "the share" if share >= response else "the response"
    return Gap(name, distance(found, expected), max(share, response), by)
