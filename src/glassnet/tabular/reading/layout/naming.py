"""Make the names of columns of the lines above a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from glassnet.utils.wording import few

__all__ = ["column_names"]

_COMMENT_MARK = re.compile(r"^\s*(?:#+|%+|//)\s*")


def column_names(rows: Sequence[Sequence[str]], width: int) -> tuple[list[str], list[str]]:
    """Return the names of ``width`` columns, "" for those without, and notes on what was made of the lines.

    In several lines an upper name counts for the columns to its right that have a name below and none above.

    Examples
    --------
    >>> column_names([["speed", "", "mass"], ["x", "y", "kg"]], 3)[0]
    ['speed x', 'speed y', 'mass kg']
    >>> column_names([["a", "b", "a"]], 3)
    (['a', 'b', 'a_2'], ["columns of the same name were numbered: 'a' stands above 2 columns"])
    """
    notes: list[str] = []
    rows = [row[1:] if len(row) > width and row[0].strip() in ("#", "%", "//") else row for row in rows]
    cells = [[cell.strip() for cell in row[:width]] for row in rows]
    cells = [row + [""] * (width - len(row)) for row in cells]
    if cells and (mark := _COMMENT_MARK.match(cells[0][0])) and len(cells[0][0]) > mark.end():
        cells[0][0] = cells[0][0][mark.end() :]
    names = [" ".join(_distinct(column)) for column in zip(*_filled_right(cells), strict=True)] or [""] * width
    return _numbered(names, notes), notes


def _filled_right(rows: list[list[str]]) -> list[list[str]]:
    """Return lines of names in which a name above a group is repeated above each of its columns."""
    for upper, lower in pairwise(rows):
        for i in range(1, len(upper)):
            if not upper[i] and upper[i - 1] and lower[i] and any(upper):
                upper[i] = upper[i - 1]
    return rows


def _distinct(words: Sequence[str]) -> list[str]:
    """Return words without empty ones and without those that repeat the one before."""
    found: list[str] = []
    for word in filter(None, words):
        if not found or found[-1] != word:
            found.append(word)
    return found


def _numbered(names: list[str], notes: list[str]) -> list[str]:
    """Return names that differ: the second ``a`` becomes ``a_2``."""
    counts = Counter(filter(None, names))
    again = [name for name, count in counts.items() if count > 1]
    if not again:
        return names
    taken, seen = set(names), Counter[str]()
    unique = []
    for name in names:
        seen[name] += bool(name)
        number = seen[name]
        new = name
        while number > 1 and new in taken:
            new = f"{name}_{number}"
            number += 1
        taken.add(new)
        unique.append(new)
    said = few(f"{name!r} stands above {counts[name]} columns" for name in again)
    notes.append(f"columns of the same name were numbered: {said}")
    return unique
