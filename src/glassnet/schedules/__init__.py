"""Values that change while a network trains, such as the learning rate.

A schedule is called with the position in epochs (a float: 2.5 is the middle of the third epoch) and returns the
value. Its length is its own argument, so that training in two halves follows the same curve as in one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.schedules.base import Constant, Schedule, as_schedule, check_factor
from glassnet.schedules.composed import SequentialSchedule, Warmup
from glassnet.schedules.decays import CosineDecay, ExponentialDecay, InverseTimeDecay, OneCycle, StepDecay
from glassnet.schedules.plateau import ReduceOnPlateau
from glassnet.schedules.registry import SCHEDULES, make_schedule
from glassnet.schedules.waves import CosineWaves, FlatCosine
from glassnet.utils.keywords import unknown_name

__all__ = [
    "SCHEDULES", "Constant", "CosineDecay", "CosineWaves", "ExponentialDecay", "FlatCosine", "InverseTimeDecay",
    "OneCycle", "ReduceOnPlateau", "Schedule", "SequentialSchedule", "StepDecay", "Warmup", "as_schedule",
    "check_factor", "make_schedule",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
