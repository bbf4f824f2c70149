"""Formulas as expressions of C that a NaN goes through, as it does in NumPy."""

from __future__ import annotations

import ast
from typing import ClassVar

from glassnet.utils.formula_code import C, Code

__all__ = ["CExpression"]


class CExpression(C):
    """Prints expressions as C; ``max`` and ``min`` are functions of one's own, which return NaN for a NaN in front."""

    functions: ClassVar[dict[str, str]] = {
        name: text for name, text in C.functions.items() if name not in ("max", "min")
    }
    helper_texts: ClassVar[dict[str, str]] = {
        **C.helper_texts,
        "max": "static $real ${prefix}max($real a, $real b)\n{\n    return b > a ? b : a; /* NaN for a is kept */\n}\n",
        "min": "static $real ${prefix}min($real a, $real b)\n{\n    return b < a ? b : a; /* NaN for a is kept */\n}\n",
    }

    def call(self, name: str, arguments: list[ast.expr]) -> tuple[str, int]:
        if name in ("max", "min"):
            return Code.call(self, name, arguments)
        return super().call(name, arguments)
