"""Layers made of layers: one after the other, around a shortcut, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from glassnet.errors import ConfigError, ShapeError
from glassnet.layers.base import Cache, Layer, Step
from glassnet.layers.chain import Chain
from glassnet.layers.tree import learns, name_layers
from glassnet.utils.arrays import Buffers

__all__ = ["Concatenate", "Container", "Residual", "Sequential", "check_layer_list", "check_raw_inputs"]


class Container(Layer):
    """Base of layers that hold layers: their training settings are those of all layers inside."""

    @property
    def trainable(self) -> bool:
        """Whether every layer inside is trained; setting it sets them all."""
        return all(layer.trainable for layer in self.sublayers().values())

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self.sublayers().values():
            layer.trainable = value

    def tuned(
        self, *, trainable: bool | None = None, rate_factor: float | None = None, decay_factor: float | None = None
    ) -> Self:
        for layer in self.sublayers().values():
            layer.tuned(trainable=trainable, rate_factor=rate_factor, decay_factor=decay_factor)
        return self

    def tuning(self) -> dict[str, Any]:
        return {}


class Sequential(Container):
    """Layers one after the other, as one layer: ``Y = f_m(...f_2(f_1(X)))``.

    Parameters
    ----------
    layers : sequence of Layer
        From input to output, at least one.

    Examples
    --------
    >>> from glassnet.layers import Dense
    >>> Sequential([Dense(8, "relu"), Dense(3)]).build((5,))
    (3,)
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = check_layer_list(type(self).__name__, layers)

    def sublayers(self) -> dict[str, Layer]:
        return dict(zip(name_layers(self.layers), self.layers, strict=True))

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        self.in_shape = self.out_shape = tuple(in_shape)
        for layer in self.layers:
            self.out_shape = layer.build(self.out_shape)
        return self.out_shape

    def check_raw(self, X: np.ndarray) -> np.ndarray | None:
        return check_raw_inputs(self.layers, X)

    def init_from_data(self, X: np.ndarray, rngs: Sequence[np.random.Generator]) -> None:
        _init_in_order(self.layers, X, rngs)

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        return {"chain": Chain(self.layers, scratch, need_dX)}

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        Y: np.ndarray = cache["chain"].forward(X, step)
        return Y

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        dX: np.ndarray | None = cache["chain"].backward(dY)
        return dX

    def config(self) -> dict[str, Any]:
        return {"layers": [layer.entry() for layer in self.layers]}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.layers!r})"


class Residual(Container):
    """Layers with a shortcut around them: ``Y = X + F(X)``, ``dX = dY + F'(X)^T dY``.

    Parameters
    ----------
    layers : sequence of Layer
        F: one after the other. Its output must have the shape of its input, unless there is a ``shortcut``.
    shortcut : Layer, optional
        A layer for X in the shortcut, ``Y = S(X) + F(X)``: a ``Dense`` of the same number of units, where F changes
        the shape.

    References
    ----------
    He, Zhang, Ren & Sun (2016), arXiv:1512.03385, eq. 1-2.

    Examples
    --------
    >>> from glassnet.layers import Dense
    >>> Residual([Dense(16, "relu"), Dense(5)]).build((5,))
    (5,)
    """

    def __init__(self, layers: Sequence[Layer], shortcut: Layer | None = None) -> None:
        self.layers = check_layer_list("Residual", layers)
        self.shortcut = None if shortcut is None else check_layer_list("Residual", [shortcut])[0]

    def sublayers(self) -> dict[str, Layer]:
        inside = dict(zip(name_layers(self.layers), self.layers, strict=True))
        return inside if self.shortcut is None else {**inside, "shortcut": self.shortcut}

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        self.in_shape = around = tuple(in_shape)
        inside = around
        for layer in self.layers:
            inside = layer.build(inside)
        if self.shortcut is not None:
            around = self.shortcut.build(around)
        if inside != around:
            fact = f"the layers inside give samples of shape {inside}, the way around them {around}"
            advice = "Change the last layer's units, or pass shortcut=Dense(units)."
            message = f"Residual: {fact}; both must be the same. {advice}"
            raise ShapeError(message, expected=around, got=inside)
        self.out_shape = inside
        return self.out_shape

    def check_raw(self, X: np.ndarray) -> np.ndarray | None:
        check_raw_inputs(self.layers, X)
        if self.shortcut is not None:
            self.shortcut.check_raw(X)
        return None

    def init_from_data(self, X: np.ndarray, rngs: Sequence[np.random.Generator]) -> None:
        _init_in_order(self.layers, X, rngs)
        if self.shortcut is not None:
            self.shortcut.init_from_data(X, rngs)

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        around = [] if self.shortcut is None else [self.shortcut]
        return {
            "inside": Chain(self.layers, scratch, need_dX),
            "around": Chain(around, scratch, need_dX),
            "Y": scratch.array(self.out_shape),
            "dF": scratch.array(self.out_shape) if scratch.keeps else None,
        }

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        F, S = cache["inside"].forward(X, step), cache["around"].forward(X, step)
        Y: np.ndarray = np.add(S, F, cache["Y"])
        return Y

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        # Both paths may overwrite the gradient that they get.
        np.copyto(cache["dF"], dY)
        inside, around = cache["inside"].backward(cache["dF"]), cache["around"].backward(dY)
        if inside is None or around is None:
            return None
        dX: np.ndarray = np.add(around, inside, around)
        return dX

    def config(self) -> dict[str, Any]:
        shortcut = None if self.shortcut is None else self.shortcut.entry()
        return {"layers": [layer.entry() for layer in self.layers], "shortcut": shortcut}

    def __repr__(self) -> str:
        shortcut = "" if self.shortcut is None else f", shortcut={self.shortcut!r}"
        return f"{type(self).__name__}({self.layers!r}{shortcut})"


