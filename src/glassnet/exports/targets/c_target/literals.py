"""Numbers, texts, tables and names as C and C++ read them, whatever is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

__all__ = ["RESERVED", "double_literal", "float_literal", "string_literal", "wrapped"]

_WORDS = """
alignas alignof and and_eq asm atomic auto bitand bitor bool break case catch char class compl complex concept
const consteval constexpr constinit continue decltype default delete do double else enum errno explicit export
extern false far final float for friend goto huge if imaginary import inline int interrupt linux long main
module mutable namespace near new noexcept noreturn not not_eq nullptr operator or or_eq override private
protected public register reinterpret_cast requires restrict return short signed sizeof static static_assert
stderr stdin stdout struct switch template this thread_local throw true try typedef typeid typename typeof
typeof_unqual union unix unsigned using virtual void volatile wchar_t while xor xor_eq co_await co_return
co_yield const_cast dynamic_cast static_cast row x y z i j k l m n
"""
RESERVED = frozenset(_WORDS.split())
"""Words of C and C++, macros in small letters, and the names that printed functions use themselves."""

_WIDTH = 110


def float_literal(value: float) -> str:
    """Return a float32 in nine digits, which are enough for each.

    Examples
    --------
    >>> float_literal(1.0), float_literal(0.1), float_literal(-3e-30)
    ('1.0f', '0.100000001f', '-3.00000001e-30f')
    """
    return _with_point(f"{np.float32(value):.9g}") + "f"


def double_literal(value: float) -> str:
    """Return a float64 in as few digits as distinguish it from its neighbours.

    Examples
    --------
    >>> double_literal(1.0), double_literal(0.1), double_literal(1e300)
    ('1.0', '0.1', '1e+300')
    """
    return _with_point(repr(float(value)))


def _with_point(digits: str) -> str:
    return digits if "." in digits or "e" in digits else f"{digits}.0"


def string_literal(text: str) -> str:
    r"""Return a text in quotes, as UTF-8 in ASCII; three octal digits never take in the character after them.

    Examples
    --------
    >>> print(string_literal('"50 %" é1??/'))
    "\"50 %\" \303\2511\?\?/"
    """
    special = {'"': '\\"', "\\": "\\\\", "?": "\\?"}
    codes = text.encode("utf-8", "surrogatepass")
    return '"' + "".join(special.get(chr(c), chr(c)) if 32 <= c < 127 else f"\\{c:03o}" for c in codes) + '"'


def wrapped(items: Iterable[str], indent: str = "    ") -> str:
    """Return the entries of a table, with a comma after each but the last, in lines that fit a screen."""
    lines: list[str] = []
    line = indent
    entries: Sequence[str] = list(items)
    for number, item in enumerate(entries, start=1):
        entry = item + ("," if number < len(entries) else "")
        if len(line) > len(indent) and len(line) + len(entry) > _WIDTH:
            lines.append(line.rstrip())
            line = indent
        line += entry + " "
    return "\n".join([*lines, line.rstrip()])
