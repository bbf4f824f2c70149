"""Trials of ``glassnet tune`` as another process does them."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.cli.comparing.chance import Answers
from glassnet.cli.elsewhere import Elsewhere, slim
from glassnet.cli.training.recipe_network import fit_recipe, goal_of
from glassnet.cli.training.train_options import TrainOptions
from glassnet.cli.tuning.joint_trials import train_together
from glassnet.tabular import TableModel
from glassnet.tabular.fitting.fit import Trained

__all__ = ["train_block", "train_trial"]


def train_trial(place: Elsewhere, options: TrainOptions) -> Trained:
    """Return what one trial of a recipe trains.

    Parameters
    ----------
    place : Elsewhere
        The rows, and what ends it.
    options : TrainOptions
        Of the trial.
    """
    options, goal = place.options(options), goal_of(options, place.data)
    trained, _ = fit_recipe(options, goal, place.data, place.watcher, place.ctrl_c, place.deadline, times={})
    return slim(trained)


def train_block(place: Elsewhere, trials: Sequence[TrainOptions], like: TableModel) -> list[Answers | None]:
    """Return the answers of several trials of the plain network, see `train_together`.

    Parameters
    ----------
    place : Elsewhere
        The rows, and what ends it.
    trials : sequence of TrainOptions
        Of each.
    like : TableModel
        One that was trained on these rows.
    """
    options = [place.options(each) for each in trials]
    goal = goal_of(options[0], place.data)
    return train_together(options, goal, like, place.data, place.ctrl_c, place.deadline.for_training)
