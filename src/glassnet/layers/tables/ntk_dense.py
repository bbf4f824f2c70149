"""The fully connected layer in the NTK parametrisation, and its start from data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.layers.base import Cache, Layer, ParamSpec, Step, Views
from glassnet.layers.initializers import INITIALIZERS
from glassnet.layers.shapes import check_row
from glassnet.utils.arrays import Buffers, matrix_product, product_into
from glassnet.utils.checks import check_choice, check_integer, check_number
from glassnet.utils.names import InitializerName

__all__ = ["NTKDense"]

_HULL_ROWS = 5  # rows whose mixture is the zero of a unit
_CHUNK = 65_536  # rows in one product


class NTKDense(Layer):
    """Fully connected layer whose weights all have the size 1, whatever the width: the product is scaled instead.

    ``Z = X @ W / sqrt(d_in) + b``, ``dW = X.mT @ dZ / sqrt(d_in)``, ``db = sum_n dZ``, ``dX = dZ @ W.mT / sqrt(d_in)``

    With Adam, whose steps have the size of the rate, one rate then suits layers of all widths. `init_from_data` starts
    it so that each unit has standard deviation 1 over the training rows, and its zero among them.

    Shapes
    ------
    X : (n, d_in)      W : (d_in, d_out)      b : (1, d_out)      Z : (n, d_out)

    Parameters
    ----------
    units : int
        Number of outputs, d_out.
    initializer, bias_initializer : str, default="normal"
        How ``W`` and ``b`` start, by a name in `glassnet.layers.initializers.INITIALIZERS`; the default is N(0, 1).
    bias_rate_factor : float, default=1.0
        Multiplies the learning rate of ``b``.

    References
    ----------
    Jacot, Gabriel & Hongler (2018), arXiv:1806.07572, eq. 1; Holzmüller, Grinsztajn & Steinwart (2024),
    arXiv:2407.04491, section 3, with biases at a tenth of the rate.

    Examples
    --------
    >>> NTKDense(64, bias_rate_factor=0.1).build((10,))
    (64,)
    """

    frees_output = True

    def __init__(
        self,
        units: int,
        *,
        initializer: InitializerName = "normal",
        bias_initializer: InitializerName = "normal",
        bias_rate_factor: float = 1.0,
    ) -> None:
        self.units = check_integer("NTKDense", "units", units, 1)
        where = f"NTKDense(units={self.units})"
        self.initializer = check_choice(where, "initializer", initializer, INITIALIZERS)
        self.bias_initializer = check_choice(where, "bias_initializer", bias_initializer, INITIALIZERS)
        self.bias_rate_factor = check_number(where, "bias_rate_factor", bias_rate_factor, 0.0)

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        check_row(f"NTKDense(units={self.units})", in_shape)
        self.in_shape, self.out_shape = tuple(in_shape), (self.units,)
        return self.out_shape

    def param_specs(self) -> tuple[ParamSpec, ...]:
        d_in, d_out = self.in_shape[0], self.units
        return (
            ParamSpec("weight", (d_in, d_out), self.initializer, fan_in=d_in, fan_out=d_out, decays=True),
            ParamSpec("bias", (1, d_out), self.bias_initializer, d_in, d_out, rate_factor=self.bias_rate_factor),
        )

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        self._product = product_into(members)
        self.W, self.dW = params["weight"], grads["weight"]
        self.WT = self.W.mT
        self.b, self.db = params["bias"], grads["bias"]

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        return {
            "Z": scratch.array(self.out_shape),
            "dX": scratch.array(self.in_shape) if scratch.keeps and need_dX else None,
            "factor": scratch.constant(1.0 / math.sqrt(self.in_shape[0])),
            "ones": scratch.ones()[None, :],
            "X": None,
        }

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        Z: np.ndarray = cache["Z"]
        matrix_product(X, self.W, Z)
        np.multiply(Z, cache["factor"], Z)
        np.add(Z, self.b, Z)
        if step.keeps:
            cache["X"] = X
        return Z

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        self._product(cache["ones"], dY, self.db)
        np.multiply(dY, cache["factor"], dY)
        matrix_product(cache["X"].mT, dY, self.dW)
        dX: np.ndarray | None = cache["dX"]
        return None if dX is None else self._product(dY, self.WT, dX)

    def init_from_data(self, X: np.ndarray, rngs: Sequence[np.random.Generator]) -> None:
        """Initialise from the rows that the layer will get in training.

        ``W[:, k] = W0[:, k] / std_n(X @ W0[:, k] / sqrt(d_in))`` with ``W0 ~ N(0, 1)``, and
        ``b_k = -sum_i p_i * (X[r_i] @ W[:, k] / sqrt(d_in))`` over 5 rows r_i, drawn for each unit with replacement,
        and ``p ~ Dirichlet(1, 1, 1, 1, 1)``: the unit is 0 at a point inside the data.

        Parameters
        ----------
        X : ndarray of shape (K?, n, d_in)
            Inputs of this layer for all training rows.
        rngs : sequence of numpy.random.Generator
            One per member.

        References
        ----------
        Holzmüller, Grinsztajn & Steinwart (2024), arXiv:2407.04491: weight initialisation ``std``, bias ``he+5``.
        """
        alone = self.W.ndim == 2
        own = [(self.W, self.b, X)] if alone else list(zip(self.W, self.b, X, strict=True))
        for (W, b, rows), rng in zip(own, rngs, strict=True):
            W[...] = rng.standard_normal(W.shape)
            Z = self._scaled_product(rows, W)
            std = Z.std(axis=0, dtype=np.float64)
            # A unit that is constant over the rows has a standard deviation of 0, which cannot be scaled to 1.
            std[std <= 1e-12 * np.abs(Z).max(axis=0, initial=0.0)] = 1.0
            W[...] = W / std
            places = rng.integers(0, len(rows), (_HULL_ROWS, self.units))
            shares = rng.standard_exponential((_HULL_ROWS, self.units))
            picked = np.take_along_axis(Z, places, axis=0) / std
            b[...] = -(picked * (shares / shares.sum(axis=0))).sum(axis=0)

    def _scaled_product(self, X: np.ndarray, W: np.ndarray) -> np.ndarray:
        """Return ``X @ W / sqrt(d_in)`` as a fresh array."""
        Z = np.empty((len(X), self.units), dtype=W.dtype)
        for start in range(0, len(X), _CHUNK):
            np.matmul(X[start : start + _CHUNK], W, out=Z[start : start + _CHUNK])
        np.multiply(Z, np.array(1.0 / math.sqrt(self.in_shape[0]), dtype=Z.dtype), out=Z)
        return Z

    def config(self) -> dict[str, Any]:
        names = ("units", "initializer", "bias_initializer", "bias_rate_factor")
        return {name: getattr(self, name) for name in names}
