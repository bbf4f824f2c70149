"""A recipe's network, or several of them, as ``glassnet train`` has them trained."""

from __future__ import annotations

import time
import warnings
from contextlib import suppress
from dataclasses import replace
from typing import Any

import glassnet as gn
from glassnet.cli.interrupts import CtrlC
from glassnet.cli.training.observers import StopOnCtrlC, Watcher
from glassnet.cli.training.preparation import Prepared
from glassnet.cli.training.train_options import WHERE, TrainOptions
from glassnet.errors import ConfigError, DataError, DivergenceError
from glassnet.tabular import TargetEncoder
from glassnet.tabular.fitting.fit import Trained, fit_table
from glassnet.tabular.fitting.objective import Goal, find_goal
from glassnet.tabular.fitting.options import FitOptions, Rows
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.tabular.fitting.timing import Estimate, estimate_times

__all__ = ["fit_recipe", "goal_of"]

# On products of this size a second thread saves a fifth of the time on two idle cores, and a number of threads that
# depends on how busy the machine is costs equal results.
_ONE_THREAD = ("realmlp", "small")
_MOST_ROWS = 1024
# A recipe scales its columns its own way. Several may have their missing values in the same rows: equal flags.
_NOT_TOLD = ("duplicate-columns", "unscaled-inputs")
# Nor what compares training and validation rows: with folds all rows are at hand, and those held out are among them.
_NOT_TOLD_OF_FOLDS = ("shared-rows",)


def goal_of(options: TrainOptions, data: Prepared) -> Goal:
    """Return what a recipe is to aim at, or say why it cannot."""
    if options.quantiles and data.target.labels:
        must = "--quantiles must be used with numbers"
        message = f"{WHERE}: {must}, got a classification of {data.target.name!r}. Leave it out."
        raise ConfigError(message, expected=must, got="classification")
    return find_goal(WHERE, data.target.task, options.metric, options.quantiles)


def fit_recipe(
    options: TrainOptions, goal: Goal, data: Prepared, watcher: Watcher, ctrl_c: CtrlC, seconds: float | None
) -> tuple[Trained, list[dict[str, Any]]]:
    """Train what a recipe says, and return it with how long each recipe was said to take, JSON-able.

    Parameters
    ----------
    options : TrainOptions
        With a recipe.
    goal : Goal
    data : Prepared
    watcher : Watcher
    ear : CtrlC
    seconds : float or None
        At most.
    """
    began = time.perf_counter()
    train = data.part("training")
    valid = data.part("validation") if "validation" in data.rows else None
    plan = _plan(options, goal, watcher, ctrl_c, seconds)
    times: dict[str, Estimate] = {}
    if options.estimates or seconds is not None:
        watcher.phase("timing the recipes")
        # A few rows may be odd where all are not, and what is too large may be another recipe's.
        with suppress(DataError, DivergenceError, MemoryError):
            times = estimate_times(train, 0 if valid is None else len(valid.target), data.target, plan)
    told = [_told(found, plan) for found in times.values()]
    watcher.facts({"recipes": told})
    if ctrl_c.pressed:
        raise KeyboardInterrupt
    watcher.phase("training")
    watcher.facts({"networks": plan.n_ensemble * (plan.n_folds or 1)})
    if seconds is not None:
        left = max(seconds - (time.perf_counter() - began), 0.0)
        known = times.get(plan.recipe.name)
        plan = replace(plan, max_seconds=left, seconds_per_step=None if known is None else known.seconds_per_step)
    trained = _fit(train, valid, data.target, plan)
    if not any(history.epochs for history in trained.histories):
        raise KeyboardInterrupt
    return trained, told


def _told(found: Estimate, plan: FitOptions) -> dict[str, Any]:
    seconds, at_most = (float(f"{value:.3g}") for value in (found.seconds, found.at_most))
    return {
        "recipe": found.recipe,
        "chosen": found.recipe == plan.recipe.name,
        "cut": plan.max_seconds is not None and found.seconds > plan.max_seconds,
        "seconds": seconds,
        "at_most": at_most,
        "measured": found.is_measured,
    }


def _plan(options: TrainOptions, goal: Goal, watcher: Watcher, ctrl_c: CtrlC, seconds: float | None) -> FitOptions:
    assert options.recipe is not None
    not_told = _NOT_TOLD + _NOT_TOLD_OF_FOLDS * bool(options.folds)
    products_are_small = options.recipe in _ONE_THREAD and (options.batch or 0) <= _MOST_ROWS
    return FitOptions(
        RECIPES[options.recipe],
        goal,
        seed=options.seed,
        n_ensemble=options.ensemble or 1,
        n_folds=options.folds,
        epochs=options.epochs,
        batch_size=options.batch,
        max_seconds=seconds,
        threads=1 if products_are_small else "auto",
        # Nothing is tried: of a recipe nobody can change the rate, the layers or the dropout here.
        diagnose=gn.Watch(ignore=not_told, try_remedies=False),
        make_callbacks=lambda: [StopOnCtrlC(ctrl_c), *watcher.callbacks("network")],
    )


def _fit(train: Rows, valid: Rows | None, target: TargetEncoder, plan: FitOptions) -> Trained:
    """Train, and say in the words of the command line what cannot be."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gn.DiagnosisWarning)  # the report has them
            return fit_table(train, valid, target, plan)
    except DivergenceError as error:
        got = error.got or "another"
        message = f"{WHERE}: loss and weights must stay finite, got {got}. Try another --recipe, or another --seed."
        raise DivergenceError(message, got=error.got) from error
    except MemoryError as error:
        rows = plan.batch_size or plan.recipe.batch_size(len(train.target))
        message = f"{WHERE}: a step must fit into memory, got {rows:,} rows. Lower --batch, or try --recipe small."
        raise ConfigError(message, got=rows) from error
