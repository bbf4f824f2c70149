"""Checkpoints of a run whose optimizer's state is divided among processes: all take part in writing one."""

from __future__ import annotations

from typing import Any

from glassnet.training.checkpoints import Checkpoint, Checkpoints
from glassnet.training.loop import Run
from glassnet.training.sharding.ranks import Ranks

__all__ = ["DividedCheckpoints"]


class DividedCheckpoints(Checkpoints):
    """Has the parts of the state put together on the first process, which writes.

    Its clock decides when, and asks the others by the message of the step after which it will write. A second Ctrl-C or
    an error comes to one process alone, which then cannot wait for the others: the checkpoint before is the last.

    Parameters
    ----------
    rule, data
        As of `Checkpoints`.
    ranks : Ranks
        The processes, each of which has such an object.
    """

    needs_all = True

    def __init__(self, rule: Checkpoint, data: dict[str, Any], ranks: Ranks) -> None:
        super().__init__(rule, data, writes=ranks.is_first)
        self._ranks = ranks

    def on_fit_begin(self, run: Run[Any]) -> None:
        """Write the first checkpoint: the state is not divided yet."""
        self._rule = self._ranks.agreed(self._rule)
        if self._ranks.is_first:
            super().on_fit_begin(run)
            run.take_step.wants_write = lambda: self._is_due(self._steps + 1)  # type: ignore[attr-defined]  # of ShardedStep

    def on_step_end(self, run: Run[Any]) -> None:
        """Write if the first process asked for it."""
        self._steps += 1
        if run.take_step.write_asked:  # type: ignore[attr-defined]  # of ShardedStep
            self._write(run)

    def on_interrupt(self, run: Run[Any]) -> None:
        """Write nothing, see above."""

    def on_fit_done(self, run: Run[Any]) -> None:
        """Write the last checkpoint: the state is whole again."""
        if self._ranks.is_first:
            super().on_fit_done(run)

    def _write(self, run: Run[Any]) -> None:
        with run.take_step.whole_on_first():  # type: ignore[attr-defined]  # of ShardedStep
            if self._ranks.is_first:
                super()._write(run)
