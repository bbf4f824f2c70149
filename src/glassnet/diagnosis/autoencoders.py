"""Networks that are to give their inputs back."""

from __future__ import annotations

import math

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.layers import Dense
from glassnet.layers.tree import every_layer

__all__ = ["restores_inputs"]

_LEAST_COLUMNS, _MOST_COLUMNS = 2, 200
_RESTORED = 0.5  # how far each column must go with its target where something was added to the inputs


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
