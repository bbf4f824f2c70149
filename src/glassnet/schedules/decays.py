"""Schedules that are functions of time alone."""

from __future__ import annotations

import math

from glassnet.schedules.base import Schedule
from glassnet.utils.checks import check_integer, check_number

__all__ = ["CosineDecay", "ExponentialDecay", "InverseTimeDecay", "OneCycle", "StepDecay"]


class StepDecay(Schedule):
    """From ``initial``, multiplied by ``factor`` every so many epochs.

    ``value = initial * factor ** floor(epoch / every)``

    Parameters
    ----------
    initial : float
        Value at the start.
    every : int
        Epochs between two steps.
    factor : float, default=0.1
        What the value is multiplied by at each step, above 0 and at most 1.

    Examples
    --------
    >>> rate = StepDecay(0.1, every=10, factor=0.5)
    >>> rate(0), rate(9.9), rate(10), rate(25)
    (0.1, 0.1, 0.05, 0.025)
    """

    def __init__(self, initial: float, every: int, factor: float = 0.1) -> None:
        self.initial = check_number("StepDecay", "initial", initial, 0.0)
        self.every = check_integer("StepDecay", "every", every, 1)
        self.factor = check_number("StepDecay", "factor", factor, 0.0, 1.0, open_minimum=True)

    def __call__(self, epoch: float) -> float:
        return float(self.initial * self.factor ** math.floor(epoch / self.every))


class ExponentialDecay(Schedule):
    """From ``initial``, multiplied by ``factor`` in the course of every so many epochs, smoothly.

    ``value = initial * factor ** (epoch / every)``

    Parameters
    ----------
    initial : float
        Value at the start.
    factor : float
        What the value is multiplied by, above 0 and at most 1.
    every : int, default=1
        Epochs in which the value is multiplied by ``factor`` once.

    Examples
    --------
    >>> rate = ExponentialDecay(0.1, factor=0.25, every=10)
    >>> rate(0), rate(5), rate(10)
    (0.1, 0.05, 0.025)
    """

    def __init__(self, initial: float, factor: float, every: int = 1) -> None:
        self.initial = check_number("ExponentialDecay", "initial", initial, 0.0)
        self.factor = check_number("ExponentialDecay", "factor", factor, 0.0, 1.0, open_minimum=True)
        self.every = check_integer("ExponentialDecay", "every", every, 1)

    def __call__(self, epoch: float) -> float:
        return float(self.initial * self.factor ** (epoch / self.every))


class InverseTimeDecay(Schedule):
    """From ``initial``, falling with the inverse of time: ``value = initial / (1 + decay * epoch) ** power``.

    Parameters
    ----------
    initial : float
        Value at the start.
    decay : float
        How fast the value falls, at least 0; larger is faster.
    power : float, default=1.0
        Exponent: 1 as Robbins and Monro have it, 0.5 for an inverse square root.

    References
    ----------
    Robbins & Monro (1951), "A stochastic approximation method".

    Examples
    --------
    >>> rate = InverseTimeDecay(0.1, decay=0.5)
    >>> rate(0), rate(2), rate(6)
    (0.1, 0.05, 0.025)
    """

    def __init__(self, initial: float, decay: float, power: float = 1.0) -> None:
        self.initial = check_number("InverseTimeDecay", "initial", initial, 0.0)
        self.decay = check_number("InverseTimeDecay", "decay", decay, 0.0)
        self.power = check_number("InverseTimeDecay", "power", power, 0.0, open_minimum=True)

    def __call__(self, epoch: float) -> float:
        return float(self.initial / (1.0 + self.decay * epoch) ** self.power)


class CosineDecay(Schedule):
    """From ``initial`` down to ``final`` along half a cosine wave.

    ``value = final + (initial - final) * (1 + cos(pi * min(epoch / epochs, 1))) / 2``

    Parameters
    ----------
    initial : float
        Value at the start.
    epochs : int
        The horizon: at this position and after it the value is ``final``.
    final : float, default=0.0
        Value at the end.

    References
    ----------
    Loshchilov & Hutter (2017), arXiv:1608.03983, eq. 5, without restarts.

    Examples
    --------
    >>> rate = CosineDecay(0.1, epochs=10)
    >>> rate(0), round(rate(5), 6), rate(10)
    (0.1, 0.05, 0.0)
    """

    def __init__(self, initial: float, epochs: int, final: float = 0.0) -> None:
        self.initial = check_number("CosineDecay", "initial", initial, 0.0)
        self.epochs = check_integer("CosineDecay", "epochs", epochs, 1)
        self.final = check_number("CosineDecay", "final", final, 0.0)
        self.horizon = self.epochs

    def __call__(self, epoch: float) -> float:
        return _cosine(self.initial, self.final, min(epoch / self.epochs, 1.0))


class OneCycle(Schedule):
    """Up to ``maximum`` and down again, far below the start, each along half a cosine wave.

    ``cosine(a, b, s) = b + (a - b) * (1 + cos(pi * s)) / 2``; with ``p = min(epoch / epochs, 1)``,
    ``value = cosine(maximum / div_factor, maximum, p / pct_start)`` up to ``pct_start``, and from there
    ``cosine(maximum, maximum / div_factor / final_div_factor, (p - pct_start) / (1 - pct_start))``

    Parameters
    ----------
    maximum : float
        The largest value.
    epochs : int
        Length of the cycle; afterwards the value stays.
    pct_start : float, default=0.3
        Share of the cycle that goes up, above 0 and below 1.
    div_factor, final_div_factor : float, default=25, 1e4
        The start is ``maximum / div_factor``, and the end is the start divided by ``final_div_factor``. At least 1;
        the defaults are PyTorch's. Momentum is not cycled.

    References
    ----------
    Smith & Topin (2017), arXiv:1708.07120; Smith (2018), arXiv:1803.09820.

    Examples
    --------
    >>> rate = OneCycle(0.5, epochs=10, pct_start=0.4)
    >>> [round(rate(epoch), 4) for epoch in (0, 2, 4, 7, 10)]
    [0.02, 0.26, 0.5, 0.25, 0.0]
    """

    def __init__(
        self,
        maximum: float,
        epochs: int,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ) -> None:
        self.maximum = check_number("OneCycle", "maximum", maximum, 0.0)
        self.epochs = check_integer("OneCycle", "epochs", epochs, 1)
        share = check_number("OneCycle", "pct_start", pct_start, 0.0, 1.0, open_minimum=True, open_maximum=True)
        self.pct_start = share
        self.div_factor = check_number("OneCycle", "div_factor", div_factor, 1.0)
        self.final_div_factor = check_number("OneCycle", "final_div_factor", final_div_factor, 1.0)
        self.horizon = self.epochs

    def __call__(self, epoch: float) -> float:
        position = min(epoch / self.epochs, 1.0)
        start = self.maximum / self.div_factor
        if position < self.pct_start:
            return _cosine(start, self.maximum, position / self.pct_start)
        rest = (position - self.pct_start) / (1.0 - self.pct_start)
        return _cosine(self.maximum, start / self.final_div_factor, rest)


def _cosine(start: float, end: float, share: float) -> float:
    """Return the value at a share of the way along half a cosine wave."""
    return end + (start - end) * (1.0 + math.cos(math.pi * share)) / 2.0
