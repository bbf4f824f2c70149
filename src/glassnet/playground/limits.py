"""How large a network the page may ask for: one sentence before anything is allocated."""

from __future__ import annotations

import math
from collections.abc import Sequence

from glassnet.errors import ConfigError
from glassnet.layers.tree import every_layer
from glassnet.playground.settings import Settings

__all__ = ["MOST_LAYERS", "MOST_PARAMETERS", "check_size"]

MOST_LAYERS = 40
MOST_PARAMETERS = 5_000_000
_MOST_BYTES = 2_000_000_000
_COPIES_OF_PARAMETERS = 6  # parameters, gradients, two moments, and some for the ring
_COPIES_OF_ACTIVATIONS = 4  # outputs, slopes, and what activations and noise need


def check_size(settings: Settings, input_shape: tuple[int, ...], batch_size: int) -> int:
    """Return the number of parameters of a network; refuse it if it is too large for the page.

    Parameters
    ----------
    settings : Settings
    input_shape : tuple of int
    batch_size : int
        The most rows that pass at once.

    Raises
    ------
    ConfigError
        Too many layers, parameters, or bytes.
    """
    network = settings.network()
    layers = list(every_layer(network.layers))
    _check_most("layers", len(layers), MOST_LAYERS, "Take some out.")
    parameters = network._plan(input_shape).n_parameters
    _check_most("parameters", parameters, MOST_PARAMETERS, "Take fewer units.")
    numbers = parameters * _COPIES_OF_PARAMETERS + _outputs(layers) * batch_size * _COPIES_OF_ACTIVATIONS
    needed = numbers * network.dtype.itemsize
    _check_most("bytes of memory", needed, _MOST_BYTES, "Take fewer units, or a smaller batch_size.")
    return parameters


def _outputs(layers: Sequence[object]) -> int:
    return sum(math.prod(getattr(layer, "out_shape", ())) for layer in layers)


def _check_most(what: str, found: int, most: int, advice: str) -> None:
    if found > most:
        message = f"playground: the network has {found:,} {what}; it must have at most {most:,}. {advice}"
        raise ConfigError(message, expected=most, got=found)
