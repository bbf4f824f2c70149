"""Writing a file in place of another: in one go, over nothing but an ordinary file, and without leftovers."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import threading
from contextlib import suppress
from itertools import count
from pathlib import Path

from glassnet.errors import ConfigError
from glassnet.saving.safetensors_reader import KINDS

__all__ = ["check_target", "is_alive", "keep_beside", "sweep_parts", "write_atomically"]

_being_written: set[Path] = set()  # part files of this process
_LONGEST = 200  # bytes of a name that the names of part files repeat; file systems allow about 255 in all


def check_target(path: str | os.PathLike[str]) -> Path:
    """Return the path that would be written to, links resolved.

    Raises
    ------
    ConfigError
        It is that of a folder, a device, a pipe or the like, lies in a folder that does not exist, or is no name of a
        file at all.
    """
    if not isinstance(path, (str, os.PathLike)):
        message = f"save: the path is {path!r}; it must be a str or a Path."
        raise ConfigError(message, got=path)
    real = _ordinary(path)
    if not real.parent.is_dir():
        message = f"save: the folder {str(real.parent)!r} does not exist. Make it first."
        raise ConfigError(message, got=real)
    return real


def _ordinary(path: str | os.PathLike[str]) -> Path:
    """Return the path, links resolved, unless something else than an ordinary file has it."""
    try:
        real = Path(os.path.realpath(path))
        mode = os.stat(real).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return real
    except ValueError as error:  # a zero byte, or characters that the file system cannot have
        message = f"save: no file can be called {os.fspath(path)!r}. Choose another name."
        raise ConfigError(message, got=path) from error
    if stat.S_ISDIR(mode):
        message = f"save: {str(real)!r} is a folder; the path must be that of a file. Add a file name."
        raise ConfigError(message, got=real)
    if not stat.S_ISREG(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "something else")
        message = f"save: {str(real)!r} is {kind}; the path must be that of an ordinary file."
        raise ConfigError(message, got=real)
    return real


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file so that at any instant the path holds the old content or the new one, also after a power cut.

    A link stays a link, and an existing file keeps its permissions. After an OSError, for a full disk, a read-only
    folder or one that is gone, the old file is whole. Folders, devices and pipes are refused.
    """
    path = _ordinary(path)
    mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
    temporary = path.with_name(f"{_prefix(path)}{os.getpid()}-{threading.get_ident()}.part")
    _remove(temporary)  # of a process before us that had the same numbers, as processes in containers do
    _being_written.add(temporary)
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except OSError as error:
        _remove(temporary)
        raise OSError(error.errno, error.strerror, str(path)) from error
    except BaseException:
        _remove(temporary)
        raise
    finally:
        _being_written.discard(temporary)
    _sync_folder(path.parent)


def _prefix(path: Path) -> str:
    """Return how the names of a file's part files begin."""
    name = os.fsencode(path.name)
    return f".{path.name if len(name) <= _LONGEST else hashlib.sha256(name).hexdigest()}."


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _sync_folder(folder: Path) -> None:
    """Make the rename last; systems that cannot open a folder do it by themselves."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep_parts(path: Path) -> None:
    """Remove what processes that are no more left half written of this very file, links resolved."""
    part = re.compile(re.escape(_prefix(path)) + r"(\d+)-(\d+)\.part")
    with suppress(OSError):
        for name in os.listdir(path.parent):
            found = part.fullmatch(name)
            if found and not _is_being_written(path.with_name(name), int(found[1])):
                _remove(path.with_name(name))


def _is_being_written(part: Path, process: int) -> bool:
    """Return whether a part file, whose name has the number of a process, is at work."""
    return part in _being_written if process == os.getpid() else is_alive(process)


def is_alive(process: int) -> bool:
    """Return whether a process of this machine is running."""
    if os.name == "nt":  # there the call below would end the process
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is another user's
        return True
    return not _has_ended(process)


def _has_ended(process: int) -> bool:
    """Return whether a process has ended though its parent has not asked how."""
    try:
        states = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:  # a system without it
        return False
    return states[:1] == [b"Z"]


def keep_beside(path: Path) -> Path:
    """Give a file a second name, ``run.previous-1.safetensors``, under which it stays when it is replaced; return that.

    Where the file system has no second names, it is a copy.
    """
    for number in count(1):
        other = path.with_name(f"{path.stem}.previous-{number}{path.suffix}")
        try:
            os.link(path, other)
        except FileExistsError:
            continue
        except OSError:
            if os.path.lexists(other):
                continue
            write_atomically(other, path.read_bytes())
        return other
    raise AssertionError  # count has no end
