"""Check for validation rows that are training rows too, however they came there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.diagnosis.case import Case, Data
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.sampling import spread
from glassnet.utils.distinct import counted, distinct
from glassnet.utils.row_sources import RowSource, read_rows

__all__ = ["check_rows"]

_SHARED = 0.05  # of the validation rows
_FEWEST_ROWS = 20
_FEWEST_SHARED = 3
_KEYS = 8  # columns that a first key is made of
_FIRST = 100_000  # training rows of a first look
_LOOKED = 1 / 4  # of the share that would be reported: so much of it makes the first look go on
_SAME_KEY = 40  # training rows with the key of a validation row that are compared with it
_RARE = 0.01  # how often a row like it is expected among the training rows, for one that tells something
_BY_CHANCE = 0.25  # share of the validation rows that are expected to be there: nothing is said
_BLOCK = 65_536


def check_rows(case: Case) -> Iterator[Suspicion]:
    """Report validation rows that are training rows too, beyond what chance gives where rows repeat by their nature."""
    held_out = case.held_out
    if held_out is None or len(held_out[0]) < _FEWEST_ROWS or isinstance(case.data[1], RowSource):
        return
    wanted = _flat(held_out[0])
    columns = _telling(wanted)
    if not len(columns):
        return
    n, factors = case.n_rows, _factors(len(columns))
    keys = _keys(wanted[:, columns], factors)
    first = np.arange(n) if n <= _FIRST else np.arange(_FIRST) * n // _FIRST
    hits = _hits(case, columns, factors, keys, first)
    if len(hits) < min(_FEWEST_SHARED, _LOOKED * _SHARED * len(keys) * len(first) / n):
        return
    rows = hits if n <= _FIRST else _hits(case, columns, factors, keys, np.arange(n))
    seen = _seen(case, held_out, wanted, keys, columns, factors, rows)
    expected, is_rare = _expected(case, wanted)
    seen &= is_rare
    n_seen = int(seen.sum())
    if expected > _BY_CHANCE or n_seen < max(_FEWEST_SHARED, (_SHARED + 3.0 * expected) * len(seen)):
        return
    yield _described(case, held_out, seen)


def _described(case: Case, held_out: Data, seen: np.ndarray) -> Suspicion:
    n_seen, n = int(seen.sum()), len(seen)
    assert case.validation is not None
    all_rows = "" if n == len(case.validation[0]) else f", of {len(case.validation[0])} that there are,"
    measured = f"{n_seen} of {n} validation rows{all_rows} are training rows too."
    tried = ""
    if case.is_trained and 0 < n_seen < n:
        X, y, weight = held_out
        unseen = X[~seen], y[~seen], None if weight is None else weight[~seen]
        rest, every = (case.logits_and_loss(rows)[1] for rows in (unseen, held_out))
        tried = f"without them the validation loss is {rest:.3g} instead of {every:.3g}."
    evidence = {"shared": n_seen, "rows": n}
    return suspect("shared-rows", measured, epoch=0, tried=tried, evidence=evidence)


def _flat(X: np.ndarray) -> np.ndarray:
    """Return rows of shape (n, d), with one zero only."""
    return X.reshape(len(X), -1) + np.zeros(1, X.dtype)


def _telling(rows: np.ndarray) -> np.ndarray:
    """Return the columns in which most rows differ, among at most 200."""
    d = rows.shape[1]
    among = spread(d, 200)
    ordered = np.sort(rows[:: -(-len(rows) // 256)][:, among], axis=0)
    n_distinct = (ordered[1:] != ordered[:-1]).sum(axis=0)
    order = np.argsort(-n_distinct, kind="stable")[:_KEYS]
    return np.sort(among[order[n_distinct[order] > 0]])


def _factors(d: int) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 2**63, d, dtype=np.uint64) | np.uint64(1)


def _bits(rows: np.ndarray) -> np.ndarray:
    """Return numbers as integers, equal for equal ones."""
    kind = {2: np.uint16, 4: np.uint32}.get(rows.dtype.itemsize, np.uint64)
    found: np.ndarray = np.ascontiguousarray(rows).view(kind).astype(np.uint64)
    return found


def _mixed(bits: np.ndarray) -> np.ndarray:
    bits = bits * np.uint64(0x9E3779B97F4A7C15)
    found: np.ndarray = bits ^ (bits >> np.uint64(32))
    return found


def _keys(rows: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return a number for each row, equal for equal rows."""
    found: np.ndarray = (_mixed(_bits(rows)) * factors).sum(axis=1, dtype=np.uint64)
    return found


def _hits(case: Case, columns: np.ndarray, factors: np.ndarray, keys: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return those of some training rows that have the key of a validation row."""
    X, found = case.data[0], []
    ordered = distinct(keys)
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        if isinstance(X, RowSource):
            few = _flat(read_rows(X, part))[:, columns]
        else:
            few = _flat(
                X.reshape(len(X), -1)[part][:, columns] if len(part) < len(X) else X.reshape(len(X), -1)[:, columns]
            )
        here = _keys(few, factors)
        places = np.minimum(np.searchsorted(ordered, here), len(ordered) - 1)
        found.append(part[ordered[places] == here])
    return np.concatenate(found)


def _seen(
    case: Case,
    held_out: Data,
    wanted: np.ndarray,
    keys: np.ndarray,
    columns: np.ndarray,
    factors: np.ndarray,
    rows: np.ndarray,
) -> np.ndarray:
    """Return which validation rows equal one of these training rows in every number, and in their target."""
    seen = np.zeros(len(wanted), dtype=bool)
    if case.counted is not None:
        rows = rows[np.isin(rows, case.counted)]
    y_held = held_out[1].reshape(len(wanted), -1)
    here = np.concatenate(
        [
            _keys(_flat(read_rows(case.data[0], rows[s : s + _BLOCK]))[:, columns], factors)
            for s in range(0, len(rows), _BLOCK)
        ]
        or [np.zeros(0, np.uint64)]
    )
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
    return seen


def _expected(case: Case, wanted: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the share of new rows that equal a training row by chance, and which rows are rarer than that.

    Of different rows of the sample some differ in one column only, where rows have few values to choose from. How many
    do, and how often that column has the same value twice, says how many rows are equal by chance. Copies say nothing
    here: each row is counted once.
    """
    sample = _flat(case.sample[0])
    d = sample.shape[1]
    among = spread(d, 200)
    sample, wanted = sample[:, among], wanted[:, among]
    hashes = _mixed(_bits(sample)) * _factors(len(among))
    total = hashes.sum(axis=1, dtype=np.uint64)
    _, first = np.unique(total, return_index=True)
    u, n = len(first), case.n_rows
    if u < 2:
        return 1.0, np.zeros(len(wanted), dtype=bool)
    pairs = u * (u - 1) / 2.0
    equal = 1.0
    expected = np.full(len(wanted), float(n))
    for j in range(len(among)):
        values, counts = counted(sample[first, j])
        shares = counts / u
        places = np.minimum(np.searchsorted(values, wanted[:, j]), len(values) - 1)
        expected *= np.where(values[places] == wanted[:, j], shares[places], 1.0 / u)
        if len(values) > u // 2:
            continue
        same = float((shares**2).sum())
        without = counted(total[first] - hashes[first, j])[1]
        near = float((without * (without - 1) / 2).sum())
        equal = max(equal, near * same / max(1.0 - same, 1e-3))
    return n * equal / pairs, expected < _RARE
