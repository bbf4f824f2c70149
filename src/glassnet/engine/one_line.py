"""A network, or one of its layers, on one line, as ``repr`` shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["changed_arguments", "layer_line", "network_line"]

_MOST = 116
_MOST_LAYER = 34
_MOST_WORD = 20
_FEW = 4


def network_line(network: Any) -> str:
    """Return a network on one line of at most some 120 characters; never raises.

    Examples
    --------
    >>> import glassnet as gn
    >>> layers = [gn.Dense(16, "relu"), gn.Dense(2)]
    >>> gn.Network(layers, loss="cross_entropy", input_shape=(4,))
    Network(4 → Dense(16, relu) → Dense(2), cross_entropy, 114 parameters)
    >>> gn.Network([gn.Dense(1)], loss="squared_error", members=3)
    Network(? → Dense(1), squared_error, 3 members, not built)
    """
    name = _cut(type(network).__name__, _MOST_LAYER)
    try:
        shape = vars(network)["input_shape"]
        first = "?" if shape is None else "x".join(map(str, shape))
        facts = ", ".join(_facts(network, is_built=shape is not None))
        room = _MOST - len(name) - len(first) - len(facts) - len("( → , )")
        layers = _chain([layer_line(layer) for layer in network.layers], room)
    except Exception:  # a subclass that is half made, or whose attributes are its own: a repr says what it can
        return f"{name}(...)"
    return f"{name}({first} → {layers}, {facts})"


def _facts(network: Any, *, is_built: bool) -> list[str]:
    """Return what follows the layers: loss, settings that are not the default ones, size."""
    facts = [_cut(str(getattr(network.loss, "name", type(network.loss).__name__)), _MOST_WORD)]
    facts += [f"{name}={value:g}" for name in ("l1", "l2", "max_norm") if (value := getattr(network, name))]
    if network.members is not None:
        facts.append(f"{network.members:,} members")
    if network.dtype.name != "float32":
        facts.append(network.dtype.name)
    n = network.n_parameters if is_built else 0
    size = ("1 parameter" if n == 1 else f"{n:,} parameters") + (" each" if network.members is not None else "")
    return [*facts, size if is_built else "not built"]


def _chain(layers: Sequence[str], room: int) -> str:
    """Return layers with arrows between them; where there is no room, without arguments or with the middle counted."""
    n = len(layers)
    if n <= _FEW and len(" → ".join(layers)) > room:
        layers = [f"{line.partition('(')[0]}(…)" if len(line) > _MOST_WORD else line for line in layers]
    joined = " → ".join(layers)
    for kept in range(n - 1, 0, -1):
        if len(joined) <= room:
            break
        tail = kept // 2
        joined = " → ".join([*layers[: kept - tail], f"… {n - kept} more …", *layers[n - tail :]])
    return joined


def layer_line(layer: Any) -> str:
    """Return a layer with what is not its default, ``Dense(16, relu)``; a container with the number of its layers.

    Parameters
    ----------
    layer : Layer
        One of ours, or one of the user's own, whose methods may raise.
    """
    name = _cut(type(layer).__name__, _MOST_LAYER)
    try:
        inside = layer.sublayers()
        if inside:
            return f"{name}({_count(type(layer).__name__, len(inside))})"
        words = [_word(key, value, is_first) for key, value, is_first in changed_arguments(layer)]
    except Exception:  # methods of a user's own class may raise in any way
        return name
    line = f"{name}({', '.join(words)})" if words else name
    return line if len(line) <= _MOST_LAYER else f"{name}(…)"


def _count(kind: str, n: int) -> str:
    what = "branch" if kind == "Concatenate" else "layer"
    return f"{n} {what}" if n == 1 else f"{n} {what}{'es' if what == 'branch' else 's'}"


def changed_arguments(layer: Any) -> list[tuple[str, Any, bool]]:
    """Return name and value of a layer's first argument and of those that are not the default, and which is the first.

    What a file describes by a dict is an object of the layer: an activation, a schedule.
    """
    config = layer.config()
    names = list(config)
    try:
        default = type(layer)(**{key: config[key] for key in names[:1]}).config()
    except Exception:  # a user's own constructor may refuse in any way, and this is only about a shorter text
        default = {}
    shown = [key for i, key in enumerate(names) if i == 0 or config[key] != default.get(key)]
    return [
        (key, getattr(layer, key, config[key]) if isinstance(config[key], dict) else config[key], key == names[0])
        for key in shown
    ]


def _word(key: str, value: Any, is_first: bool) -> str:
    """Return one argument: a word, a number, or a sign that there is more."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, float):
        text = f"{value:g}"
    elif value is None or isinstance(value, (int, bool)):
        text = str(value)
    elif isinstance(value, (list, tuple)) and len(value) <= 3 and not any(isinstance(part, list) for part in value):
        text = str(tuple(value))
    else:
        text = repr(value) if key == "activation" else "…"
    text = text if len(text) <= _MOST_WORD else "…"
    return text if is_first or key == "activation" else f"{key}={text}"


def _cut(text: str, most: int) -> str:
    """Return a name cut in the middle."""
    head = most - most // 2
    return text if len(text) <= most else f"{text[: head - 1]}…{text[len(text) - most // 2 :]}"
