"""Encode a column of categories: as indicators, or as whole numbers for an embedding layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.tabular.encoding.coders import Coder
from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.encoding.told import worth_telling
from glassnet.tabular.encoding.weighting import category_counts
from glassnet.tabular.reading.table import Column
from glassnet.utils.wording import few

__all__ = ["CategoryCoder", "CodeCoder"]

_SHOWN = 3  # examples in a message
_RARE_KEPT = 1000  # rare categories that are saved, so that new ones can be distinguished from them
_MOST_CODES = 65_536


@dataclass(frozen=True)
class CategoryCoder(Coder):
    """One feature of 0 and 1 for each of the most frequent categories, one for the rest; two categories are -1 and 1.

    The rest are ``n_rare`` categories, at most a thousand of which are listed in ``rare``. Lists are sorted.
    """

    kind = "category"

    categories: tuple[str, ...]
    rare: tuple[str, ...] = ()
    n_rare: int = 0

    @classmethod
    def fit(cls, column: Column, max_categories: int, counts: np.ndarray | None = None) -> CategoryCoder:
        """Return the coder for a column with two categories or more; ``counts`` are those of its present rows."""
        found = category_counts(column.present(), counts)
        by_frequency = sorted(found, key=lambda category: (-found[category], category))
        kept, rare = by_frequency[:max_categories], sorted(by_frequency[max_categories:])
        return cls(column.name, column.n_missing, tuple(sorted(kept)), tuple(rare[:_RARE_KEPT]), len(rare))

    @property
    def _is_pair(self) -> bool:
        return len(self.categories) == 2 and not self.n_rare

    def value_features(self) -> list[str]:
        own = self.categories[1:] if self._is_pair else self.categories
        return [f"{self.name}={category}" for category in own] + ([f"{self.name} (other)"] if self.n_rare else [])

    def encode(self, column: Column) -> np.ndarray:
        if self._is_pair:
            signs = dict(zip(self.categories, (-1.0, 1.0), strict=True))
            values = np.array([signs.get(text, 0.0) for text in column.values.tolist()])
            return np.where(column.missing, 0.0, values)[:, None]
        width = len(self.value_features())
        codes = {category: i for i, category in enumerate(self.categories)}
        new = width - 1 if self.n_rare else -1
        places = np.array([codes.get(text, new) for text in column.values.tolist()], dtype=np.int64)
        places[column.missing] = -1
        return np.equal(places[:, None], np.arange(width))

    def done(self) -> str:
        if self._is_pair:
            words = f"{self.categories[1]} = 1, {self.categories[0]} = -1"
            return words + ("; missing values become 0 and are flagged" if self.flagged else "")
        k = len(self.categories)
        words = f"one-hot, {k} categories"
        if self.n_rare:
            words = f"one-hot, the {k} most frequent of {k + self.n_rare} categories, the rest as 'other'"
        return words + ("; missing values are flagged" if self.flagged else "")

    def check(self, column: Column, n_trained: int) -> list[str]:
        if self.n_rare > len(self.rare):
            return []
        fate = "coded as 'other'" if self.n_rare else "coded as zero"
        return _new_categories(column, (*self.categories, *self.rare), fate)

    @classmethod
    def _read(cls, entries: Entries) -> tuple[Any, ...]:
        categories, rare = entries.several("categories", str, least=1), entries.several("rare", str)
        return tuple(categories), tuple(rare), entries.count("n_rare", minimum=len(rare))


@dataclass(frozen=True)
class CodeCoder(Coder):
    """Categories as whole numbers for an `Embedding`: ``first`` for missing and new ones, the others above it.

    The codes of a column follow those of the previous column, so that all share one table of vectors.
    """

    kind = role = "code"
    column_kind: ClassVar[str] = "category"

    categories: tuple[str, ...]
    first: int = 0

    @classmethod
    def fit(cls, column: Column, first: int, counts: np.ndarray | None = None) -> CodeCoder:
        """Return the coder for a column, whose codes begin at ``first``; ``counts`` are those of its present rows."""
        found = category_counts(column.present(), counts)
        kept = sorted(found, key=lambda category: (-found[category], category))[:_MOST_CODES]
        return cls(column.name, column.n_missing, tuple(sorted(kept)), first)

    @property
    def flagged(self) -> bool:
        return False

    @property
    def n_codes(self) -> int:
        """Number of codes, with that of missing and new categories."""
        return len(self.categories) + 1

    def encode(self, column: Column) -> np.ndarray:
        codes = {category: self.first + 1 + i for i, category in enumerate(self.categories)}
        found = np.array([codes.get(text, self.first) for text in column.values.tolist()], dtype=np.float64)
        return np.where(column.missing, float(self.first), found)[:, None]

    def done(self) -> str:
        return f"a learned vector for each of {len(self.categories)} categories, and one for missing and new ones"

    def check(self, column: Column, n_trained: int) -> list[str]:
        return _new_categories(column, self.categories, "which is treated as missing")

    @classmethod
    def _read(cls, entries: Entries) -> tuple[Any, ...]:
        return tuple(entries.several("categories", str, least=1)), entries.count("first")


def _new_categories(column: Column, known: Iterable[str], fate: str) -> list[str]:
    """Return a warning if rows have categories that training did not have; ``fate`` describes how they are encoded."""
    old = set(known)
    counts = Counter(text for text in column.present().tolist() if text not in old)
    if not worth_telling(counts.total(), len(column)):
        return []
    shown = few((repr(text) for text, _ in counts.most_common()), _SHOWN)
    return [f"{Coder.rows_have(counts.total(), column)} a category that training did not have, {fate}: {shown}."]
