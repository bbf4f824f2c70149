"""Whether a network is to restore its own inputs, as autoencoders are."""

from __future__ import annotations

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.whole_columns import flat
from glassnet.diagnosis.sampling import spread

__all__ = ["share_restored"]

_OUTPUTS = 20  # columns of y that are looked at
_MOST_COLUMNS = 2000  # of the inputs; of more only the one at the same place is compared
_SAME = 1e-5  # from a correlation of 1: the same column, in other units maybe
_LIKE = 0.5  # correlation with the column of the same place, where noise was added or time has passed


def share_restored(case: Case) -> float:
    """Return 1 if the targets are the input columns, a lower share if they are some of them, or 0.

    Columns may be scaled. Where there are as many outputs as columns, each must only be like its own column, and more
    so than like others: noise may have been added to the inputs, or they may be what was measured a step before.
    """
    y, d = case.probe[1], len(case.names)
    k = y.shape[1] if y.ndim == 2 else int(np.prod(y.shape[1:]))
    if k < 2 or d < 2 or k > d or y.dtype.kind != "f":
        return 0.0
    outputs = spread(k, _OUTPUTS)
    columns = np.arange(d) if d <= _MOST_COLUMNS else outputs
    X, Y = _scaled(flat(case.probe[0], columns)), _scaled(flat(y, outputs))
    alike = np.abs(Y.T @ X)
    varies = Y.any(axis=0)
    if not varies.any():
        return 0.0
    alike, outputs = alike[varies], outputs[varies]
    if (alike.max(axis=1) > 1.0 - _SAME).all():
        return k / d
    if k != d:
        return 0.0
    own = np.searchsorted(columns, outputs)
    mine = alike[np.arange(len(alike)), own]
    return 1.0 if (mine > _LIKE).all() and (mine >= alike.max(axis=1) - _SAME).all() else 0.0


def _scaled(rows: np.ndarray) -> np.ndarray:
    """Return columns of mean 0 and length 1; those that do not change are 0."""
    rows = rows - rows.mean(axis=0)
    norms = np.sqrt((rows**2).sum(axis=0))
    found: np.ndarray = rows / np.where(norms > 0.0, norms, np.inf)
    return found
