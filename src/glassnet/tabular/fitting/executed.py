"""The networks of a table model trained as tasks of an executor, which may have other machines, each as it is alone."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from glassnet.errors import ConfigError
from glassnet.tabular.fitting.networks_line import NetworksLine
from glassnet.tabular.fitting.options import FitOptions
from glassnet.tabular.fitting.orphans import errand
from glassnet.tabular.fitting.parallel import Outcome, Shared, Unit, at_once, start_seconds, train_for
from glassnet.training.limits import defer_interrupts
from glassnet.utils.executors import INTERRUPTED, Lost, check_executor, run_tasks, workers_of

__all__ = ["place_of", "start_of_workers", "train_in_executor"]

_START = 1.0  # seconds until a worker has imported what it needs
_GRACE_SHARE, _GRACE_SECONDS = 0.5, 10.0  # of a time limit, after it, until what did not come back is given up
_LATE = "it took too long"


def place_of(options: FitOptions) -> tuple[Any, int]:
    """Return the executor whose tasks the networks are, None for processes of joblib, and how many it does at once.

    Where ``parallel_config`` has joblib use Dask, the executor is that cluster's: its machines see no file that says to
    stop.
    """
    if options.shards is not None:  # each network is trained here, with the other processes that do so too
        return None, 1
    executor = options.executor
    if executor is None:
        workers = at_once(options.n_jobs, options.n_networks)
        return (None if workers == 1 else _cluster_of_joblib()), workers
    if executor == "joblib":
        executor = _cluster_of_joblib() or executor
    return executor, min(workers_of(executor), options.n_networks)


def _cluster_of_joblib() -> Any:
    """Return the executor of the cluster of Dask that joblib uses now; None if it uses none."""
    from joblib.parallel import get_active_backend

    backend = get_active_backend()[0]
    return check_executor("fit", backend.client) if type(backend).__name__ == "DaskDistributedBackend" else None


def start_of_workers(executor: Any, workers: int) -> float:
    """Return about how many seconds pass until so many workers begin to train."""
    if executor is None:
        return start_seconds(workers) if workers > 1 else 0.0
    return 0.0 if isinstance(executor, ThreadPoolExecutor) else _START


def train_in_executor(
    executor: Any,
    shared: Shared,
    units: Sequence[Unit],
    seconds: float | None,
    is_stopped: Callable[[], bool],
    notify: Callable[[int, int], None],
) -> list[Outcome]:
    """Train each network as a task of an executor, with one BLAS thread; return what they left, in order.

    A worker needs no file of this machine, unless the rows themselves are in files.

    Parameters
    ----------
    executor
        As `glassnet.utils.executors.check_executor` returns it.
    shared, units
        What is trained.
    seconds : float or None
        For all of them; each may take its share of what is left when it is handed to a worker.
    is_stopped : function
        Whether all should end, as after Ctrl-C, which is waited for here as well.
    notify : function of two numbers
        Called whenever a network is done: how many are, and of how many.

    Raises
    ------
    ConfigError
        No network came back.
    KeyboardInterrupt
        None had come back when all should end.
    """
    workers = min(workers_of(executor), len(units))
    deadline = None if seconds is None else time.perf_counter() + seconds
    end = math.inf if deadline is None else deadline + max(_GRACE_SHARE * (seconds or 0.0), _GRACE_SECONDS)
    line = NetworksLine(len(units), workers, shared.options["progress"])
    shared = shared.apart()

    def share(number: int) -> float | None:
        if deadline is None:  # which is one of this machine's clock: a worker counts from its own beginning
            return None
        rounds = math.ceil((len(units) - number) / workers)
        return max(deadline - time.perf_counter(), 0.0) / rounds

    def tell(done: int, of: int) -> None:
        notify(done, of)
        line.draw(done)

    with defer_interrupts() as interruption:

        def ends() -> bool:
            return interruption.asked or is_stopped()

        def is_over() -> bool:  # also where no worker is free, or alive, for long after the time
            return ends() or time.perf_counter() > end

        with errand(is_over) as task:
            tasks = [partial(lambda i, unit: (task, unit, share(i)), *each) for each in enumerate(units)]
            train = partial(train_for, shared)
            found = run_tasks("fit", executor, train, tasks, on_done=tell, is_stopped=is_over, paced=True)
        is_ended = ends()
    line.finish(interrupted=is_ended)
    came_back = [each for each in found if not isinstance(each, Lost)]
    reasons = [_LATE if each.reason == INTERRUPTED else each.reason for each in found if isinstance(each, Lost)]
    lost = reasons[0] if reasons else ""
    if is_ended and not any(each.network.history.epochs for each in came_back):
        raise KeyboardInterrupt
    if lost and not is_ended:
        _say_lost(lost, len(came_back), sum(each.failure is None for each in came_back), len(units))
    return [
        Outcome(unit.number, unit.job.network, None if is_ended else lost) if isinstance(each, Lost) else each
        for unit, each in zip(units, found, strict=True)
    ]


def _say_lost(reason: str, n_back: int, n_trained: int, n: int) -> None:
    """Warn of networks that did not come back if others did; otherwise raise it."""
    fact = f"{n - n_back} of {n} networks did not come back from the executor ({reason})"
    message = f"fit: {fact}; each must, to be part of the mean."
    if not n_trained:
        message += " See whether its workers and its scheduler live, and have the memory, or leave executor out."
        raise ConfigError(message, got=reason)
    warnings.warn(f"{message} {n_trained} of {n} networks are averaged.", UserWarning, stacklevel=2)
