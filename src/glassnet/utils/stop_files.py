"""How work in other processes learns that it should end: by a file on this machine, by Dask, or without a parent."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from glassnet.utils.dask_tasks import is_cancelled

__all__ = ["looks_for_end", "name_stop_file", "stop_file"]

_LOOK_SECONDS = 0.05


def name_stop_file() -> str:
    """Return the path of a file that does not exist yet; so nothing is left by a process that is killed.

    Raises
    ------
    OSError
        There is no folder for temporary files.
    """
    return os.path.join(tempfile.gettempdir(), f"glassnet-{os.urandom(16).hex()}.stop")


@contextmanager
def stop_file(is_stopped: Callable[[], bool]) -> Iterator[str]:
    """Yield the path of a file that is written once it is asked to stop while inside; "" if there can be none.

    Parameters
    ----------
    is_stopped : callable
        Looked at now and then, by a thread.
    """
    try:
        path = name_stop_file()
    except OSError:  # there is no folder for temporary files
        yield ""
        return
    done = threading.Event()

    def look() -> None:
        while not done.wait(_LOOK_SECONDS):
            if is_stopped():
                with suppress(OSError):  # no room: what is under way goes on
                    Path(path).touch()
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield path
    finally:
        done.set()
        thread.join()
        with suppress(OSError):
            os.unlink(path)


def looks_for_end(path: str) -> Callable[[], bool]:
    """Return what says whether the work of this thread should end; it may be called after every step.

    Parameters
    ----------
    path : str
        The file that says so, "" for none, as on another machine.
    """
    module = sys.modules.get("multiprocessing.process")  # there in all processes that it began
    began_by = os.getppid() if module is not None and module.parent_process() is not None else None
    ends, looked_at = False, time.perf_counter()

    def should_end() -> bool:
        nonlocal ends, looked_at
        now = time.perf_counter()
        if not ends and now - looked_at >= _LOOK_SECONDS:
            looked_at = now
            is_orphan = began_by is not None and os.getppid() != began_by
            ends = is_orphan or bool(path and os.path.exists(path)) or is_cancelled()
        return ends

    return should_end
