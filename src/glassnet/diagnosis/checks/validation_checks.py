"""Check whether validation rows are like the training rows: their columns, their targets, their classes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.harm import harms
from glassnet.diagnosis.checks.samples import CHANCE, CLEARLY, DIFFERENT, beside, distance, limit_of_chance
from glassnet.diagnosis.checks.tails import Tails, lone_values
from glassnet.diagnosis.checks.together_checks import check_together
from glassnet.diagnosis.checks.validation_columns import FEW, LATER, differing, is_series, unlike_columns
from glassnet.diagnosis.checks.whole_columns import rows_of
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.utils.wording import few

__all__ = ["check_validation"]

_FEWEST_ROWS = 20
_OUTPUTS = 20  # columns of y that are looked at
_RULES = 0.5  # share of the squares that is ruled by a few values
_DRAWN_AGAIN = (
    "If training rows of some classes were drawn more often on purpose, leave the validation rows as they are; "
    "if not, draw them at random from the same table."
)


def check_validation(case: Case) -> Iterator[Suspicion]:
    """Report validation rows whose columns, targets or classes a random split of one table would not give."""
    held_out = case.held_out
    if held_out is None or len(held_out[0]) < _FEWEST_ROWS or case.n_rows < _FEWEST_ROWS:
        return
    if case.split is not None:  # drawn at random by fit: what differs does so by chance, single values apart
        yield from _drawn(case, held_out[1])
        return
    targets = [*_targets(case, held_out[1])]
    found = unlike_columns(case, held_out)
    if found is not None and not (found.finding.code == "validation-differs" and targets):
        yield found
    yield from targets
    if found is None and not targets:
        yield from check_together(case, held_out)


def _drawn(case: Case, y: np.ndarray) -> Iterator[Suspicion]:
    """Report outliers among the targets of rows that were drawn at random."""
    old = case.sample[1]
    if case.codes(y) is None and not case.loss.classifies and old.ndim == 2 and old.dtype.kind == "f":
        yield from _outliers(case, y[:, :_OUTPUTS].astype(np.float64))


def _targets(case: Case, y: np.ndarray) -> Iterator[Suspicion]:
    """Report targets that differ."""
    codes, known = case.codes(y), case.codes(case.targets)
    if codes is not None and known is not None:
        yield from _of_classes(case, codes, known)
        return
    old, new = case.sample[1], y
    if case.loss.classifies or old.ndim != 2 or old.dtype.kind != "f":
        return
    old, new = old[:, :_OUTPUTS].astype(np.float64), new[:, :_OUTPUTS].astype(np.float64)
    if not differing(*(rows[:: -(-len(rows) // FEW)] for rows in (old, new))).any():
        yield from _outliers(case, new)
        return
    limit = limit_of_chance(len(old), len(new), old.shape[1])
    distances = [distance(old[:, j], new[:, j]) for j in range(old.shape[1])]
    worst = int(np.argmax(distances))
    if distances[worst] <= limit:
        yield from _outliers(case, new)
        return
    name = "y" if case.sample[1].shape[1] == 1 else f"output {worst} (counted from 0) of y"
    measured = f"{beside(name, old[:, worst], new[:, worst])}."
    is_later = is_series(old[:, worst])
    steps = np.diff(old[:, worst])
    may_be_right = is_later and not ((steps >= 0.0).all() or (steps <= 0.0).all())  # sorted by y itself: no series
    is_clear = distances[worst] > max(CLEARLY, limit) and not may_be_right
    severity = "warning" if is_clear and harms(case) else "note"
    details: dict[str, Any] = {"advice": LATER} if is_later else {}
    evidence = {"distance": distances[worst]}
    yield suspect("validation-differs", measured, epoch=0, severity=severity, evidence=evidence, **details)


def _outliers(case: Case, y: np.ndarray) -> Iterator[Suspicion]:
    """Report targets of validation rows that lie apart from all others, and rule the loss on them."""
    low, high = y.min(axis=0), y.max(axis=0)
    if case.target_extremes is not None:
        least, greatest = (ends[: y.shape[1]] for ends in case.target_extremes)
        if ((low >= least) & (high <= greatest)).all():
            return
    for index in Tails(y[:: -(-len(y) // 256)]).suspected(low, high, len(y)).tolist():
        values = np.concatenate([y[:, index], case.sample[1][:, index]])
        lone = lone_values(values)
        if lone is None or lone.share < _RULES or (lone.places >= len(y)).any():
            continue
        name = "y" if y.shape[1] == 1 else f"output {index} (counted from 0) of y"
        rest = np.delete(values, lone.places)
        measured = f"{name} is {few((f'{value:.6g}' for value in values[lone.places].tolist()), 3)} in "
        has_all = case.validation is not None and len(case.validation[0]) == len(y)
        measured += _validation_rows(case, lone.places) if has_all else f"{len(lone.places)} of the validation rows"
        measured += "; the other targets reach from "
        measured += f"{rest.min():.4g} to {rest.max():.4g}. Squared, "
        one = len(lone.places) == 1
        measured += (
            f"{'its distance' if one else 'their distances'} from the middle {'outweighs' if one else 'outweigh'}"
        )
        measured += " those of all others together."
        numbers = lone.places if case.split is None else case.split[1][lone.places]
        evidence = {"rows": numbers.tolist(), "share_of_squares": lone.share}
        advice = "Check the row: correct it or leave it out, or watch a score that it cannot rule."
        yield suspect("validation-differs", measured, epoch=0, advice=advice, evidence=evidence)
        return


def _validation_rows(case: Case, places: np.ndarray) -> str:
    """Return which validation rows these are, by the numbers that the caller knows."""
    if case.split is None:
        return f"{rows_of(places.tolist())} of the validation rows"
    return f"{rows_of(case.split[1][places].tolist())}, held out for validation"


def _of_classes(case: Case, codes: np.ndarray, known: np.ndarray) -> Iterator[Suspicion]:
    """Report classes that are much rarer, or more frequent, than in training."""
    k = max(2, case.original.n_outputs, int(codes.max()) + 1, int(known.max()) + 1)
    here, there = (np.bincount(part, minlength=k) for part in (codes, known))
    n, m = len(known), len(codes)
    unseen = np.flatnonzero((there == 0) & (here > 0))
    chance = m / (n + m)
    unseen = unseen[here[unseen] * -math.log(chance) > math.log(k / CHANCE)]
    shares, others = here / m, there / n
    pooled = (here + there) / (n + m)
    spread = np.sqrt(np.maximum(pooled * (1.0 - pooled), 1e-12) * (1.0 / n + 1.0 / m))
    sure = math.sqrt(2.0 * math.log(2.0 * k / CHANCE))
    apart = np.flatnonzero((np.abs(shares - others) > sure * spread) & (np.abs(shares - others) > DIFFERENT))
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
        measured = f"{shares[worst]:.1%} of {m} validation rows are of class {worst}; of the training rows "
        measured += f"{others[worst]:.1%}."
    else:
        return
    evidence = {"training": there.tolist(), "validation": here.tolist()}
    # Training rows of a rare class may have been drawn more often on purpose; one class alone says nothing.
    details: dict[str, Any] = {} if len(unseen) or len(only) else {"severity": "note", "advice": _DRAWN_AGAIN}
    yield suspect("validation-differs", measured, epoch=0, evidence=evidence, **details)
