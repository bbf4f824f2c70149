"""One writer at a time: a lock on the name of a file, which ends with the process that has it."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from glassnet.errors import ConfigError
from glassnet.saving.writing import is_alive

try:
    import fcntl
except ImportError:  # a system without such locks: there nothing is locked
    fcntl = None  # type: ignore[assignment]

__all__ = ["refuse_locked", "sole_writer"]


@contextmanager
def sole_writer(where: str, path: Path) -> Iterator[None]:
    """Keep others from writing to ``path``, links resolved, for the length of the block.

    The lock is a small file beside it, held open: the system releases it however the process ends, and the next one
    takes it over. Where no lock can be had, in a folder that may not be written to, say, there is none.

    Raises
    ------
    ConfigError
        Another run has the lock.
    """
    lock = path.with_name(f".{path.name}.lock")
    descriptor = _acquire(where, path, lock)
    try:
        yield
    finally:
        if descriptor is not None:
            _remove(lock, descriptor)


def _acquire(where: str, path: Path, lock: Path) -> int | None:
    """Return the descriptor that holds the lock, None where there can be none."""
    while fcntl is not None:
        descriptor = _open(lock, os.O_RDWR | os.O_CREAT)
        if descriptor is None:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The one who had it may have removed it since it was opened here.
            if os.path.samestat(os.stat(lock), os.fstat(descriptor)):
                os.truncate(descriptor, 0)
                os.write(descriptor, _own_name())
                return descriptor
        except BlockingIOError:
            if _holder_lives(descriptor):
                raise _busy(where, path, descriptor) from None
            with suppress(OSError):  # a child of the dead process still has it open
                os.unlink(lock)
        except FileNotFoundError:
            pass
        except OSError:  # a file system without locks
            os.close(descriptor)
            return None
        os.close(descriptor)
    return None


def _open(lock: Path, flags: int) -> int | None:
    """Open a lock file; None for one that cannot be had, or that is something else and would be lost."""
    try:
        descriptor = os.open(lock, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    except OSError:
        return None
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and (not found.st_size or _holder(descriptor) is not None):
        return descriptor
    os.close(descriptor)
    return None


def _own_name() -> bytes:
    return f"glassnet {os.getpid()} {socket.gethostname()}\n".encode(errors="replace")


def _holder(descriptor: int) -> tuple[int, str] | None:
    """Return process and machine that a lock file names."""
    words = os.pread(descriptor, 500, 0).decode(errors="replace").split()
    is_ours = len(words) >= 2 and words[0] == "glassnet" and words[1].isdecimal()
    return (int(words[1]), " ".join(words[2:])) if is_ours else None


def _holder_lives(descriptor: int) -> bool:
    """Return False if the process that a lock file names is of this machine, and no more."""
    process, machine = _holder(descriptor) or (os.getpid(), "")
    return process == os.getpid() or machine != socket.gethostname() or is_alive(process)


def _busy(where: str, path: Path, descriptor: int) -> ConfigError:
    """Return the error that names the run which has the lock, and close the descriptor."""
    holder = _holder(descriptor)
    os.close(descriptor)
    by = "" if holder is None else f", process {holder[0]}"
    message = (
        f"{where}: {str(path)!r} is the checkpoint of a run that is going on{by}. "
        "Wait for its end, or choose another name."
    )
    return ConfigError(message, got=path)


def refuse_locked(where: str, path: Path) -> None:
    """Raise ConfigError if a run is writing its checkpoints to ``path``, links resolved.

    The lock file that a killed run has left is removed.
    """
    lock = path.with_name(f".{path.name}.lock")
    descriptor = None if fcntl is None else _open(lock, os.O_RDWR)
    if descriptor is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if _holder_lives(descriptor):
            raise _busy(where, path, descriptor) from None
    except OSError:  # a file system without locks
        os.close(descriptor)
        return
    _remove(lock, descriptor)


def _remove(lock: Path, descriptor: int) -> None:
    """Remove a lock file and close it."""
    with suppress(OSError):
        if os.path.samestat(os.stat(lock), os.fstat(descriptor)):
            os.unlink(lock)  # while it is held, so that nobody can have taken it
    os.close(descriptor)
