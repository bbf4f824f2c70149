"""Texts, numbers and lists as JavaScript writes them, safe wherever a script may stand."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

__all__ = ["KEYWORDS", "is_number", "js_list", "js_object", "js_value", "wrapped"]

_LARGEST_WHOLE = 2**53  # from here on JavaScript's numbers skip whole ones
_WIDTH = 116
_UNSAFE = {ord("<"): "\\u003c", ord("\u2028"): "\\u2028", ord("\u2029"): "\\u2029"}
_UNSAFE |= {surrogate: f"\\u{surrogate:04x}" for surrogate in range(0xD800, 0xE000)}
_UNSAFE |= {mark: f"\\u{mark:04x}" for mark in (*range(0x7F, 0xA0), *range(0x200B, 0x2010), *range(0x202A, 0x202F))}
_UNSAFE |= {mark: f"\\u{mark:04x}" for mark in (*range(0x2060, 0x2070), 0xFEFF)}

KEYWORDS = frozenset({
    "abstract", "arguments", "as", "async", "await", "boolean", "break", "byte", "case", "catch", "char",
    "class", "const", "continue", "debugger", "default", "delete", "do", "double", "else", "enum", "eval",
    "export", "extends", "false", "final", "finally", "float", "for", "from", "function", "get", "goto", "if",
    "implements", "import", "in", "instanceof", "int", "interface", "let", "long", "native", "new", "null",
    "of", "package", "private", "protected", "public", "return", "set", "short", "static", "super", "switch",
    "synchronized", "this", "throw", "throws", "transient", "true", "try", "typeof", "undefined", "var", "void",
    "volatile", "while", "with", "yield",
})  # fmt: skip
"""Words that name nothing in JavaScript."""


def js_value(value: Any) -> str:
    r"""Return a text, number, boolean or None as JavaScript.

    What would end a script or show text in another order is written as an escape.

    Examples
    --------
    >>> js_value("</script>"), js_value(float("nan")), js_value(-0.0), js_value(2**60)
    ('"\\u003c/script>"', 'NaN', '-0', '"1152921504606846976"')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
    if value is None or isinstance(value, bool) or is_number(value):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False).translate(_UNSAFE)


def is_number(value: Any) -> bool:
    """Return whether a value is written as a number: whole ones that JavaScript's numbers skip are texts."""
    if isinstance(value, bool):
        return False
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < _LARGEST_WHOLE)


def js_list(values: Iterable[Any]) -> str:
    """Return a list on one line."""
    return f"[{', '.join(map(js_value, values))}]"


def js_object(entries: Mapping[str, Any]) -> str:
    """Return an object on one line, whose keys are names; lists inside are tuples."""
    shown = (
        f"{name}: {js_list(value) if isinstance(value, tuple) else js_value(value)}" for name, value in entries.items()
    )
    return f"{{{', '.join(shown)}}}"


def wrapped(line: str) -> str:
    """Return a line of code broken into several at the blanks outside of its texts, where it is long."""
    lines: list[str] = []
    current = ""
    for piece in _pieces(line):
        if current and len(current) + len(piece) > _WIDTH:
            lines.append(current.rstrip())
            current = "  "
        current += piece
    return "\n".join([*lines, current])


def _pieces(line: str) -> Iterable[str]:
    """Yield what must stay together, with the blank behind it."""
    start, quoted, escaped = 0, False, False
    for i, character in enumerate(line):
        if escaped or (quoted and character == "\\"):
            escaped = not escaped
        elif character == '"':
            quoted = not quoted
        elif character == " " and not quoted and line[i - 1] == ",":
            yield line[start : i + 1]
            start = i + 1
    yield line[start:]
