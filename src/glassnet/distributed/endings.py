"""How processes that train together end: all of them, with one sentence."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any, NoReturn

from glassnet.errors import RankError

__all__ = ["LOST", "end_all", "end_together", "on_termination", "said_by"]

LOST = 75
"""The exit code of processes of which one is lost: EX_TEMPFAIL of sysexits.h, a failure that may not come again."""

_FAILED = 1
_ABORT_SECONDS = 2  # after which a process that MPI cannot end is ended by the operating system
_FIRST_SAYS = 0.5  # seconds in which the process that failed says why, before others end it
_READ_BY_MPIEXEC = 0.3  # seconds in which mpiexec reads what was written, before it ends everything
_SAID_BY = "_glassnet_said_by"
_has_hook = False


def end_all(runtime: Any, code: int) -> NoReturn:
    """End all processes of MPI.

    Parameters
    ----------
    runtime : module
        ``mpi4py.MPI``.
    code : int
        The exit code of ``mpiexec``.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    time.sleep(_READ_BY_MPIEXEC)
    if hasattr(signal, "alarm"):  # where the network is gone, Abort itself may wait for ever
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_ABORT_SECONDS)
    runtime.COMM_WORLD.Abort(code)
    os._exit(code)


def said_by(error: BaseException, rank: int) -> None:
    """Have an error that several processes raise printed by one of them.

    Parameters
    ----------
    error : BaseException
        That of this process.
    rank : int
        Which one prints it, if nothing catches it.
    """
    with suppress(Exception):
        setattr(error, _SAID_BY, rank)


def end_together(runtime: Any) -> None:
    """End all processes from now on when one ends by an error, as ``python -m mpi4py`` does.

    What several raise is printed once. The others than the one that failed wait an instant, so that it can say why.

    Parameters
    ----------
    runtime : module
        ``mpi4py.MPI``.
    """
    global _has_hook
    if _has_hook or runtime.COMM_WORLD.Get_size() == 1:
        return
    _has_hook = True
    before, rank = sys.excepthook, runtime.COMM_WORLD.Get_rank()

    def say_and_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, RankError):
            time.sleep(_FIRST_SAYS)
            if rank == (0 if error.rank else 1):
                sys.stderr.write(f"{kind.__name__}: {error}\n")
            else:
                time.sleep(_FIRST_SAYS)
        elif getattr(error, _SAID_BY, rank) == rank:
            before(kind, error, trace)
        else:
            time.sleep(2 * _FIRST_SAYS)
        if not runtime.Is_finalized():
            end_all(runtime, _FAILED)

    sys.excepthook = say_and_end


@contextmanager
def on_termination(act: Callable[[], object]) -> Iterator[None]:
    """Call ``act`` when a scheduler asks the process to end (SIGTERM); a second time ends it as usual.

    Outside the main thread, or where the program has a handler of its own, everything stays as it is.

    Parameters
    ----------
    act : callable
        Called without arguments.
    """
    usual = threading.current_thread() is threading.main_thread()
    if not usual or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def ask(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        act()

    signal.signal(signal.SIGTERM, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
