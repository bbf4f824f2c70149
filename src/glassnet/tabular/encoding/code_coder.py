"""How a column of many categories becomes one feature: a code for a layer that looks up a vector for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.tabular.encoding.category_coder import new_categories
from glassnet.tabular.encoding.coders import Coder
from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.reading.table import Column

__all__ = ["CodeCoder"]

_MOST_CODES = 65_536


@dataclass(frozen=True)
class CodeCoder(Coder):
    """Categories as whole numbers from ``first`` on, for an `Embedding`: first itself is a missing or new one.

    The codes of one column follow those of the column before, so that all share one table of vectors.

    Parameters
    ----------
    categories : tuple of str
        Those with a code of their own, sorted.
    first : int
        Where the codes of this column begin.
    """

    kind = "code"
    column_kind: ClassVar[str] = "category"

    categories: tuple[str, ...]
    first: int = 0

    @classmethod
    def fit(cls, column: Column, first: int) -> CodeCoder:
        """Return the coder for a column, whose codes begin at ``first``."""
        counts = Counter(column.present().tolist())
        kept = sorted(counts, key=lambda category: (-counts[category], category))[:_MOST_CODES]
        return cls(column.name, column.n_missing, tuple(sorted(kept)), first)

    @property
    def flagged(self) -> bool:
        return False

    @property
    def n_codes(self) -> int:
        """How many codes there are, that of missing and new ones included."""
        return len(self.categories) + 1

    def value_features(self) -> list[str]:
        return [self.name]

    def encode(self, column: Column) -> np.ndarray:
        codes = {category: self.first + 1 + i for i, category in enumerate(self.categories)}
        found = np.array([codes.get(text, self.first) for text in column.values.tolist()], dtype=np.float64)
        return np.where(column.missing, float(self.first), found)[:, None]

    def done(self) -> str:
        return f"a learned vector for each of {len(self.categories)} categories, and one for missing and new ones"

    def check(self, column: Column) -> list[str]:
        return new_categories(column, self.categories, "get the vector of missing ones")

    def config(self) -> dict[str, Any]:
        return {**self._base(), "categories": list(self.categories), "first": self.first}

    @classmethod
    def from_entries(cls, entries: Entries) -> CodeCoder:
        categories = tuple(entries.several("categories", str, least=1))
        return cls(entries.text("name"), entries.count("n_missing"), categories, entries.count("first"))
