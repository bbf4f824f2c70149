"""Checks of the arguments that a network is made with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.errors import ConfigError, ShapeError
from glassnet.layers import Dense, Layer, Sequential
from glassnet.layers.containers import check_layer_list
from glassnet.layers.tree import every_layer
from glassnet.losses import Loss
from glassnet.utils.checks import check_integer
from glassnet.utils.random_streams import fresh_seed

__all__ = ["check_layers", "check_seeds", "check_shape", "refuse_linked_output"]

# By name, so that a class of the user's own counts too.
_LINKS = frozenset({"Exponential", "HardSigmoid", "LogSoftmax", "Sigmoid", "Softmax", "Softplus"})


def check_layers(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers as a list: at least one, all of them layers, each in one place only."""
    found = check_layer_list("Network", layers)
    everywhere = [*every_layer(found)]
    if len({id(layer) for layer in everywhere}) < len(everywhere):
        message = "Network: a layer is there twice; every layer must be in one place. Make a new one for each place."
        raise ConfigError(message)
    for layer in everywhere:
        if layer.owner is not None and layer.owner() is not None:
            message = f"Network: {layer!r} is in another network; a layer must be in one only. Make a new layer."
            raise ConfigError(message, got=layer)
    return found


def check_seeds(seed: int | Sequence[int] | None, members: int | None) -> tuple[int, ...]:
    """Return one seed per member."""
    if seed is None:
        seed = fresh_seed()
    if isinstance(seed, (list, tuple)):
        seeds = tuple(check_integer("Network", "seed", s, 0) for s in seed)
        if members is None or len(seeds) != members:
            must = "a sequence of seeds must have one per member"
            message = f"Network: {len(seeds)} seeds for members={members}; {must}."
            raise ConfigError(message, expected=members, got=len(seeds))
        return seeds
    first = check_integer("Network", "seed", seed, 0)
    return tuple(range(first, first + (members or 1)))


def refuse_linked_output(last: Layer, loss: Loss) -> None:
    """Refuse a final sigmoid, softmax or the like under a loss that applies one itself: it would come twice."""
    while isinstance(last, Sequential):
        last = last.layers[-1]
    activation: Layer = last.activation if isinstance(last, Dense) else last
    if loss.includes and any(base.__name__ in _LINKS for base in type(activation).__mro__):
        name = type(activation).__name__
        message = (
            f"Network: the last layer is a {name}; under loss={loss.name!r} it must give logits. "
            f"Leave it out: the loss includes {loss.includes}, and predict applies it."
        )
        raise ConfigError(message, expected="logits", got=name)


def check_shape(where: str, shape: Any) -> tuple[int, ...]:
    """Return the shape of one sample as a tuple of whole numbers of at least 1; a number is one axis."""
    axes = shape if isinstance(shape, (tuple, list)) else (shape,)
    if not axes:
        message = f"{where}: input_shape is {shape!r}; it must have at least one axis."
        raise ShapeError(message, got=shape)
    return tuple(check_integer(where, "input_shape", axis, 1) for axis in axes)
