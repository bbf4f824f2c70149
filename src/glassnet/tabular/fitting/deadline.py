"""When a fit must be over, and how many steps of a training fit into the time until then."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Deadline", "Pace", "Planned", "affordable_networks", "planned_training"]

_SHARE_OF_TRAINING = 0.95  # of the time for it that is planned; the rest is for steps that take longer than those timed
_PASSES = 8  # with fewer over all rows, an epoch is a part of one
_SHARE_OF_FIXED = 0.5  # of the time of several networks, at most, for what each takes beside its training
_SHARE_OF_EVALUATIONS, _FEWEST_EVALUATED = 0.15, 1000  # of the training; rows


class Deadline:
    """A time limit that begins when this is made, and what of it is kept back for the work after a training.

    Parameters
    ----------
    seconds : float or None
        The limit; None for none.
    clock : callable, default=time.perf_counter
        Returns the time in seconds.

    Examples
    --------
    >>> ticks = iter([0.0, 4.0, 4.0, 4.0])
    >>> deadline = Deadline(10.0, clock=lambda: next(ticks))
    >>> deadline.keep_back(2.5)
    >>> deadline.left, deadline.for_training
    (6.0, 3.5)
    """

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds = math.inf if seconds is None else seconds
        self.clock = clock
        self._end = clock() + self.seconds
        self._kept = 0.0

    @property
    def is_set(self) -> bool:
        """Whether there is a limit at all."""
        return self.seconds < math.inf

    @property
    def left(self) -> float:
        """Seconds until the end, at least 0."""
        return max(self._end - self.clock(), 0.0)

    @property
    def for_training(self) -> float:
        """Seconds until the end, without those that are kept back."""
        return max(self.left - self._kept, 0.0)

    def keep_back(self, seconds: float) -> None:
        """Keep so many seconds more for work after the training, but never more than half of what is left."""
        self._kept = min(self._kept + seconds, 0.5 * self.left) if self.is_set else 0.0

    def part(self, share: float) -> Deadline:
        """Return a limit of its own for a share of the time that is left, which begins now."""
        return Deadline(share * self.left if self.is_set else None, self.clock)


class Pace(NamedTuple):
    """Duration of a step, and of the evaluation on the validation rows after each epoch, in seconds."""

    step: float
    evaluation: float = 0.0


class Planned(NamedTuple):
    """How long a network is trained.

    Epochs; the steps of each, None for a pass over all rows; and the number of rows that each is evaluated on, None for
    all that are held out.
    """

    epochs: int
    steps: int | None = None
    evaluated: int | None = None

    def passes(self, steps_per_pass: int) -> float:
        """Return how often each row is trained on, given the steps of a pass over all."""
        return self.epochs * (1.0 if self.steps is None else self.steps / steps_per_pass)


def affordable_networks(n: int, pace: Pace, seconds: float, *, fixed: float = 0.0, n_valid: int = 0) -> int:
    """Return how many of ``n`` networks, one at least, there is time to train: half of it is for more than one step.

    Parameters
    ----------
    n : int
        Networks that are asked for.
    pace : Pace
        Measured, for an evaluation on ``n_valid`` rows.
    seconds : float
        For all networks.
    fixed : float, default=0.0
        Seconds that each network takes before and after its training.
    n_valid : int, default=0
        Rows that are held out.

    Examples
    --------
    >>> affordable_networks(50, Pace(0.01), 1.0, fixed=0.04), affordable_networks(4, Pace(0.01), 1.0)
    (10, 4)
    """
    evaluation = pace.evaluation * min(1.0, _FEWEST_EVALUATED / max(n_valid, 1))
    least = fixed + pace.step + evaluation
    return max(1, min(n, int(_SHARE_OF_FIXED * seconds / least) if least > 0.0 else n))


def planned_training(most: int, steps_per_pass: int, pace: Pace, seconds: float, n_valid: int = 0) -> Planned:
    """Return the length of a training that ``seconds`` are enough for.

    Where there is time for less than eight passes over all rows, eight epochs are a part of a pass each, so that the
    best can be chosen among several all the same, on as many rows as take 15 % of the time, but 1000 or more; there are
    fewer epochs if these take 30 %.

    Parameters
    ----------
    most : int
        Epochs without a time limit, each a pass over all rows.
    steps_per_pass : int
        Steps of such an epoch.
    pace : Pace
        Measured, for an evaluation on ``n_valid`` rows.
    seconds : float
        For all of it.
    n_valid : int, default=0
        Rows that are held out.

    Examples
    --------
    >>> planned_training(256, 100, Pace(0.01, 0.1), 1e6), planned_training(256, 100, Pace(0.01), 20.0)
    (Planned(epochs=256, steps=None, evaluated=None), Planned(epochs=19, steps=None, evaluated=None))
    >>> planned_training(256, 1000, Pace(0.01, 1.0), 10.0, 20_000)
    Planned(epochs=8, steps=100, evaluated=3562)
    """
    planned = _SHARE_OF_TRAINING * seconds
    passes = planned / (steps_per_pass * pace.step + pace.evaluation)
    if passes >= min(most, _PASSES):
        return Planned(min(most, int(passes)))
    evaluation, rows = pace.evaluation, n_valid
    if n_valid > _FEWEST_EVALUATED and evaluation > 0.0:
        most_rows = _SHARE_OF_EVALUATIONS * planned / _PASSES * n_valid / evaluation
        rows = min(max(int(most_rows), _FEWEST_EVALUATED), n_valid)
        evaluation *= rows / n_valid
    affordable = 2.0 * _SHARE_OF_EVALUATIONS * planned / evaluation if evaluation > 0.0 else math.inf
    epochs = max(1, int(min(_PASSES, affordable, planned / pace.step)))
    steps = int((planned - epochs * evaluation) / (epochs * pace.step))
    steps = max(1, min(steps, most * steps_per_pass // epochs))
    part = None if steps == steps_per_pass else steps
    return Planned(epochs, part, rows if rows < n_valid else None)
