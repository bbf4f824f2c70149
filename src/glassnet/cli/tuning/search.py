"""Trials of a recipe with other settings: the defaults first, then random ones until the time is over."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from glassnet.cli.comparing.chance import Answers
from glassnet.cli.comparing.race import answers_of, asked_of, length_note, rank_of, truth_of
from glassnet.cli.elsewhere import Done, Errands, Task
from glassnet.cli.interrupts import CtrlC
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.preparation import Encoded, Prepared
from glassnet.cli.training.recipe_network import fit_linear, fit_recipe, goal_of
from glassnet.cli.training.train_options import PLAIN, TrainOptions, with_choices
from glassnet.cli.training.train_result import Outcome
from glassnet.cli.tuning.joint_trials import train_together
from glassnet.cli.tuning.space import cost_of, defaults_of, drawn, plain_architectures, with_trial
from glassnet.cli.tuning.trials_elsewhere import train_block, train_trial
from glassnet.cli.tuning.tune_options import WHERE
from glassnet.errors import DivergenceError, GlassnetError
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.fit import Trained
from glassnet.utils.executors import workers_of
from glassnet.utils.short_text import count

__all__ = ["Search", "Trial"]

_SHARE_OF_LINEAR, _SHARE_AFTER = 0.05, 0.05  # of the time: the linear model; scores and the file
_SURE, _DRAWS = 1.2, 8  # times the estimate of a trial; draws for one that the time is enough for
_TOGETHER = 8  # trials of the plain network that are trained at once
_Block = list[tuple[int, dict[str, Any]]]  # trials of one task: number and settings of each
_ROUNDS = 8  # tasks for each worker, after which it is looked at again how many more there is time for


@dataclass
class Trial:
    """One trial: its settings, and what it achieved on the validation rows."""

    settings: dict[str, Any]
    rank: tuple[bool, float, float]  # smaller is better, see `rank_of`
    validation: float
    seconds: float
    is_default: bool = False
    note: str = ""
    number: int = 0  # in the order in which they were drawn

    @property
    def place(self) -> tuple[tuple[bool, float, float], int]:
        """A key that is smaller for a better trial; of equal ones for the one that was drawn first."""
        return self.rank, self.number

    def to_dict(self) -> dict[str, Any]:
        """Return it JSON-able."""
        settings = {name: list(each) if isinstance(each, tuple) else each for name, each in self.settings.items()}
        value = None if np.isnan(self.validation) else self.validation
        about = {"default": self.is_default, "note": self.note}
        return {"settings": settings, "validation": value, "seconds": self.seconds, **about}


@dataclass
class Search:
    """The trials of one recipe.

    Parameters
    ----------
    base : TrainOptions
        Options of ``glassnet train`` that name the recipe.
    data : Prepared
        The rows.
    most : int or None
        Most trials; None for no limit but the time.
    watcher, ctrl_c, deadline
        What shows the progress, what stops it, and when it must be over.
    say : callable
        Takes each trial that is done, and its number.
    pool
        An executor that trains all trials but the defaults; None to train one after the other here.
    """

    base: TrainOptions
    data: Prepared
    most: int | None
    watcher: Watcher
    ctrl_c: CtrlC
    deadline: Deadline
    say: Callable[[Trial, int], None]
    pool: Any = None
    trials: list[Trial] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)  # why, of each trial that did not come back from a worker
    defaults: Outcome | None = None
    best: Outcome | None = None

    def run(self) -> None:
        """Search; what was done until Ctrl-C is kept, and KeyboardInterrupt raised if that is nothing."""
        n = self.data.count("training")
        self._typed = self.base
        self.base = with_choices(self.base.settled(), n) if self.base.recipe == PLAIN else self.base.settled()
        self._goal = goal_of(self.base, self.data)
        self.metric = goal_of(replace(self.base, recipe="realmlp"), self.data).metric
        self._classifies, self._rng = bool(self.data.target.labels), np.random.default_rng(self.base.seed)
        self._seen: set[str] = set()
        self._n_begun = self._n_rounds = 0
        self._linear = fit_linear(
            with_choices(replace(self.base, recipe=PLAIN, metric=None).settled(), n), self.data, self.watcher,
            self.ctrl_c, self.deadline.part(_SHARE_OF_LINEAR),
        )  # fmt: skip
        self.deadline.keep_back(_SHARE_AFTER * self.deadline.seconds)
        try:
            own = defaults_of(self.base, classifies=self._classifies)
            self.defaults = self.best = self._train(own, is_default=True)
            self._search() if self.pool is None else self._search_elsewhere()
        except KeyboardInterrupt:
            if self.best is None:
                raise
        self.trials.sort(key=lambda trial: trial.number)

    @property
    def best_trial(self) -> Trial:
        """The trial that is best on the validation rows."""
        return min(self.trials, key=lambda trial: trial.place)

    def _search(self) -> None:
        while not self._is_over():
            done = self._round() if self.base.recipe == PLAIN else self._one()
            if not done:
                break

    def _is_over(self) -> bool:
        return self.ctrl_c.pressed or (self.most is not None and self._n_begun >= self.most)

    def _fits(self, settings: dict[str, Any], n: int = 1) -> bool:
        """Return whether there is time for ``n`` trials with such settings."""
        known = self.trials[:1] if self.pool is None else self.trials  # workers are no faster or slower than workers
        of_one = sum(trial.seconds / cost_of(self.base, trial.settings) for trial in known) / len(known)
        return _SURE * n * of_one * cost_of(self.base, settings) < self.deadline.for_training

    def _drawn(self) -> dict[str, Any] | None:
        """Return random settings that the time is enough for, None if it is not."""
        for _ in range(_DRAWS):
            settings = drawn(self._rng, self.base, classifies=self._classifies)
            if repr(settings) not in self._seen and self._fits(settings):
                self._seen.add(repr(settings))
                return settings
        return None

    def _drawn_round(self, n_tasks: int = 1) -> list[dict[str, Any]]:
        """Return the settings of trials of the plain network with the same layers, as many as there is time for.

        In each of so many tasks they are trained at once.
        """
        layers = plain_architectures()[self._n_rounds % len(plain_architectures())]
        self._n_rounds += 1
        n = _TOGETHER if self.most is None else min(_TOGETHER, self.most - self._n_begun)
        draw = [drawn(self._rng, self.base, classifies=self._classifies, layers=layers) for _ in range(n)]
        # One more is trained at the end: the best of them by itself, with all that a model's file holds.
        while draw and not self._fits(draw[0], -(-len(draw) // n_tasks) + 1):
            draw.pop()
        return draw

    def _begin(self) -> int:
        """Return the number of the next trial."""
        self._n_begun += 1
        return self._n_begun - 1

    def _one(self) -> bool:
        """Train one trial with random settings that the time is enough for; return whether there was such a one."""
        settings = self._drawn()
        if settings is None:
            return False
        try:
            self._train(settings)
        except DivergenceError:
            self.failed.append("diverged")
        except GlassnetError as error:
            self.failed.append(str(error))
        return True

    def _train(self, settings: dict[str, Any], *, is_default: bool = False) -> Outcome:
        """Train a trial alone, note it, and keep it if it is the best so far."""
        number, options = self._begin(), with_trial(self.base, settings, classifies=self._classifies)
        self._seen.add(repr(settings))
        self.watcher.model(f"trial {len(self.trials) + 1}")
        began, limit = time.perf_counter(), Deadline(self.deadline.for_training)
        goal = goal_of(options, self.data)
        trained, _ = fit_recipe(options, goal, self.data, self.watcher, self.ctrl_c, limit, times={})
        return self._take(settings, number, trained, time.perf_counter() - began, is_default=is_default)

    def _take(
        self, settings: dict[str, Any], number: int, trained: Trained, seconds: float, *, is_default: bool = False
    ) -> Outcome:
        """Note a trial that was trained, and keep it if it is the best so far."""
        options = with_trial(self.base, settings, classifies=self._classifies)
        outcome = self._outcome(options, settings, trained)
        held_out = answers_of(trained.model, outcome.trained.features("validation"), truth_of(self.data, "validation"))
        rank = rank_of(held_out, self.metric)
        if is_default:
            rank = (*rank[:2], -math.inf)  # what is only as good is no reason to leave the defaults
        value, note = held_out.value(self.metric), length_note(trained)
        trial = Trial(settings, rank, value, seconds, is_default, note, number)
        is_best = all(trial.place < other.place for other in self.trials)
        self._note(trial)
        if is_best:
            self.best = outcome
        return outcome

    def _note(self, trial: Trial) -> None:
        self.trials.append(trial)
        self.say(trial, len(self.trials))

    def _outcome(self, options: TrainOptions, settings: dict[str, Any], trained: Trained) -> Outcome:
        ours, theirs = Encoded(trained.model, self.data), Encoded(self._linear.model, self.data)
        by = self.ctrl_c.name if self.ctrl_c.pressed else ""
        goal = goal_of(options, self.data)
        is_default = settings == defaults_of(self.base, classifies=self._classifies)
        asked = self._typed if is_default else with_trial(self._typed, settings, classifies=self._classifies)
        return Outcome(options, ours, theirs, trained, asked_of(asked), goal.metric, [], by)

    def _round(self) -> bool:
        """Train several trials of the plain network at once; return whether there was time for them."""
        draw = self._drawn_round()
        if not draw:
            return False
        self.watcher.model(f"trials {len(self.trials) + 1} to {len(self.trials) + len(draw)}")
        self.watcher.phase("training")
        options = [with_trial(self.base, settings, classifies=self._classifies) for settings in draw]
        assert self.defaults is not None
        began = time.perf_counter()
        found = train_together(
            options, self._goal, self.defaults.model, self.data, self.ctrl_c, self.deadline.for_training
        )
        best_before = self.best_trial
        self._take_round([(self._begin(), settings) for settings in draw], found, time.perf_counter() - began)
        if self.best_trial is not best_before and not self.ctrl_c.pressed:
            self._keep_best()
        return True

    def _take_round(self, block: _Block, found: Sequence[Answers | None], seconds: float) -> None:
        """Note trials of the plain network that were trained at once."""
        for (number, settings), answers in zip(block, found, strict=True):
            if answers is None:
                self.failed.append("diverged")
                continue
            value, each = answers.value(self.metric), seconds / len(block)
            self._note(Trial(settings, rank_of(answers, self.metric), value, each, number=number))

    def _keep_best(self) -> None:
        """Train the best trial of a round by itself: bit for bit the same network, now with all that a model needs."""
        options = with_trial(self.base, self.best_trial.settings, classifies=self._classifies)
        limit = Deadline(self.deadline.for_training)
        trained, _ = fit_recipe(options, self._goal, self.data, self.watcher, self.ctrl_c, limit, times={})
        self.best = self._outcome(options, self.best_trial.settings, trained)

    # ---- by the workers of an executor -------------------------------------------------------------------------------

    def _search_elsewhere(self) -> None:
        """Hand trials to workers until the time is over; what comes back is noted, and what does not is counted."""
        workers, is_plain = workers_of(self.pool), self.base.recipe == PLAIN
        errands = Errands(WHERE, self.pool, self.data, self.ctrl_c, self.deadline, self.watcher)
        self.watcher.model("trials")
        self.watcher.phase(f"training on {count(workers, 'worker')}")
        n, handed, waiting = _ROUNDS * workers, dict[int, _Block](), list[_Block]()

        def next_task(number: int) -> Task | None:
            block = self._next_block(waiting, workers)
            if not block:
                return None
            handed[number] = block
            options = [with_trial(self.base, settings, classifies=self._classifies) for _, settings in block]
            assert self.defaults is not None
            if is_plain:
                return Task(train_block, (options, self.defaults.model), self.deadline.for_training)
            return Task(train_trial, (options[0],), self.deadline.for_training)

        def take(number: int, done: Done) -> None:
            if done.failure:
                self.failed += [done.failure] * len(handed[number])
            elif is_plain:
                self._take_round(handed[number], done.found, done.seconds)
            else:
                self._take(handed[number][0][1], handed[number][0][0], done.found, done.seconds)

        while not self._is_over():
            handed.clear()
            lost = errands.run(n, next_task, take)
            reasons = [reason for number, reason in lost for _ in handed.get(number, ())]
            self.lost += reasons
            if len(handed) < n or len(reasons) >= sum(map(len, handed.values())):
                break  # there is no time for more, or there are no workers any more
        if is_plain and not self.best_trial.is_default and not self.ctrl_c.pressed:
            self._keep_best()

    def _next_block(self, waiting: list[_Block], workers: int) -> _Block:
        """Return the trials of the next task, with their numbers; none if there is no time."""
        if not waiting and not self._is_over():
            if self.base.recipe != PLAIN:
                settings = self._drawn()
                draw, size = [] if settings is None else [settings], 1
            else:
                draw = self._drawn_round(workers)
                size = -(-len(draw) // workers)
            numbered = [(self._begin(), settings) for settings in draw]
            waiting += [numbered[i : i + size] for i in range(0, len(numbered), max(size, 1))]
        return waiting.pop(0) if waiting else []
