"""What all tasks have in common, such as rows, handed to the workers of an executor once and not with every task.

Threads of this process share the memory; its processes map one file; a cluster of Dask keeps one copy for each worker,
and makes it anew if a worker is lost. Any other executor gets it with every task, as everything that is small.
"""

from __future__ import annotations

import mmap
import os
import pickle
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from glassnet.utils.sending import pack, pack_apart

__all__ = ["handed_to", "is_cut_off", "is_of_dask", "quiet_sending", "taken"]

_SMALL = 1_000_000  # bytes, that may go with every task
_ALIGNMENT = 64

_in_memory: dict[str, tuple[bytes, list[Any]]] = {}


class _InMemory(NamedTuple):
    """What a thread of this process finds under a name."""

    name: str


class _InFile(NamedTuple):
    """What a process of this machine finds in a file: arrays from and to these places, and all else."""

    path: str
    rest: bytes
    spans: list[tuple[int, int]]


def is_of_dask(executor: Any) -> bool:
    """Return whether an executor is a cluster of Dask."""
    return type(executor).__module__.startswith("distributed.") and hasattr(executor, "_client")


def _is_pool(executor: Any, kind: str) -> bool:
    """Return whether an executor is a pool of threads or processes: Python's own or that of loky."""
    return any(each.__name__ == f"{kind}PoolExecutor" for each in type(executor).__mro__)


def is_cut_off(executor: Any) -> bool:
    """Return whether an executor is a cluster of Dask whose client gave up its scheduler, or was closed."""
    return is_of_dask(executor) and getattr(executor._client, "status", "") in ("closing", "closed")


@contextmanager
def quiet_sending() -> Iterator[None]:
    """Keep Dask from advising to leave rows with one worker while inside: they would be lost with that worker."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")
        yield


@contextmanager
def handed_to(where: str, executor: Any, value: Any) -> Iterator[Any]:
    """Yield what stands for an object in the arguments of a task, where `taken` makes the object of it again.

    Parameters
    ----------
    where : str
        Who sends it, for the message.
    executor : object or str
        A checked executor.
    value : object
        What `pack` takes.
    """
    rest, buffers = pack_apart(where, value)
    name = os.urandom(16).hex()
    if sum(len(each) for each in buffers) <= _SMALL:
        yield pack(where, value)
    elif _is_pool(executor, "Thread"):
        _in_memory[name] = rest, buffers
        try:
            yield _InMemory(name)
        finally:
            del _in_memory[name]
    elif is_of_dask(executor):
        packed = pack(where, value)
        held: Any = packed
        with quiet_sending(), suppress(Exception):  # a scheduler that is gone shows when tasks are handed over
            held = executor._client.submit(_kept, packed, pure=False)
        yield held
    elif _is_pool(executor, "Process") or (executor == "joblib" and _is_near_in_joblib()):
        path = ""
        with suppress(OSError):  # no folder, or no room in it
            path = os.path.join(tempfile.gettempdir(), f"glassnet-{name}.rows")
        try:
            spans = _write(path, buffers) if path else None
            yield pack(where, value) if spans is None else _InFile(path, rest, spans)
        finally:
            with suppress(OSError):
                os.unlink(path)
    else:
        yield pack(where, value)


def taken(handle: Any) -> Any:
    """Return what was handed over; arrays may be read only, and are the same memory in all workers."""
    if isinstance(handle, _InMemory):
        rest, buffers = _in_memory[handle.name]
        return pickle.loads(rest, buffers=[each.toreadonly() for each in buffers])
    if isinstance(handle, _InFile):
        with open(handle.path, "rb") as file:
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return pickle.loads(handle.rest, buffers=[view[start:end] for start, end in handle.spans])
    return pickle.loads(handle)


def _kept(packed: bytes) -> bytes:
    return packed


def _write(path: str, buffers: Sequence[Any]) -> list[tuple[int, int]] | None:
    """Write buffers one after the other, and return where each is; None if there is no room."""
    spans = []
    try:
        with open(path, "xb") as file:
            for each in buffers:
                start = -(-file.tell() // _ALIGNMENT) * _ALIGNMENT
                file.seek(start)
                file.write(each)
                spans.append((start, start + len(each)))
    except OSError:
        return None
    return spans


def _is_near_in_joblib() -> bool:
    """Return whether joblib's active backend has its workers on this machine."""
    from joblib.parallel import get_active_backend

    return type(get_active_backend()[0]).__module__.startswith("joblib._parallel_backends")
