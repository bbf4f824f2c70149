"""The networks of a table model trained in several processes at once, each as it is trained alone.

`train_network` is the unit of work; `train_in_processes` hands units to joblib and collects what they leave.
"""

from __future__ import annotations

import math
import pickle
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.errors import ConfigError, DivergenceError, MissingExtraError
from glassnet.network import Network
from glassnet.populations.joint import Job
from glassnet.tabular.fitting.networks_line import NetworksLine
from glassnet.tabular.fitting.orphans import Errand, ending_with, errand, is_here
from glassnet.tabular.fitting.preparation import Arrays, take_arrays
from glassnet.training import Callback, Run
from glassnet.training.limits import defer_interrupts
from glassnet.utils.dask_tasks import is_task_of_dask
from glassnet.utils.stop_files import name_stop_file
from glassnet.utils.thread_warnings import warnings_of_thread

if TYPE_CHECKING:
    from glassnet.diagnosis import Watch

__all__ = [
    "Outcome", "Shared", "Unit", "at_once", "start_seconds", "train_for", "train_in_processes", "train_network",
]  # fmt: skip

_START = 1.5  # seconds until processes have started, and imported what they need; 1.2 to 1.7 on two cores
_KEPT = 200.0  # seconds that joblib keeps idle processes, at least

_running: dict[int, float] = {}
"""When processes were used last, by how many they were."""


@dataclass(frozen=True)
class Shared:
    """What all networks of a fit have in common: the encoded rows, and the options of `Network.fit`."""

    data: Any  # Arrays, or a source of blocks in their place
    held_out: Arrays | None
    options: dict[str, Any]

    def mapped(self) -> Shared:
        """Return this with plain arrays where joblib mapped them to a file: `Network.fit` reads others row by row."""
        plain = [None if each is None else tuple(map(_plain, each)) for each in (self.data, self.held_out)]
        data, held_out = plain
        assert data is not None
        return replace(self, data=data, held_out=held_out)

    def apart(self) -> Shared:
        """Return this for networks that are trained elsewhere, in silence, each with one thread where it may choose."""
        threads = 1 if self.options["threads"] == "auto" else self.options["threads"]
        return replace(self, options={**self.options, "progress": False, "threads": threads})


def _plain(array: Any) -> Any:
    return array.view(np.ndarray) if isinstance(array, np.memmap) else array


class Unit(NamedTuple):
    """One network to train: its number, the rows, and what it has of its own."""

    number: int
    job: Job
    checkpoint: Path | None = None
    watch: Watch | None = None


class Outcome(NamedTuple):
    """What a unit leaves: the network in the state in which its training ended, and why it diverged if it did."""

    number: int
    network: Network
    failure: str | None
    warnings: Sequence[tuple[type[Warning], str]] = ()


def train_network(shared: Shared, unit: Unit, seconds: float | None, callbacks: Iterable[Callback]) -> None:
    """Train one network on its rows, in at most so many seconds; a divergence is raised."""
    rows, held_out = unit.job.rows, unit.job.held_out
    X, y, weight = shared.data if rows is None else take_arrays(shared.data, rows)
    unit.job.network.fit(
        X,
        y,
        sample_weight=weight,
        validation_data=shared.held_out if held_out is None else take_arrays(shared.data, held_out),
        max_seconds=seconds,
        checkpoint=unit.checkpoint,
        diagnose=unit.watch or False,
        callbacks=[*callbacks],
        **shared.options,
    )


# ---- in another process ----------------------------------------------------------------------------------------------


class _StopWhereUnwanted(Callback):
    """Ends a run once nobody waits for it."""

    def __init__(self, task: Errand) -> None:
        self._task = task

    def on_step_end(self, run: Run[Any]) -> None:
        if self._task.is_unwanted:
            run.stop("interrupted")

    on_fit_begin = on_step_end


def _work(shared: Shared, packed: bytes, seconds: float | None, task: Errand) -> Outcome:
    """Train one network wherever joblib has this run."""
    unit: Unit = pickle.loads(packed)
    if is_here(task.home):  # where catching warnings would disturb other threads
        return train_for(shared, task, unit, seconds)
    with warnings_of_thread() as caught:  # nobody would see them
        outcome = train_for(shared, task, unit, seconds)
    said = dict.fromkeys((each.category, str(each.message)) for each in caught)
    return outcome._replace(warnings=[*said])


def train_for(shared: Shared, task: Errand, unit: Unit, seconds: float | None) -> Outcome:
    """Train one network for another process, and end once that is gone, or does not want it any more."""
    failure = None
    with ending_with(task):
        try:
            if not task.is_unwanted:
                train_network(shared.mapped(), unit, seconds, [_StopWhereUnwanted(task)])
        except DivergenceError as error:
            failure = str(error)
    return Outcome(unit.number, unit.job.network, failure)


# ---- in the process that asks for it ---------------------------------------------------------------------------------


