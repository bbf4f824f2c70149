"""Objects made into bytes for another process, which may be on another machine, and back.

Everything goes by name, as `pickle` does it, but for functions and classes that the other process cannot import: those
of the script itself, and those made inside functions. They are sent by value where cloudpickle is installed, which
takes along what they use of the script, and so they must be small.
"""

from __future__ import annotations

import importlib
import io
import pickle
from types import FunctionType, ModuleType
from typing import Any

from glassnet.errors import ConfigError
from glassnet.utils.wording import shortened

__all__ = ["pack", "unpack"]

_MOST_BYTES = 100_000
_SCRIPTS = ("__main__", "__mp_main__")


class _Packer(pickle.Pickler):
    """Sends functions and classes of the script by value."""

    def __init__(self, where: str, file: io.BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._where, self._by_value = where, _cloudpickle()

    def reducer_override(self, value: Any) -> Any:
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
    file = io.BytesIO()
    try:
        _Packer(where, file).dump(value)
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
