"""Check for rows that are visited in sorted order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.remedies.attempts import Attempt
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.utils.row_sources import RowSource

__all__ = ["check_order"]

_ONE_SIDED = 0.5  # variety within a batch, as a share of that of all rows
_FEWEST_BATCHES = 3
_STEPS = 200


def check_order(case: Case) -> Iterator[Suspicion]:
    """Report batches whose targets are much more alike than those of all rows, where rows are not shuffled."""
    y, n, size = case.data[1], case.n_rows, case.batch_size
    if case.shuffles or size * _FEWEST_BATCHES > n or size < 2 or isinstance(y, RowSource):
        return
    codes = case.codes(y)
    n_whole = n - n % size
    if codes is not None:
        counts = np.bincount(codes)
        pairs = np.arange(n_whole).reshape(-1, size)
        # Of two rows of a batch: how often they differ, beside two rows of the table.
        together = float((codes[pairs] != codes[np.roll(pairs, size // 2, axis=1)]).mean())
        overall = 1.0 - float(((counts / n) ** 2).sum())
        what = "two rows of a batch differ in their class"
        text = f"{together:.0%} of the time, two rows of the table {overall:.0%}"
    elif y.ndim == 2 and y.dtype.kind == "f":
        values = y.astype(np.float64)
        total = values.var(axis=0)
        inside = values[:n_whole].reshape(-1, size, values.shape[1]).var(axis=1).mean(axis=0)
        varied = total > 0.0
        if not varied.any():
            return
        together, overall = float((inside[varied] / total[varied]).mean()), 1.0
        what = "the targets of a batch have"
        text = f"{together:.0%} of the variance of all targets on the average"
    else:
        return
    if overall == 0.0 or together > _ONE_SIDED * overall:
        return
    measured = f"The rows are sorted, and shuffle=False: {what} {text}."
    remedy = Attempt("the rows shuffled", steps=_STEPS)
    yield suspect("sorted-rows", measured, remedy, epoch=0, evidence={"within": together, "overall": overall})
