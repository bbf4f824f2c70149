"""Which rows of an estimator's fit choose the epoch: a splitter of scikit-learn's, folds, and groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, DataError
from glassnet.populations.folds import Fold, given_fold
from glassnet.tabular.estimators.inputs import as_array
from glassnet.tabular.fitting.options import FitOptions, Rows
from glassnet.tabular.reading.frames import column_from_values
from glassnet.tabular.splitting.by_column import group_numbers

__all__ = ["divided", "folds_of", "group_of_rows", "refuse_two_divisions"]


def refuse_two_divisions(where: str, given: dict[str, bool]) -> None:
    """Raise an error if rows would be divided in two ways; ``given`` says which of the parameters were passed."""
    pairs = (
        ("validation_data", "n_folds"),
        ("validation_data", "cv"),
        ("n_folds", "cv"),
        ("validation_data", "groups"),
    )
    for one, other in pairs:
        if given[one] and given[other]:
            message = f"{where}: {one} and {other} are both given; only one of them may be. Pass one."
            raise ConfigError(message)


def group_of_rows(where: str, groups: Any, n: int) -> np.ndarray | None:
    """Return a whole number for the group of each row; None without groups.

    Examples
    --------
    >>> group_of_rows("fit", ["b", "a", "b"], 3).tolist()
    [0, 1, 0]
    """
    if groups is None:
        return None
    values = as_array(groups)
    if values is None or values.shape != (n,):
        got = "rows of different lengths" if values is None else f"shape {values.shape}"
        message = f"{where}: groups has {got}; it must have one entry for each of {n} rows."
        raise DataError(message, expected=n, got=got)
    if values.dtype.kind in "biu":  # as they are: as float64 large ones would be merged
        return np.unique(values, return_inverse=True)[1].astype(np.int64)
    cells = values.tolist() if values.dtype.kind == "O" else values
    return group_numbers(where, column_from_values("groups", cells, where))


def folds_of(where: str, cv: Any, X: Any, y: np.ndarray, groups: Any, kept: np.ndarray) -> list[Fold]:
    """Return the training and validation rows of each split of ``cv``, numbered among the rows that are ``kept``.

    ``cv`` is a splitter of scikit-learn's, which is given X, y and groups, or an iterable of pairs of row numbers.

    Examples
    --------
    >>> folds_of("fit", [([0, 1, 2], [3, 4])], None, np.zeros(5), None, np.array([True, False, True, True, True]))
    [(array([0, 1]), array([2, 3]))]
    """
    n = len(kept)
    is_text = isinstance(cv, (str, bytes))  # which has a method split, too
    if hasattr(cv, "split") and not is_text:
        table = X if getattr(X, "shape", (None,))[0] == n else np.zeros((n, 1))
        given = list(cv.split(table, y, groups))
    elif is_text or not isinstance(cv, Iterable):
        must = "it must be a splitter such as GroupShuffleSplit(n_splits=1), or pairs of row numbers"
        message = f"{where}: cv is {cv!r}; {must}."
        raise ConfigError(message, expected=must, got=cv)
    else:
        given = list(cv)
    if not given:
        message = f"{where}: cv has no splits; it must have at least one."
        raise ConfigError(message, got=cv)
    place = np.cumsum(kept) - 1
    found = []
    for pair in given:
        train, valid = (place[rows[kept[rows]]] for rows in given_fold(f"{where}: each split of cv", n, pair))
        if len(train) < 2 or not len(valid):
            must = "each split of cv must have rows of a weight above 0, two to train on and one to validate"
            message = f"{where}: a split of cv has {len(train)} and {len(valid)}; {must}."
            raise DataError(message, expected=must, got=(len(train), len(valid)))
        found.append((train, valid))
    return found


def divided(rows: Rows, folds: list[Fold], options: FitOptions) -> tuple[Rows, Rows | None, FitOptions]:
    """Return rows to train on, rows that choose the epoch, and the options, for the splits of `folds_of`.

    One split holds its validation rows out; of several, each is a fold with a network of its own.
    """
    if len(folds) == 1:
        train, valid = folds[0]
        return rows.take(train), rows.take(valid), options
    return rows, None, replace(options, n_folds=len(folds), folds=folds) if folds else options
