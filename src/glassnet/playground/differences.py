"""What differs between two settings: in words, and as a change of a run under way if it can be one."""

from __future__ import annotations

from typing import Any

from glassnet.layers import Layer
from glassnet.layers.tree import walk
from glassnet.network import Network
from glassnet.playground.settings import Settings
from glassnet.training.changes import Changes

__all__ = ["difference", "live_changes"]

# Arguments of layers that mean something for weights from whatever start; all others would have begun with others.
_LIVE = frozenset(("rate", "schedule", "std", "eps", "momentum"))
_TUNING = ("trainable", "rate_factor", "decay_factor")
_NUMBERS = ("l1", "l2", "max_norm", "batch_size")
_MOST_WORDS = 3


def live_changes(before: Settings, after: Settings) -> Changes | None:
    """Return what `glassnet.training.SteppedRun.change` makes of settings; None if they ask for a run from the start.

    Examples
    --------
    >>> import dataclasses
    >>> import glassnet as gn
    >>> before = Settings.of(gn.Network([gn.Dense(8, "tanh"), gn.Dense(1)], loss="squared_error", seed=0))
    >>> live_changes(before, dataclasses.replace(before, l2=0.01))
    {'l2': 0.01}
    >>> live_changes(before, dataclasses.replace(before, seed=1)) is None
    True
    """
    if (before.seed, before.dtype) != (after.seed, after.dtype):
        return None
    old, new = before.network(), after.network()
    layers = _layer_changes(old, new)
    if layers is None:
        return None
    found: dict[str, Any] = {name: getattr(after, name) for name in _NUMBERS if _differs(before, after, name)}
    if layers:
        found["layers"] = layers
    if before.loss != after.loss:
        found["loss"] = new.loss
    if before.optimizer != after.optimizer:
        rest = [{**entry, "learning_rate": None} for entry in (before.optimizer, after.optimizer)]
        name = "learning_rate" if rest[0] == rest[1] else "optimizer"
        found[name] = new.optimizer if name == "optimizer" else new.optimizer.learning_rate
    changes: Changes = {}
    changes.update(found)  # type: ignore[typeddict-item]  # names and values are those of the settings
    return changes


def _differs(before: Settings, after: Settings, name: str) -> bool:
    return bool(getattr(before, name) != getattr(after, name))


def _layer_changes(old: Network, new: Network) -> dict[str, dict[str, Any]] | None:
    """Return what differs in the layers, by name; None if other parameters, or another start of them, would follow."""
    pairs = [list(walk(network.names, network.layers)) for network in (old, new)]
    if [(name, type(layer)) for name, layer in pairs[0]] != [(name, type(layer)) for name, layer in pairs[1]]:
        return None
    found = {}
    for (name, one), (_, other) in zip(*pairs, strict=True):
        change = {} if one.sublayers() else _change(one, other)
        if change is None:
            return None
        if change:
            found[name] = change
    return found


def _change(one: Layer, other: Layer) -> dict[str, Any] | None:
    before, after = one.config(), other.config()
    change = {key: value for key, value in after.items() if value != before.get(key)}
    if not _LIVE.issuperset(change):
        return None
    return change | {key: getattr(other, key) for key in _TUNING if getattr(one, key) != getattr(other, key)}


# ---- in words -------------------------------------------------------------------------------------------------------


def difference(before: Settings, after: Settings) -> str:
    """Return what differs in a few words.

    Examples
    --------
    >>> import dataclasses
    >>> import glassnet as gn
    >>> before = Settings.of(gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(0.1), seed=0))
    >>> difference(before, dataclasses.replace(before, optimizer={**before.optimizer, "learning_rate": 0.03}, l2=0.5))
    'l2 0 → 0.5, learning_rate 0.1 → 0.03'
    """
    one, other = (dict(_flat("", settings.config())) for settings in (before, after))
    names = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
    words = [f"{_label(name)} {_shown(one.get(name))} → {_shown(other.get(name))}" for name in names]
    return ", ".join(words[:_MOST_WORDS]) + (f", and {len(words) - _MOST_WORDS} more" if words[_MOST_WORDS:] else "")


def _flat(path: str, value: Any) -> list[tuple[str, Any]]:
    """Return all entries of a configuration by their paths."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        return [(path, value)]
    return [found for key, part in parts for found in _flat(f"{path}.{key}" if path else str(key), part)]


def _label(path: str) -> str:
    parts = path.split(".")
    inside = f"layer {int(parts[1]) + 1} " if parts[0] == "layers" else ""
    return f"{inside}{parts[-2] if parts[-1] == 'class' and len(parts) == 2 else parts[-1]}"


def _shown(value: Any) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
