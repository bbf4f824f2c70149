"""Checkpoints of one run in memory: all of the first steps, then fewer the more there are, within so many bytes."""

from __future__ import annotations

import bisect
from typing import NamedTuple

import numpy as np

from glassnet.training.run_snapshot import RunSnapshot

__all__ = ["Checkpoint", "Timeline"]

_DENSE = 200  # steps of which each has a checkpoint
_STRIDE = 32  # steps from one to the next after that, at first
_OBJECTS = 2_000  # bytes of what is around the arrays of a checkpoint


class Checkpoint(NamedTuple):
    """A run at a step, before what was changed there; ``dropped`` rows of its history were no longer kept."""

    snapshot: RunSnapshot
    dropped: int
    size: int


class Timeline:
    """The checkpoints of a run by step; the first one, from which all others could be computed, is never dropped.

    Parameters
    ----------
    allowed : int
        Bytes that they may take together. Once they take more, every second one of the later ones goes, and from then
        on half as many are kept.
    """

    def __init__(self, allowed: int) -> None:
        self.allowed, self.bytes = allowed, 0
        self._dense, self._stride = _DENSE, _STRIDE
        self._steps: list[int] = []
        self._kept: dict[int, Checkpoint] = {}

    def __len__(self) -> int:
        return len(self._steps)

    def wants(self, step: int) -> bool:
        """Return whether there should be a checkpoint of this step, and is none."""
        return (step % self._stride == 0 or step <= self._dense) and step not in self._kept

    def keep(self, step: int, snapshot: RunSnapshot, dropped: int) -> None:
        """Keep a snapshot of the run at this step."""
        arrays = [snapshot.params, snapshot.stats, *snapshot.optimizer.values()]
        size = sum(array.nbytes for array in arrays if isinstance(array, np.ndarray)) + _OBJECTS
        bisect.insort(self._steps, step)
        self._kept[step] = Checkpoint(snapshot, dropped, size)
        self.bytes += size
        self.thin()

    def before(self, step: int) -> tuple[int, Checkpoint]:
        """Return the last checkpoint that is not after a step, and its step."""
        found = self._steps[bisect.bisect_right(self._steps, step) - 1]
        return found, self._kept[found]

    def cut(self, step: int) -> None:
        """Drop the checkpoints after a step."""
        self._leave(self._steps[: bisect.bisect_right(self._steps, step)])

    def thin(self) -> None:
        """Drop checkpoints until the rest takes no more than is allowed."""
        while self.bytes > self.allowed and len(self._steps) > 1:
            self._stride *= 2
            late = [step for step in self._steps if step <= self._dense or step % self._stride == 0]
            if len(late) == len(self._steps):
                self._dense //= 2
                late = [step for step in self._steps if step <= self._dense or step % self._stride == 0]
            self._leave(late)

    def _leave(self, steps: list[int]) -> None:
        self._steps = steps
        self._kept = {step: self._kept[step] for step in steps}
        self.bytes = sum(kept.size for kept in self._kept.values())

    def copy(self, step: int) -> Timeline:
        """Return a timeline of its own that begins with the same checkpoints up to a step."""
        other = Timeline(self.allowed)
        other._dense, other._stride = self._dense, self._stride
        other._steps, other._kept, other.bytes = list(self._steps), dict(self._kept), self.bytes
        other.cut(step)
        return other
