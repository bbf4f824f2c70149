"""How a process that trains for another one ends once that one is gone, by SIGKILL say: nobody reads what it returns.

Its result would not fit into a pipe without a reader, and so it would wait there for ever, with the memory that it has.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import parent_process
from typing import NamedTuple

from glassnet.utils.dask_tasks import is_cancelled
from glassnet.utils.numbering import where_numbered
from glassnet.utils.stop_files import stop_file

__all__ = [
    "Errand", "Home", "ending_with", "errand", "is_gone", "is_here", "is_near", "this_process",
]  # fmt: skip

_LOOK_SECONDS = 0.5  # between two looks at whether the process that asked for the training lives
_GRACE_SECONDS = 5.0  # for a training to stop by itself, with its checkpoint written

_under_way: set[int] = set()  # threads that train here
_stop_files: dict[int, str] = {}  # the last one by the process that looks after it; a fork must begin anew


class Home(NamedTuple):
    """The process that asked for a training: its number, and where processes are numbered so.

    On two machines, or in two containers, other processes often have the same number: the first of each is 1.
    """

    pid: int
    place: str


def this_process() -> Home:
    """Return the process that this is."""
    return Home(os.getpid(), where_numbered())


def is_near(home: Home) -> bool:
    """Return whether a process is on this machine, so that its number means something here, and its files may be."""
    return home.place == where_numbered()


def is_here(home: Home) -> bool:
    """Return whether a process is this one."""
    return home == this_process()


def _is_child_of(home: Home) -> bool:
    """Return whether the process ``home`` began this one, which those of Dask or Ray did not."""
    parent = parent_process()
    return parent is not None and parent.pid == home.pid and is_near(home)


def is_gone(home: Home) -> bool:
    """Return whether the process ``home``, which began this one, has ended.

    On Windows always False: a pipe that nobody reads is an error there, by which the process ends.
    """
    return sys.platform != "win32" and os.getppid() != home.pid and _is_child_of(home)


class Errand(NamedTuple):
    """For whom a task is done: a process that waits for it, and the file by which that says to end it, "" for none.

    Workers on another machine never see the file; there only a task of Dask can be ended from afar.
    """

    home: Home
    stop_file: str

    @property
    def is_unwanted(self) -> bool:
        """Whether nobody waits for this task any more."""
        says_so = bool(self.stop_file) and is_near(self.home) and os.path.exists(self.stop_file)
        return says_so or is_gone(self.home) or is_cancelled()


@contextmanager
def errand(is_stopped: Callable[[], bool]) -> Iterator[Errand]:
    """Yield what tasks elsewhere are given; their file is written as soon as they should end, while inside."""
    with stop_file(is_stopped) as path:
        yield Errand(this_process(), path)


@contextmanager
def ending_with(task: Errand) -> Iterator[None]:
    """Train inside; from then on this process ends by itself, soon after the one that asked for it has.

    A training under way has some seconds to end; its file is removed. Where that is this process, or one on another
    computer, nothing is done.
    """
    home, file = task
    if sys.platform == "win32" or not _is_child_of(home):
        yield
        return
    is_new, me = os.getpid() not in _stop_files, threading.get_ident()
    _stop_files[os.getpid()] = file
    _under_way.add(me)
    if is_new:  # it stays for as long as the process does: one that waits for work would stay for minutes
        threading.Thread(target=_end_with, args=(home,), daemon=True).start()
    try:
        yield
    finally:
        _under_way.discard(me)


def _end_with(home: Home) -> None:
    while not is_gone(home):
        time.sleep(_LOOK_SECONDS)
    until = time.monotonic() + _GRACE_SECONDS
    while _under_way and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS / 10)
    with suppress(OSError):
        os.unlink(_stop_files[os.getpid()])
    os._exit(1)  # what is left to do in an orderly exit would wait for the pipe
