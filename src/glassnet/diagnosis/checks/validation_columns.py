"""Search for columns of validation rows that are unlike those of the training rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case, Data
from glassnet.diagnosis.checks.harm import harms
from glassnet.diagnosis.checks.prediction_checks import check_whole
from glassnet.diagnosis.checks.predictors import quick_ranks
from glassnet.diagnosis.checks.samples import CHANCE, CLEARLY, beside, distance, limit_of_chance
from glassnet.diagnosis.checks.whole_columns import flat, upper
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.layers import Embedding
from glassnet.utils.distinct_values import counted

__all__ = ["FEW", "differing", "unlike_columns"]

_FEWEST_ROWS = 20
FEW = 128  # rows of a first look
_LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
_SUSPECTED = 0.15  # difference of two shares in a first look
_BEYOND = 0.1  # of the training range
_NAMED = 3
_REPEATED = 0.05  # share of the rows with one value
_HALF = 0.5
LATER = (
    "If these rows come later in time than the training rows, leave them so: their score is what to expect of new "
    "rows, and drawing them at random would let the future in. If not, draw them at random from the same table."
)
_SCALE = (
    "Scale the validation rows with the means and spreads of the training rows; if they are so already, check the rows "
    "and their units."
)
_NEAR_UNIT = 0.1  # from mean 0 and spread 1
_SLOW = 0.5  # squared steps from row to row, beside the squared distances from the middle
_DRIFT = 0.5  # rank correlation of a column with the order of the rows
_SHARES_DIFFER = 0.1  # of a class


def unlike_columns(case: Case, held_out: Data) -> Suspicion | None:
    """Return a suspicion of columns that differ, if some do."""
    X, V = _alike_in_class(case, held_out)
    if any(isinstance(layer, Embedding) for layer in case.original.layers) or min(len(X), len(V)) < _FEWEST_ROWS:
        return None
    columns = case.looked_at
    suspects = columns[differing(*(flat(rows[:: -(-len(rows) // FEW)], columns) for rows in (X, V)))]
    if not len(suspects):
        return None
    old, new = flat(X), flat(V)
    finding = next(iter(check_whole(new, old, case.names, "validation")), None)
    if finding is not None:
        return Suspicion(finding)
    limit = limit_of_chance(len(old), len(new), len(columns))
    distances = {int(j): distance(old[:, j], new[:, j]) for j in suspects}
    filled = [int(j) for j in suspects if _is_filled(old[:, j], new[:, j], len(columns))]
    far = sorted((j for j, value in distances.items() if value > limit or j in filled), key=lambda j: -distances[j])
    if not far:
        return None
    outside = _outside(case, new, far)
    evidence = {"columns": far, "distances": [distances[j] for j in far]}
    words = "; ".join(beside(case.names[j], old[:, j], new[:, j]) for j in far[:_NAMED])
    n_more = len(far) - _NAMED
    more = f"; {n_more} more {'column differs' if n_more == 1 else 'columns differ'}" if n_more > 0 else ""
    measured, code = f"{upper(words)}{more}.", "validation-differs"
    if outside > _HALF:
        n_outside = round(outside * len(new))
        measured = f"{n_outside} of {len(new)} validation rows lie outside the range of the training rows. {measured}"
        code = "outside-training-range"
    is_clear = bool(filled) or outside > _HALF or distances[far[0]] > max(CLEARLY, limit)
    # Later rows of a table in the order of time are unlike earlier ones, and may be held out for that reason.
    is_later = all(is_series(flat(case.sample[0], np.array([j]))[:, 0]) for j in far)
    severity = "warning" if is_clear and not is_later and harms(case, [] if filled else far) else "note"
    details: dict[str, Any] = (
        {"advice": LATER} if is_later else {"advice": _SCALE} if _only_old_is_scaled(old, new, far) else {}
    )
    return suspect(code, measured, epoch=0, severity=severity, evidence=evidence, **details)


def _only_old_is_scaled(old: np.ndarray, new: np.ndarray, far: list[int]) -> bool:
    """Return whether training columns have mean 0 and spread 1, and half of those of the validation rows do not."""
    spreads = old.std(axis=0)
    varies = spreads > 0.0
    is_scaled = (np.abs(old.mean(axis=0)) < _NEAR_UNIT) & (np.abs(spreads - 1.0) < _NEAR_UNIT)
    other = (np.abs(new.mean(axis=0)) > 2.0 * _NEAR_UNIT) | (np.abs(new.std(axis=0) - 1.0) > 2.0 * _NEAR_UNIT)
    return bool(is_scaled[varies].all() and 2 * other[far].sum() >= varies.sum())


def is_series(column: np.ndarray) -> bool:
    """Return whether numbers rise or fall along the rows, or each is near the one before, as in the order of time."""
    ranked, order = quick_ranks(column[:, None])[:, 0], np.arange(len(column)) - 0.5 * (len(column) - 1)
    size = float(np.linalg.norm(ranked))
    if size == 0.0:
        return False
    steps = float((np.diff(ranked) ** 2).sum()) / size**2  # 2 for numbers in any order
    return steps < _SLOW or abs(float(ranked @ order)) > _DRIFT * size * float(np.linalg.norm(order))


def _alike_in_class(case: Case, held_out: Data) -> tuple[np.ndarray, np.ndarray]:
    """Return training and validation rows to compare.

    Where classes are more frequent among the one than among the other, as they are if training rows of a rare class
    were drawn more often, their columns differ for that reason: only rows of the most frequent class are compared.
    """
    X, V = case.sample[0], held_out[0]
    codes, known = case.codes(held_out[1]), case.codes(case.sample[1])
    if codes is None or known is None:
        return X, V
    k = max(int(codes.max()), int(known.max())) + 1
    here, there = np.bincount(codes, minlength=k), np.bincount(known, minlength=k)
    by_chance = 2.0 * math.sqrt(1.0 / len(codes) + 1.0 / len(known))  # of a share of a half, four standard errors
    if np.abs(here / len(codes) - there / len(known)).max() < max(_SHARES_DIFFER, by_chance):
        return X, V
    most = int(np.minimum(here, there).argmax())
    return X[known == most], V[codes == most]


def _is_filled(old: np.ndarray, new: np.ndarray, n_columns: int) -> bool:
    """Return whether a value stands in many of the new rows and in none of the old ones."""
    values, counts = counted(new)
    count = int(counts.max())
    if count < max(3, _REPEATED * len(new)) or (old == values[counts.argmax()]).any():
        return False
    return (count - 1) * math.log1p(len(old) / len(new)) > math.log(n_columns / CHANCE)


def differing(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return the columns that differ in a first look at a few rows."""
    ordered = np.sort(old, axis=0)
    cuts = ordered[(_LEVELS * (len(old) - 1)).astype(np.int64)]
    apart = np.zeros(old.shape[1])
    for cut in cuts:
        apart = np.maximum(apart, np.abs((old <= cut).mean(axis=0) - (new <= cut).mean(axis=0)))
        apart = np.maximum(apart, np.abs((old < cut).mean(axis=0) - (new < cut).mean(axis=0)))
    limit = max(_SUSPECTED, 2.0 * math.sqrt(1.0 / len(old) + 1.0 / len(new)) * 0.5)
    found: np.ndarray = (apart > limit) | (_repeats(new) & ~_repeats(old))
    return found


def _repeats(rows: np.ndarray) -> np.ndarray:
    """Return in which columns a value stands in so many rows that it is none of those that are measured."""
    ordered, apart = np.sort(rows, axis=0), max(2, int(_REPEATED * len(rows)))
    found: np.ndarray = (ordered[apart:] == ordered[:-apart]).any(axis=0)
    return found


def _outside(case: Case, new: np.ndarray, columns: list[int]) -> float:
    """Return the share of rows outside the range of all training rows in one of these columns."""
    if case.extremes is None:
        sample = flat(case.sample[0])
        low, high = sample.min(axis=0), sample.max(axis=0)
    else:
        low, high = (ends.astype(np.float64) for ends in case.extremes)
    margin = _BEYOND * (high - low)
    here = (new < low - margin) | (new > high + margin)
    return float(here[:, columns].any(axis=1).mean())
