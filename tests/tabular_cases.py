"""A table with every kind of column, labels and numbers that follow from it, and estimators that are quick."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from glassnet.tabular import TabularClassifier, TabularRegressor

N = 90
SHORT: dict[str, Any] = {"epochs": 3, "threads": 1, "random_state": 0}


def columns(n: int = N) -> dict[str, list[Any]]:
    """Return numbers, text of few and of many values, booleans and dates, each with missing values."""
    rng = np.random.default_rng(5)
    found: dict[str, list[Any]] = {
        "size": rng.standard_normal(n).tolist(),
        "colour": [f"c{i}" for i in rng.integers(0, 4, n)],
        "town": [f"t{i:02d}" for i in rng.integers(0, 12, n)],
        "old": [bool(flag) for flag in rng.random(n) < 0.5],
        "seen": [dt.datetime(2024, 1, 1) + dt.timedelta(hours=int(hours)) for hours in rng.integers(0, 20_000, n)],
    }
    for j, values in enumerate(found.values()):
        for i in range(j, n, 11):
            values[i] = None
    return found


def labels(n: int = N) -> np.ndarray:
    """Return labels that follow from the columns."""
    found = columns(n)
    return np.array(
        [
            "big" if (x or 0.0) > 0 or c == "c1" else "small"
            for x, c in zip(*[found[k] for k in ("size", "colour")], strict=True)
        ]
    )


def numbers(n: int = N) -> np.ndarray:
    """Return numbers that follow from the columns."""
    found = columns(n)
    return np.array(
        [10.0 + 3.0 * (x or 0.0) + (c == "c1") for x, c in zip(found["size"], found["colour"], strict=True)]
    )


KINDS: dict[str, tuple[Any, Callable[..., np.ndarray]]] = {
    "classifier": (TabularClassifier, labels),
    "regressor": (TabularRegressor, numbers),
}


def answers(model: Any, X: Any) -> np.ndarray:
    """Return probabilities, or numbers."""
    return np.asarray(model.predict_proba(X) if is_classifier(model) else model.predict(X))
