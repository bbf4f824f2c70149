"""How many threads the matrix products may use, for the time of a fit.

OpenBLAS takes every core by default, and its workers wait by spinning: on a machine where one other process computes,
that makes small products 10-100 times slower. One thread never falls off that cliff.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassnet.utils.checks import check_integer

__all__ = ["BlasLimit", "available_threads", "blas_threads", "choose_threads", "most_threads", "usable_cores"]

# Below about 128 x 256 x 128 multiply-adds a second thread gains nothing even on an idle machine.
_WORTH_A_SECOND_THREAD = 4.0e6
_MARGIN = 1.15
_QUOTA_FILE = "/sys/fs/cgroup/cpu.max"
_LARGEST_TRIAL = 5.0e7  # multiply-adds: a millisecond or two

_lock = threading.Lock()
_requests: list[BlasLimit] = []
_controller: Any = None
_original: int | None = None


def _blas() -> Any:
    """Return the controller of the loaded BLAS libraries; finding them takes milliseconds, so once."""
    global _controller
    if _controller is None:
        from threadpoolctl import ThreadpoolController

        _controller = ThreadpoolController().select(user_api="blas")
    return _controller


def _forget_requests() -> None:
    """In a forked child the fits of the parent's threads are not running."""
    _requests.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_requests)


def _set(n: int) -> None:
    for library in _blas().lib_controllers:
        library.set_num_threads(n)


class BlasLimit:
    """A limit on the threads of BLAS, ``n``, that holds inside `blas_threads`."""

    def __init__(self, n: int) -> None:
        self.n = n

    def change(self, n: int) -> None:
        """Allow ``n`` threads from now on."""
        with _lock:
            self.n = n
            _set(min(request.n for request in _requests))


@contextmanager
def blas_threads(n: int) -> Iterator[BlasLimit]:
    """Limit BLAS to ``n`` threads while inside.

    The count belongs to the whole process: of several limits at once, from several threads, the smallest holds, and
    the last one to leave puts the caller's setting back.
    """
    global _original
    limit = BlasLimit(n)
    with _lock:
        if not _requests:
            _original = available_threads()
        # To set it again takes 4 us: as long as a third of the smallest step.
        is_new = not _requests or n < min(request.n for request in _requests)
        _requests.append(limit)
        if is_new:
            _set(n)
    try:
        yield limit
    finally:
        with _lock:
            _requests.remove(limit)
            left = min((request.n for request in _requests), default=_original or 1)
            if not _requests or limit.n < left:
                _set(left)


def available_threads() -> int:
    """Return how many threads BLAS is set to use now."""
    return max((library.get_num_threads() or 1 for library in _blas().lib_controllers), default=1)


def choose_threads(threads: int | str, largest_product: tuple[int, int, int], dtype: np.dtype[Any]) -> int:
    """Return how many BLAS threads a fit should use; its largest matrix product is that of ``(n, d_in, d_out)``.

    A number is taken as it is. ``"auto"`` takes one thread for small products, and for large ones tries on the spot
    whether all that the caller allows are faster: on a busy machine they are not.
    """
    most = most_threads(threads, largest_product)
    if threads != "auto" or most == 1:
        return most
    return most if _seconds(most, largest_product, dtype) * _MARGIN < _seconds(1, largest_product, dtype) else 1


def most_threads(threads: int | str, largest_product: tuple[int, int, int]) -> int:
    """Return how many BLAS threads are worth a trial: a number as it is, and for ``"auto"`` 1 for small products."""
    if threads != "auto":
        return check_integer("fit", "threads", threads, 1, "Or pass threads='auto'.")
    n, d_in, d_out = largest_product
    return 1 if n * d_in * d_out < _WORTH_A_SECOND_THREAD else min(available_threads(), usable_cores())


def usable_cores() -> int:
    """Return how many cores this process may use: in a container it may be fewer than there are."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        with open(_QUOTA_FILE) as file:
            quota, period = file.read().split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):  # no quota: another system, or the word "max"
        return cores


def _seconds(threads: int, product: tuple[int, int, int], dtype: np.dtype[Any]) -> float:
    """Return the median time of one product of this size, or of one with fewer rows if that would take long."""
    n, d_in, d_out = product
    n = max(1, min(n, int(_LARGEST_TRIAL / (d_in * d_out))))
    A, B, C = np.ones((n, d_in), dtype), np.ones((d_in, d_out), dtype), np.empty((n, d_out), dtype)
    times = []
    with blas_threads(threads):
        for _ in range(6):
            start = time.perf_counter()
            np.matmul(A, B, out=C)
            times.append(time.perf_counter() - start)
    return statistics.median(times[1:])
