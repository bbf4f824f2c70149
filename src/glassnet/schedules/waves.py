"""Schedules for a known length of training: flat and then falling, and waves of growing length."""

from __future__ import annotations

import math

from glassnet.errors import ConfigError
from glassnet.schedules.base import Schedule
from glassnet.utils.checks import check_integer, check_number

__all__ = ["CosineWaves", "FlatCosine"]

_MOST_WAVES = 30


class FlatCosine(Schedule):
    """``initial`` for a part of the training, then down to 0 along half a cosine wave.

    With ``p = min(epoch / epochs, 1)`` and ``f = flat``: ``value = initial`` up to f, and from there
    ``initial * (1 + cos(pi * (p - f) / (1 - f))) / 2``

    Parameters
    ----------
    initial : float
        Value at the start.
    epochs : int
        The horizon: at this position and after it the value is 0.
    flat : float, default=0.5
        Share of the epochs in which the value stays, at least 0 and below 1.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), arXiv:2407.04491, ``flat_cos``: for dropout and weight decay.

    Examples
    --------
    >>> rate = FlatCosine(0.1, epochs=10)
    >>> rate(0), rate(5), round(rate(7.5), 6), rate(10)
    (0.1, 0.1, 0.05, 0.0)
    """

    def __init__(self, initial: float, epochs: int, flat: float = 0.5) -> None:
        self.initial = check_number("FlatCosine", "initial", initial, 0.0)
        self.epochs = check_integer("FlatCosine", "epochs", epochs, 1)
        self.flat = check_number("FlatCosine", "flat", flat, 0.0, 1.0, open_maximum=True)
        self.horizon = self.epochs

    def __call__(self, epoch: float) -> float:
        position = min(epoch / self.epochs, 1.0)
        if position <= self.flat:
            return self.initial
        share = (position - self.flat) / (1.0 - self.flat)
        return self.initial * (1.0 + math.cos(math.pi * share)) / 2.0


class CosineWaves(Schedule):
    """From 0 up to ``maximum`` and back, several times, each wave twice as long as the one before.

    With ``p = min(epoch / epochs, 1)``: ``value = maximum * (1 - cos(2 * pi * log2(1 + (2**waves - 1) * p))) / 2``

    Parameters
    ----------
    maximum : float
        The largest value, once in every wave.
    epochs : int
        The horizon: at this position and after it the value is 0.
    waves : int, default=4
        How many, from 1 to 30.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), arXiv:2407.04491, ``coslog4``: four waves.

    Examples
    --------
    >>> rate = CosineWaves(0.1, epochs=15)
    >>> [round(rate(epoch), 4) for epoch in (0, 1, 3, 7, 15)]
    [0.0, 0.0, 0.0, 0.0, 0.0]
    >>> round(rate(2**3.5 - 1), 4)
    0.1
    """

    def __init__(self, maximum: float, epochs: int, waves: int = 4) -> None:
        self.maximum = check_number("CosineWaves", "maximum", maximum, 0.0)
        self.epochs = check_integer("CosineWaves", "epochs", epochs, 1)
        self.waves = check_integer("CosineWaves", "waves", waves, 1)
        if self.waves > _MOST_WAVES:
            message = f"CosineWaves: waves is {waves}; it must be at most {_MOST_WAVES}."
            raise ConfigError(message, expected=_MOST_WAVES, got=waves)
        self.horizon = self.epochs

    def __call__(self, epoch: float) -> float:
        position = min(epoch / self.epochs, 1.0)
        turns = math.log2(1.0 + (2.0**self.waves - 1.0) * position)
        return self.maximum * (1.0 - math.cos(2.0 * math.pi * turns)) / 2.0
