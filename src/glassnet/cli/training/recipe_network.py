"""The training of a recipe's network, or of several, and of the linear baseline."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import glassnet as gn
from glassnet.cli.interrupts import CtrlC
from glassnet.cli.output.finding_advice import as_option
from glassnet.cli.training.class_weights import codes_of_classes
from glassnet.cli.training.observers import StopOnCtrlC, Watcher
from glassnet.cli.training.preparation import MOST_SCORED, Prepared
from glassnet.cli.training.run_files import as_refused
from glassnet.cli.training.train_options import WHERE, TrainOptions
from glassnet.errors import ConfigError, DataError, DivergenceError
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.fit import Trained, fit_table
from glassnet.tabular.fitting.objective import Goal, find_goal
from glassnet.tabular.fitting.options import FitOptions, Rows, RunFile
from glassnet.tabular.fitting.plain import plain_recipe
from glassnet.tabular.fitting.recipes import RECIPES, Design, Recipe
from glassnet.tabular.fitting.settings import with_settings
from glassnet.tabular.fitting.table_findings import LOOKED_FOR, RecipeWatch
from glassnet.tabular.fitting.timing import Estimate, estimate_times
from glassnet.training import Callback, History, Run
from glassnet.utils.executors import check_executor

__all__ = ["estimated_recipes", "find_recipe", "fit_linear", "fit_recipe", "goal_of", "recipe_times"]

# On products of this size a second thread saves a fifth of the time on two idle cores; but results would then depend
# on the number of threads, and that on how busy the machine is.
_ONE_THREAD = ("realmlp", "fast", "small")
_MOST_ROWS = 1024
# Findings that are not reported. Several columns may have their missing values in the same rows: their flags are equal.
# The linear model is trained and compared by the command itself.
_IGNORED = ("duplicate-columns", "worse-than-linear")
_IGNORED_OF_FOLDS = ("shared-rows",)  # the rows of all folds are passed, and those held out are among them
_LINEAR = plain_recipe((), rate=0.01, decays=False, epochs=200, patience=10)
_MOST_LINEAR = 100_000
_TIMED_AS_IF = 20.0  # seconds that a training may take, a tenth of which is for timing, where nothing is trained
_BYTES = 20  # per parameter: itself, its gradient, two averages of AdamW and the best so far, in float32


def goal_of(options: TrainOptions, data: Prepared) -> Goal:
    """Return loss and metric of the training, or raise an error if the target does not allow them."""
    if options.quantiles and data.target.labels:
        must = "--quantiles needs numbers"
        message = f"{WHERE}: {data.target.name!r} has classes; {must}. Leave it out."
        raise ConfigError(message, expected=must, got="classification")
    if options.label_smoothing is not None and not data.target.labels:
        must = "--label-smoothing needs classes"
        message = f"{WHERE}: {data.target.name!r} has numbers; {must}. Leave it out."
        raise ConfigError(message, expected=must, got="regression")
    goal = find_goal(WHERE, data.target.task, options.metric, options.quantiles, options.label_smoothing)
    return _by_loss(goal) if options.is_plain else goal


def _by_loss(goal: Goal) -> Goal:
    """Return the same goal with the loss itself as the metric that chooses the epoch."""
    return replace(goal, metric="loss")


def find_recipe(options: TrainOptions) -> Recipe:
    """Return the recipe that the options name; the plain one with its settings."""
    if not options.is_plain:
        return with_settings(f"{WHERE}: --setting", RECIPES[str(options.recipe)], options.settings)
    names = ("layers", "rate", "epochs", "patience", "activation", "dropout", "weight_decay")
    recipe = plain_recipe(**{name: getattr(options, name) for name in names})

    def checked(design: Design) -> list[gn.Layer]:
        _check_memory(design.X.shape[1], options.layers or (), design.n_outputs)
        return recipe.layers(design)

    return replace(recipe, layers=checked)


def _check_memory(n_inputs: int, widths: Sequence[int], n_outputs: int) -> None:
    """Raise an error for a network larger than the memory: some systems promise more than they have."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not known on this system
        return
    sizes = [n_inputs, *map(int, widths), n_outputs]
    n = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
    if _BYTES * n > memory > 0:
        now = ",".join(map(str, widths))
        message = f"{WHERE}: the network has {n:,} parameters, more than fit into memory. Lower --layers (now {now})."
        raise ConfigError(message, got=n)


