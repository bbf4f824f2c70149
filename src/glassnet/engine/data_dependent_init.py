"""Initial parameters that follow from the training rows: each layer sees what it will be given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.engine.inputs import check_inputs
from glassnet.errors import ConfigError
from glassnet.utils.row_sources import take_rows

if TYPE_CHECKING:
    from glassnet.network import Network

__all__ = ["init_from_data"]

_MOST_NUMBERS = 2**28  # in the activations of one layer, all members together: 1 GiB of float32


def init_from_data(network: Network, X: Any) -> None:
    """Draw the parameters of those layers that know how from the rows ``X``; see `Network.init_from_data`."""
    if network.run is not None:
        must = "the network must be new"
        message = f"Network.init_from_data: {must}, got one that was trained for {network.run.epoch} epochs."
        raise ConfigError(message, expected=must, got=network.run.epoch)
    X = check_inputs(network, "Network.init_from_data", X)
    generators = [streams.start_from_data() for streams in network.streams]
    widest = max(int(np.prod(layer.out_shape)) for layer in network.layers)
    most = max(1, _MOST_NUMBERS // (widest * (network.members or 1)))
    rows = take_rows(X, generators[0].permutation(len(X))[:most]) if len(X) > most else X[:]
    A = network.broadcast(rows)
    for layer in network.layers:
        layer.init_from_data(A, generators)
        A = layer.passed(A, network.members)
