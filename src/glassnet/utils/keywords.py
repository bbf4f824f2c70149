"""Sentences for keyword arguments and attributes that do not exist, where Python names the wrong one only."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from glassnet.utils.suggestions import suggestion

__all__ = ["AdvisesOnNames", "advises_on_names", "unknown_name"]

F = TypeVar("F", bound=Callable[..., Any])
_TAKES_ALL = 0x08  # the flag of code with **keywords


def advises_on_names(function: F) -> F:
    """Return the same function with a TypeError for an unknown keyword that says which argument may be meant.

    Examples
    --------
    >>> @advises_on_names
    ... def step(learning_rate): ...
    >>> step(lr=0.1)
    Traceback (most recent call last):
    ...
    TypeError: step: there is no argument lr. Did you mean learning_rate?
    """
    code = getattr(function, "__code__", None)
    if code is None or code.co_flags & _TAKES_ALL:
        return function
    all_names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    names = [name for name in all_names if name != "self"]
    known = frozenset(names)

    @functools.wraps(function)
    def checked(*args: Any, **keywords: Any) -> Any:
        if not keywords.keys() <= known:
            unknown = next(name for name in keywords if name not in known)
            made = function.__name__ == "__init__" and bool(args)
            raise TypeError(_sentence(type(args[0]).__name__ if made else function.__name__, unknown, names))
        return function(*args, **keywords)

    return cast(F, checked)


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
    """
    advice = "" if name.startswith("_") else suggestion(name, [c for c in choices if not c.startswith("_")], str)
    return AttributeError(f"{owner} has no {name}. {advice}".rstrip())


def _sentence(where: str, unknown: str, names: list[str]) -> str:
    """Return the sentence for an argument that does not exist."""
    advice = suggestion(unknown, names, str) or f"The arguments are {', '.join(names)}."
    return f"{where}: there is no argument {unknown}. {advice if names else ''}".rstrip()
