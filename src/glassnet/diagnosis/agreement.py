"""The correlation of predictions with targets on rows that were not fitted to, and whether it is chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.case import Case, Data
from glassnet.diagnosis.linear_models import LinearModel, fit_linear
from glassnet.losses import SquaredError
from glassnet.training.class_weights import class_codes

__all__ = ["Agreement", "agreement_of_line", "agreement_of_network", "share_of_line"]

_MOST_OUTPUTS, _MOST_COLUMNS = 50, 100
_SURE, _ROWS_PER_COLUMN = 3.0, 3  # standard errors, and rows that a linear model needs at least
_FEWEST = 10  # rows to evaluate on


class Agreement(NamedTuple):
    """The correlation of answers with targets, over all outputs.

    Attributes
    ----------
    value : float
        0 by chance, and 1 at most.
    chance : float
        Its standard error where there is nothing but chance.
    """

    value: float
    chance: float

    @property
    def surely(self) -> float:
        """How many standard errors it is above 0."""
        return self.value / self.chance


def agreement_of_network(case: Case, Z: np.ndarray, data: Data) -> Agreement:
    """Return how far answers of the network, from their logits, go with the targets of some rows.

    Of classes it is their probabilities that count, not only the likeliest one.
    """
    return _agreement(case.loss.link(Z).reshape(len(Z), -1), _as_numbers(case, data[1]))


def agreement_of_line(case: Case, evaluated: Data) -> Agreement | None:
    """Return the same of a linear model that is fitted to training rows; None where that takes long.

    Parameters
    ----------
    case : Case
    evaluated : tuple
        Rows that are no training rows.
    """
    fitted = _line(case)
    if fitted is None:
        return None
    return _agreement(fitted[0].logits(_flat(evaluated[0])), _as_numbers(case, evaluated[1]))


def share_of_line(case: Case) -> float:
    """Return the share of the targets' variance that a linear model surely explains, of the output it does best.

    It is 0 where that may be chance, or is not known: with as many columns as rows a line fits anything.
    """
    fitted = _line(case)
    if fitted is None:
        return 0.0
    model, X, Y = fitted
    n, d = len(X), int(np.count_nonzero(np.ptp(X, axis=0) > 0.0))
    spreads = Y.var(axis=0)
    if d == 0 or n < _ROWS_PER_COLUMN * d or not spreads.any():
        return 0.0
    left = ((Y - model.logits(X)) ** 2).mean(axis=0)
    share = float(np.max(1.0 - left / np.where(spreads > 0.0, spreads, np.inf), where=spreads > 0.0, initial=0.0))
    # By chance n times the share is distributed as a sum of d squares.
    is_sure = n * share - d > (_SURE + np.sqrt(2.0 * np.log(Y.shape[1]))) * np.sqrt(2.0 * d)
    return max(0.0, 1.0 - (1.0 - share) * n / (n - d - 1.0)) if is_sure else 0.0


def _line(case: Case) -> tuple[LinearModel, np.ndarray, np.ndarray] | None:
    """Return a linear model of numbers, and the training rows with the targets that it is fitted to."""
    if int(np.prod(case.data[0].shape[1:])) > _MOST_COLUMNS or case.original.n_outputs > _MOST_OUTPUTS:
        return None
    X, y, _ = case.sample
    rows, Y = _flat(X), _as_numbers(case, y)
    model = fit_linear(SquaredError(), rows, Y, None) if np.isfinite(Y).all() else None
    return None if model is None else (model, rows, Y)


def _flat(X: np.ndarray) -> np.ndarray:
    return np.asarray(X.reshape(len(X), -1), dtype=np.float64)


def _as_numbers(case: Case, y: np.ndarray) -> np.ndarray:
    """Return targets in columns: of classes one each with 0 and 1."""
    codes = class_codes(case.loss, y)
    if codes is not None and y.ndim == 1:
        return np.asarray(np.eye(case.original.n_outputs)[codes])
    found: np.ndarray = y.reshape(len(y), -1).astype(np.float64)
    return found


def _agreement(answers: np.ndarray, targets: np.ndarray) -> Agreement:
    """Return the correlation over all columns, each of unit spread, and its standard error by chance."""
    n, k = len(targets), min(answers.shape[1], targets.shape[1], _MOST_OUTPUTS)
    nothing = Agreement(0.0, 1.0 / np.sqrt(max(n, 1)))
    A, Y = (_centred(part[:, :k].astype(np.float64)) for part in (answers, targets))
    if n < _FEWEST or not (np.isfinite(A).all() and A.any() and Y.any()):
        return nothing
    sizes = float(np.sqrt((A**2).sum() * (Y**2).sum()))
    # Under chance the products of all columns vary as much as both kinds of columns do together.
    chance = float(np.sqrt(max(float(((A.T @ A) * (Y.T @ Y)).sum()), 0.0) / n)) / sizes
    return Agreement(float((A * Y).sum()) / sizes, chance) if chance > 0.0 else nothing


def _centred(columns: np.ndarray) -> np.ndarray:
    """Return columns of mean 0 and spread 1; those that do not change are 0."""
    centred = columns - columns.mean(axis=0)
    spreads = centred.std(axis=0)
    flat = spreads <= 1e-6 * np.maximum(np.abs(columns).max(axis=0, initial=0.0), 1e-30)
    found: np.ndarray = np.where(flat, 0.0, centred / np.where(flat, 1.0, spreads))
    return found
