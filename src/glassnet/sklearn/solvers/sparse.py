"""Sparse rows: the first layer multiplies them with SciPy, and they are never converted to a dense array."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.utils.row_sources import RowSource

__all__ = ["CompressedRows", "DenseRows"]


class _SparseMatrix:
    """A sparse matrix of SciPy with the methods of an array that a `Dense` layer calls on its input."""

    def __init__(self, matrix: Any) -> None:
        self._matrix = matrix
        self.shape: tuple[int, int] = matrix.shape

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def mT(self) -> _SparseMatrix:  # noqa: N802  # NumPy's name
        """The transposed matrix."""
        return _SparseMatrix(self._matrix.T)

    def toarray(self) -> np.ndarray:
        """Return the rows as an array."""
        found: np.ndarray = self._matrix.toarray()
        return found

    def dot(self, B: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write the product with a dense matrix into ``out``."""
        out[...] = self._matrix @ B
        return out


class CompressedRows(RowSource):
    """The rows of a checked sparse matrix, in a network's dtype, for one that begins with a `Dense` layer."""

    def __init__(self, matrix: Any, dtype: np.dtype[Any]) -> None:
        self.matrix = matrix.tocsr().astype(dtype, copy=False)
        self.dtype, self.shape = dtype, matrix.shape

    def __getitem__(self, rows: slice) -> Any:
        return _SparseMatrix(self.matrix[rows])

    def take(self, rows: np.ndarray) -> Any:
        return _SparseMatrix(self.matrix[rows])


class DenseRows(RowSource):
    """The rows of sparse ones, or of some of them, as arrays: for a look at a few."""

    def __init__(self, rows: RowSource) -> None:
        self._rows, self.dtype, self.shape = rows, rows.dtype, rows.shape

    def take(self, rows: np.ndarray) -> np.ndarray:
        sparse: Any = self._rows.take(rows.reshape(-1))
        found: np.ndarray = sparse.toarray()
        return found.reshape(*rows.shape, self.shape[1])