class Concatenate(Container):
    """Several branches on the same input, side by side: ``Y = [B_1(X), B_2(X), ...]`` along the last axis.

    ``dX = sum_i B_i'(X)^T dY_i``, where ``dY_i`` is the branch's slice of ``dY``.

    Parameters
    ----------
    branches : sequence of Layer or of sequences of Layer
        A sequence is one branch, as in `Sequential`. ``Identity()`` passes the input on.

    Examples
    --------
    >>> from glassnet.layers import Dense, Identity
    >>> Concatenate([Identity(), [Dense(8, "tanh"), Dense(3)]]).build((5,))
    (8,)
    """

    def __init__(self, branches: Sequence[Layer | Sequence[Layer]]) -> None:
        given: list[Any] = list(branches) if isinstance(branches, (list, tuple)) else [branches]
        layers = [Sequential(branch) if isinstance(branch, (list, tuple)) else branch for branch in given]
        self.branches = check_layer_list("Concatenate", layers)

    def sublayers(self) -> dict[str, Layer]:
        return {f"branch_{i + 1}": branch for i, branch in enumerate(self.branches)}

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        self.in_shape = tuple(in_shape)
        shapes = [branch.build(self.in_shape) for branch in self.branches]
        if len({(len(shape), shape[:-1]) for shape in shapes}) > 1:
            must = "they must agree but for the last axis"
            fact = f"the branches give samples of shapes {' and '.join(map(str, shapes))}"
            message = f"Concatenate: {fact}; {must}. End the branches with Flatten() or Reshape(...)."
            raise ShapeError(message, expected=must, got=shapes)
        ends = np.cumsum([shape[-1] for shape in shapes]).tolist()
        self._slices = [slice(end - shape[-1], end) for shape, end in zip(shapes, ends, strict=True)]
        self.out_shape = (*shapes[0][:-1], ends[-1])
        return self.out_shape

    def check_raw(self, X: np.ndarray) -> np.ndarray | None:
        for branch in self.branches:
            branch.check_raw(X)
        return None

    def init_from_data(self, X: np.ndarray, rngs: Sequence[np.random.Generator]) -> None:
        for branch in self.branches:
            branch.init_from_data(X, rngs)

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        back = [need_dX or learns(branch) for branch in self.branches]
        return {
            "branches": [branch.make_cache(scratch, need_dX) for branch in self.branches],
            "Y": scratch.array(self.out_shape),
            "back": back,
            "dY": [scratch.array(branch.out_shape) if scratch.keeps else None for branch in self.branches],
            "dX": scratch.array(self.in_shape) if scratch.keeps and need_dX else None,
        }

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        if len(self.branches) == 1:
            return self.branches[0].forward(X, cache["branches"][0], step)
        Y: np.ndarray = cache["Y"]
        for branch, inner, columns in zip(self.branches, cache["branches"], self._slices, strict=True):
            np.copyto(Y[..., columns], branch.forward(X, inner, step))
        return Y

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        if len(self.branches) == 1:
            return self.branches[0].backward(dY, cache["branches"][0])
        dX: np.ndarray | None = cache["dX"]
        empty = True
        for i, branch in enumerate(self.branches):
            if not cache["back"][i]:
                continue
            np.copyto(cache["dY"][i], dY[..., self._slices[i]])
            part = branch.backward(cache["dY"][i], cache["branches"][i])
            if dX is not None and part is not None:
                if empty:
                    np.copyto(dX, part)
                else:
                    np.add(dX, part, dX)
                empty = False
        return dX

    def config(self) -> dict[str, Any]:
        return {"branches": [branch.entry() for branch in self.branches]}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.branches!r})"


def _init_in_order(layers: Sequence[Layer], X: np.ndarray, rngs: Sequence[np.random.Generator]) -> None:
    """Initialise each layer from the outputs of the layers before it."""
    members = None if X.ndim == 1 + len(layers[0].in_shape) else len(X)
    for layer in layers:
        layer.init_from_data(X, rngs)
        X = layer.passed(X, members)


def check_layer_list(where: str, layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers as a list of at least one, or raise an error."""
    found: list[Any] = list(layers) if isinstance(layers, (list, tuple)) else [layers]
    for position, layer in enumerate(found):
        if not isinstance(layer, Layer):
            hint = (
                f"Write {layer.__name__}(...)." if isinstance(layer, type) else "Pass layers such as Dense(64, 'relu')."
            )
            message = f"{where}: position {position} of layers is {layer!r}; it must be a Layer object. {hint}"
            raise ConfigError(message, got=layer)
    if not found:
        advice = "Pass layers such as [Dense(64, 'relu'), Dense(1)]."
        message = f"{where}: layers is empty; it must hold at least one layer. {advice}"
        raise ConfigError(message)
    return found


def check_raw_inputs(layers: Sequence[Layer], X: np.ndarray) -> np.ndarray | None:
    """Run the layers' checks of raw input, as far as it reaches them unchanged."""
    seen: np.ndarray | None = X
    for layer in layers:
        if seen is None:
            break
        seen = layer.check_raw(seen)
    return seen
