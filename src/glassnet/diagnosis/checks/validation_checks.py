"""Check whether validation rows are like the training rows: their columns, their targets, their classes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.prediction_checks import check_whole
from glassnet.diagnosis.checks.whole_columns import flat, upper
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.layers import Embedding
from glassnet.utils.distinct import counted, distinct
from glassnet.utils.wording import few

__all__ = ["check_validation"]

_FEWEST_ROWS = 20
_CHANCE = 1e-7  # probability of a false accusation of a random split
_LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
_SUSPECTED = 0.15  # difference of two shares in a first look
_DIFFERENT = 0.25  # of the shares below one number: two rows of three can be told apart
_CLEARLY = 0.45
_BEYOND = 0.1  # of the training range
_NAMED = 3
_REPEATED = 0.05  # share of the rows with one value


def check_validation(case: Case) -> Iterator[Suspicion]:
    """Report validation rows whose columns, targets or classes a random split of one table would not give."""
    held_out = case.held_out
    if held_out is None or len(held_out[0]) < _FEWEST_ROWS or case.n_rows < _FEWEST_ROWS:
        return
    targets = [*_targets(case, held_out[1])]
    found = _columns(case, held_out[0])
    if found is not None and not (found.finding.code == "validation-differs" and targets):
        yield found
    yield from targets


# ---- columns -------------------------------------------------------------------------------------------------------


def _columns(case: Case, V: np.ndarray) -> Suspicion | None:
    """Report columns that differ."""
    if any(isinstance(layer, Embedding) for layer in case.original.layers):
        return None
    columns = case.looked_at
    quick = flat(V[:: -(-len(V) // 256)], columns)
    suspects = columns[_differing(flat(case.probe[0], columns), quick)]
    if not len(suspects):
        return None
    old, new = flat(case.sample[0]), flat(V)
    finding = next(iter(check_whole(new, old, case.names, "validation")), None)
    if finding is not None:
        return Suspicion(finding)
    limit = _limit(len(old), len(new), len(columns))
    distances = {int(j): distance(old[:, j], new[:, j]) for j in suspects}
    filled = [int(j) for j in suspects if _is_filled(old[:, j], new[:, j], len(columns))]
    far = sorted((j for j, value in distances.items() if value > limit or j in filled), key=lambda j: -distances[j])
    if not far:
        return None
    worst = distances[far[0]]
    outside = _outside(case, new, far)
    evidence = {"columns": far, "distances": [distances[j] for j in far]}
    words = "; ".join(_beside(case.names[j], old[:, j], new[:, j]) for j in far[:_NAMED])
    more = f"; {len(far) - _NAMED} more columns differ" if len(far) > _NAMED else ""
    measured = f"{upper(words)}{more}."
    if outside > 0.5:
        measured = f"{outside:.0%} of {len(new)} validation rows lie outside the range of the training rows. {measured}"
        return suspect("outside-training-range", measured, epoch=0, evidence=evidence)
    severity = "warning" if filled or worst > max(_CLEARLY, limit) else "note"
    return suspect("validation-differs", measured, epoch=0, severity=severity, evidence=evidence)


def _is_filled(old: np.ndarray, new: np.ndarray, n_columns: int) -> bool:
    """Return whether a value stands in many of the new rows and in none of the old ones."""
    values, counts = counted(new)
    count = int(counts.max())
    if count < max(3, _REPEATED * len(new)) or (old == values[counts.argmax()]).any():
        return False
    return (count - 1) * math.log1p(len(old) / len(new)) > math.log(n_columns / _CHANCE)


def _differing(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return the columns that differ in a first look at a few rows."""
    ordered = np.sort(old, axis=0)
    cuts = ordered[(_LEVELS * (len(old) - 1)).astype(np.int64)]
    apart = np.zeros(old.shape[1])
    for cut in cuts:
        apart = np.maximum(apart, np.abs((old <= cut).mean(axis=0) - (new <= cut).mean(axis=0)))
        apart = np.maximum(apart, np.abs((old < cut).mean(axis=0) - (new < cut).mean(axis=0)))
    limit = max(_SUSPECTED, 2.0 * math.sqrt(1.0 / len(old) + 1.0 / len(new)) * 0.5)
    return (apart > limit) | (_repeats(new) & ~_repeats(old))


def _repeats(rows: np.ndarray) -> np.ndarray:
    """Return in which columns a value stands in so many rows that it is none of those that are measured."""
    ordered, apart = np.sort(rows, axis=0), max(2, int(_REPEATED * len(rows)))
    found: np.ndarray = (ordered[apart:] == ordered[:-apart]).any(axis=0)
    return found


