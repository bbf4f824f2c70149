"""The run of a group: K networks stacked into one, each with its own rate, its own rows and its own end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.schedules import Constant, Schedule
from glassnet.training import Callback, Run
from glassnet.training.run_state import RunState
from glassnet.training.step import TrainingStep

__all__ = ["EndWhen", "EndWithFirst", "GroupStep"]


class GroupStep(TrainingStep):
    """A step of stacked networks, each with its schedule of the learning rate; those go on whose loss is finite."""

    def __init__(
        self, network: BaseNetwork, state: RunState, steps_per_epoch: int | None, *, schedules: Sequence[Schedule]
    ) -> None:
        self._rates = np.array([[schedule(0.0)] for schedule in schedules])
        self._schedules = list(schedules)
        self._are_constant = all(isinstance(schedule, Constant) for schedule in schedules)
        # Of members with a loss or weights that are not finite: which, and their last finite parameters and statistics.
        self.diverged: dict[int, tuple[str, np.ndarray, np.ndarray]] = {}
        super().__init__(network, state, steps_per_epoch, rate=self._members_rates)

    def _members_rates(self, position: float) -> np.ndarray:
        if not self._are_constant:
            self._rates[:, 0] = [schedule(position) for schedule in self._schedules]
        return self._rates

    def members_diverged(self, which: np.ndarray, losses: np.ndarray, *, proven: bool) -> None:
        for k in np.flatnonzero(which).tolist():
            where = f"epoch {self.state.epoch + 1}, step {self.state.step}"
            self._note(k, f"a loss of {losses[k]} at {where}", proven=proven)

    def check_weights(self, params: np.ndarray) -> None:
        flat = params.reshape(-1)
        if math.isfinite(flat.dot(flat)):
            return
        for k in np.flatnonzero(~np.isfinite(np.vecdot(params, params))).tolist():
            words = f"weights whose squares exceed {params.dtype} at epoch {self.state.epoch + 1}"
            self._note(k, words, proven=True)

    def _note(self, k: int, what: str, *, proven: bool) -> None:
        """Keep a member's last good weights at the first sign of trouble; the others finish the epoch."""
        if k not in self.diverged:
            params, stats = self.last_finite(proven=proven)
            self.diverged[k] = (what, params[k].copy(), stats[k].copy())


class EndWithFirst(Callback):
    """Ends a run of stacked networks as soon as one diverges or stops early: the others go on in a smaller group."""

    def __init__(self, *, stops_early: bool) -> None:
        self._stops_early = stops_early

    def on_epoch_end(self, run: Run[Any]) -> None:
        stopping = run.state.stopping
        if isinstance(run.take_step, GroupStep) and run.take_step.diverged:
            run.stop("diverged")
        elif self._stops_early and stopping is not None and stopping.settled.any():
            run.stop("early stopping")


class EndWhen(Callback):
    """Ends a run after the step at which somebody asks for it."""

    def __init__(self, is_stopped: Callable[[], bool]) -> None:
        self._is_stopped = is_stopped

    def on_step_end(self, run: Run[Any]) -> None:
        if self._is_stopped():
            run.stop("interrupted")
