"""What a confusion matrix says of each class: recall, precision, and what it is most often taken for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.utils.short_text import plain
from glassnet.utils.wording import distinct_cuts

__all__ = ["ClassFacts", "class_facts", "class_names", "named_classes", "times", "which_classes", "worst_classes"]


class ClassFacts(NamedTuple):
    """One class of a confusion matrix."""

    place: int  # in the list of labels
    rows: int
    recall: float | None  # None without rows
    precision: float | None  # None if it is never predicted
    taken_for: int | None  # the class that its rows are most often taken for, if they are
    often: int  # how often


def class_facts(counts: list[list[int]]) -> list[ClassFacts]:
    """Return the facts of each class.

    Parameters
    ----------
    counts : list of list of int
        Rows of each true class (row) by predicted class (column).

    Examples
    --------
    >>> [list(each) for each in class_facts([[3, 1], [0, 4]])]
    [[0, 4, 0.75, 1.0, 1, 1], [1, 4, 1.0, 0.8, None, 0]]
    """
    table = np.asarray(counts)
    found = []
    for i, row in enumerate(table):
        total, predicted = int(row.sum()), int(table[:, i].sum())
        wrong = row.copy()
        wrong[i] = 0
        most = int(wrong.argmax())
        recall = float(row[i] / total) if total else None
        precision = float(row[i] / predicted) if predicted else None
        found.append(ClassFacts(i, total, recall, precision, most if wrong[most] else None, int(wrong[most])))
    return found


def worst_classes(counts: list[list[int]], most: int) -> list[ClassFacts]:
    """Return the classes that occur with the lowest recall, at most ``most``; those of many rows first among equals."""
    known = [each for each in class_facts(counts) if each.recall is not None]
    return sorted(known, key=lambda each: (each.recall, -each.rows, each.place))[:most]


def which_classes(shown: int, counts: list[list[int]]) -> str:
    """Return which classes a list of ``shown`` of `worst_classes` has, to follow "of so many classes".

    Examples
    --------
    >>> which_classes(1, [[3, 1], [0, 0]]), which_classes(1, [[3, 1], [0, 4]])
    ('the only one that occurs', 'the one with the lowest recall')
    """
    if shown == sum(map(any, counts)):
        return "the only one that occurs" if shown == 1 else f"the {shown} that occur"
    return "the one with the lowest recall" if shown == 1 else f"the {shown} with the lowest recall"


def times(n: int) -> str:
    """Return how often, in words.

    Examples
    --------
    >>> times(1), times(2), times(1200)
    ('once', 'twice', '1,200 times')
    """
    return "once" if n == 1 else "twice" if n == 2 else f"{n:,} times"


def class_names(labels: Sequence[Any], most: int) -> list[str]:
    """Return the label of each class as code, cut to about ``most`` characters; different classes stay different.

    They are cut together, so that a class has the same name wherever a report has room for as much.

    Examples
    --------
    >>> class_names(["plant number 10 of the greenhouse", "plant number 11 of the greenhouse", 3], 18)
    ["'… number 10 of …'", "'… number 11 of …'", '3']
    """
    codes = [plain(repr(label)) for label in labels]
    texts = [code[1:-1] if isinstance(label, str) else code for label, code in zip(labels, codes, strict=True)]
    cuts = distinct_cuts(texts, most - 2)
    quotes = [code[0] if isinstance(label, str) else "" for label, code in zip(labels, codes, strict=True)]
    return [f"{quote}{cut}{quote}" for quote, cut in zip(quotes, cuts, strict=True)]


def named_classes(some: Sequence[Any], labels: Sequence[Any], most: int = 40) -> list[str]:
    """Return the names of some classes, as those of all ``labels`` are cut by `class_names`."""
    every = [*labels, *(label for label in some if label not in labels)]
    names = class_names(every, most)
    return [names[every.index(label)] for label in some]
