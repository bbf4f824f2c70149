"""``glassnet train``: from a table to a trained model and what is to be said about it. Nothing here prints."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.cli.interrupts import CtrlC, catch_interrupts
from glassnet.cli.output.outputs import check_model_output
from glassnet.cli.training.html_report import check_report, write_report
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.plain_network import fit_linear, fit_plain
from glassnet.cli.training.preparation import Coded, Prepared, load_table, prepare, refuse_model, without_missing
from glassnet.cli.training.recipe_network import fit_recipe, goal_of
from glassnet.cli.training.train_options import WHERE, TrainOptions, with_choices
from glassnet.cli.training.train_result import Outcome, for_the_file, importance_of, result_of
from glassnet.tabular import TableEncoder, TableModel
from glassnet.utils.splitting import split_rows

__all__ = ["train"]

_HELD_OUT = 0.2  # of the training rows, for the linear model beside folds
_SHARE_OF_LINEAR = 0.25  # of the time there is


def train(options: TrainOptions, watcher: Watcher | None = None) -> tuple[TableModel, dict[str, Any]]:
    """Read, split, encode, train, compare with baselines, save.

    Parameters
    ----------
    options : TrainOptions
    watcher : Watcher, optional
        Is told how it goes.

    Returns
    -------
    model : TableModel
    result : dict
        Everything there is to report, JSON-able.

    Raises
    ------
    GlassnetError
        The options or the data cannot be used; nothing was written.
    KeyboardInterrupt
        Ctrl-C before the network began to train. Later it ends the training, and the best weights are kept.
    """
    started = time.perf_counter()
    options.check()
    options = options.settled()
    watcher = watcher or Watcher()
    refuse_model(WHERE, options.data)
    path = None if options.out is None else check_model_output(WHERE, "--out", options.out, [options.data])
    page = None if options.report is None else check_report(WHERE, options.report, [options.data])
    watcher.phase(f"reading {options.data}")
    everything = load_table(WHERE, options.data)
    table = without_missing(WHERE, everything, options.target, options.skip_missing)
    task = None if options.task == "auto" else options.task
    data = prepare(WHERE, table, options.target, task, options.shares, options.drop, options.seed)
    facts = {"task": data.target.task, "target": data.target.name, "rows": len(data.rows["training"])}
    watcher.facts(facts if data.target.labels else {**facts, "unit": data.target.scale.std})
    # One handler from here to the end: Ctrl-C after training, even twice, must not cost the model.
    with catch_interrupts() as ctrl_c:
        ctrl_c.defer()
        outcome = _fit(options, data, watcher, ctrl_c)
        ctrl_c.ignore()
        importance = importance_of(outcome, data)
        result = result_of(outcome, data)
        result["importance"] = importance.to_dict()
        result["rows"]["read"] = everything.n_rows
        model = outcome.model
        model.network.metadata["training"] = for_the_file(result)
        result["model"] = None if path is None or options.out is None else _save(model, path, options.out)
        if page is not None:
            write_report(page, result, outcome, data, importance)
            result["report"] = options.report
    result["seconds"] = time.perf_counter() - started
    return model, result


def _fit(options: TrainOptions, data: Prepared, watcher: Watcher, ctrl_c: CtrlC) -> Outcome:
    """Train the linear model, then the network or the recipe's, in the time there is."""
    goal = None if options.is_plain else goal_of(options, data)
    plain = with_choices(options, len(data.rows["training"]))
    began, limit = time.perf_counter(), options.max_seconds
    standard = data.coded(TableEncoder().fit(data.part("training").inputs), data.target)
    share = None if limit is None else limit * _SHARE_OF_LINEAR
    linear = fit_linear(plain, _with_validation(standard, options.seed), watcher, ctrl_c, share)
    left = None if limit is None else max(0.0, limit - (time.perf_counter() - began))
    rival = TableModel(linear, standard.encoder, standard.target)
    if goal is None:
        network, history = fit_plain(plain, standard, watcher, ctrl_c, left)
        model = TableModel(network, standard.encoder, standard.target)
        return Outcome(plain, model, standard, [history], network, rival, standard)
    trained, recipes = fit_recipe(options, goal, data, watcher, ctrl_c, left)
    model = trained.model
    coded = data.coded(model.encoder, model.target)
    parts = (trained.histories, trained.networks[0])
    return Outcome(options, model, coded, *parts, rival, standard, goal.metric, recipes, ctrl_c.pressed)


def _with_validation(coded: Coded, seed: int) -> Coded:
    """Return arrays that have validation rows, with some of the training rows as such if there are no others."""
    if "validation" in coded.X:
        return coded
    X, y = coded.X["training"], coded.y["training"]
    codes = y if coded.target.labels else None
    kept, held_out = split_rows(len(X), [1.0 - _HELD_OUT, _HELD_OUT], seed, stratify=codes)
    parts: dict[str, np.ndarray] = {"training": kept, "validation": held_out}
    return Coded(
        coded.encoder,
        coded.target,
        {name: X[rows] for name, rows in parts.items()},
        {name: y[rows] for name, rows in parts.items()},
    )


def _save(model: TableModel, path: Path, given: str) -> dict[str, Any]:
    replaced = path.exists()
    model.save(path)
    return {"path": given, "bytes": path.stat().st_size, "replaced": replaced}
