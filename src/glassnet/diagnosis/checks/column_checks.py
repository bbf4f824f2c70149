"""Checks of single columns: constant, equal, running numbers, far from unit size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.running_numbers import check_running_numbers
from glassnet.diagnosis.checks.whole_columns import flat, upper
from glassnet.diagnosis.remedies.attempts import Attempt, standardised
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.sampling import listed_columns
from glassnet.layers import BatchNorm, Embedding, LayerNorm

__all__ = ["check_columns"]

_LARGE, _SMALL, _FAR_APART = 100.0, 1e-2, 1e4  # root mean squares of columns, and of the largest to the smallest
_MORE_STEPS = 200  # to see whether scaling helps a network that learns slowly


def check_columns(case: Case) -> Iterator[Suspicion]:
    """Report columns that are constant, equal, running numbers, or of very different size.

    The extremes of the columns, or where these are not known a few rows, show whether a column may be one of these;
    more rows are only read where they do.
    """
    if case.n_sampled < 2 or any(isinstance(layer, Embedding) for layer in case.original.layers):
        return
    varies = _varying(case)
    if not varies.any():
        yield suspect("all-columns-constant", f"No column changes over {_rows(case)}.", epoch=0)
        return
    which = np.flatnonzero(~varies)
    if len(which):
        measured = f"{_columns(case, which)} the same value in {_rows(case)}."
        yield suspect("constant-columns", measured, epoch=0, evidence={"columns": which.tolist()})
    yield from _equal_columns(case, varies)
    if len(varies) > 1:
        yield from check_running_numbers(case, varies)
    if not isinstance(case.original.layers[0], (BatchNorm, LayerNorm)):
        yield from _sizes(case, varies)


def _varying(case: Case) -> np.ndarray:
    """Return which columns have more than one value."""
    if case.extremes is not None:
        low, high = (ends.astype(np.float64) for ends in case.extremes)
        found: np.ndarray = high - low > 1e-12 * np.maximum(np.abs(low), np.abs(high))
        return found
    few = flat(case.probe[0])
    varies: np.ndarray = np.ptp(few, axis=0) > 1e-12 * np.abs(few).max(axis=0)
    if not varies.all():
        still = np.flatnonzero(~varies)
        many = flat(case.sample[0], still)
        varies[still] = np.ptp(many, axis=0) > 1e-12 * np.abs(many).max(axis=0)
    return varies


def _rows(case: Case) -> str:
    """Return which rows were checked, as part of a sentence."""
    n = case.n_sampled if case.extremes is None else case.n_rows if case.counted is None else len(case.counted)
    return f"all {n} rows" if n == case.n_rows else f"{n} of {case.n_rows} rows"


def _columns(case: Case, which: np.ndarray) -> str:
    """Return some columns as the subject of a sentence, with "has" or "have"."""
    if len(which) == 1:
        return f"{upper(case.names[which[0]])} has"
    listed = listed_columns(case.names, which)
    return f"{upper(listed)} have" if listed.startswith("columns ") else f"{len(which)} columns ({listed}) have"


def _equal_columns(case: Case, varies: np.ndarray) -> Iterator[Suspicion]:
    """Report pairs of columns with the same numbers."""
    suspected = np.flatnonzero(varies)
    if case.extremes is not None:
        for ends in case.extremes:
            suspected = suspected[_repeated(ends[suspected])]
    if not len(suspected):
        return
    columns = np.ascontiguousarray(flat(case.probe[0], suspected).T)
    first: dict[bytes, int] = {}
    pairs = []
    for place, index in enumerate(suspected.tolist()):
        other = first.setdefault(columns[place].tobytes(), index)
        if other != index and np.array_equal(_one(case, other), _one(case, index)):
            pairs.append((other, index))
    if pairs:
        one, other = pairs[0]
        more = f"; {len(pairs) - 1} more such pairs" if len(pairs) > 1 else ""
        n = case.n_sampled
        rows = f"all {n} rows" if n == case.n_rows else f"{n} of {case.n_rows} rows"
        measured = f"{upper(case.names[one])} and {case.names[other]} are equal in {rows}{more}."
        yield suspect("duplicate-columns", measured, epoch=0, evidence={"pairs": pairs})


def _repeated(values: np.ndarray) -> np.ndarray:
    """Return which values occur more than once."""
    order = np.argsort(values)
    same = values[order[1:]] == values[order[:-1]]
    found = np.zeros(len(values), dtype=bool)
    found[order[1:][same]] = found[order[:-1][same]] = True
    return found


def _one(case: Case, index: int) -> np.ndarray:
    """Return one column of the sample."""
    X = case.sample[0]
    return X.reshape(len(X), -1)[:, index].astype(np.float64)


def _sizes(case: Case, varies: np.ndarray) -> Iterator[Suspicion]:
    """Report columns whose numbers are far from unit size, or of very different sizes."""
    columns = np.flatnonzero(varies)
    if case.extremes is not None and len(columns) > len(case.looked_at):
        # No column of moderate numbers has a large root mean square: some of them will do.
        large = np.maximum(*map(np.abs, case.extremes))[columns] >= _LARGE
        columns = columns[large | np.isin(columns, case.looked_at, kind="sort")]
    sizes = np.sqrt(np.mean(flat(case.probe[0], columns) ** 2, axis=0))
    largest = sizes.max()
    # A quarter of the columns must be small beside it: single ones may be pixels that are hardly ever lit.
    if _SMALL < largest < _LARGE and largest < _FAR_APART * np.sort(sizes)[len(sizes) // 4]:
        return
    order = columns[np.argsort(sizes)[::-1]]
    X = flat(case.sample[0])
    means, spreads = X.mean(axis=0), X.std(axis=0)
    worst = [f"{case.names[j]} has mean {means[j]:.4g} and spread {spreads[j]:.4g}" for j in order[:3].tolist()]
    if _SMALL < largest < _LARGE:
        j = int(order[-1])
        worst = [worst[0], f"{case.names[j]} has mean {means[j]:.4g} and spread {spreads[j]:.4g}"]
    evidence = {"columns": order[:3].tolist(), "means": means[order[:3]], "spreads": spreads[order[:3]]}
    scaled = standardised(means, spreads)
    remedy = Attempt("every column scaled to mean 0, spread 1", inputs=scaled, steps=_MORE_STEPS)
    yield suspect("unscaled-inputs", upper("; ".join(worst)) + ".", remedy, epoch=0, evidence=evidence)
