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
_STEPS = 50
# A network whose rows are shuffled answers on the average as the targets are; one whose answers are off by more than
# this has not got over the order: share of a class, and spreads of y towards what was seen last.
_LEANS, _LEANS_BY_SPREADS = 0.02, 0.1


def check_order(case: Case) -> Iterator[Suspicion]:
    """Report batches whose targets are much more alike than those of all rows, where rows are not shuffled."""
    y, size = case.targets, case.batch_size
    n = len(y)
    if case.shuffles or size * _FEWEST_BATCHES > n or size < 2 or isinstance(case.data[1], RowSource):
        return
    codes = case.codes(y)
    pairs = np.arange(n - n % size).reshape(-1, size)
    if codes is not None:
        # Of two rows of a batch: how often they differ, beside two rows of the table.
        together = float((codes[pairs] != codes[np.roll(pairs, size // 2, axis=1)]).mean())
        overall = 1.0 - float(((np.bincount(codes) / n) ** 2).sum())
        measured = f"two rows of a batch differ in their class {together:.0%} of the time, of the table {overall:.0%}."
    elif y.ndim == 2 and y.dtype.kind == "f":
        values = y.astype(np.float64)
        total = values.var(axis=0)
        varied = total > 0.0
        if not varied.any():
            return
        inside = values[pairs].var(axis=1).mean(axis=0)
        together, overall = float((inside[varied] / total[varied]).mean()), 1.0
        part = "less than 1%" if together < 0.01 else f"{together:.0%}"
        measured = f"the targets of one batch have {part} of the variance of all, on the average."
    else:
        return
    if overall == 0.0 or together > _ONE_SIDED * overall:
        return
    leaning = _leaning(case)
    remedy = Attempt("the rows shuffled from now on", steps=_STEPS, from_now=True)
    evidence = {"within": together, "overall": overall}
    measured = f"The rows are sorted, and shuffle=False: {measured}{leaning}"
    yield suspect("sorted-rows", measured, remedy, if_helped=not leaning, always=True, epoch=0, evidence=evidence)


def _leaning(case: Case) -> str:
    """Return in a sentence how far the answers are off on the average; empty if they are not."""
    if not case.is_trained:
        return ""
    X, y, _ = case.sample
    answers = case.loss.link(case.logits_and_loss(case.sample)[0]).astype(np.float64)
    codes = case.codes(y)
    if codes is None:
        last = slice(-max(1, len(X) * case.batch_size // case.n_rows), None)
        answers, y = answers[:, : y.shape[1]], y.astype(np.float64)
        spread = np.where(y.std(axis=0) > 0.0, y.std(axis=0), np.inf)
        towards = np.sign(y[last].mean(axis=0) - y.mean(axis=0))
        lean = (answers - y).mean(axis=0) / spread * towards
        if not lean.max() > _LEANS_BY_SPREADS:
            return ""
        j = int(lean.argmax())
        means = f"{answers[:, j].mean():.3g} on the average, and the targets {y[:, j].mean():.3g}"
        return f" The predictions are {means}: they lean towards the last rows."
    if answers.shape[1] == 1:
        answers = np.column_stack([1.0 - answers, answers])
    given = answers.mean(axis=0)
    actual = np.bincount(codes, minlength=len(given)) / len(codes)
    most = int(np.abs(given - actual).argmax())
    if abs(given[most] - actual[most]) < _LEANS:
        return ""
    return f" Class {most} gets {given[most]:.1%} of the probability, and {actual[most]:.1%} of the rows are of it."
