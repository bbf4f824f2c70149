"""What a task of Dask can know about itself: that it is one, whether anybody waits for it, how to wait for others.

Dask never ends a task that has begun: one that was cancelled would go on for as long as it takes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["is_cancelled", "is_task_of_dask", "place_given_up"]


def _thread_state() -> Any:
    """Return what a worker notes on the task of this thread; of another thread it has no ``execution_state``."""
    return getattr(sys.modules.get("distributed.utils"), "thread_state", None)


def is_task_of_dask() -> bool:
    """Return whether this thread does a task of a Dask worker.

    Examples
    --------
    >>> is_task_of_dask()
    False
    """
    return hasattr(_thread_state(), "execution_state")


def is_cancelled() -> bool:
    """Return whether this thread does a task of Dask that was cancelled, or whose client is gone.

    Examples
    --------
    >>> is_cancelled()
    False
    """
    with suppress(Exception):  # these names are Dask's own, and another version may have others
        state = _thread_state()
        if state is not None and hasattr(state, "execution_state"):
            task = state.execution_state["worker"].state.tasks.get(state.key)
            return task is None or task.state == "cancelled"
    return False


@contextmanager
def place_given_up() -> Iterator[None]:
    """Let the worker do other tasks while inside, if this thread does a task of Dask that will wait for them.

    Otherwise tasks that wait for others could have all the places that those need, for ever.

    Examples
    --------
    >>> with place_given_up():
    ...     is_task_of_dask()
    False
    """
    if not is_task_of_dask():
        yield
        return
    import distributed

    calls: Any = distributed
    has_given_up = False
    with suppress(Exception):  # it was given up before, as by distributed.worker_client
        calls.secede()
        has_given_up = True
    try:
        yield
    finally:
        if has_given_up:
            calls.rejoin()
