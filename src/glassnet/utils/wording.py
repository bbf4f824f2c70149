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
    """Return names cut by `cut_middle`; different names stay different, if need be by their number, from 1.

    Examples
    --------
    >>> distinct_cuts(["income_of_all_before_2019", "income_of_one_before_2019", "age"], 12)
    ['inc…2019 (1)', 'inc…2019 (2)', 'age']
    """
    cuts = [cut_middle(name, most) for name in names]
    of_cut: dict[str, set[str]] = {}
    for name, cut in zip(names, cuts, strict=True):
        of_cut.setdefault(cut, set()).add(str(name))
    for i, (name, cut) in enumerate(zip(names, cuts, strict=True)):
        if len(of_cut[cut]) > 1 and cut != str(name):
            number = f" ({i + 1})"
            cuts[i] = cut_middle(name, max(most - len(number), 3)) + number
    return cuts


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
