"""The base class of activations: a function, and its derivative for the backward pass.

An activation may work in place (``Y`` may be ``Z``), so its derivative is written in terms of ``Y`` or of what
`Activation.apply` left in ``work``.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from glassnet.errors import ConfigError
from glassnet.layers.base import Cache, Layer, Step
from glassnet.utils.arrays import Buffers
from glassnet.utils.formula import Formula, evaluate

__all__ = ["Activation"]


class Activation(Layer):
    """Base of the activations: ``Y = f(Z)``, for every number on its own or for every row.

    A subclass gives a ``formula`` of Z, with a derivative of Z and of the output A, whose other names are attributes
    of the object: the layer computes by it, `Network.explain` works it out, and every exported file contains it. For
    speed, or where there is no formula, it gives `apply`, `differentiate`, the constants they use, and how many arrays
    of working memory.

    Examples
    --------
    >>> import glassnet as gn
    >>> class Cube(gn.Activation):
    ...     formula = gn.Formula("Z**3", "3 * Z**2")
    >>> net = gn.Network([gn.Dense(2, Cube()), gn.Dense(1)], loss="squared_error", input_shape=3)
    >>> bool(gn.check_gradients(net, [[1.0, 2.0, 3.0]], [4.0]))
    True
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
        formula = self._carried()
        if keeps:
            np.copyto(work["arrays"][0], Z)
        Y[...] = evaluate(formula.computed, Z=Z, **formula.constants(self))

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
        formula = self._carried()
        slope = formula.slope(work["arrays"][0], Y, **formula.constants(self))
        np.multiply(dY, slope, out=dY, casting="same_kind")

    def make_excess_work(self, scratch: Buffers) -> Cache | None:
        """Return what `excess` needs beside its arrays, or None where an activation has no such method.

        Parameters
        ----------
        scratch : Buffers
            Provides arrays for one batch size.
        """
        return None

    def excess(self, Z: np.ndarray, D: np.ndarray, S: np.ndarray | None, work: Cache) -> None:
        """Write ``f(Z) - Z`` into ``D`` and ``f'(Z) - 1`` into ``S``: what `Parametric` scales, in few passes.

        Parameters
        ----------
        Z : ndarray of shape (n, ...)
            The input; not written.
        D : ndarray of shape (n, ...)
            Receives the difference.
        S : ndarray of shape (n, ...) or None
            Receives that of the derivative, if a backward pass may follow.
        work : dict
            What `make_excess_work` returned.
        """
        raise NotImplementedError

    def _carried(self) -> Formula:
        """Return the formula, with its derivative."""
        if self.formula is None or not self.formula.derivative:
            must = "it must have a formula with its derivative, or the methods apply and differentiate"
            message = f"{type(self).__name__}: it has no derivative; {must}. Write Formula('Z**3', '3 * Z**2')."
            raise ConfigError(message, expected=must)
        return self.formula
