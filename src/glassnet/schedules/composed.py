"""Schedules composed of other schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.errors import ConfigError
from glassnet.schedules.base import Constant, Schedule, as_schedule
from glassnet.utils.checks import check_integer, check_number

__all__ = ["SequentialSchedule", "Warmup"]


class Warmup(Schedule):
    """A linear rise in the first epochs, then another schedule from its beginning.

    ``value = first * (start_factor + (1 - start_factor) * epoch / epochs)`` with ``first = then(0)`` for
    ``epoch < epochs``, and from there ``then(epoch - epochs)``

    Parameters
    ----------
    then : float or Schedule
        What to follow after the rise.
    epochs : int
        Length of the rise.
    start_factor : float, default=0.01
        Share of the first value to start from, between 0 and 1.

    References
    ----------
    Goyal et al. (2017), arXiv:1706.02677, section 2.2.

    Examples
    --------
    >>> rate = Warmup(0.1, epochs=4, start_factor=0.0)
    >>> rate(0), rate(2), rate(4), rate(9)
    (0.0, 0.05, 0.1, 0.1)
    """

    def __init__(self, then: float | Schedule, epochs: int, start_factor: float = 0.01) -> None:
        self.then = then
        self._inner = as_schedule("Warmup", "then", then)
        self.epochs = check_integer("Warmup", "epochs", epochs, 1)
        self.start_factor = check_number("Warmup", "start_factor", start_factor, 0.0, 1.0)
        # A constant rate no longer changes once the rise is over.
        self.horizon = self.epochs + (self._inner.horizon or 0) if _ends(self._inner) else None

    def __call__(self, epoch: float) -> float:
        return self.rate(epoch, self.new_memory())

    def rate(self, epoch: float, memory: dict[str, Any]) -> float:
        if epoch >= self.epochs:
            return self._inner.rate(epoch - self.epochs, memory)
        share = self.start_factor + (1.0 - self.start_factor) * epoch / self.epochs
        return self._inner.rate(0.0, memory) * share

    def new_memory(self) -> dict[str, Any]:
        return self._inner.new_memory()

    def observe(self, memory: dict[str, Any], epoch: int, row: dict[str, Any]) -> None:
        if epoch >= self.epochs:
            self._inner.observe(memory, epoch - self.epochs, row)

    def monitors(self) -> tuple[str, ...]:
        return self._inner.monitors()

    def config(self) -> dict[str, Any]:
        then = self.then.entry() if isinstance(self.then, Schedule) else float(self.then)
        return {"then": then, "epochs": self.epochs, "start_factor": self.start_factor}

    def __repr__(self) -> str:
        return f"Warmup({self.then!r}, epochs={self.epochs}, start_factor={self.start_factor})"


class SequentialSchedule(Schedule):
    """One schedule after the other, each from its own beginning.

    ``value = schedules[i](epoch - milestones[i - 1])`` where ``milestones[i - 1] <= epoch < milestones[i]``

    Parameters
    ----------
    schedules : sequence of float or Schedule
        What to follow, one after the other; at least two.
    milestones : sequence of int
        The epochs at which the second and each further one begins, rising.

    Examples
    --------
    >>> from glassnet.schedules import CosineDecay
    >>> rate = SequentialSchedule([0.1, CosineDecay(0.1, epochs=10)], milestones=[5])
    >>> rate(0), rate(5), rate(15)
    (0.1, 0.1, 0.0)
    """

    def __init__(self, schedules: Sequence[float | Schedule], milestones: Sequence[int]) -> None:
        where = "SequentialSchedule"
        self.schedules = list(schedules)
        self._parts = [as_schedule(where, "schedules", part) for part in self.schedules]
        self.milestones = [check_integer(where, "milestones", milestone, 1) for milestone in milestones]
        if len(self._parts) < 2 or len(self.milestones) != len(self._parts) - 1:
            must = "there must be at least two schedules, and a milestone for each but the first"
            fact = f"there are {len(self._parts)} schedules and {len(self.milestones)} milestones"
            message = f"{where}: {fact}; {must}."
            raise ConfigError(message, got=self.milestones)
        if any(a >= b for a, b in zip(self.milestones, self.milestones[1:], strict=False)):
            message = f"{where}: milestones is {self.milestones}; they must rise."
            raise ConfigError(message, got=self.milestones)
        last = self._parts[-1]
        self.horizon = self.milestones[-1] + (last.horizon or 0) if _ends(last) else None

    def __call__(self, epoch: float) -> float:
        return self.rate(epoch, self.new_memory())

    def _which(self, epoch: float) -> int:
        return sum(epoch >= milestone for milestone in self.milestones)

    def _begin_of(self, i: int) -> int:
        return self.milestones[i - 1] if i else 0

    def rate(self, epoch: float, memory: dict[str, Any]) -> float:
        i = self._which(epoch)
        return self._parts[i].rate(epoch - self._begin_of(i), memory["parts"][i])

    def new_memory(self) -> dict[str, Any]:
        return {"parts": [part.new_memory() for part in self._parts]}

    def observe(self, memory: dict[str, Any], epoch: int, row: dict[str, Any]) -> None:
        # Only the part that this epoch belongs to: a later plateau must not count earlier epochs.
        i = self._which(epoch)
        self._parts[i].observe(memory["parts"][i], epoch - self._begin_of(i), row)

    def monitors(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for part in self._parts for name in part.monitors()))

    def config(self) -> dict[str, Any]:
        parts = [part.entry() if isinstance(part, Schedule) else float(part) for part in self.schedules]
        return {"schedules": parts, "milestones": self.milestones}

    def __repr__(self) -> str:
        return f"SequentialSchedule({self.schedules!r}, milestones={self.milestones!r})"


def _ends(schedule: Schedule) -> bool:
    """Return whether there is an epoch after which the value no longer changes."""
    return schedule.horizon is not None or isinstance(schedule, Constant)
