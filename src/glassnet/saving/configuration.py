"""A network as plain data and back."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable
from typing import Any, TypeVar

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, FormatError
from glassnet.layers import LAYERS, Activation, Layer, make_layer
from glassnet.layers.tree import every_layer
from glassnet.losses import LOSSES, CustomLoss, EnsembleLoss, Loss
from glassnet.optimizers import OPTIMIZERS
from glassnet.schedules import SCHEDULES, Schedule
from glassnet.utils.checks import check_class

__all__ = ["network_config", "network_from_config"]

_N = TypeVar("_N", bound=BaseNetwork)
_LOSSES = {found.__name__: found for found in (*LOSSES.values(), CustomLoss, EnsembleLoss)}
_OPTIMIZERS = {found.__name__: found for found in OPTIMIZERS.values()}
_OURS: dict[str, type] = {**LAYERS, **_LOSSES, **_OPTIMIZERS, **SCHEDULES}
_KEYS = ("dtype", "input_shape", "layers", "loss", "members", "optimizer", "seeds")


def network_config(network: BaseNetwork) -> dict[str, Any]:
    """Return everything but the arrays, JSON-able."""
    optimizer = network.optimizer
    layers = [*every_layer(network.layers)]
    inside = [getattr(layer, "activation", None) for layer in layers]
    activations = [found for found in inside if isinstance(found, Activation)]
    parts: list[Layer | Loss] = [*layers, *activations, network.loss]
    for part in parts:
        _check_config(part)
    for named in (*parts, optimizer, optimizer.learning_rate):
        _check_name(named)
    return {
        "layers": [layer.entry() for layer in network.layers],
        "loss": _entry(network.loss),
        "optimizer": {"class": type(optimizer).__name__, **optimizer.config()},
        "seeds": list(network.seeds),
        "dtype": str(network.dtype),
        "members": network.members,
        "input_shape": None if network.input_shape is None else list(network.input_shape),
        "l1": network.l1,
        "l2": network.l2,
        "max_norm": network.max_norm,
    }


def _entry(part: Layer | Loss) -> dict[str, Any]:
    """Return class and arguments, or class and name of an object that `network_from_config` must be handed."""
    kept = {"name": getattr(part, "name", None)} if _is_saved_by_name(part) else part.config()
    return {"class": type(part).__name__, **kept}


def _is_saved_by_name(part: object) -> bool:
    """Return whether the part holds functions of the user's, which no file can."""
    return bool(getattr(part, "saved_by_name", False))


def _check_config(part: Layer | Loss) -> None:
    """Refuse what would be lost without a word: arguments of a class, functions without a name."""
    if _is_saved_by_name(part):
        if getattr(part, "name", None) is None:
            name = type(part).__name__
            message = f"{name}: {part!r} has no name; it must have one to be saved. Make it with name=..."
            raise ConfigError(message, got=part)
        return
    arguments = set(inspect.signature(type(part)).parameters)
    if arguments - set(part.config()):
        missing = ", ".join(sorted(arguments - set(part.config())))
        message = f"{type(part).__name__}.config: it lacks {missing}; it must return all arguments of the constructor."
        raise ConfigError(message, expected=arguments, got=part.config())


def _check_name(part: object) -> None:
    """Refuse a class of the user's own that bears the name of one of glassnet's: its file would be read as that one."""
    kind = type(part)
    if _OURS.get(kind.__name__, kind) is not kind:
        fact = f"this class of {kind.__module__} bears the name of a class of glassnet"
        message = f"{kind.__name__}: {fact}; a file names classes, so the name must be its own. Rename it."
        raise ConfigError(message, got=kind)


def network_from_config(kind: type[_N], config: dict[str, Any], custom: Iterable[Any] = ()) -> _N:
    """Return a new network as `network_config` described it, not built: the configuration's input_shape is unused.

    It is of class ``kind``. The configuration may name ``custom`` layers, losses, optimizers and schedules; objects
    such as a `CustomLoss`, which are described by class and name only, are found by their name.
    """
    missing = [key for key in _KEYS if key not in config] if isinstance(config, dict) else list(_KEYS)
    if missing:
        words = f"the configuration lacks {', '.join(missing)}; it must have {', '.join(_KEYS)}"
        message = f"network_from_config: {words}."
        raise FormatError(message, expected=_KEYS, got=[*config] if isinstance(config, dict) else config)
    given = list(custom)
    own = {_name_of(found): found for found in given}
    objects = {(type(found).__name__, found.name): found for found in given if _is_saved_by_name(found)}
    own_schedules = {k: found for k, found in own.items() if isinstance(found, type) and issubclass(found, Schedule)}
    schedules = SCHEDULES | own_schedules
    try:
        if not isinstance(config["layers"], list) or not isinstance(config["seeds"], list):
            message = f"layers and seeds are {config['layers']!r} and {config['seeds']!r}; they must be lists"
            raise ConfigError(message)
        layers = [make_layer(entry, LAYERS | own) for entry in config["layers"]]
        loss = _make("loss", config["loss"], _LOSSES | own, objects)
        name, arguments = _split(config["optimizer"])
        optimizer = check_class("optimizer", "class", name, _OPTIMIZERS | own).from_config(arguments, schedules)
        members, seeds = config["members"], config["seeds"]
        if members is None and len(seeds) != 1:
            message = f"seeds holds {len(seeds)} seeds; it must hold one"
            raise ConfigError(message)
        return kind(
            layers,
            loss=loss,
            optimizer=optimizer,
            seed=seeds[0] if members is None else seeds,
            dtype=config["dtype"],
            members=members,
            l1=config.get("l1", 0.0),
            l2=config.get("l2", 0.0),
            max_norm=config.get("max_norm"),
        )
    except Exception as error:  # a class of the user's own may refuse in any way
        message = f"network_from_config: the configuration describes no network: {error}"
        raise FormatError(message) from error


def _name_of(found: Any) -> str:
    """Return the name by which a file knows a class, or an object, of the user's own."""
    name = found.__name__ if isinstance(found, type) else getattr(found, "name", None)
    if isinstance(name, str):
        return name
    message = f"load: custom holds {found!r}; it must hold classes, or objects with a name."
    raise ConfigError(message, got=found)


def _make(kind: str, entry: dict[str, Any], known: dict[str, Any], objects: dict[tuple[str, str], Any]) -> Any:
    """Return the object that an entry names and describes, or one like the object that it only names."""
    name, arguments = _split(entry)
    if (name, arguments.get("name")) in objects:
        # A copy, since a layer is part of one network only.
        return copy.copy(objects[name, arguments["name"]])
    found = check_class(kind, "class", name, known)
    if _is_saved_by_name(found):
        called = f"{name} {arguments.get('name')!r}"
        message = f"the file only names the {called}, and no such object was passed. Pass custom=[that object]."
        raise ConfigError(message, expected=called)
    return found(**arguments)


def _split(entry: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the class's name and the other entries."""
    if not isinstance(entry, dict):
        message = f"the description of a loss or optimizer is {entry!r}; it must be a class and its arguments"
        raise ConfigError(message, got=entry)
    rest = dict(entry)
    return rest.pop("class", None), rest
