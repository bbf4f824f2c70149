"""The networks of a table model, each with the rows it is trained on: one after the other, or several together."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from glassnet.diagnosis import Watch
from glassnet.errors import DivergenceError
from glassnet.network import Network
from glassnet.populations.joint import Job, JointPlan, train_jointly
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.fitting.options import NOTES, FitOptions
from glassnet.tabular.fitting.parallel import Shared, Unit, at_once, train_in_processes, train_network
from glassnet.tabular.fitting.preparation import Arrays
from glassnet.tabular.fitting.recipes import TYPICAL_EPOCHS
from glassnet.tabular.fitting.timing import measure_pace
from glassnet.tabular.model import TableModel
from glassnet.training import Callback, EarlyStopping

__all__ = ["Jobs"]

_SHARE_OF_TIME = 0.9  # of a time limit; the rest is for the work before and after training


class Jobs:
    """The networks to train, and the rows of each."""

    def __init__(
        self, options: FitOptions, encoder: TableEncoder, target: TargetEncoder, data: Arrays, held_out: Arrays | None,
        folds: Sequence[tuple[Any, Any]], counts: np.ndarray | None,
    ) -> None:  # fmt: skip
        self._options, self._encoder, self._target = options, encoder, target
        self._data, self._held_out, self._counts = data, held_out, counts
        self._folds = folds
        self._n = len(data[0]) if options.n_folds is None else min(len(rows) for rows, _ in self._folds)
        self._batch_size = options.rows_per_step(self._n)
        self.was_interrupted = False
        self._workers = at_once(options.n_jobs, options.n_networks)
        self.most_epochs = self._epochs = options.most_epochs(self._n)
        self._validates = held_out is not None or options.n_folds is not None
        if not self._validates and options.epochs is None and options.recipe.patience is not None:
            self._epochs = TYPICAL_EPOCHS  # without validation rows there is no early stopping

    def _network(self, seed: int) -> Network:
        """Return a new network; its layers are those for all rows, so that the networks of folds can be averaged."""
        return self._options.network(self._encoder, self._data[0], self._target, self._epochs, seed, self._counts)

    def train(self, began: float) -> list[Network]:
        """Train all networks, and return those that did not diverge."""
        options = self._options
        seconds = self._limit_epochs(began)
        plans = [(rows, out) for rows, out in self._folds for _ in range(options.n_ensemble)]
        jobs = [Job(self._network(options.seed + i), rows, out) for i, (rows, out) in enumerate(plans)]
        if self._workers > 1:
            failures = self._train_at_once(jobs, seconds)
        elif len(jobs) == 1 or options.run_file is not None:
            failures = self._train_in_turn(jobs, seconds)
        else:
            failures = self._train_all(jobs, seconds)
        self._note_interruption([job.network for number, job in enumerate(jobs) if number not in failures])
        if len(failures) == len(jobs):
            raise DivergenceError(next(iter(failures.values())))
        return _complete([job.network for number, job in enumerate(jobs) if number not in failures])

    def _note_interruption(self, networks: Sequence[Network]) -> None:
        """Note whether one of these, which did not diverge, was stopped by Ctrl-C, or never began because of it."""
        self.was_interrupted = any(net.history.stop_reason in ("interrupted", "") for net in networks)

    def _limit_epochs(self, began: float) -> float | None:
        """Lower the number of epochs to what the time limit allows; return the seconds that are left."""
        options, (X, y, _) = self._options, self._data
        known = None if options.run_file is None else options.run_file.epochs
        self._epochs = known or self._epochs
        if options.max_seconds is None:
            return None
        if known is not None or not options.recipe.shortens:
            return max(options.max_seconds - (time.perf_counter() - began), 0.0)
        step = options.seconds_per_step
        if step is None:
            step = measure_pace(self._network(options.seed), X, y, self._batch_size, options).step
        left = max(options.max_seconds - (time.perf_counter() - began), 0.0)
        turns = -(-options.n_networks // self._workers)  # one network after the other in each process
        steps = options.recipe.steps_per_epoch(self._n, self._batch_size) * turns
        self._epochs = max(1, min(self._epochs, int(_SHARE_OF_TIME * left / (step * steps))))
        return left

    def _early_stopping(self) -> EarlyStopping | None:
        """Return the rule by which an epoch is chosen; None without validation rows."""
        recipe, metric = self._options.recipe, self._options.goal.metric
        if not self._validates:
            return None
        mode: Literal["auto", "min"] = "min" if metric == "pinball" else "auto"
        return EarlyStopping(f"valid_{metric}", patience=recipe.patience or self._epochs, ties=recipe.ties, mode=mode)

    def _train_in_turn(self, jobs: Sequence[Job], seconds: float | None) -> dict[int, str]:
        """Train one network after the other, each with a file of its own if there are files."""
        failures: dict[int, str] = {}
        began = time.perf_counter()
        shared = self._shared()
        for number, unit in enumerate(self._units(jobs)):
            left = None if seconds is None else max(seconds - (time.perf_counter() - began), 0.0)
            share = None if left is None else left / (len(jobs) - number)
            try:
                train_network(shared, unit, share, self._options.make_callbacks())
            except DivergenceError as error:
                if len(jobs) == 1:
                    raise
                failures[number] = str(error)
            unit.job.network.metadata.pop(NOTES, None)
            if unit.job.network.history.stop_reason == "interrupted":
                break
        return failures

    def _train_at_once(self, jobs: list[Job], seconds: float | None) -> dict[int, str]:
        """Train several networks at once, each in a process; ``jobs`` then has those that came back."""
        options = self._options
        watched = options.is_stopped, options.notify
        outcomes = train_in_processes(self._shared(), self._units(jobs), self._workers, seconds, *watched)
        for outcome in outcomes:
            jobs[outcome.number] = jobs[outcome.number]._replace(network=outcome.network)
            outcome.network.metadata.pop(NOTES, None)
        return {outcome.number: outcome.failure for outcome in outcomes if outcome.failure is not None}

    def _units(self, jobs: Sequence[Job]) -> list[Unit]:
        """Return the networks with their files, if there are files, and with notes of the run; the first is watched."""
        run_file, options = self._options.run_file, self._options
        paths = [None] * len(jobs) if run_file is None else run_file.paths(len(jobs))
        for job in jobs if run_file is not None else ():
            assert run_file is not None
            job.network.metadata[NOTES] = {**run_file.notes, "epochs": self._epochs}
            model = TableModel(job.network, self._encoder, self._target)
            model.reading = options.reading
            model.note_encoders()
        each = zip(jobs, paths, strict=True)
        return [Unit(i, job, path, None if i else self._watch()) for i, (job, path) in enumerate(each)]

    def _shared(self) -> Shared:
        options = self._options
        of_fit = {
            "epochs": self._epochs,
            "batch_size": self._batch_size,
            "drop_last": options.recipe.drops_last,
            "metrics": options.goal.measured,
            "early_stopping": self._early_stopping(),
            "resume": options.run_file is not None and options.run_file.resumes,
            "threads": options.threads,
            "progress": options.progress,
        }
        return Shared(self._data, self._held_out, of_fit)

    def _watch(self) -> Watch | None:
        """Return the `Watch` of the first network, with the names of the features."""
        diagnose, names = self._options.diagnose, self._encoder.feature_names
        if not isinstance(diagnose, Watch):
            return Watch(feature_names=names) if diagnose else None
        watch = copy.copy(diagnose)
        watch.feature_names = watch.feature_names or names
        return watch

    def _train_all(self, jobs: Sequence[Job], seconds: float | None) -> dict[int, str]:
        options, network, watch = self._options, jobs[0].network, self._watch()

        def callbacks(numbers: Sequence[int]) -> list[Callback]:
            return [*options.make_callbacks(), *([watch] if watch and 0 in numbers else [])]

        plan = JointPlan(
            network.check_data("fit", *self._data),
            self._epochs,
            batch_size=self._batch_size,
            drop_last=options.recipe.drops_last,
            validation=None if self._held_out is None else network.check_data("fit", *self._held_out),
            metrics=network.loss.choose_metrics("fit", options.goal.measured),
            early_stopping=self._early_stopping(),
            max_seconds=math.inf if seconds is None else seconds,
            threads=options.threads,
            progress=options.progress,
            make_callbacks=callbacks,
        )
        return train_jointly(jobs, plan)


def _complete(networks: list[Network]) -> list[Network]:
    """Return the networks that were trained to their end; if Ctrl-C left none, those that it interrupted."""
    trained = [network for network in networks if network.history.epochs]
    return [one for one in trained if one.history.stop_reason != "interrupted"] or trained or networks[:1]
