"""Boosted trees of other libraries, with their defaults: the rows they are trained on, and their answers."""

from __future__ import annotations

import importlib
import importlib.util
import pickle
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from glassnet.tabular import Column, Table
from glassnet.tabular.encoding.encoder import TableEncoder, placed_coders
from glassnet.tabular.fitting.options import Rows

__all__ = ["BOOSTING", "LEAST_PROBABILITY", "Boosting", "Fitted", "TreeInputs", "fit_boosting", "is_installed"]

_MOST_CATEGORIES = 254  # of a column in HistGradientBoosting, with one number left for all others
_TIMED_ROUNDS, _ROUNDS = 3, 100
# On small tables a second thread only waits for the first, for seconds where the cores are busy.
_SMALL = 300_000  # cells times classes
_LARGE = 3_000_000  # cells times classes of a training whose time is measured first
LEAST_PROBABILITY = float(np.finfo(np.float32).eps)
"""What a probability counts as, at least: trees give 0 to classes, and one such row makes the log loss infinite."""


class Boosting(NamedTuple):
    """A library's boosted trees: where they come from, and a function that makes them for a task."""

    title: str
    package: str  # to be imported
    install: str  # what pip calls it
    make: Callable[[bool, int, int, list[int]], Any]  # classifies, seed, rounds, the columns of categories
    names_categories: bool = False  # when it is trained, and not when it is made

    def fit(self, X: np.ndarray, y: np.ndarray, seed: int, rounds: int, categories: list[int], *, classes: bool) -> Any:
        """Return trees that were trained in so many rounds."""
        named: dict[str, Any] = {"categorical_feature": categories} if self.names_categories and categories else {}
        model = self.make(classes, seed, rounds, categories)
        if X.size * (len(np.unique(y)) if classes else 1) < _SMALL and "n_jobs" in model.get_params():
            model.set_params(n_jobs=1)
        return model.fit(X, y, **named)


def _hist(classifies: bool, seed: int, rounds: int, categories: list[int]) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if classifies else HistGradientBoostingRegressor
    return kind(max_iter=rounds, random_state=seed, categorical_features=categories or None)


def _lightgbm(classifies: bool, seed: int, rounds: int, categories: list[int]) -> Any:
    import lightgbm

    kind = lightgbm.LGBMClassifier if classifies else lightgbm.LGBMRegressor
    return kind(n_estimators=rounds, random_state=seed, verbose=-1)


BOOSTING = {
    "histgb": Boosting("HistGradientBoosting", "sklearn.ensemble", "scikit-learn", _hist),
    "lightgbm": Boosting("LightGBM", "lightgbm", "lightgbm", _lightgbm, names_categories=True),
}
"""What is compared where it is installed, by the name that an option has for it."""


class TreeInputs:
    """Turns the rows of a table into numbers for trees: numbers and categories as they are, missing ones NaN.

    They are the columns that the networks use too. Categories are numbered, the most frequent first; of more than 254
    the others share a number, and one that no training row has is missing. Dates have the features of the networks.

    Parameters
    ----------
    encoder : TableEncoder
        Fitted on the training rows of the networks.
    table : Table
        The rows that trees are trained on.
    """

    def __init__(self, encoder: TableEncoder, table: Table) -> None:
        self._encoder = encoder
        self.categories: list[int] = []  # the places of columns of categories
        self._codes: dict[str, dict[Any, int]] = {}
        place = 0
        for coder, span in placed_coders(encoder):
            column = table[coder.name]
            if column.kind == "category":
                self._codes[coder.name] = _numbered(column)
                self.categories.append(place)
            place += span.stop - span.start if column.kind == "date" else 1

    def transform(self, table: Table) -> np.ndarray:
        """Return the features of rows, float64 (n, d)."""
        encoded = None
        parts = []
        for coder, span in placed_coders(self._encoder):
            column = table[coder.name]
            if column.kind == "date":
                encoded = self._encoder.transform(table) if encoded is None else encoded
                parts.append(np.where(column.missing[:, None], np.nan, encoded[:, span].astype(np.float64)))
            elif coder.name in self._codes:
                codes = self._codes[coder.name]
                parts.append(_coded(column, codes)[:, None])
            else:
                values = column.values.astype(np.float64)
                parts.append(np.where(column.missing | ~np.isfinite(values), np.nan, values)[:, None])
        return np.concatenate(parts, axis=1)


def _numbered(column: Column) -> dict[Any, int]:
    """Return the number of each category, those of the most rows first."""
    ordered = [value for value, _ in Counter(column.present().tolist()).most_common()]
    return {value: min(i, _MOST_CATEGORIES) for i, value in enumerate(ordered)}


def _coded(column: Column, codes: dict[Any, int]) -> np.ndarray:
    found = [
        np.nan if gone else codes.get(value, np.nan) for value, gone in zip(column.values, column.missing, strict=True)
    ]
    return np.array(found, dtype=np.float64)


class Fitted(NamedTuple):
    """Trained trees: their answers for the test rows as `Answers` has them, seconds, and the bytes of their pickle."""

    given: np.ndarray
    seconds: float
    size: int


def is_installed(boosting: Boosting) -> bool:
    """Return whether its library can be found."""
    return importlib.util.find_spec(boosting.package.partition(".")[0]) is not None


def fit_boosting(
    boosting: Boosting, inputs: TreeInputs, train: Rows, y: np.ndarray, test: Table, n_classes: int, seed: int,
    left: float,
) -> Fitted | float:  # fmt: skip
    """Train trees and return their answers for test rows, or if there is no time the seconds it would take.

    Parameters
    ----------
    boosting : Boosting
        Which.
    inputs : TreeInputs
        Made for the rows of training.
    train : Rows
        Rows to train on.
    y : ndarray of shape (n,)
        Their class codes, or numbers.
    test : Table
        Rows to answer.
    n_classes : int
        0 for numbers.
    seed : int
        Of what is random.
    left : float
        Seconds that it may take, of large tables: it cannot be asked to stop.
    """
    importlib.import_module(boosting.package)  # which is no part of the training
    began = time.perf_counter()
    X, classifies = inputs.transform(train.inputs), n_classes > 0
    y = y if classifies else y.astype(np.float64)
    is_small = X.size * max(n_classes, 1) < _SMALL
    threads: Any = threadpool_limits(1, user_api="openmp") if is_small else nullcontext()
    with warnings.catch_warnings(), np.errstate(all="ignore"), threads:
        warnings.simplefilter("ignore")
        if X.size * max(n_classes, 1) > _LARGE:
            before = time.perf_counter()
            boosting.fit(X, y, seed, _TIMED_ROUNDS, inputs.categories, classes=classifies)
            needed = (time.perf_counter() - before) * _ROUNDS / _TIMED_ROUNDS
            if needed > left:
                return needed
        model = boosting.fit(X, y, seed, _ROUNDS, inputs.categories, classes=classifies)
        rows = inputs.transform(test)
        if not classifies:
            given = np.asarray(model.predict(rows), dtype=np.float64)
        else:
            given = np.full((len(rows), n_classes), LEAST_PROBABILITY)
            given[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(rows)
            given = np.log(np.clip(given, LEAST_PROBABILITY, 1.0))
    return Fitted(given, time.perf_counter() - began, len(pickle.dumps(model)))
