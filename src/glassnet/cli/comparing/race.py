"""What is trained and compared: each model in turn, on the same rows, until the time is over."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.cli.comparing.boosting import BOOSTING, Fitted
from glassnet.cli.comparing.chance import Answers
from glassnet.cli.comparing.compare_options import TREES, WHERE
from glassnet.cli.comparing.models_elsewhere import Trees, train_model, train_trees, trees_elsewhere
from glassnet.cli.elsewhere import Done, Errands, Task
from glassnet.cli.interrupts import CtrlC
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.preparation import Encoded, Prepared
from glassnet.cli.training.recipe_network import fit_linear, fit_recipe, goal_of, recipe_times
from glassnet.cli.training.train_options import PLAIN, TrainOptions, with_choices
from glassnet.cli.training.train_result import Outcome
from glassnet.errors import GlassnetError
from glassnet.metrics import GREATER_IS_BETTER
from glassnet.tabular import TableModel
from glassnet.tabular.averaged import log_probabilities
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.fit import Trained
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.tabular.fitting.timing import Estimate
from glassnet.utils.executors import workers_of
from glassnet.utils.short_text import count

__all__ = [
    "Entry",
    "Race",
    "Skipped",
    "answers_of",
    "asked_of",
    "baseline_answers",
    "file_size",
    "length_note",
    "rank_of",
    "truth_of",
]

LINEAR, CONSTANT = "linear", "constant"
_SHARE_OF_LINEAR = 0.1
# What the notes in its file say of the linear model: its training has settings of its own.
_LINEAR_OPTIONS: dict[str, Any] = {
    "layers": (), "dropout": 0.0, "rate": 0.01, "weight_decay": 0.0, "epochs": 200, "patience": 10,
}  # fmt: skip
_SURE = 0.9  # of the time left may a recipe be estimated to take


@dataclass
class Entry:
    """One model that was trained, with its answers for the test rows."""

    name: str
    title: str
    kind: str  # constant, linear, network or boosting
    answers: Answers
    seconds: float
    validation: float | None = None  # its value of the metric on the validation rows
    size: int | None = None  # bytes of its file, or of its pickle
    trained_on: str = ""
    note: str = ""
    metric: str = ""  # what models are ranked by


@dataclass(frozen=True)
class Skipped:
    """A model that was not trained, why, and where it is known how long it would take."""

    name: str
    title: str
    why: str
    seconds: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it JSON-able."""
        return {"name": self.name, "title": self.title, "why": self.why, "seconds": self.seconds}


def answers_of(model: TableModel, X: np.ndarray, truth: np.ndarray) -> Answers:
    """Return the answers of one of our models for encoded rows."""
    if model.target.labels:
        return Answers(truth, log_probabilities(model.network, X))
    return Answers(truth, model.numbers(model.answers(X)), model.target.scale.std)


def rank_of(answers: Answers, metric: str) -> tuple[bool, float, float]:
    """Return a key that is smaller for better answers: by a metric, and where that is equal by the loss of each row."""
    value = answers.value(metric)
    return math.isnan(value), -value if metric in GREATER_IS_BETTER else value, float(answers.scores.loss.mean())


def asked_of(options: TrainOptions) -> TrainOptions:
    """Return the options that train a model again, without the limit for all of them."""
    return replace(options, max_seconds=None, no_stream=False)


def truth_of(data: Prepared, part: str) -> np.ndarray:
    """Return the class codes of a part of the rows, or their numbers."""
    column = data.sample(part).target
    return data.target.transform(column) if data.target.labels else column.values.astype(np.float64)


def baseline_answers(data: Prepared, part: str) -> Answers:
    """Return the answers of the constant baseline, see `glassnet.reports.scoring.score_baseline`."""
    truth, counts = truth_of(data, part), data.class_counts
    if counts is None:
        scale = data.target.scale
        return Answers(truth, np.full(len(truth), scale.mean), scale.std)
    logs = np.log((counts + 1.0) / (counts + 1.0).sum())
    return Answers(truth, np.tile(logs, (len(truth), 1)))


def file_size(model: TableModel) -> int:
    """Return the bytes of the file of a model."""
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        path = Path(folder) / "model.safetensors"
        model.save(path)
        return path.stat().st_size


def length_note(trained: Trained) -> str:
    """Return a remark on a training that did not get its usual length, "" where it did."""
    history = trained.histories[0]
    if history.stop_reason == "interrupted":
        return f"interrupted after epoch {history.epochs} of {trained.most_epochs}"
    if history.stop_reason == "time" or (trained.planned is not None and history.stop_reason != "early stopping"):
        passes = trained.steps_of(history) / trained.steps_per_pass
        shown = f"{passes:.0f}" if passes >= 10 else f"{passes:.2g}"
        return f"cut by --max-seconds: {shown} of {trained.most_epochs} epochs"
    return ""


