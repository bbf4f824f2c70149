"""Train many networks: at once where they have one architecture, group by group, each to its own end."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from glassnet.engine.one_fit import one_fit_at_a_time, running
from glassnet.errors import ConfigError, DivergenceError
from glassnet.metrics import Metric
from glassnet.network import Network
from glassnet.populations.group_run import EndWhen, EndWithFirst, GroupStep
from glassnet.populations.stacking import blueprint, group_size, stack, unstack
from glassnet.training import Callback, EarlyStopping, Run
from glassnet.training.batches import ArrayBatches
from glassnet.training.data import prepare_data
from glassnet.training.early_stopping import EarlyStopper
from glassnet.training.fitting import check_monitors
from glassnet.training.history import has_value
from glassnet.training.limits import Interruption, Limits, defer_interrupts
from glassnet.training.loop import Validation
from glassnet.training.options import FIT_DEFAULTS, FitOptions, FoldOptions
from glassnet.training.progress import make_progress, seconds_text
from glassnet.training.threads.pace import paced, pacing
from glassnet.training.training_scores import TrainingScores, scores_of_training
from glassnet.utils.block_sources import BlockSource
from glassnet.utils.checks import check_integer, check_number
from glassnet.utils.executors import check_executor
from glassnet.utils.row_sources import RowSource, take_rows

__all__ = ["Job", "JointPlan", "check_jobs", "make_plan", "train_jointly"]


class Job(NamedTuple):
    """One built network to train, and on which rows, given by their numbers."""

    network: Network
    rows: np.ndarray | None = None  # to train on; None for all
    held_out: np.ndarray | None = None  # to evaluate on after each epoch, instead of the plan's validation data


def _no_callbacks(numbers: Sequence[int]) -> list[Callback]:
    return []


class JointPlan(NamedTuple):
    """How all of them are trained; `glassnet.training.fit_network` explains the options."""

    data: Validation  # X, y, weights of all rows, checked
    epochs: int
    batch_size: int = 32
    shuffle: bool = True
    drop_last: bool = False
    steps_per_epoch: int | None = None
    validation: Validation | None = None
    metrics: Mapping[str, Metric] = {}
    training_scores: TrainingScores | None = None
    early_stopping: EarlyStopping | None = None
    max_seconds: float = math.inf
    threads: int | Literal["auto"] = "auto"
    progress: bool | None = None
    title: str = "networks"
    # Returns the callbacks of a run over the networks of these numbers.
    make_callbacks: Callable[[Sequence[int]], list[Callback]] = _no_callbacks
    is_stopped: Callable[[], bool] | None = None  # looked at after every step, as Ctrl-C is
    executor: Any = None  # checked; of it `train_jointly` knows nothing, see `glassnet.populations.apart`


def make_plan(
    where: str, network: Network, X: Any, y: Any, *, epochs: int, title: str, options: FoldOptions
) -> JointPlan:
    """Return a checked plan for networks like this one, which is built for X if it is new.

    `Network.fit` explains the options; ``where`` asks for it, and ``title`` is what the progress line calls the
    networks.
    """
    if isinstance(X, BlockSource):
        message = f"{where}: X is a {type(X).__name__}; it must be an array. {X.not_an_array}"
        raise ConfigError(message, got=X)
    if y is None:
        message = f"{where}: y is missing. Batches of your own are for Network.fit."
        raise ConfigError(message)
    executor = check_executor(where, options.get("executor"))
    given: FitOptions = {**FIT_DEFAULTS, **options}  # type: ignore[typeddict-unknown-key]  # an executor is none of them
    epochs, max_seconds = check_integer(where, "epochs", epochs, 1), given["max_seconds"]
    batches, validation = prepare_data(network, X, y, given)
    all_X, all_y, weight = batches.arrays
    metrics = network.loss.choose_metrics(where, given["metrics"])
    return JointPlan(
        (all_X, all_y, weight), epochs, batch_size=given["batch_size"], shuffle=given["shuffle"],
        drop_last=given["drop_last"], validation=validation, early_stopping=given["early_stopping"],
        metrics=metrics,
        training_scores=scores_of_training(batches, given["metrics"], metrics, validates=validation is not None)[0],
        max_seconds=math.inf if max_seconds is None else check_number(where, "max_seconds", max_seconds, 0.0),
        threads=given["threads"], progress=given["progress"], title=title,
        executor=executor,
    )  # fmt: skip


def train_jointly(jobs: Sequence[Job], plan: JointPlan) -> dict[int, str]:
    """Train every network to its own end; return what made those diverge that did, by number.

    Each ends as if it had been trained alone: in the state that `Network.fit` would have left, bit for bit where a
    stacked matrix product has the bits of a single one. A network that diverges holds the last weights whose loss was
    finite.
    """
    check_jobs(jobs, plan)
    with one_fit_at_a_time([job.network for job in jobs]):
        return _Training(jobs, plan).run()


def check_jobs(jobs: Sequence[Job], plan: JointPlan) -> None:
    """Refuse early stopping and schedules that would watch what is not measured."""
    for job in jobs:
        watches = plan.validation is not None or job.held_out is not None
        of_training = () if plan.training_scores is None else plan.training_scores.metrics
        check_monitors(job.network, plan.metrics if watches else None, plan.early_stopping, of_training)


class _Training:
    """All networks that are still to be trained, by number, and how far each must go."""

    def __init__(self, jobs: Sequence[Job], plan: JointPlan) -> None:
        self.jobs, self.plan = jobs, plan
        self.failures: dict[int, str] = {}
        self._deadline = time.perf_counter() + plan.max_seconds
        self._line = _Line(len(jobs), plan)
        self._targets: dict[int, int] = {}
        self._keys: dict[int, Any] = {}
        for number, job in enumerate(jobs):
            done = 0 if job.network._run is None else job.network._run.epoch
            self._targets[number] = done + plan.epochs
            stopping = None if job.network._run is None else job.network._run.stopping
            if stopping is not None and stopping.settled.all():
                stopping.start_anew()  # one that had stopped early goes on, as in its own `fit`

    def run(self) -> dict[int, str]:
        with defer_interrupts() as interruption:
            while self._targets and not (interruption.asked or self._is_stopped()):
                numbers = self._next_group()
                self._train(numbers, interruption)
                for number in numbers:
                    network = self.jobs[number].network
                    del self._keys[number]
                    if self._has_ended(number, network):
                        del self._targets[number]
        self._line.finish(self.failures, interrupted=interruption.asked)
        return self.failures

    def _is_stopped(self) -> bool:
        return self.plan.is_stopped is not None and self.plan.is_stopped()

    def _has_ended(self, number: int, network: Network) -> bool:
        """Return whether a network is done; of a group that ended, all but one may have to go on."""
        run = network._run
        settled = self.plan.early_stopping is not None and run.stopping is not None and run.stopping.settled.all()
        if number in self.failures or settled:
            return True
        if run.epoch >= self._targets[number]:
            run.history.stop_reason = "finished"
            return True
        return run.history.stop_reason not in ("early stopping", "diverged")

    def _next_group(self) -> list[int]:
        """Return the numbers of the first network left and of those that can be trained with it at once."""
        self._keys |= {number: self._key(number) for number in self._targets if number not in self._keys}
        first = next(iter(self._targets))
        most, key = group_size(self.jobs[first].network, self._batch_size(first)), self._keys[first]
        if key is None or most == 1:
            return [first]
        alike = [number for number in self._targets if self._keys[number] == key]
        n_groups = -(-len(alike) // most)
        return alike[: -(-len(alike) // n_groups)]

    def _batch_size(self, number: int) -> int:
        rows = self.jobs[number].rows
        return min(self.plan.batch_size, len(self.plan.data[0]) if rows is None else len(rows))

    def _key(self, number: int) -> Any:
        """Return what networks that are trained at once must share, or None for one that must be trained alone."""
        job = self.jobs[number]
        weight = self.plan.data[2]
        if isinstance(self.plan.data[0], RowSource) or (weight is not None and not weight.all()):
            return None
        sizes = [None if rows is None else len(rows) for rows in (job.rows, job.held_out)]
        return (blueprint(job.network), self._targets[number], *sizes)

    def _train(self, numbers: list[int], interruption: Interruption) -> None:
        jobs = [self.jobs[number] for number in numbers]
        for job in jobs:
            if job.network._run is not None:
                job.network._run.return_to_last(job.network)
                job.network._run.follow_optimizer(job.network)
        done = 0 if jobs[0].network._run is None else jobs[0].network._run.epoch
        epochs = self._targets[numbers[0]] - done
        rule = self.plan.early_stopping
        hooks: list[Callback] = [
            *([EarlyStopper(rule, own_rows=jobs[0].held_out is not None)] if rule is not None else []),
            *self.plan.make_callbacks(numbers),
            *([] if self.plan.is_stopped is None else [EndWhen(self.plan.is_stopped)]),
            self._line.watch(numbers, self._targets),
            Limits(self._share_of_time(numbers), interruption),
        ]
        if len(jobs) == 1:
            self._train_alone(numbers[0], jobs[0], epochs, hooks)
        else:
            self._train_group(numbers, jobs, epochs, hooks)

    def _share_of_time(self, numbers: Sequence[int]) -> float:
        """Return how long these may train: what is left, divided among all that wait."""
        left = max(self._deadline - time.perf_counter(), 0.0)
        return left * len(numbers) / len(self._targets) if left < math.inf else left

    def _train_alone(self, number: int, job: Job, epochs: int, hooks: list[Callback]) -> None:
        network = job.network
        batches = self._batches(network, job.rows)
        with paced(network, self.plan.threads, batches.batch_size) as pace:
            try:
                run = Run(network, batches, epochs, callbacks=[pacing(pace), *hooks], **self._evaluation([job]))
                run.training_scores = self.plan.training_scores
                run.loop()
            except DivergenceError as error:
                self.failures[number] = str(error)

    def _train_group(self, numbers: list[int], jobs: list[Job], epochs: int, hooks: list[Callback]) -> None:
        networks = [job.network for job in jobs]
        stacked = stack(networks)
        rows = None if jobs[0].rows is None else np.stack([job.rows for job in jobs if job.rows is not None])
        batches = self._batches(stacked, rows)
        schedules = [network.optimizer.schedule for network in networks]
        with paced(stacked, self.plan.threads, batches.batch_size) as pace:
            hooks = [pacing(pace), *hooks, EndWithFirst(stops_early=self.plan.early_stopping is not None)]
            make_step = functools.partial(GroupStep, schedules=schedules)
            run = Run(stacked, batches, epochs, callbacks=hooks, make_step=make_step, **self._evaluation(jobs))
            run.training_scores = self.plan.training_scores
            try:
                with running(networks):
                    run.loop()
            finally:
                unstack(stacked, networks)
                self._take_back(run, numbers, networks)

    def _take_back(self, run: Run[Network], numbers: list[int], networks: list[Network]) -> None:
        """Leave members that diverged with their last good weights, as a run of their own would have."""
        assert isinstance(run.take_step, GroupStep)
        for k, (what, params, stats) in run.take_step.diverged.items():
            network, rate = networks[k], float(run.rate(run.position)[k, 0])
            network._run.last_params = network._run.last_stats = None
            network.params[...], network.stats[...] = params, stats
            network._run.forget_last_epoch(run.steps_per_epoch or 0)
            if not network._run.history.epochs:
                network._run.history.columns.clear()
            network._run.renew_optimizer(network)
            rule = self.plan.early_stopping
            network._run.leave(network, best=rule is not None and rule.restore_best)
            network._run.history.stop_reason = "diverged"
            fact, advice = f"training diverged with {what}", f"Lower learning_rate (now {rate:g}) or scale X and y."
            self.failures[numbers[k]] = f"fit: {fact}; loss and weights must stay finite. {advice}"

    def _batches(self, network: Network, rows: np.ndarray | None) -> ArrayBatches:
        plan = self.plan
        return ArrayBatches(
            *plan.data, batch_size=plan.batch_size, shuffle=plan.shuffle, drop_last=plan.drop_last,
            steps_per_epoch=plan.steps_per_epoch,
            streams=network._streams, members=network.members, rows=rows,
        )  # fmt: skip

    def _evaluation(self, jobs: Sequence[Job]) -> dict[str, Any]:
        """Return the options for a run: metrics, and the plan's validation data or what each network holds out."""
        held_out = [job.held_out for job in jobs if job.held_out is not None]
        if not held_out:
            return {"validation": self.plan.validation, "metrics": self.plan.metrics}
        rows = held_out[0] if len(jobs) == 1 else np.stack(held_out)
        return {"validation": tuple(take_rows(array, rows) for array in self.plan.data), "metrics": self.plan.metrics}


