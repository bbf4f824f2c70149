"""Shift and scale numbers to mean 0 and standard deviation 1, without overflow in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.encoding.weighting import mean_of

__all__ = ["Scale", "distances"]


def distances(values: np.ndarray, center: float, unit: float) -> np.ndarray:
    """Return ``(x - center) / unit``; infinite beyond the range of float64.

    Examples
    --------
    >>> distances(np.array([-1.5e308, 1.5e308]), center=1e308, unit=1e308).tolist()
    [-2.5, 0.5]
    """
    with np.errstate(over="ignore", under="ignore"):
        z = (values - center) / unit
        lost = np.isinf(z)
        if lost.any():  # quarters of large numbers are exact, and far enough from the largest float64
            z = np.where(lost, (values / 4.0 - center / 4.0) / (unit / 4.0), z)
        return np.asarray(z)


@dataclass(frozen=True)
class Scale:
    """``z = (x - mean) / std``, all in float64.

    Parameters
    ----------
    mean, std : float
        Mean and standard deviation of the training values; ``std`` divides by n. It is 0 if all values are equal.
    low, high : float
        Smallest and largest training value.

    Examples
    --------
    >>> scale = Scale.fit(np.array([1.0, 2.0, 3.0, 4.0]))
    >>> scale.mean, scale.forward(np.array([2.5])).tolist(), scale.backward(scale.forward(np.array([7.0]))).tolist()
    (2.5, [0.0], [7.0])
    """

    mean: float
    std: float
    low: float
    high: float

    @classmethod
    def fit(cls, values: np.ndarray, counts: np.ndarray | None = None) -> Scale:
        """Return the scale of finite values, at least one, of which each stands for ``counts`` equal rows."""
        low, high = float(values.min()), float(values.max())
        if low == high:
            return cls(low, 0.0, low, high)
        # Scaled by a power of two, which is exact, so that 1e300 squared does not overflow, nor 1e-300 vanish.
        exponent = int(np.frexp(max(abs(low), abs(high)))[1])
        with np.errstate(under="ignore"):
            small = np.ldexp(values, -exponent)
            mean = mean_of(small, counts)
            std = np.sqrt(mean_of(np.square(small - mean), counts))
            return cls(float(np.ldexp(mean, exponent)), float(np.ldexp(std, exponent)), low, high)

    def forward(self, values: np.ndarray) -> np.ndarray:
        """Return ``(x - mean) / std``; infinite beyond the range of float64."""
        return distances(values, self.mean, self.std)

    def backward(self, z: np.ndarray) -> np.ndarray:
        """Return ``mean + std * z``, clipped to the range of float64."""
        largest = np.finfo(np.float64).max
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(np.clip(self.mean + self.std * z, -largest, largest))

    def words(self) -> str:
        """Return a description of the scaling."""
        return f"standardised: mean {self.mean:.6g}, standard deviation {self.std:.6g}"

    def outside(self, values: np.ndarray) -> np.ndarray:
        """Return a mask of the values outside the range of training."""
        return (values < self.low) | (values > self.high)

    def config(self) -> dict[str, Any]:
        """Return the four numbers, which JSON keeps exactly."""
        return {"mean": self.mean, "std": self.std, "low": self.low, "high": self.high}

    @classmethod
    def from_config(cls, entries: Entries) -> Scale:
        """Return the scale that `config` described."""
        mean, low, high = (entries.number(key) for key in ("mean", "low", "high"))
        return cls(mean, entries.number("std", positive=True), low, high)
