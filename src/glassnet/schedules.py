"""Values that change while a network trains, such as the learning rate.

A schedule is called with the position in epochs (a float: 2.5 is the middle of the third epoch) and returns the
value. It has a horizon of its own, so that training in two halves follows the same curve as training in one go.
"""

from __future__ import annotations

import math
from typing import Any

from glassnet.checks import check_integer, check_number
from glassnet.errors import ConfigError

__all__ = ["SCHEDULES", "Constant", "CosineDecay", "Schedule", "as_schedule"]


class Schedule:
    """Base of all schedules: names and defaults."""

    horizon: int | None = None
    """Epochs after which the value no longer changes; None if it never does."""

    def __call__(self, epoch: float) -> float:
        """Return the value at a position in epochs."""
        raise NotImplementedError

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-able."""
        raise NotImplementedError

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"{type(self).__name__}({arguments})"


class Constant(Schedule):
    """The same value for ever.

    Parameters
    ----------
    value : float
        Must not be negative.
    """

    def __init__(self, value: float) -> None:
        self.value = check_number("Constant", "value", value, 0.0)

    def __call__(self, epoch: float) -> float:
        return self.value

    def config(self) -> dict[str, Any]:
        return {"value": self.value}


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
        position = min(epoch / self.epochs, 1.0)
        return self.final + (self.initial - self.final) * (1.0 + math.cos(math.pi * position)) / 2.0

    def config(self) -> dict[str, Any]:
        return {"initial": self.initial, "epochs": self.epochs, "final": self.final}


SCHEDULES: dict[str, type[Schedule]] = {"Constant": Constant, "CosineDecay": CosineDecay}


def as_schedule(where: str, name: str, value: float | Schedule) -> Schedule:
    """Return a schedule as it is and a number as a `Constant`."""
    if isinstance(value, Schedule):
        return value
    try:
        return Constant(check_number(where, name, value, 0.0))
    except ConfigError as error:
        message = f"{where}: {name} must be a number of at least 0 or a schedule, got {value!r}."
        raise ConfigError(message, got=value) from error
