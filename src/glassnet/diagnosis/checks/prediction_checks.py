"""Check whether new rows are like those that the network was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from glassnet.training.findings import Finding, make_finding
from glassnet.utils.wording import few

__all__ = ["check_names", "check_new_rows", "check_whole"]

_FAR = 6.0  # spreads between the middle of the new rows and that of the training rows
_CLEAR, _VERY_NEAR, _FEWEST_SURE = 2.0, 0.3, 100  # less far, if they fit another place; from so many rows on
_OUTSIDE = 0.01  # share of the rows
_BEYOND = 0.1  # of the training range
_FEWEST = 5  # rows, to measure their middle
_MOST_COLUMNS = 200  # to search another order of


def check_names(new: Sequence[str] | None, old: Sequence[str] | None) -> Finding | None:
    """Return what the names of the columns of two frames say of their order; None where one has no names."""
    if new is None or old is None or len(new) != len(old) or [*map(_plain, new)] == [*map(_plain, old)]:
        return None
    if any([*map(str, names)] == [*map(str, range(len(names)))] for names in (new, old)):
        return None  # numbers that a frame without names has
    moved = [j for j, (here, there) in enumerate(zip(new, old, strict=True)) if _plain(here) != _plain(there)]
    pairs = few((f"{new[j]!r} stands where {old[j]!r} stood" for j in moved), 3)
    if sorted(new) == sorted(old):
        measured = f"{len(moved)} columns are at other places than in training: {pairs}."
        return make_finding("column-order", measured, evidence={"order": [[*old].index(name) for name in new]})
    strange = [name for name in new if _plain(name) not in {*map(_plain, old)}]
    measured = f"The columns have other names than in training: {pairs}."
    advice = "Give the columns of training in their order; a column that only got a new name does no harm."
    details: dict[str, Any] = {"severity": "warning", "advice": advice, "evidence": {"names": strange}}
    return make_finding("column-order", measured, **details)


def _plain(name: str) -> str:
    """Return a name without what is a matter of spelling."""
    return "".join(each for each in name.casefold() if each.isalnum()) or name


def check_new_rows(new: np.ndarray, old: np.ndarray, names: Sequence[str]) -> Iterator[Finding]:
    """Report new rows that do not fit the training rows, both of shape (n, d)."""
    new, old = new.astype(np.float64), old.astype(np.float64)
    if len(new) >= _FEWEST:
        finding = next(check_whole(new, old, names), None)
        if finding is not None:
            yield finding
            return
    low, high = old.min(axis=0), old.max(axis=0)
    margin = _BEYOND * (high - low)
    outside = (new < low - margin) | (new > high + margin)
    shares = outside.mean(axis=0)
    worst = np.argsort(shares)[::-1][:3]
    worst = worst[shares[worst] > 0.0]
    rows = int(outside.any(axis=1).sum())
    if not len(worst) or rows < _OUTSIDE * len(new):
        return
    parts = []
    for j in worst.tolist():
        extreme = new[np.argmax(np.maximum(low[j] - new[:, j], new[:, j] - high[j])), j]
        parts.append(f"{names[j]} reaches {extreme:.4g}, in training {low[j]:.4g} to {high[j]:.4g}")
    measured = f"{rows} of {len(new)} rows lie outside: {'; '.join(parts)}."
    yield make_finding("outside-training-range", measured, evidence={"rows": rows, "columns": worst.tolist()})


def check_whole(new: np.ndarray, old: np.ndarray, names: Sequence[str], kind: str = "") -> Iterator[Finding]:
    """Report columns that changed places, or numbers that were not scaled.

    Parameters
    ----------
    new, old : ndarray of shape (n, d)
        New rows, and those that the network was trained on.
    names : sequence of str
        Of the columns.
    kind : str
        What the new rows are called, if that is not just new rows.
    """
    where = f" of the {kind} rows" if kind else ""
    middles, spreads = old.mean(axis=0), old.std(axis=0)
    usable = spreads > 0.0
    if np.count_nonzero(usable) < 2:
        return
    here, wide = new.mean(axis=0), new.std(axis=0)
    n = int(np.count_nonzero(usable))
    is_many = n > _MOST_COLUMNS  # then no other order is looked for, and each is beside its own place only
    new_ones, old_ones = np.s_[usable if is_many else (usable, None)], np.s_[usable if is_many else (None, usable)]
    # How far each new column is from each old one: in its middle, and in its width.
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.abs(here[new_ones] - middles[old_ones]) / np.maximum(spreads[usable], 1e-300)
        width = np.abs(np.log(np.maximum(wide[new_ones], 1e-300) / np.maximum(spreads[old_ones], 1e-300)))
    distance = shift + width
    own = distance if is_many else np.diag(distance)
    far = int(np.count_nonzero(own > _FAR))
    is_near = (own > _CLEAR) if min(len(new), len(old)) >= _FEWEST_SURE else np.zeros(len(own), dtype=bool)
    others = own if is_many else np.where(np.eye(n, dtype=bool), np.inf, distance).min(axis=1)
    if far == 0 and np.count_nonzero(is_near & (others < _VERY_NEAR)) < 2:
        return
    if not is_many:
        order = _closest_order(distance)
        moved = np.flatnonzero(order != np.arange(n))
        left = distance[np.arange(n), order]
        # Columns that are not far from their own place must fit another one very well.
        fits = np.all(left < 1.0) and (far >= 1 or (is_near[moved].all() and np.all(left < _VERY_NEAR)))
        if len(moved) and fits:
            places = np.flatnonzero(usable)
            pairs = [f"{names[places[i]]} looks like {names[places[order[i]]]}" for i in moved[:3].tolist()]
            measured = f"{len(moved)} columns{where} look like others of the training rows: {'; '.join(pairs)}."
            yield make_finding("column-order", measured, evidence={"order": places[order].tolist()})
            return
    unit_wide = (spreads[usable] > 0.3) & (spreads[usable] < 3.0)
    is_scaled = bool(unit_wide.all() and (np.abs(middles[usable]) < 1.0).all())
    if is_scaled and far >= max(2, n // 2):
        j = int(np.flatnonzero(usable)[np.argmax(own)])
        measured = (
            f"{far} of {n} columns{where} are far from the training rows: {names[j]} has mean {here[j]:.4g} and spread "
        )
        measured += f"{wide[j]:.4g}, in training {middles[j]:.4g} and {spreads[j]:.4g}."
        yield make_finding("unscaled-prediction", measured, evidence={"columns": far})


def _closest_order(distance: np.ndarray) -> np.ndarray:
    """Return for each new column the old one it is given, the closest pairs first."""
    left, n = distance.copy(), len(distance)
    order = np.full(n, -1)
    while (order < 0).any():
        nearest = left.argmin(axis=1)
        # Whoever is nearest to each other is so among all that are left.
        mutual = np.flatnonzero((left.argmin(axis=0)[nearest] == np.arange(n)) & (order < 0))
        if not len(mutual) or not np.isfinite(left[mutual, nearest[mutual]]).all():  # distances that overflowed
            order[order < 0] = np.flatnonzero(np.bincount(order[order >= 0], minlength=n) == 0)
            break
        order[mutual] = nearest[mutual]
        left[mutual] = np.inf
        left[:, nearest[mutual]] = np.inf
    return order
