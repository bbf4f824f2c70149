"""Values as Python that no text inside can leave."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["dict_text", "listed", "literal"]

_WIDTH = 112


def literal(value: Any) -> str:
    r"""Return a value as Python in ASCII, with double quotes where they need no escape.

    Examples
    --------
    >>> literal("a'b"), literal(("a", 1.5)), literal(float("inf"))
    ('"a\'b"', '("a", 1.5)', 'float("inf")')
    """
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if type(value) is str:
        text = ascii(value)
        return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text and "\\'" not in text else text
    if isinstance(value, dict):
        return dict_text(value)
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(literal, value)) + ("," if isinstance(value, tuple) and len(value) == 1 else "")
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    return ascii(value)


def dict_text(entries: Mapping[str, Any]) -> str:
    """Return a dict as Python."""
    return "{" + ", ".join(f"{literal(key)}: {literal(value)}" for key, value in entries.items()) + "}"


def listed(name: str, annotation: str, items: Iterable[str], brackets: str = "[]", *, broken: bool = False) -> str:
    """Return an assignment of a list, in one line if it fits and not ``broken``, else with lines that are full."""
    items = list(items)
    head = f"{name}: {annotation} = {brackets[0]}"
    line = head + ", ".join(items) + brackets[1]
    if not items or (len(line) <= _WIDTH and not broken):
        return line if items else f"{name}: {annotation} = {'set()' if annotation.startswith('set') else brackets}"
    if broken:
        return head + "\n" + "".join(f"    {item},\n" for item in items) + brackets[1]
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) > _WIDTH - 6:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{item},"
    return head + "\n" + "".join(f"    {text}\n" for text in lines) + brackets[1]
