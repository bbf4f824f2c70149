"""Fully connected layers and the change of shape in front of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.arrays import Scratch
from glassnet.checks import check_choice, check_flag, check_integer
from glassnet.errors import ShapeError
from glassnet.initializers import INITIALIZERS, default_initializer
from glassnet.layers.activations import make_activation
from glassnet.layers.base import Cache, Layer, ParamSpec, Step

__all__ = ["Dense", "Flatten"]


class Dense(Layer):
    """Fully connected layer: an affine map of the features, then an activation.

    ``Z = X @ W + b``, ``Y = activation(Z)``

    ``dW = X.mT @ dZ``, ``db = sum_n dZ``, ``dX = dZ @ W.mT``

    Shapes
    ------
    X : (n, d_in)      W : (d_in, d_out)      b : (1, d_out)      Y : (n, d_out)

    Parameters
    ----------
    units : int
        Outputs, d_out.
    activation : str or None, default=None
        A name such as ``"relu"``, ``"tanh"``, ``"gelu"``; None is the identity.
    initializer : str or None, default=None
        For ``W``; None takes He's for rectifiers, LeCun's for SELU, Glorot's otherwise. ``b`` starts at 0.
    use_bias : bool, default=True
        Whether to add ``b``.

    Examples
    --------
    >>> Dense(64, "relu").build((10,))
    (64,)
    """

    def __init__(
        self, units: int, activation: str | None = None, *, initializer: str | None = None, use_bias: bool = True
    ) -> None:
        self.units = check_integer("Dense", "units", units, 1)
        where = f"Dense(units={self.units})"
        self.activation = make_activation(where, activation)
        self._activation_name = activation
        self.initializer = initializer and check_choice(where, "initializer", initializer, INITIALIZERS)
        self.use_bias = check_flag(where, "use_bias", use_bias)

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(in_shape) != 1:
            must = "each sample must be a row of features"
            message = f"Dense(units={self.units}): {must}, got shape {in_shape}. Put Flatten() before this layer."
            raise ShapeError(message, expected=must, got=in_shape)
        self.in_shape, self.out_shape = tuple(in_shape), (self.units,)
        self.activation.build(self.out_shape)
        return self.out_shape

    def param_specs(self) -> tuple[ParamSpec, ...]:
        d_in, d_out = self.in_shape[0], self.units
        initializer = self.initializer or default_initializer(self._activation_name or "identity")
        weight = ParamSpec("weight", (d_in, d_out), initializer, fan_in=d_in, fan_out=d_out, decays=True)
        bias = ParamSpec("bias", (1, d_out), "zeros", fan_in=d_in, fan_out=d_out)
        return (weight, bias) if self.use_bias else (weight,)

    def bind(
        self,
        params: dict[str, np.ndarray],
        grads: dict[str, np.ndarray],
        stats: dict[str, np.ndarray],
        members: int | None,
    ) -> None:
        self.W, self.dW = params["weight"], grads["weight"]
        if self.use_bias:
            self.b, self.db = params["bias"], grads["bias"]

    def make_cache(self, scratch: Scratch, need_dX: bool) -> Cache:
        # The activation works in place on Z: nobody else needs it.
        Z = scratch.array(self.out_shape)
        activation = {"Y": Z, **self.activation.make_work(scratch)}
        dX = scratch.array(self.in_shape) if scratch.keeps and need_dX else None
        return {"Z": Z, "activation": activation, "dX": dX, "X": None}

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        Z = cache["Z"]
        np.matmul(X, self.W, out=Z)
        if self.use_bias:
            np.add(Z, self.b, out=Z)
        if step.keeps:
            cache["X"] = X
        return self.activation.forward(Z, cache["activation"], step)

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        dZ = self.activation.backward(dY, cache["activation"])
        np.matmul(cache["X"].mT, dZ, out=self.dW)
        if self.use_bias:
            np.add.reduce(dZ, axis=-2, out=self.db, keepdims=True)
        if cache["dX"] is None:
            return None
        dX: np.ndarray = np.matmul(dZ, self.W.mT, out=cache["dX"])
        return dX

    def config(self) -> dict[str, Any]:
        return {
            "units": self.units,
            "activation": self._activation_name,
            "initializer": self.initializer,
            "use_bias": self.use_bias,
        }


class Flatten(Layer):
    """Turn each sample into one row of features: (n, h, w, ...) becomes (n, h * w * ...).

    Examples
    --------
    >>> Flatten().build((28, 28))
    (784,)
    """

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        self.in_shape, self.out_shape = tuple(in_shape), (math.prod(in_shape),)
        return self.out_shape

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        return X.reshape(*X.shape[: X.ndim - len(self.in_shape)], *self.out_shape)

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray:
        return dY.reshape(*dY.shape[:-1], *self.in_shape)
