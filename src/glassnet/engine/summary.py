"""A network as a table to read."""

from __future__ import annotations

from typing import Any

from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import Layer
from glassnet.utils.text_table import table_lines

__all__ = ["summary_table"]


def summary_table(network: BaseNetwork) -> str:
    """Return layers, output shapes, and each parameter with its place in ``network.params``.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(1)], loss="squared_error", input_shape=(2,))
    >>> print(net.summary())
    layer                      output  parameter  shape   place
    dense_1  Dense(4, 'tanh')  (4,)    weight     (2, 4)  0:8
                                       bias       (1, 4)  12:16
    dense_2  Dense(1)          (1,)    weight     (4, 1)  8:12
                                       bias       (1, 1)  16:17
    17 parameters, float32, 68 bytes; squared_error on samples of shape (2,)
    """
    rows = [("layer", "", "output", "parameter", "shape", "place")]
    for name, layer in network._built("summary").layers.items():
        own = [slot for slot in network._slots if slot.layer is layer]
        places = [(slot.spec.name, str(slot.spec.shape), f"{slot.start}:{slot.stop}") for slot in own] or [("", "", "")]
        for i, place in enumerate(places):
            head = (name, _short(layer), str(layer.out_shape)) if i == 0 else ("", "", "")
            rows.append((*head, *place))
    size = network.params.nbytes
    members = f", {network.members} members" if network.members else ""
    total = (
        f"{network.n_parameters:,} parameters{members}, {network.dtype}, {size:,} bytes; "
        f"{network.loss.name} on samples of shape {network.input_shape}"
    )
    return "\n".join([*table_lines(rows), total])


def _short(layer: Layer) -> str:
    """Return the layer's repr without arguments that have their default value."""
    config = layer.config()
    try:
        default = type(layer)(**{key: config[key] for key in list(config)[:1]}).config()
    except Exception:  # a user's own constructor may refuse in any way, and this is only about a shorter name
        return repr(layer)
    first = list(config.items())[:1]
    rest = [(key, value) for key, value in list(config.items())[1:] if value != default.get(key)]
    words = [repr(value) for _, value in first]
    words += [_word(layer, key, value) for key, value in rest]
    return f"{type(layer).__name__}({', '.join(words)})"


def _word(layer: Layer, key: str, value: Any) -> str:
    """Return one argument as one would write it."""
    # What a file describes by a dict is an object of the layer: an activation, a schedule.
    shown = getattr(layer, key, value) if isinstance(value, dict) else value
    return repr(shown) if key == "activation" else f"{key}={shown!r}"
