"""Sentences for keyword arguments and attributes that do not exist, where Python names the wrong one only."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from glassnet.utils.rooms import room_of
from glassnet.utils.suggestions import suggestion
from glassnet.utils.wording import shortened

__all__ = [
    "AdvisesOnNames",
    "advises_in_methods",
    "advises_on_constructor",
    "advises_on_names",
    "refuse_unknown",
    "unknown_attribute",
    "unknown_name",
]

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)


def advises_on_names(function: F) -> F:
    """Return the same function with a sentence where Python raises a TypeError for arguments that do not fit it.

    Examples
    --------
    >>> @advises_on_names
    ... def step(learning_rate): ...
    >>> step(lr=0.1)
    Traceback (most recent call last):
    ...
    TypeError: step: there is no argument lr. Did you mean learning_rate?
    """

    @functools.wraps(function)
    def called(*args: Any, **keywords: Any) -> Any:
        try:
            return function(*args, **keywords)
        except TypeError as error:
            # With another frame behind this one the error comes from inside the function.
            inside = error.__traceback__ is not None and error.__traceback__.tb_next is not None
            message = "" if inside else _misfit(function, args, keywords)
            if not message:
                raise
        raise TypeError(message)

    return cast(F, called)


def advises_in_methods(kind: C) -> C:
    """Return the class, whose own public methods answer wrong arguments as with `advises_on_names`.

    It is for methods that issue no warnings: one more frame around them would make Python show another line.

    Examples
    --------
    >>> @advises_in_methods
    ... class Model:
    ...     def report(self, X, y): ...
    >>> Model().report([1])
    Traceback (most recent call last):
    ...
    TypeError: report: y is missing.
    """
    for name, method in list(vars(kind).items()):
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(kind, name, advises_on_names(method))
    return kind


def advises_on_constructor(method: F) -> F:
    """Return the method with a sentence, as `advises_on_names`, that knows what belongs to the constructor.

    Examples
    --------
    >>> class Model:
    ...     def __init__(self, epochs=1): ...
    ...     @advises_on_constructor
    ...     def fit(self, X): ...
    >>> Model().fit([1], epochs=3)
    Traceback (most recent call last):
    ...
    TypeError: Model.fit: epochs belongs to the constructor: Model(epochs=3).
    """

    @functools.wraps(method)
    def called(self: Any, *args: Any, **keywords: Any) -> Any:
        try:
            return method(self, *args, **keywords)
        except TypeError as error:
            inside = error.__traceback__ is not None and error.__traceback__.tb_next is not None
            message = "" if inside else _misfit(method, (self, *args), keywords)
            if not message:
                raise
        unknown = [name for name in keywords if name not in inspect.signature(method).parameters]
        advice = _of_constructor(type(self), unknown[0], keywords[unknown[0]]) if unknown else ""
        rest = message.partition(": ")[2]
        if "Did you mean" in rest or not advice:
            advice = rest
        message = f"{type(self).__name__}.{method.__name__}: {advice}"
        raise TypeError(message)

    return cast(F, called)


def _of_constructor(kind: type, name: str, value: Any) -> str:
    """Return the sentence for an argument that a class takes; "" if it has none like it."""
    own = list(inspect.signature(kind).parameters)
    if name in own:
        return f"{name} belongs to the constructor: {kind.__name__}({name}={shortened(repr(value), 40)})."
    advice = suggestion(name, own, str)
    return f"there is no argument {name}, nor in the constructor, {kind.__name__}(). {advice}" if advice else ""


def refuse_unknown(function: Callable[..., Any], unknown: Mapping[str, Any]) -> None:
    """Raise the TypeError for what a function took as ``**unknown``, if there is anything.

    It is for functions that warn: one more frame around them would make Python show another line for the warning.
    """
    if unknown:
        names = [each.name for each in inspect.signature(function).parameters.values() if each.kind != each.VAR_KEYWORD]
        raise TypeError(_unknown(function.__name__, next(iter(unknown)), names))


class AdvisesOnNames:
    """Base of classes whose constructors answer an unknown keyword with a suggestion, those of subclasses too."""

    __slots__ = ()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "__init__" in vars(cls):
            cls.__init__ = advises_on_names(cls.__init__)  # type: ignore[method-assign]


def unknown_name(owner: str, name: str, choices: Iterable[str]) -> AttributeError:
    """Return the error for an attribute that an object or a module does not have.

    Names that begin with an underscore belong to Python and to other libraries, which ask whether they are there.

    Examples
    --------
    >>> unknown_name("glassnet", "Linear", ["Dense", "Flatten"])
    AttributeError('glassnet has no Linear. Did you mean Dense?')
    >>> unknown_name("glassnet", "read_table", ["Dense"])
    AttributeError('glassnet has no read_table. It is in glassnet.tabular: from glassnet.tabular import read_table')
    """
    sentence = _no_such_name(owner, name, choices)
    room = room_of(name) if sentence.endswith(f" has no {name}.") and not name.startswith("_") else ""
    advice = f" It is in {room}: from {room} import {name}" if room not in ("", owner) else ""
    return AttributeError(sentence + advice)


def unknown_attribute(kind: type, name: str) -> AttributeError:
    """Return the error for an attribute that the objects of a class do not have; see `unknown_name`."""
    return AttributeError(_no_such_attribute(kind, name))


@functools.lru_cache(maxsize=256)  # programs ask many objects whether they have something
def _no_such_attribute(kind: type, name: str) -> str:
    return _no_such_name(kind.__name__, name, dir(kind))


def _no_such_name(owner: str, name: str, choices: Iterable[str]) -> str:
    """Return the sentence for a name that does not exist."""
    advice = "" if name.startswith("_") else suggestion(name, [c for c in choices if not c.startswith("_")], str)
    return f"{owner} has no {name}. {advice}".rstrip()


def _misfit(function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> str:
    """Return the sentence for arguments that a function does not take, "" if it takes them."""
    found = [each for each in inspect.signature(function).parameters.values() if each.kind is not each.VAR_KEYWORD]
    where = type(args[0]).__name__ if function.__name__ == "__init__" and args else function.__name__
    names = [each.name for each in found if each.name != "self"]
    unknown = next((name for name in keywords if name not in names), None)
    if unknown is not None:
        return _unknown(where, unknown, names)
    places = [each.name for each in found if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    if len(args) > len(places):
        return f"{where}: {_too_many(where, places, [name for name in names if name not in places], args)}"
    given = {*places[: len(args)], *keywords}
    missing = [each.name for each in found if each.default is each.empty and each.name not in given]
    advice = next((f" {each.not_an_array}" for each in args if hasattr(type(each), "not_an_array")), "")
    verb = "is" if len(missing) == 1 else "are"
    return f"{where}: {' and '.join(missing)} {verb} missing.{advice}" if missing else ""


def _too_many(where: str, places: list[str], names: list[str], args: tuple[Any, ...]) -> str:
    """Return the sentence for more arguments than may be given without a name."""
    own = [name for name in places if name != "self"]
    if own == ["layers"] and not isinstance(args[places.index("layers")], (list, tuple)):
        return f"the layers are separate arguments; they must be one list. Write {where}([a, b])."
    if not own and names:
        return f"arguments need their names: {', '.join(f'{name}=' for name in names)}."
    if not names:
        return f"there are {len(args) - len(places) + len(own)} arguments; it takes {len(own)}."
    pairs = zip(names, args[len(places) :], strict=False)
    written = ", ".join(f"{name}={shortened(repr(value), 40)}" for name, value in pairs)
    return f"arguments after {places[-1]} need their names. Did you mean {written}?"


def _unknown(where: str, unknown: str, names: list[str]) -> str:
    """Return the sentence for an argument that does not exist."""
    advice = suggestion(unknown, names, str) or (f"The arguments are {', '.join(names)}." if names else "")
    return f"{where}: there is no argument {unknown}. {advice}".rstrip()
