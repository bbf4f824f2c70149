"""The Python of an experiment: exactly the run that is shown, up to the step that is shown."""

from __future__ import annotations

from glassnet.playground.code.actions import Action, Advance, Fit
from glassnet.playground.code.run_text import run_text
from glassnet.playground.experiment import Experiment
from glassnet.playground.settings import Settings

__all__ = ["experiment_code"]

# Below this many multiplications `fit` takes one thread anyway; the line that asks for it would only be noise.
_SMALL_PRODUCT = 4_000_000


def experiment_code(experiment: Experiment) -> str:
    """Return the program that makes the run as it is shown, with the same bits.

    Where the step is the end of an epoch and nothing was changed, it calls ``fit``; otherwise it takes the steps, and
    makes the changes between them.
    """
    data = experiment.data
    start, actions = _story(experiment)
    return run_text(
        start,
        data.code,
        _as_fit(experiment, start, actions),
        input_shape=data.X.shape[1:],
        holds_out=len(data.X_valid) > 0,
        deterministic=_is_large(experiment),
    )


def _story(experiment: Experiment) -> tuple[Settings, list[Action]]:
    """Return the settings at step 0 of the run, and what was done since."""
    return experiment.settings, [Advance(experiment.step)] if experiment.step else []


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
