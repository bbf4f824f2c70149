"""Networks trained by the workers of an executor, in blocks that are trained at once, each as it is trained here.

`train_block` is the unit of work: rows, plan and networks in, what training left of each network out.
"""

from __future__ import annotations

import functools
import itertools
import math
import time
import warnings
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.engine.one_fit import one_fit_at_a_time
from glassnet.errors import ConfigError
from glassnet.network import Network
from glassnet.populations.joint import Job, JointPlan, check_jobs, train_jointly
from glassnet.populations.stacking import blueprint, group_size
from glassnet.training.limits import defer_interrupts
from glassnet.training.progress import make_progress, seconds_text
from glassnet.training.threads.blas import blas_threads
from glassnet.utils.callers import stacklevel_outside
from glassnet.utils.checks import check_integer
from glassnet.utils.executors import INTERRUPTED, Lost, run_tasks, workers_of
from glassnet.utils.stop_files import looks_for_end, stop_file
from glassnet.utils.task_blocks import blocks_of
from glassnet.utils.tasks import Place, here

__all__ = [
    "NOT_TRAINED", "BlockLimit", "Ended", "estimated_seconds", "failed_in_words", "train_apart", "train_block",
    "train_networks", "with_untrained",
]  # fmt: skip

NOT_TRAINED = "not trained: "
"""How the words begin that `train_networks` has for a network that did not come back."""

_TRIAL_SECONDS, _TRIAL_STEPS, _MOST_TRIAL_NETWORKS = 0.02, 16, 8
_TRIAL_RATE = 1e-6
_TRIALS_SECONDS = 0.5  # for all kinds of networks
_EVALUATING = 1 / 3  # time of a row that is evaluated, of that of one that is trained on


class Ended(NamedTuple):
    """What training left of one network: all that it changes, and why it diverged if it did."""

    params: np.ndarray
    stats: np.ndarray
    run: Any
    failure: str | None


class BlockLimit(NamedTuple):
    """When a block ends in any case: after some seconds since it was handed out, or once a file is there."""

    seconds: float
    since: float
    home: Place
    file: str

    def left(self) -> float:
        """Return the seconds that are left where clocks can be compared: a worker may have begun late."""
        late = time.time() - self.since if self.home.is_near else 0.0
        return max(self.seconds - max(late, 0.0), 0.0)


def train_block(plans: Sequence[JointPlan], plan: int, jobs: Sequence[Job], limit: BlockLimit) -> list[Ended]:
    """Train some networks at once, wherever this is called.

    Parameters
    ----------
    plans : sequence of JointPlan
        With the rows, which all blocks share.
    plan : int
        Which of the plans is that of this block.
    jobs : sequence of Job
        Copies of the networks, and the numbers of their rows.
    limit : BlockLimit
        How long they may take.
    """
    is_stopped = looks_for_end(limit.file if limit.home.is_near else "")
    own = plans[plan]._replace(max_seconds=limit.left(), is_stopped=is_stopped)
    with blas_threads(int(own.threads)):
        failures = train_jointly(jobs, own)
    networks: list[Any] = [job.network for job in jobs]
    return [
        Ended(network.params, network.stats, network._run, failures.get(number))
        for number, network in enumerate(networks)
    ]


def train_networks(where: str, jobs: Sequence[Job], plan: JointPlan) -> dict[int, str]:
    """Train every network to its own end, here or by the plan's executor; return why some have none, by number.

    They end with the same bits wherever it is, with one BLAS thread.

    Parameters
    ----------
    where : str
        What the user called, for messages.
    jobs, plan
        As `train_jointly` takes them.

    Raises
    ------
    ConfigError
        No network came back, or something cannot be sent.
    """
    failures = train_jointly(jobs, plan) if plan.executor is None else train_apart(where, [(jobs, plan)])
    return with_untrained(failures, [job.network for job in jobs])


def with_untrained(failures: Mapping[int, str], networks: Sequence[Any]) -> dict[int, str]:
    """Return the failures with those that Ctrl-C left as new as they were; with none trained it is raised again."""
    found = {number: NOT_TRAINED + INTERRUPTED for number, network in enumerate(networks) if network._run is None}
    found = dict(sorted((found | dict(failures)).items()))
    if len(found) == len(networks) and NOT_TRAINED + INTERRUPTED in found.values():
        raise KeyboardInterrupt
    return found


