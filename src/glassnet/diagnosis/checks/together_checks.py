"""Check whether columns of validation rows go together, and with the targets, as they do in training."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from glassnet.diagnosis.case import Case, Data
from glassnet.diagnosis.checks.predictors import quick_ranks
from glassnet.diagnosis.checks.whole_columns import flat, upper
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.sampling import spread
from glassnet.layers import Embedding

__all__ = ["check_together"]

_MOST_COLUMNS = 50
_CHANCE = 1e-7
_DIFFERENT = 0.4  # of two correlations
_WORSE, _MUCH_WORSE = 2.0, 0.2  # loss of the validation rows beside the training rows', and a constant prediction's
_FEWEST_TELLING = 20  # rows in which a column has another value than usual
_SCALED = 1e-4  # from mean 0 and spread 1


def check_together(case: Case, held_out: Data) -> Iterator[Suspicion]:
    """Report columns that go together otherwise, as those that changed places do, where validation goes badly.

    And validation rows that were scaled by numbers of their own.
    """
    if any(isinstance(layer, Embedding) for layer in case.original.layers):
        return
    columns = spread(len(case.names), _MOST_COLUMNS)
    new = flat(held_out[0], columns)
    has_all = case.validation is not None and len(case.validation[0]) == len(new)
    if has_all and _is_unit(new[:, :2]) and _is_unit(new) and _is_unit(flat(case.sample[0], columns)):
        measured = f"Each column of the {len(new)} validation rows has mean 0 and spread 1, exactly: they were "
        measured += "scaled by numbers of their own, not by those of the training rows."
        advice = "Scale validation rows with the means and spreads of the training rows."
        yield suspect("validation-differs", measured, epoch=0, severity="note", advice=advice)
    if _goes_badly(case, held_out):
        yield from _correlations(case, held_out, flat(case.sample[0], columns), new, columns)


def _is_unit(rows: np.ndarray) -> bool:
    """Return whether all columns that change have mean 0 and spread 1, and one does."""
    spreads = rows.std(axis=0)
    varies = spreads > 0.0
    near = (np.abs(rows.mean(axis=0)) < _SCALED) & (np.abs(spreads - 1.0) < _SCALED)
    return bool(varies.any() and near[varies].all())


def _goes_badly(case: Case, held_out: Data) -> bool:
    """Return whether the loss on validation rows is far above that on training rows."""
    if not case.is_trained:
        return False
    constant = case.constant_loss(held_out)
    if not constant:
        return False
    ours, theirs = case.now.loss, case.evaluation[1]
    return bool(theirs > _WORSE * ours and theirs > ours + _MUCH_WORSE * abs(constant))


def _correlations(
    case: Case, held_out: Data, old: np.ndarray, new: np.ndarray, columns: np.ndarray
) -> Iterator[Suspicion]:
    """Report the pair of columns whose rank correlation differs most."""
    R, S = (_rank_correlations(rows) for rows in (old, new))
    d = len(columns)
    # Of columns that nearly always have the same value, only the other rows show how they go together.
    known, known_here = (np.minimum.outer(*[_not_usual(rows)] * 2) for rows in (old, new))
    can_tell = np.minimum(known, known_here) >= _FEWEST_TELLING
    spread_of_both = np.sqrt(1.06 * (1.0 / np.maximum(known - 3, 1) + 1.0 / np.maximum(known_here - 3, 1)))
    apart = np.abs(np.arctanh(np.clip(R, -0.999, 0.999)) - np.arctanh(np.clip(S, -0.999, 0.999))) / spread_of_both
    apart[(np.abs(R - S) < _DIFFERENT) | ~can_tell] = 0.0
    worst = int(apart.argmax())
    i, j = divmod(worst, d)
    if not apart[i, j] > math.sqrt(2.0 * math.log(d * d / _CHANCE)):
        return
    one, other = case.names[int(columns[i])], case.names[int(columns[j])]
    measured = f"{upper(one)} and {other} go together otherwise in the validation rows: their rank correlation is "
    measured += f"{S[i, j]:.2f}, in training {R[i, j]:.2f}, as if columns had changed places."
    evidence = {"columns": [int(columns[i]), int(columns[j])], "correlations": [float(R[i, j]), float(S[i, j])]}
    yield suspect("validation-differs", measured, epoch=0, evidence=evidence)


def _not_usual(rows: np.ndarray) -> np.ndarray:
    """Return in how many rows each column has another value than its most frequent one."""
    n = len(rows)
    ordered = np.sort(rows, axis=0)
    first = np.zeros(ordered.shape, dtype=np.int64)
    numbers = np.arange(n)[:, None]
    first[1:] = np.where(ordered[1:] != ordered[:-1], numbers[1:], 0)
    alike = numbers - np.maximum.accumulate(first, axis=0) + 1
    found: np.ndarray = n - alike.max(axis=0)
    return found


def _rank_correlations(rows: np.ndarray) -> np.ndarray:
    ranked = quick_ranks(rows)
    norms = np.sqrt((ranked**2).sum(axis=0))
    ranked = ranked / np.where(norms > 0.0, norms, np.inf)
    found: np.ndarray = ranked.T @ ranked
    np.fill_diagonal(found, 0.0)
    return found
