"""Axes of charts: the range of an axis, round ticks with their text, and where a number lies on the paper."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

__all__ = ["Axis", "axis_of", "finite_values", "tick_text"]

_LARGEST = 1e300
"""Larger numbers are drawn here: the difference of two of them must not overflow."""

_SMALLEST = 1e-305
"""Smaller positive numbers are drawn here on a logarithmic axis."""


def finite_values(values: Iterable[float | None]) -> np.ndarray:
    """Return numbers as an array of float64, in which what is missing or not finite is NaN.

    Examples
    --------
    >>> finite_values([1, None, float("inf"), -1e305]).tolist()
    [1.0, nan, nan, -1e+300]
    """
    found = np.array([math.nan if value is None else float(value) for value in values], np.float64)
    found[~np.isfinite(found)] = math.nan
    return np.clip(found, -_LARGEST, _LARGEST)


class Axis:
    """A range of numbers, its ticks, and the place of each number between two places on the paper.

    Parameters
    ----------
    low, high : float
        Ends of the range.
    log : bool
        Whether distances are those of logarithms; both ends are positive then.
    whole : bool
        Whether ticks are whole numbers only.
    constant : float, optional
        The only number there is, which becomes the only tick.
    """

    def __init__(
        self, low: float, high: float, *, log: bool = False, whole: bool = False, constant: float | None = None
    ) -> None:
        self.low, self.high, self.log, self.whole, self.constant = low, high, log, whole, constant
        self.start, self.end = 0.0, 1.0

    def placed(self, start: float, end: float) -> Axis:
        """Set where the range begins and ends on the paper, and return the axis."""
        self.start, self.end = start, end
        return self

    def at(self, values: np.ndarray) -> np.ndarray:
        """Return the places of numbers on the paper; NaN stays NaN, and what a logarithm lacks becomes NaN."""
        low, high = self.low, self.high
        if self.log:
            values = np.log10(np.where(values > 0.0, np.maximum(values, _SMALLEST), math.nan))
            low, high = math.log10(low), math.log10(high)
        with np.errstate(over="ignore"):  # far outside of the range, where nothing is drawn
            place: np.ndarray = self.start + (values - low) / (high - low) * (self.end - self.start)
        return place

    def place(self, value: float) -> float:
        """Return the place of one number on the paper."""
        return float(self.at(finite_values([value]))[0])

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Return at most about ``most`` round numbers within the range, with their text.

        Parameters
        ----------
        most : int, default=5
            How many have room.

        Examples
        --------
        >>> Axis(0.0, 0.87).ticks()
        [(0.0, '0'), (0.2, '0.2'), (0.4, '0.4'), (0.6, '0.6'), (0.8, '0.8')]
        >>> [text for _, text in Axis(1e-6, 2.0, log=True).ticks()]
        ['1e-6', '1e-4', '0.01', '1']
        """
        if self.constant is not None:
            return [(self.constant, tick_text(self.constant))]
        found = _decades(self.low, self.high, most) if self.log else []
        if len(found) < 2:
            step = _round_step(self.high - self.low, most)
            found = _multiples(self.low, self.high, max(1.0, step) if self.whole else step)
        step = abs(found[1] - found[0]) if len(found) > 1 and not self.log else 0.0
        return [(value, tick_text(value, step)) for value in found]


def axis_of(values: np.ndarray, *, log: bool | None = False, whole: bool = False, pad: float = 0.04) -> Axis:
    """Return an axis with room for numbers, of which those that are NaN do not count.

    Parameters
    ----------
    values : ndarray
        As `finite_values` returns them.
    log : bool or None, default=False
        Whether to take logarithms, where a number is positive; None does so for positive numbers of different size.
    whole : bool, default=False
        Whether ticks are whole numbers only.
    pad : float, default=0.04
        Which share of the range is added at each end.
    """
    values = values[~np.isnan(values)]
    if log is None:
        log = bool(values.size) and float(values.min()) > 0.0 and float(values.max()) >= 100.0 * float(values.min())
    if log and (values > 0.0).any():
        values = values[values > 0.0]
    else:
        log = False
    if not values.size:
        return Axis(0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if log and high > low * (1.0 + 1e-9):
        beyond = (high / low) ** pad if high / low < _LARGEST else 1.0
        return Axis(max(low / beyond, _SMALLEST), min(high * beyond, 1e305), log=True)
    if high - low <= max(1e-9 * max(abs(low), abs(high)), 1e-300):
        if log:
            return Axis(max(low / 2.0, _SMALLEST / 2.0), max(low * 2.0, _SMALLEST), log=True, constant=low)
        around = abs(low) * 0.5 or 1.0
        return Axis(low - around, low + around, constant=low)
    beyond = (high - low) * pad
    return Axis(0.0 if 0.0 <= low < beyond else low - beyond, high + beyond, whole=whole)


def tick_text(value: float, step: float = 0.0) -> str:
    """Return a number on an axis, with the decimals that a step between two of them needs.

    Examples
    --------
    >>> tick_text(0.5, 0.25), tick_text(20000.0, 5000.0), tick_text(1e-12), tick_text(3.2e9, 1e8), tick_text(-0.0)
    ('0.5', '20,000', '1e-12', '3.2e9', '0')
    """
    size = abs(value)
    if size == 0.0 or (step and size < step * 1e-6):
        return "0"
    digits = 3 if not step else max(1, min(12, math.floor(math.log10(size / step) + 1e-9) + 2))
    if (size >= 1e6 and (digits < 6 or size >= 1e9)) or max(size, step) < 1e-3:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa}e{int(exponent)}"
    decimals = 2 - math.floor(math.log10(size)) if not step else 2 - math.floor(math.log10(step))
    text = f"{value:,.{max(0, min(decimals, 12))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _round_step(span: float, most: int) -> float:
    """Return 1, 2 or 5 times a power of ten, so that at most ``most`` steps fill the span."""
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    return next((power * times for times in (1.0, 2.0, 5.0) if power * times >= raw * (1.0 - 1e-9)), power * 10.0)


def _multiples(low: float, high: float, step: float) -> list[float]:
    """Return the multiples of a step within a range, each as a short decimal number."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def _decades(low: float, high: float, most: int) -> list[float]:
    """Return powers of ten within a range, with 2 and 5 times of them where there is room; none where they are few."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    every = max(1, math.ceil((last - first) / max(most - 1, 1)))
    powers = [10.0**power for power in range(first, last + 1, every)]
    for times in ((1, 2, 5), (1, 3)):
        finer = [10.0**power * t for power in range(first - 1, last + 1) for t in times]
        finer = [value for value in finer if low <= value <= high]
        if len(finer) <= most + 1:
            return [float(f"{value:.12g}") for value in finer]
    return powers
