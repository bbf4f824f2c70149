"""One pass over a batch, with everything looked up in advance, and the scratch of one thread."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from glassnet.layers import Cache, Layer
from glassnet.layers.chain import Chain
from glassnet.layers.tree import every_layer
from glassnet.losses import Loss
from glassnet.utils.arrays import BufferPool, Buffers

__all__ = ["Pass", "Workspace"]

_PREPARED_SIZES = 8  # batch sizes whose caches are kept ready
_MOST_ROWS, _FEWEST_ROWS = 4096, 64  # of a prediction; a multiple of the latter
_PREDICT_VALUES = 2**24  # 64 MiB in float32


class Pass:
    """A network's layers and loss with their caches for one batch size; the loss writes its gradient into ``dZ``."""

    __slots__ = ("chain", "dZ", "loss_cache")

    def __init__(self, layers: list[Layer], loss: Loss, scratch: Buffers, input_gradient: bool) -> None:
        self.chain = Chain(layers, scratch, input_gradient)
        self.loss_cache: Cache = loss.make_cache(scratch, layers[-1].out_shape)
        self.dZ: np.ndarray = self.loss_cache["dZ"]


class Workspace(threading.local):
    """The scratch of one thread: prediction and training each have a pool.

    Attributes
    ----------
    predict_rows : int
        How many rows to predict at one time, so that the scratch of a large prediction stays small: 4,096, or of wide
        networks what keeps the outputs of all layers within 64 MiB.
    """

    def __init__(self, layers: list[Layer], loss: Loss, members: int | None, dtype: np.dtype[Any]) -> None:
        self._layers, self._loss = layers, loss
        self._members, self._dtype = members, dtype
        values = (members or 1) * sum(math.prod(layer.out_shape) for layer in every_layer(layers))
        fitting = _PREDICT_VALUES // values // _FEWEST_ROWS * _FEWEST_ROWS
        self.predict_rows = min(max(fitting, _FEWEST_ROWS), _MOST_ROWS)
        self.pools: dict[bool, BufferPool] = {}
        self._passes: dict[tuple[int, bool, bool], Pass] = {}

    def pass_for(self, batch_size: int, keeps: bool, input_gradient: bool = False) -> Pass:
        """Return the pass for batches of this size, making it if there is none.

        ``keeps`` prepares for a backward pass, ``input_gradient`` lets that one reach the network's input.
        """
        key = (batch_size, keeps, input_gradient)
        prepared = self._passes.get(key)
        if prepared is None:
            if len(self._passes) >= _PREPARED_SIZES:
                self._passes.clear()
                self.pools.clear()
            pool = self.pools.setdefault(keeps, BufferPool(self._members, self._dtype))
            scratch = Buffers(pool, batch_size, keeps)
            prepared = self._passes[key] = Pass(self._layers, self._loss, scratch, input_gradient)
        return prepared
