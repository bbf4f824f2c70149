"""Check for validation rows that are training rows too, however they came there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case, Data
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.sampling import spread
from glassnet.utils.distinct_values import counted, numbered
from glassnet.utils.row_sources import RowSource, read_rows

__all__ = ["check_rows"]

_SHARED = 0.05  # of the validation rows
_SHARED_OF_FEW_VALUES = 0.25  # of them where every column has a few values only
_FEWEST_ROWS = 20
_FEWEST_SHARED = 3
_KEYS = 8  # columns that a first key is made of
_FIRST, _ONE_OF, _SIDE_BY_SIDE = 8192, 32, 128  # training rows of a first look: at least so many, one of so many
_LOOKED = 1 / 4  # of the share that would be reported: so much of it makes the first look go on
_ALIKE, _RARE_VALUES, _ENOUGH = 0.1, 3, 0.05  # share of a rare value; so many in a row; share of such rows
_SAME_KEY = 40  # training rows with the key of a validation row that are compared with it
_RARE = 0.01  # how often a row like it is expected among the training rows, for one that counts
_ALL, _MANY = 0.95, 4  # share of the validation rows, and training rows equal to each of them: these are no copies
_SPLITS = 8
_BY_CHANCE = 0.25  # share of the validation rows that are expected to be there: nothing is said
_BLOCK = 65_536
_TABLE = 65_536
_COLUMNS = 200  # at most, to choose from

_NO_BETTER = "Rows that were trained on may be predicted from memory, if not yet, then after more training."


def check_rows(case: Case) -> Iterator[Suspicion]:
    """Report validation rows that are training rows too, beyond what chance gives where rows repeat by their nature."""
    held_out = case.held_out
    if held_out is None or len(held_out[0]) < _FEWEST_ROWS or isinstance(case.data[1], RowSource):
        return
    wanted = _flat(held_out[0])
    columns = _telling(wanted)
    if not len(columns):
        return
    # What is read when needed is not read as a whole.
    counted = case.sample_rows if isinstance(case.data[0], RowSource) else case.counted
    counted = np.arange(case.n_rows) if counted is None else counted
    n, factors = len(counted), _factors(len(columns))
    keys = _keys(wanted[:, columns], factors)
    first, rare = counted[_first_rows(n)], keys[_is_rare_enough(wanted[:, columns])]
    hits = _hits(case, columns, factors, rare, first)
    if len(hits) < min(_FEWEST_SHARED, _LOOKED * _SHARED * len(rare) * len(first) / n):
        return
    rows = _hits(case, columns, factors, keys, counted)
    if not len(rows):
        return
    seen, partners = _seen(case, held_out, wanted, keys, columns, factors, rows)
    if seen.mean() > _ALL and np.quantile(partners[seen], 0.1) >= _MANY:
        return  # a table of few different rows, each of which is there many times
    least = _SHARED if _is_measured(wanted, columns) else _SHARED_OF_FEW_VALUES
    if seen.sum() < max(_FEWEST_SHARED, least * len(seen)):
        return
    expected, is_rare = _expected(case, wanted)
    seen &= is_rare
    n_seen = int(seen.sum())
    if expected > _BY_CHANCE or n_seen < max(_FEWEST_SHARED, (least + 3.0 * expected) * len(seen)):
        return
    yield _described(case, held_out, seen)


def _first_rows(n: int) -> np.ndarray:
    """Return the numbers of training rows for a first look: blocks of neighbours, which are read faster."""
    n_first = max(_FIRST, n // _ONE_OF)
    if n <= n_first:
        return np.arange(n)
    starts = spread(n - _SIDE_BY_SIDE, n_first // _SIDE_BY_SIDE)
    return (starts[:, None] + np.arange(_SIDE_BY_SIDE)).reshape(-1)


def _described(case: Case, held_out: Data, seen: np.ndarray) -> Suspicion:
    n_seen, n = int(seen.sum()), len(seen)
    assert case.validation is not None
    all_rows = "" if n == len(case.validation[0]) else f", of {len(case.validation[0])} that there are,"
    measured = f"{n_seen} of {n} validation rows{all_rows} are training rows too."
    details: dict[str, Any] = {}
    if case.is_trained and 0 < n_seen < n:
        X, y, weight = held_out
        unseen = X[~seen], y[~seen], None if weight is None else weight[~seen]
        rest, every = (case.logits_and_loss(rows)[1] for rows in (unseen, held_out))
        losses = f"the validation loss is {rest:.3g} instead of {every:.3g}"
        details = {"tried": f"without them {losses}."}
        if rest <= every:  # they were not predicted from memory, this time
            details = {"why": _NO_BETTER}
            measured += f" Without them {losses}."
    evidence = {"shared": n_seen, "rows": n}
    return suspect("shared-rows", measured, epoch=0, evidence=evidence, **details)


def _flat(X: np.ndarray) -> np.ndarray:
    """Return rows of shape (n, d), with one zero only."""
    return X.reshape(len(X), -1) + np.zeros(1, X.dtype)


def _telling(rows: np.ndarray) -> np.ndarray:
    """Return the columns in which most rows differ, among at most 200."""
    d = rows.shape[1]
    among = spread(d, _COLUMNS)
    ordered = np.sort(rows[:: -(-len(rows) // 256)][:, among], axis=0)
    n_distinct = (ordered[1:] != ordered[:-1]).sum(axis=0)
    order = np.argsort(-n_distinct, kind="stable")[:_KEYS]
    return np.sort(among[order[n_distinct[order] > 0]])


def _is_measured(rows: np.ndarray, columns: np.ndarray) -> bool:
    """Return whether in one of these columns most rows have a value of their own."""
    few = np.sort(rows[:: -(-len(rows) // 256)][:, columns], axis=0)
    return bool(((few[1:] != few[:-1]).sum(axis=0) > 0.5 * len(few)).any())


def _is_rare_enough(rows: np.ndarray) -> np.ndarray:
    """Return the rows in which several values are rare ones; all of them if there are only a few such rows.

    Of pixels that are dark most of the time, many rows have the same values in a few columns, all of them dark.
    """
    few = np.sort(rows[:: -(-len(rows) // 256)], axis=0)
    apart = max(1, int(_ALIKE * len(few) / 2))
    if not (few[apart:] == few[:-apart]).any():
        return np.ones(len(rows), dtype=bool)
    rare = np.empty(rows.shape, dtype=bool)
    for j, column in enumerate(rows.T):
        ordered = np.sort(column)
        alike = np.searchsorted(ordered, column, "right") - np.searchsorted(ordered, column, "left")
        rare[:, j] = alike <= _ALIKE * len(column)
    found = rare.sum(axis=1) >= min(_RARE_VALUES, rows.shape[1])
    return found if found.mean() >= _ENOUGH else np.ones(len(rows), dtype=bool)


def _factors(d: int) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 2**63, d, dtype=np.uint64) | np.uint64(1)


def _bits(rows: np.ndarray) -> np.ndarray:
    """Return numbers as integers, equal for equal ones."""
    kind = {2: np.uint16, 4: np.uint32}.get(rows.dtype.itemsize, np.uint64)
    found: np.ndarray = np.ascontiguousarray(rows).view(kind).astype(np.uint64)
    if rows.dtype.itemsize == 8:  # of whole numbers the lower half is 0
        found ^= found >> np.uint64(32)
    return found


def _keys(rows: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return a number for each row, equal for equal rows and hardly ever for others."""
    found: np.ndarray = np.zeros(len(rows), dtype=np.uint64)
    for bits, factor in zip(_bits(rows.T), factors, strict=True):
        found += bits * factor
    return found


