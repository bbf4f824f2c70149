"""One setting by its path, such as ``layers.2.activation``, changed in plain data."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

from glassnet.errors import ConfigError
from glassnet.layers import ACTIVATIONS, Layer
from glassnet.losses import LOSSES
from glassnet.optimizers import OPTIMIZERS
from glassnet.playground.arguments import starting_arguments
from glassnet.schedules import SCHEDULES
from glassnet.utils.checks import check_choice
from glassnet.utils.suggestions import suggestion

__all__ = ["CONSTANT", "Config", "activation_entry", "changed", "kinds_of_schedule", "rate_of", "setting"]

Config = dict[str, Any]

CONSTANT = "constant"
"""The schedule of a learning rate that is a number."""

_TUNING = ("trainable", "rate_factor", "decay_factor")
_INSIDE = ("layers", "branches", "shortcut")


def changed(config: Config, path: str, value: Any) -> Config:
    """Return a copy of a configuration with the setting at a path changed; unknown paths are refused."""
    _check_value(path, value)
    now = setting(config, path)
    if type(now) is type(value) and now == value:
        return copy.deepcopy(config)  # what has the value has it with all that belongs to it, such as a slope
    config = _filled(copy.deepcopy(config))
    if path == "loss":
        config["loss"] = _loss(value)
    elif path == "optimizer.kind":
        config["optimizer"] = _optimizer(value, config["optimizer"])
    elif path == "optimizer.schedule":
        config["optimizer"]["learning_rate"] = _schedule(value, config["optimizer"]["learning_rate"])
    else:
        *way, last = path.split(".")
        _put(_at(config, way, path), last, value, path)
    return config


def setting(config: Config, path: str) -> Any:
    """Return the value at a path as people write it: the class of an activation by its name, say."""
    if path == "loss":
        return _name_of_loss(config["loss"])
    if path == "optimizer.kind":
        return config["optimizer"]["class"]
    if path == "optimizer.schedule":
        rate = config["optimizer"]["learning_rate"]
        return rate["schedule"] if isinstance(rate, dict) else CONSTANT
    *way, last = path.split(".")
    found = _at(_filled(config), way, path, writes=False)
    if isinstance(found, dict) and last in _TUNING and "class" in found:
        return _tuning_of(found, last)
    value = found[_key(found, last, path)]
    if isinstance(value, dict):
        return value.get("schedule") or activation_entry(value)[0]
    return value


def _filled(config: Config) -> Config:
    """Return a configuration that also has the arguments which optimizers leave out when they are None."""
    return {**config, "optimizer": {"clip_norm": None, "ema": None, **config["optimizer"]}}


def _check_value(path: str, value: Any) -> None:
    """Refuse what no setting is: descriptions of layers come by commands of their own."""
    items = value if isinstance(value, list) and len(value) <= 100 else [value]
    if any(item is not None and not isinstance(item, (bool, int, float, str)) for item in items):
        must = "it must be a number, a text, true, false or null"
        message = f"set: {path} is of type {type(value).__name__}; {must}."
        raise ConfigError(message, got=value)


def _at(found: Any, way: list[str], path: str, *, writes: bool = True) -> Any:
    """Return the part of a configuration that is found on the way, which has activations in full if it ``writes``."""
    for key in way:
        key = _key(found, key, path)
        part = found[key]
        if key == "activation" and not isinstance(part, dict):
            part = activation_entry(part)[1]
            if writes:
                found[key] = part
        found = part
    return found


def _key(found: Any, key: str, path: str) -> Any:
    """Return the key, or the position in a list, under which something is found there."""
    if isinstance(found, list) and key.isdecimal() and len(key) < 5 and int(key) < len(found):
        return int(key)
    if isinstance(found, dict) and key in found and key not in ("class", "schedule"):
        return key
    parts = found if isinstance(found, dict) else {}
    names = [*(name for name in parts if name not in ("class", "schedule")), *(_TUNING if "class" in parts else ())]
    advice = suggestion(key, names)
    message = f"set: there is no {key[:40]!r} in {path[:100]!r}; path must name a setting. {advice}".rstrip()
    raise ConfigError(message, expected=names, got=path)


def _put(found: Any, key: str, value: Any, path: str) -> None:
    """Set one entry: an argument of the class, or how a layer is trained."""
    if isinstance(found, dict) and key in _TUNING and "class" in found:
        _tune(found, key, value)
        return
    key = _key(found, key, path)
    first = found[key][0] if isinstance(found[key], list) and found[key] else found[key]
    if isinstance(first, dict) and "class" in first and key != "activation":
        message = f"set: {path!r} has several settings; path must name one."
        raise ConfigError(message, got=path)
    found[key] = None if key == "activation" and value == "identity" else value


def _inside(entry: Config) -> list[Config]:
    return [part for name in _INSIDE if entry.get(name) for part in _listed(entry[name])]


def _tuning_of(entry: Config, key: str) -> Any:
    """Return how a layer is trained; None where layers inside it differ."""
    values = [_tuning_of(part, key) for part in _inside(entry)]
    if not values:
        return entry.get("tuning", {}).get(key, getattr(Layer, key))
    return values[0] if all(value == values[0] for value in values) else None


def _tune(entry: Config, key: str, value: Any) -> None:
    """Set how a layer is trained, and all layers inside it."""
    inside = _inside(entry)
    for part in inside:
        _tune(part, key, value)
    if not inside:
        entry["tuning"] = {**entry.get("tuning", {}), key: value}


def _listed(value: Any) -> list[Config]:
    return value if isinstance(value, list) else [value]


def _name_of_loss(entry: Config) -> str:
    return next((name for name, kind in LOSSES.items() if kind.__name__ == entry["class"]), entry["class"])


def _loss(value: Any) -> Config:
    """Return the description of a loss of this name, with its defaults."""
    kind = LOSSES[check_choice("Network", "loss", value, LOSSES)]
    return {"class": kind.__name__, **kind().config()}


def _optimizer(value: Any, before: Config) -> Config:
    """Return the description of an optimizer with its own defaults; what all optimizers have stays."""
    kinds = {kind.__name__: kind for kind in OPTIMIZERS.values()}
    is_name = isinstance(value, str) and value in OPTIMIZERS
    kind = OPTIMIZERS[value] if is_name else kinds[check_choice("Network", "optimizer", value, kinds)]
    kept = {name: before[name] for name in ("clip_norm", "ema") if before.get(name) is not None}
    return {"class": kind.__name__, **kind(**kept).config()}


@cache
def kinds_of_schedule() -> tuple[str, ...]:
    """Return the schedules whose arguments are numbers, with which a page can begin."""
    return (CONSTANT, *(name for name, kind in SCHEDULES.items() if name != "Constant" and _starts(kind, 0.1)))


def rate_of(rate: Any) -> float:
    """Return a number that stands for a learning rate: itself, or where its schedule begins."""
    if not isinstance(rate, dict):
        return float(rate)
    numbers = (rate[name] for name in ("initial", "maximum", "value", "then") if name in rate)
    return next((rate_of(number) for number in numbers), 0.01)


def _starts(kind: Callable[..., Any], rate: float) -> Config | None:
    known = dict.fromkeys(("initial", "maximum", "value", "then"), rate)
    return starting_arguments(kind, known | {"epochs": 50, "every": 10, "factor": 0.5, "decay": 0.1})


def _schedule(value: Any, before: Any) -> Any:
    """Return a learning rate that follows a schedule of this kind from where the last one began."""
    chosen, rate = check_choice("Network", "schedule", value, kinds_of_schedule()), rate_of(before)
    if chosen == CONSTANT:
        return rate
    kind = SCHEDULES[chosen]
    return kind(**(_starts(kind, rate) or {})).entry()


def activation_entry(value: Any) -> tuple[Any, Config]:
    """Return name and description of an activation, given either."""
    if isinstance(value, dict):
        name = next((name for name, kind in ACTIVATIONS.items() if kind.__name__ == value["class"]), value["class"])
        return name, value
    name = value or "identity"
    return name, ACTIVATIONS[name]().entry() if name in ACTIVATIONS else {"class": name}
