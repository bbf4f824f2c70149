"""Trials of a recipe with other settings: the defaults first, then random ones until the time is over."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from glassnet.cli.comparing.race import answers_of, asked_of, length_note, rank_of, truth_of
from glassnet.cli.interrupts import CtrlC
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.preparation import Encoded, Prepared
from glassnet.cli.training.recipe_network import fit_linear, fit_recipe, goal_of
from glassnet.cli.training.train_options import PLAIN, TrainOptions, with_choices
from glassnet.cli.training.train_result import Outcome
from glassnet.cli.tuning.joint_trials import train_together
from glassnet.cli.tuning.space import cost_of, defaults_of, drawn, plain_architectures, with_trial
from glassnet.errors import DivergenceError, GlassnetError
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.fit import Trained

__all__ = ["Search", "Trial"]

_SHARE_OF_LINEAR, _SHARE_AFTER = 0.05, 0.05  # of the time: the linear model; scores and the file
_SURE, _DRAWS = 1.2, 8  # times the estimate of a trial; draws for one that the time is enough for
_TOGETHER = 8  # trials of the plain network that are trained at once


@dataclass
class Trial:
    """One trial: its settings, and what it achieved on the validation rows."""

    settings: dict[str, Any]
    rank: tuple[bool, float, float]  # smaller is better, see `rank_of`
    validation: float
    seconds: float
    is_default: bool = False
    note: str = ""

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
    """

    base: TrainOptions
    data: Prepared
    most: int | None
    watcher: Watcher
    ctrl_c: CtrlC
    deadline: Deadline
    say: Callable[[Trial, int], None]
    trials: list[Trial] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
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
        self._linear = fit_linear(
            with_choices(replace(self.base, recipe=PLAIN, metric=None).settled(), n), self.data, self.watcher,
            self.ctrl_c, self.deadline.part(_SHARE_OF_LINEAR),
        )  # fmt: skip
        self.deadline.keep_back(_SHARE_AFTER * self.deadline.seconds)
        try:
            own = defaults_of(self.base, classifies=self._classifies)
            self.defaults = self.best = self._train(own, is_default=True)
            self._search()
        except KeyboardInterrupt:
            if self.best is None:
                raise

    @property
    def best_trial(self) -> Trial:
        """The trial that is best on the validation rows."""
        return min(self.trials, key=lambda trial: trial.rank)

    def _search(self) -> None:
        rounds = 0
        while not self._is_over():
            if self.base.recipe == PLAIN:
                done = self._round(plain_architectures()[rounds % len(plain_architectures())])
            else:
                done = self._one()
            if not done:
                break
            rounds += 1

    def _is_over(self) -> bool:
        return self.ctrl_c.pressed or (self.most is not None and len(self.trials) + len(self.failed) >= self.most)

    def _fits(self, settings: dict[str, Any], n: int = 1) -> bool:
        """Return whether there is time for ``n`` trials with such settings."""
        of_one = self.trials[0].seconds / cost_of(self.base, self.trials[0].settings)
        return _SURE * n * of_one * cost_of(self.base, settings) < self.deadline.for_training

    def _one(self) -> bool:
        """Train one trial with random settings that the time is enough for; return whether there was such a one."""
        for _ in range(_DRAWS):
            settings = drawn(self._rng, self.base, classifies=self._classifies)
            if repr(settings) in self._seen or not self._fits(settings):
                continue
            try:
                self._train(settings)
            except DivergenceError:
                self.failed.append("diverged")
            except GlassnetError as error:
                self.failed.append(str(error))
            return True
        return False

    def _train(self, settings: dict[str, Any], *, is_default: bool = False) -> Outcome:
        """Train a trial alone, note it, and keep it if it is the best so far."""
        self._seen.add(repr(settings))
        options = with_trial(self.base, settings, classifies=self._classifies)
        self.watcher.model(f"trial {len(self.trials) + 1}")
        began, limit = time.perf_counter(), Deadline(self.deadline.for_training)
        goal = goal_of(options, self.data)
        trained, _ = fit_recipe(options, goal, self.data, self.watcher, self.ctrl_c, limit, times={})
        outcome = self._outcome(options, settings, trained)
        seconds = time.perf_counter() - began
        held_out = answers_of(trained.model, outcome.trained.features("validation"), truth_of(self.data, "validation"))
        note = length_note(trained)
        rank = rank_of(held_out, self.metric)
        if is_default:
            rank = (*rank[:2], -math.inf)  # what is only as good is no reason to leave the defaults
        trial = Trial(settings, rank, held_out.value(self.metric), seconds, is_default, note)
        is_best = all(trial.rank < other.rank for other in self.trials)
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

    def _round(self, layers: tuple[int, ...]) -> bool:
        """Train several trials of the plain network at once; return whether there was time for them."""
        n = _TOGETHER if self.most is None else min(_TOGETHER, self.most - len(self.trials) - len(self.failed))
        draw = [drawn(self._rng, self.base, classifies=self._classifies, layers=layers) for _ in range(n)]
        # One more is trained at the end: the best of them by itself, with all that a model's file holds.
        while draw and not self._fits(draw[0], len(draw) + 1):
            draw.pop()
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
        each = (time.perf_counter() - began) / len(draw)
        best_before = self.best_trial
        for settings, answers in zip(draw, found, strict=True):
            if answers is None:
                self.failed.append("diverged")
                continue
            self._note(Trial(settings, rank_of(answers, self.metric), answers.value(self.metric), each))
        if self.best_trial is not best_before and not self.ctrl_c.pressed:
            self._keep_best()
        return True

    def _keep_best(self) -> None:
        """Train the best trial of a round by itself: bit for bit the same network, now with all that a model needs."""
        options = with_trial(self.base, self.best_trial.settings, classifies=self._classifies)
        limit = Deadline(self.deadline.for_training)
        trained, _ = fit_recipe(options, self._goal, self.data, self.watcher, self.ctrl_c, limit, times={})
        self.best = self._outcome(options, self.best_trial.settings, trained)
