"""Plans of networks."""

from __future__ import annotations

import math
from typing import Any

from glassnet.errors import ConfigError
from glassnet.exports.lowering.builder import Builder
from glassnet.exports.lowering.layers import lower_layer
from glassnet.exports.plan import Answer, Core, Mean, Plan, Softmax, Value
from glassnet.losses import BinaryCrossEntropy, Loss, SoftmaxCrossEntropy, SquaredError
from glassnet.network import Network

__all__ = ["append_network", "lower_network"]


def lower_network(network: Network, name: str = "model") -> Plan:
    """Return the plan of `Network.predict`."""
    builder = Builder()
    network.built("export")
    shape = network.input_shape or ()
    x = Value("x", (math.prod(shape),))
    y = append_network(builder, network, Value("x", (1, *shape)))
    return Plan(name, (), (), tuple(builder.steps), x, y, _answer(network), {"model": repr(network)}, core=builder.core)


def append_network(builder: Builder, network: Network, x: Value) -> Value:
    """Append the steps of a network and its loss's link, averaged over members; x has a leading axis of 1."""
    members = network.members or 1
    z = x
    for layer in network.layers:
        z = lower_layer(builder, layer, z, members)
    builder.core = Core(network, x, z)
    y = _link(builder, network.loss, z)
    return builder.add(Mean, y.shape[1:], y) if members > 1 else Value(y.name, y.shape[1:])


def _link(builder: Builder, loss: Loss, z: Value) -> Value:
    if isinstance(loss, SoftmaxCrossEntropy):
        return builder.add(Softmax, z.shape, z)
    if isinstance(loss, BinaryCrossEntropy):
        return builder.map(z, "sigmoid(Z)")
    if isinstance(loss, SquaredError):
        return z
    message = f"export: the predictions of {loss!r} have no exported form yet."
    raise ConfigError(message)


def _answer(network: Network) -> Answer:
    n: Any = network.n_outputs
    if isinstance(network.loss, SoftmaxCrossEntropy):
        return Answer("classes", tuple(str(i) for i in range(n)), tuple(range(n)))
    if isinstance(network.loss, BinaryCrossEntropy):
        return Answer("labels", tuple(str(i) for i in range(n)), tuple(range(n)))
    return Answer("numbers", tuple(f"y{i + 1}" for i in range(n)))
