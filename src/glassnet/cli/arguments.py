"""From the words of the command line to numbers, as far as they are some."""

from __future__ import annotations

from typing import Any

__all__ = ["as_number", "as_numbers", "as_widths"]


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


def as_numbers(word: str | None) -> tuple[Any, ...] | None:
    """Return what stands between commas; None if nothing was said.

    Examples
    --------
    >>> as_numbers("0.1,0.9"), as_numbers("64,x"), as_numbers(None)
    ((0.1, 0.9), (64, 'x'), None)
    """
    return None if word is None else tuple(as_number(part.strip()) for part in word.split(","))


def as_widths(word: str | None) -> tuple[Any, ...] | None:
    """Return the widths of the layers; none of them if the word says so.

    Examples
    --------
    >>> as_widths("64,32"), as_widths("none"), as_widths(None)
    ((64, 32), (), None)
    """
    return () if word is not None and word.strip().lower() == "none" else as_numbers(word)
