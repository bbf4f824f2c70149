"""The Python of an experiment: exactly the run that is shown, up to the step that is shown."""

from __future__ import annotations

import numpy as np

from glassnet.playground.code.actions import Action, Advance, Change, Fit, SetWeight
from glassnet.playground.code.changing import setting_changes
from glassnet.playground.code.run_writing import run_text
from glassnet.playground.experiment import Experiment
from glassnet.playground.settings import Settings

__all__ = ["experiment_code", "has_given_weights"]

# Below this many multiplications `fit` takes one thread anyway; the line that asks for it would only be noise.
_SMALL_PRODUCT = 4_000_000


def experiment_code(experiment: Experiment) -> str:
    """Return the program that makes the run as it is shown, with the same bits.

    Where the step is the end of an epoch and nothing was changed, it calls ``fit``; otherwise it takes the steps, and
    makes the changes between them.
    """
    data, start = experiment.data, _start(experiment)
    return run_text(
        start,
        data.code,
        _as_fit(experiment, start, _story(experiment, start)),
        input_shape=data.X.shape[1:],
        holds_out=len(data.X_valid) > 0,
        deterministic=_is_large(experiment),
        is_given=has_given_weights(experiment),
    )


def has_given_weights(experiment: Experiment) -> bool:
    """Return whether the run starts with the weights of a network that was given, not with those of its seed."""
    return any(run.get("given", False) for run in experiment.runs if run["name"] == experiment.name)


def _start(experiment: Experiment) -> Settings:
    """Return the settings of the first step: a change before it, as in a branch, is none of a run."""
    changed = [event.settings for event in experiment.changes if event.step == 0 and event.settings is not None]
    return changed[-1] if changed else experiment.first_settings


def _story(experiment: Experiment, settings: Settings) -> list[Action]:
    """Return what was done since the start of the run, which has these settings."""
    step, found = 0, list[Action]()
    for event in experiment.changes:
        if event.step > experiment.step:
            break
        if event.step > step:
            found.append(Advance(event.step - step))
            step = event.step
        if event.settings is not None and event.step:
            found.append(Change(setting_changes(settings, event.settings)))
            settings = event.settings
        if event.weight is not None:
            found.append(_set_weight(experiment, *event.weight))
    return [*found, Advance(experiment.step - step)] if experiment.step > step else found


def _set_weight(experiment: Experiment, parameter: str, index: tuple[int, ...], value: float) -> SetWeight:
    slot = next(slot for slot in experiment.network._slots if slot.name == parameter)
    place = slot.start + int(np.ravel_multi_index(index, slot.spec.shape))
    return SetWeight(place, value, f"{parameter}[{', '.join(map(str, index))}]")


def _as_fit(experiment: Experiment, start: Settings, actions: list[Action]) -> list[Action]:
    """Return one call of ``fit`` where that does the same; weights that are averages are put in place by it only."""
    per_epoch = experiment.run.steps_per_epoch
    if len(actions) != 1 or not isinstance(actions[0], Advance) or start.optimizer.get("ema") is not None:
        return actions
    if not per_epoch or actions[0].steps % per_epoch:
        return actions
    return [Fit(actions[0].steps // per_epoch, start.batch_size)]


def _is_large(experiment: Experiment) -> bool:
    rows = min(experiment.settings.batch_size, len(experiment.data.X))
    shapes = [(layer.in_shape[-1], layer.out_shape[-1]) for layer in experiment.network.layers if layer.in_shape]
    return rows * max(before * after for before, after in shapes) >= _SMALL_PRODUCT
