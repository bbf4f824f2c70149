"""A changed copy of a network in training, measured from time to time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Data
from glassnet.diagnosis.remedies.attempts import Attempt, Outcome
from glassnet.errors import DivergenceError
from glassnet.training import Run

__all__ = ["Contender", "take_steps"]


def take_steps(training: Iterator[Any], steps: int) -> int:
    """Take so many steps of a run; return how many it took: fewer if it diverged."""
    for taken in range(steps):
        try:
            next(training)
        except (DivergenceError, StopIteration):
            return taken
    return steps


class Contender:
    """An attempt under way.

    Parameters
    ----------
    attempt : Attempt
    run : Run
        Of the changed copy.
    evaluated : tuple
        What it is measured on.
    rows : str
        What these are called.
    unchanged, needed : float
        What the network as it is has, and what must be reached to be a help.
    limit : float
        What the best constant prediction has.

    Attributes
    ----------
    after : float
        What was measured last.
    steps, legs : int
        Steps taken, and how often it was measured after some.
    is_alive : bool
        Whether it has not diverged.
    settings : dict or None
        As of `Outcome`.
    """

    def __init__(
        self, attempt: Attempt, run: Run[Any], evaluated: Data, rows: str, unchanged: float, needed: float, limit: float
    ) -> None:
        self.attempt, self._run, self._training = attempt, run, run.steps()
        self._evaluated, self._rows, self._unchanged, self._needed = evaluated, rows, unchanged, needed
        self.limit = limit
        self.settings: dict[str, Any] | None = None
        self.steps = self.legs = 0
        self.is_alive = True
        self._before = self._measured()
        self.after = math.inf

    def _measured(self) -> float:
        state, network = self._run.state, self._run.network
        averaged = nullcontext() if state.average is None else state.averaged_weights(network)
        with np.errstate(all="ignore"), averaged:
            value = self.attempt.measure.compute(network, self._evaluated)
        return value if math.isfinite(value) else math.inf

    def advance(self, steps: int) -> int:
        """Take some steps and measure again; return how many were taken."""
        taken = take_steps(self._training, steps)
        self.steps, self.legs = self.steps + taken, self.legs + 1
        self.is_alive = taken == steps
        self.after = self._measured() if self.is_alive else math.inf
        return taken

    def outcome(self, updates: int) -> Outcome:
        """Return what came out, beside a training of so many ``updates``."""
        a = self.attempt
        numbers = self._before, self.after, self._unchanged
        return Outcome(a.change, self.steps, *numbers, a.measure.name, self._rows, self._needed, updates, self.settings)
