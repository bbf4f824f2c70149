"""Typical training rows, which a model keeps so that it can say why a row is not predicted as most are."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import FormatError
from glassnet.tabular.encoding.category_coder import CodeCoder
from glassnet.tabular.encoding.coders import NumberCoder
from glassnet.tabular.encoding.encoder import TableEncoder, placed_coders
from glassnet.tabular.predictor import Predictor

__all__ = ["read_background", "typical_rows"]

_MOST = 20  # typical rows
_FEWEST_ROWS = 10  # whose cells one of them is made of, if there are as many
_ROWS_LOOKED_AT = 1000
_MOST_NUMBERS = 20_000  # kept in all
_TRIES = 50  # rows that are put together for one that is kept


def typical_rows(
    model: Predictor, X: np.ndarray, weight: np.ndarray | None = None, most: int = _ROWS_LOOKED_AT
) -> np.ndarray:
    """Return encoded rows whose predictions are on average those of the training rows, float32 of shape (m, d).

    Training rows are ordered by their prediction, the label and its probability or the number, and divided into at
    most 20 groups of equal weight, of about 10 rows each or more. From each group comes one row, whose cells are taken
    from rows of the group, each column from another one at random, with numbers between two of them: so no single row
    of the training can be read from it. Of 50 such rows the one is kept whose prediction brings the average nearest.

    Parameters
    ----------
    model : Predictor
        Predicts for the rows.
    X : ndarray of shape (n, d)
        Encoded training rows.
    weight : ndarray of shape (n,), optional
        Their weights.
    most : int, default=1000
        Rows that are looked at, at most, and rows that are put together.
    """
    step = -(-len(X) // most)
    X = X[::step]
    weight = np.ones(len(X)) if weight is None else weight[::step].astype(np.float64)
    answers = model.answers(X).astype(np.float64)
    groups = _groups(model, answers, weight, _MOST_NUMBERS // max(1, X.shape[1]))
    tries = max(1, min(_TRIES, most // len(groups)))
    rng = np.random.default_rng(0)
    kept, missing = [], np.zeros(answers.shape[1])  # what the predictions of rows kept so far lack
    for rows in groups:
        share = weight[rows] / weight[rows].sum()
        missing += share @ answers[rows]
        made = _put_together(model.encoder, X[rows], share, tries, rng)
        found = model.answers(made).astype(np.float64)
        best = int(((found - missing) ** 2).sum(axis=1).argmin())
        missing -= found[best]
        kept.append(made[best])
    return np.array([[float(f"{value:.6g}") for value in row] for row in kept], dtype=np.float32)


def _groups(model: Predictor, answers: np.ndarray, weight: np.ndarray, most: int) -> list[np.ndarray]:
    """Return the positions of rows that are predicted alike, in groups of equal weight, at most ``most`` of them."""
    first = answers.argmax(axis=1) if model.target.labels else np.zeros(len(answers))
    second = answers.max(axis=1) if model.target.labels else model.numbers(answers)
    order = np.lexsort((second, first))
    n_rows = int(weight.sum() ** 2 / (weight**2).sum() + 1e-6)  # fewer where some weigh much more than others
    n_groups = max(1, min(_MOST, n_rows // _FEWEST_ROWS, most))
    middles = np.cumsum(weight[order]) - weight[order] / 2.0
    groups = np.minimum((middles / weight.sum() * n_groups).astype(np.int64), n_groups - 1)
    return [order[groups == i] for i in np.unique(groups)]


def _put_together(
    encoder: TableEncoder, X: np.ndarray, share: np.ndarray, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Return n rows, each with the cells of rows of X (m, d), which are chosen by their ``share`` (m,)."""
    made = np.empty((n, X.shape[1]))
    for coder, places in placed_coders(encoder):
        cells = X[:, places].astype(np.float64)
        chosen = rng.choice(len(X), n, p=share)
        made[:, places] = cells[chosen]
        if isinstance(coder, NumberCoder):
            made[:, places] = _between(cells, chosen, share, rng.random(n)[:, None])
    return made.astype(np.float32)


def _between(cells: np.ndarray, chosen: np.ndarray, share: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return numbers from the chosen cells up to the next larger one; a missing cell, which has a flag, as it is."""
    order = np.lexsort(cells.T)  # by the flag first, which is the last feature
    following = np.append(order[1:], order[-1])
    after = np.empty(len(order), dtype=np.int64)
    after[order] = following
    after = np.where((cells[:, 1:] == cells[after, 1:]).all(axis=1), after, np.arange(len(cells)))[chosen]
    near, far = (1.0 - part) * share[chosen, None], part * share[after, None]
    return np.asarray((near * cells[chosen] + far * cells[after]) / (near + far))


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