def _hits(case: Case, columns: np.ndarray, factors: np.ndarray, keys: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return those of some training rows that have the key of a validation row."""
    found, ordered = [], np.sort(keys)
    possible = np.zeros(_TABLE, dtype=bool)  # a few bits of their keys differ for nearly all rows
    possible[keys % np.uint64(_TABLE)] = True
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        here = _keys(_cells(case, part, columns), factors)
        maybe = possible[here % np.uint64(_TABLE)]
        part, here = part[maybe], here[maybe]
        places = np.minimum(np.searchsorted(ordered, here), len(ordered) - 1)
        found.append(part[ordered[places] == here])
    return np.concatenate(found)


def _cells(case: Case, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return some columns of some training rows."""
    X = case.data[0]
    if isinstance(X, RowSource):
        return _flat(read_rows(X, rows))[:, columns]
    return _flat(X.reshape(len(X), -1)[rows[:, None], columns])


def _seen(
    case: Case,
    held_out: Data,
    wanted: np.ndarray,
    keys: np.ndarray,
    columns: np.ndarray,
    factors: np.ndarray,
    rows: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return which validation rows equal one of these training rows in every number and in their target.

    And how many training rows have the key of each.
    """
    seen = np.zeros(len(wanted), dtype=bool)
    y_held = held_out[1].reshape(len(wanted), -1)
    here = _keys(_cells(case, rows, columns), factors)
    order = np.argsort(here, kind="stable")
    here, rows = here[order], rows[order]
    start, end = np.searchsorted(here, keys, "left"), np.searchsorted(here, keys, "right")
    for turn in range(_SAME_KEY):
        left = np.flatnonzero(~seen & (start + turn < end))
        if not len(left):
            break
        theirs = rows[start[left] + turn]
        same = (_flat(read_rows(case.data[0], theirs)) == wanted[left]).all(axis=1)
        y = np.asarray(case.data[1])[theirs].reshape(len(theirs), -1)
        seen[left[same & (y == y_held[left]).all(axis=1)]] = True
    return seen, end - start


def _expected(case: Case, wanted: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the share of new rows that equal a training row by chance, and which rows are rarer than that.

    Of different rows of the sample some differ in one column only, where rows have few values to choose from. How many
    do, and how often that column has the same value twice, says how many rows are equal by chance; so does how often
    two rows are equal in one half of the columns, and in the other. Copies say nothing here: each row is counted once.
    """
    sample = _flat(case.sample[0])
    among = spread(sample.shape[1], _COLUMNS)
    sample, wanted = sample[:, among], wanted[:, among]
    hashes = _bits(sample) * _factors(len(among))
    _, places, _ = numbered(hashes.sum(axis=1, dtype=np.uint64))
    first = np.empty(places.max() + 1, dtype=np.int64)
    first[places] = np.arange(len(places))
    hashes, u = hashes[first], len(first)
    if u < 2:
        return 1.0, np.zeros(len(wanted), dtype=bool)
    total = hashes.sum(axis=1, dtype=np.uint64)
    pairs = u * (u - 1) / 2.0
    rng = np.random.default_rng(0)
    orders = (rng.permutation(len(among)) for _ in range(_SPLITS))
    halves = (hashes[:, order[: (len(order) + 1) // 2]].sum(axis=1, dtype=np.uint64) for order in orders)
    equal = max(_alike(half) * _alike(total - half) / pairs for half in halves)
    expected = np.full(len(wanted), float(case.n_rows))
    for j in range(len(among)):
        values, counts = counted(sample[first, j])
        shares = counts / u
        places = np.minimum(np.searchsorted(values, wanted[:, j]), len(values) - 1)
        expected *= np.where(values[places] == wanted[:, j], shares[places], 1.0 / u)
        near = _alike(total - hashes[:, j]) - 1.0
        if near >= _FEWEST_SHARED:
            same = float((shares**2).sum())
            equal = max(equal, near * same / max(1.0 - same, 1e-3))
    return case.n_rows * equal / pairs, expected < _RARE


def _alike(keys: np.ndarray) -> float:
    """Return the number of pairs of equal keys, and one more: there may be a pair that was not seen."""
    counts = counted(keys)[1].astype(np.float64)
    return float((counts * (counts - 1) / 2).sum()) + 1.0
