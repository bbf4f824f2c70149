"""Activations of the user's own, as expressions of a framework."""

from __future__ import annotations

import ast
import math
import zlib
from typing import Any, ClassVar

from glassnet.exports.lowering.activations import expression_of
from glassnet.exports.naming import comment_text, identifier
from glassnet.layers.activations.base import Activation
from glassnet.utils.formula import ATOM, Python

__all__ = ["Tensors", "own_activation"]


class Tensors(Python):
    """Base of the languages of tensors, in which a number is no tensor."""

    choice_binds: ClassVar[int] = ATOM

    def call(self, name: str, arguments: list[ast.expr]) -> tuple[str, int]:
        if name in ("max", "min") and self._is_number(arguments[0]):
            arguments = arguments[::-1]
        return super().call(name, arguments)

    def _is_number(self, node: ast.expr) -> bool:
        names = [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]
        return "Z" not in names


def own_activation(activation: Activation, printer: type[Tensors]) -> tuple[str, str, str]:
    """Return a name for an activation with a formula, what it is in words, and its expression in z.

    Different activations have different names.

    Raises
    ------
    ConfigError
        It has no formula, or not that of its code.
    """
    formula, constants = expression_of(activation)
    names: dict[str, Any] = {"Z": "z", "pi": math.pi, **constants}
    text = printer(names).text(formula)
    word = identifier(str(getattr(activation, "name", None) or type(activation).__name__))
    return f"{word}_{zlib.crc32(text.encode()):08x}", comment_text(repr(activation)).replace('"', "'"), text
