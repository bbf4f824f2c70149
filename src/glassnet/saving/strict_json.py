"""JSON from a file that may be damaged, or made by somebody with bad intentions: bounded before it is parsed."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["MOST_BYTES", "parse_json"]

MOST_BYTES = 64 * 2**20
"""Longest text that is parsed."""

_MOST_ENTRIES = 4_000_000  # an entry takes up to 90 bytes of memory, and 0.2 microseconds
_MOST_LEVELS = 100  # far from where Python's own recursion ends
_MOST_DIGITS = 100  # so that any whole number fits into a float, and can be printed
_TOO_DEEP = "is nested more than {} deep"
_NESTS = (dict, list)


def parse_json(text: str | bytes, *, finite: bool = False, levels: int = _MOST_LEVELS) -> Any:
    """Return what a JSON text says; if it must be ``finite``, without NaN and Infinity, which Python writes.

    Beside what `json.loads` refuses, a key may not appear twice in one object, numbers have at most 100 digits, lists
    and objects are nested at most so many ``levels`` deep, and length and number of entries are limited, so that
    neither time nor memory can run away.

    Raises
    ------
    ValueError
        In words that go on from "the text".

    Examples
    --------
    >>> parse_json('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    >>> parse_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ...
    ValueError: has the key 'a' twice
    """
    if len(text) > MOST_BYTES:
        message = f"is longer than {MOST_BYTES:,} bytes"
        raise ValueError(message)
    try:
        words = text.decode() if isinstance(text, bytes) else text
        if sum(map(words.count, ",:[{")) > _MOST_ENTRIES:
            message = f"has more than {_MOST_ENTRIES:,} entries"
            raise ValueError(message)
        found = json.loads(
            words,
            object_pairs_hook=_object,
            parse_int=_whole_number,
            parse_constant=_refused_constant if finite else None,
        )
    except UnicodeDecodeError:
        message = "is not UTF-8"
        raise ValueError(message) from None
    except json.JSONDecodeError as error:
        fact = error.msg.removesuffix(" at")  # which some of them end with
        message = f"is not JSON ({fact} at character {error.pos})"
        raise ValueError(message) from None
    except RecursionError:
        raise ValueError(_TOO_DEEP.format(levels)) from None
    if _is_deep(found, levels):
        raise ValueError(_TOO_DEEP.format(levels))
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, in which no key may hide another."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen = set()
    for key, _ in pairs:
        if key in seen:
            message = f"has the key {key[:60]!r} twice"
            raise ValueError(message)
        seen.add(key)
    return found


def _refused_constant(name: str) -> Any:
    message = f"has {name}, which JSON has not"
    raise ValueError(message)


def _whole_number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        message = f"has a whole number of {len(digits)} digits"
        raise ValueError(message)
    return int(digits)


def _is_deep(found: Any, levels: int) -> bool:
    """Return whether lists and objects are nested too deep, looking at one level after the other."""
    level = [found]
    for _ in range(levels):
        parts = (whole.values() if isinstance(whole, dict) else whole for whole in level if isinstance(whole, _NESTS))
        level = [part for inside in parts for part in inside if isinstance(part, _NESTS)]
        if not level:
            return False
    return True
