"""Text and plain data of bounded size: what comes from a user's table or file may be of any length."""

from __future__ import annotations

import math
from collections import Counter
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


def cut_middle(text: str, most: int) -> str:
    """Return at most ``most`` characters of a text, both its ends and "…" between if it is cut.

    Examples
    --------
    >>> cut_middle("household_income_2019", 12)
    'househ…_2019'
    """
    if len(text) <= most:
        return text
    tail = max(1, (most - 1) * 2 // 5)
    return f"{text[: most - 1 - tail]}…{text[-tail:]}"


def distinct_cuts(names: Sequence[str], most: int) -> list[str]:
    """Return names of at most ``most`` characters each, cut in the middle, so that different names stay different.

    Examples
    --------
    >>> distinct_cuts(["household_income_2019", "household_income_2020", "age"], 10)
    ['house…2019', 'house…2020', 'age']
    """
    found = {name: cut_middle(name, most) for name in names}
    several = {cut for cut, n in Counter(found.values()).items() if n > 1}
    number: Counter[str] = Counter()
    for name, cut in found.items():
        if cut in several:
            number[cut] += 1
            mark = f"…{number[cut]}"
            found[name] = cut_middle(name, max(most - len(mark), 1)).rstrip("…") + mark
    return [found[name] for name in names]


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
