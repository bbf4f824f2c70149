"""Quantiles of held-out rows as a table model answers them, and the shifts with which they hold what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.losses import Loss
from glassnet.tabular.calibration.clipping import clipped, known_in_units
from glassnet.tabular.calibration.conformal import fit_shifts
from glassnet.tabular.encoding.target import TargetEncoder

__all__ = ["HeldOutQuantiles", "fit_quantiles", "shares_below"]

_ROUNDS = 12  # of shifts; one is enough where the quantiles of no row cross
_MOVED = 1e-5  # of a standard deviation: less is no change
_MARGIN = 4.0 * float(np.finfo(np.float32).eps)  # of the numbers: more than what they are rounded by


class HeldOutQuantiles(NamedTuple):
    """What networks answer for rows that none of them was trained on.

    Attributes
    ----------
    outputs : ndarray of shape (m, n, copies * number of levels)
        Outputs of m networks whose quantiles are averaged, float64, before they are shifted and sorted.
    y : ndarray of shape (n, 1)
        The encoded targets.
    """

    outputs: np.ndarray
    y: np.ndarray

    def quantiles(self, shifts: np.ndarray, loss: Loss, target: TargetEncoder | None) -> np.ndarray:
        """Return the model's quantiles, standardised, (n, number of levels): shifted, sorted, clipped and averaged."""
        shifts = shifts.astype(np.float32).astype(np.float64)
        each = [loss.link(Z + np.tile(shifts, Z.shape[1] // len(shifts))) for Z in self.outputs]
        found: np.ndarray = np.mean(each if target is None else [clipped(target, one) for one in each], axis=0)
        return found.astype(np.float32)


def fit_quantiles(
    parts: Sequence[HeldOutQuantiles], loss: Any, levels: Sequence[float], target: TargetEncoder | None,
    weight: np.ndarray | None,
) -> np.ndarray:  # fmt: skip
    """Return the shift of each quantile, float64 (number of levels,), in units of the encoded target.

    Shifts are added before quantiles are sorted. Where some rows' cross, moving one moves others too: then they are
    fitted again to what the model answers with them, and those are taken that leave the least to be desired.

    Parameters
    ----------
    parts : sequence of HeldOutQuantiles
        Rows, in the order of ``weight``.
    loss : Loss
        Loss of the networks.
    levels : sequence of float
        Levels of the quantiles, ascending.
    target : TargetEncoder, optional
        What clips the answers, if it does.
    weight : ndarray of shape (n,), optional
        How many rows each stands for.
    """
    y = np.concatenate([part.y for part in parts]).astype(np.float64)
    outward = np.where(np.asarray(levels) >= 0.5, _MARGIN, -_MARGIN)
    shifts = best = np.zeros(len(levels))
    least = np.inf, np.inf
    for turn in range(_ROUNDS + 1):
        answers = (part.quantiles(shifts, loss, target if turn else None) for part in parts)
        Q = np.concatenate(list(answers)).astype(np.float64)
        # The row that decides lies inside by more than rounding: it is counted as it was meant to be.
        step = fit_shifts(y - Q + outward * (np.abs(y) + np.abs(Q)), levels, weight)
        far = float(np.abs(step).max())
        if turn and (cost := (_shortfall(y, Q, levels, weight), far)) < least:
            best, least = shifts, cost
        if turn and far <= _MOVED:
            break
        shifts = shifts + (step if turn < _ROUNDS // 2 else 0.5 * step)
    return best


def _shortfall(y: np.ndarray, Q: np.ndarray, levels: Sequence[float], weight: np.ndarray | None) -> float:
    """Return by how much of all rows the worst of the quantiles has too few on its side."""
    q = np.asarray(levels)
    upper, lower = (np.average(held, axis=0, weights=weight) for held in (y <= Q, y >= Q))
    missing = np.where(q >= 0.5, q - upper, 1.0 - q - lower)
    return round(max(float(missing.max()), 0.0), 9)


def shares_below(
    parts: Sequence[HeldOutQuantiles], shifts: np.ndarray, loss: Any, levels: Sequence[float],
    target: TargetEncoder | None, weight: np.ndarray | None,
) -> tuple[float, ...]:  # fmt: skip
    """Return the share of rows below each quantile of the model, or at most as large for levels of at least 0.5.

    They are counted in the target's units: the difference of two is the share inside an interval, ends included.
    """
    found, high = [], np.asarray(levels) >= 0.5
    for part in parts:
        Q = part.quantiles(shifts, loss, target)
        Q, y = (Q, part.y) if target is None else (target.in_units(Q), known_in_units(target, part.y))
        found.append(np.where(high, y <= Q, y < Q))
    return tuple(np.average(np.concatenate(found), axis=0, weights=weight).tolist())
