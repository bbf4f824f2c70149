"""``glassnet train``: from a table to a trained model and the result to report. Nothing here prints."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from glassnet.cli.executors import open_executor
from glassnet.cli.input_files import shown_name
from glassnet.cli.interrupts import CtrlC, catch_interrupts
from glassnet.cli.output.outputs import check_model_output, replaced_words
from glassnet.cli.training.html_report import check_report, write_report
from glassnet.cli.training.late_results import LateErrors, save_model
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.preparation import Encoded, Prepared, load_table, prepare, refuse_model, without_missing
from glassnet.cli.training.recipe_network import fit_linear, fit_recipe, goal_of
from glassnet.cli.training.run_files import check_run_file, resumed
from glassnet.cli.training.split_options import split_by
from glassnet.cli.training.streamed_table import prepare_stream, rows_in_parts
from glassnet.cli.training.train_options import WHERE, TrainOptions, with_choices
from glassnet.cli.training.train_result import Outcome, for_the_file, importance_of, result_of
from glassnet.reports.model_report import unit_of
from glassnet.saving.locks import refuse_locked
from glassnet.tabular import TableModel
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.options import RunFile
from glassnet.tabular.reading.options import ReadAs, ReadOptions
from glassnet.tabular.splitting.suggestions import is_called_identifier

__all__ = ["read_and_divide", "train"]

_SHARE_OF_LINEAR, _SHARE_AFTER = 0.1, 0.1  # of the time that is allowed: the linear baseline; scores and importance


def train(
    options: TrainOptions, watcher: Watcher | None = None, late: LateErrors | None = None, executor: Any = None
) -> tuple[TableModel, dict[str, Any]]:
    """Read and split a table, train, compare with baselines, and save; return model and result, which is JSON-able.

    Ctrl-C before the network begins to train raises KeyboardInterrupt, and as with any error nothing is written. Later
    it ends the training, and the best weights are kept. Errors after the training are kept in ``late``, if it is given.
    Several networks are trained by ``executor``, or where the options say.
    """
    options.check()
    late = LateErrors(raises=True) if late is None else late
    with open_executor(WHERE, replace(options, jobs=None), executor) as pool:
        return _train(replace(options, pool=pool), watcher or Watcher(), late)


def _train(options: TrainOptions, watcher: Watcher, late: LateErrors) -> tuple[TableModel, dict[str, Any]]:
    started = time.perf_counter()
    asked, options = options, options.settled()
    refuse_model(WHERE, options.data)
    path = None if options.out is None else check_model_output(WHERE, "--out", options.out, [options.data])
    if path is not None:
        refuse_locked(WHERE, path)
    page = None if options.report is None else check_report(WHERE, options.report, [options.data])
    run_file = check_run_file(options, [path, page])
    data, n_read, deadline = read_and_divide(options, watcher)
    run_file = resumed(run_file, options, data)
    # One handler from here to the end: Ctrl-C after training, even twice, must not cost the model.
    with catch_interrupts() as ctrl_c:
        ctrl_c.defer()
        outcome = replace(_fit(options, data, watcher, ctrl_c, run_file, deadline), asked=asked)
        ctrl_c.ignore()
        model = outcome.model
        model.reading = options.read_options
        with late.model_saved(model, path):
            measured = importance_of(outcome, data, deadline)
            result = result_of(outcome, data)
            result["importance"] = measured.to_dict(unit_of(model))
            result["rows"]["read"] = n_read
        model.network.metadata["training"] = for_the_file(result)
        result["model"] = None if path is None else save_model(model, path, str(options.out), late)
        if run_file is not None:
            result["checkpoint"] = options.checkpoint
        if page is not None:
            with late.kept():
                replaced = bool(replaced_words(page))
                write_report(page, result, outcome, data)
                result |= {"report": options.report, "report_replaced": replaced}
    result["seconds"] = time.perf_counter() - started
    return model, result


def read_and_divide(options: TrainOptions, watcher: Watcher) -> tuple[Prepared, int, Deadline]:
    """Return the table split into parts, the number of rows that were read, and the limit that begins after reading."""
    watcher.phase(f"reading {shown_name(options.data)}")
    in_parts = rows_in_parts(options)
    if in_parts is not None:
        watcher.phase(f"reading {shown_name(options.data)} in parts")
        deadline = Deadline(options.max_seconds)  # the table is read again and again from here on
        data = prepare_stream(options, *in_parts)
        _say_facts(watcher, data)
        return data, in_parts[0].n_rows, deadline
    everything = load_table(WHERE, options.data, _with_identifiers(options), options.drop)
    deadline = Deadline(options.max_seconds)
    table = without_missing(WHERE, everything, options.target, options.skip_missing)
    task = None if options.task == "auto" else options.task
    by = split_by(options, table)
    drop = [name for name in options.drop if name in table]  # the others were not read at all
    data = prepare(WHERE, table, options.target, task, options.shares, drop, options.seed, by)
    _say_facts(watcher, data)
    return data, everything.n_rows, deadline


def _say_facts(watcher: Watcher, data: Prepared) -> None:
    facts = {"task": data.target.task, "target": data.target.name, "rows": data.count("training")}
    watcher.facts(facts if data.target.labels else {**facts, "unit": data.target.scale.std})


def _with_identifiers(options: TrainOptions) -> ReadOptions:
    """Return how the table is read, with dropped identifiers as text: they may show which rows belong together."""
    reading = options.read_options
    wanted: dict[str, ReadAs] = {name: "text" for name in options.drop if is_called_identifier(name)}
    return replace(reading, read={**reading.read, **wanted})


def _fit(
    options: TrainOptions, data: Prepared, watcher: Watcher, ctrl_c: CtrlC, run_file: RunFile | None, deadline: Deadline
) -> Outcome:
    """Train the linear baseline, then the networks of the recipe, in the time that is allowed."""
    goal = goal_of(options, data)
    chosen = with_choices(options, data.count("training"))
    options = chosen if options.is_plain else options
    linear = fit_linear(chosen, data, watcher, ctrl_c, deadline.part(_SHARE_OF_LINEAR)).model
    deadline.keep_back(_SHARE_AFTER * deadline.seconds)
    trained, recipes = fit_recipe(options, goal, data, watcher, ctrl_c, deadline, run_file)
    ours, theirs = Encoded(trained.model, data), Encoded(linear, data)
    interrupted_by = ctrl_c.name if ctrl_c.pressed else ""
    return Outcome(options, ours, theirs, trained, options, goal.metric, recipes, interrupted_by)