def _title(name: str) -> str:
    """Return what a model is called in words."""
    if name in TREES:
        return BOOSTING[name].title
    return RECIPES[name].title if name in RECIPES else "linear model" if name == LINEAR else "plain network"


@dataclass
class Race:
    """The models of one comparison.

    Parameters
    ----------
    base : TrainOptions
        The options that all models share.
    data : Prepared
        The rows.
    names : tuple of str or None
        Which are asked for; None for all.
    watcher, ctrl_c, deadline
        What shows the progress, what stops it, and when it must be over.
    say : callable
        Takes a line on each model that is done.
    pool
        An executor that trains all but the linear model; None to train one after the other here.
    """

    base: TrainOptions
    data: Prepared
    names: tuple[str, ...] | None
    watcher: Watcher
    ctrl_c: CtrlC
    deadline: Deadline
    say: Callable[[Entry | Skipped], None]
    pool: Any = None
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    best: Outcome | None = None
    best_name: str = ""
    metric: str = ""
    _times: dict[str, Estimate] = field(default_factory=dict)
    _linear: Trained | None = None
    _best_rank: tuple[tuple[bool, float, float], int] = ((True, math.nan, math.nan), 0)
    _order: list[str] = field(default_factory=lambda: [CONSTANT, LINEAR])

    def run(self) -> None:
        """Train all of them; what was done until Ctrl-C is kept, and KeyboardInterrupt raised if that is nothing."""
        self.metric = goal_of(replace(self.base, recipe="realmlp"), self.data).metric
        self.entries.append(Entry(CONSTANT, "", "constant", baseline_answers(self.data, "test"), 0.0))
        try:
            self._fit_linear()
            ordered = self._ordered()
            self._order += [name for name, _ in ordered]
            if self.pool is not None:
                self._run_elsewhere(ordered)
            for name, seconds in ordered if self.pool is None else ():
                if self.ctrl_c.pressed:
                    break
                self._take(name, seconds)
        except KeyboardInterrupt:
            if self.best is None:
                raise

    def _ordered(self) -> list[tuple[str, float]]:
        """Return the models that are asked for, the fastest first, each with its estimated seconds."""
        data, n = self.data, self.data.count("training")
        wanted = self.names or (*RECIPES, PLAIN, *TREES)
        if any(name in RECIPES for name in wanted):
            self.watcher.phase("estimating how long each recipe takes")
            self._times = recipe_times(replace(self.base, recipe="realmlp").settled(), data)
        found = [(name, self._times[name].seconds if name in self._times else 0.0) for name in wanted]
        classifies = bool(data.target.labels)
        lengths = {name: RECIPES[name].length(n, classifies) for name in ("fast", "realmlp")}
        if self.names is None and lengths["fast"] == lengths["realmlp"]:
            found = [each for each in found if each[0] != "fast"]
            self.skipped.append(Skipped("fast", RECIPES["fast"].title, "the same as realmlp for so few rows"))
        return sorted(found, key=lambda each: each[1])

    def _has_time(self, name: str, seconds: float) -> bool:
        """Return whether there is time for a model; note it where there is none."""
        left = self.deadline.left
        if seconds > _SURE * left or left <= 0.0:
            self._skip(Skipped(name, _title(name), "not enough time", seconds or None))
            return False
        return True

    def _take(self, name: str, seconds: float) -> None:
        """Train one model, or note why it was not trained."""
        if not self._has_time(name, seconds):
            return
        try:
            self._boost(name) if name in TREES else self._fit(name)
        except GlassnetError as error:
            self._fail(name, str(error))
        except MemoryError:
            self._fail(name, "not enough memory")

    def _fail(self, name: str, why: str) -> None:
        self._skip(Skipped(name, _title(name), f"failed: {why.partition(': ')[2] or why}"))

    def _fit_linear(self) -> None:
        options = with_choices(replace(self.base, recipe=PLAIN, metric=None).settled(), self.data.count("training"))
        began = time.perf_counter()
        part = self.deadline.part(_SHARE_OF_LINEAR)
        self._linear = fit_linear(options, self.data, self.watcher, self.ctrl_c, part)
        self._add_ours(LINEAR, self._linear, replace(options, **_LINEAR_OPTIONS), time.perf_counter() - began)

    def _options(self, name: str) -> TrainOptions:
        """Return the options of one of our models."""
        options = replace(self.base, recipe=name, metric=None if name == PLAIN else self.base.metric).settled()
        return with_choices(options, self.data.count("training")) if name == PLAIN else options

    def _fit(self, name: str) -> None:
        options = self._options(name)
        goal = goal_of(options, self.data)
        self.watcher.model(name)
        began, limit = time.perf_counter(), Deadline(self.deadline.left)
        trained, _ = fit_recipe(options, goal, self.data, self.watcher, self.ctrl_c, limit, times=self._times)
        self._add_ours(name, trained, options, time.perf_counter() - began)

    def _add_ours(self, name: str, trained: Trained, options: TrainOptions, seconds: float) -> None:
        """Note one of our models, and keep it if it is the best so far on the validation rows."""
        model = trained.model
        seen = Encoded(model, self.data)
        answers, held_out = (
            answers_of(model, seen.features(part), truth_of(self.data, part)) for part in ("test", "validation")
        )
        kind = "linear" if name == LINEAR else "network"
        entry = Entry(
            name, _title(name), kind, answers, seconds, held_out.value(self.metric),
            file_size(model), "training rows; the epoch chosen on the validation rows", length_note(trained),
        )  # fmt: skip
        rank = rank_of(held_out, self.metric), self._order.index(name)
        if self.best is None or rank < self._best_rank:
            assert self._linear is not None
            by = self.ctrl_c.name if self.ctrl_c.pressed else ""
            theirs = Encoded(self._linear.model, self.data)
            metric = goal_of(options, self.data).metric
            self.best = Outcome(options, seen, theirs, trained, self._asked(name), metric, [], by)
            self.best_name, self._best_rank = name, rank
        self._add(entry)

    def _asked(self, name: str) -> TrainOptions:
        """Return the options of ``glassnet train`` for one of the models, as they would be typed."""
        base = asked_of(self.base)
        if name == LINEAR:
            return replace(base, metric=None, layers=(), rate=_LINEAR_OPTIONS["rate"], weight_decay=0.0)
        return replace(base, recipe=name, metric=None if name == PLAIN else base.metric)

    def _boost(self, name: str) -> None:
        self.watcher.model(BOOSTING[name].title)
        self.watcher.phase("training")
        assert self._linear is not None
        with self.ctrl_c.raising():
            encoder = self._linear.model.encoder
            found = train_trees(self.data, name, encoder, self.base.seed, self.deadline.left)
        self._add_trees(name, found)

    def _add_trees(self, name: str, found: Trees) -> None:
        """Note trees of another library, or why there are none."""
        if isinstance(found, str):
            return self._skip(Skipped(name, _title(name), found))
        if not isinstance(found, Fitted):
            return self._skip(Skipped(name, _title(name), "not enough time", found))
        unit = None if self.data.target.labels else self.data.target.scale.std
        answers = Answers(truth_of(self.data, "test"), found.given, unit)
        self._add(Entry(name, _title(name), "boosting", answers, found.seconds, None, found.size,
                        "training and validation rows"))  # fmt: skip
        return None

    def _run_elsewhere(self, ordered: list[tuple[str, float]]) -> None:
        """Hand the models to workers, in this order; what does not come back is noted as not trained."""
        assert self._linear is not None
        encoder = self._linear.model.encoder
        self.watcher.phase(f"training on {count(workers_of(self.pool), 'worker')}")

        def next_task(number: int) -> Task | None:
            name, seconds = ordered[number]
            if not self._has_time(name, seconds):
                return None
            if name in TREES:
                return Task(trees_elsewhere, (name, encoder, self.base.seed), self.deadline.left)
            return Task(train_model, (self._options(name), self._times), self.deadline.left)

        def take(number: int, done: Done) -> None:
            name = ordered[number][0]
            if done.failure:
                self._fail(name, done.failure)
            elif name in TREES:
                self._add_trees(name, done.found)
            else:
                self._add_ours(name, done.found, self._options(name), done.seconds)

        errands = Errands(WHERE, self.pool, self.data, self.ctrl_c, self.deadline, self.watcher)
        for number, reason in errands.run(len(ordered), next_task, take):
            name = ordered[number][0]
            self._skip(Skipped(name, _title(name), f"it did not come back from its worker: {reason}"))
        self.entries.sort(key=lambda entry: self._order.index(entry.name))

    def _add(self, entry: Entry) -> None:
        entry.metric = self.metric
        self.entries.append(entry)
        self.say(entry)

    def _skip(self, skipped: Skipped) -> None:
        self.skipped.append(skipped)
        self.say(skipped)
