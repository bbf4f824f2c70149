"""How one column becomes features: what all coders share, and those for numbers, for true and false, for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.encoding.robust_scaling import NormalScale, RobustScale
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.reading.table import KINDS, Column

__all__ = ["SCALINGS", "BooleanCoder", "Coder", "LeftOut", "NumberCoder", "rows_have", "span"]

SCALINGS: dict[str, type[Scale]] = {"standard": Scale, "robust": RobustScale, "normal": NormalScale}
"""How numbers may be scaled."""


@dataclass(frozen=True)
class Coder:
    """What all coders share: one column in, some features out, and a flag if training had missing values.

    Parameters
    ----------
    name : str
        Of the column.
    n_missing : int
        Training rows without a (finite) value.
    """

    kind: ClassVar[str]

    name: str
    n_missing: int

    @property
    def flagged(self) -> bool:
        """Whether the last feature says that the value is missing."""
        return self.n_missing > 0

    @property
    def features(self) -> list[str]:
        """The names of the features."""
        return self.value_features() + ([f"{self.name} (missing)"] if self.flagged else [])

    def value_features(self) -> list[str]:
        """Return the names of the features before the flag."""
        raise NotImplementedError

    def encode(self, column: Column) -> np.ndarray:
        """Return the features before the flag, shape (n, number of them), numbers or bool."""
        raise NotImplementedError

    def done(self) -> str:
        """Return what is done to the column, in words."""
        raise NotImplementedError

    def check(self, column: Column) -> list[str]:
        """Return warnings for new data."""
        raise NotImplementedError

    def config(self) -> dict[str, Any]:
        """Return all that `from_entries` needs, JSON-able."""
        raise NotImplementedError

    @classmethod
    def from_entries(cls, entries: Entries) -> Coder:
        """Return the coder that `config` described."""
        raise NotImplementedError

    def _base(self) -> dict[str, Any]:
        return {"coder": self.kind, "name": self.name, "n_missing": self.n_missing}


@dataclass(frozen=True)
class NumberCoder(Coder):
    """Numbers: scaled, ``(x - mean) / std`` or otherwise; missing ones as the mean."""

    kind = "number"

    scale: Scale
    note: str = ""

    @classmethod
    def fit(cls, column: Column, scaling: str = "standard") -> NumberCoder:
        """Return the coder for a column whose values are not all equal; ``scaling`` is one of `SCALINGS`."""
        return cls(column.name, column.n_missing, SCALINGS[scaling].fit(column.present()), _row_number_note(column))

    def value_features(self) -> list[str]:
        return [self.name]

    def encode(self, column: Column) -> np.ndarray:
        return self.scale.forward(np.where(column.missing, self.scale.mean, column.values))[:, None]

    def done(self) -> str:
        return self.scale.words() + ("; missing values become the mean and are flagged" if self.flagged else "")

    def check(self, column: Column) -> list[str]:
        present = column.present()
        beyond = present[self.scale.outside(present)]
        if not beyond.size:
            return []
        here = span(float(beyond.min()), float(beyond.max()))
        there = span(self.scale.low, self.scale.high)
        return [f"{rows_have(beyond.size, column)} a value outside the range of training, {there}: {here}."]

    def config(self) -> dict[str, Any]:
        return {**self._base(), **self.scale.config(), "note": self.note}

    @classmethod
    def from_entries(cls, entries: Entries) -> NumberCoder:
        # Files of version 0.1 have standard scaling only, and do not say so.
        scaling = entries.choice("scaling", tuple(SCALINGS)) if "scaling" in entries.config else "standard"
        scale = SCALINGS[scaling].from_config(entries)
        return cls(entries.text("name"), entries.count("n_missing"), scale, entries.text("note"))


@dataclass(frozen=True)
class BooleanCoder(Coder):
    """True and false: 1 and -1, missing ones 0."""

    kind = "boolean"

    @classmethod
    def fit(cls, column: Column) -> BooleanCoder:
        """Return the coder for a column with both values."""
        return cls(column.name, column.n_missing)

    def value_features(self) -> list[str]:
        return [self.name]

    def encode(self, column: Column) -> np.ndarray:
        return np.where(column.missing, 0.0, np.where(column.values, 1.0, -1.0))[:, None]

    def done(self) -> str:
        return "true = 1, false = -1" + ("; missing values become 0 and are flagged" if self.flagged else "")

    def check(self, column: Column) -> list[str]:
        return []

    def config(self) -> dict[str, Any]:
        return self._base()

    @classmethod
    def from_entries(cls, entries: Entries) -> BooleanCoder:
        return cls(entries.text("name"), entries.count("n_missing"))


@dataclass(frozen=True)
class LeftOut(Coder):
    """A column that says nothing, save perhaps by its missing values.

    Parameters
    ----------
    column_kind : str
        Of the column.
    why : str
        In words.
    flags : bool
        Whether missing values are flagged all the same.
    """

    kind = "left out"

    column_kind: str
    why: str
    flags: bool

    @property
    def flagged(self) -> bool:
        return self.flags

    def value_features(self) -> list[str]:
        return []

    def encode(self, column: Column) -> np.ndarray:
        return np.empty((len(column), 0))

    def done(self) -> str:
        return f"left out: {self.why}" + ("; but missing values are flagged" if self.flags else "")

    def check(self, column: Column) -> list[str]:
        return []

    def config(self) -> dict[str, Any]:
        return {**self._base(), "column_kind": self.column_kind, "why": self.why, "flags": self.flags}

    @classmethod
    def from_entries(cls, entries: Entries) -> LeftOut:
        kind = entries.choice("column_kind", KINDS)
        return cls(entries.text("name"), entries.count("n_missing"), kind, entries.text("why"), entries.flag("flags"))


def span(low: object, high: object) -> str:
    """Return two values as a range, or one of them if they look the same."""
    low, high = (f"{v:.6g}" if isinstance(v, float) else v for v in (low, high))
    return str(low) if low == high else f"{low} to {high}"


def rows_have(count: int, column: Column) -> str:
    """Return how a warning about some rows of a column begins."""
    return f"Column {column.name!r}: {count} of {len(column)} rows {'has' if count == 1 else 'have'}"


def _row_number_note(column: Column) -> str:
    """Return a hint if whole numbers rise with every row, nearly without gaps, as row numbers do."""
    values = column.present()
    n = len(values)
    if n <= 20 or not (values[1:] > values[:-1]).all() or (values != np.floor(values)).any():
        return ""
    # Training rows are a part of all rows, so some numbers may be left out.
    dense = values[-1] / n - values[0] / n <= 3.0
    return "rises with every row, like a row number: consider leaving it out" if dense else ""
