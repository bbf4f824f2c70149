"""Weights that are plain lists of numbers, as in programs without arrays."""

from __future__ import annotations

from typing import Any

__all__ = ["has_fractions", "is_table"]


def has_fractions(node: Any) -> bool:
    """Return whether there is a float among numbers; whole numbers alone may be sizes."""
    return any(map(has_fractions, node)) if isinstance(node, list) else isinstance(node, float)


def is_table(node: Any) -> bool:
    """Return whether a list has nothing but numbers, or lists of as many numbers each.

    Examples
    --------
    >>> is_table([[0.5, 1.0], [2.0, 0.0]]), is_table([[0.5], [1.0, 2.0]])
    (True, False)
    """
    if not isinstance(node, list) or not node:
        return False
    if isinstance(node[0], list):
        return all(map(is_table, node)) and len({len(each) for each in node}) == 1
    return all(isinstance(each, (float, int)) and not isinstance(each, bool) for each in node)
