"""Whether scores are worse because validation rows are unlike the training rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from glassnet.diagnosis.baselines import constant_logits
from glassnet.diagnosis.case import PROBE_ROWS, Case, Data, mean_loss
from glassnet.diagnosis.checks.whole_columns import flat
from glassnet.diagnosis.sampling import every_nth
from glassnet.utils.distinct_values import median

__all__ = ["harms"]

# Share of the loss of their own best constant prediction that is left of validation rows, beside that of training rows.
_WORSE, _MUCH_WORSE, _LEARNED = 1.5, 0.1, 0.7
_BETTER = 0.9  # share of the loss that is left where the columns that differ are blanked out


def harms(case: Case, columns: Sequence[int] = ()) -> bool:
    """Return whether the network answers validation rows worse than training rows, because of some columns.

    Before training nothing is known of that, and the answer is True.

    Parameters
    ----------
    case : Case
    columns : sequence of int
        Those that differ; if they are some of many, the answers must get better without them.
    """
    data = case.held_out
    if not case.is_trained or data is None:
        return True
    rows = every_nth(data, PROBE_ROWS)
    ours, theirs = _left(case, case.probe), _left(case, rows)
    if ours is None or theirs is None:
        return True
    if theirs < min(_WORSE * ours + _MUCH_WORSE, _LEARNED):
        return False
    if not 0 < len(columns) <= len(case.names) // 2:
        return True
    X, y, weight = rows
    blanked = X.reshape(len(X), -1).copy()
    for index in columns:
        blanked[:, index] = median(flat(case.sample[0], np.array([index])))
    before = case.logits_and_loss(rows)[1]
    after = case.logits_and_loss((blanked.reshape(X.shape), y, weight))[1]
    return after < _BETTER * before or after < before - _MUCH_WORSE


def _left(case: Case, rows: Data) -> float | None:
    """Return which share of the loss of the best constant prediction is left; None if that is not known."""
    X, y, weight = rows
    constant = constant_logits(case.loss, y, weight, case.original.n_outputs)
    if constant is None:
        return None
    best = mean_loss(case.original, np.tile(constant.astype(case.original.dtype), (len(X), 1)), rows)
    return case.logits_and_loss(rows)[1] / best if best > 0.0 else math.inf