def distance(old: np.ndarray, new: np.ndarray) -> float:
    """Return the largest difference of the shares of two samples that lie below any number.

    Examples
    --------
    >>> distance(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 4.0, 5.0, 6.0]))
    0.5
    """
    old, new = np.sort(old), np.sort(new)
    values = np.concatenate([old, new])
    below = np.searchsorted(old, values, "right") / len(old) - np.searchsorted(new, values, "right") / len(new)
    return float(np.abs(below).max())


def _limit(n_old: int, n_new: int, n_columns: int) -> float:
    """Return the distance that a random split exceeds hardly ever in any of so many columns."""
    by_chance = math.sqrt(0.5 * math.log(2.0 * n_columns / _CHANCE) * (1.0 / n_old + 1.0 / n_new))
    return max(_DIFFERENT, by_chance)


def _beside(name: str, old: np.ndarray, new: np.ndarray) -> str:
    """Return how a column differs, in words."""
    (low, middle, high), (new_low, new_middle, new_high) = (np.quantile(x, [0.1, 0.5, 0.9]) for x in (old, new))
    values, counts = counted(new)
    often = int(counts.argmax())
    share, before = counts[often] / len(new), float((old == values[often]).mean())
    if len(values) == 1:
        return f"{name} is {values[0]:.4g} in all validation rows, in training {low:.4g} to {high:.4g} in eight of ten"
    if share > max(0.05, 5.0 * before) and len(distinct(old)) > 10:
        return f"{name} is {values[often]:.4g} in {share:.0%} of the validation rows, in training in {before:.0%}"
    text = f"{name} has median {new_middle:.4g} and eight of ten values from {new_low:.4g} to {new_high:.4g}"
    return f"{text} in the validation rows, in training {middle:.4g} and {low:.4g} to {high:.4g}"


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


# ---- targets -------------------------------------------------------------------------------------------------------


def _targets(case: Case, y: np.ndarray) -> Iterator[Suspicion]:
    """Report targets that differ."""
    codes, known = case.codes(y), case.codes(case.targets)
    if codes is not None and known is not None:
        yield from _of_classes(case, codes, known)
        return
    old, new = case.sample[1], y
    if case.loss.classifies or old.ndim != 2 or old.dtype.kind != "f":
        return
    old, new = old.astype(np.float64), new.astype(np.float64)
    limit = _limit(len(old), len(new), old.shape[1])
    distances = [distance(old[:, j], new[:, j]) for j in range(min(old.shape[1], 20))]
    worst = int(np.argmax(distances))
    if distances[worst] <= limit:
        return
    name = "y" if old.shape[1] == 1 else f"output {worst} (counted from 0) of y"
    measured = f"{_beside(name, old[:, worst], new[:, worst])}."
    severity = "warning" if distances[worst] > max(_CLEARLY, limit) else "note"
    evidence = {"distance": distances[worst]}
    yield suspect("validation-differs", measured, epoch=0, severity=severity, evidence=evidence)


def _of_classes(case: Case, codes: np.ndarray, known: np.ndarray) -> Iterator[Suspicion]:
    """Report classes that are much rarer, or more frequent, than in training."""
    k = max(2, case.original.n_outputs, int(codes.max()) + 1, int(known.max()) + 1)
    here, there = (np.bincount(part, minlength=k) for part in (codes, known))
    n, m = len(known), len(codes)
    unseen = np.flatnonzero((there == 0) & (here > 0))
    chance = m / (n + m)
    unseen = unseen[here[unseen] * -math.log(chance) > math.log(k / _CHANCE)]
    shares, others = here / m, there / n
    pooled = (here + there) / (n + m)
    spread = np.sqrt(np.maximum(pooled * (1.0 - pooled), 1e-12) * (1.0 / n + 1.0 / m))
    sure = math.sqrt(2.0 * math.log(2.0 * k / _CHANCE))
    apart = np.flatnonzero((np.abs(shares - others) > sure * spread) & (np.abs(shares - others) > _DIFFERENT))
    only = np.flatnonzero(here == m)
    if len(unseen):
        which = few((str(c) for c in unseen.tolist()), 5)
        of_class = "class" if len(unseen) == 1 else "classes"
        measured = (
            f"{int(here[unseen].sum())} of {m} validation rows are of {of_class} {which}, of which no training row is."
        )
    elif len(only) and len(apart):
        measured = f"All {m} validation rows are of class {only[0]}; of the training rows {others[only[0]]:.1%} are."
    elif len(apart):
        worst = int(apart[np.argmax(np.abs(shares - others)[apart])])
        measured = f"{shares[worst]:.1%} of {m} validation rows are of class {worst}; of the training rows {others[worst]:.1%}."
    else:
        return
    evidence = {"training": there.tolist(), "validation": here.tolist()}
    yield suspect("validation-differs", measured, epoch=0, evidence=evidence)
