"""The members of a population: new copies of one network, each with its own seed and settings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from glassnet.errors import ConfigError
from glassnet.layers import Dropout
from glassnet.layers.tree import every_layer
from glassnet.network import Network
from glassnet.schedules import as_schedule
from glassnet.training import History
from glassnet.utils.checks import check_integer, check_number

__all__ = ["check_template", "kept_value", "make_members", "scale_weights"]


def check_template(where: str, network: Any) -> None:
    """Refuse what new copies cannot be made of: anything but a network without members."""
    if not isinstance(network, Network):
        message = f"{where}: network is of type {type(network).__name__}; it must be a Network."
        raise ConfigError(message, got=network)
    if network.members is not None:
        message = f"{where}: the network has members={network.members}; it must have none itself. Make it without."
        raise ConfigError(message, got=network.members)


def make_members(
    network: Network, members: int | None, settings: dict[str, Sequence[Any] | None]
) -> tuple[list[Network], list[float] | None]:
    """Return new copies of a network with their settings, and what their initial weights are to be multiplied by."""
    given = {name: list(values) for name, values in settings.items() if values is not None}
    count = _count(members, given)
    first = network.seeds[0]
    seeds = [check_integer("Population", "seeds", seed, 0) for seed in given.pop("seeds", range(first, first + count))]
    scales = given.pop("initial_scale", None)
    if scales is not None:
        scales = [check_number("Population", "initial_scale", scale, 0.0) for scale in scales]
    found = [network._renewed(seed) for seed in seeds]
    for name, values in given.items():
        for member, value in zip(found, values, strict=True):
            _SETTERS[name](member, value)
    return found, scales


def _count(members: int | None, given: dict[str, list[Any]]) -> int:
    """Return how many members there are: as many as every sequence is long."""
    lengths = {name: len(values) for name, values in given.items()}
    if members is not None:
        lengths = {"members": check_integer("Population", "members", members, 1), **lengths}
    if not lengths:
        message = "Population: there is neither members nor a sequence of settings. Pass members=8."
        raise ConfigError(message)
    count = next(iter(lengths.values()))
    if count < 1 or set(lengths.values()) != {count}:
        words = ", ".join(f"{length} in {name}" for name, length in lengths.items())
        message = f"Population: settings differ in number: {words}; there must be one for each member."
        raise ConfigError(message, got=lengths)
    return count


def _set_learning_rate(member: Network, value: Any) -> None:
    as_schedule("Population", "learning_rate", value)
    member.optimizer.learning_rate = value


def _set_weight_decay(member: Network, value: Any) -> None:
    if not member.optimizer.decays:
        name = type(member.optimizer).__name__
        message = f"Population: the optimizer {name} has no weight_decay. Take AdamW."
        raise ConfigError(message, got=name)
    vars(member.optimizer)["weight_decay"] = check_number("Population", "weight_decay", value, 0.0)


def _set_dropout(member: Network, value: Any) -> None:
    layers = [layer for layer in every_layer(member.layers) if isinstance(layer, Dropout)]
    if not layers:
        message = "Population: the network has no Dropout layers, which dropout needs. Put them where it should act."
        raise ConfigError(message)
    for layer in layers:
        layer.rate = Dropout(value).rate


_SETTERS = {"learning_rate": _set_learning_rate, "weight_decay": _set_weight_decay, "dropout": _set_dropout}


def kept_value(history: History, values: Sequence[Any], restores_best: bool) -> float:
    """Return the value of a history's column at the epoch whose weights a network has; NaN if there is none."""
    return float(values[history.best_epoch - 1 if restores_best and history.best_epoch else -1]) if values else math.nan


def scale_weights(member: Network, scale: float) -> None:
    """Multiply the weights of a built network, not its biases and norms."""
    for slot in member._slots:
        if slot.spec.decays and scale != 1.0:
            slot.view(member.params)[...] *= member.dtype.type(scale)
