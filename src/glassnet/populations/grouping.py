"""Which networks are trained at once, and how many: so many as fit the cache together."""

from __future__ import annotations

from glassnet.layers import Layer
from glassnet.layers.tree import every_layer
from glassnet.network import Network

__all__ = ["group_size", "working_set"]

_CACHE_BYTES = 2**20
_ARRAYS_PER_PARAMETER = 2  # itself and its gradient, beside what the optimizer keeps
_ARRAYS_PER_ACTIVATION = 3
_FEWEST, _MOST = 4, 256  # two at once gain nothing


def working_set(network: Network, batch_size: int) -> int:
    """Return about how many bytes one step of a built network goes through."""
    state = len(network.optimizer.state_names) + _ARRAYS_PER_PARAMETER
    numbers = network.n_parameters * state
    numbers += batch_size * _ARRAYS_PER_ACTIVATION * sum(map(_width, every_layer(network.layers)))
    return numbers * network.dtype.itemsize


def _width(layer: Layer) -> int:
    size = 1
    for axis in layer.out_shape:
        size *= axis
    return size


def group_size(network: Network, batch_size: int) -> int:
    """Return how many networks like this one to train at once: all together they should fit a second-level cache.

    Beyond that, training at once is slower than one by one: it saves calls from Python, and those no longer matter.
    """
    fitting = min(_MOST, _CACHE_BYTES // working_set(network, batch_size))
    return fitting if fitting >= _FEWEST else 1
