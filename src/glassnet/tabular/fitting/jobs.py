"""The networks of a table model, each with the rows it is trained on: one after the other, or several together."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import replace
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
from glassnet.tabular.fitting.deadline import Deadline, Pace, Planned, affordable_networks, planned_training
from glassnet.tabular.fitting.executed import place_of, start_of_workers, train_in_executor
from glassnet.tabular.fitting.options import NOTES, FitOptions
from glassnet.tabular.fitting.parallel import Shared, Unit, train_in_processes, train_network
from glassnet.tabular.fitting.preparation import Arrays, rows_to_train_on, take_arrays
from glassnet.tabular.fitting.recipes import TYPICAL_EPOCHS
from glassnet.tabular.fitting.timing import measure_pace
from glassnet.tabular.model import TableModel
from glassnet.training import Callback, EarlyStopping
from glassnet.training.training_scores import ForValidation

__all__ = ["Jobs"]

_CUT_SHORT = ("interrupted", "terminated")  # reasons of a stop: Ctrl-C, and what ends all processes of a training
_SHARE_OF_TIMING = 0.02  # of the time for training, to measure how long steps take
_CALIBRATED = 10_000  # rows that probabilities are calibrated on, about, where time is short
_LOOKED_AT = 4  # times the rows that typical ones are made from: that many are predicted after the training, at most
_SHARE_OF_START = 0.4  # of the time, at most, for processes to start
_MOST_TYPICAL, _FEWEST_TYPICAL, _SHARE_OF_TYPICAL = 1000, 100, 0.1  # rows for it; of the time


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
        self._steps = options.recipe.steps_per_epoch(self._n, self._batch_size)  # of a pass over all rows
        self.was_interrupted = self._is_limited = False
        self._executor, self._workers = place_of(options)
        self._jobs: list[Job] = []
        self._clock = time.perf_counter
        self._each = 0.0  # seconds to make a network, if that was measured
        self._starts: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # parameters and statistics by seed
        self._most_epochs = epochs = options.most_epochs(self._n)
        self._validates = held_out is not None or options.n_folds is not None
        if not self._validates and options.epochs is None and options.recipe.patience is not None:
            epochs = TYPICAL_EPOCHS  # without validation rows there is no early stopping
        self.planned = Planned(epochs)
        self.n_networks = options.n_networks  # fewer where time is short
        self.n_asked = 0  # networks, where there is no time for all
        self.n_typical = _MOST_TYPICAL  # rows to look at for typical ones

    @property
    def plan(self) -> tuple[int, Planned | None, int]:
        """The epochs without a limit, what a limit made of them, and the steps of a pass over all rows."""
        return self._most_epochs, self.planned if self._is_limited else None, self._steps

    def _network(self, seed: int) -> Network:
        """Return a new network; its layers are those for all rows, so that the networks of folds can be averaged."""
        options, start = self._options, self._starts.get(seed)
        if start is not None:  # as it was drawn for the same seed; only the schedules are others
            options = replace(options, recipe=replace(options.recipe, starts_from_data=False))
        planned = self.planned._replace(steps=self.planned.steps or self._steps)
        network = options.network(self._encoder, self._data[0], self._target, planned, seed, self._counts)
        if start is not None:
            network.params[...], network.stats[...] = start
        return network

    def train(self, deadline: Deadline) -> list[Network]:
        """Train all networks until the deadline at most, and return those that did not diverge."""
        options = self._options
        if options.shards is not None:
            self._clock = deadline.clock  # which all processes have in common
        seconds = self._limit_length(deadline)
        plans = [(rows, out) for rows, out in self._folds for _ in range(options.n_ensemble)]
        plans = plans[: self.n_networks]
        jobs = [Job(self._network(options.seed + i), rows, out) for i, (rows, out) in enumerate(plans)]
        self._jobs = jobs
        if self._workers > 1 or self._executor is not None:
            failures = self._train_at_once(jobs, seconds)
        elif len(jobs) == 1 or options.trains_in_turn:
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
            data = self._evaluated(jobs[0].held_out)
            if of_fold and data is not None:
                found.append(HeldOut(of_fold, *data))
        return found

    def _note_interruption(self, networks: Sequence[Network]) -> None:
        """Note whether one of these, which did not diverge, was stopped by Ctrl-C, or never began because of it."""
        self.was_interrupted = any(net.history.stop_reason in (*_CUT_SHORT, "") for net in networks)

    def _limit_length(self, deadline: Deadline) -> float | None:
        """Lower the number of epochs, or of their steps, to what the deadline allows; return the seconds for it."""
        options, X = self._options, self._data[0]
        known = None if options.run_file is None else options.run_file.planned
        self.planned = known or self.planned
        if not deadline.is_set:
            return None
        start = self._start_of_processes(deadline)
        if known is None and options.recipe.shortens:
            n_valid = len(self._held_out[0]) if self._held_out is not None else len(X) // (options.n_folds or len(X))
            network = self._made(deadline) if options.pace is None or options.n_networks > 1 else None
            pace = options.pace or self._measured_pace(network, deadline, n_valid)
            self._limit_networks(deadline, pace, n_valid, start)
            turns = -(-self.n_networks // self._workers)  # one network after the other in each process
            each = max(deadline.for_training - start, 0.0) / turns
            before, self.planned = self.planned, planned_training(self.planned.epochs, self._steps, pace, each, n_valid)
            self._is_limited = self.planned != before or self.n_networks < options.n_networks
        return deadline.for_training

    def _start_of_processes(self, deadline: Deadline) -> float:
        """Return how long processes take to start; where that is most of the time, there are none."""
        start, most = start_of_workers(self._executor, self._workers), _SHARE_OF_START * deadline.for_training
        if start < most:
            return start
        if self._executor is not None:
            return most
        self._workers = 1
        return 0.0

    def _made(self, deadline: Deadline) -> Network:
        """Return a network to take the time of; where it begins, the first network will begin."""
        seed, began = self._options.seed, deadline.left
        network = self._network(seed)
        self._each = began - deadline.left
        self._starts[seed] = network.params.copy(), network.stats.copy()
        return network

    def _measured_pace(self, network: Network | None, deadline: Deadline, n_valid: int) -> Pace:
        """Return how long the steps of a network take that is of no use afterwards."""
        options, (X, y, _) = self._options, self._data
        assert network is not None
        seconds = max(_SHARE_OF_TIMING * deadline.for_training, 1e-9)
        batch_size = min(self._batch_size, self._n)
        how: dict[str, Any] = {} if options.shards is None else {"clock": deadline.clock}
        return measure_pace(network, (X, y), batch_size, options, n_valid=n_valid, seconds=seconds, **how)

    def _limit_networks(self, deadline: Deadline, pace: Pace, n_valid: int, start: float) -> None:
        """Lower the number of networks to what time allows; keep back what they take beside their training."""
        options, each_row, n = self._options, pace.evaluation / max(n_valid, 1), self.n_networks
        typical = _SHARE_OF_TYPICAL * deadline.for_training / (each_row * n) if each_row else math.inf
        self.n_typical = int(min(max(typical, _FEWEST_TYPICAL), _MOST_TYPICAL))
        after = (_LOOKED_AT * self.n_typical + min(n_valid, _CALIBRATED) * options.calibrates) * each_row
        if options.run_file is None:  # its files are numbered by all networks; `_train_in_turn` ends with the time
            how: dict[str, Any] = {"fixed": self._each + after, "n_valid": n_valid}
            seconds = max(deadline.for_training - start, 0.0) * self._workers
            self.n_networks = affordable_networks(n, pace, seconds, **how)
        self.n_asked = n if self.n_networks < n else 0
        self._workers = min(self._workers, self.n_networks)
        deadline.keep_back(after * self.n_networks + self._each * (self.n_networks - 1))

    def _evaluated(self, held_out: np.ndarray | None) -> Arrays | None:
        """Return the rows that choose the epoch, those of a fold by number; some of them where time is short."""
        n = self.planned.evaluated
        if held_out is not None:
            return take_arrays(self._data, held_out if n is None else _spread(held_out, n))
        if self._held_out is None or n is None:
            return self._held_out
        return take_arrays(self._held_out, _spread(np.arange(len(self._held_out[0])), n))

    def _early_stopping(self) -> EarlyStopping | None:
        """Return the rule by which an epoch is chosen; None without validation rows."""
        recipe, metric = self._options.recipe, self._options.goal.metric
        if not self._validates:
            return None
        mode: Literal["auto", "min"] = "min" if metric == "pinball" else "auto"
        return EarlyStopping(
            f"valid_{metric}", patience=recipe.patience or self.planned.epochs, ties=recipe.ties, mode=mode
        )

    def _train_in_turn(self, jobs: list[Job], seconds: float | None) -> dict[int, str]:
        """Train one network after the other, each with a file of its own if there are files."""
        failures: dict[int, str] = {}
        shared, began = self._shared(), self._clock()
        for number, unit in enumerate(self._units(jobs)):
            left = None if seconds is None else max(seconds - (self._clock() - began), 0.0)
            share = None if left is None else left / (len(jobs) - number)
            if left == 0.0 and any(job.network.history.epochs for job in jobs):
                self.n_asked = len(jobs)
                del jobs[number:]  # nobody interrupted these: there was no time to begin with them
                break
            try:
                train_network(shared, unit, share, self._options.make_callbacks())
            except DivergenceError as error:
                if len(jobs) == 1:
                    raise
                failures[number] = str(error)
            unit.job.network.metadata.pop(NOTES, None)
            if unit.job.network.history.stop_reason in _CUT_SHORT:
                break
        return failures

    def _train_at_once(self, jobs: list[Job], seconds: float | None) -> dict[int, str]:
        """Train several networks at once, each in a process; ``jobs`` then has those that came back."""
        options = self._options
        shared, units, watched = self._shared(), self._units(jobs), (options.is_stopped, options.notify)
        if self._executor is not None:
            outcomes = train_in_executor(self._executor, shared, units, seconds, *watched)
        else:
            outcomes = train_in_processes(shared, units, self._workers, seconds, *watched)
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
            planned = {"epochs": self.planned.epochs, "steps": list(self.planned[1:])}
            job.network.metadata[NOTES] = {**run_file.notes, **planned}
            model = TableModel(job.network, self._encoder, self._target)
            model.reading = options.reading
            model._note_encoders()
        each = zip(self._evaluated_jobs(jobs), paths, strict=True)
        return [Unit(i, job, path, None if i else self._watch()) for i, (job, path) in enumerate(each)]

    def _evaluated_jobs(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Return the networks with those of the rows held out from each that choose the epoch."""
        if (n := self.planned.evaluated) is None:
            return jobs
        return [job if job.held_out is None else job._replace(held_out=_spread(job.held_out, n)) for job in jobs]

    def _shared(self) -> Shared:
        options = self._options
        of_fit = {
            "epochs": self.planned.epochs,
            "batch_size": self._batch_size,
            "drop_last": options.recipe.drops_last,
            "steps_per_epoch": self.planned.steps,
            "metrics": None if options.goal.measured is None else ForValidation((options.goal.measured,)),
            "early_stopping": self._early_stopping(),
            "resume": options.run_file is not None and options.run_file.resumes,
            "threads": options.threads,
            "progress": options.progress,
            **options.division,
        }
        return Shared(self._given, self._evaluated(None), of_fit)

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

        held_out = self._evaluated(None)
        plan = JointPlan(
            network._check_data("fit", *self._data),
            self.planned.epochs,
            batch_size=self._batch_size,
            drop_last=options.recipe.drops_last,
            steps_per_epoch=self.planned.steps,
            validation=None if held_out is None else network._check_data("fit", *held_out),
            metrics=network.loss.choose_metrics("fit", options.goal.measured),
            early_stopping=self._early_stopping(),
            max_seconds=math.inf if seconds is None else seconds,
            threads=options.threads,
            progress=options.progress,
            make_callbacks=callbacks,
        )
        return train_jointly(self._evaluated_jobs(jobs), plan)


def _spread(rows: np.ndarray, n: int) -> np.ndarray:
    """Return so many of these rows, at even distances."""
    return rows[np.linspace(0, len(rows) - 1, min(n, len(rows))).astype(np.int64)]


def _complete(networks: list[Network]) -> list[Network]:
    """Return the networks that were trained to their end; if Ctrl-C left none, those that it interrupted."""
    trained = [network for network in networks if network.history.epochs]
    return [one for one in trained if one.history.stop_reason not in _CUT_SHORT] or trained or networks[:1]
