"""Lazy row access: memory maps, larger-than-memory arrays, sparse matrices.

A source is indexed like an array, by slices only, and returns new dense rows of the network's dtype, which are checked
as they are read; `RowSource.take` returns rows by their numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import DataError, ShapeError
from glassnet.utils.checks import check_matrix

__all__ = [
    "MappedRows", "PreparedRows", "RowSource", "SparseRows", "as_source", "fingerprint", "is_mapped", "read_rows",
    "take_rows",
]  # fmt: skip


class RowSource:
    """Base class of lazily read rows."""

    shape: tuple[int, ...]  # of the dense array
    dtype: np.dtype[Any]  # of the rows returned
    scattered: bool = False  # whether reading rows that are far apart is slow

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        return self.take(np.arange(*rows.indices(len(self))))

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows of these numbers, an array of any shape, densely: shape ``(*rows.shape, *shape[1:])``."""
        raise NotImplementedError

    def sample(self) -> np.ndarray:
        """Return sample rows used to fingerprint the data."""
        return self.take(np.unique(np.linspace(0, len(self) - 1, min(len(self), 256)).astype(np.int64)))


class MappedRows(RowSource):
    """Rows of a memory-mapped array, which is never read, checked or converted as a whole."""

    scattered = True

    def __init__(self, where: str, name: str, array: np.ndarray, dtype: np.dtype[Any], min_ndim: int = 2) -> None:
        self._where, self._name, self._array, self._min_ndim = where, name, array, min_ndim
        self.dtype, self.shape = dtype, array.shape
        if array.ndim and len(array):
            self.take(np.zeros(1, dtype=np.int64))
        else:
            check_matrix(where, name, np.asarray(array), dtype, min_ndim)

    def take(self, rows: np.ndarray) -> np.ndarray:
        places = rows.reshape(-1)
        found = np.take(self._array, places, axis=0)
        checked = check_matrix(self._where, self._name, found, self.dtype, self._min_ndim, row_numbers=places)
        return checked.reshape(*rows.shape, *self.shape[1:])


class SparseRows(RowSource):
    """Rows of a SciPy sparse matrix of any format, made dense batch by batch."""

    def __init__(self, where: str, name: str, matrix: Any, dtype: np.dtype[Any]) -> None:
        if matrix.ndim != 2:
            must = "it must have two dimensions, one sample per row"
            message = f"{where}: {name} has shape {matrix.shape}; {must}."
            raise ShapeError(message, expected=must, got=matrix.shape)
        rows = matrix.tocsr()
        self.dtype, self.shape = dtype, (int(matrix.shape[0]), int(matrix.shape[1]))
        if 0 in self.shape:
            message = f"{where}: {name} has shape {self.shape}; it must have at least one row and one value."
            raise DataError(message, got=self.shape)
        values = rows.data.astype(dtype) if rows.data.size else np.zeros(0, dtype)
        if not np.isfinite(values).all():
            first = int(np.flatnonzero(~np.isfinite(values))[0])
            row = int(np.searchsorted(rows.indptr, first, side="right")) - 1
            place = f"row {row}, column {rows.indices[first]}"
            message = f"{where}: {name} holds {rows.data[first]} at {place}; it must be finite."
            raise DataError(message, got=float(rows.data[first]))
        self._rows = rows

    def take(self, rows: np.ndarray) -> np.ndarray:
        dense: np.ndarray = self._rows[rows.reshape(-1)].toarray().astype(self.dtype, copy=False)
        return dense.reshape(*rows.shape, *self.shape[1:])


class PreparedRows(RowSource):
    """Memory-mapped targets, which `Loss.prepare` prepares as they are read."""

    scattered = True

    def __init__(self, array: np.ndarray, prepare: Callable[[np.ndarray], np.ndarray]) -> None:
        self._array, self._prepare = array, prepare
        first = prepare(np.asarray(array[:1]))
        self.dtype, self.shape = first.dtype, (len(array), *first.shape[1:])

    def take(self, rows: np.ndarray) -> np.ndarray:
        found = self._prepare(np.take(self._array, rows.reshape(-1), axis=0))
        return found.reshape(*rows.shape, *self.shape[1:])


class _Subset(RowSource):
    """A subset of the rows of a source."""

    def __init__(self, source: RowSource, rows: np.ndarray) -> None:
        self._source, self._rows = source, rows
        self.dtype, self.shape, self.scattered = source.dtype, (len(rows), *source.shape[1:]), source.scattered

    def take(self, rows: np.ndarray) -> np.ndarray:
        return self._source.take(self._rows[rows])


def take_rows(array: Any, rows: np.ndarray) -> Any:
    """Return some rows: an array of an array, a source of a source, None of None."""
    if isinstance(array, RowSource):
        return _Subset(array, rows)
    return None if array is None else array[rows]


def read_rows(array: Any, rows: np.ndarray) -> Any:
    """Return some rows of an array or a source as an array, of None as None."""
    return array.take(rows) if isinstance(array, RowSource) else take_rows(array, rows)


def is_mapped(value: Any) -> bool:
    """Return whether an array is memory-mapped."""
    while isinstance(value, np.ndarray):
        if isinstance(value, np.memmap):
            return True
        value = value.base
    return False


def as_source(where: str, name: str, value: Any, dtype: np.dtype[Any]) -> RowSource | None:
    """Return a source for memory maps and sparse matrices, None for everything else."""
    if hasattr(value, "tocsr") and hasattr(value, "nnz"):
        return SparseRows(where, name, value, dtype)
    return MappedRows(where, name, value, dtype) if is_mapped(value) else None


def fingerprint(arrays: tuple[Any, ...]) -> str:
    """Return a short text that differs for other rows; of what is read when needed, for other samples of them."""
    from hashlib import blake2b

    digest = blake2b(digest_size=8)
    for array in arrays:
        if isinstance(array, RowSource):
            digest.update(repr(array.shape).encode())
            array = array.sample()
        digest.update(b"" if array is None else np.ascontiguousarray(array).data)
    return digest.hexdigest()
