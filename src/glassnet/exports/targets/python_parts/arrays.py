"""The arrays of a file: their names, and what is printed for each."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import numpy as np

from glassnet.exports.naming import identifier

__all__ = ["Arrays", "is_single", "packed"]

_WIDTH = 96  # characters of base64 in a line


class Arrays:
    """Arrays by name, each name once: W1, W2, b2, ...

    ``number`` is that of the line of the file that uses them, ``reserved`` are names that they must not have.
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._reserved = frozenset(reserved)
        self.found: dict[str, np.ndarray] = {}
        self.number = 1

    def add(self, name: str, array: np.ndarray) -> str:
        """Keep an array under a name with the number of the line, and return the name."""
        full = f"{name}{self.number}"
        while full in self.found or full in self._reserved:
            full += "_"
        self.found[full] = np.asarray(array)
        return full

    def add_named(self, text: str, array: np.ndarray) -> str:
        """Keep an array under a name in capitals made of any text, and return the name."""
        name = identifier(text, {known.lower() for known in self.found}).upper()
        self.found[name] = np.asarray(array)
        return name


def is_single(array: np.ndarray) -> bool:
    """Return whether single precision holds every number of an array."""
    with np.errstate(over="ignore"):
        return bool(np.array_equal(array.astype(np.float32), array, equal_nan=True))


def packed(array: np.ndarray) -> tuple[str, str]:
    """Return the type of the numbers and the lines of their base64.

    Examples
    --------
    >>> packed(np.array([1.0, 2.0]))
    ('<f4', 'AACAPwAAAEA=')
    """
    kind = "<i4" if array.dtype.kind in "iu" else "<f4" if is_single(array) else "<f8"
    text = base64.b64encode(np.ascontiguousarray(array, dtype=kind).tobytes()).decode()
    return kind, "\n".join(text[i : i + _WIDTH] for i in range(0, len(text), _WIDTH))