def at_once(n_jobs: int | None, n_networks: int) -> int:
    """Return how many networks are trained at once: of ``n_jobs``, as scikit-learn means it, no more than there are.

    Inside a search that runs in parallel itself it is 1: the search has the cores.

    Raises
    ------
    MissingExtraError
        More than one is asked for, and joblib, which comes with scikit-learn, is not installed.
    """
    if n_networks == 1 or n_jobs == 1:
        return 1
    try:
        from joblib import effective_n_jobs
        from joblib.parallel import get_active_backend
    except ImportError as error:
        if n_jobs is None:
            return 1
        message = "fit: joblib is not installed; networks are trained in several processes with it. "
        message += "It comes with scikit-learn: pip install 'glassnet[sklearn]'"
        raise MissingExtraError(message) from error
    try:
        name_stop_file()
    except OSError as error:
        message = "fit: there is no folder for temporary files; other processes need one. The networks are trained one "
        warnings.warn(f"{message}after the other. Set TMPDIR. ({error})", UserWarning, stacklevel=2)
        return 1
    if is_task_of_dask() or get_active_backend()[0].nesting_level:
        return 1
    return min(int(effective_n_jobs(n_jobs)), n_networks)


def start_seconds(workers: int) -> float:
    """Return about how long it takes until so many processes begin to work: 0 for threads, and for those that run."""
    from joblib.parallel import get_active_backend

    is_running = time.perf_counter() - _running.get(workers, -math.inf) < _KEPT
    return 0.0 if is_running or getattr(get_active_backend()[0], "uses_threads", False) else _START


def train_in_processes(
    shared: Shared,
    units: Sequence[Unit],
    workers: int,
    seconds: float | None,
    is_stopped: Callable[[], bool],
    notify: Callable[[int, int], None],
) -> list[Outcome]:
    """Train each network in one of several processes, with one BLAS thread in each; return what they left, in order.

    Each has the bits that it has if it is trained here. Rows are mapped to the processes' memory by joblib, not copied.

    Parameters
    ----------
    shared, units
        What is trained.
    workers : int
        How many at once.
    seconds : float or None
        For all of them; each may take its share of what is left when it begins.
    is_stopped : function
        Whether all should end, as after Ctrl-C, which is waited for here as well. Those that had begun are returned as
        they are then.
    notify : function of two numbers
        Called whenever a network is done: how many are, and of how many.
    """
    from joblib import Parallel, delayed
    from joblib.parallel import get_active_backend

    deadline, start = None if seconds is None else time.perf_counter() + seconds, start_seconds(workers)
    line = NetworksLine(len(units), workers, shared.options["progress"])
    shared = shared.apart()
    found: dict[int, Outcome] = {}
    lost: str | None = None  # why those that are not found were not trained
    with defer_interrupts() as interruption, errand(lambda: interruption.asked or is_stopped()) as task:

        def tasks() -> Iterator[Any]:
            for number, unit in enumerate(units):  # joblib takes the next one when a process is free
                share = None
                if deadline is not None:
                    rounds = math.ceil((len(units) - number) / workers)
                    # The first ones are handed out before the processes run, and have as much time as later ones.
                    left = deadline - time.perf_counter() - (start if number < workers else 0.0)
                    share = max(left, 0.0) / rounds
                # As bytes: of an array joblib could make a map that nobody may write to.
                yield delayed(_work)(shared, pickle.dumps(unit), share, task)

        streams = getattr(get_active_backend()[0], "supports_return_generator", False)
        pool = Parallel(workers, pre_dispatch=workers, batch_size=1, return_as=_STREAM if streams else "list")
        try:
            for outcome in pool(tasks()):
                found[outcome.number] = outcome
                notify(len(found), len(units))
                line.draw(len(found))
        except Exception as error:
            # Ctrl-C in a terminal comes to all processes: one that waits for work ends by it.
            if not (interruption.asked or is_stopped()):
                lost = _lost(error, units, found)
    _running.clear()
    if lost is None:  # else they were ended, all of them
        _running[workers] = time.perf_counter()
    line.finish(interrupted=interruption.asked or is_stopped())
    outcomes = [found.get(unit.number) or Outcome(unit.number, unit.job.network, lost) for unit in units]
    for category, text in dict.fromkeys(each for outcome in outcomes for each in outcome.warnings):
        warnings.warn(text, category, stacklevel=2)
    return outcomes


_STREAM = "generator_unordered"


def _lost(error: Exception, units: Sequence[Unit], found: dict[int, Outcome]) -> str:
    """Warn of what ended other processes if networks came back before; raise it in plain words if there are none.

    Where there are checkpoints it is raised too: they can be gone on from.
    """
    if type(error).__name__ == "PicklingError":
        where = "JOBLIB_TEMP_FOLDER, /dev/shm, or the temporary folder"
        message = f"fit: rows could not be written to a file for other processes. Make room in {where}, or "
        message += "use n_jobs=1."
        raise ConfigError(message, got=error) from error
    if type(error).__name__ not in ("TerminatedWorkerError", "BrokenProcessPool"):
        raise error
    message = "fit: a process was ended, most often for want of memory; it must live until its network is trained."
    n_trained = sum(each.failure is None for each in found.values())
    if not n_trained or any(unit.checkpoint is not None for unit in units):
        message += " Lower n_jobs."
        raise ConfigError(message, got=error) from error
    kept = f"{n_trained} of {len(units)} networks are averaged. Lower n_jobs."
    warnings.warn(f"{message} {kept}", UserWarning, stacklevel=3)
    return message
