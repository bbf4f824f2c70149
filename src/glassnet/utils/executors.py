"""Tasks handed to any executor: processes or threads here, Dask, a pool of MPI, joblib; results in order, none lost.

An executor is what has ``submit`` and gives futures, as `concurrent.futures` describes it. A task goes out as bytes and
comes back as bytes, so that every executor sends the same, and an exception that the task itself raised can be told
from the executor's own failure.
"""

from __future__ import annotations

import functools
import math
import os
import queue
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from typing import Any

from glassnet.errors import ConfigError
from glassnet.utils.checks import require_extra
from glassnet.utils.dask_tasks import place_given_up
from glassnet.utils.sending import pack
from glassnet.utils.sharing import handed_to, is_cut_off, is_of_dask, quiet_sending
from glassnet.utils.tasks import INTERRUPTED, Lost, Outcomes, here, perform, words_of
from glassnet.utils.wording import shortened

__all__ = ["INTERRUPTED", "Lost", "check_executor", "run_tasks", "workers_of"]

_LOOK_SECONDS = 0.05  # between two looks at whether to stop
_ANSWER_SECONDS = 3  # that a scheduler has to say how many workers there are
_GRACE_SECONDS = 1.0  # for tasks of Dask that see themselves that they are to end, before they are cancelled
_AHEAD = 2  # tasks handed over for each worker: while one is done another is on its way


# ---- executors -------------------------------------------------------------------------------------------------------


def check_executor(where: str, executor: Any) -> Any:
    """Return an executor in the form that `run_tasks` uses, or raise an error of one sentence.

    Parameters
    ----------
    where : str
        Who asks, for the message.
    executor : object, str or None
        What has ``submit`` and gives futures; a client of Dask, for which its own executor is taken; ``"joblib"`` for
        the backend that ``joblib.parallel_config`` set; None for no other process.

    Raises
    ------
    ConfigError
        It is something else.
    MissingExtraError
        joblib is asked for and not installed.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     check_executor("sweep", pool) is pool
    True
    >>> check_executor("sweep", 4)  # doctest: +NORMALIZE_WHITESPACE
    Traceback (most recent call last):
    ...
    glassnet.errors.ConfigError: sweep: executor is 4; it must be an executor as of concurrent.futures, a client of
    Dask, or 'joblib'. Pass concurrent.futures.ProcessPoolExecutor(4), for example.
    """
    if executor is None:
        return None
    if isinstance(executor, str) and executor == "joblib":
        require_extra("joblib", "sklearn", f"{where}: executor='joblib'")
        return executor
    if not isinstance(executor, type):
        if callable(getattr(executor, "get_executor", None)) and not getattr(executor, "asynchronous", False):
            return executor.get_executor()
        if callable(getattr(executor, "submit", None)) and not hasattr(executor, "get_executor"):
            return executor
    must = "it must be an executor as of concurrent.futures, a client of Dask, or 'joblib'"
    fix = "Pass concurrent.futures.ProcessPoolExecutor(4), for example."
    if isinstance(executor, type):
        fix = f"Call it: {executor.__name__}()."
    elif isinstance(executor, str):
        fix = "Pass 'joblib' inside joblib.parallel_config('loky'), for example."
    elif hasattr(executor, "get_client"):
        fix = "Pass cluster.get_client()."
    elif hasattr(executor, "get_executor"):
        fix = "Make the client with asynchronous=False."
    message = f"{where}: executor is {shortened(repr(executor), 100)}; {must}. {fix}"
    raise ConfigError(message, expected=must, got=executor)


def workers_of(executor: Any) -> int:
    """Return how many tasks a checked executor does at once, as far as that can be known; 1 for None.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(3) as pool:
    ...     workers_of(pool)
    3
    """
    if executor is None:
        return 1
    if executor == "joblib":
        return _joblib_workers()[1]
    client = getattr(executor, "_client", None)
    count: Any = None
    with suppress(Exception):  # a scheduler that is gone shows when tasks are handed over
        if client is None or not hasattr(client, "nthreads"):
            count = getattr(executor, "_max_workers", None) or getattr(executor, "num_workers", None)
        elif client.status == "running":
            count = sum(client.sync(client.scheduler.ncores, callback_timeout=_ANSWER_SECONDS).values())
    # Dask's workers may be yet to come.
    return count if isinstance(count, int) and count > 0 else os.cpu_count() or 1


