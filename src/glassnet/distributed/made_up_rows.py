"""Rows that fit a network's shape and its loss, for measuring: what they say does not matter."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import DataError, GlassnetError
from glassnet.layers import Embedding
from glassnet.layers.tree import every_layer

__all__ = ["rows_for"]

_MOST_NUMBERS = 2**20  # that are drawn; larger tables repeat them


def rows_for(where: str, network: BaseNetwork, n: int) -> tuple[np.ndarray, Any]:
    """Return n rows for a built network and prepared targets, always the same ones.

    Parameters
    ----------
    where : str
        Name of the caller, for the message.
    network : BaseNetwork
        It is built.
    n : int
        How many rows.

    Raises
    ------
    DataError
        No targets that were tried fit the loss.
    """
    rng = np.random.default_rng(0)
    shape = (n, *(network.input_shape or ()))
    drawn = min(int(np.prod(shape)), _MOST_NUMBERS)
    codes = [layer.n_categories for layer in every_layer(network.layers) if isinstance(layer, Embedding)]
    # Where only some columns are codes, small whole numbers do for the others.
    numbers = rng.integers(0, min(codes), drawn) if codes else rng.standard_normal(drawn)
    X = np.resize(numbers.astype(network.dtype), shape)
    return network._check_inputs(where, X), _targets(where, network, rng, n)


def _targets(where: str, network: BaseNetwork, rng: np.random.Generator, n: int) -> Any:
    """Return codes of classes if the loss takes them, or columns of 0 and 1, which every loss for numbers does."""
    outputs = network.n_outputs
    tried = [rng.integers(0, max(outputs, 2), n)]
    tried += [rng.integers(0, 2, (n, k)) for k in range(outputs, 0, -1) if outputs % k == 0]
    for y in tried:
        for moved in (y, y + 0.5):  # for losses of positive numbers, a logarithm's say
            try:
                return network.loss.prepare(moved, outputs, network.dtype)
            except (GlassnetError, ArithmeticError, ValueError):
                continue
    must = "rows to measure with must fit it"
    message = f"{where}: no targets that were made up fit {network.loss!r}; {must}. Pass rows of yours, data=(X, y)."
    raise DataError(message, expected=must)
