"""A network as plain data and back, and as a table to read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from glassnet.checks import check_choice
from glassnet.errors import ConfigError, FormatError
from glassnet.layers import LAYERS, Layer
from glassnet.network import Network
from glassnet.optimizers import OPTIMIZERS

__all__ = ["network_config", "network_from_config", "summary_table"]

_KEYS = ("dtype", "input_shape", "layers", "loss", "members", "optimizer", "seeds")


def network_config(network: Network) -> dict[str, Any]:
    """Return everything but the arrays, JSON-able."""
    optimizer = network.optimizer
    return {
        "layers": [{"class": type(layer).__name__, **layer.config()} for layer in network.layers],
        "loss": network.loss.name,
        "optimizer": {"class": type(optimizer).__name__, **optimizer.config()},
        "seeds": list(network.seeds),
        "dtype": str(network.dtype),
        "members": network.members,
        "input_shape": None if network.input_shape is None else list(network.input_shape),
    }


def network_from_config(config: dict[str, Any], custom_layers: Iterable[type[Layer]] = ()) -> Network:
    """Return a new network as `network_config` described it, with fresh initial parameters.

    Raises
    ------
    FormatError
        Entries are missing, or a layer, loss or optimizer is unknown or refuses its arguments.
    """
    missing = [key for key in _KEYS if key not in config] if isinstance(config, dict) else list(_KEYS)
    if missing:
        message = (
            f"network_from_config: the configuration must have {', '.join(_KEYS)}, got none of {', '.join(missing)}."
        )
        raise FormatError(message, expected=_KEYS, got=missing)
    known = LAYERS | {layer.__name__: layer for layer in custom_layers}
    optimizers = {optimizer.__name__: optimizer for optimizer in OPTIMIZERS.values()}
    try:
        layers = [
            known[check_choice("layers", "class", name, known)](**rest) for name, rest in map(_split, config["layers"])
        ]
        name, rest = _split(config["optimizer"])
        optimizer = optimizers[check_choice("optimizer", "class", name, optimizers)].from_config(rest)
        members, seeds = config["members"], config["seeds"]
        return Network(
            layers,
            loss=config["loss"],
            optimizer=optimizer,
            seed=seeds[0] if members is None else seeds,
            dtype=config["dtype"],
            members=members,
            input_shape=None if config["input_shape"] is None else tuple(config["input_shape"]),
        )
    except (ConfigError, TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        message = f"network_from_config: the configuration must describe a network, got one that fails with: {error}"
        raise FormatError(message) from error


def _split(entry: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the class's name and the other entries."""
    rest = dict(entry)
    return rest.pop("class", None), rest


def summary_table(network: Network) -> str:
    """Return layers, output shapes, and each parameter with its place in ``network.params``.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(1)], loss="squared_error", input_shape=(2,))
    >>> print(net.summary())
    layer                        output  parameter  shape   place
    dense_1  Dense(4, 'tanh')    (4,)    weight     (2, 4)  0:8
                                         bias       (1, 4)  12:16
    dense_2  Dense(1)            (1,)    weight     (4, 1)  8:12
                                         bias       (1, 1)  16:17
    17 parameters, float32, 68 bytes; squared_error on samples of shape (2,)
    """
    rows = [("layer", "", "output", "parameter", "shape", "place")]
    for name, layer in zip(network.names, network.layers, strict=True):
        own = [slot for slot in network.slots if slot.layer is layer]
        places = [(slot.spec.name, str(slot.spec.shape), f"{slot.start}:{slot.stop}") for slot in own] or [("", "", "")]
        for i, place in enumerate(places):
            head = (name, _short(layer), str(layer.out_shape)) if i == 0 else ("", "", "")
            rows.append((*head, *place))
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    widths[1] += 2
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    size = network.params.nbytes
    members = f", {network.members} members" if network.members else ""
    lines.append(
        f"{network.n_parameters:,} parameters{members}, {network.dtype}, {size:,} bytes; "
        f"{network.loss.name} on samples of shape {network.input_shape}"
    )
    return "\n".join(lines)


def _short(layer: Layer) -> str:
    """Return the layer's repr without arguments that have their default value."""
    config = layer.config()
    try:
        default = type(layer)(**{key: config[key] for key in list(config)[:1]}).config()
    except TypeError:
        return repr(layer)
    first = list(config.items())[:1]
    rest = [(key, value) for key, value in list(config.items())[1:] if value != default.get(key)]
    words = [repr(value) for _, value in first]
    words += [repr(value) if key == "activation" else f"{key}={value!r}" for key, value in rest]
    return f"{type(layer).__name__}({', '.join(words)})"