def _joblib_workers() -> tuple[int, int]:
    """Return what joblib is to be asked for, all that there are unless `parallel_config` says, and how many that is."""
    from joblib import effective_n_jobs
    from joblib.parallel import get_active_backend

    n_jobs = get_active_backend()[1]
    asked = -1 if n_jobs is None else int(n_jobs)
    return asked, max(int(effective_n_jobs(asked)), 1)


# ---- tasks ---------------------------------------------------------------------------------------------------------


def run_tasks(
    where: str,
    executor: Any,
    function: Callable[..., Any],
    tasks: Sequence[tuple[Any, ...] | Callable[[], tuple[Any, ...]]],
    *,
    on_done: Callable[[int, int], object] | None = None,
    on_result: Callable[[int, Any], object] | None = None,
    is_stopped: Callable[[], bool] | None = None,
    paced: bool = False,
) -> list[Any]:
    """Call a function for every task, each where the executor has it; return the results, in the order of the tasks.

    An exception that the function raised passes through, and ends what has not begun. Where the executor itself fails
    a `Lost` stands for each result that did not come back, and those that did are kept. Warnings of other processes
    are repeated here, each once.

    Parameters
    ----------
    where : str
        Who asks, for messages.
    executor : object, str or None
        As `check_executor` takes it; with None everything is done here, one after the other.
    function : callable
        Of a module that workers can import. It gets a copy of what it is given, and its result comes back as one. Of
        ``functools.partial(function, rows)`` the rows are sent once, where the executor allows that, and its arrays
        may be read only.
    tasks : sequence of tuple, or of functions that return one
        The arguments of each call. A function is called when the task is handed over, here.
    on_done : callable, optional
        Called here with how many tasks came back so far, and of how many.
    on_result : callable, optional
        Called here with the number of each task that came back, and its result.
    is_stopped : callable, optional
        Looked at now and then: once it is true, what has not begun is left out, as ``Lost("interrupted")``.
    paced : bool, default=False
        Whether to hand over a task only when a worker is free to begin it.

    Returns
    -------
    list
        A result, or a `Lost`, for each task.

    Raises
    ------
    ConfigError
        The executor is none, or a task cannot be sent.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     run_tasks("example", pool, pow, [(2, 3), (3, 2)])
    [8, 9]
    """
    pool, outcomes = check_executor(where, executor), Outcomes(len(tasks), on_done, on_result)
    stopped = is_stopped or (lambda: False)
    if pool is None:
        _do_here(function, tasks, outcomes, stopped)
        return outcomes.found
    call: Any = function
    common: tuple[Any, ...] = ()
    if isinstance(call, functools.partial):
        call, common = call.func, call.args

    def packed(number: int) -> bytes:
        return pack(where, (call, _arguments(tasks[number])))

    do = _do_by_joblib if pool == "joblib" else _do_by_futures
    waiting = place_given_up() if is_of_dask(pool) else nullcontext()
    with waiting, handed_to(where, pool, common) if common else nullcontext() as handle:
        do(pool, packed, handle, outcomes, stopped, 1 if paced else _AHEAD)
    outcomes.repeat_warnings()
    return outcomes.found


def _arguments(task: Any) -> tuple[Any, ...]:
    found: tuple[Any, ...] = task() if callable(task) else task
    return found


def _do_here(
    function: Callable[..., Any], tasks: Sequence[Any], outcomes: Outcomes, is_stopped: Callable[[], bool]
) -> None:
    for number, task in enumerate(tasks):
        if is_stopped():
            outcomes.lose(INTERRUPTED)
            return
        outcomes.add(number, function(*_arguments(task)))


