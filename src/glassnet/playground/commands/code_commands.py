"""Commands of the code: the Python of the run, and a run of somebody's Python."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.playground.code.actions import Action, Advance, Change, Fit, SetWeight
from glassnet.playground.code.changing import changed_settings
from glassnet.playground.code.data_match import data_of_program
from glassnet.playground.code.program_form import Program
from glassnet.playground.code.programs import read_program
from glassnet.playground.code.shown_run import experiment_code, has_given_weights
from glassnet.playground.code.tokens import MOST_CHARACTERS, refusal
from glassnet.playground.differences import difference, live_changes
from glassnet.playground.experiment import Experiment
from glassnet.playground.limits import check_size
from glassnet.playground.play_data import PlayData
from glassnet.playground.protocol import Arguments, command
from glassnet.playground.settings import Settings
from glassnet.playground.single_file import page_refusal
from glassnet.utils.checks import check_integer

__all__: list[str] = []

_STRIDE = 10  # steps between two looks at the clock
_PATIENCE = 5.0  # seconds in which the steps of pasted code are taken at once


@command("code")
def _code(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    refusal = page_refusal(experiment.network)
    return {"python": experiment_code(experiment), "no_page": "" if refusal is None else str(refusal)}


@command("load_code")
def _load_code(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    """Take data, network and training of a program, and do what it does; nothing of it is run as code."""
    program = read_program(arguments.text("text", most=10 * MOST_CHARACTERS))
    data = data_of_program(program, experiment.data, experiment.uploads)
    _check(program, data)
    if program.given_line is None:
        # New data, for a network that was given with its weights to be left behind.
        data = dataclasses.replace(data) if has_given_weights(experiment) else data
    elif not has_given_weights(experiment) or data is not experiment.data:
        what = "the page reads no file, and has no weights that were given for these data"
        raise refusal(program.given_line, what, "Leave the line out.")
    experiment.begin(data, program.settings, "code loaded")
    return {"notes": [*_notes(program), *_follow(experiment, program.actions)]}


def _check(program: Program, data: PlayData) -> None:
    """Refuse what would be too large on the way, or no change of a run, before anything has happened."""
    settings, is_begun = program.settings, False
    check_size(settings, data.X.shape[1:], min(settings.batch_size, len(data.X)))
    for action in program.actions:
        after = _after(settings, action)
        if is_begun and live_changes(settings, after) is None:
            fact = f"run.change would change {difference(settings, after)}"
            message = f"code: {fact}; it must leave the weights their meaning."
            raise ConfigError(message, got=after)
        check_size(after, data.X.shape[1:], min(after.batch_size, len(data.X)))
        settings, is_begun = after, is_begun or isinstance(action, (Fit, Advance))


def _after(settings: Settings, action: Action) -> Settings:
    """Return the settings in force after an action."""
    if isinstance(action, Change):
        return changed_settings(settings, action.changes)
    return dataclasses.replace(settings, batch_size=action.batch_size) if isinstance(action, Fit) else settings


def _notes(program: Program) -> list[str]:
    if program.splits:
        return ["The page holds out rows of its own, not those of validation_split: the weights will not be the same."]
    if program.actions and not program.holds_out:
        return ["The page holds some rows out to validate with; the code trains on all of them."]
    return []


def _follow(experiment: Experiment, actions: Sequence[Action]) -> list[str]:
    """Do what the code does, and say so if that takes too long."""
    until = time.monotonic() + _PATIENCE
    for action in _in_order(actions):
        if isinstance(action, SetWeight):
            _set_weight(experiment, action)
            continue
        settings = _after(experiment.settings, action)
        experiment.replace(settings=settings, text=difference(experiment.settings, settings))
        steps = action.steps if isinstance(action, Advance) else 0
        if isinstance(action, Fit):
            steps = action.epochs * (experiment.run.steps_per_epoch or 1)
        while steps and not experiment.diverged and time.monotonic() < until:
            taken = min(steps, _STRIDE)
            experiment.advance(taken)
            steps -= taken
        if experiment.diverged:
            return [experiment.diverged]
        if steps:
            return [f"The code goes on for {steps:,} more steps. Press run to take them."]
    return []


def _in_order(actions: Sequence[Action]) -> list[Action]:
    """Return the actions with settings before weights at the start, where other settings mean a new network."""
    begin = next((i for i, action in enumerate(actions) if isinstance(action, (Fit, Advance))), len(actions))
    return [*sorted(actions[:begin], key=lambda action: isinstance(action, SetWeight)), *actions[begin:]]


def _set_weight(experiment: Experiment, action: SetWeight) -> None:
    network = experiment.network
    place = check_integer("net.params", "place", action.place, 0, maximum=network.n_parameters - 1)
    slot = next(slot for slot in network._slots if slot.start <= place < slot.stop)
    index = [int(i) for i in np.unravel_index(place - slot.start, slot.spec.shape)]
    experiment.set_weight(slot.name, index, action.value)
