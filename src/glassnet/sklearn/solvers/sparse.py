"""Sparse rows that stay sparse: the first layer's products are SciPy's, and nothing is ever made dense."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.utils.row_sources import RowSource

__all__ = ["CompressedRows"]


class _SparseMatrix:
    """What a network that begins with a `Dense` layer asks of its input, for a sparse matrix of SciPy."""

    def __init__(self, matrix: Any) -> None:
        self._matrix = matrix
        self.shape: tuple[int, int] = matrix.shape

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def mT(self) -> _SparseMatrix:  # noqa: N802  # NumPy's name
        """The transposed matrix."""
        return _SparseMatrix(self._matrix.T)

    def dot(self, B: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Write the product with a dense matrix into ``out``."""
        out[...] = self._matrix @ B
        return out


class CompressedRows(RowSource):
    """The rows of a sparse matrix, for a network that begins with a `Dense` layer.

    Parameters
    ----------
    matrix : sparse matrix of SciPy
        Checked.
    dtype : numpy.dtype
        Of the network.
    """

    def __init__(self, matrix: Any, dtype: np.dtype[Any]) -> None:
        self.matrix = matrix.tocsr().astype(dtype, copy=False)
        self.dtype, self.shape = dtype, matrix.shape

    def __getitem__(self, rows: slice) -> Any:
        return _SparseMatrix(self.matrix[rows])

    def take(self, rows: np.ndarray) -> Any:
        return _SparseMatrix(self.matrix[rows])
