"""Try layers that a user wrote on zeros, so that a mistake is reported in a sentence before any data is touched."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.layers import Layer, Step
from glassnet.utils.arrays import BufferPool, Buffers

__all__ = ["try_own_layers"]

_ROWS = 2


def try_own_layers(layers: dict[str, Layer], members: int | None, dtype: np.dtype[Any]) -> None:
    """Send two rows of zeros forward and back through every layer that is not of this library.

    Another shape than ``build`` promised, or another dtype than was given, is refused; nothing else is looked at. A
    layer that cannot be tried with zeros is left to its first batch.
    """
    for layer in layers.values():
        if not type(layer).__module__.startswith("glassnet."):
            _try(layer, members, dtype)


def _try(layer: Layer, members: int | None, dtype: np.dtype[Any]) -> None:
    lead = (_ROWS,) if members is None else (members, _ROWS)
    try:
        with np.errstate(all="ignore"):
            cache = layer.make_cache(Buffers(BufferPool(members, dtype), _ROWS, keeps=True), True)
            Y = layer.forward(np.zeros((*lead, *layer.in_shape), dtype), cache, Step("record"))
    except Exception:
        return
    _check(layer, "forward", Y, (*lead, *layer.out_shape), dtype)
    try:
        with np.errstate(all="ignore"):
            dX = layer.backward(np.zeros((*lead, *layer.out_shape), dtype), cache)
    except Exception:
        return
    _check(layer, "backward", dX, (*lead, *layer.in_shape), dtype)


def _check(layer: Layer, method: str, found: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    got = f"{found.dtype} of shape {found.shape}" if isinstance(found, np.ndarray) else repr(found)
    if got == f"{dtype} of shape {shape}":
        return
    must = f"for {_ROWS} rows it must return {dtype} of shape {shape}"
    advice = "See build for the shape, and write into arrays of make_cache with out= to keep the dtype."
    message = f"{type(layer).__name__}.{method}: it returned {got}; {must}. {advice}"
    raise ShapeError(message, expected=shape, got=got)
