"""Initial parameters that follow from the training rows: each layer sees what it will be given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.layers import Layer
from glassnet.layers.tree import every_layer
from glassnet.utils.row_sources import take_rows

__all__ = ["start_from_data"]

_MOST_ROWS = 4096  # more say the same: a spread of so many has an error of 1 %
_MOST_NUMBERS = 2**23  # in the activations of one layer, all members together; within a layer there may be many more


def start_from_data(
    layers: Sequence[Layer], X: Any, generators: list[np.random.Generator], members: int | None
) -> None:
    """Draw the parameters of those layers that know how from the checked rows ``X``; see `Network.init_from_data`."""
    widest = max(int(np.prod(layer.out_shape)) for layer in every_layer(layers))
    most = max(1, min(_MOST_ROWS, _MOST_NUMBERS // (widest * (members or 1))))
    rows = take_rows(X, generators[0].permutation(len(X))[:most]) if len(X) > most else X[:]
    A = rows if members is None else np.broadcast_to(rows, (members, *rows.shape))
    for layer in layers:
        layer.init_from_data(A, generators)
        A = layer.passed(A, members)
