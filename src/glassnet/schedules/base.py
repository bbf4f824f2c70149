"""The base class of schedules, and the constant schedule."""

from __future__ import annotations

import inspect
from typing import Any

from glassnet.errors import ConfigError
from glassnet.utils.checks import check_number
from glassnet.utils.keywords import AdvisesOnNames
from glassnet.utils.wording import shortened

__all__ = ["Constant", "Schedule", "as_schedule", "check_factor"]


class Schedule(AdvisesOnNames):
    """Base of all schedules: names and defaults. A schedule of your own needs ``__call__``.

    A schedule that depends on the history keeps its state in a ``memory`` that the run owns and saves: one object can
    be used in several runs, and a resumed run continues with the same values.
    """

    horizon: int | None = None
    """Epochs after which the value no longer changes; None if it never does."""

    def __call__(self, epoch: float) -> float:
        """Return the value at a position in epochs.

        Parameters
        ----------
        epoch : float
            Position in the run, counted in epochs from 0; fractions lie within an epoch.
        """
        raise NotImplementedError

    def new_memory(self) -> dict[str, Any]:
        """Return the memory at the start of a run, JSON-able."""
        return {}

    def rate(self, epoch: float, memory: dict[str, Any]) -> float:
        """Return the value at a position in epochs, given the memory.

        Parameters
        ----------
        epoch : float
            Position in the run, counted in epochs from 0; fractions lie within an epoch.
        memory : dict
            As `new_memory` returned it and `observe` changed it.
        """
        return self(epoch)

    def observe(self, memory: dict[str, Any], epoch: int, row: dict[str, Any]) -> None:
        """Update ``memory`` with the history of a finished epoch; epochs are counted from 0.

        Parameters
        ----------
        memory : dict
            As `new_memory` returned it and `observe` changed it.
        epoch : int
            The finished epoch.
        row : dict
            Its values in the history, by column.
        """

    def monitors(self) -> tuple[str, ...]:
        """Return the columns of the history that `observe` reads."""
        return ()

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-able: by default the attributes of the same names."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def entry(self) -> dict[str, Any]:
        """Return the schedule as plain data: its class and its arguments."""
        return {"schedule": type(self).__name__, **self.config()}

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"{type(self).__name__}({arguments})"


class Constant(Schedule):
    """A constant value.

    Parameters
    ----------
    value : float
        The value at every epoch, at least 0.
    """

    def __init__(self, value: float) -> None:
        self.value = check_number("Constant", "value", value, 0.0)

    def __call__(self, epoch: float) -> float:
        return self.value


def as_schedule(where: str, name: str, value: float | Schedule) -> Schedule:
    """Return a schedule as it is and a number as a `Constant`."""
    if isinstance(value, Schedule):
        return value
    try:
        return Constant(check_number(where, name, value, 0.0))
    except ConfigError as error:
        must = "it must be a number of at least 0 or a schedule"
        message = f"{where}: {name} is {shortened(repr(value), 80)}; {must}."
        raise ConfigError(message, got=value) from error


def check_factor(where: str, name: str, value: Any) -> Schedule | None:
    """Return a schedule that multiplies a setting during a run, or None for a constant one.

    Parameters
    ----------
    where, name : str
        For the message.
    value : Schedule or None
        What the user gave.

    Raises
    ------
    ConfigError
        It is no schedule, or one that depends on the history, which layers do not support.
    """
    if value is None or (isinstance(value, Schedule) and not value.monitors()):
        return value
    message = f"{where}: {name} is {value!r}; it must be a schedule such as FlatCosine(1.0, epochs=50), or None."
    raise ConfigError(message, got=value)
