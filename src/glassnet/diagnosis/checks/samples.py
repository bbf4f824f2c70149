"""Two samples of one column beside each other: how different they are, how different by chance, and in words."""

from __future__ import annotations

import math

import numpy as np

from glassnet.utils.distinct_values import counted, distinct

__all__ = ["CHANCE", "CLEARLY", "DIFFERENT", "beside", "distance", "limit_of_chance"]

CHANCE = 1e-7  # probability of a false accusation of a random split
DIFFERENT = 0.25  # of the shares below one number: two rows of three differ
CLEARLY = 0.45


def distance(old: np.ndarray, new: np.ndarray) -> float:
    """Return the largest difference of the shares of two samples that lie below any number.

    Examples
    --------
    >>> distance(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 4.0, 5.0, 6.0]))
    0.5
    """
    old, new = np.sort(old), np.sort(new)
    values = np.concatenate([old, new])
    below = np.searchsorted(old, values, "right") / len(old) - np.searchsorted(new, values, "right") / len(new)
    return float(np.abs(below).max())


def limit_of_chance(n_old: int, n_new: int, n_columns: int) -> float:
    """Return the distance that a random split exceeds hardly ever in any of so many columns."""
    by_chance = math.sqrt(0.5 * math.log(2.0 * n_columns / CHANCE) * (1.0 / n_old + 1.0 / n_new))
    return max(DIFFERENT, by_chance)


def beside(name: str, old: np.ndarray, new: np.ndarray) -> str:
    """Return how a column differs, in words."""
    (low, middle, high), (new_low, new_middle, new_high) = (np.quantile(x, [0.1, 0.5, 0.9]) for x in (old, new))
    values, counts = counted(new)
    often = int(counts.argmax())
    share, before = counts[often] / len(new), float((old == values[often]).mean())
    if len(values) == 1:
        return f"{name} is {values[0]:.4g} in all validation rows, in training {low:.4g} to {high:.4g} in eight of ten"
    if share > max(0.05, 5.0 * before) and len(distinct(old)) > 10:
        seen = f"{before:.1%}" if before else f"none of {len(old)}"
        return f"{name} is {values[often]:.4g} in {share:.0%} of the validation rows, in training in {seen}"
    text = f"{name} has median {new_middle:.4g} and eight of ten values from {new_low:.4g} to {new_high:.4g}"
    return f"{text} in the validation rows, in training {middle:.4g} and {low:.4g} to {high:.4g}"
