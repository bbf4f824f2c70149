"""A file in C as it grows: its tables, its functions, and the helpers that they call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from glassnet.exports.naming import identifier
from glassnet.exports.targets.c_target.literals import double_literal, float_literal, string_literal, wrapped

__all__ = ["Source", "Table", "Texts"]

_TYPES = {"float32": "float", "float64": "double", "int8": "int8_t", "int32": "int32_t"}
_MOST_LINES = 30


@dataclass(frozen=True)
class Table:
    """Constants of a model, in the order in which C has them."""

    name: str
    values: np.ndarray

    @property
    def type(self) -> str:
        """Of an entry, in C."""
        return _TYPES[self.values.dtype.name]

    def text(self) -> str:
        """Return the definition."""
        entries = self.values.reshape(-1)
        if self.type == "float":
            printed = [float_literal(value) for value in entries.tolist()]
        elif self.type == "double":
            printed = [double_literal(value) for value in entries.tolist()]
        else:
            printed = [_int_literal(value) for value in entries.tolist()]
        return f"static const {self.type} {self.name}[{len(entries)}] GN_CONST = {{\n{wrapped(printed)}\n}};\n"


@dataclass(frozen=True)
class Texts:
    """Texts of a model, in the order in which C has them."""

    name: str
    entries: tuple[str, ...]

    def text(self) -> str:
        """Return the definition."""
        shown = wrapped(map(string_literal, self.entries))
        return f"static const char *const {self.name}[{len(self.entries)}] = {{\n{shown}\n}};\n"


@dataclass
class Source:
    """What is printed so far; all constants stand in tables, over which the checksum goes.

    Parameters
    ----------
    prefix : str
        Prefix of all names at file scope.
    real : {"float", "double"}
        In which element-wise steps are computed; values are kept as float.
    """

    prefix: str
    real: Literal["float", "double"] = "float"
    tables: list[Table] = field(default_factory=list)
    texts: list[Texts] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    helpers: set[tuple[str, str]] = field(default_factory=set)
    formula_helpers: dict[str, None] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    printed: dict[str, str] = field(default_factory=dict)

    def call(self, helper: str, *arguments: object, real: str = "float") -> str:
        """Return the call of a helper, which is printed then."""
        self.helpers.add((helper, real))
        end = "_d" if real == "double" else ""
        return f"{self.prefix}_{helper}{end}({', '.join(map(str, arguments))})"

    def table(self, name: str, values: np.ndarray) -> str:
        """Add a table and return its name."""
        self.tables.append(Table(self._own(name), np.asarray(values)))
        return self.tables[-1].name

    def constants(self, name: str, values: np.ndarray) -> str:
        """Return the name of a table of few numbers, which is added unless there is such a one for the same purpose."""
        key = f"{name} {values.dtype} {values.tobytes().hex()}"
        if key not in self.printed:
            self.printed[key] = self.table(name, values)
        return self.printed[key]

    def text_table(self, name: str, entries: Iterable[str]) -> str:
        """Add a table of texts and return its name."""
        self.texts.append(Texts(self._own(name), tuple(entries)))
        return self.texts[-1].name

    def _own(self, name: str) -> str:
        own = identifier(name, self.taken)
        self.taken.add(own)
        return f"{self.prefix}_{own}"

    def structure(self, name: str, kind: str, entries: list[str]) -> str:
        """Add constants of a type of one's own, and return their name."""
        own = self._own(name)
        self.functions.append(f"static const {kind} {own} = {{\n{wrapped(entries)}\n}};\n")
        return own

    def function(self, name: str, signature: str, body: str, comment: str = "") -> str:
        """Add a function unless one with this signature and body is there, and return its name.

        The signature has ``{}`` for the name.
        """
        key = signature + body
        if key not in self.printed:
            self.printed[key] = self._own(name)
            self.functions.append(f"{comment}static {signature.format(self.printed[key])}\n{{\n{body}\n}}\n")
        return self.printed[key]

    def in_parts(self, lines: list[str], signature: str, arguments: str, name: str) -> list[str]:
        """Return the lines of a body, or the calls of functions with some of them each if they are many."""
        if len(lines) <= _MOST_LINES:
            return lines
        calls = []
        for part, start in enumerate(range(0, len(lines), _MOST_LINES), start=1):
            body = "\n".join(lines[start : start + _MOST_LINES])
            calls.append(f"    {self.function(f'{name}_part_{part}', signature, body)}({arguments});")
        return self.in_parts(calls, signature, arguments, f"{name}_more")


def _int_literal(value: int) -> str:
    return "(-2147483647 - 1)" if value == -(2**31) else str(value)
