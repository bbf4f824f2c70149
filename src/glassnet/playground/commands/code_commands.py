"""Commands of the code: the Python of the run, and a run of somebody's Python."""

from __future__ import annotations

import time
from typing import Any

from glassnet.playground.code.actions import Action, Advance, Change, Fit
from glassnet.playground.code.data_match import data_of_program
from glassnet.playground.code.experiment_code import experiment_code
from glassnet.playground.code.programs import Program, read_program
from glassnet.playground.code.setting_changes import changed_settings
from glassnet.playground.code.tokens import MOST_CHARACTERS
from glassnet.playground.experiment import Experiment
from glassnet.playground.limits import check_size
from glassnet.playground.protocol import Arguments, command
from glassnet.utils.checks import check_integer

__all__: list[str] = []

_PATIENCE = 5.0  # seconds in which the steps of pasted code are taken at once


@command("code")
def _code(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    return {"python": experiment_code(experiment)}


@command("load_code")
def _load_code(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    """Take data, network and training of a program, and do what it does; nothing of it is run as code."""
    program = read_program(arguments.text("text", most=10 * MOST_CHARACTERS))
    data = data_of_program(program, experiment.data, experiment.uploads)
    settings = program.settings
    check_size(settings, data.X.shape[1:], min(settings.batch_size, len(data.X)))
    experiment.replace(settings=settings, data=data, text="code loaded")
    return {"notes": [*_notes(program), *_follow(experiment, program.actions)]}


def _notes(program: Program) -> list[str]:
    if program.actions and not program.holds_out:
        return ["The page holds some rows out to validate with; the code trains on all of them."]
    return []


def _follow(experiment: Experiment, actions: tuple[Action, ...]) -> list[str]:
    """Do what the code does, and say so if that takes too long."""
    until = time.monotonic() + _PATIENCE
    for action in actions:
        if isinstance(action, Fit):
            if action.batch_size != experiment.settings.batch_size:
                _change(experiment, {"batch_size": action.batch_size})
            steps = action.epochs * (experiment.run.steps_per_epoch or 1)
        elif isinstance(action, Advance):
            steps = action.steps
        elif isinstance(action, Change):
            _change(experiment, action.changes)
            continue
        else:
            _set_weight(experiment, action.place, action.value)
            continue
        while steps and time.monotonic() < until:
            taken = min(steps, 10)
            experiment.advance(taken)
            steps -= taken
        if steps:
            return [f"The code goes on for {steps:,} more steps. Press run to take them."]
    return []


def _change(experiment: Experiment, changes: Any) -> None:
    settings = changed_settings(experiment.settings, changes)
    check_size(settings, experiment.data.X.shape[1:], min(settings.batch_size, len(experiment.data.X)))
    experiment.replace(settings=settings, text=", ".join(changes))


def _set_weight(experiment: Experiment, place: int, value: float) -> None:
    params = experiment.network.params
    params[check_integer("load_code", "place", place, 0, maximum=len(params) - 1)] = value
    experiment.changed()
