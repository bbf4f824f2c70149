"""The limit: the matrix products of a step or of a prediction, and nothing else."""

from __future__ import annotations

import numpy as np

from benchmarks.cases import Case
from glassnet.training.threads.blas import blas_threads

__all__ = ["Products", "make"]


class Products:
    """Products of a case's shapes, preallocated, in float32.

    Parameters
    ----------
    case : Case
    threads : int or None
        Of BLAS; None for its default.
    """

    def __init__(self, case: Case, threads: int | None = 1) -> None:
        self._threads = threads
        rng = np.random.default_rng(0)
        self._A = [rng.standard_normal((case.batch, width), dtype=np.float32) for width in case.widths]
        sizes = zip(case.widths, case.widths[1:], strict=False)
        self._W = [rng.standard_normal((i, o), dtype=np.float32) / np.float32(np.sqrt(i)) for i, o in sizes]
        self._Z, self._D = ([np.empty_like(a) for a in self._A] for _ in range(2))
        self._G = [np.empty_like(w) for w in self._W]

    def step(self, k: int) -> None:
        """Forward, gradients of the weights, gradients of the inputs but the first."""
        if self._threads is None:
            self._steps(k)
            return
        with blas_threads(self._threads):
            self._steps(k)

    def _steps(self, k: int) -> None:
        A, W, Z, D, G = self._A, self._W, self._Z, self._D, self._G
        for _ in range(k):
            for i in range(len(W)):
                A[i].dot(W[i], Z[i + 1])
            for i in range(len(W) - 1, -1, -1):
                A[i].T.dot(A[i + 1], G[i])
                if i:
                    A[i + 1].dot(W[i].T, D[i])


make = Products
