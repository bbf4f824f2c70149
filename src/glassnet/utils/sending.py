"""Objects made into bytes for another process, which may be on another machine, and back.

Everything goes by name, as `pickle` does it, but for functions and classes that the other process cannot import: those
of the script itself, and those made inside functions. They are sent by value where cloudpickle is installed, which
takes along what they use of the script, and so they must be small. A memory map goes as the name of its file.
"""

from __future__ import annotations

import importlib
import io
import mmap
import pickle
import platform
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.utils.wording import shortened

__all__ = ["pack", "pack_apart", "unpack"]

_MOST_BYTES = 100_000
_SCRIPTS = ("__main__", "__mp_main__")


class _Packer(pickle.Pickler):
    """Sends functions and classes of the script by value."""

    def __init__(
        self, where: str, file: io.BytesIO, take_buffer: Callable[[pickle.PickleBuffer], object] | None
    ) -> None:
        super().__init__(file, 5, buffer_callback=take_buffer)
        self._where, self._by_value = where, _cloudpickle()

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, np.memmap) and _is_whole(value):
            return _mapped, (str(value.filename), value.dtype.str, _place(value), value.shape, _order(value))
        if self._by_value is None or not isinstance(value, (FunctionType, type)) or not _is_own(value):
            return NotImplemented
        packed = self._by_value.dumps(value)
        if len(packed) > _MOST_BYTES:
            fact = f"{value.__qualname__} takes {len(packed) / 1e6:.1f} MB with what it uses of the script"
            message = f"{self._where}: {fact}; what is sent to workers by value may take {_MOST_BYTES // 1000} kB. "
            message += "Put it into a module that they can import, or use fewer globals in it."
            raise ConfigError(message, expected=_MOST_BYTES, got=len(packed))
        return pickle.loads, (packed,)


def _is_own(value: Any) -> bool:
    """Return whether another process cannot import a function or class by its name."""
    return value.__module__ in _SCRIPTS or "<" in value.__qualname__


def _is_whole(array: Any) -> bool:
    """Return whether the numbers of a memory map are one piece of a file that has a name, and as they are there."""
    is_plain = array.dtype.names is None and (array.flags.c_contiguous or array.flags.f_contiguous)
    if not is_plain or array.filename is None or array.size == 0 or array.mode == "c":
        return False
    array._mmap.flush()
    return True


def _order(array: Any) -> str:
    return "C" if array.flags.c_contiguous else "F"


def _place(array: Any) -> int:
    """Return where in its file a memory map begins; a part of one has the offset of the whole."""
    begin = np.frombuffer(array._mmap, np.uint8).__array_interface__["data"][0]
    mapped_from = array.offset - array.offset % mmap.ALLOCATIONGRANULARITY
    return int(mapped_from + array.__array_interface__["data"][0] - begin)


def _mapped(name: str, dtype: str, offset: int, shape: tuple[int, ...], order: Any) -> np.ndarray:
    """Map the file of an array in a worker."""
    try:
        return np.memmap(name, dtype, "r", offset, shape, order)
    except OSError as error:
        fact = f"a worker on {platform.node()} cannot read {name!r} ({error.strerror or error})"
        rule = "a memory map is sent as the name of its file, which workers must be able to read"
        message = f"executor: {fact}; {rule}. Use a shared folder, or pass an array in memory."
        raise ConfigError(message, got=name) from error


def _cloudpickle() -> ModuleType | None:
    for name in ("cloudpickle", "joblib.externals.cloudpickle"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def pack(where: str, value: Any) -> bytes:
    """Return an object as bytes.

    Parameters
    ----------
    where : str
        Who sends it, for the message.
    value : object
        What `pickle` can hold, with functions and classes of the script.

    Raises
    ------
    ConfigError
        It holds something that cannot be sent, such as a lock or an open file, or too much by value.

    Examples
    --------
    >>> unpack(pack("sweep", [1, 2.5]))
    [1, 2.5]
    """
    return _packed(where, value, None)


def pack_apart(where: str, value: Any) -> tuple[bytes, list[memoryview]]:
    """Return an object as bytes without the numbers of its arrays, and these, not copied; as `pack` otherwise."""
    buffers: list[pickle.PickleBuffer] = []
    return _packed(where, value, buffers.append), [each.raw() for each in buffers]


def _packed(where: str, value: Any, take_buffer: Callable[[pickle.PickleBuffer], object] | None) -> bytes:
    file = io.BytesIO()
    try:
        _Packer(where, file, take_buffer).dump(value)
    except ConfigError:
        raise
    except Exception as error:  # what is inside may raise anything
        fact = f"something cannot be sent to workers ({shortened(error, 200)})"
        fix = "Leave it out, or define functions and classes at the top of a module."
        message = f"{where}: {fact}; data, networks and options must be what pickle can hold. {fix}"
        raise ConfigError(message, got=error) from error
    return file.getvalue()


def unpack(packed: bytes) -> Any:
    """Return what `pack` was given, as a copy."""
    return pickle.loads(packed)
