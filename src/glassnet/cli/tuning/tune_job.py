"""``glassnet tune``: from a table to the trials of a recipe and the best of them. Nothing here prints."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import glassnet as gn
from glassnet.cli.comparing.chance import WORSE, Answers, Chance, ranges_of_chance
from glassnet.cli.comparing.compare_job import check_parts, kept_model, out_path, rows_facts
from glassnet.cli.comparing.race import answers_of, baseline_answers, rank_of, truth_of
from glassnet.cli.executors import open_executor
from glassnet.cli.input_files import shown_name
from glassnet.cli.interrupts import catch_interrupts
from glassnet.cli.training.html_report import command_of
from glassnet.cli.training.late_results import LateErrors
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.preparation import Prepared, refuse_model
from glassnet.cli.training.train_job import read_and_divide
from glassnet.cli.training.train_result import Outcome
from glassnet.cli.tuning.search import Search, Trial
from glassnet.cli.tuning.tune_options import WHERE, TuneOptions
from glassnet.reports.scoring import score_baseline
from glassnet.tabular import TableModel
from glassnet.utils.executors import check_executor
from glassnet.utils.short_text import count, metric_name, metric_text

__all__ = ["tune_model"]


def tune_model(
    options: TuneOptions,
    watcher: Watcher | None = None,
    say: Callable[[Trial, int, str], None] = lambda trial, number, metric: None,
    late: LateErrors | None = None,
    executor: Any = None,
) -> tuple[TableModel, dict[str, Any]]:
    """Search over the settings of a recipe and save the best trial; return it and the result, which is JSON-able.

    The best is chosen on the validation rows; it and the defaults are scored once on the test rows. Ctrl-C before the
    defaults are trained raises KeyboardInterrupt, and nothing is written; later it ends the search. Trials are tasks of
    ``executor``, or of the one that the options name; without one they are trained here, one after the other.
    """
    options.check()
    late = LateErrors(raises=True) if late is None else late
    with open_executor(WHERE, options, check_executor(WHERE, executor)) as pool:
        return _tuned(options, watcher or Watcher(), say, late, pool)


def _tuned(
    options: TuneOptions, watcher: Watcher, say: Callable[[Trial, int, str], None], late: LateErrors, pool: Any
) -> tuple[TableModel, dict[str, Any]]:
    started = time.perf_counter()
    refuse_model(WHERE, options.data)
    path = out_path(WHERE, options)
    base = options.as_train()
    data, n_read, deadline = read_and_divide(base, watcher)
    check_parts(WHERE, data)
    with catch_interrupts() as ctrl_c:
        ctrl_c.defer()
        search = Search(
            base, data, options.trials, watcher, ctrl_c, deadline,
            lambda trial, number: say(trial, number, search.metric), check_executor(WHERE, pool),
        )  # fmt: skip
        search.run()
        ctrl_c.ignore()
        best = search.best
        assert best is not None
        watcher.phase("scoring")
        result = _result(options, data, search) | {"interrupted_by": ctrl_c.name if ctrl_c.pressed else ""}
        result["rows"] = {"read": n_read, **result["rows"]}
        if search.lost:
            result["lost"] = search.lost
        notes = {"tuning": {key: result[key] for key in ("recipe", "n_trials", "best", "repeat")}}
        result["model"] = kept_model(search.base, best, data, deadline, path, str(options.out), late, notes)
    result["seconds"] = time.perf_counter() - started
    return best.model, result


def _result(options: TuneOptions, data: Prepared, search: Search) -> dict[str, Any]:
    """Return everything there is to report, JSON-able; the trials are sorted, the best first."""
    assert search.best is not None
    target, metric = data.target, search.metric
    scored = _scored(data, search)
    better = (
        min(("tuned", "defaults"), key=lambda name: rank_of(scored[name], metric)) if "tuned" in scored else "defaults"
    )
    groups = data.sample("test").groups
    chances = ranges_of_chance(scored, metric, better, groups, options.seed)
    words = score_baseline(target, scored["baseline"].truth, data.class_counts)[0]
    best = search.best_trial
    return {
        "command": "tune",
        "glassnet": gn.__version__,
        "data": shown_name(options.data),
        "target": target.name,
        "task": target.task,
        "task_reason": target.reason,
        "labels": target.labels,
        **rows_facts(data),
        "recipe": search.base.recipe,
        "metric": metric,
        "n_trials": len(search.trials),
        "n_diverged": len(search.failed),
        "trials": [trial.to_dict() for trial in sorted(search.trials, key=lambda trial: trial.rank)],
        "best": best.to_dict()["settings"],
        "kept_defaults": best.is_default,
        "test": {
            name: {"score": each.value(metric), **chances[name].to_dict(), "scores": each.scores.values}
            for name, each in scored.items()
        },
        "baseline": words,
        "verdict": _verdict(search, scored, chances, options),
        "repeat": command_of(search.best.asked),
        "max_seconds": options.max_seconds,
        "seed": options.seed,
    }


def _scored(data: Prepared, search: Search) -> dict[str, Answers]:
    """Return the answers for the test rows of the defaults, of the best trial if that is another, and of baselines."""
    truth = truth_of(data, "test")
    assert search.defaults is not None
    assert search.best is not None
    models: dict[str, Outcome] = {"tuned": search.best} if search.best is not search.defaults else {}
    models["defaults"] = search.defaults
    found = {name: answers_of(each.model, each.trained.features("test"), truth) for name, each in models.items()}
    linear = search.defaults.linear
    found["linear"] = answers_of(linear.model, linear.features("test"), truth)
    return {**found, "baseline": baseline_answers(data, "test")}


def _verdict(search: Search, scored: dict[str, Answers], chances: dict[str, Chance], options: TuneOptions) -> str:
    """Return what the search was worth, in one or two sentences."""
    n, metric = len(search.trials), search.metric
    if n == 1:
        if options.trials == 1:
            return "Only the defaults were trained (--trials 1)."
        if search.ctrl_c.pressed:
            return "Only the defaults were trained: the search was interrupted."
        if search.lost:
            return "Only the defaults were trained: no other trial came back from its worker."
        return "There was no time for a second trial: the defaults were kept. More time: --max-seconds."
    if "tuned" not in scored:
        others = "The other trial was" if n == 2 else f"None of the other {n - 1} trials was"
        return f"{others}{' no' if n == 2 else ''} better on the validation rows: the defaults were kept."
    name = metric_name(metric)
    ours, theirs = (metric_text(scored[each].value(metric)) for each in ("tuned", "defaults"))
    both = f"test {name} {ours} against {theirs} with the defaults"
    if chances["defaults"].against_best == WORSE:
        return f"Tuning helped: {both}, a difference beyond chance."
    if chances["tuned"].against_best == WORSE:
        return (
            f"Tuning did harm: {both}, a difference beyond chance. The best of {count(n, 'trial')} fits the "
            "validation rows by luck; prefer the defaults."
        )
    return f"Tuning gained nothing beyond chance: {both}, on {count(len(scored['tuned'].truth), 'test row')}."
