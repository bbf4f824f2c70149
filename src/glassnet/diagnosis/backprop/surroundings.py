"""Where a learner's functions find arrays that are not passed to them: objects, closures, variables of the module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

__all__ = ["Place", "attributes_of", "holders_of", "is_object", "leaves_of", "places_in", "variables_of"]

_FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType, type, ModuleType)
_PLAIN = (np.ndarray, np.generic, Mapping, list, tuple, set, str, bytes, int, float, complex, type(None), *_FUNCTIONS)
_RANDOM = (np.random.Generator, np.random.RandomState)
_DEPTH, _MOST = 6, 2000  # how far to search objects that hold objects, and how many


def is_object(node: Any) -> bool:
    """Return whether something has attributes of its own, and is no array, container, number or function."""
    plain = isinstance(node, (*_PLAIN, *_RANDOM))
    return not plain and (hasattr(node, "__dict__") or hasattr(type(node), "__slots__"))


def attributes_of(node: Any) -> dict[str, Any]:
    """Return the attributes of an object that are set, those in slots, too.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> attributes_of(SimpleNamespace(W=1.0))
    {'W': 1.0}
    """
    slots = [name for kind in type(node).__mro__ for name in _as_names(getattr(kind, "__slots__", ()))]
    found = {name: getattr(node, name) for name in slots if not name.startswith("__") and hasattr(node, name)}
    return found | dict(getattr(node, "__dict__", {}))


def _as_names(slots: Any) -> tuple[str, ...]:
    return (slots,) if isinstance(slots, str) else tuple(slots)


class Place:
    """An entry of a dict or list, an attribute, or a variable, that can be read and set."""

    def __init__(self, holder: Any, key: Any) -> None:
        self.holder, self.key = holder, key

    def get(self) -> Any:
        """Return what is there now, None if nothing is."""
        try:
            if isinstance(self.holder, CellType):
                return self.holder.cell_contents
            if isinstance(self.holder, (MutableMapping, list)):
                return self.holder[self.key]
            return getattr(self.holder, self.key)
        except (AttributeError, LookupError, ValueError):
            return None

    def set(self, value: Any) -> None:
        """Put a value there, into frozen dataclasses as well."""
        if isinstance(self.holder, CellType):
            self.holder.cell_contents = value
        elif isinstance(self.holder, (MutableMapping, list)):
            self.holder[self.key] = value
        else:
            object.__setattr__(self.holder, self.key, value)


def variables_of(functions: Sequence[Any]) -> Iterator[Place]:
    """Yield the variables from outside that functions name, and those that the functions they name do."""
    for function in _code(functions):
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
        for name in _around(function):
            yield Place(cells[name], "") if name in cells else Place(function.__globals__, name)


def holders_of(functions: Sequence[Any]) -> list[Any]:
    """Return the objects and containers that functions are bound to, or name."""
    named = [value for function in _code(functions) for value in _around(function).values()]
    each = [*functions, *(getattr(function, "func", None) for function in functions), *named]
    bound = [getattr(function, "__self__", None) for function in each if isinstance(function, MethodType)]
    return [node for node in (*bound, *each) if is_object(node) or isinstance(node, (dict, list))]


def places_in(holders: Sequence[Any]) -> Iterator[Place]:
    """Yield every entry and attribute of some holders, and of what they hold."""
    left = [(each, 0) for each in holders]
    seen: set[int] = set()
    while left and len(seen) < _MOST:
        node, depth = left.pop(0)
        if id(node) in seen or depth > _DEPTH:
            continue
        seen.add(id(node))
        items = _items(node)
        if not isinstance(node, tuple):
            yield from (Place(node, key) for key, _ in items)
        left += [(each, depth + 1) for _, each in items if isinstance(each, (Mapping, list, tuple)) or is_object(each)]


def _items(node: Any) -> list[tuple[Any, Any]]:
    if isinstance(node, Mapping):
        return list(node.items())
    if isinstance(node, (list, tuple)):
        return list(enumerate(node)) if len(node) < _MOST else []
    return list(attributes_of(node).items())


def _code(functions: Sequence[Any]) -> Iterator[FunctionType]:
    """Yield plain functions: those given, and those they name."""
    left = list(functions)
    seen: set[int] = set()
    while left and len(seen) < _MOST:
        each = left.pop(0)
        each = getattr(each, "func", each)
        each = each.__func__ if isinstance(each, MethodType) else each
        if isinstance(each, FunctionType) and id(each) not in seen:
            seen.add(id(each))
            yield each
            left += [value for value in _around(each).values() if isinstance(value, (FunctionType, MethodType))]


def _around(function: FunctionType) -> dict[str, Any]:
    """Return the variables from outside that a function names."""
    names: set[str] = set()
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        names |= set(code.co_names)
        codes += [each for each in code.co_consts if hasattr(each, "co_names")]
    found = {name: function.__globals__[name] for name in sorted(names) if name in function.__globals__}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not yet assigned
            continue
    return found


def leaves_of(
    node: Any, name: str = "", seen: set[int] | None = None, *, into_objects: bool = True
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield all arrays and numbers of a structure by name; those that objects have as attributes, too, or not."""
    if isinstance(node, (np.ndarray, float, int, np.number)) and not isinstance(node, bool):
        yield name, np.asarray(node)  # no copy: whether it shares memory with a parameter is checked later
        return
    seen = set() if seen is None else seen
    if into_objects and (id(node) in seen or name.count(".") > _DEPTH):
        return
    seen.add(id(node))
    if isinstance(node, Mapping):
        for key, value in list(node.items()):
            yield from leaves_of(value, _join(name, key), seen, into_objects=into_objects)
    elif isinstance(node, (list, tuple)):
        numbers = len(node) > 0 and all(isinstance(each, (int, float, list)) for each in node) and _as_array(node)
        if numbers is not False and not into_objects:
            yield name, numbers
            return
        for i, value in enumerate(node):
            yield from leaves_of(value, f"{name}[{i}]", seen, into_objects=into_objects)
    elif is_object(node):
        for key, value in attributes_of(node).items():
            yield from leaves_of(value, _join(name, key), seen, into_objects=into_objects)


def _as_array(node: Any) -> Any:
    """Return nested lists of numbers as an array, False if they are none."""
    try:
        array = np.array(node)
    except ValueError:
        return False
    return array if array.dtype.kind in "fi" else False


def _join(name: str, key: object) -> str:
    text = "".join(sorted(map(str, key), key=str.isdigit)) if isinstance(key, tuple) else str(key)
    return f"{name}.{text}" if name else text
