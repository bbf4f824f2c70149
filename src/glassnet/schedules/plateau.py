"""A schedule that falls when the run no longer improves."""

from __future__ import annotations

import math
from typing import Any

from glassnet.errors import ConfigError
from glassnet.metrics import better_sign
from glassnet.schedules.base import Schedule, as_schedule
from glassnet.utils.checks import check_choice, check_integer, check_number

__all__ = ["ReduceOnPlateau"]


class ReduceOnPlateau(Schedule):
    """Another schedule, multiplied by ``factor`` each time a recorded value has not improved for some epochs.

    ``value = max(initial(epoch) * factor ** (reductions so far), minimum)``

    Parameters
    ----------
    initial : float or Schedule
        Value at the start.
    factor : float, default=0.1
        What the value is multiplied by, above 0 and below 1.
    patience : int, default=10
        Epochs without improvement before a reduction.
    monitor : str, default="valid_loss"
        A column of the history.
    mode : {"auto", "min", "max"}, default="auto"
        Whether the value must fall or rise; ``"auto"`` works for losses and the metrics of this library.
    min_delta : float, default=0.0
        An improvement must be larger than this.
    cooldown : int, default=0
        Epochs after a reduction that are not counted.
    minimum : float, default=0.0
        The value never falls below it.
    """

    def __init__(
        self,
        initial: float | Schedule,
        *,
        factor: float = 0.1,
        patience: int = 10,
        monitor: str = "valid_loss",
        mode: str = "auto",
        min_delta: float = 0.0,
        cooldown: int = 0,
        minimum: float = 0.0,
    ) -> None:
        where = "ReduceOnPlateau"
        self.initial = initial
        self._inner = as_schedule(where, "initial", initial)
        self.factor = check_number(where, "factor", factor, 0.0, 1.0, open_minimum=True, open_maximum=True)
        self.patience = check_integer(where, "patience", patience, 0)
        self.monitor = monitor
        self.mode = check_choice(where, "mode", mode, ("auto", "min", "max"))
        self.min_delta = check_number(where, "min_delta", min_delta, 0.0)
        self.cooldown = check_integer(where, "cooldown", cooldown, 0)
        self.minimum = check_number(where, "minimum", minimum, 0.0)
        self._sign = better_sign(where, monitor, self.mode)

    def __call__(self, epoch: float) -> float:
        return self.rate(epoch, self.new_memory())

    def rate(self, epoch: float, memory: dict[str, Any]) -> float:
        return max(self._inner.rate(epoch, memory["initial"]) * float(memory["factor"]), self.minimum)

    def new_memory(self) -> dict[str, Any]:
        return {"factor": 1.0, "best": None, "waited": 0, "cooling": 0, "initial": self._inner.new_memory()}

    def observe(self, memory: dict[str, Any], epoch: int, row: dict[str, Any]) -> None:
        self._inner.observe(memory["initial"], epoch, row)
        if self.monitor not in row:
            known = ", ".join(map(repr, sorted(row)))
            message = f"ReduceOnPlateau: unknown monitor {self.monitor!r}. The choices are {known}."
            raise ConfigError(message, expected=sorted(row), got=self.monitor)
        value = math.nan if row[self.monitor] is None else self._sign * row[self.monitor]
        if math.isfinite(value) and (memory["best"] is None or value < memory["best"] - self.min_delta):
            memory["best"], memory["waited"] = value, 0
        elif memory["cooling"] == 0:
            memory["waited"] += 1
        memory["cooling"] = max(memory["cooling"] - 1, 0)
        if memory["waited"] >= max(1, self.patience):
            memory.update(factor=memory["factor"] * self.factor, waited=0, cooling=self.cooldown)

    def monitors(self) -> tuple[str, ...]:
        return (self.monitor, *self._inner.monitors())

    def config(self) -> dict[str, Any]:
        initial = self.initial.entry() if isinstance(self.initial, Schedule) else float(self.initial)
        names = ("factor", "patience", "monitor", "mode", "min_delta", "cooldown", "minimum")
        return {"initial": initial, **{name: getattr(self, name) for name in names}}

    def __repr__(self) -> str:
        settings = {name: value for name, value in self.config().items() if name != "initial"}
        rest = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        return f"ReduceOnPlateau({self.initial!r}, {rest})"
