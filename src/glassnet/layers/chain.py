"""Successive layers with their caches for one batch size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.layers.base import Cache, Layer, Step
from glassnet.layers.tree import learns
from glassnet.utils.arrays import Buffers

__all__ = ["Chain"]


class Chain:
    """Successive layers with their caches for one batch size; with ``need_dX`` a pass back reaches the first input."""

    __slots__ = ("_need_dX", "steps_back", "steps_forward")

    def __init__(self, layers: Sequence[Layer], scratch: Buffers, need_dX: bool) -> None:
        # No layer before the first trainable one needs a gradient, unless the input does.
        first = 0 if need_dX else next((i for i, layer in enumerate(layers) if learns(layer)), len(layers))
        caches = [layer.make_cache(scratch, need_dX or position > first) for position, layer in enumerate(layers)]
        for before, layer, cache in zip(layers, layers[1:], caches[1:], strict=False):
            # Of a class of the user's own nobody knows what it reads again, whatever it inherits.
            is_ours = type(before).__module__.startswith("glassnet.")
            if is_ours and layer.works_in_place and before.frees_output:
                cache["in_place"] = True
        pairs = list(zip(layers, caches, strict=True))
        self._need_dX = need_dX
        self.steps_forward: list[tuple[Callable[..., Any], Cache]] = [(layer.forward, cache) for layer, cache in pairs]
        self.steps_back: list[tuple[Callable[..., Any], Cache]] = [
            (layer.backward, cache) for layer, cache in reversed(pairs[first:])
        ]

    def forward(self, X: np.ndarray, step: Step) -> np.ndarray:
        """Return the output of the last layer."""
        for forward, cache in self.steps_forward:
            X = forward(X, cache, step)
        return X

    def backward(self, dY: np.ndarray) -> np.ndarray | None:
        """Return the gradient with respect to the input, or None if it is not needed."""
        d: Any = dY
        for backward, cache in self.steps_back:
            d = backward(d, cache)
        return d if self._need_dX else None
