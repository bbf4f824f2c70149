"""How large a network of the playground may be: said before anything is allocated."""

from __future__ import annotations

import math

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError

__all__ = ["MOST_BYTES", "MOST_PARAMETERS", "check_size"]

MOST_PARAMETERS = 5_000_000
MOST_BYTES = 2 * 10**9

_COPIES = 6  # parameters, gradients, two moments of an optimizer, and two snapshots
_PASSES = 3  # outputs, their gradients, and what a layer keeps from one pass to the other


def check_size(network: BaseNetwork, input_shape: tuple[int, ...], batch_size: int) -> None:
    """Refuse a network that is too large to be trained while one looks on.

    Parameters
    ----------
    network : Network
        Not built.
    input_shape : tuple of int
        That of one sample.
    batch_size : int
        Rows in one step.

    Raises
    ------
    ConfigError
        It has more than `MOST_PARAMETERS`, or needs more than about `MOST_BYTES`.
    """
    n_parameters = network.plan(input_shape).n_parameters
    if n_parameters > MOST_PARAMETERS:
        must = f"the network must have at most {MOST_PARAMETERS:,} parameters"
        message = f"playground: {must}, got {n_parameters:,}. Use fewer units."
        raise ConfigError(message, expected=MOST_PARAMETERS, got=n_parameters)
    width = math.prod(input_shape) + sum(math.prod(layer.out_shape) for layer in network.layers)
    n_bytes = network.dtype.itemsize * (_COPIES * n_parameters + _PASSES * width * batch_size)
    if n_bytes > MOST_BYTES:
        must = f"a step must need at most about {MOST_BYTES / 1e9:g} GB of memory"
        message = f"playground: {must}, got {n_bytes / 1e9:.1f} GB. Use a smaller batch, or fewer units."
        raise ConfigError(message, expected=MOST_BYTES, got=n_bytes)
