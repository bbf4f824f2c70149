"""The schedules by the names of their classes, and schedules from their descriptions in files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glassnet.schedules.base import Constant, Schedule
from glassnet.schedules.composed import SequentialSchedule, Warmup
from glassnet.schedules.decays import CosineDecay, ExponentialDecay, InverseTimeDecay, OneCycle, StepDecay
from glassnet.schedules.plateau import ReduceOnPlateau
from glassnet.schedules.waves import CosineWaves, FlatCosine
from glassnet.utils.checks import check_class

__all__ = ["SCHEDULES", "make_schedule"]

SCHEDULES: dict[str, type[Schedule]] = {
    schedule.__name__: schedule
    for schedule in (
        Constant, CosineDecay, ExponentialDecay, InverseTimeDecay, CosineWaves, FlatCosine, OneCycle, ReduceOnPlateau,
        SequentialSchedule, StepDecay, Warmup,
    )
}  # fmt: skip


def make_schedule(where: str, entry: Mapping[str, Any], known: Mapping[str, type[Schedule]] = SCHEDULES) -> Schedule:
    """Return the schedule that `Schedule.entry` described, with all the schedules inside it.

    ``known`` are the classes that it may name.
    """
    found: type[Schedule] = check_class(where, "schedule", entry.get("schedule"), known)
    return found(**{key: _made(where, value, known) for key, value in entry.items() if key != "schedule"})


def _made(where: str, value: Any, known: Mapping[str, type[Schedule]]) -> Any:
    """Return an argument in which descriptions of schedules are replaced by schedules."""
    if isinstance(value, dict) and "schedule" in value:
        return make_schedule(where, value, known)
    return [_made(where, item, known) for item in value] if isinstance(value, list) else value
