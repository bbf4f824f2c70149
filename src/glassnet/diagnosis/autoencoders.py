"""Networks that are to give their inputs back."""

from __future__ import annotations

import math

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.sampling import spread
from glassnet.layers import Dense
from glassnet.layers.tree import every_layer

__all__ = ["restores_inputs", "share_restored"]

_LEAST_COLUMNS, _MOST_COLUMNS = 2, 200
_RESTORED = 0.5  # how far each column must go with its target where something was added to the inputs
_OUTPUTS = 20  # columns of y that are looked at
_MOST_INPUTS = 2000  # of the inputs; of more only the one at the same place is compared
_SAME = 1e-5  # from a correlation of 1: the same column, in other units maybe
_LIKE = 0.5  # correlation with the column of the same place, where noise was added or time has passed


def restores_inputs(case: Case) -> bool:
    """Return whether the targets are the inputs, or what these were before something was added to them.

    In the latter case the network must be narrower than its outputs: a forecast of the next row looks alike.
    """
    columns, outputs = (math.prod(part.shape[1:]) for part in case.data[:2])
    if columns != outputs or outputs < _LEAST_COLUMNS:
        return False
    X, y, _ = case.probe
    if y.dtype.kind != "f":
        return False
    rows, wanted = (part.reshape(len(y), -1)[:, :_MOST_COLUMNS] for part in (X, y))
    if np.array_equal(rows, wanted):
        return True
    narrowest = min((layer.units for layer in every_layer(case.original.layers) if isinstance(layer, Dense)), default=0)
    if not 0 < narrowest < outputs:
        return False
    A, Y = (part - part.mean(axis=0, dtype=np.float64) for part in (rows, wanted))
    shared, sizes = (A * Y).sum(axis=0), np.sqrt((A**2).sum(axis=0) * (Y**2).sum(axis=0))
    varies = sizes > 0.0
    return bool(varies.any() and (shared[varies] > _RESTORED * sizes[varies]).all())


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
    columns = np.arange(d) if d <= _MOST_INPUTS else outputs
    X, Y = _scaled(case.probe[0], columns), _scaled(y, outputs)
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


def _scaled(part: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return columns with mean 0 and length 1; those that do not change are 0."""
    rows = part.reshape(len(part), -1)[:, columns].astype(np.float64)
    rows -= rows.mean(axis=0)
    norms = np.sqrt((rows**2).sum(axis=0))
    found: np.ndarray = rows / np.where(norms > 0.0, norms, np.inf)
    return found
