"""Expressions of Python on lines of at most 88 columns, broken as formatters break them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

__all__ = ["WIDTH", "Call", "Listing", "Mapped", "laid_out"]

WIDTH = 88
_INDENT = 4


@dataclasses.dataclass(frozen=True)
class Call:
    """A call; where the function is itself a call, it is of the method ``tuned`` of what that makes."""

    function: Any
    arguments: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()


@dataclasses.dataclass(frozen=True)
class Listing:
    """A list, or a tuple."""

    items: tuple[Any, ...]
    is_tuple: bool = False


@dataclasses.dataclass(frozen=True)
class Mapped:
    """A dict: keys as texts of Python, and values."""

    items: tuple[tuple[str, Any], ...]


def laid_out(expression: Any, before: str = "", after: str = "") -> str:
    """Return an expression as text, on as many lines as it needs.

    Parameters
    ----------
    expression : str, Call, Listing or Mapped
        A text stands for itself.
    before, after : str
        What stands before and after it, on the same lines: ``"net = "``.
    """
    return "\n".join(_lines(expression, before, after, 0))


def _lines(expression: Any, before: str, after: str, indent: int) -> list[str]:
    line = " " * indent + before + _flat(expression) + after
    if isinstance(expression, str) or len(line) <= WIDTH:
        return [line]
    opening, parts, closing = _parts(expression)
    if not parts:
        return [line]
    start, end = " " * indent + before + opening, " " * indent + closing + after
    inner = indent + _INDENT
    together = " " * inner + ", ".join(name + _flat(part) for name, part in parts)
    is_listing = isinstance(expression, (Listing, Mapped))
    if len(parts) == 1:  # no comma behind the only one, as formatters have it, but for the one that makes a tuple
        name, part = parts[0]
        return [start, *_lines(part, name, "," if _is_single_tuple(expression) else "", inner), end]
    if len(together) <= WIDTH and not is_listing:
        return [start, together, end]
    return [start, *(line for name, part in parts for line in _lines(part, name, ",", inner)), end]


def _flat(expression: Any) -> str:
    if isinstance(expression, str):
        return expression
    opening, parts, closing = _parts(expression)
    inside = ", ".join(name + _flat(part) for name, part in parts)
    return f"{opening}{inside}{',' if _is_single_tuple(expression) else ''}{closing}"


def _is_single_tuple(expression: Any) -> bool:
    return isinstance(expression, Listing) and expression.is_tuple and len(expression.items) == 1


def _parts(expression: Call | Listing | Mapped) -> tuple[str, Sequence[tuple[str, Any]], str]:
    """Return the opening, the parts with their names, and the closing of an expression."""
    if isinstance(expression, Listing):
        opening, closing = "()" if expression.is_tuple else "[]"
        return opening, [("", item) for item in expression.items], closing
    if isinstance(expression, Mapped):
        return "{", [(f"{key}: ", value) for key, value in expression.items], "}"
    parts = [("", argument) for argument in expression.arguments]
    function = expression.function if isinstance(expression.function, str) else f"{_flat(expression.function)}.tuned"
    return f"{function}(", [*parts, *((f"{name}=", part) for name, part in expression.keywords)], ")"