def fit_linear(options: TrainOptions, data: Prepared, watcher: Watcher, ctrl_c: CtrlC, deadline: Deadline) -> Trained:
    """Train the linear baseline, a model without hidden layers, until the deadline at most, and return it.

    ``options`` has a batch. Of more than 100,000 training rows it is given so many.
    """
    watcher.phase("training a linear model to compare with")
    goal = _by_loss(find_goal(WHERE, data.target.task, None, None))
    plan = FitOptions(
        _LINEAR,
        goal,
        seed=options.seed,
        batch_size=options.batch,
        deadline=deadline,
        class_weight=codes_of_classes(WHERE, options.class_weight, data.target),
        keeps_hashes=False,
        make_callbacks=lambda: [StopOnCtrlC(ctrl_c), *watcher.callbacks("linear")],
    )
    trained = _fit(options, data, plan, data.sample("training", _MOST_LINEAR))
    if ctrl_c.pressed:
        raise KeyboardInterrupt
    return trained


def fit_recipe(
    options: TrainOptions,
    goal: Goal,
    data: Prepared,
    watcher: Watcher,
    ctrl_c: CtrlC,
    deadline: Deadline,
    run_file: RunFile | None = None,
    times: dict[str, Estimate] | None = None,
) -> tuple[Trained, list[dict[str, Any]]]:
    """Train what the recipe of ``options`` describes, and return it with the estimated time of each, JSON-able.

    ``times`` are estimates of `recipe_times` that are known already; otherwise they are made where they are needed.
    """
    plan = replace(_plan(options, goal, watcher, ctrl_c, options.max_seconds), deadline=deadline)
    plan = replace(plan, class_weight=codes_of_classes(WHERE, options.class_weight, data.target), run_file=run_file)
    plan = replace(plan, stream=data.stream)
    is_timed = times is None and not options.is_plain and (options.estimates or deadline.is_set)
    is_known, times = times is not None, times or {}
    if is_timed:
        watcher.phase("timing the recipes")
        # A few rows may be odd where all are not, and what is too large may be another recipe's.
        with suppress(DataError, DivergenceError, MemoryError):
            train, n_valid = data.part("training"), _n_valid(data)
            times = estimate_times(train, n_valid, data.target, plan)
    estimates = [_estimate(found, plan) for found in times.values()]
    if not is_known:
        watcher.facts({"recipes": estimates})
    if ctrl_c.pressed:
        raise KeyboardInterrupt
    watcher.phase("training")
    watcher.facts(
        {"networks": plan.n_ensemble * (plan.n_folds or 1), "metric": goal.metric, "patience": plan.recipe.patience}
    )
    if deadline.is_set:
        known = times.get(plan.recipe.name)
        plan = replace(plan, pace=None if known is None else known.pace)
    if run_file is not None:
        ctrl_c.kept = f"in training. To go on from {str(run_file.path)!r}, add --resume."
    try:
        with _warnings_shown(watcher):
            trained = _fit(options, data, plan, data.part("training"))
    except ConfigError as error:
        other = _as_typed(error) if run_file is None else as_refused(error, run_file)
        if other is error:
            raise
        raise other from error
    if not any(history.epochs for history in trained.histories):
        raise KeyboardInterrupt
    return trained, estimates


def _as_typed(error: ConfigError) -> ConfigError:
    """Return an error about networks trained elsewhere with the options of the command in its advice."""
    words = str(error)
    for advised, typed in (("Lower n_jobs", "Lower --jobs"), ("leave executor out", "leave --executor out")):
        if words.startswith("fit: ") and advised in words:
            words = f"{WHERE}: {words.removeprefix('fit: ').replace(advised, typed)}"
            return ConfigError(words, expected=error.expected, got=error.got)
    return error


def estimated_recipes(options: TrainOptions, data: Prepared) -> list[dict[str, Any]]:
    """Return the estimated time of each recipe, JSON-able, without a training; none where it cannot be estimated."""
    plan = _plan(options, goal_of(options, data), Watcher(), CtrlC(), None)
    return [_estimate(found, plan) | {"chosen": False} for found in recipe_times(options, data).values()]