def train_apart(where: str, parts: Sequence[tuple[Sequence[Job], JointPlan]]) -> dict[int, str]:
    """Train the networks of several plans by the executor that they share; return why some have no end, by number.

    Parameters
    ----------
    where : str
        What the user called, for messages.
    parts : sequence of (jobs, plan)
        The networks are numbered through all of them; ``max_seconds`` of the first plan is for all.

    Raises
    ------
    ConfigError
        No network came back, or something cannot be sent.
    """
    for jobs, plan in parts:
        check_jobs(jobs, plan)
    with one_fit_at_a_time([job.network for jobs, _ in parts for job in jobs]):
        return _Blocks(where, parts).run()


class _Blocks:
    """Networks divided among the workers of an executor."""

    def __init__(self, where: str, parts: Sequence[tuple[Sequence[Job], JointPlan]]) -> None:
        first = parts[0][1]
        self._where, self._executor, self._seconds = where, first.executor, first.max_seconds
        self._line, self._title = make_progress(first.progress), first.title
        self._started = time.perf_counter()
        # What would be tried out is one: several workers may share the cores.
        self._threads = 1 if first.threads == "auto" else check_integer("fit", "threads", first.threads, 1)
        plans = [plan._replace(executor=None, progress=False, threads=self._threads) for _, plan in parts]
        self._jobs = [job for jobs, _ in parts for job in jobs]
        self._estimates = [
            seconds for (jobs, _), plan in zip(parts, plans, strict=True) for seconds in estimated_seconds(jobs, plan)
        ]
        self._workers = workers_of(self._executor)
        whose = [place for place, (jobs, _) in enumerate(parts) for _ in jobs]
        # Networks of one block are of one plan, by its place.
        self._blocks = [
            (place, [*numbers])
            for block in blocks_of(self._estimates, self._workers)
            for place, numbers in itertools.groupby(block, whose.__getitem__)
        ]
        self._plans = plans
        self.failures: dict[int, str] = {}

    def run(self) -> dict[int, str]:
        # Where the workers are threads of this process: a limit that they set themselves OpenBLAS may ignore.
        with defer_interrupts() as interruption, blas_threads(self._threads):

            def is_stopped() -> bool:
                return interruption.asked

            with stop_file(is_stopped) as self._file:
                found = run_tasks(
                    self._where,
                    self._executor,
                    functools.partial(train_block, self._plans),
                    [functools.partial(self._task, place) for place in range(len(self._blocks))],
                    on_done=self._show,
                    on_result=self._put_back,
                    is_stopped=is_stopped,
                    paced=self._seconds < math.inf,
                )
            lost = self._lost(found, interrupted=interruption.asked)
        self._finish(interrupted=interruption.asked)
        if lost is not None:
            self._report(lost)
        return self.failures

    def _task(self, place: int) -> tuple[Any, ...]:
        """Return the task of a block when a worker is free: then it is known how much time it may take."""
        plan, numbers = self._blocks[place]
        waiting = [sum(self._estimates[number] for number in block) for _, block in self._blocks[place:]]
        share = min(1.0, waiting[0] * self._workers / sum(waiting)) if sum(waiting) > 0 else 1.0
        left = max(self._seconds - (time.perf_counter() - self._started), 0.0)
        seconds = left * share if left < math.inf else left
        limit = BlockLimit(seconds, time.time(), here(), self._file)
        return plan, [self._jobs[number] for number in numbers], limit

    def _put_back(self, place: int, result: Sequence[Ended]) -> None:
        """Put what training left of a block into its networks."""
        for number, ended in zip(self._blocks[place][1], result, strict=True):
            _put_into(self._jobs[number].network, ended)
            if ended.failure is not None:
                self.failures[number] = ended.failure

    def _lost(self, found: Sequence[Any], *, interrupted: bool) -> Lost | None:
        """Note which networks did not come back, and return the first reason that nobody asked for."""
        first = None
        for (_, block), result in zip(self._blocks, found, strict=True):
            if isinstance(result, Lost):
                first = first or (None if interrupted else result)
                reason = INTERRUPTED if interrupted else result.reason
                self.failures |= {number: NOT_TRAINED + reason for number in block}
        self.failures = dict(sorted(self.failures.items()))
        return first

    def _report(self, lost: Lost) -> None:
        """Warn of networks that did not come back, or raise an error if none did."""
        gone = sum(words.startswith(NOT_TRAINED) for words in self.failures.values())
        fact = f"{gone} of {len(self._jobs)} {self._title} did not come back from the executor ({lost.reason})"
        rule = "it must live until they are trained"
        if gone == len(self._jobs):
            message = f"{self._where}: {fact}; {rule}. {_advice(lost.reason)}"
            raise ConfigError(message, got=lost.reason)
        message = f"{self._where}: {fact}; {rule}. The others are kept, and these are in failures."
        warnings.warn(message, UserWarning, stacklevel=stacklevel_outside())

    def _show(self, done: int, of: int) -> None:
        """Announce how many blocks came back, and about how long the others take."""
        if self._line is not None and done < of:
            passed = time.perf_counter() - self._started
            left = f"{seconds_text(passed * (of - done) / done)} left"
            self._line.draw(f"{done}/{of} blocks of {len(self._jobs)} {self._title} done  {left}")

    def _finish(self, *, interrupted: bool) -> None:
        """Leave one line that says how it went."""
        if self._line is not None:
            how = "interrupted after" if interrupted else "trained in"
            failed = f", {failed_in_words(self.failures)}" if self.failures else ""
            passed = seconds_text(time.perf_counter() - self._started)
            self._line.finish(f"{len(self._jobs)} {self._title} {how} {passed}{failed}")


