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

from glassnet.cli.comparing.boosting import BOOSTING, Fitted, TreeInputs, fit_boosting, is_installed
from glassnet.cli.comparing.chance import Answers
from glassnet.cli.comparing.compare_options import TREES
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
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.tabular.fitting.timing import Estimate

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
    """

    base: TrainOptions
    data: Prepared
    names: tuple[str, ...] | None
    watcher: Watcher
    ctrl_c: CtrlC
    deadline: Deadline
    say: Callable[[Entry | Skipped], None]
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    best: Outcome | None = None
    best_name: str = ""
    metric: str = ""
    _times: dict[str, Estimate] = field(default_factory=dict)
    _linear: Trained | None = None
    _best_rank: tuple[bool, float, float] = (True, math.nan, math.nan)

    def run(self) -> None:
        """Train all of them; what was done until Ctrl-C is kept, and KeyboardInterrupt raised if that is nothing."""
        self.metric = goal_of(replace(self.base, recipe="realmlp"), self.data).metric
        self.entries.append(Entry(CONSTANT, "", "constant", baseline_answers(self.data, "test"), 0.0))
        try:
            self._fit_linear()
            for name, seconds in self._ordered():
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

    def _take(self, name: str, seconds: float) -> None:
        """Train one model, or note why it was not trained."""
        title = BOOSTING[name].title if name in TREES else RECIPES[name].title if name in RECIPES else "plain network"
        left = self.deadline.left
        if seconds > _SURE * left or left <= 0.0:
            return self._skip(Skipped(name, title, "not enough time", seconds or None))
        try:
            return self._boost(name) if name in TREES else self._fit(name, title)
        except GlassnetError as error:
            self._skip(Skipped(name, title, f"failed: {str(error).partition(': ')[2] or error}"))
        except MemoryError:
            self._skip(Skipped(name, title, "failed: not enough memory"))
        return None

    def _fit_linear(self) -> None:
        options = with_choices(replace(self.base, recipe=PLAIN, metric=None).settled(), self.data.count("training"))
        began = time.perf_counter()
        part = self.deadline.part(_SHARE_OF_LINEAR)
        self._linear = fit_linear(options, self.data, self.watcher, self.ctrl_c, part)
        self._add_ours(LINEAR, "linear model", self._linear, replace(options, **_LINEAR_OPTIONS), began)

    def _fit(self, name: str, title: str) -> None:
        options = replace(self.base, recipe=name, metric=None if name == PLAIN else self.base.metric).settled()
        if name == PLAIN:
            options = with_choices(options, self.data.count("training"))
        goal = goal_of(options, self.data)
        self.watcher.model(name)
        began, limit = time.perf_counter(), Deadline(self.deadline.left)
        trained, _ = fit_recipe(options, goal, self.data, self.watcher, self.ctrl_c, limit, times=self._times)
        self._add_ours(name, title, trained, options, began)

    def _add_ours(self, name: str, title: str, trained: Trained, options: TrainOptions, began: float) -> None:
        """Note one of our models, and keep it if it is the best so far on the validation rows."""
        seconds, model = time.perf_counter() - began, trained.model
        seen = Encoded(model, self.data)
        answers, held_out = (
            answers_of(model, seen.features(part), truth_of(self.data, part)) for part in ("test", "validation")
        )
        entry = Entry(
            name, title, "linear" if name == LINEAR else "network", answers, seconds, held_out.value(self.metric),
            file_size(model), "training rows; the epoch chosen on the validation rows", length_note(trained),
        )  # fmt: skip
        if self.best is None or rank_of(held_out, self.metric) < self._best_rank:
            assert self._linear is not None
            by = self.ctrl_c.name if self.ctrl_c.pressed else ""
            theirs = Encoded(self._linear.model, self.data)
            metric = goal_of(options, self.data).metric
            self.best = Outcome(options, seen, theirs, trained, self._asked(name), metric, [], by)
            self.best_name, self._best_rank = name, rank_of(held_out, self.metric)
        self._add(entry)

    def _asked(self, name: str) -> TrainOptions:
        """Return the options of ``glassnet train`` for one of the models, as they would be typed."""
        base = asked_of(self.base)
        if name == LINEAR:
            return replace(base, metric=None, layers=(), rate=_LINEAR_OPTIONS["rate"], weight_decay=0.0)
        return replace(base, recipe=name, metric=None if name == PLAIN else base.metric)

    def _boost(self, name: str) -> None:
        """Train trees of another library on training and validation rows: their defaults hold none out for us."""
        boosting, data = BOOSTING[name], self.data
        if not is_installed(boosting):
            return self._skip(Skipped(name, boosting.title, f"not installed: pip install {boosting.install}"))
        self.watcher.model(boosting.title)
        self.watcher.phase("training")
        assert self._linear is not None
        rows = np.concatenate([data.rows["training"], data.rows["validation"]])
        train = Rows(data.inputs, data.column).take(rows)
        n_classes = len(data.target.labels)
        y = data.target.transform(train.target) if n_classes else train.target.values
        try:
            with self.ctrl_c.raising():
                inputs = TreeInputs(self._linear.model.encoder, train.inputs)
                test, left = data.sample("test").inputs, self.deadline.left
                found = fit_boosting(boosting, inputs, train, y, test, n_classes, self.base.seed, left)
        except Exception as error:  # whatever another library raises must not cost the comparison
            first = (str(error).splitlines() or [""])[0]
            return self._skip(Skipped(name, boosting.title, f"failed: {type(error).__name__}: {first}"))
        if not isinstance(found, Fitted):
            return self._skip(Skipped(name, boosting.title, "not enough time", found))
        unit = None if n_classes else data.target.scale.std
        answers = Answers(truth_of(data, "test"), found.given, unit)
        self._add(Entry(name, boosting.title, "boosting", answers, found.seconds, None, found.size,
                        "training and validation rows"))  # fmt: skip
        return None

    def _add(self, entry: Entry) -> None:
        entry.metric = self.metric
        self.entries.append(entry)
        self.say(entry)

    def _skip(self, skipped: Skipped) -> None:
        self.skipped.append(skipped)
        self.say(skipped)
