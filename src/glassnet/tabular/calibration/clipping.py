"""Standardised predictions within the range of a target that is clipped, and its values in units."""

from __future__ import annotations

import numpy as np

from glassnet.tabular.encoding.target import TargetEncoder

__all__ = ["clipped", "known_in_units"]


def clipped(target: TargetEncoder, outputs: np.ndarray) -> np.ndarray:
    """Return what networks predict, float64 (..., k), within the range that the target is clipped to, if it is.

    The ends are one step of float32 wider, so that they themselves come out of the conversion to units: an interval
    that begins at a count of 0 has to contain 0.
    """
    if not target.clip:
        return outputs
    ends = _ends(target)
    return np.asarray(np.clip(outputs, *np.nextafter(ends, np.array([-np.inf, np.inf], dtype=np.float32))))


def known_in_units(target: TargetEncoder, y: np.ndarray) -> np.ndarray:
    """Return encoded targets, float32 (n, 1), in units, the ends of the range exactly as they were."""
    numbers = target.scale.backward(y.astype(np.float64))
    for end, value in zip(_ends(target), (target.scale.low, target.scale.high), strict=True):
        numbers[y == end] = value
    return numbers


def _ends(target: TargetEncoder) -> np.ndarray:
    scale = target.scale
    return np.asarray(scale.forward(np.array([scale.low, scale.high])), dtype=np.float32)
