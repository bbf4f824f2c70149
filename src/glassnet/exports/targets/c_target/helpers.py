"""The functions in C that printed models call, each printed where it is needed.

``NAME`` stands for the prefix of the model, ``REAL`` for float or double; of functions in both types ``_D`` and ``F``
stand for what the name of a function and a number end in.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from glassnet.exports.plan import FARTHEST
from glassnet.exports.targets.c_target.helpers_columns import COLUMN_HELPERS
from glassnet.exports.targets.c_target.helpers_vectors import VECTOR_HELPERS
from glassnet.exports.targets.c_target.integer_printing import INTEGER_HELPERS

__all__ = ["HELPER_NAMES", "printed_helpers"]

_ALL = {**COLUMN_HELPERS, **VECTOR_HELPERS, **INTEGER_HELPERS}

_FIXED = "answers checksum column columns encode fill forward label predict read row selftest table titles"
HELPER_NAMES = frozenset({*_FIXED.split(), *re.findall(r"NAME_(\w+?)(?:_D)?\b", " ".join(_ALL.values()))})
"""The names after a model's prefix that no table and no layer may have."""


def printed_helpers(names: Collection[tuple[str, str]], prefix: str) -> list[str]:
    """Return the helpers of these names and types, ``(name, "float" or "double")``, and those that they call."""
    needed = set(names)
    while True:
        called = {
            (name, real)
            for helper, real in needed
            for name in re.findall(r"NAME_(\w+?)(?:_D)?\(", _ALL[helper])
            if name in _ALL and name != helper
        }
        if called <= needed:
            break
        needed |= called
    return [in_c(_ALL[name], prefix, real) for name in _ALL for real in ("float", "double") if (name, real) in needed]


def in_c(template: str, prefix: str, real: str) -> str:
    """Return a template with the names and the type of a model."""
    f, d = ("f", "") if real == "float" else ("", "_d")
    found = (
        template.replace("_D(", f"{d}(")
        .replace("REAL", real)
        .replace("NAME", prefix)
        .replace("FARTHEST", repr(FARTHEST))
    )
    return re.sub(r"(?<=[0-9a-z])F\b", f, found).strip() + "\n"