def _advice(reason: str) -> str:
    """Return what to do about an executor that did nothing, by the words of its failure."""
    if "shutdown" in reason.lower():
        return "Make a new one, and call this inside its with block."
    if reason.startswith(("BrokenProcessPool", "TerminatedWorkerError")):
        guard = "In a script, put the call below if __name__ == '__main__', since its processes read the script"
        return f"{guard}; or try executor=None, or one whose workers have more memory."
    return "Try executor=None, or one whose workers have more memory."


def _put_into(network: Any, ended: Ended) -> None:
    """Leave a network as if it had been trained here; a history that was handed out before goes on."""
    network.params[...], network.stats[...] = ended.params, ended.stats
    if network._run is not None:
        history = network._run.history
        vars(history).update(vars(ended.run.history))
        ended.run.history = history
    network._run = ended.run


def failed_in_words(failures: Mapping[int, str]) -> str:
    """Return how many networks have no result, and why.

    Examples
    --------
    >>> failed_in_words({0: "fit: training diverged", 3: "not trained: KilledWorker"})
    '1 diverged, 1 not trained'
    """
    gone = sum(words.startswith(NOT_TRAINED) for words in failures.values())
    counts = {"diverged": len(failures) - gone, "not trained": gone}
    return ", ".join(f"{count} {words}" for words, count in counts.items() if count)


# ---- how long they take ----------------------------------------------------------------------------------------------


def estimated_seconds(jobs: Sequence[Job], plan: JointPlan) -> list[float]:
    """Return about how many seconds each network takes: of each kind a few steps are measured here, on copies."""
    kinds: dict[Hashable, list[Job]] = {}
    for job in jobs:
        kinds.setdefault(blueprint(job.network), []).append(job)
    began, per_step = time.perf_counter(), dict[int, float]()
    known: list[tuple[float, int]] = []
    for alike in kinds.values():
        size = alike[0].network.n_parameters
        if time.perf_counter() - began < _TRIALS_SECONDS:
            known.append((_step_seconds(alike, plan), size))
            seconds = known[-1][0]
        else:  # by the size of those that were measured
            seconds = size * sum(each for each, _ in known) / sum(each for _, each in known)
        per_step |= {id(job.network): seconds for job in alike}
    return [per_step[id(job.network)] * _steps(job, plan) for job in jobs]


def _step_seconds(alike: Sequence[Job], plan: JointPlan) -> float:
    """Return the seconds of a step of one network, where others like it are trained with it at once."""
    most = min(group_size(alike[0].network, plan.batch_size), _MOST_TRIAL_NETWORKS)
    copies: list[Network] = [job.network._untrained() for job in alike[:most]]
    for copy in copies:
        copy.optimizer.learning_rate = _TRIAL_RATE  # no schedule, which might watch what is not measured here
    trial = plan._replace(
        epochs=1, steps_per_epoch=_TRIAL_STEPS, validation=None, metrics={}, training_scores=None,
        early_stopping=None, max_seconds=_TRIAL_SECONDS,
    )  # fmt: skip
    train_jointly([Job(copy, alike[0].rows) for copy in copies], trial)
    runs: list[Any] = [copy._run for copy in copies]
    return float(np.mean([run.history.seconds / max(run.steps_before + run.step, 1) for run in runs]))


def _steps(job: Job, plan: JointPlan) -> float:
    """Return how many steps a network takes if nothing ends its training before, those of evaluation counted in."""
    n = len(plan.data[0]) if job.rows is None else len(job.rows)
    steps = plan.steps_per_epoch or max(n // plan.batch_size if plan.drop_last else -(-n // plan.batch_size), 1)
    held_out = len(job.held_out) if job.held_out is not None else 0
    if plan.validation is not None:
        held_out = len(plan.validation[0])
    scored = held_out + (n if plan.training_scores is not None else 0)
    return plan.epochs * steps * (1.0 + _EVALUATING * scored / max(n, 1))
