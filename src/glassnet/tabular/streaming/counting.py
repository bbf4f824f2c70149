"""What is counted in all rows of a table that stays in files: numbers, labels and cells of text, each with weights."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import suppress
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.encoding.weighting import as_counts
from glassnet.utils.parquet_columns import decoded, is_number, numbers_of
from glassnet.utils.parquet_rows import ParquetRows

__all__ = ["Moments", "Tally", "Weighing"]

_MOST_WEIGHTS = 10_000  # different ones that are looked at
_MOST_ODD = 1000  # cells that are kept of a column of too many different ones


class Moments:
    """Sum of weights, mean, sum of squared distances, least and greatest of numbers that come in parts."""

    def __init__(self) -> None:
        self.n, self.mean, self.squares, self.low, self.high = 0.0, 0.0, 0.0, math.inf, -math.inf

    def add(self, values: np.ndarray, weight: np.ndarray | None) -> None:
        """Add finite numbers; Chan, Golub & LeVeque (1983), "Algorithms for computing the sample variance".

        Parameters
        ----------
        values : ndarray of shape (n,)
            The numbers.
        weight : ndarray of shape (n,) or None
            Above 0.
        """
        if not len(values):
            return
        each = np.ones(len(values)) if weight is None else weight
        n = float(each.sum())
        mean = float(np.dot(values, each) / n) if weight is not None else float(values.mean())
        away, total = mean - self.mean, self.n + n
        self.squares += float(np.dot(np.square(values - mean), each)) + away * away * self.n * n / total
        self.mean += away * n / total
        self.n, self.low, self.high = total, min(self.low, float(values.min())), max(self.high, float(values.max()))

    def scale(self) -> Scale | None:
        """Return mean, standard deviation and range; None where they are not finite or all numbers are equal."""
        std = math.sqrt(self.squares / self.n) if self.n else 0.0
        usable = math.isfinite(std) and std > 0.0 and self.low < self.high
        return Scale(self.mean, std, self.low, self.high) if usable else None


class Tally:
    """How many rows have each value of a column, and what they weigh together.

    Attributes
    ----------
    rows, weights : Counter
        By value; None is a missing one. Without weights both are the same.
    is_whole : bool
        False once there were too many different values: then only those are kept that are no plain numbers.
    """

    def __init__(self) -> None:
        self.rows: Counter[Any] = Counter()
        self.weights = self.rows
        self.is_whole = True
        self._gave_up = False

    def add(self, column: Any, weight: np.ndarray | None) -> None:
        """Add rows of a column of pyarrow, which weigh so much."""
        column = decoded(column)
        if weight is None or not self.is_whole:
            found = column.value_counts()
            self.rows.update(dict(zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True)))
            return
        if self.weights is self.rows:
            self.weights = Counter()
        coded = column.combine_chunks().dictionary_encode(null_encoding="encode")
        values, places = coded.dictionary.to_pylist(), coded.indices.to_numpy()
        self.rows.update(dict(zip(values, np.bincount(places, minlength=len(values)).tolist(), strict=True)))
        self.weights.update(dict(zip(values, np.bincount(places, weight, len(values)).tolist(), strict=True)))

    def know(self, column: Any) -> None:
        """Note the values of rows that do not count."""
        column = decoded(column)
        values = column.unique().to_pylist()
        self.rows.update(dict.fromkeys(values, 0))
        if self.weights is not self.rows:
            self.weights.update(dict.fromkeys(values, 0.0))

    def keep_odd(self) -> None:
        """Forget the values that are plain numbers, and what the others weigh; all, if too many are left."""
        self.is_whole = False
        if not self._gave_up:
            self.rows = Counter({cell: count for cell, count in self.rows.items() if not _is_plain(cell)})
            self._gave_up = len(self.rows) > _MOST_ODD
        if self._gave_up:
            self.rows = Counter()
        self.weights = self.rows


def _is_plain(cell: Any) -> bool:
    """Return whether a cell is a number, by its letters, or missing."""
    if cell is None:
        return True
    with suppress(ValueError):
        float(cell)
        return True
    return False


class Weighing:
    """The weights of rows: checked as they are read, and what makes numbers of rows of them.

    Parameters
    ----------
    rows : ParquetRows
        Which know the column.
    where : str
        Start of messages.
    """

    def __init__(self, rows: ParquetRows, where: str) -> None:
        self._rows, self._where = rows, where
        self._different: set[float] | None = set()
        self._total, self._n = 0.0, 0

    def of(self, table: Any, first: int) -> np.ndarray | None:
        """Return the weights of a block, float64, whose first row has number ``first``; None without a column of them.

        Raises
        ------
        DataError
            They are no numbers; one is missing, infinite or negative.
        """
        name = self._rows.weight
        if name is None:
            return None
        column = table.column(name)
        if not is_number(column.type):
            must = "it must hold numbers"
            has = f"the column of weights {name!r} has the type {column.type}"
            message = f"{self._where}: {has}; {must}. Name another column, or leave weight out."
            raise DataError(message, expected="numbers", got=str(column.type))
        weight: np.ndarray = numbers_of(column).astype(np.float64)
        good = np.isfinite(weight) & (weight >= 0.0)
        if not good.all():
            row = int(good.argmin())
            value = "no value" if np.isnan(weight[row]) else f"{weight[row]:g}"
            must = "weights must be finite and not negative in every row"
            has = f"the column of weights {name!r} has {value} in {self._rows.row_name(first + row)}"
            message = f"{self._where}: {has}; {must}. Write 0 for rows to leave out."
            raise DataError(message, expected=must, got=float(weight[row]))
        return weight

    def add(self, weight: np.ndarray) -> None:
        """Add the weights above 0 of rows that are trained on."""
        with np.errstate(over="ignore"):
            self._n, self._total = self._n + len(weight), self._total + float(weight.sum())
        if self._different is not None:
            self._different.update(np.unique(weight).tolist())
            if len(self._different) > _MOST_WEIGHTS:
                self._different = None

    def factor(self) -> float:
        """Return what weights are multiplied by to count rows, as in `glassnet.tabular.encoding.weighting.as_counts`.

        Raises
        ------
        DataError
            All are 0, or too large.
        """
        if self._rows.weight is None:
            return 1.0
        if not self._n:
            fact = f"the weights in column {self._rows.weight!r} are 0 for all rows to train on"
            message = f"{self._where}: {fact}; some must be above 0. Name another column."
            raise DataError(message, expected="a weight above 0", got=0)
        if not math.isfinite(self._total):
            must = "their sum must be finite"
            fact = f"the weights in column {self._rows.weight!r} add up to more than float64 can hold"
            message = f"{self._where}: {fact}; {must}. Divide all by the largest."
            raise DataError(message, expected=must, got=self._total)
        mean = self._n / self._total
        if self._different is None:
            return mean
        different = np.array(sorted(self._different))
        counts = as_counts(self._where, different, len(different))
        return float(counts[0] / different[0]) if (counts == np.floor(counts)).all() else mean
