"""Scales of numbers that outliers do not affect: by median and quartiles with smooth clipping, and by ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np

from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.encoding.scaling import Scale, distances
from glassnet.tabular.encoding.weighting import quantiles_of

__all__ = ["BOUND", "NormalScale", "RobustScale", "bounded"]

BOUND = 3.0
"""What the absolute value of a robustly scaled number stays below."""

_MOST_QUANTILES, _FEWEST_QUANTILES, _ROWS_PER_QUANTILE = 1000, 10, 30
_SMALLEST_SHARE = 1e-7
_ROUNDING = 1e-6  # a distance that float32 just keeps between numbers of about 1
_LARGEST = float(np.finfo(np.float64).max)
_normal_quantile = NormalDist().inv_cdf  # compiled: as fast as its formula (Wichura's AS 241) in NumPy over an array


def _exponent(values: np.ndarray) -> int:
    """Return the power of two to divide values by, so that their differences neither overflow nor vanish."""
    return int(np.frexp(np.abs(values).max())[1])


@dataclass(frozen=True)
class RobustScale(Scale):
    """Scale by median and quartiles, and clip smoothly: ``z = (x - median) / q``, ``3 z / hypot(3, z)``.

    ``q`` is the 75 % minus the 25 % quantile, or if these are equal half of the range. The result lies between -3 and
    3, and is about z around 0.

    Parameters
    ----------
    mean, std, low, high : float
        Mean, standard deviation and range of the training values; ``mean`` takes the place of missing ones.
    median, q : float
        Median and spread of the training values.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), arXiv:2407.04491, section 3: robust scaling and smooth clipping.

    Examples
    --------
    >>> scale = RobustScale.fit(np.array([1.0, 2.0, 3.0, 4.0, 1e9]))
    >>> scale.forward(np.array([1.0, 3.0, 1e9])).round(3).tolist()
    [-0.949, 0.0, 3.0]
    """

    median: float = 0.0
    q: float = 1.0

    @classmethod
    def fit(cls, values: np.ndarray, counts: np.ndarray | None = None) -> RobustScale:
        plain = Scale.fit(values, counts)
        exponent = _exponent(values)
        with np.errstate(under="ignore", over="ignore"):
            small = np.ldexp(values, -exponent)
            first, median, third = quantiles_of(small, [0.25, 0.5, 0.75], counts)
            q = third - first or (small.max() - small.min()) / 2.0
            center, spread = float(np.ldexp(median, exponent)), min(float(np.ldexp(q, exponent)), _LARGEST)
        return cls(plain.mean, plain.std, plain.low, plain.high, center, spread)

    @classmethod
    def bound(cls, values: np.ndarray, counts: np.ndarray | None = None) -> RobustScale:
        """Return the scale of a feature of about 1, which is constant if its values differ by rounding only.

        So do the sines of two times of the day, 3:00 and 9:00: scaled, the feature would be noise between -3 and 3.
        """
        scale = cls.fit(values, counts)
        return scale if scale.q > _ROUNDING else replace(scale, q=0.0)

    def forward(self, values: np.ndarray) -> np.ndarray:
        """Return the scaled values; 0 everywhere if training had one value only."""
        if not self.q:
            return np.zeros(values.shape)
        z = np.clip(distances(values, self.median, self.q), -_LARGEST, _LARGEST)
        with np.errstate(under="ignore"):
            bounded: np.ndarray = z / np.hypot(1.0, z / BOUND)
        return bounded

    def words(self) -> str:
        return f"scaled to its quartiles: median {self.median:.6g}, range {self.q:.6g}, softly cut at 3"

    def config(self) -> dict[str, Any]:
        return {"scaling": "robust", **super().config(), "median": self.median, "q": self.q}

    @classmethod
    def from_config(cls, entries: Entries) -> RobustScale:
        mean, std, low, high, median, q = (entries.number(key) for key in ("mean", "std", "low", "high", "median", "q"))
        return cls(mean, std, low, high, median, q)


def bounded(X: np.ndarray, bounds: Sequence[RobustScale | None]) -> np.ndarray:
    """Scale those features in place that have a bound."""
    for x, bound in zip(X.T, bounds, strict=False):
        if bound is not None:
            x[...] = bound.forward(x)
    return X


@dataclass(frozen=True)
class NormalScale(Scale):
    """Map ranks among the training values to normal quantiles: ``z = Phi^-1(share of values below)``.

    The share is interpolated between quantiles of the training values, from below and from above; the mean of both is
    the middle of ties.

    Parameters
    ----------
    mean, std, low, high : float
        Mean, standard deviation and range of the training values; ``mean`` takes the place of missing ones.
    quantiles : tuple of float
        Quantiles of the training values, at equal distances from 0 to 1.

    References
    ----------
    The preprocessing of Gorishniy et al. (2022), arXiv:2203.05556, and of TabM, arXiv:2410.24210; as scikit-learn's
    ``QuantileTransformer(output_distribution="normal")``.

    Examples
    --------
    >>> scale = NormalScale.fit(np.arange(101.0))
    >>> scale.forward(np.array([15.87, 84.13, -7.0])).round(3).tolist()
    [-1.0, 1.0, -5.199]
    """

    quantiles: tuple[float, ...] = ()

    @classmethod
    def fit(cls, values: np.ndarray, counts: np.ndarray | None = None) -> NormalScale:
        plain = Scale.fit(values, counts)
        n_rows = len(values) if counts is None else int(counts.sum())
        n = min(max(n_rows // _ROWS_PER_QUANTILE, _FEWEST_QUANTILES), _MOST_QUANTILES)
        exponent = _exponent(values)
        # A little noise, so that the function has no jump at a value of many rows.
        size = 1e-5 * float(np.ldexp(plain.std, -exponent))
        noise = np.random.default_rng(0).standard_normal(len(values)) * size
        with np.errstate(under="ignore", over="ignore"):
            quantiles = quantiles_of(np.ldexp(values, -exponent) + noise, np.linspace(0, 1, n), counts)
            found = np.ldexp(np.sort(quantiles), exponent)
        return cls(plain.mean, plain.std, plain.low, plain.high, tuple(np.clip(found, -_LARGEST, _LARGEST).tolist()))

    def forward(self, values: np.ndarray) -> np.ndarray:
        """Return normal quantiles, within ±5.2."""
        edges, shares = np.array(self.quantiles), np.linspace(0.0, 1.0, len(self.quantiles))
        exponent = _exponent(edges)
        # The slope between nearly equal edges overflows.
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            edges, values = np.ldexp(edges, -exponent), np.ldexp(values, -exponent)
            below = np.clip(np.nan_to_num(np.interp(values, edges, shares), nan=0.5), 0.0, 1.0)
            above = np.clip(np.nan_to_num(np.interp(-values, -edges[::-1], -shares[::-1]), nan=-0.5), -1.0, 0.0)
        found = np.clip((below - above) / 2.0, _SMALLEST_SHARE, 1.0 - _SMALLEST_SHARE)
        return np.fromiter(map(_normal_quantile, found.tolist()), np.float64, len(found))

    def words(self) -> str:
        middle = self.quantiles[len(self.quantiles) // 2]
        return f"ranked, as quantiles of the normal distribution: median about {middle:.5g}"

    def config(self) -> dict[str, Any]:
        return {"scaling": "normal", **super().config(), "quantiles": list(self.quantiles)}

    @classmethod
    def from_config(cls, entries: Entries) -> NormalScale:
        mean, std, low, high = (entries.number(key) for key in ("mean", "std", "low", "high"))
        key = "quantiles"
        quantiles = entries.numbers(key, least=2)
        if any(b < a for a, b in pairwise(quantiles)):
            raise entries.refuse(key, "a list of numbers that do not fall")
        return cls(mean, std, low, high, tuple(quantiles))
