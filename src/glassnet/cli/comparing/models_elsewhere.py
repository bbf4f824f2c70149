"""Models of ``glassnet compare`` as another process trains them, and trees as this one does too."""

from __future__ import annotations

import numpy as np

from glassnet.cli.comparing.boosting import BOOSTING, Fitted, TreeInputs, fit_boosting, is_installed
from glassnet.cli.elsewhere import Elsewhere, slim
from glassnet.cli.training.preparation import Prepared
from glassnet.cli.training.recipe_network import fit_recipe, goal_of
from glassnet.cli.training.train_options import TrainOptions
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.fitting.fit import Trained
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.fitting.timing import Estimate

__all__ = ["Trees", "train_model", "train_trees", "trees_elsewhere"]

Trees = Fitted | float | str
"""Trained trees; or the seconds for which there is no time; or why there are none."""


def train_model(place: Elsewhere, options: TrainOptions, times: dict[str, Estimate]) -> Trained:
    """Return what a recipe trains.

    Parameters
    ----------
    place : Elsewhere
        The rows, and what ends it.
    options : TrainOptions
        Of the model.
    times : dict of str to Estimate
        What is known of how long recipes take.
    """
    options = place.options(options)
    goal = goal_of(options, place.data)
    trained, _ = fit_recipe(options, goal, place.data, place.watcher, place.ctrl_c, place.deadline, times=times)
    return slim(trained)


def train_trees(data: Prepared, name: str, encoder: TableEncoder, seed: int, left: float) -> Trees:
    """Train trees of another library on training and validation rows: their defaults hold none out for us.

    Whatever another library raises must not cost the comparison.

    Parameters
    ----------
    data : Prepared
        The rows.
    name : str
        A name in `BOOSTING`.
    encoder : TableEncoder
        Fitted on the training rows.
    seed : int
        Of what is random.
    left : float
        Seconds that it may take.
    """
    if not is_installed(BOOSTING[name]):
        return f"not installed: pip install {BOOSTING[name].install}"
    rows = np.concatenate([data.rows["training"], data.rows["validation"]])
    train = Rows(data.inputs, data.column).take(rows)
    n_classes = len(data.target.labels)
    y = data.target.transform(train.target) if n_classes else train.target.values
    try:
        inputs = TreeInputs(encoder, train.inputs)
        test = data.sample("test").inputs
        return fit_boosting(BOOSTING[name], inputs, train, y, test, n_classes, seed, left)
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        return f"failed: {type(error).__name__}: {first}"


def trees_elsewhere(place: Elsewhere, name: str, encoder: TableEncoder, seed: int) -> Trees:
    """Train trees as `train_trees` in another process.

    Parameters
    ----------
    place : Elsewhere
        The rows, and the time.
    name, encoder, seed
        As of `train_trees`.
    """
    return train_trees(place.data, name, encoder, seed, place.deadline.left)
