"""Encode one column as features: the base class, and coders for numbers, booleans and columns that are left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.encoding.robust_scaling import NormalScale, RobustScale
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.encoding.told import infinite_words, worth_telling
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.table import KINDS, Column
from glassnet.tabular.reading.text import as_form

__all__ = [
    "SCALINGS", "BooleanCoder", "Coder", "ConstantCoder", "LeftOut", "NumberCoder", "Scaling", "finite",
    "outside_training",
]  # fmt: skip

Scaling = Literal["standard", "robust", "normal"]
SCALINGS: dict[str, type[Scale]] = {"standard": Scale, "robust": RobustScale, "normal": NormalScale}
"""The scales of numbers by name."""


@dataclass(frozen=True)
class Coder:
    """Base of all coders: they encode a column as features, with a flag if training had missing values.

    ``n_missing`` is the number of training rows without a (finite) value.
    """

    kind: ClassVar[str]
    role: ClassVar[str] = "indicator"

    name: str
    n_missing: int

    @property
    def training_kind(self) -> str:
        """The kind of the column in training."""
        return str(getattr(self, "column_kind", self.kind))

    @property
    def n_codes(self) -> int:
        """Number of codes, for an embedding layer."""
        return 0

    @property
    def flagged(self) -> bool:
        """Whether the last feature is a flag for missing values."""
        return self.n_missing > 0

    @property
    def features(self) -> list[str]:
        """The names of the features."""
        return self.value_features() + ([f"{self.name} (missing)"] if self.flagged else [])

    @property
    def roles(self) -> list[str]:
        """For each feature ``"number"``, ``"indicator"`` or ``"code"``."""
        return [self.role] * len(self.value_features()) + ["indicator"] * self.flagged

    def value_features(self) -> list[str]:
        """Return the names of the features before the flag."""
        return [self.name]

    def encode(self, column: Column) -> np.ndarray:
        """Return the features before the flag, numbers or bool of shape (n, number of features)."""
        raise NotImplementedError

    def write(self, out: np.ndarray, column: Column) -> None:
        """Write the features of a column to ``out``, the flag included."""
        values = self.encode(column)
        width = values.shape[1]
        with np.errstate(over="ignore", under="ignore"):
            out[:, :width] = values
        if self.flagged:
            out[:, width] = column.missing
        if not np.isfinite(out).all():
            row = int(np.argwhere(~np.isfinite(out))[0, 0])
            must = "it must hold numbers near those of training"
            found = f"{column.values[row]} in {column.rows(row)}, which float32 cannot hold scaled"
            message = f"TableEncoder.transform: column {column.name!r} has {found}; {must}."
            raise DataError(message, expected=must, got=column.values[row])

    def done(self) -> str:
        """Return a description of the encoding."""
        raise NotImplementedError

    def warnings(self, raw: Column, n_trained: int, form: Form | None = None) -> list[str]:
        """Return all warnings about a new column, which may be of another kind than in training.

        ``n_trained`` is the number of training rows, or 0 if it is not known; ``form`` is how training read the column.
        """
        try:
            read = as_form(raw, form or Form(self.training_kind), "Not readable")
        except DataError as error:
            return [str(error)]
        column = finite(read)
        head = f"Column {column.name!r}: "
        infinite = column.n_missing - read.n_missing
        n_rows, found = len(column), []
        if worth_telling(infinite, n_rows):
            found.append(infinite_words(read))
        if worth_telling(column.n_missing, n_rows, n_trained) and not self.n_missing:
            are = "is" if column.n_missing == 1 else "are"
            found.append(f"{head}{column.n_missing} of {n_rows} values {are} missing, where training had none.")
        elif column.n_missing == n_rows and worth_telling(n_rows, n_rows) and n_rows > 1:
            found.append(f"{head}all {n_rows} values are missing.")
        return found + self.check(column, max(n_trained - self.n_missing, 0))

    def check(self, column: Column, n_trained: int) -> list[str]:
        """Return warnings about the values of a new column, where training had ``n_trained`` values."""
        return []

    @staticmethod
    def rows_have(count: int, column: Column) -> str:
        """Return the start of a warning about some rows of a column."""
        return f"Column {column.name!r}: {count} of {len(column)} rows {'has' if count == 1 else 'have'}"

    def config(self) -> dict[str, Any]:
        """Return all fields for `from_entries`, JSON-able; those of a scale are entries of their own."""
        found: dict[str, Any] = {"coder": self.kind}
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            found |= value.config() if isinstance(value, Scale) else {name: _plain(value)}
        return found

    @classmethod
    def from_entries(cls, entries: Entries) -> Self:
        """Return the coder that `config` described."""
        return cls(entries.text("name"), entries.count("n_missing"), *cls._read(entries))

    @classmethod
    def _read(cls, entries: Entries) -> tuple[Any, ...]:
        """Return the fields after the first two."""
        return ()


@dataclass(frozen=True)
class NumberCoder(Coder):
    """Numbers, scaled by ``scale``; missing ones become the mean."""

    kind = role = "number"

    scale: Scale
    note: str = ""

    @classmethod
    def fit(cls, column: Column, scaling: str = "standard", counts: np.ndarray | None = None) -> NumberCoder:
        """Return the coder of a column whose values are not all equal.

        ``scaling`` is one of `SCALINGS`, and ``counts`` are those of the present rows.
        """
        scale = SCALINGS[scaling].fit(column.present(), counts)
        return cls(column.name, column.n_missing, scale, _row_number_note(column))

    def encode(self, column: Column) -> np.ndarray:
        return self.scale.forward(np.where(column.missing, self.scale.mean, column.values))[:, None]

    def done(self) -> str:
        return self.scale.words() + ("; missing values become the mean and are flagged" if self.flagged else "")

    def check(self, column: Column, n_trained: int) -> list[str]:
        return outside_training(column, self.scale, column.present(), "{:.6g}".format, n_trained)

    @classmethod
    def _read(cls, entries: Entries) -> tuple[Any, ...]:
        # Files of version 0.1 have standard scaling only, without an entry for it.
        scaling = entries.choice("scaling", tuple(SCALINGS)) if "scaling" in entries.config else "standard"
        return SCALINGS[scaling].from_config(entries), entries.text("note")


@dataclass(frozen=True)
class BooleanCoder(Coder):
    """Booleans: true is 1, false -1, a missing value 0."""

    kind = "boolean"

    def encode(self, column: Column) -> np.ndarray:
        return np.where(column.missing, 0.0, np.where(column.values, 1.0, -1.0))[:, None]

    def done(self) -> str:
        return "true = 1, false = -1" + ("; missing values become 0 and are flagged" if self.flagged else "")


@dataclass(frozen=True)
class LeftOut(Coder):
    """A column without information, except perhaps in which rows have missing values, which then are flagged."""

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

    @classmethod
    def _read(cls, entries: Entries) -> tuple[Any, ...]:
        return entries.choice("column_kind", KINDS), entries.text("why"), entries.flag("flags")


@dataclass(frozen=True)
class ConstantCoder(Coder):
    """The one feature, always 0, of a table of which no column differs between rows."""

    kind = "constant"

    column_kind: str
    why: str

    @property
    def flagged(self) -> bool:
        return False

    def encode(self, column: Column) -> np.ndarray:
        return np.zeros((len(column), 1))

    def done(self) -> str:
        return f"left out: {self.why}"

    def warnings(self, raw: Column, n_trained: int, form: Form | None = None) -> list[str]:
        return []

    @classmethod
    def _read(cls, entries: Entries) -> tuple[Any, ...]:
        return entries.choice("column_kind", KINDS), entries.text("why")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def finite(column: Column) -> Column:
    """Return the column with infinite values marked as missing."""
    if column.kind != "number" or not np.isinf(column.values).any():
        return column
    values = np.where(np.isinf(column.values), np.nan, column.values)
    return replace(column, values=values, missing=np.isnan(values))


def outside_training(
    column: Column, scale: Scale, values: np.ndarray, text: Callable[[float], str], n_trained: int
) -> list[str]:
    """Return a warning if present values, as numbers that ``text`` prints, are outside the range of training."""
    beyond = values[scale.outside(values)]
    if not worth_telling(beyond.size, len(column), n_trained):
        return []
    ranges = [(text(low), text(high)) for low, high in ((scale.low, scale.high), (beyond.min(), beyond.max()))]
    there, here = (low if low == high else f"{low} to {high}" for low, high in ranges)
    return [f"{Coder.rows_have(beyond.size, column)} a value outside the range of training, {there}: {here}."]


def _row_number_note(column: Column) -> str:
    """Return a hint if the column holds whole numbers that rise with every row, nearly without gaps, else ""."""
    values = column.present()
    n = len(values)
    if n <= 20 or not (values[1:] > values[:-1]).all() or (values != np.floor(values)).any():
        return ""
    # Training rows are a part of all rows, so some numbers may be absent.
    dense = values[-1] / n - values[0] / n <= 3.0
    return "rises with every row, like a row number: consider leaving it out" if dense else ""
