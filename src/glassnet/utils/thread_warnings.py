"""The warnings of one thread, recorded while other threads of the process record theirs, as in a worker of Dask.

`warnings.catch_warnings` is one for all threads: of two that overlap, one would have the warnings of both.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["warnings_of_thread"]

_guard = threading.Lock()
_records: dict[int, list[warnings.WarningMessage]] = {}  # by thread
_blocks: list[warnings.catch_warnings[Any]] = []  # the one that all threads share, while there are some


@contextmanager
def warnings_of_thread() -> Iterator[list[warnings.WarningMessage]]:
    """Yield a list that receives all warnings of this thread while inside, in place of the screen.

    Examples
    --------
    >>> with warnings_of_thread() as found:
    ...     warnings.warn("it is late", UserWarning)
    >>> [str(each.message) for each in found]
    ['it is late']
    """
    me = threading.get_ident()
    found: list[warnings.WarningMessage] = []
    with _guard:
        if not _records:
            block = warnings.catch_warnings()
            block.__enter__()
            _blocks.append(block)
            warnings.simplefilter("always")
            warnings.showwarning = _shown_by(warnings.showwarning)
        around, _records[me] = _records.get(me), found
    try:
        yield found
    finally:
        with _guard:
            del _records[me]
            if around is not None:
                _records[me] = around
            if not _records:
                _blocks.pop().__exit__(None, None, None)


def _shown_by(usual: Callable[..., None]) -> Callable[..., None]:
    """Return what records the warnings of threads that record them, and shows others as ``usual``."""

    def show(message: Warning | str, category: type[Warning], *others: Any) -> None:
        record = _records.get(threading.get_ident())
        if record is None:
            usual(message, category, *others)
        else:
            record.append(warnings.WarningMessage(message, category, *others))

    return show
