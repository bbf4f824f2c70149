"""How a column of categories becomes features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.tabular.encoding.coders import Coder, rows_have
from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.reading.table import Column
from glassnet.utils.wording import few

__all__ = ["CategoryCoder", "new_categories"]

_RARE_KEPT = 1000  # rare categories that are remembered by name, so as to tell them from new ones


@dataclass(frozen=True)
class CategoryCoder(Coder):
    """Categories: a feature of 0 and 1 for each of the most frequent, one more for the rest; two categories -1 and 1.

    Parameters
    ----------
    categories : tuple of str
        Those with a feature of their own, sorted.
    rare : tuple of str
        Those that share the feature "other", sorted; the first thousand.
    n_rare : int
        How many share it.
    """

    kind = "category"

    categories: tuple[str, ...]
    rare: tuple[str, ...] = ()
    n_rare: int = 0

    @classmethod
    def fit(cls, column: Column, max_categories: int) -> CategoryCoder:
        """Return the coder for a column with two categories or more."""
        counts = Counter(column.present().tolist())
        by_frequency = sorted(counts, key=lambda category: (-counts[category], category))
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

    def check(self, column: Column) -> list[str]:
        if self.n_rare > len(self.rare):
            return []
        fate = "coded as 'other'" if self.n_rare else "coded as zero"
        return new_categories(column, (*self.categories, *self.rare), fate)

    def config(self) -> dict[str, Any]:
        lists = {"categories": list(self.categories), "rare": list(self.rare), "n_rare": self.n_rare}
        return {**self._base(), **lists}

    @classmethod
    def from_entries(cls, entries: Entries) -> CategoryCoder:
        categories = tuple(entries.several("categories", str, least=1))
        rare = tuple(entries.several("rare", str))
        n_rare = entries.count("n_rare", minimum=len(rare))
        return cls(entries.text("name"), entries.count("n_missing"), categories, rare, n_rare)


def new_categories(column: Column, known: Iterable[str], fate: str) -> list[str]:
    """Return a warning if rows have categories that training did not have; ``fate`` says what becomes of them."""
    old = set(known)
    counts = Counter(text for text in column.present().tolist() if text not in old)
    if not counts:
        return []
    shown = few((repr(text) for text, _ in counts.most_common()), 3)
    head = rows_have(sum(counts.values()), column)
    return [f"{head} a category that training did not have, {fate}: {shown}."]
