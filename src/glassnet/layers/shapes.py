"""Changes of shape: the numbers of a sample stay as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, ShapeError
from glassnet.layers.base import Cache, Layer, Step
from glassnet.utils.checks import check_integer

__all__ = ["Flatten", "Reshape", "check_row"]


def check_row(where: str, in_shape: tuple[int, ...], of: str = "features") -> None:
    """Refuse samples that are not rows of features."""
    if len(in_shape) != 1:
        must = f"it must be a row of {of}"
        message = f"{where}: each sample has shape {in_shape}; {must}. Put Flatten() before this layer."
        raise ShapeError(message, expected=must, got=in_shape)


class _OtherShape(Layer):
    """Base: the same numbers, in another shape that `build` decides."""

    def check_raw(self, X: np.ndarray) -> np.ndarray | None:
        return X.reshape(len(X), *self.out_shape)

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        return X.reshape(*X.shape[: X.ndim - len(self.in_shape)], *self.out_shape)

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray:
        return dY.reshape(*dY.shape[: dY.ndim - len(self.out_shape)], *self.in_shape)


class Flatten(_OtherShape):
    """Turn each sample into one row of features: (n, h, w, ...) becomes (n, h * w * ...).

    Examples
    --------
    >>> Flatten().build((28, 28))
    (784,)
    """

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        self.in_shape, self.out_shape = tuple(in_shape), (math.prod(in_shape),)
        return self.out_shape


class Reshape(_OtherShape):
    """Give each sample another shape: (n, h * w) becomes (n, h, w).

    Parameters
    ----------
    shape : sequence of int
        Shape of one sample; one axis may be -1, its length then follows from the others.

    Examples
    --------
    >>> Reshape((2, -1)).build((6,))
    (2, 3)
    """

    def __init__(self, shape: Sequence[int]) -> None:
        axes = tuple(shape) if isinstance(shape, (list, tuple)) else (shape,)
        free = [axis for axis in axes if isinstance(axis, int) and axis == -1]
        self.shape = tuple(-1 if axis == -1 else check_integer("Reshape", "shape", axis, 1) for axis in axes)
        if not axes or len(free) > 1:
            message = f"Reshape: shape is {shape!r}; it must have at least one axis, and -1 at most once."
            raise ConfigError(message, got=shape)

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        size, rest = math.prod(in_shape), math.prod(axis for axis in self.shape if axis != -1)
        if size % rest or (size != rest and -1 not in self.shape):
            must = f"its numbers must fill {self.shape}"
            fact = f"each sample has shape {tuple(in_shape)}"
            message = f"Reshape: {fact}; {must}. Give shape another product than {rest}."
            raise ShapeError(message, expected=self.shape, got=in_shape)
        self.in_shape = tuple(in_shape)
        self.out_shape = tuple(size // rest if axis == -1 else axis for axis in self.shape)
        return self.out_shape

    def config(self) -> dict[str, Any]:
        return {"shape": list(self.shape)}
