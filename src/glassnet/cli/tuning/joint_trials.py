"""Trials of the plain network that differ in rate, dropout and weight decay, trained at once.

On tables of 220, 490 and 600 training rows, with steps of 16 rows, eight networks of two layers of 64 units take 0.55
to 0.85 of the processor time of one after the other; on 2,850 rows, with steps of 64, as much. A network of a published
recipe fills the processor's cache alone, and is trained alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.cli.comparing.chance import Answers
from glassnet.cli.comparing.race import answers_of, truth_of
from glassnet.cli.interrupts import CtrlC
from glassnet.cli.training.observers import StopOnCtrlC
from glassnet.cli.training.preparation import Prepared
from glassnet.cli.training.recipe_network import find_recipe
from glassnet.cli.training.train_options import TrainOptions
from glassnet.populations.joint import Job, JointPlan, train_jointly
from glassnet.tabular import TableModel
from glassnet.tabular.fitting.objective import Goal
from glassnet.tabular.fitting.recipes import Design
from glassnet.training import EarlyStopping

__all__ = ["train_together"]


def train_together(
    trials: Sequence[TrainOptions], goal: Goal, like: TableModel, data: Prepared, ctrl_c: CtrlC, seconds: float
) -> list[Answers | None]:
    """Return the answers of each trial for the validation rows; None for one that diverged or was not trained.

    Parameters
    ----------
    trials : sequence of TrainOptions
        Of the plain network; all have the same layers, epochs and rows per step.
    goal : Goal
        Loss and metric.
    like : TableModel
        One that was trained on these rows, whose encoders are used.
    data : Prepared
        The rows.
    ctrl_c : CtrlC
        Ends the training.
    seconds : float
        For all of it.
    """
    first, truth = trials[0], truth_of(data, "validation")
    train, valid = data.part("training"), data.sample("validation")
    X, X_valid = (like.encoder.transform(rows.inputs) for rows in (train, valid))
    y, y_valid = (like.target.transform(rows.target) for rows in (train, valid))
    batch, epochs, patience = first.batch or 1, first.epochs or 1, first.patience or 1
    recipe = find_recipe(first)
    steps = recipe.steps_per_epoch(len(X), min(batch, len(X)))
    design = Design(like.encoder, X, goal.loss, like.network.n_outputs, epochs, steps)
    networks = [find_recipe(each).network(design, first.seed) for each in trials]
    plan = JointPlan(
        networks[0]._check_data("fit", X, y, None),
        epochs,
        batch_size=min(batch, len(X)),
        drop_last=recipe.drops_last,
        validation=networks[0]._check_data("fit", X_valid, y_valid, None),
        metrics=networks[0].loss.choose_metrics("fit", goal.measured),
        early_stopping=EarlyStopping(f"valid_{goal.metric}", patience=patience, ties=recipe.ties),
        max_seconds=seconds,
        threads=1 if first.one_thread else "auto",
        progress=False,
        make_callbacks=lambda numbers: [StopOnCtrlC(ctrl_c)],
    )
    failures = train_jointly([Job(network) for network in networks], plan)
    found: list[Answers | None] = []
    for number, network in enumerate(networks):
        if number in failures or not network.history.epochs or not np.isfinite(network.params).all():
            found.append(None)
        else:
            found.append(answers_of(TableModel(network._untrained(), like.encoder, like.target), X_valid, truth))
    return found
