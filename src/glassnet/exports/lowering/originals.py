"""Whether an object of a subclass computes what its built-in base class does."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["built_in_class", "overridden"]


def built_in_class(kind: type, known: Collection[type]) -> type | None:
    """Return the class among ``known`` that this one is or is derived from, the nearest one."""
    return next((each for each in kind.__mro__ if each in known), None)


def overridden(thing: object, base: type, methods: Collection[str]) -> str:
    """Return which of the methods an object or its class replaces that its ``base`` has, or ""."""
    kind = type(thing)
    own = kind.__mro__[: kind.__mro__.index(base)]
    return next((name for name in methods if name in vars(thing) or any(name in vars(each) for each in own)), "")
