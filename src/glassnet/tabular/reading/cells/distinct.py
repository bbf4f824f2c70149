"""The distinct texts of a column, and their shapes, so that a column is parsed by groups and not cell by cell."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["Distinct", "Shapes", "find_shapes", "ordinary"]

_BETWEEN = "\0"
_SAMPLE = 10_000  # cells that show whether most rows differ
_MOSTLY = 0.9  # share of them that differ
_DIGITS = bytes.maketrans(b"0123456789", b"9999999999")
# Typographic forms of the minus, of blanks between thousands and of the apostrophe, and digits of other scripts.
_ORDINARY = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u2012": "-", "\ufe63": "-", "\uff0d": "-", "\u00a0": " ", "\u202f": " "}
    | {"\u2009": " ", "\u2007": " ", "\u2008": " ", "\u3000": " ", "\u2019": "'", "\u02bc": "'", "\u00b4": "'"}
    | {"\uff0e": ".", "\uff0c": ",", "\u066b": ".", "\u066c": ","}
    | {chr(zero + digit): str(digit) for zero in (0xFF10, 0x0660, 0x06F0, 0x0966) for digit in range(10)}
)


def ordinary(text: str) -> str:
    """Return text with the plain forms of minus signs, blanks, apostrophes and digits.

    Examples
    --------
    >>> ordinary("\u22125\u202f000")
    '-5 000'
    """
    return text if text.isascii() else text.translate(_ORDINARY)


@dataclass(frozen=True)
class Distinct:
    """The texts of a column, without blanks around them: each once, or one per row if most rows differ.

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
        """Return the texts of cells.

        Examples
        --------
        >>> found = Distinct.of(["b ", "a", "b"])
        >>> found.texts, found.place.tolist(), found.counts.tolist()
        (['b', 'a'], [0, 1, 0], [2, 1])
        """
        sample = cells[:: max(1, len(cells) // _SAMPLE)][:_SAMPLE]
        if len(sample) == _SAMPLE and len(set(sample)) > _MOSTLY * len(sample):
            # A dict of a million different texts takes longer than to parse them.
            return cls(list(map(str.strip, cells)), np.arange(len(cells)))
        texts, place = _numbered(cells)
        texts, again = _numbered(list(map(str.strip, texts)))
        return cls(texts, again[place])

    def positions(self, words: Collection[str]) -> np.ndarray:
        """Return the positions of the texts that are among ``words``, ascending."""
        found = frozenset(words).intersection(self.texts)  # mostly none, which is found without a look at each
        if not found:
            return np.empty(0, dtype=np.intp)
        return np.flatnonzero(np.fromiter(map(found.__contains__, self.texts), bool, len(self.texts)))

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
        width, together = len(texts[0]), "".join(texts)
        ascii_only = together.isascii()
        flat = np.frombuffer(
            together.encode("ascii" if ascii_only else "utf-32-le"), np.uint8 if ascii_only else np.uint32
        )
        codes = flat.reshape(len(texts), width)
        return [_number(codes[:, a:b]) for a, b in spans]


def _number(codes: np.ndarray) -> np.ndarray:
    """Return the whole number that the codes of digits in each row spell."""
    number = np.zeros(len(codes), dtype=np.int64)
    for digit in codes.T:
        number = 10 * number + digit - ord("0")
    return number


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
    shapes, place = _numbered(each)
    return Shapes(texts, shapes, place)


def _numbered(cells: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return the different texts in the order of their first rows, and for each cell the position of its text."""
    seen = dict.fromkeys(cells)
    if len(seen) == len(cells):
        return list(seen), np.arange(len(cells))
    number = dict(zip(seen, range(len(seen)), strict=True))
    return list(seen), np.fromiter(map(number.__getitem__, cells), np.intp, len(cells))
