"""The networks of a table model, each with the rows it is trained on: one after the other, or several together."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from glassnet.diagnosis import Watch
from glassnet.errors import DivergenceError
from glassnet.layers import Calibration
from glassnet.network import Network
from glassnet.populations.joint import Job, JointPlan, train_jointly
from glassnet.tabular.calibration.calibrating import HeldOut
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.fitting.options import NOTES, FitOptions
from glassnet.tabular.fitting.preparation import Arrays, rows_to_train_on, take_arrays
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
        self._given: Any = rows_to_train_on(options, encoder, target, data)
        self._n = options.n_trained(self._n)
        self._batch_size = options.rows_per_step(self._n)
        self.was_interrupted = False
        self._jobs: list[Job] = []
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
        self._jobs = jobs
        if len(jobs) == 1 or options.run_file is not None or options.stream is not None:
            failures = self._train_in_turn(jobs, seconds)
        else:
            failures = self._train_all(jobs, seconds)
        self._note_interruption([job.network for number, job in enumerate(jobs) if number not in failures])
        if len(failures) == len(jobs):
            raise DivergenceError(next(iter(failures.values())))
        return _complete([job.network for number, job in enumerate(jobs) if number not in failures])

    def held_out(self, trained: Sequence[Network]) -> list[HeldOut]:
        """Return trained networks with the rows that were held out from them, those of a fold together."""
        found: list[HeldOut] = []
        for start in range(0, len(self._jobs), self._options.n_ensemble):
            jobs = self._jobs[start : start + self._options.n_ensemble]
            of_fold = [job.network for job in jobs if any(job.network is one for one in trained)]
            rows = jobs[0].held_out
            data = self._held_out if rows is None else take_arrays(self._data, rows)
            if of_fold and data is not None:
                found.append(HeldOut(of_fold, *data))
        return found

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
        steps = options.recipe.steps_per_epoch(self._n, self._batch_size) * options.n_networks
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
        run_file, began = self._options.run_file, time.perf_counter()
        paths = [None] * len(jobs) if run_file is None else run_file.paths(len(jobs))
        for number, (job, path) in enumerate(zip(jobs, paths, strict=True)):
            left = None if seconds is None else max(seconds - (time.perf_counter() - began), 0.0)
            try:
                self._train_one(job, None if left is None else left / (len(jobs) - number), path, watches=not number)
            except DivergenceError as error:
                if len(jobs) == 1:
                    raise
                failures[number] = str(error)
            if job.network.history.stop_reason == "interrupted":
                break
        return failures

    def _train_one(self, job: Job, seconds: float | None, path: Path | None, *, watches: bool) -> None:
        options, network, run_file = self._options, job.network, self._options.run_file
        X, y, weight = self._given if job.rows is None else take_arrays(self._data, job.rows)
        if run_file is not None:
            network.metadata[NOTES] = {**run_file.notes, "epochs": self._epochs}
            model = TableModel(network, self._encoder, self._target)
            model.reading = options.reading
            model.note_encoders()
        network.fit(
            X,
            y,
            epochs=self._epochs,
            batch_size=self._batch_size,
            drop_last=options.recipe.drops_last,
            sample_weight=weight,
            validation_data=self._held_out if job.held_out is None else take_arrays(self._data, job.held_out),
            metrics=options.goal.measured,
            early_stopping=self._early_stopping(),
            callbacks=options.make_callbacks(),
            max_seconds=seconds,
            checkpoint=path,
            resume=run_file is not None and run_file.resumes,
            threads=options.threads,
            progress=options.progress,
            diagnose=(self._watch() or False) if watches else False,
        )
        network.metadata.pop(NOTES, None)

    def _watch(self) -> Watch | None:
        """Return the `Watch` of the first network, with the names of the features."""
        diagnose, names = self._options.diagnose, self._encoder.feature_names
        if not diagnose:
            return None
        watch = copy.copy(diagnose) if isinstance(diagnose, Watch) else Watch()
        if self._validates and isinstance(self._jobs[0].network.layers[-1], Calibration):
            watch.ignore = watch.ignore | {"badly-calibrated"}  # what is looked at is calibrated afterwards
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
