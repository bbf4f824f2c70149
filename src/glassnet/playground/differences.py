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
_KINDS = ("class", "schedule")  # keys that say of what kind something is
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
    found = _differing("", before.config(), after.config())
    words = [f"{_label(path)} {_shown(one)} → {_shown(other)}" for path, one, other in found]
    return ", ".join(words[:_MOST_WORDS]) + (f", and {len(words) - _MOST_WORDS} more" if words[_MOST_WORDS:] else "")


def _differing(path: str, one: Any, other: Any) -> list[tuple[str, Any, Any]]:
    """Return what differs, by its path; of what is of another kind altogether only that."""
    if one == other:
        return []
    if isinstance(one, dict) or isinstance(other, dict):
        first, second = ({} if found is None else found for found in (one, other))  # a layer's tuning may be left out
        if (
            isinstance(first, dict)
            and isinstance(second, dict)
            and all(first.get(kind) == second.get(kind) for kind in _KINDS)
        ):
            pairs = [(str(key), first.get(key), second.get(key)) for key in sorted(first.keys() | second.keys())]
            return _of_parts(path, pairs)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return _of_parts(path, [(str(k), *pair) for k, pair in enumerate(zip(one, other, strict=True))])
    return [(path, one, other)]


def _of_parts(path: str, parts: list[tuple[str, Any, Any]]) -> list[tuple[str, Any, Any]]:
    return [found for key, *pair in parts for found in _differing(f"{path}.{key}" if path else key, *pair)]


def _label(path: str) -> str:
    parts = path.split(".")
    if parts[0] != "layers":
        return parts[-1]
    return " ".join([f"layer {int(parts[1]) + 1}", *parts[2:][-1:]]) if len(parts) > 1 else "layers"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return str(next((value[kind] for kind in _KINDS if kind in value), "other"))
    if isinstance(value, list):
        return str(len(value))
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
