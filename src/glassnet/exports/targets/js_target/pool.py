"""The numbers of a plan in the order in which they are printed: two blocks of base64, and a checksum."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from glassnet.exports.targets.js_target.literals import is_number

__all__ = ["Pool"]

_WIDTH = 120
_FNV_START, _FNV_PRIME = 2166136261, 16777619


class Pool:
    """Arrays by name: those that single precision holds exactly in one block, others in double precision.

    Parameters
    ----------
    taken : set of str
        Names that the script uses already.
    """

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._blocks: dict[str, list[np.ndarray]] = {"floats": [], "doubles": []}
        self._lines: list[str] = []

    def put(self, name: str, array: np.ndarray, note: str = "") -> str:
        """Add an array under a name of the script and return that name."""
        flat = np.ascontiguousarray(array, dtype=np.float64).reshape(-1)
        with np.errstate(over="ignore", under="ignore"):
            single = np.array_equal(flat.astype(np.float32).astype(np.float64), flat, equal_nan=True)
        block = self._blocks["floats" if single else "doubles"]
        start = sum(map(len, block))
        block.append(flat)
        comment = f" // {note}" if note else ""
        source = "floats" if single else "doubles"
        self._lines.append(f"const {name} = {source}.subarray({start}, {start + len(flat)});{comment}")
        return name

    def lines(self) -> list[str]:
        """Return the statements that make the arrays."""
        return [
            f"const floats = decode(`{_base64(self._block('floats', '<f4'))}`, 4);",
            f"const doubles = decode(`{_base64(self._block('doubles', '<f8'))}`, 8);",
            *self._lines,
        ]

    def checksum(self, facts: Any) -> int:
        """Return the FNV-1a hash of all numbers as 32-bit words, and of the facts as `_words` gives them."""
        singles = self._block("floats", ">f4").view(">u4")
        doubles = self._block("doubles", ">f8").view(">u4")
        found = _FNV_START
        for word in [*singles.tolist(), *doubles.tolist(), *_words(facts)]:
            found = ((found ^ word) * _FNV_PRIME) & 0xFFFFFFFF
        return found

    def _block(self, name: str, dtype: str) -> np.ndarray:
        return np.concatenate([np.empty(0), *self._blocks[name]]).astype(dtype)


def _words(fact: Any) -> Iterator[int]:
    """Yield texts, numbers, lists and objects as words; a list or object begins with the number of its entries."""
    if isinstance(fact, np.generic):
        fact = fact.item()
    if isinstance(fact, Mapping):
        yield len(fact)
        for name, value in fact.items():
            yield from _words(name)
            yield from _words(value)
    elif isinstance(fact, (list, tuple)):
        yield len(fact)
        for value in fact:
            yield from _words(value)
    elif is_number(fact):
        yield from np.array([fact], ">f8").view(">u4").tolist()
    else:
        text = str(fact).lower() if isinstance(fact, bool) else str(fact)
        yield from np.frombuffer(f"{text}\0".encode("utf-16-le", "surrogatepass"), "<u2").tolist()


def _base64(array: np.ndarray) -> str:
    """Return base64 in lines, whose ends decoders pass over."""
    text = base64.b64encode(array.tobytes()).decode()
    return "\n".join(text[i : i + _WIDTH] for i in range(0, len(text), _WIDTH))
