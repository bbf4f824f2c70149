"""Text and plain data of bounded size: what comes from a user's table or file may be of any length."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

__all__ = ["cut_middle", "distinct_cuts", "few", "plain_data", "shortened", "told_apart"]


def shortened(text: object, most: int = 1000, mark: str = " ...") -> str:
    """Return at most ``most`` characters of a text, which ends in ``mark`` if it is cut.

    Examples
    --------
    >>> shortened("abcdefghij", most=8)
    'abcd ...'
    """
    words = str(text)
    return words if len(words) <= most else words[: most - len(mark)] + mark


def cut_middle(text: object, most: int) -> str:
    """Return at most ``most`` characters of a text; what is cut out of its middle leaves an ellipsis.

    Names often differ at their ends only, as in ``income_2019`` and ``income_2020``.

    Examples
    --------
    >>> cut_middle("household_income_2019", 12), cut_middle("age", 12)
    ('househ…_2019', 'age')
    """
    words = str(text)
    if len(words) <= most:
        return words
    kept = max(most, 3) - 1
    head = (kept + 2) // 2
    return f"{words[:head]}…{words[len(words) - (kept - head) :]}"


def distinct_cuts(names: Sequence[object], most: int) -> list[str]:
    """Return names cut by `cut_middle`; where that makes different names equal, the part in which they differ is kept.

    Names that differ in more than fits have their number instead, from 1.

    Examples
    --------
    >>> distinct_cuts(["plant number 10 of the greenhouse", "plant number 11 of the greenhouse", "age"], 16)
    ['… number 10 of …', '… number 11 of …', 'age']
    >>> distinct_cuts(["ab" * 20, "ab" * 21], 10)
    ['aba…ab (1)', 'aba…ab (2)']
    """
    cuts = [cut_middle(name, most) for name in names]
    for alike in _alike(names, cuts):
        for i, cut in zip(alike, _differing([str(names[i]) for i in alike], most), strict=True):
            cuts[i] = cut
    for alike in _alike(names, cuts):
        for i in alike:
            number = f" ({i + 1})"
            cuts[i] = cut_middle(names[i], max(most - len(number), 3)) + number
    return cuts


def _alike(names: Sequence[object], cuts: Sequence[str]) -> list[list[int]]:
    """Return the positions of names that were cut, in groups of different names with the same cut."""
    groups: dict[str, list[int]] = {}
    for i, cut in enumerate(cuts):
        groups.setdefault(cut, []).append(i)
    several = (alike for alike in groups.values() if len({str(names[i]) for i in alike}) > 1)
    return [[i for i in alike if str(names[i]) != cuts[i]] for alike in several]


def _differing(names: list[str], most: int) -> list[str]:
    """Return the part of each name in which they differ, with what is around it; of too long ones the ends."""
    before = _n_common(names)
    behind = _n_common([name[before:][::-1] for name in names])
    room = max(most - 2, 1)
    longest = max(len(name) - before - behind for name in names)
    if longest > room:
        return [cut_middle(name, most) for name in names]
    start = max(0, before - (room - longest) * 3 // 4)
    found = []
    for name in names:
        first = max(0, min(start, len(name) - room - 1))
        mark = "…" if first else ""
        rest, fits = name[first:], most - len(mark)
        found.append(mark + (rest if len(rest) <= fits else rest[: fits - 1] + "…"))
    return found


def _n_common(names: list[str]) -> int:
    """Return how many characters all names begin with."""
    letters = enumerate(zip(*names, strict=False))
    return next((i for i, each in letters if len(set(each)) > 1), min(map(len, names)))


def few(words: Iterable[str], most: int = 10, between: str = ", ") -> str:
    """Return the first of many words, and how many more there are.

    Examples
    --------
    >>> few(["a", "b", "c", "d"], most=2)
    'a, b and 2 more'
    """
    found = list(words)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return shortened(between.join(found[:most])) + more


def told_apart(one: float, other: float) -> tuple[str, str]:
    """Return two numbers with three digits, or with as many more as show that they differ.

    Examples
    --------
    >>> told_apart(0.69312, 0.69271), told_apart(1.5, 2.0)
    (('0.6931', '0.6927'), ('1.5', '2'))
    """
    for digits in range(3, 7):
        found = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if found[0] != found[1]:
            break
    return found


def plain_data(value: Any) -> Any:
    """Return dicts, lists, texts and numbers, which JSON can hold; numbers that are not finite become None.

    Examples
    --------
    >>> plain_data({"shape": (2, 3), "loss": np.float64(0.5), "ratio": math.nan})
    {'shape': [2, 3], 'loss': 0.5, 'ratio': None}
    """
    if isinstance(value, dict):
        return {str(name): plain_data(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain_data(item) for item in value]
    if isinstance(value, np.generic):
        return plain_data(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value
