"""Check for a column of running numbers, such as row numbers, that y does not follow."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.predictors import by_neighbours
from glassnet.diagnosis.checks.robust import edited_column
from glassnet.diagnosis.checks.whole_columns import flat
from glassnet.diagnosis.remedies.attempts import Attempt
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.utils.extremes import Extremes

__all__ = ["check_running_numbers"]

_FEWEST_ROWS = 40
_NEARLY_WHOLE = 0.05
_A_FEW = 4  # rows that rule out nearly all columns of measurements
_MOST_HELD_OUT = 2_000_000  # numbers of validation rows that are read
_SURE = 4.0  # standard errors
_WAVES = 4  # half ones along the column
_OUTPUTS = 20  # columns of y that are looked at

Pair = tuple[np.ndarray, np.ndarray]


def check_running_numbers(case: Case, varies: np.ndarray) -> Iterator[Suspicion]:
    """Report a column whose values, sorted, are all different and evenly spaced: a row number, scaled or not.

    A time, a dose or a place may be so too: what y follows is left alone. Validation rows belong to the same table,
    which was divided; together with the training rows there are no gaps.
    """
    if case.extremes is None or case.counted is not None or case.n_rows < _FEWEST_ROWS:  # gaps would hide it
        return
    X = case.data[0].reshape(case.n_rows, -1)
    V, ends = _held_out(case)
    for others, (low, high) in ((None, case.extremes), *([(V, ends)] if V is not None and ends is not None else [])):
        n = len(X) if others is None else len(X) + len(others)
        parts = [X] if others is None else [X, others]
        for index in _suspected(case, varies, low.astype(np.float64), high.astype(np.float64), n):
            values = np.concatenate([part[:, index] for part in parts]).astype(np.float64)
            steps = np.diff(np.sort(values))
            if steps[0] > 0 and np.ptp(steps) <= 1e-3 * steps.mean():
                if not _is_followed(case, index):
                    yield _described(case, index, n)
                return


def _described(case: Case, index: int, n: int) -> Suspicion:
    rows = "" if n == case.n_rows else " in training and validation rows together"
    measured = f"The values of {case.names[index]} are {n} different, evenly spaced numbers{rows}, and y does not "
    measured += "follow them."
    remedy = Attempt(f"{case.names[index]} blanked out", inputs=edited_column(index, lambda x: x * 0 + x.mean()))
    return suspect("id-column", measured, remedy, if_helped=False, epoch=0, evidence={"column": index})


def _held_out(case: Case) -> tuple[np.ndarray | None, Pair | None]:
    """Return the validation rows, unless they take long to read, and the extremes of their and the training columns."""
    if case.validation is None or not isinstance(case.validation[0], np.ndarray) or case.extremes is None:
        return None, None
    V = case.validation[0].reshape(len(case.validation[0]), -1)
    if V.size > _MOST_HELD_OUT:
        return None, None
    found = Extremes()
    found.measure(V)
    if found.values is None:
        return None, None
    return V, (np.minimum(found.values[0], case.extremes[0]), np.maximum(found.values[1], case.extremes[1]))


def _suspected(case: Case, varies: np.ndarray, low: np.ndarray, high: np.ndarray, n: int) -> list[int]:
    """Return the columns of which a few rows let expect ``n`` evenly spaced numbers between these ends."""
    precise = n < 1000 or case.data[0].dtype == np.float64
    suspected, X = np.flatnonzero(varies), case.probe[0].reshape(len(case.probe[0]), -1)
    for rows in (X[:_A_FEW], X[_A_FEW:]):
        few = rows[:, suspected].astype(np.float64)
        # In units of the gap that running numbers would have, all of them are whole.
        units = (few - low[suspected]) / (high - low)[suspected] * (n - 1)
        whole = np.abs(units - np.round(units)) < (_NEARLY_WHOLE if precise else 0.2)
        suspected = suspected[whole.all(axis=0)]
        # Running numbers are all different: of columns with few values some of a few rows are equal.
        ordered = np.sort(X[: _A_FEW**2, suspected], axis=0)
        suspected = suspected[(ordered[1:] != ordered[:-1]).all(axis=0)]
    found: list[int] = suspected.tolist()
    return found


def _is_followed(case: Case, index: int) -> bool:
    """Return whether targets rise, fall or swing along a column, or are alike in rows next to each other in it."""
    x, y = flat(case.sample[0], np.array([index]))[:, 0], case.sample[1]
    codes = case.codes(y)
    if codes is not None:
        Y = (codes[:, None] == np.arange(min(int(codes.max()) + 1, _OUTPUTS))).astype(np.float64)
    else:
        Y = flat(y)[:, :_OUTPUTS]
    Y = Y - Y.mean(axis=0)
    places = np.argsort(np.argsort(x, kind="stable"), kind="stable")
    waves = [np.cos(np.pi * k * (places + 0.5) / len(x))[:, None] for k in range(1, _WAVES + 1)]
    return any(_go_together(Y, each) for each in (*waves, by_neighbours(x, Y)))


def _go_together(Y: np.ndarray, others: np.ndarray) -> bool:
    """Return whether a column of Y (n, k), of mean 0, is correlated with others by more than chance."""
    others = others - others.mean(axis=0)
    norms = np.sqrt((Y**2).sum(axis=0) * (others**2).sum(axis=0))
    alike = np.abs((Y * others).sum(axis=0)) / np.where(norms > 0.0, norms, np.inf)
    return bool(alike.max() > _SURE / math.sqrt(len(Y)))
