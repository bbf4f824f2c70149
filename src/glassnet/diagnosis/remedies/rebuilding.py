"""The same network made anew with one thing different: activations, initial weights, loss, width."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from glassnet.diagnosis.outputs import PASSES, output_place
from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import (
    BatchNorm,
    Calibration,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Identity,
    Layer,
    ReLU,
    Reshape,
    Scale,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    make_layer,
)
from glassnet.layers.tree import every_layer
from glassnet.losses import Loss, SoftmaxCrossEntropy

__all__ = [
    "is_linear",
    "is_one_layer",
    "with_batch_norm",
    "with_class_units",
    "with_classifying_loss",
    "with_default_start",
    "with_hidden_layer",
    "with_new_seed",
    "with_rectifiers",
    "with_rectifiers_between",
    "with_twice_the_units",
    "without_hidden_softmax",
    "without_last_activation",
    "without_noise",
    "without_softmax_units",
]

Edit = Callable[[list[Layer]], list[Layer]]
Config = dict[str, Any]


def _rebuilt(
    network: BaseNetwork, edit: Edit | None = None, *, loss: Loss | None = None, seed: int | None = None
) -> BaseNetwork:
    """Return a new network of edited copies of the layers, started from its seed."""
    layers = [_fresh(layer) for layer in network.layers]
    return network._like(
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
        end = output_place(layers)
        hidden = [[layer, BatchNorm()] if isinstance(layer, Dense) else [layer] for layer in layers[:end]]
        return [*(layer for pair in hidden for layer in pair), *layers[end:]]

    return _rebuilt(network, edit)


def _with_hidden(network: BaseNetwork, change: Callable[[Config], Config]) -> BaseNetwork:
    """Return the network with other arguments of every `Dense` but the last layer."""

    def edit(layers: list[Layer]) -> list[Layer]:
        end = output_place(layers)
        return [*(_changed(layer, change) for layer in layers[:end]), *layers[end:]]

    return _rebuilt(network, edit)


def with_rectifiers_between(network: BaseNetwork) -> BaseNetwork:
    """Return the network with 'relu' on every linear layer but the last."""
    linear = (None, "identity")
    return _with_hidden(network, lambda config: {"activation": "relu"} if config["activation"] in linear else {})


def is_one_layer(network: BaseNetwork) -> bool:
    """Return whether a network is a single `Dense`: a linear model."""
    return [type(layer) for layer in network.layers if type(layer) is not Flatten] == [Dense]


def with_hidden_layer(network: BaseNetwork) -> BaseNetwork:
    """Return a network of one layer with a hidden layer before it."""
    return _rebuilt(network, lambda layers: [*layers[:-1], Dense(16, "relu"), layers[-1]])


def with_twice_the_units(network: BaseNetwork) -> BaseNetwork:
    """Return the network with hidden layers twice as wide, at least 8 units."""
    return _with_hidden(network, lambda config: {"units": max(8, 2 * config["units"])})


def without_last_activation(network: BaseNetwork) -> BaseNetwork:
    """Return the network with linear outputs, with initial weights of its own where the last layer is a `Dense`."""
    return _rebuilt(network, _with_linear_end)


def _with_linear_end(layers: list[Layer]) -> list[Layer]:
    """Return layers without the activation of the last one that computes."""
    *rest, last = layers
    if isinstance(last, PASSES) and rest:
        return [*_with_linear_end(rest), last]
    if isinstance(last, Sequential):
        inside = _with_linear_end([_fresh(layer) for layer in last.layers])
        return [*rest, Sequential(inside)] if inside else rest
    return [*rest, _changed(last, lambda _: _LINEAR)] if isinstance(last, Dense) else rest


_LINEAR: Config = {"activation": None, "initializer": None}


def without_softmax_units(network: BaseNetwork) -> BaseNetwork:
    """Return the network without the softmax of layers that have one output."""

    def change(config: Config) -> Config:
        return _LINEAR if config["activation"] == "softmax" and config["units"] == 1 else {}

    def edit(layers: list[Layer]) -> list[Layer]:
        built = zip(layers, network.layers, strict=True)
        return [_changed(new, change) for new, old in built if type(old) is not Softmax or old.out_shape[-1] != 1]

    return _rebuilt(network, edit)


def without_hidden_softmax(network: BaseNetwork) -> BaseNetwork:
    """Return the network with 'relu' in place of softmax in its hidden layers."""

    def change(config: Config) -> Config:
        return {"activation": "relu", "initializer": None} if config["activation"] == "softmax" else {}

    def edit(layers: list[Layer]) -> list[Layer]:
        end = output_place(layers)
        hidden = [ReLU() if type(layer) is Softmax else _changed(layer, change) for layer in layers[:end]]
        return [*hidden, *layers[end:]]

    return _rebuilt(network, edit)


def without_noise(network: BaseNetwork) -> None:
    """Set the rate of every `Dropout` and the spread of every `GaussianNoise` to 0."""
    for layer in every_layer(network.layers):
        if isinstance(layer, Dropout):
            layer.rate = 0.0
        elif isinstance(layer, GaussianNoise):
            layer.std = 0.0


def with_classifying_loss(network: BaseNetwork, loss: Loss) -> BaseNetwork:
    """Return the network with linear outputs and a loss for classes."""
    return _rebuilt(network, _with_linear_end, loss=loss)


def with_class_units(network: BaseNetwork, k: int) -> BaseNetwork:
    """Return the network with a linear output for each of ``k`` classes."""

    def edit(layers: list[Layer]) -> list[Layer]:
        *rest, last = _with_linear_end(layers)
        return [*rest, _changed(last, lambda _: {"units": k})]

    return _rebuilt(network, edit, loss=SoftmaxCrossEntropy())


def is_linear(layer: Layer) -> bool | None:
    """Return whether a layer is an affine map of its own; None for one that changes nothing of that.

    Of the latter are `Dropout`, and `BatchNorm`, which is an affine map of each number in prediction.
    """
    if isinstance(layer, Dense):
        return isinstance(layer.activation, Identity)
    passes = (BatchNorm, Calibration, Dropout, Flatten, GaussianNoise, Identity, Reshape, Scale)
    return None if isinstance(layer, passes) else False
