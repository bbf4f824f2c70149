"""The distinct texts of a column, and their shapes, so that a column is parsed by groups and not cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["Distinct", "Shapes", "find_shapes", "ordinary"]

_BETWEEN = "\0"
_DIGITS = bytes.maketrans(b"0123456789", b"9999999999")
# Typographic forms of the minus, of blanks between thousands and of the apostrophe.
_ORDINARY = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u2012": "-", "\ufe63": "-", "\uff0d": "-", "\u00a0": " ", "\u202f": " "}
    | {"\u2009": " ", "\u2007": " ", "\u2008": " ", "\u3000": " ", "\u2019": "'", "\u02bc": "'", "\u00b4": "'"}
    | {"\uff0e": ".", "\uff0c": ",", "\u066b": ".", "\u066c": ","}
)


def ordinary(text: str) -> str:
    """Return text with the plain forms of minus signs, blanks and apostrophes.

    Examples
    --------
    >>> ordinary("\u22125\u202f000")
    '-5 000'
    """
    return text if text.isascii() else text.translate(_ORDINARY)


@dataclass(frozen=True)
class Distinct:
    """The distinct texts of a column, without blanks around them.

    Parameters
    ----------
    texts : list of str
        In the order of their first rows.
    place : ndarray of shape (n,)
        For each row the position of its text.
    """

    texts: list[str]
    place: np.ndarray

    @classmethod
    def of(cls, cells: Sequence[str]) -> Distinct:
        """Return the distinct texts of cells.

        Examples
        --------
        >>> found = Distinct.of(["b ", "a", "b"])
        >>> found.texts, found.place.tolist(), found.counts.tolist()
        (['b', 'a'], [0, 1, 0], [2, 1])
        """
        seen: dict[str, int] = {}
        place = np.fromiter((seen.setdefault(cell, len(seen)) for cell in cells), np.intp, len(cells))
        stripped: dict[str, int] = {}
        again = np.fromiter((stripped.setdefault(text.strip(), len(stripped)) for text in seen), np.intp, len(seen))
        return cls(list(stripped), place if len(stripped) == len(seen) else again[place])

    @cached_property
    def counts(self) -> np.ndarray:
        """Number of rows of each text."""
        return np.bincount(self.place, minlength=len(self.texts))

    @cached_property
    def ordinary(self) -> list[str]:
        """The texts with plain signs, blanks and apostrophes."""
        together = _BETWEEN.join(self.texts)
        return self.texts if together.isascii() else [ordinary(text) for text in self.texts]

    def first_row(self, position: int) -> int:
        """Return the first row that has this text."""
        return int(np.argmax(self.place == position))


@dataclass(frozen=True)
class Shapes:
    """Texts grouped by shape: the text with a 9 for each digit.

    Texts of one shape have their digits at the same positions, so that a field of all of them is a slice of a matrix.
    """

    texts: list[str]
    shapes: list[str]
    place: np.ndarray  # of the shape of each text

    def members(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield each shape with the positions of its texts."""
        if not self.shapes:
            return
        order = np.argsort(self.place, kind="stable")
        ends = np.searchsorted(self.place[order], np.arange(1, len(self.shapes) + 1))
        for shape, start, end in zip(self.shapes, [0, *ends[:-1]], ends, strict=True):
            yield shape, order[start:end]

    def digits(self, positions: np.ndarray, spans: Sequence[tuple[int, int]]) -> list[np.ndarray]:
        """Return the whole numbers at each of ``spans`` of the texts at ``positions``, all of one shape."""
        texts = [self.texts[i] for i in positions]
        width = len(texts[0])
        codes = np.array(texts, dtype=f"U{width}").view(np.uint32).reshape(len(texts), width).astype(np.int64) - 48
        return [codes[:, a:b] @ 10 ** np.arange(b - a - 1, -1, -1, dtype=np.int64) for a, b in spans]


def find_shapes(texts: list[str]) -> Shapes:
    """Return texts grouped by shape.

    Examples
    --------
    >>> found = find_shapes(["$1.50", "$2.75", "$10"])
    >>> found.shapes, found.place.tolist()
    (['$9.99', '$99'], [0, 0, 1])
    """
    if not texts:
        return Shapes([], [], np.empty(0, np.intp))
    together = _BETWEEN.join(texts)
    changed = together.encode("utf-8", "surrogatepass").translate(_DIGITS).decode("utf-8", "surrogatepass")
    each = changed.split(_BETWEEN)
    if len(each) != len(texts):  # a text holds the character in between
        each = [
            text.encode("utf-8", "surrogatepass").translate(_DIGITS).decode("utf-8", "surrogatepass") for text in texts
        ]
    seen: dict[str, int] = {}
    place = np.fromiter((seen.setdefault(shape, len(seen)) for shape in each), np.intp, len(each))
    return Shapes(texts, list(seen), place)
