"""Typical training rows, which a model keeps so that it can say why a row is not predicted as most are."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import FormatError
from glassnet.tabular.encoding.category_coder import CodeCoder
from glassnet.tabular.encoding.encoder import TableEncoder, placed_coders
from glassnet.tabular.predictor import Predictor

__all__ = ["read_background", "typical_rows"]

_MOST = 20  # typical rows
_FEWEST_ROWS = 10  # that one of them is the average of, if there are as many
_ROWS_LOOKED_AT = 1000
_MOST_NUMBERS = 20_000  # kept in all


def typical_rows(
    model: Predictor, X: np.ndarray, weight: np.ndarray | None = None, most: int = _ROWS_LOOKED_AT
) -> np.ndarray:
    """Return averages of groups of encoded training rows that are predicted alike, float32 of shape (m, d).

    Rows are ordered by their prediction, the label and its probability or the number, and divided into at most 20
    groups of equal weight, of about 10 rows each or more. So the predictions for the averages are on average about
    those for the rows, and no single row can be read from them. A code is not averaged: the most frequent one counts.

    Parameters
    ----------
    model : Predictor
        Predicts for the rows.
    X : ndarray of shape (n, d)
        Encoded training rows.
    weight : ndarray of shape (n,), optional
        Their weights.
    most : int, default=1000
        Rows that are looked at, at most.
    """
    step = -(-len(X) // most)
    X = X[::step]
    weight = np.ones(len(X)) if weight is None else weight[::step].astype(np.float64)
    answers = model.answers(X)
    first = answers.argmax(axis=1) if model.target.labels else np.zeros(len(X))
    second = answers.max(axis=1) if model.target.labels else model.numbers(answers)
    order = np.lexsort((second, first))
    n_rows = int(weight.sum() ** 2 / (weight**2).sum() + 1e-6)  # fewer where some weigh much more than others
    n_groups = max(1, min(_MOST, n_rows // _FEWEST_ROWS, _MOST_NUMBERS // max(1, X.shape[1])))
    middles = np.cumsum(weight[order]) - weight[order] / 2.0
    groups = np.minimum((middles / weight.sum() * n_groups).astype(np.int64), n_groups - 1)
    codes = _code_places(model.encoder)
    members = [order[groups == i] for i in np.unique(groups)]
    return np.stack([_typical(X[rows], weight[rows], codes) for rows in members])


def _code_places(encoder: TableEncoder) -> list[int]:
    """Return the features that are codes."""
    return [places.start for coder, places in placed_coders(encoder) if isinstance(coder, CodeCoder)]


def _typical(X: np.ndarray, weight: np.ndarray, codes: list[int]) -> np.ndarray:
    """Return the average of rows, rounded, with the most frequent code in place of an average."""
    row = np.average(X.astype(np.float64), axis=0, weights=weight)
    for place in codes:
        values, which = np.unique(X[:, place], return_inverse=True)
        row[place] = values[np.bincount(which, weights=weight).argmax()]
    return np.array([float(f"{value:.6g}") for value in row], dtype=np.float32)


def read_background(where: str, given: Any, encoder: TableEncoder) -> np.ndarray | None:
    """Return typical rows from a file; None if it has none, as files of earlier versions.

    Raises
    ------
    FormatError
        The entry does not hold rows for the encoder.
    """
    if given is None:
        return None
    d = len(encoder.feature_names)
    must = f"'background' must hold 1 to {_MOST} rows of {d} finite numbers"
    try:
        rows = np.array(given, dtype=np.float64) if isinstance(given, list) else np.empty(0)
    except (TypeError, ValueError, OverflowError):
        rows = np.empty(0)
    with np.errstate(over="ignore", under="ignore"):
        found = rows.astype(np.float32)
    valid = found.ndim == 2 and 1 <= len(found) <= _MOST and found.shape[1] == d and bool(np.isfinite(found).all())
    if not valid:
        message = f"{where}: 'background' is something else; {must}."
        raise FormatError(message, expected=must)
    for coder, places in placed_coders(encoder):
        if isinstance(coder, CodeCoder):
            values = found[:, places]
            if not np.isin(values, coder.first + np.arange(coder.n_codes)).all():
                message = f"{where}: 'background' holds unknown codes of {coder.name!r}; it must hold only known ones."
                raise FormatError(message, expected="codes")
    return found
