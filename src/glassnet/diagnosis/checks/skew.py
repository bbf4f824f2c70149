"""Whether numbers are skewed to the right, and their logarithms are not."""

from __future__ import annotations

import numpy as np

__all__ = ["TOP", "is_skewed"]

TOP, _HOLDS = 0.05, 0.7  # the largest 5 % hold so much of the squares
_SKEWED, _MENDED = 3.0, 1.0  # skewness before, and after the logarithm


def is_skewed(values: np.ndarray) -> bool:
    """Return whether numbers are skewed to the right, and their logarithms are not."""
    if values.std() == 0.0 or _skewness(values) < _SKEWED:
        return False
    squares = np.sort((values - values.mean()) ** 2)
    if squares[-max(1, int(TOP * len(values))) :].sum() < _HOLDS * squares.sum():
        return False
    positive = values[values > 0.0]
    mended = min(abs(_skewness(np.log(positive))), abs(_skewness(np.log1p(values))))
    return len(positive) > len(values) // 2 and mended < _MENDED


def _skewness(values: np.ndarray) -> float:
    return float(((values - values.mean()) ** 3).mean() / values.std() ** 3)
