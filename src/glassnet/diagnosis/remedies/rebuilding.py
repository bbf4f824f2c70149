"""The same network made anew with one thing different: activations, initial weights, loss, width."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import BatchNorm, Dense, Dropout, Layer, ReLU, Sequential, Sigmoid, Tanh, make_layer
from glassnet.losses import Loss

__all__ = [
    "is_linear",
    "with_batch_norm",
    "with_default_start",
    "with_new_seed",
    "with_other_loss",
    "with_rectifiers",
    "with_rectifiers_between",
    "with_twice_the_units",
    "without_last_activation",
]

Edit = Callable[[list[Layer]], list[Layer]]
Config = dict[str, Any]


def _rebuilt(
    network: BaseNetwork, edit: Edit | None = None, *, loss: Loss | None = None, seed: int | None = None
) -> BaseNetwork:
    """Return a new network of edited copies of the layers, started from its seed."""
    layers = [_fresh(layer) for layer in network.layers]
    return network.like(
        layers if edit is None else edit(layers),
        loss=network.loss if loss is None else loss,
        seed=network.seeds[0] if seed is None else seed,
    )


def _fresh(layer: Layer) -> Layer:
    """Return a new layer with the same arguments, trained the same way."""
    return copy.deepcopy(layer) if layer.saved_by_name else make_layer(layer.entry())


def _changed(layer: Layer, change: Callable[[Config], Config]) -> Layer:
    """Return a `Dense` with other arguments, in sequences each of them, any other layer as it is."""
    if isinstance(layer, Sequential):
        return Sequential([_changed(_fresh(inside), change) for inside in layer.layers])
    if type(layer) is not Dense:
        return layer
    config = layer.config()
    return Dense(**{**config, **change(config)}).tuned(**layer.tuning())


def with_default_start(network: BaseNetwork) -> BaseNetwork:
    """Return the network with the initial weights that its activations ask for."""
    return _rebuilt(network, lambda layers: [_changed(layer, lambda _: {"initializer": None}) for layer in layers])


def with_new_seed(network: BaseNetwork) -> BaseNetwork:
    """Return the network with other initial weights of the same kind."""
    return _rebuilt(network, seed=network.seeds[0] + 1)


def with_other_loss(network: BaseNetwork, loss: Loss) -> BaseNetwork:
    """Return the network with another loss, and new initial weights; without an activation that the loss applies."""
    last = network.layers[-1]
    if not (loss.includes and isinstance(last, Dense)):
        return _rebuilt(network, loss=loss)
    return _rebuilt(
        network, lambda layers: [*layers[:-1], _changed(layers[-1], lambda _: {"activation": None})], loss=loss
    )


def with_rectifiers(network: BaseNetwork) -> BaseNetwork:
    """Return the network with 'relu' in place of sigmoid and tanh, and the initial weights for that."""

    def change(config: Config) -> Config:
        return {"activation": "relu", "initializer": None} if config["activation"] in ("sigmoid", "tanh") else {}

    def edit(layers: list[Layer]) -> list[Layer]:
        return [ReLU() if type(layer) in (Sigmoid, Tanh) else _changed(layer, change) for layer in layers]

    return _rebuilt(network, edit)


def with_batch_norm(network: BaseNetwork) -> BaseNetwork:
    """Return the network with the outputs of every hidden `Dense` normalised over the batch."""

    def edit(layers: list[Layer]) -> list[Layer]:
        hidden = [[layer, BatchNorm()] if isinstance(layer, Dense) else [layer] for layer in layers[:-1]]
        return [*(layer for pair in hidden for layer in pair), layers[-1]]

    return _rebuilt(network, edit)


def _with_hidden(network: BaseNetwork, change: Callable[[Config], Config]) -> BaseNetwork:
    """Return the network with other arguments of every `Dense` but the last layer."""
    return _rebuilt(network, lambda layers: [*(_changed(layer, change) for layer in layers[:-1]), layers[-1]])


def with_rectifiers_between(network: BaseNetwork) -> BaseNetwork:
    """Return the network with 'relu' on every linear layer but the last."""
    linear = (None, "identity")
    return _with_hidden(network, lambda config: {"activation": "relu"} if config["activation"] in linear else {})


def with_twice_the_units(network: BaseNetwork) -> BaseNetwork:
    """Return the network with hidden layers twice as wide, at least 8 units."""
    return _with_hidden(network, lambda config: {"units": max(8, 2 * config["units"])})


def without_last_activation(network: BaseNetwork) -> BaseNetwork:
    """Return the network with a linear last layer, with initial weights of its own where it stays."""

    def edit(layers: list[Layer]) -> list[Layer]:
        *rest, last = layers
        linear = {"activation": None, "initializer": None}
        return [*rest, _changed(last, lambda _: linear)] if isinstance(last, Dense) else rest

    return _rebuilt(network, edit)


def is_linear(layer: Layer) -> bool | None:
    """Return whether a layer is an affine map; None for one that changes nothing of that, such as `Dropout`."""
    if isinstance(layer, Dense):
        return type(layer.activation).__name__ == "Identity"
    return None if isinstance(layer, Dropout) or type(layer).__name__ in ("Identity", "Flatten", "Reshape") else False
