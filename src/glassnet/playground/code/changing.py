"""The difference between two settings as what `SteppedRun.change` takes, and back; all of it plain data."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from glassnet.errors import ConfigError
from glassnet.layers import Layer
from glassnet.layers.tree import name_layers
from glassnet.playground.settings import Settings
from glassnet.utils.checks import check_choice

__all__ = ["changed_settings", "setting_changes"]

Config = dict[str, Any]

_PLAIN = ("l1", "l2", "max_norm", "batch_size")
_TUNING = {name: getattr(Layer, name) for name in ("trainable", "rate_factor", "decay_factor")}


def setting_changes(before: Settings, after: Settings) -> Config:
    """Return what changed between two settings of one run.

    Examples
    --------
    >>> import glassnet as gn
    >>> first = Settings.of(gn.Network([gn.Dense(1)], loss="huber", optimizer=gn.SGD(0.1), seed=0))
    >>> setting_changes(first, first.with_path("optimizer.learning_rate", 0.03).with_path("l2", 0.01))
    {'learning_rate': 0.03, 'l2': 0.01}
    """
    found: Config = {}
    old, new = dict(before.optimizer), dict(after.optimizer)
    old_rate, new_rate = old.pop("learning_rate"), new.pop("learning_rate")
    if old != new:
        found["optimizer"] = after.optimizer
    elif old_rate != new_rate:
        found["learning_rate"] = new_rate
    if before.loss != after.loss:
        found["loss"] = after.loss
    found |= {name: getattr(after, name) for name in _PLAIN if getattr(before, name) != getattr(after, name)}
    olds, news = dict(_named(before)), dict(_named(after))
    layers = {name: _differing(olds[name], news[name]) for name in olds if name in news}
    layers = {name: changes for name, changes in layers.items() if changes}
    return found | ({"layers": layers} if layers else {})


def changed_settings(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return the settings after such changes.

    Raises
    ------
    ConfigError
        A change is of a layer that is not there, or one that the library refuses.
    """
    config: Config = copy.deepcopy(settings.config())
    config |= {name: value for name, value in changes.items() if name not in ("learning_rate", "layers")}
    if "learning_rate" in changes:  # of the new optimizer, if there is one
        config["optimizer"] = {**config["optimizer"], "learning_rate": changes["learning_rate"]}
    own = Settings.from_config(config)
    entries = {name: entry for name, entry in _named(own)}
    for name, change in changes.get("layers", {}).items():
        if not isinstance(change, Mapping):
            message = f"change: layers holds {change!r} for {name!r}; it must hold a dict of arguments."
            raise ConfigError(message, got=change)
        entry = entries[check_choice("change", "layer", name, entries)]
        tuning = {key: value for key, value in change.items() if key in _TUNING}
        entry.update({key: value for key, value in change.items() if key not in _TUNING})
        if tuning:
            entry["tuning"] = {**entry.get("tuning", {}), **tuning}
    return Settings.from_config(own.config())


def _named(settings: Settings) -> Iterator[tuple[str, Config]]:
    """Yield the entries of all layers that are not containers, by their full names."""
    network = settings.network()
    yield from _walk("", name_layers(network.layers), network.layers, list(settings.layers))


def _walk(within: str, names: Any, layers: Any, entries: list[Config]) -> Iterator[tuple[str, Config]]:
    for name, layer, entry in zip(names, layers, entries, strict=True):
        inside = layer.sublayers()
        if inside:
            parts = list(entry["branches" if "branches" in entry else "layers"])
            parts += [entry["shortcut"]] if entry.get("shortcut") else []
            yield from _walk(f"{within}{name}.", inside, inside.values(), parts)
        else:
            yield f"{within}{name}", entry


def _differing(before: Config, after: Config) -> Config:
    """Return the arguments and the tuning of one layer that are others now."""
    old = {**before, **_TUNING, **before.get("tuning", {})}
    new = {**after, **_TUNING, **after.get("tuning", {})}
    names = [name for name in new if name not in ("class", "tuning") and old.get(name) != new[name]]
    return {name: new[name] for name in names}
