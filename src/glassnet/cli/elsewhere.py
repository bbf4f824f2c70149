"""What ``glassnet tune`` and ``glassnet compare`` train elsewhere: tasks that share the rows, and end with home."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from glassnet.cli.interrupts import CtrlC
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.preparation import Prepared
from glassnet.cli.training.train_options import TrainOptions
from glassnet.errors import DivergenceError, GlassnetError
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.fit import Trained
from glassnet.tabular.fitting.orphans import Errand, ending_with, errand
from glassnet.utils.executors import INTERRUPTED, Lost, run_tasks
from glassnet.utils.sending import pack, unpack

__all__ = ["Done", "Elsewhere", "Errands", "Task", "done_elsewhere", "slim"]

_GRACE_SHARE, _GRACE_SECONDS = 0.5, 10.0  # of the time, after it, until what did not come back is given up

_rows: dict[bytes, Prepared] = {}  # the last ones of this process, by their hash, for the next task


@dataclass
class Done:
    """What a task leaves: what it found, or in one sentence why there is nothing."""

    found: Any = None
    failure: str = ""
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)


class _Listener(Watcher):
    """Keeps warnings, for the command to show."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


class _CtrlCAtHome(CtrlC):
    """Counts as pressed once the command does not want the task any more."""

    def __init__(self, task: Errand) -> None:
        self._task, self._pressed = task, False

    @property
    def pressed(self) -> bool:
        return self._pressed or self._task.is_unwanted

    @pressed.setter
    def pressed(self, value: bool) -> None:
        self._pressed = value


@dataclass(frozen=True)
class Elsewhere:
    """What a task is done with: the rows, what its progress is told to, what ends it, and its time limit."""

    data: Prepared
    watcher: Watcher
    ctrl_c: CtrlC
    deadline: Deadline

    def options(self, options: TrainOptions) -> TrainOptions:
        """Return the options of a model here: several are trained beside each other, each with one BLAS thread."""
        return replace(options, one_thread=True)


def done_elsewhere(
    packed: np.ndarray, function: Callable[..., Any], words: Sequence[Any], seconds: float, task: Errand
) -> Done:
    """Call a function, with an `Elsewhere` and the words, in another process; return what it leaves.

    Parameters
    ----------
    packed : ndarray of bytes
        The rows.
    function, words, seconds
        As of `Task`.
    task : Errand
        For whom it is done.
    """
    listener, began = _Listener(), time.perf_counter()
    done = Done(warnings=listener.warnings)
    try:
        with ending_with(task):
            place = Elsewhere(_unpacked(packed), listener, _CtrlCAtHome(task), Deadline(seconds))
            began = time.perf_counter()
            done.found = function(place, *words)
    except DivergenceError:
        done.failure = "diverged"
    except GlassnetError as error:
        done.failure = str(error)
    except MemoryError:
        done.failure = "not enough memory"
    except KeyboardInterrupt:  # in a terminal it comes to all processes
        done.failure = INTERRUPTED
    done.seconds = time.perf_counter() - began
    return done


def _unpacked(packed: np.ndarray) -> Prepared:
    key = blake2b(packed.data).digest()
    found = _rows.get(key)
    if found is None:
        found = unpack(packed.tobytes())
        _rows.clear()
        _rows[key] = found
    return found


def slim(trained: Trained) -> Trained:
    """Return a training without the rows it was checked on, which are at home."""
    return replace(trained, checked=trained.checked.take(np.arange(1)))


class Task(NamedTuple):
    """What a worker is to do: a function of a module, its arguments after an `Elsewhere`, and a time limit."""

    function: Callable[..., Any]
    words: tuple[Any, ...]
    seconds: float


class Errands:
    """Hands out tasks that share the rows, until Ctrl-C or long after their time.

    Parameters
    ----------
    where : str
        The command.
    pool
        An executor.
    data : Prepared
        The rows.
    ctrl_c, deadline, watcher
        What ends them, when they must be over, and what shows their warnings.
    """

    def __init__(
        self, where: str, pool: Any, data: Prepared, ctrl_c: CtrlC, deadline: Deadline, watcher: Watcher
    ) -> None:
        # As an array, which is sent to each worker once.
        self._where, self._pool, self._packed = where, pool, np.frombuffer(pack(where, data), np.uint8)
        self._ctrl_c, self._watcher = ctrl_c, watcher
        grace = max(_GRACE_SHARE * deadline.seconds, _GRACE_SECONDS)
        self._end = deadline.clock() + deadline.left + grace
        self._clock = deadline.clock

    @property
    def are_over(self) -> bool:
        """Whether what has not come back is not waited for any more."""
        return self._ctrl_c.pressed or self._clock() > self._end

    def run(
        self,
        n: int,
        next_task: Callable[[int], Task | None],
        take: Callable[[int, Done], object],
    ) -> list[tuple[int, str]]:
        """Do so many tasks, and return the numbers of those that did not come back, each with the reason.

        Parameters
        ----------
        n : int
            Number of tasks.
        next_task : callable
            Returns the task of a number when a worker is free for it; None for none.
        take : callable
            Called with the number of a task, and what it left, when it came back.
        """
        with errand(lambda: self.are_over) as task:

            def handed(number: int) -> tuple[Any, ...]:
                found = next_task(number)
                return _NOTHING if found is None else (*found, task)

            def came_back(number: int, done: Done | None) -> None:
                if done is None:
                    return
                for message in done.warnings:
                    self._watcher.warn(message)
                if done.failure != INTERRUPTED:
                    take(number, done)

            tasks = [partial(handed, number) for number in range(n)]
            how: dict[str, Any] = {"on_result": came_back, "is_stopped": lambda: self.are_over, "paced": True}
            results = run_tasks(self._where, self._pool, partial(_done_if_any, self._packed), tasks, **how)
        lost = [(number, each.reason) for number, each in enumerate(results) if isinstance(each, Lost)]
        late = "it took too long"
        if self._ctrl_c.pressed:
            return []
        return [(number, late if reason == INTERRUPTED else reason) for number, reason in lost]


_NOTHING: tuple[Any, ...] = ()


def _done_if_any(packed: np.ndarray, *words: Any) -> Done | None:
    return done_elsewhere(packed, *words) if words else None
