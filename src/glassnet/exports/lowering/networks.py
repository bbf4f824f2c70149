"""Plans of networks, and of ensembles of them."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.lowering.builder import Builder
from glassnet.exports.lowering.layers import lower_layer
from glassnet.exports.lowering.links import answer_of, append_link
from glassnet.exports.lowering.originals import overridden
from glassnet.exports.lowering.short_forms import short_form
from glassnet.exports.lowering.simplifying import simplified
from glassnet.exports.plan import Core, Mean, Plan, Value
from glassnet.layers.tree import every_layer
from glassnet.network import Network
from glassnet.populations import Ensemble, Population

__all__ = ["append_network", "lower_ensemble", "lower_network", "model_facts"]

_DECIDING = ("predict", "forward", "_logits", "_check_inputs", "build")
_TRAINING = frozenset(("decays", "initializer", "momentum", "rate", "schedule", "std", "tuning"))  # options of layers


def lower_network(
    network: Network | Population, name: str = "model", *, simplify: bool = True, dtype: Any = np.float32
) -> Plan:
    """Return the plan of `Network.predict`.

    Parameters
    ----------
    simplify : bool, default=True
        Whether steps are joined; otherwise everything that a layer does is a step.
    dtype : dtype, default=float32
        Type of the weights.
    """
    network = _one_answer(network)
    builder, (x, start) = Builder(dtype), _inputs(network)
    y = append_network(builder, network, start)
    return _plan(builder, x, y, network, name, simplify)


def lower_ensemble(ensemble: Ensemble, name: str = "model", *, simplify: bool = True, dtype: Any = np.float32) -> Plan:
    """Return the plan of `Ensemble.predict`; networks of one architecture become one of that many members.

    The parameters are as of `lower_network`.
    """
    networks = ensemble.networks
    for network in map(_one_answer, networks):
        if network.input_shape != networks[0].input_shape:
            must = "all must read the same inputs"
            got = f"of shapes {networks[0].input_shape} and {network.input_shape}"
            message = f"export: the networks of the ensemble read inputs {got}; {must}. Export them one by one."
            raise ConfigError(message, expected=must, got=network.input_shape)
    builder, (x, start) = Builder(dtype), _inputs(networks[0])
    if _are_alike(networks):
        y = append_network(builder, _stacked(networks), start)
    else:
        answers = [append_network(builder, network, start) for network in networks]
        builder.core = None  # there is more than one
        beside = builder.join(*answers, part="answers")
        y = builder.add(Mean, answers[0].shape, Value(beside.name, (len(answers), *answers[0].shape)), part="mean")
    plan = _plan(builder, x, y, networks[0], name, simplify)
    facts = {"ensemble": f"the mean of {len(networks)} networks", **plan.made_from}
    return dataclasses.replace(plan, made_from=facts)


def model_facts(network: Network) -> dict[str, str]:
    """Return what a network is, for the header of a file."""
    return {
        "layers": short_form(network.layers)[1:-1],
        "loss": short_form(network.loss),
        **({"dtype": network.dtype.name} if network.dtype != np.float32 else {}),
    }


def _one_answer(network: Network | Population) -> Network:
    """Return the network, or refuse a model that has several answers for a row."""
    must = "a model must give one answer for each row"
    if isinstance(network, Population):
        advice = "Export one of its members, population.best(), or population.ensemble()."
        message = f"export: the Population has {len(network)} members; {must}. {advice}"
        raise ConfigError(message, expected=must, got=len(network))
    network._built("export")
    if network.members is not None and network.members > 1:
        has = f"the network has {network.members} members"
        message = f"export: {has}; {must}. Train a Population instead, and export population.ensemble()."
        raise ConfigError(message, expected=must, got=network.members)
    return network


def _inputs(network: Network) -> tuple[Value, Value]:
    """Return the row of numbers, and the same as the first layer reads it."""
    shape = network.input_shape or ()
    return Value("x", (math.prod(shape),)), Value("x", (1, *shape))


def _plan(builder: Builder, x: Value, y: Value, network: Network, name: str, simplify: bool) -> Plan:
    steps = simplified(builder.steps, builder.kept(x, y)) if simplify else tuple(builder.steps)
    answer = answer_of(network.loss, network.n_outputs)
    return Plan(name, (), (), steps, x, y, answer, model_facts(network), core=builder.core)


def _are_alike(networks: Sequence[Network]) -> bool:
    """Return whether networks differ in their numbers alone."""
    first = networks[0]
    parts = [part for layer in every_layer(first.layers) for part in (layer, getattr(layer, "activation", layer))]
    if len(networks) == 1 or any(not type(part).__module__.startswith("glassnet.") for part in parts):
        return False
    if any(part.saved_by_name for part in parts):
        return False
    designs = [([_design(layer.entry()) for layer in each.layers], repr(each.loss), each.dtype) for each in networks]
    return all(design == designs[0] for design in designs)


def _design(entry: Any) -> Any:
    """Return the description of a layer without what matters in training only."""
    if isinstance(entry, dict):
        return {name: _design(value) for name, value in entry.items() if name not in _TRAINING}
    return [_design(value) for value in entry] if isinstance(entry, list) else entry


def _stacked(networks: Sequence[Network]) -> Network:
    """Return one network with the numbers of all as its members."""
    first = networks[0]
    stacked = first._like(copy.deepcopy(first.layers), seed=[0] * len(networks), members=len(networks))
    stacked.params[...] = [network.params for network in networks]
    stacked.stats[...] = [network.stats for network in networks]
    return stacked


def append_network(builder: Builder, network: Network, x: Value) -> Value:
    """Append the steps of a network and its loss's link, averaged over members; x has a leading axis of 1."""
    changed = overridden(network, Network, _DECIDING)
    if changed:
        must = "a subclass of Network must compute what Network does"
        message = f"export: {type(network).__name__} has its own {changed}; {must}. Use Network itself."
        raise ConfigError(message, expected=must, got=network)
    z = x
    for layer in network.layers:
        z = lower_layer(builder, layer, z, network.members or 1)
    builder.core = Core(network, x, z)
    y = append_link(builder, network.loss, z)
    return builder.add(Mean, y.shape[1:], y, part="mean") if y.shape[0] > 1 else Value(y.name, y.shape[1:])
