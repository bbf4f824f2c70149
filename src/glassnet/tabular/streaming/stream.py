"""One pass over the rows of Parquet files: a sample, the rows that are held out, and what is counted in all of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.encoding.counted import CountedColumn
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.frames import table_of
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.row_names import RowNames
from glassnet.tabular.reading.table import Column, Table
from glassnet.utils.block_sources import held_out_rows
from glassnet.utils.parquet_files import arrow
from glassnet.utils.parquet_rows import ParquetRows

__all__ = [
    "HELD_OUT",
    "MOST_HELD_OUT",
    "MOST_SAMPLED",
    "RowsOfFiles",
    "SomeRows",
    "Stream",
    "look_over",
    "python_values",
]

HELD_OUT, MOST_HELD_OUT, MOST_SAMPLED = 0.2, 50_000, 50_000
"""Share of the rows that are held out, how many at most, and on how many others scales are fitted; of tables of up to
60 columns, and fewer of wider ones."""

_MOST_CELLS = 3_000_000
_FEWEST_ROWS = 50
_MOST_DISTINCT = 200_000  # of a column of text that is counted
_SAMPLING = 0x5A3D1E  # another seed for the sample than for the rows held out

AsColumn = Callable[[np.ndarray], Column]


class RowsOfFiles(RowNames):
    """Names some rows by their numbers in their files.

    Parameters
    ----------
    rows : ParquetRows
        Of all files.
    numbers : ndarray of int
        The numbers of these among them.
    """

    def __init__(self, rows: ParquetRows, numbers: np.ndarray) -> None:
        super().__init__(in_file=True)
        self._rows, self.numbers = rows, numbers

    def named(self, row: int) -> str:
        return self._rows.row_name(int(self.numbers[row]))


class SomeRows(NamedTuple):
    """Rows in memory: inputs as a table of pyarrow, targets and weights as arrays, and how messages name them."""

    inputs: Any
    target: np.ndarray
    weight: np.ndarray | None
    names: RowsOfFiles


class _Moments:
    """Number, mean, sum of squared distances, least and greatest of numbers that come in parts."""

    def __init__(self) -> None:
        self.n, self.mean, self.squares, self.low, self.high = 0, 0.0, 0.0, math.inf, -math.inf

    def add(self, values: np.ndarray) -> None:
        """Add finite numbers; Chan, Golub & LeVeque (1983), "Algorithms for computing the sample variance"."""
        if not len(values):
            return
        n, mean = len(values), float(values.mean())
        away, total = mean - self.mean, self.n + n
        self.squares += float(np.square(values - mean).sum()) + away * away * self.n * n / total
        self.mean += away * n / total
        self.n, self.low, self.high = total, min(self.low, float(values.min())), max(self.high, float(values.max()))

    def scale(self) -> Scale | None:
        """Return mean, standard deviation and range; None where they are not finite or all numbers are equal."""
        std = math.sqrt(self.squares / self.n) if self.n else 0.0
        usable = math.isfinite(std) and std > 0.0 and self.low < self.high
        return Scale(self.mean, std, self.low, self.high) if usable else None


@dataclass(frozen=True)
class Stream:
    """What one pass found out about the rows of Parquet files, all but a few of which stay there.

    Parameters
    ----------
    rows : ParquetRows
        All rows.
    share : float
        Of the rows that are held out, by a hash of their numbers.
    seed : int
        Decides which.
    sample, held_out : SomeRows
        Random rows of those that are trained on, by which columns are coded, and all rows that are held out.
    n_train : int
        Rows that are trained on.
    texts : dict
        Of each column of text, how many rows that are trained on have each cell; without those of too many different
        ones.
    labels : Counter or None
        How many rows that are trained on have each target; 0 for those of rows that are held out only. None where
        there are too many.
    scale : Scale or None
        Of a target of numbers, over all rows that are trained on.
    as_column : callable
        Returns targets, as `python_values` has them, as a column; set by whoever fits.
    """

    rows: ParquetRows
    share: float
    seed: int
    sample: SomeRows
    held_out: SomeRows
    n_train: int
    texts: dict[str, Counter[Any]] = field(default_factory=dict)
    labels: Counter[Any] | None = None
    scale: Scale | None = None
    as_column: AsColumn | None = None

    def counted(self, table: Table) -> Table:
        """Return a table of the sample, whose columns of categories know how often each is in all rows."""
        return Table([self._counted(column) for column in table.columns], notes=table.notes)

    def _counted(self, column: Column) -> Column:
        found = self.texts.get(column.name)
        if found is None or column.kind != "category":
            return column
        cells, counts = list(found), np.array(list(found.values()), dtype=np.float64)
        form = column.form or Form("category")
        options = ReadOptions(forms={column.name: form}, others="text")
        distinct = table_of({column.name: cells}, options, "ParquetRows").columns[0]
        if distinct.kind != "category":
            return column
        fields = {name: getattr(column, name) for name in Column.__dataclass_fields__}
        return CountedColumn(**fields, distinct=distinct, counts=counts)

    def label_values(self, target: np.ndarray) -> np.ndarray:
        """Return every label, twice if several rows have it; the ``target`` of the sample where too many differ."""
        if self.labels is None:
            return target
        found = [label for label, count in self.labels.items() for _ in range(min(max(count, 1), 2))]
        return as_array(found, target)

    def label_counts(self, target: TargetEncoder) -> np.ndarray:
        """Return how many of the rows that are trained on have each label, by its code."""
        if self.labels is None or self.as_column is None:
            return np.bincount(self.codes(self.sample.target, target), minlength=target.n_outputs)
        codes = self.codes(as_array(list(self.labels), self.sample.target), target)
        return np.bincount(codes, list(self.labels.values()), target.n_outputs)

    def codes(self, values: np.ndarray, target: TargetEncoder) -> np.ndarray:
        """Return targets as the network wants them."""
        return target.transform(values if self.as_column is None else self.as_column(values))

    def scaled(self, target: TargetEncoder) -> TargetEncoder:
        """Return the encoder of numbers with the mean, standard deviation and range of all rows trained on."""
        if self.scale is None:
            return target
        found = TargetEncoder.from_config({**target.config(), **self.scale.config()})
        found.reason = target.reason
        return found


def look_over(rows: ParquetRows, seed: int, where: str, *, share: float = HELD_OUT, most: int | None = None) -> Stream:
    """Return what one pass over all rows finds out.

    Held out is a share of the rows, but at most so many, by a hash of their numbers; of the others 50,000 are the
    sample. Both are expected numbers, and smaller where tables have more than 60 columns.

    Parameters
    ----------
    rows : ParquetRows
        Every block is read once.
    seed : int
        Decides which rows.
    where : str
        Start of messages.
    share, most : float, int
        How many are held out, by default 20 % and 50,000.

    Raises
    ------
    DataError
        There are fewer than 50 rows, or a target is missing.
    """
    n = rows.n_rows
    if n < _FEWEST_ROWS:
        message = f"{where}: ParquetRows must have at least {_FEWEST_ROWS} rows, got {n}. Read so few with read_table."
        raise DataError(message, expected=_FEWEST_ROWS, got=n)
    fitting = max(_FEWEST_ROWS, _MOST_CELLS // (rows.n_features + 1))
    share = min(share, min(most or MOST_HELD_OUT, fitting) / n)
    sampled = min(1.0, min(MOST_SAMPLED, fitting) / ((1.0 - share) * n))
    watch = _Pass(rows, where)
    for block, table in rows.read_tables(range(rows.n_blocks)):
        first, m = int(rows.starts[block]), table.num_rows
        held_out = held_out_rows(first, m, share, seed)
        in_sample = ~held_out & held_out_rows(first, m, sampled, seed ^ _SAMPLING)
        watch.add(table, held_out, in_sample, first)
    return watch.stream(share, seed)


class _Pass:
    """What is gathered, block by block."""

    def __init__(self, rows: ParquetRows, where: str) -> None:
        self._rows, self._where = rows, where
        self._parts: tuple[list[Any], list[Any]] = ([], [])
        self._numbers: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        self._n_train = 0
        self._texts: dict[str, Counter[Any]] = {}
        self._labels: Counter[Any] | None = Counter()
        self._moments = _Moments()
        self._is_number = False

    def add(self, table: Any, held_out: np.ndarray, in_sample: np.ndarray, first: int) -> None:
        """Add a block, whose first row has number ``first``."""
        pyarrow, types = arrow(), arrow("pyarrow.types")
        if not first:
            kinds = {name: table.schema.field(name).type for name in self._rows.columns}
            self._texts = {name: Counter() for name, kind in kinds.items() if _is_text(kind, types)}
            kind = table.schema.field(self._rows.target).type
            self._is_number = types.is_integer(kind) or types.is_floating(kind)
        for found, numbers, mask in zip(self._parts, self._numbers, (in_sample, held_out), strict=True):
            found.append(table.filter(pyarrow.array(mask)))
            numbers.append(first + np.flatnonzero(mask))
        self._n_train += int(np.count_nonzero(~held_out))
        trained = table.filter(pyarrow.array(~held_out))
        for name in list(self._texts):
            _count(self._texts[name], trained.column(name))
            if len(self._texts[name]) > _MOST_DISTINCT:
                del self._texts[name]
        self._add_target(table.column(self._rows.target), held_out, first)

    def _add_target(self, column: Any, held_out: np.ndarray, first: int) -> None:
        pyarrow, name = arrow(), self._rows.target
        values = column.to_numpy() if self._is_number else None
        missing = np.isnan(values) if values is not None and values.dtype.kind == "f" else column.is_null().to_numpy()
        if missing.any():
            row = self._rows.row_name(first + int(missing.argmax()))
            must = f"the target {name!r} must have a value in every row"
            message = f"{self._where}: {must}, got none in {row}. Write the files without such rows."
            raise DataError(message, expected=must, got=None)
        if self._labels is not None:
            _count(self._labels, column.filter(pyarrow.array(~held_out)))
            others: Counter[Any] = Counter()
            _count(others, column.filter(pyarrow.array(held_out)))
            self._labels.update(dict.fromkeys(others, 0))
            if len(self._labels) > _MOST_DISTINCT or (
                self._is_number and len(self._labels) > self._n_train // 2 > 1000
            ):
                self._labels = None
        if values is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                self._moments.add(values[~held_out].astype(np.float64))

    def stream(self, share: float, seed: int) -> Stream:
        """Return what was found."""
        sample, held_out = (self._some_rows(*found) for found in zip(self._parts, self._numbers, strict=True))
        if not len(held_out.target) or len(sample.target) < 2:
            must = "rows must be left on both sides when some are held out"
            message = f"{self._where}: {must}, got {len(sample.target)} and {len(held_out.target)}. Try another seed."
            raise DataError(message, expected=must)
        scale = self._moments.scale() if self._is_number and self._rows.weight is None else None
        found = (self._n_train, self._texts, self._labels, scale)
        return Stream(self._rows, share, seed, sample, held_out, *found)

    def _some_rows(self, parts: list[Any], numbers: list[np.ndarray]) -> SomeRows:
        rows, table = self._rows, arrow().concat_tables(parts).combine_chunks()
        parts.clear()
        weight = None if rows.weight is None else table.column(rows.weight).to_numpy().astype(np.float64)
        names = RowsOfFiles(rows, np.concatenate(numbers))
        return SomeRows(table.select(rows.columns), python_values(table.column(rows.target)), weight, names)


def _is_text(kind: Any, types: Any) -> bool:
    """Return whether a type of pyarrow is one of text, or of categories that are text."""
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _count(counts: Counter[Any], column: Any) -> None:
    """Add how often each value is in a column of pyarrow."""
    found = column.value_counts()
    values = found.field("values") if hasattr(found, "field") else found.flatten()[0]
    numbers = found.field("counts") if hasattr(found, "field") else found.flatten()[1]
    counts.update(dict(zip(values.to_pylist(), numbers.to_pylist(), strict=True)))


def python_values(column: Any) -> np.ndarray:
    """Return targets of pyarrow as an array: numbers and booleans as such, others as objects."""
    types, kind = arrow("pyarrow.types"), column.type
    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
        return np.asarray(column.to_numpy(zero_copy_only=False) if hasattr(column, "offset") else column.to_numpy())
    return as_array(column.to_pylist(), np.empty(0, dtype=object))


def as_array(values: list[Any], like: np.ndarray) -> np.ndarray:
    """Return values as an array of the same type as another one."""
    if like.dtype != object:
        return np.array(values, dtype=like.dtype)
    found: np.ndarray = np.empty(len(values), dtype=object)
    found[:] = values
    return found