def _do_by_futures(
    pool: Any,
    packed: Callable[[int], bytes],
    shared: Any,
    outcomes: Outcomes,
    is_stopped: Callable[[], bool],
    ahead: int,
) -> None:
    """Keep every worker busy; workers that join later are seen when the next task is done."""
    home, ended = here(), queue.SimpleQueue[int]()
    running: dict[int, Any] = {}
    waiting, room, reason = iter(range(len(outcomes.found))), workers_of(pool) * ahead, ""
    cancelled_from = math.inf
    try:
        while True:
            if not reason and is_stopped():
                # Dask throws away what a task returns that it cancelled, also one that had begun.
                reason = INTERRUPTED
                cancelled_from = time.monotonic() + (_GRACE_SECONDS if is_of_dask(pool) else 0.0)
            if time.monotonic() >= cancelled_from:
                cancelled_from = math.inf
                for future in running.values():
                    future.cancel()
            if is_cut_off(pool):  # where Dask forgets its futures: they would never be done
                reason = reason or "its scheduler is gone"
                running.clear()
            while not reason and len(running) < room and (number := next(waiting, None)) is not None:
                task = packed(number)
                try:
                    running[number] = _submit(pool, task, home, shared)
                except Exception as error:  # each executor has its own
                    reason = words_of(error)
                else:
                    running[number].add_done_callback(functools.partial(_note, ended, number))
            if not running:
                break
            with suppress(queue.Empty):
                number = ended.get(timeout=_LOOK_SECONDS)
                if _came_back(running.pop(number), number, outcomes, reason):
                    room = workers_of(pool) * ahead
    finally:
        for future in running.values():
            future.cancel()
    outcomes.lose(reason)


def _submit(pool: Any, *arguments: Any) -> Any:
    with quiet_sending() if is_of_dask(pool) else nullcontext():
        return pool.submit(perform, *arguments)


def _note(ended: queue.SimpleQueue[int], number: int, future: Any) -> None:
    ended.put(number)


def _came_back(future: Any, number: int, outcomes: Outcomes, reason: str) -> bool:
    """Take the result of a future that is done; otherwise note why there is none."""
    try:
        error = future.exception()
    except Exception as cancelled:
        error = cancelled
    if error is not None:
        outcomes.lose(reason or words_of(error), number)
        return False
    outcomes.take(number, future.result())
    return True


def _perform_numbered(number: int, *arguments: Any) -> tuple[int, bytes]:
    return number, perform(*arguments)


def _do_by_joblib(
    pool: Any,
    packed: Callable[[int], bytes],
    shared: Any,
    outcomes: Outcomes,
    is_stopped: Callable[[], bool],
    ahead: int,
) -> None:
    """Let joblib's active backend do the tasks; it takes the next one when a worker is free."""
    from joblib import Parallel, delayed
    from joblib.parallel import get_active_backend

    home, refused = here(), list[Exception]()

    def calls() -> Iterator[Any]:
        for number in range(len(outcomes.found)):
            if is_stopped():
                return
            try:
                task = packed(number)
            except Exception as error:  # this may run in a thread of joblib's
                refused.append(error)
                return
            yield delayed(_perform_numbered)(number, task, home, shared)

    asked, workers = _joblib_workers()
    as_they_come = getattr(get_active_backend()[0], "supports_return_generator", False)
    way = "generator_unordered" if as_they_come else "list"
    results: Iterator[tuple[int, bytes]] = iter(())
    reason = INTERRUPTED
    try:
        results = iter(Parallel(asked, pre_dispatch=workers * ahead, batch_size=1, return_as=way)(calls()))
    except Exception as error:  # with a list it is done by now
        reason = words_of(error)
    reason = _take_all(results, outcomes) or reason
    if refused:
        raise refused[0]
    outcomes.lose(reason)


def _take_all(results: Iterator[tuple[int, bytes]], outcomes: Outcomes) -> str:
    """Take results as they come; return the words of joblib's own failure, "" without one."""
    while True:
        try:
            number, result = next(results)
        except StopIteration:
            return ""
        except Exception as error:
            return words_of(error)
        try:
            outcomes.take(number, result)
        except BaseException:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # joblib's, of tasks that were done in vain
                getattr(results, "close", str)()
            raise
