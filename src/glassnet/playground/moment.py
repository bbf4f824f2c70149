"""Where an experiment is in time, as the page gets it."""

from __future__ import annotations

from typing import Any

from glassnet.playground.experiment import Experiment

__all__ = ["time_state"]


def time_state(experiment: Experiment) -> dict[str, Any]:
    """Return the part of the state on the run, its step, its events, and the tree of runs."""
    run = experiment.run
    return {
        "run": experiment.name,
        "step": experiment.step,
        "epoch": run.epoch,
        "steps_per_epoch": run.steps_per_epoch,
        "running": experiment.running,
        "per_second": experiment.per_second,
        "diverged": experiment.diverged,
        "runs": experiment.runs,
        "events": experiment.events,
        "can_undo": experiment.can_undo,
        "can_redo": experiment.can_redo,
    }
