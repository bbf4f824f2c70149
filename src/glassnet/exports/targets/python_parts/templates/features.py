"""What the features of a file hold beside arrays."""

from __future__ import annotations

from typing import Any


def plain_values(features: list[tuple[Any, str, dict[str, Any]]], labels: list[Any]) -> list[Any]:
    """Return the labels, and for each feature its column and its numbers but for tables."""
    tables = ("table", "quantiles")
    plain = ((name, [(k, v) for k, v in numbers.items() if k not in tables]) for _, name, numbers in features)
    return [labels, *plain]
