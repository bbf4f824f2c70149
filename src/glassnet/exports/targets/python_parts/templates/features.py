"""What a self-test compares beside arrays of weights."""

from __future__ import annotations

from typing import Any


def spelled(value: Any) -> Any:
    """Return a value as lists of texts and numbers, in the same order every time, for the digest."""
    if isinstance(value, dict):
        return [[key, spelled(one)] for key, one in value.items()]
    if isinstance(value, (list, tuple)):
        return [spelled(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return getattr(value, "__name__", value)
