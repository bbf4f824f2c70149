"""Any network as the Python that makes it: the constructors, with the arguments that differ from their defaults."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Any

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError
from glassnet.layers import LAYERS
from glassnet.losses import LOSSES, EnsembleLoss
from glassnet.optimizers import OPTIMIZERS
from glassnet.playground.code.layout import Call, Listing, Mapped, laid_out
from glassnet.saving.configuration import network_config
from glassnet.schedules import SCHEDULES
from glassnet.utils.formula import Formula

__all__ = ["loss_expression", "made_of_config", "mapped", "network_code", "written"]

_CLASSES: dict[str, Any] = {
    **LAYERS,
    **{kind.__name__: kind for kind in (*LOSSES.values(), *OPTIMIZERS.values(), EnsembleLoss)},
}
_ALWAYS = ("learning_rate",)  # what is to be seen, also where it is the default
_NETWORK_DEFAULTS = {"dtype": "float32", "members": None, "input_shape": None, "l1": 0.0, "l2": 0.0, "max_norm": None}


def network_code(network: BaseNetwork) -> str:
    """Return the expression that makes a network like this one, with ``import glassnet as gn``.

    Architecture, loss, optimizer, seed and, if it is built, the shape of its input are the same; the arrays are those
    of a new network.

    Raises
    ------
    ConfigError
        The network has a part of the user's own, which no expression of the library can make.

    Examples
    --------
    >>> import glassnet as gn
    >>> print(network_code(gn.Network([gn.Dense(8, "tanh"), gn.Dense(1)], loss="huber", seed=0)))
    gn.Network(
        [gn.Dense(8, "tanh"), gn.Dense(1)], loss="huber", optimizer=gn.Adam(0.001), seed=0
    )
    """
    return laid_out(made_of_config(network_config(network)))


def made_of_config(config: Mapping[str, Any]) -> Call:
    """Return the call that makes a network of a configuration, as `network_config` has it."""
    layers = Listing(tuple(map(_made, config["layers"])))
    seeds = config["seeds"]
    keywords: dict[str, Any] = {
        "loss": loss_expression(config["loss"]),
        "optimizer": _made(config["optimizer"]),
        "seed": written(seeds[0] if config["members"] is None else seeds),
    }
    for name, default in _NETWORK_DEFAULTS.items():
        if config[name] != default:
            is_shape = name == "input_shape"
            keywords[name] = Listing(tuple(map(repr, config[name])), True) if is_shape else written(config[name])
    return Call("gn.Network", (layers,), tuple(keywords.items()))


def loss_expression(entry: Mapping[str, Any]) -> Any:
    """Return the name of a loss with its defaults, or the call that makes it."""
    made = _made(entry)
    is_plain = isinstance(made, Call) and not made.arguments and not made.keywords
    name = next((name for name, kind in LOSSES.items() if kind.__name__ == entry["class"]), None)
    return written(name) if is_plain and name else made


def written(value: Any) -> Any:
    """Return the expression of a value in a configuration: a literal, a list, or the call that makes an object."""
    if isinstance(value, Mapping):
        is_object = "class" in value or "schedule" in value or "value" in value
        return _made(value) if is_object else mapped(value)
    if isinstance(value, (list, tuple)):
        return Listing(tuple(map(written, value)))
    return _quoted(value) if isinstance(value, str) else repr(value)


def mapped(value: Mapping[str, Any]) -> Mapped:
    """Return a dict of plain values as an expression."""
    return Mapped(tuple((_quoted(name), written(item)) for name, item in value.items()))


def _quoted(text: str) -> str:
    """Return a text in double quotes, as formatters have it."""
    return json.dumps(text) if text.isprintable() and text.isascii() else repr(text)


def _made(entry: Mapping[str, Any]) -> Any:
    """Return the call that makes what an entry describes: a layer, a loss, an optimizer, a schedule or a formula."""
    if "class" not in entry:
        return _schedule(entry) if "schedule" in entry else _formula(entry)
    name = entry["class"]
    kind = _known(name, _CLASSES, entry)
    given = {key: value for key, value in entry.items() if key not in ("class", "tuning")}
    if name == "Concatenate":
        return Call("gn.Concatenate", (Listing(tuple(map(_branch, given["branches"]))),))
    made = _call(name, kind, given)
    tuning = entry.get("tuning")
    return Call(made, (), tuple((key, written(value)) for key, value in tuning.items())) if tuning else made


def _schedule(entry: Mapping[str, Any]) -> Call:
    given = {name: value for name, value in entry.items() if name != "schedule"}
    return _call(entry["schedule"], _known(entry["schedule"], SCHEDULES, entry), given)


def _known(name: str, classes: Mapping[str, Any], entry: Mapping[str, Any]) -> Any:
    """Return a class by its name; refuse what only the user's own program can make."""
    if name in classes and set(entry) != {"class", "name"}:
        return classes[name]
    must = "every part must be a class of glassnet without functions of your own"
    message = f"network_code: {name} is {dict(entry)!r}; {must}. Save the network to a file instead."
    raise ConfigError(message, expected=must, got=entry)


def _branch(entry: Mapping[str, Any]) -> Any:
    """Return a branch: layers one after the other are a list there."""
    return written(entry["layers"]) if entry["class"] == "Sequential" else _made(entry)


def _formula(entry: Mapping[str, Any]) -> Call:
    """Return the call that makes a formula."""
    texts = [(name, entry[name]) for name in Formula._fields if entry.get(name)]
    return Call("gn.Formula", (), tuple((name, written(text)) for name, text in texts))


def _call(name: str, kind: Any, given: Mapping[str, Any]) -> Call:
    """Return a call with the arguments that differ from the defaults, the first ones without their names."""
    positional, keywords, follows = [], [], True
    for i, (argument, parameter) in enumerate(inspect.signature(kind).parameters.items()):
        is_first = parameter.kind is parameter.POSITIONAL_OR_KEYWORD and (i == 0 or argument == "activation")
        if argument not in given or (_is_default(given[argument], parameter.default) and argument not in _ALWAYS):
            follows = False
        elif is_first and follows:
            positional.append(written(given[argument]))
        else:
            keywords.append((argument, written(given[argument])))
    return Call(f"gn.{name}", tuple(positional), tuple(keywords))


def _is_default(value: Any, default: Any) -> bool:
    if isinstance(default, Sequence) and not isinstance(default, str):
        return isinstance(value, Sequence) and list(value) == list(default)
    return bool(value == default) and isinstance(value, bool) == isinstance(default, bool)
