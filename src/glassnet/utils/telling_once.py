"""Warn once per kind of message: Python's own "once per place" compares texts, in which numbers differ."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable

__all__ = ["said_first"]

_MOST = 8  # lists of filters that are remembered

# By the list of filters that was in force: `warnings.catch_warnings` puts another one in its place.
_said: list[tuple[object, set[Hashable]]] = []
_said_anywhere: set[Hashable] = set()


def said_first(kinds: Iterable[Hashable], *, anywhere: bool = False) -> list[Hashable]:
    """Return those kinds that were not asked for before, and remember them.

    Parameters
    ----------
    kinds : iterable
        Hashable objects.
    anywhere : bool, default=False
        Whether before means in this process. By default each `warnings.catch_warnings` begins anew, as Python's own
        "once per place" does.

    Examples
    --------
    >>> said_first(["a", "b"]), said_first(["b", "c"])
    (['a', 'b'], ['c'])
    """
    said = _said_anywhere if anywhere else _said_here()
    new = [kind for kind in dict.fromkeys(kinds) if kind not in said]
    said.update(new)
    return new


def _said_here() -> set[Hashable]:
    """Return what was said under the filters that are in force."""
    filters: object = warnings.filters
    for known, said in _said:
        if known is filters:
            return said
    _said.append((filters, set()))
    del _said[:-_MOST]
    return _said[-1][1]
