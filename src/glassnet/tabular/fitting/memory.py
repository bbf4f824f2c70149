"""How much memory a fit needs beside the table itself, said before it begins."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from glassnet.errors import TableWarning
from glassnet.utils.callers import stacklevel_outside
from glassnet.utils.memory import available_memory

__all__ = ["announce_memory", "memory_of_fit"]

_FIXED = 150_000_000  # of a network of a recipe and its work space
_PER_ROW = 100  # orders, hashes, targets, masks and references to text
_PER_CELL = 4
_SAID = 250_000_000  # from so much on it is announced


def memory_of_fit(n_rows: int, n_features: int) -> int:
    """Return about how many bytes a fit needs beside the table, for encoded rows in single precision.

    Examples
    --------
    >>> memory_of_fit(1_000_000, 40)
    410000000
    """
    return _FIXED + n_rows * (_PER_CELL * n_features + _PER_ROW)


def announce_memory(
    where: str,
    n_rows: int,
    n_features: int,
    announce: Callable[[str], None] | None = None,
    free: Callable[[], int | None] = available_memory,
) -> None:
    """Announce the memory that a fit needs if it is a quarter of a gigabyte or more, and warn if there is less.

    Parameters
    ----------
    where : str
        Start of the warning.
    n_rows, n_features : int
        Size of the encoded table.
    announce : callable, optional
        Is given the words, such as ``"about 1.2 GB of memory"``.
    free : callable, optional
        Returns the bytes that are free, or None.
    """
    needed = memory_of_fit(n_rows, n_features)
    if needed < _SAID:
        return
    words = f"about {needed / 1e9:.1f} GB of memory"
    if announce is not None:
        announce(words)
    left = free()
    if left is not None and left < needed:
        message = f"{where}: {n_rows:,} rows of {n_features:,} features need {words}, and {left / 1e9:.1f} GB are free."
        warnings.warn(f"{message} Take fewer rows.", TableWarning, stacklevel=stacklevel_outside("sklearn"))
