"""The base class of activations: a function, and its derivative for the backward pass.

An activation may work in place (``Y`` may be ``Z``), so its derivative is written in terms of ``Y`` or of what
`Activation.apply` left in ``work``.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from glassnet.layers.base import Cache, Layer, Step
from glassnet.utils.arrays import Buffers
from glassnet.utils.formula import Formula

__all__ = ["Activation"]


class Activation(Layer):
    """Base of the activations: ``Y = f(Z)``, for every number on its own or for every row.

    A subclass gives `apply`, `differentiate`, the constants they use, and how many arrays of working memory. If it has
    a ``formula``, `Network.explain` works it out: of Z, with a derivative of Z and of the output A.
    """

    formula: Formula | None = None
    constants: ClassVar[dict[str, float]] = {}
    n_work: ClassVar[int] = 1

    def make_work(self, scratch: Buffers) -> Cache:
        """Return the working memory of `apply` and `differentiate`.

        Parameters
        ----------
        scratch : Buffers
            Provides arrays for one batch size.
        """
        work: Cache = scratch.constants(**self.constants)
        work["arrays"] = tuple(scratch.array(self.in_shape) for _ in range(self.n_work))
        work["zeros"] = scratch.zeros(self.in_shape)
        work["mask"] = scratch.array(self.in_shape, dtype=bool) if scratch.keeps else None
        return work

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        return {"Y": scratch.array(self.in_shape), **self.make_work(scratch)}

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        Y: np.ndarray = cache["Y"]
        self.apply(X, Y, cache, step.keeps)
        return Y

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray:
        self.differentiate(dY, cache["Y"], cache)
        return dY

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        """Write ``f(Z)`` into ``Y``; with ``keeps``, leave in ``work`` what `differentiate` needs.

        Parameters
        ----------
        Z : ndarray of shape (n, ...)
            The input; may be the same array as ``Y``.
        Y : ndarray of shape (n, ...)
            Receives the output.
        work : dict
            What `make_work` returned.
        keeps : bool
            Whether a backward pass may follow.
        """
        raise NotImplementedError

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        """Multiply ``dY`` by ``f'(Z)`` in place.

        Parameters
        ----------
        dY : ndarray of shape (n, ...)
            Gradient of the output; becomes that of the input.
        Y : ndarray of shape (n, ...)
            The output of `apply`.
        work : dict
            As `apply` left it.
        """
        raise NotImplementedError
