"""Layers and losses in few words, as the header of a file says what a model was made from."""

from __future__ import annotations

import inspect
from typing import Any

from glassnet.layers import Layer
from glassnet.losses import Loss

__all__ = ["short_form"]

_MOST = 4  # items of a list


def short_form(thing: Any) -> str:
    """Return a layer or a loss as one would write it, without what is the default anyway.

    Examples
    --------
    >>> from glassnet.layers import Dense, Dropout, Residual
    >>> short_form(Residual([Dense(8, "relu", use_bias=False), Dropout(0.1), Dense(4)]))
    "Residual([Dense(8, 'relu', use_bias=False), Dropout(0.1), Dense(4)])"
    """
    if isinstance(thing, (list, tuple)):
        more = ["..."] if len(thing) > _MOST and not isinstance(thing[0], Layer) else []
        return f"[{', '.join([*map(short_form, thing[: _MOST if more else None]), *more])}]"
    if not isinstance(thing, (Layer, Loss)):
        return repr(thing)
    options = inspect.signature(type(thing)).parameters
    given = thing.config()
    parts = [_option(thing, name, given[name], options[name]) for name in options if name in given]
    return f"{type(thing).__name__}({', '.join(part for part in parts if part)})"


def _option(thing: Any, name: str, value: Any, option: inspect.Parameter) -> str:
    """Return an argument as text, "" where it is the default."""
    if value == option.default or (isinstance(value, list) and tuple(value) == option.default):
        return ""
    is_object = isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict))
    text = short_form(getattr(thing, name) if is_object else value)
    positional = option.kind is option.POSITIONAL_OR_KEYWORD
    return text if positional and (option.default is option.empty or name == "activation") else f"{name}={text}"