def recipe_times(options: TrainOptions, data: Prepared) -> dict[str, Estimate]:
    """Return the estimated time of each recipe by its name, none where it cannot be estimated; nothing is trained."""
    plan = _plan(options, goal_of(options, data), Watcher(), CtrlC(), _TIMED_AS_IF)
    with suppress(DataError, DivergenceError, MemoryError):
        return estimate_times(data.part("training"), _n_valid(data), data.target, plan)
    return {}


def _n_valid(data: Prepared) -> int:
    """Return the number of rows that choose the epoch."""
    return min(len(data.rows.get("validation", ())), MOST_SCORED)


@contextmanager
def _warnings_shown(watcher: Watcher) -> Iterator[None]:
    """Let the watcher show what `Network.fit` warns of, other than findings, when it happens."""
    with warnings.catch_warnings():
        warnings.filterwarnings("always", "fit: ", RuntimeWarning)
        warnings.filterwarnings("always", "fit: .* networks are averaged", UserWarning)
        show = warnings.showwarning

        def shown(message: Warning | str, category: type[Warning], *others: Any) -> None:
            if category in (RuntimeWarning, UserWarning) and str(message).startswith("fit: "):
                watcher.warn(str(message))
            else:
                show(message, category, *others)

        warnings.showwarning = shown  # type: ignore[assignment]
        yield


def _estimate(found: Estimate, plan: FitOptions) -> dict[str, Any]:
    """Return the estimated time of one recipe, JSON-able."""
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
    """Return how the networks of the recipe are trained."""
    ignored = {*LOOKED_FOR, *_IGNORED, *(_IGNORED_OF_FOLDS if options.folds else ())}
    products_are_small = options.recipe in _ONE_THREAD and (options.batch or 0) <= _MOST_ROWS
    return FitOptions(
        find_recipe(options),
        goal,
        reading=options.read_options,
        seed=options.seed,
        n_ensemble=options.ensemble or 1,
        n_folds=options.folds,
        epochs=None if options.is_plain else options.epochs,  # the plain recipe has them already
        batch_size=options.batch,
        max_seconds=seconds,
        n_jobs=options.jobs or 1,
        executor=check_executor(WHERE, options.pool),
        is_stopped=lambda: ctrl_c.pressed,
        notify=lambda done, of: watcher.phase(f"training: {done} of {of} networks done"),
        threads=1 if products_are_small or options.one_thread else "auto",
        diagnose=gn.Watch(ignore=ignored) if options.is_plain else RecipeWatch(ignore=ignored),
        announce=lambda memory: watcher.phase(f"training, {memory}"),
        make_callbacks=lambda: [StopOnCtrlC(ctrl_c), *watcher.callbacks("network")],
    )


class _Last(Callback):
    """Keeps the history of the latest run, also of one that fails."""

    history: History | None = None

    def on_fit_begin(self, run: Run[Any]) -> None:
        self.history = run.history


def _fit(options: TrainOptions, data: Prepared, plan: FitOptions, train: Rows) -> Trained:
    """Train on prepared rows; errors name what can be changed on the command line."""
    valid = data.sample("validation") if "validation" in data.rows else None
    last, others = _Last(), plan.make_callbacks
    plan = replace(plan, make_callbacks=lambda: [last, *others()])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gn.DiagnosisWarning)  # the report has them
            return fit_table(train, valid, data.target, plan)
    except DivergenceError as error:
        advice = _lower_rate(options, last.history) if options.is_plain else "Try another --recipe, or another --seed."
        message = f"{WHERE}: training diverged with {error.got or 'a loss that is not finite'}. {advice}"
        raise DivergenceError(message, got=error.got) from error
    except MemoryError as error:
        rows = plan.batch_size or plan.recipe.batch_size(len(train.target))
        other = "lower --layers" if options.is_plain else "try --recipe small"
        message = f"{WHERE}: a step on {rows:,} rows does not fit into memory. Lower --batch, or {other}."
        raise ConfigError(message, got=rows) from error


def _lower_rate(options: TrainOptions, history: History | None) -> str:
    """Return the advice for a plain network that diverged, with what a diagnosis tried on a copy."""
    assert options.rate is not None
    assert options.weight_decay is not None
    lower = f"--weight-decay (now {options.weight_decay:g}) or " if options.weight_decay > 1.0 else ""
    found = [] if history is None else [*history.findings]
    tried = f" Tried: {as_option(found[0].tried)}" if found and found[0].helped and not lower else ""
    return f"Lower {lower}--rate (now {options.rate:g}).{tried}"
