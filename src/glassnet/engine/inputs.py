"""Validate and convert X, y and sample weights."""

from __future__ import annotations

import functools
import math
from typing import Any, Protocol

import numpy as np

from glassnet.errors import DataError, ShapeError
from glassnet.layers import Layer
from glassnet.layers.containers import check_raw_inputs
from glassnet.losses import Loss
from glassnet.utils.array_advice import advice_for_shape
from glassnet.utils.checks import check_columns, check_matrix, check_same_length, check_weights
from glassnet.utils.extremes import Extremes
from glassnet.utils.row_sources import PreparedRows, as_source, is_mapped

__all__ = ["TakesData", "check_data", "check_inputs"]

_SMALL = 65_536  # numbers


class TakesData(Protocol):
    """What `check_inputs` and `check_data` use of a network."""

    layers: list[Layer]
    loss: Loss
    dtype: np.dtype[Any]
    input_shape: tuple[int, ...] | None
    _store: Any

    @property
    def n_outputs(self) -> int:
        """Number of logits."""

    def build(self, input_shape: tuple[int, ...]) -> object:
        """Fix the shape of one sample."""

    def _forget_shape(self) -> None:
        """Return to the state before `build`."""


def check_inputs(network: TakesData, where: str, X: Any, extremes: Extremes | None = None) -> Any:
    """Return X as a finite array of the network's dtype and input shape; build the network if it is new.

    What is memory-mapped or sparse comes back as a `RowSource`, whose rows are checked when they are read. The
    ``extremes`` are those of the columns, measured on the way where X is an array of some size.
    """
    if network._store is not None and _is_ready(network, X):
        check_raw_inputs(network.layers, X)
        return X
    source = as_source(where, "X", X, network.dtype)
    known = network.input_shape
    inputs: Any = source
    if source is None and extremes is not None:
        inputs = check_columns(where, "X", X, network.dtype, known, extremes)
    elif source is None:
        inputs = check_matrix(where, "X", X, network.dtype, sample_shape=known)
    shape = inputs.shape[1:]
    if known is None:
        network.build(shape)
    elif shape != known:
        must = f"it must be (n, {', '.join(map(str, known))}): one row per sample"
        is_one = inputs.shape == known
        advice = advice_for_shape("X", X, known, known) if is_one else "The network was built for such samples."
        message = f"{where}: X has shape {inputs.shape}; {must}. {advice}"
        raise ShapeError(message, expected=known, got=inputs.shape)
    if source is None:
        check_raw_inputs(network.layers, inputs)
    return inputs


def _is_ready(network: TakesData, X: Any) -> bool:
    """Return whether X is a small array that can be taken as it is: found out in 1 us, where all checks take 5."""
    if type(X) is not np.ndarray or X.dtype != network.dtype or X.shape[1:] != network.input_shape:
        return False
    if not 0 < X.size <= _SMALL or not X.flags.c_contiguous:
        return False
    flat = X.reshape(-1)
    # Where squares overflow this is infinite too, and the checks that follow find out.
    return math.isfinite(flat.dot(flat))


def check_data(
    network: TakesData, where: str, X: Any, y: Any, sample_weight: Any = None, *, is_part: bool = False,
    extremes: Extremes | None = None,
) -> tuple[Any, Any, np.ndarray | None]:  # fmt: skip
    """Return checked inputs, targets as the loss wants them, and weights; see `check_inputs`.

    ``is_part`` says that these are rows of something larger, whose weights mean something across its parts. A network
    that was new is so again if anything is refused.
    """
    was_new = network._store is None
    try:
        X = check_inputs(network, where, X, extremes)
        targets = _prepare(network, where, y)
        weight = None
        if sample_weight is not None:
            weight = check_weights(where, sample_weight, scale=not is_part).astype(network.dtype)
        check_same_length(where, X=X, y=targets, sample_weight=weight)
    except Exception:
        if was_new:
            network._forget_shape()
        raise
    return X, targets, weight


def _prepare(network: TakesData, where: str, y: Any) -> Any:
    """Return targets as the loss wants them; what is memory-mapped is prepared when it is read."""
    prepare = functools.partial(network.loss.prepare, n_outputs=network.n_outputs, dtype=network.dtype)
    if is_mapped(y) and y.size:
        return PreparedRows(y, prepare)
    try:
        return prepare(y)
    except (DataError, ShapeError) as error:
        name, _, rest = str(error).partition(": ")
        if not rest.startswith("y ") or "." in name:
            raise
        message = f"{where}: {rest}"  # users wrote loss="cross_entropy", and not the name of its class
        raise type(error)(message, expected=error.expected, got=error.got) from None
