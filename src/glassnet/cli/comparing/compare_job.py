"""``glassnet compare``: from a table to a leaderboard and the best of our models. Nothing here prints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.cli.comparing.chance import EVEN, Chance, ranges_of_chance
from glassnet.cli.comparing.compare_options import WHERE, CompareOptions, as_train_options
from glassnet.cli.comparing.race import Entry, Race, Skipped, rank_of
from glassnet.cli.executors import open_executor
from glassnet.cli.input_files import shown_name
from glassnet.cli.interrupts import catch_interrupts
from glassnet.cli.output.outputs import check_model_output
from glassnet.cli.training.html_report import check_report, command_of
from glassnet.cli.training.late_results import LateErrors, save_model
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.preparation import Prepared, refuse_model
from glassnet.cli.training.train_job import read_and_divide
from glassnet.cli.training.train_options import TrainOptions
from glassnet.cli.training.train_result import Outcome, for_the_file, importance_of, result_of
from glassnet.errors import DataError
from glassnet.reports.scoring import score_baseline
from glassnet.saving.locks import refuse_locked
from glassnet.tabular import TableModel
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.splitting.division import copies_sentence, shared_sentences
from glassnet.utils.executors import check_executor

__all__ = ["check_parts", "compare_models", "kept_model", "name_of", "out_path", "rows_facts"]


def compare_models(
    options: CompareOptions,
    watcher: Watcher | None = None,
    say: Callable[[Entry | Skipped], None] = lambda entry: None,
    late: LateErrors | None = None,
    write_page: Callable[[Path, dict[str, Any]], None] = lambda path, result: None,
    executor: Any = None,
) -> tuple[TableModel, dict[str, Any]]:
    """Train and compare the models, and save the best of ours; return it and the result, which is JSON-able.

    Ctrl-C before the first model is trained raises KeyboardInterrupt, and nothing is written. Later it ends the
    comparison; what was trained is compared, and the best of it saved. Models are tasks of ``executor``, or of the one
    that the options name; without one they are trained here, one after the other.
    """
    options.check()
    late = LateErrors(raises=True) if late is None else late
    with open_executor(WHERE, options, check_executor(WHERE, executor)) as pool:
        return _compared(options, watcher or Watcher(), say, late, write_page, check_executor(WHERE, pool))


def _compared(
    options: CompareOptions,
    watcher: Watcher,
    say: Callable[[Entry | Skipped], None],
    late: LateErrors,
    write_page: Callable[[Path, dict[str, Any]], None],
    pool: Any,
) -> tuple[TableModel, dict[str, Any]]:
    started = time.perf_counter()
    refuse_model(WHERE, options.data)
    path = out_path(WHERE, options)
    page = None if options.report is None else check_report(WHERE, options.report, [options.data])
    base = as_train_options(options)
    data, n_read, deadline = read_and_divide(base, watcher)
    check_parts(WHERE, data)
    with catch_interrupts() as ctrl_c:
        ctrl_c.defer()
        race = Race(base, data, options.recipes, watcher, ctrl_c, deadline, say, pool)
        race.run()
        ctrl_c.ignore()
        best = race.best
        assert best is not None
        watcher.phase("comparing")
        result = _result(options, data, race) | {"interrupted_by": ctrl_c.name if ctrl_c.pressed else ""}
        result["rows"] = {"read": n_read, **result["rows"]}
        result["model"] = kept_model(base, best, data, deadline, path, str(options.out), late)
        result["repeat"] = command_of(best.asked)
        if page is not None:
            with late.kept():
                write_page(page, result)
                result["report"] = options.report
    result["seconds"] = time.perf_counter() - started
    return best.model, result


def out_path(where: str, options: Any) -> Path | None:
    """Return where the model goes; raise an error now if it could not be written there."""
    if options.out is None:
        return None
    path = check_model_output(where, "--out", options.out, [options.data])
    refuse_locked(where, path)
    return path


def check_parts(where: str, data: Prepared) -> None:
    """Raise an error where a column that divides the rows names none for the test, or for validation."""
    for part in ("test", "validation"):
        if part not in data.rows or not len(data.rows[part]):
            fact, rule = f"there are no {part} rows", "models are compared on rows that none was trained on"
            message = f"{where}: {fact}; {rule}. Name some in the column of --split, or leave it out."
            raise DataError(message, expected=part, got=sorted(data.rows))


def kept_model(
    base: TrainOptions,
    outcome: Outcome,
    data: Prepared,
    deadline: Deadline,
    path: Path | None,
    given: str,
    late: LateErrors,
    notes: dict[str, Any] | None = None,
) -> dict[str, Any] | None:
    """Save a model as ``glassnet train`` does, with the notes on its training, and return what is said of its file."""
    model = outcome.model
    model.reading = base.read_options
    with late.model_saved(model, path):
        result = result_of(outcome, data)
        result["importance"] = importance_of(outcome, data, deadline).to_dict(
            1.0 if model.target.labels else model.target.scale.std
        )
        result["rows"]["read"] = data.inputs.n_rows
    model.network.metadata["training"] = for_the_file(result) | (notes or {})
    return None if path is None else save_model(model, path, given, late)


def rows_facts(data: Prepared) -> dict[str, Any]:
    """Return the rows of each part and how they were divided, JSON-able."""
    said, copies = shared_sentences(data.division), copies_sentence(data.division)
    notes = [*data.notes, *([copies] if copies else [])]
    return {
        "rows": {name: data.count(name) for name in data.rows},
        "split": {**data.division.describe(), "warnings": said, "notes": notes},
        "judged_on": "test",
        "judged_rows": len(data.sample("test").target),
    }


def _result(options: CompareOptions, data: Prepared, race: Race) -> dict[str, Any]:
    """Return the leaderboard, JSON-able: the best model on the test rows first, the constant baseline last."""
    target, metric = data.target, race.metric
    answers = {entry.name: entry.answers for entry in race.entries}
    values = {name: each.value(metric) for name, each in answers.items()}
    models = [entry for entry in race.entries if entry.kind != "constant"]
    ordered = sorted(models, key=lambda entry: rank_of(entry.answers, metric))
    chances = ranges_of_chance(answers, metric, ordered[0].name, _groups(data), options.seed)
    constant = race.entries[0]
    constant.title = score_baseline(target, constant.answers.truth, data.class_counts)[0]
    rows = [_row(entry, values[entry.name], chances[entry.name], race) for entry in [*ordered, constant]]
    return {
        "command": "compare",
        "glassnet": gn.__version__,
        "data": shown_name(options.data),
        "target": target.name,
        "task": target.task,
        "task_reason": target.reason,
        "labels": target.labels,
        **rows_facts(data),
        "metric": metric,
        "models": rows,
        "not_trained": [each.to_dict() for each in race.skipped],
        "best": rows[0]["name"],
        "chosen": race.best_name,
        "verdict": verdict_of(rows, race.best_name),
        "max_seconds": options.max_seconds,
        "seed": options.seed,
    }


def _groups(data: Prepared) -> np.ndarray | None:
    """Return the group of each row that scores are made from; None where rows are not in groups."""
    return data.sample("test").groups


def _row(entry: Entry, value: float, chance: Chance, race: Race) -> dict[str, Any]:
    """Return one line of the leaderboard, JSON-able."""
    known = entry.validation
    return {
        "name": entry.name,
        "title": entry.title,
        "kind": entry.kind,
        "chosen": entry.name == race.best_name,
        "score": value if math.isfinite(value) else None,
        **chance.to_dict(),
        "scores": entry.answers.scores.values,
        "validation": known if known is not None and math.isfinite(known) else None,
        "seconds": entry.seconds,
        "bytes": entry.size,
        "trained_on": entry.trained_on,
        "note": entry.note,
    }


def verdict_of(rows: list[dict[str, Any]], chosen: str) -> str:
    """Return what the leaderboard says, in a few sentences; ``rows`` are its lines, the constant baseline last."""
    models, constant = rows[:-1], rows[-1]
    first, ours = models[0], next(row for row in models if row["name"] == chosen)
    if constant["to_best"] == EVEN:
        return f"No model is better than {constant['title']} beyond chance."
    by_validation = "the best of our models by its validation score"
    if first is ours:
        sentence = f"{_called(ours)} has the best test score, and is {by_validation}."
    else:
        how = "within chance of it" if ours["to_best"] == EVEN else "worse beyond chance"
        sentence = f"{_called(first)} has the best test score; {_called(ours)}, {by_validation}, is {how}."
    if first["kind"] == "linear":
        sentence = sentence[0].upper() + sentence[1:]
    even = [row for row in models[1:] if row["to_best"] == EVEN]
    if len(even) == len(models) - 1 and len(models) > 2:
        return f"{sentence} The test rows do not tell the models apart."
    others = [_called(row) for row in even if row is not ours]
    return f"{sentence} Also within chance of the best: {', '.join(others)}." if others else sentence


def _called(row: dict[str, Any]) -> str:
    return "the linear model" if row["kind"] == "linear" else name_of(row)


def name_of(row: dict[str, Any]) -> str:
    """Return how a model is called: boosted trees by their library, ours by the name of the recipe."""
    return str(row["title"]) if row["kind"] in ("boosting", "constant", "linear") else str(row["name"])
