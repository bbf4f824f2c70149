"""A quick check whether gradients are those of the loss: along one direction for each parameter."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.diagnosis.backprop.learner import Learner
from glassnet.errors import GlassnetError

__all__ = ["STEP", "agrees", "count_right", "same_numbers", "spread_of"]

STEP = 1e-5  # cube root of float64's precision, where truncation and rounding of a central difference balance
_SAME = 1e-3  # relative difference up to which a slope counts as the same, with small constants in logarithms


def count_right(learner: Learner, X: np.ndarray, y: np.ndarray) -> int:
    """Return how many gradients are those of the loss, at one point; -1 where a function does not run."""
    rng = np.random.default_rng(1)
    arrays = [a + spread_of(a) * rng.standard_normal(a.shape) for a in learner.tree.arrays]
    directions = [rng.standard_normal(a.shape) / a.size**0.25 for a in arrays]
    try:
        found = learner.find(arrays, X, y).gradients
        slopes = []
        for i, v in enumerate(directions):
            around = [[a + h * v if j == i else a for j, a in enumerate(arrays)] for h in (STEP, -STEP)]
            above, below = (learner.loss_at(each, X, y) for each in around)
            slopes.append((above - below) / (2 * STEP))
    except GlassnetError:
        return -1
    return sum(map(agrees, found, directions, slopes))


def spread_of(array: np.ndarray) -> float:
    """Return how far to move an array at random: a quarter of its own size."""
    size = float(np.sqrt(np.mean(array**2)))
    return 0.25 * size if size > 1e-2 else 0.1


def agrees(found: np.ndarray | None, direction: np.ndarray, slope: float) -> bool:
    """Return whether a gradient has the loss's slope along a direction."""
    if found is None or found.size != direction.size:
        return found is None and slope == 0.0
    own = float(found.ravel() @ direction.ravel())
    size = float(np.linalg.norm(found) * np.linalg.norm(direction)) / np.sqrt(direction.size)
    return bool(abs(own - slope) <= _SAME * (size + abs(slope)) + 1e-9)


def same_numbers(a: Any, b: Any) -> bool:
    """Return whether two results are the same numbers."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_numbers(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same_numbers, a, b))
    return True
