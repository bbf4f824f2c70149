"""From the words of the command line to numbers, as far as they are some."""

from __future__ import annotations

from typing import Any

__all__ = ["as_number", "as_widths"]


def as_number(word: Any) -> Any:
    """Return the number that a word spells, whole if it can be; other words as they are, for a check to refuse.

    Examples
    --------
    >>> [as_number(word) for word in ("300", "0.5", "1e-3", "many", None)]
    [300, 0.5, 0.001, 'many', None]
    """
    for kind in (int, float):
        try:
            return kind(word)
        except (TypeError, ValueError):
            continue
    return word


def as_widths(word: str) -> tuple[Any, ...]:
    """Return the widths of the layers.

    Examples
    --------
    >>> as_widths("64,32"), as_widths("none"), as_widths("64,x")
    ((64, 32), (), (64, 'x'))
    """
    if word.strip().lower() == "none":
        return ()
    return tuple(as_number(part.strip()) for part in word.split(","))
