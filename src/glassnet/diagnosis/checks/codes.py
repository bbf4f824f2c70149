"""Check for a repeated value apart from all others of its column, as codes for "missing" are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.robust import edited_columns, rescaled
from glassnet.diagnosis.checks.whole_columns import Column, input_column, named, target_column, upper
from glassnet.diagnosis.remedies.attempts import Attempt
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.sampling import listed_columns
from glassnet.utils.distinct_values import distinct, median

__all__ = ["check_codes"]

_LEAST, _MOST = 0.01, 0.5  # share of the rows
_FEWEST = 4  # rows
# Between the value and the next one, in inter-quartile ranges: of usual codes, of others, where little was learned.
_GAP, _WIDE_GAP, _WIDE_GAP_OF_FAILURE = 3.0, 10.0, 2.0
_APART, _SEVERAL = 30.0, 3  # so many inter-quartile ranges in so many columns are no accident
_STEPS = 5.0  # between different values, from the only negative number to the next one
_FARTHER = 2.0  # than the next value, from the median
_DISTINCT = 10  # other values, for a code that is none of the usual ones
_READ = 20  # columns of which all rows are read
_OUTPUTS = 20
_NINES = {9.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0, 9999999.0, 99999999.0}
_KNOWN = {s * v for s in (1.0, -1.0) for v in _NINES} | {-1.0, -8.0, -88.0, -888.0, -8888.0, 32767.0, -32768.0, 65535.0}
_HUGE = 1e10  # nobody measures such a number again and again


class _Code(NamedTuple):
    """A value that may stand for "missing"."""

    value: float
    n_rows: int
    gap: float  # to the next value
    is_sure: bool  # whether it is one of the usual codes, far from all others
    n_widths: float  # the gap in inter-quartile ranges of the others


def check_codes(case: Case, ordered: np.ndarray, columns: np.ndarray) -> Iterator[Suspicion]:
    """Report a value that is repeated at the edge of a column or of y, far from the next one.

    Parameters
    ----------
    case : Case
    ordered : ndarray of shape (m, d)
        Some columns in some rows, each sorted.
    columns : ndarray
        Their numbers.
    """
    found: dict[int, _Code] = {}
    least = _WIDE_GAP if case.learned else _WIDE_GAP_OF_FAILURE
    for place in _suspected(ordered, least)[:_READ].tolist():
        index = int(columns[place])
        code = _code(input_column(case, index), least)
        if code is not None:
            found[index] = code
    if found:
        yield _of_columns(case, found)
    yield from _of_targets(case)


def _suspected(ordered: np.ndarray, least: float) -> np.ndarray:
    """Return the sorted columns in which the least or the greatest value is repeated, and apart from the next one."""
    m, d = ordered.shape
    suspected = np.zeros(d, dtype=bool)
    for side in (ordered, -ordered[::-1]):
        count = (side == side[0]).sum(axis=0)
        left = np.minimum(count, m - 1)
        first, low, high = (side[left + (m - 1 - left) * q // 4, np.arange(d)] for q in (0, 1, 3))
        repeated = (count >= max(2, 0.5 * _LEAST * m)) & (count <= _MOST * m) & (first < side[-1])
        is_wide = first - side[0] >= min(_GAP, least) * (high - low)
        suspected |= repeated & (is_wide | ((side is ordered) & (side[0] < 0.0) & (first >= 0.0)))
    return np.array([j for j in np.flatnonzero(suspected) if _edge(ordered[:, j], least) is not None], dtype=np.int64)


def _edge(ordered: np.ndarray, least: float) -> _Code | None:
    """Return the value at an end of a sorted column, how often it is there, the gap to the next, and if it is sure.

    Sure is a usual code, far from all others; doubtful one that is the only negative number, or any value that is
    ``least`` inter-quartile ranges from the next one.
    """
    n = len(ordered)
    for side in (ordered, -ordered[::-1]):
        count = int(np.searchsorted(side, side[0], "right"))
        if not max(2, 0.5 * _LEAST * n) <= count <= _MOST * n:
            continue
        rest = side[count:]
        low, middle, high = rest[(len(rest) - 1) * np.arange(1, 4) // 4]
        gap, reach = float(rest[0] - side[0]), float(rest[-1] - rest[0])
        value = float(side[0] if side is ordered else -side[0])
        # A column of a few whole numbers may have hardly any width; a code lies beyond all of it.
        width = float(high - low) or reach
        if reach == 0.0:
            continue
        is_known, others = value in _KNOWN or abs(value) >= _HUGE, distinct(rest)
        is_far = middle - side[0] >= _FARTHER * (middle - rest[0])
        is_negative = is_known and value < 0.0 <= rest[0] and side is ordered
        if is_known and is_far and gap >= _GAP * width:
            return _Code(value, count, gap, True, gap / width)
        has_many = len(others) >= _DISTINCT
        if has_many and is_negative and gap > _STEPS * median(np.diff(others)):
            return _Code(value, count, gap, False, gap / width)
        if has_many and is_far and gap >= least * width:
            return _Code(value, count, gap, False, gap / width)
    return None


def _code(column: Column, least: float) -> _Code | None:
    """Return the code in a column of all rows, if there is one."""
    edge = _edge(np.sort(column.values), least)
    return None if edge is None or edge.n_rows < max(_FEWEST, _LEAST * len(column.values)) else edge


def _of_columns(case: Case, found: dict[int, _Code]) -> Suspicion:
    order = sorted(found, key=lambda index: (not found[index].is_sure, -found[index].n_rows))
    first = found[order[0]]
    column = input_column(case, order[0])
    measured = f"{upper(case.names[order[0]])} is {first.value:.6g} in {first.n_rows} of {column.rows}, and no other "
    measured += f"value is nearer to it than {first.gap:.4g}."
    if len(order) > 1:
        measured += f" The same holds for other values in {listed_columns(case.names, sorted(order[1:]))}."
    same = {code.value for code in found.values()}
    if len(order) > 1 and len(same) == 1:
        measured = measured.replace("for other values in", "for it in")
    edits: dict[int, Callable[[np.ndarray], np.ndarray]] = {index: _filled(found[index].value) for index in found}
    remedy = Attempt(
        "the median in place of such values, and these columns scaled to mean 0, spread 1",
        inputs=edited_columns(edits),
        steps=200,
    )
    evidence = {"columns": order, "values": [found[i].value for i in order], "counts": [found[i].n_rows for i in order]}
    is_certain = first.is_sure or sum(code.n_widths >= _APART for code in found.values()) >= _SEVERAL
    return suspect("code-for-missing", measured, remedy, if_helped=not is_certain, epoch=0, evidence=evidence)


def _filled(value: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that puts the median of the others in place of a value, and scales."""

    def fill(x: np.ndarray) -> np.ndarray:
        coded = np.isclose(x, value, rtol=1e-6)
        return rescaled(np.where(coded, np.median(x[~coded]) if (~coded).any() else 0.0, x))

    return fill


def _of_targets(case: Case) -> Iterator[Suspicion]:
    """Report a usual code in y: a row without an answer is learned as one with an extreme one."""
    y = case.sample[1]
    if case.loss.classifies or y.dtype.kind != "f" or y.ndim != 2:
        return
    for index in range(min(y.shape[1], _OUTPUTS)):
        if _edge(np.sort(y[:, index].astype(np.float64)), _WIDE_GAP) is None:
            continue
        column = target_column(case, index)
        code = _code(column, _WIDE_GAP)
        if code is None or not code.is_sure:
            continue
        name = "y" if y.shape[1] == 1 else f"output {index} (counted from 0) of y"
        measured = f"{named(name)} is {code.value:.6g} in {code.n_rows} of {column.rows}, and no other value is nearer "
        measured += f"to it than {code.gap:.4g}."
        advice = "Leave out the rows whose target is not known."
        evidence = {"value": code.value, "count": code.n_rows}
        yield suspect("code-for-missing", measured, epoch=0, advice=advice, evidence=evidence)
        return
