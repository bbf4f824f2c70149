"""What a class says of its arguments: types, choices and bounds, read from its signature or found by asking it."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

from glassnet.errors import GlassnetError

__all__ = ["Argument", "arguments_of", "starting_arguments"]


class Argument(typing.NamedTuple):
    """One argument of a class that a page can offer.

    Attributes
    ----------
    name : str
    type : {"integer", "number", "flag", "choice"}
    choices : tuple
        Values of a choice; None stands for the library's own.
    minimum, maximum : float or None
        What the class refuses to go below and above, as far as it has such bounds.
    optional : bool
        Whether it is None at first and stays so: no number is a choice, too.
    """

    name: str
    type: str
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    optional: bool = False


def arguments_of(kind: Any) -> tuple[Argument, ...]:
    """Return the arguments of a class that are numbers, flags or choices, in the order of its signature."""
    return _arguments_of(kind)


@lru_cache(maxsize=256)
def _arguments_of(kind: Any) -> tuple[Argument, ...]:
    hints = typing.get_type_hints(kind.__init__) if "__init__" in dir(kind) else {}
    found = (_argument(kind, name, hints.get(name)) for name in inspect.signature(kind).parameters)
    return tuple(argument for argument in found if argument is not None)


def starting_arguments(kind: Callable[..., Any], known: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return values for what a class must be given, from those that are known by name; None if one is missing."""
    needed = [name for name, given in inspect.signature(kind).parameters.items() if given.default is given.empty]
    return {name: known[name] for name in needed} if all(name in known for name in needed) else None


def _argument(kind: Any, name: str, hint: Any) -> Argument | None:
    parts = get_args(hint) if get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    if any(get_origin(part) is Sequence for part in parts):
        return None
    listed = [part for part in parts if get_origin(part) is Literal]
    if listed:
        automatic = (None,) if type(None) in parts and name != "activation" else ()
        return Argument(name, "choice", (*automatic, *get_args(listed[0])))
    if bool in parts:
        return Argument(name, "flag")
    if int in parts and float not in parts:
        return Argument(name, "integer", (), *_bounds(kind, name, int), optional=_is_optional(kind, name))
    if float in parts:
        return Argument(name, "number", (), *_bounds(kind, name, float), optional=_is_optional(kind, name))
    if str in parts:
        return _documented(kind, name)
    return None


def _is_optional(kind: Any, name: str) -> bool:
    """Return whether an argument that nobody gave is None, and does not stand for a number of the library's own."""
    given = inspect.signature(kind).parameters[name].default
    return given is None and name != "learning_rate"


def _documented(kind: Any, name: str) -> Argument | None:
    """Return a choice whose words stand in the documentation, as in ``form : {"torch", "sklearn"}``."""
    for documented in kind.__mro__:
        found = re.search(rf"^ *{name} : \{{(.*?)\}}", documented.__doc__ or "", re.MULTILINE)
        if found:
            return Argument(name, "choice", tuple(re.findall(r'"(\w+)"', found[1])))
    return None


def _bounds(kind: Any, name: str, number: type) -> tuple[float | None, float | None]:
    """Return between which round numbers a class takes an argument."""
    sample = _sample(kind)
    if sample is None:
        return None, None

    def takes(value: float) -> bool:
        try:
            kind(**{**sample, name: number(value)})
        except (GlassnetError, TypeError):
            return False
        return True

    minimum = None if takes(-1) else 0 if takes(0) or number is float else 1
    return minimum, None if takes(2) else 1


def _sample(kind: Any) -> dict[str, Any] | None:
    """Return arguments that a class can be made with, if numbers are all that it needs."""
    hints = typing.get_type_hints(kind.__init__) if "__init__" in dir(kind) else {}
    numbers = {name: 1 if hint is int else 0.5 for name, hint in hints.items() if hint in (int, float)}
    return starting_arguments(kind, numbers)