class _Line(Callback):
    """The progress line over all networks."""

    def __init__(self, n_networks: int, plan: JointPlan) -> None:
        self._line = make_progress(plan.progress)
        self._n, self._plan = n_networks, plan
        self._started = time.perf_counter()
        self._group = 0
        self._done = 0.0

    def watch(self, numbers: Sequence[int], targets: Mapping[int, int]) -> Callback:
        """Return the callback of the next run, which trains these networks."""
        self._group, self._waiting = len(numbers), len(targets)
        return self

    def on_step_end(self, run: Run[Any]) -> None:
        if self._line is not None and self._line.is_due:
            self._line.draw(self._text(run))

    def _text(self, run: Run[Any]) -> str:
        finished = self._n - self._waiting
        done = f"{finished}/{self._n} {self._plan.title} done"
        parts = [done, f"{self._group} at once", f"epoch {run.epoch}/{run.target_epochs}"]
        if run.history.epochs:
            last = run.history.last
            name = "valid_loss" if has_value(last.get("valid_loss", math.nan)) else "loss"
            values = np.ravel(last[name])
            parts.append(f"{name} {_range(values)}")
        share = (finished + self._group * run.fraction) / self._n
        if share > 0:
            passed = time.perf_counter() - self._started
            parts.append(f"{seconds_text(passed * (1 - share) / share)} left")
        return "  ".join(parts)

    def finish(self, failures: Mapping[int, str], *, interrupted: bool) -> None:
        """Leave one line that says how it went."""
        if self._line is not None:
            passed = seconds_text(time.perf_counter() - self._started)
            failed = f", {len(failures)} diverged" if failures else ""
            how = "interrupted after" if interrupted else "trained in"
            self._line.finish(f"{self._n} {self._plan.title} {how} {passed}{failed}")


def _range(values: np.ndarray) -> str:
    lowest, highest = float(values.min()), float(values.max())
    return f"{lowest:.4g}" if lowest == highest else f"{lowest:.4g} to {highest:.4g}"
