"""One pass over the rows of Parquet files: a sample, the rows that are held out, and what is counted in all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
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
from glassnet.tabular.streaming.counting import Moments, Tally, Weighing
from glassnet.utils.block_sources import held_out_rows
from glassnet.utils.parquet_columns import numbers_of
from glassnet.utils.parquet_files import arrow
from glassnet.utils.parquet_rows import ParquetRows
from glassnet.utils.parquet_types import is_text

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
        Rows of all files.
    numbers : ndarray of int
        The numbers of these among them.
    """

    def __init__(self, rows: ParquetRows, numbers: np.ndarray) -> None:
        super().__init__(in_file=True)
        self._rows, self.numbers = rows, numbers

    def in_file(self, row: int) -> int | None:
        return None

    def named(self, row: int) -> str:
        return self._rows.row_name(int(self.numbers[row]))


class SomeRows(NamedTuple):
    """Rows in memory: inputs as a table of pyarrow, targets and weights as arrays, and how messages name them."""

    inputs: Any
    target: np.ndarray
    weight: np.ndarray | None
    names: RowsOfFiles


@dataclass(frozen=True)
class Stream:
    """What one pass found out about the rows of Parquet files, all but a few of which stay there.

    Parameters
    ----------
    rows : ParquetRows
        All rows.
    share : float
        Share of the rows that are held out, by a hash of their numbers.
    seed : int
        Decides which.
    sample, held_out : SomeRows
        Random rows of those that are trained on, by which columns are coded, and all rows that are held out.
    n_train : int
        Rows that are trained on.
    texts : dict
        For each column of text, how many rows that are trained on have each cell, and 0 for cells of other rows.
    labels : Tally or None
        How many rows that are trained on have each target; 0 for those of rows that are held out only. None where
        there are too many.
    scale : Scale or None
        Scale of a target of numbers, over all rows that are trained on.
    where : str
        Start of messages.
    weight_factor : float
        Weights times this count rows.
    n_weightless : ndarray of shape (n_blocks,), optional
        Rows of weight 0 in each block, of those that would be trained on. Rows of weight 0 are nowhere else.
    as_column : callable
        Returns targets, as `python_values` has them, as a column; set by whoever fits.
    """

    rows: ParquetRows
    share: float
    seed: int
    sample: SomeRows
    held_out: SomeRows
    n_train: int
    texts: dict[str, Tally] = field(default_factory=dict)
    labels: Tally | None = None
    scale: Scale | None = None
    where: str = "fit"
    weight_factor: float = 1.0
    n_weightless: np.ndarray | None = None
    as_column: AsColumn | None = None

    def counted(self, table: Table) -> Table:
        """Return a table of the sample, whose columns of categories know how often each is in all rows."""
        return Table([self._counted(column) for column in table.columns], notes=table.notes)

    def _counted(self, column: Column) -> Column:
        found = self.texts.get(column.name)
        if found is None or not found.is_whole or column.kind != "category":
            return column
        cells = [cell for cell, count in found.rows.items() if count]
        numbers = np.array([found.rows[cell] for cell in cells], dtype=np.float64)
        counts = np.array([found.weights[cell] for cell in cells], dtype=np.float64) * self.weight_factor
        form = column.form or Form("category")
        options = ReadOptions(forms={column.name: form}, others="text")
        distinct = table_of({column.name: cells}, options, "ParquetRows").columns[0]
        if distinct.kind != "category":
            return column
        return CountedColumn(**_fields(column), distinct=distinct, counts=counts, row_counts=numbers)

    def label_values(self, target: np.ndarray) -> np.ndarray:
        """Return every label, twice if several rows have it; the ``target`` of the sample where too many differ."""
        if self.labels is None:
            return target
        counts = {label: weight * self.weight_factor for label, weight in self.labels.weights.items()}
        found = [label for label, count in counts.items() for _ in range(min(max(int(count), 1), 2))]
        return as_array(found, target)

    def label_counts(self, target: TargetEncoder) -> np.ndarray:
        """Return how many of the rows that are trained on have each label, by its code."""
        values, weights = self.sample.target, self.sample.weight
        if self.labels is not None:
            values = as_array(list(self.labels.weights), self.sample.target)
            weights = np.array(list(self.labels.weights.values()), dtype=np.float64)
        counts = np.bincount(self.codes(values, target), weights, target.n_outputs) * self.weight_factor
        return counts if self.rows.weight is not None else counts.astype(np.int64)

    def of_all(self, column: Column) -> Column:
        """Return a column of some targets that knows of how many rows they are, for messages."""
        n = np.array([self.n_train + len(self.held_out.target)], dtype=np.float64)
        return CountedColumn(**_fields(column), row_counts=n)

    def codes(self, values: np.ndarray, target: TargetEncoder, names: RowsOfFiles | None = None) -> np.ndarray:
        """Return targets as the network wants them; ``names`` are those of their rows."""
        if self.as_column is None:
            return target.transform(values)
        column = self.as_column(values)
        return target.transform(column if names is None else replace(column, rows=names))

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
        must = f"it must have at least {_FEWEST_ROWS}"
        message = f"{where}: ParquetRows has {n} rows; {must}. Read so few with read_table."
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
        self._texts: dict[str, Tally] = {}
        self._labels: Tally | None = Tally()
        self._moments, self._weighing = Moments(), Weighing(rows, where)
        self._weightless: list[int] = []
        self._is_number = False

    def add(self, table: Any, held_out: np.ndarray, in_sample: np.ndarray, first: int) -> None:
        """Add a block, whose first row has number ``first``."""
        pyarrow, types = arrow(), arrow("pyarrow.types")
        if not first:
            kinds = {name: table.schema.field(name).type for name in self._rows.columns}
            self._texts = {name: Tally() for name, kind in kinds.items() if is_text(kind)}
            kind = table.schema.field(self._rows.target).type
            self._is_number = types.is_integer(kind) or types.is_floating(kind)
        weight, trained_on = self._weighing.of(table, first), ~held_out
        self._weightless.append(0)
        if weight is not None:
            # Rows of weight 0 are none.
            self._weightless[-1] = int(np.count_nonzero(trained_on & (weight == 0.0)))
            held_out, in_sample, trained_on = (mask & (weight > 0.0) for mask in (held_out, in_sample, trained_on))
            weight = weight[trained_on]
            self._weighing.add(weight)
        for found, numbers, mask in zip(self._parts, self._numbers, (in_sample, held_out), strict=True):
            found.append(table.filter(pyarrow.array(mask)))
            numbers.append(first + np.flatnonzero(mask))
        self._n_train += int(np.count_nonzero(trained_on))
        trained, others = table.filter(pyarrow.array(trained_on)), self._parts[1][-1]
        for name, tally in self._texts.items():
            tally.add(trained.column(name), weight)
            tally.know(others.column(name))
            if len(tally.rows) > _MOST_DISTINCT or not tally.is_whole:
                tally.keep_odd()
        self._check_target(table.column(self._rows.target), held_out | trained_on, first)
        self._add_target(trained.column(self._rows.target), others.column(self._rows.target), weight)

    def _check_target(self, column: Any, counts: np.ndarray, first: int) -> None:
        """Refuse rows that count but have no target."""
        missing, what = column.is_null().to_numpy(), "none"
        if self._is_number and arrow("pyarrow.types").is_floating(column.type):
            values = column.to_numpy().astype(np.float64)
            missing = np.isnan(values)
            if not (missing & counts).any():
                missing, what = np.isinf(values), "an infinite one"
        missing = missing & counts
        if missing.any():
            row = self._rows.row_name(first + int(missing.argmax()))
            must = "it must have one in every row"
            has = f"the target {self._rows.target!r} has {what} in {row}"
            message = f"{self._where}: {has}; {must}. Write the files without such rows."
            raise DataError(message, expected=must, got=None)

    def _add_target(self, column: Any, others: Any, weight: np.ndarray | None) -> None:
        """Count targets of rows that are trained on; ``others`` are held out."""
        if self._labels is not None:
            self._labels.add(column, weight)
            self._labels.know(others)
            n = len(self._labels.rows)
            if n > _MOST_DISTINCT or (self._is_number and n > self._n_train // 2 > 1000):
                self._labels = None
        if self._is_number:
            with np.errstate(over="ignore", invalid="ignore"):
                self._moments.add(column.to_numpy().astype(np.float64), weight)

    def stream(self, share: float, seed: int) -> Stream:
        """Return what was found."""
        factor = self._weighing.factor()
        sample, held_out = (self._some_rows(*found) for found in zip(self._parts, self._numbers, strict=True))
        if not len(held_out.target) or len(sample.target) < 2:
            must = "rows must be left on both sides"
            left = f"{len(sample.target)} rows are left to train on and {len(held_out.target)} held out"
            message = f"{self._where}: {left}; {must}. Try another seed."
            raise DataError(message, expected=must)
        scale = self._moments.scale() if self._is_number else None
        found = (self._n_train, self._texts, self._labels, scale, self._where, factor)
        weightless = None if self._rows.weight is None else np.array(self._weightless)
        return Stream(self._rows, share, seed, sample, held_out, *found, weightless)

    def _some_rows(self, parts: list[Any], numbers: list[np.ndarray]) -> SomeRows:
        rows, table = self._rows, arrow().concat_tables(parts).combine_chunks()
        parts.clear()
        weight = None if rows.weight is None else numbers_of(table.column(rows.weight)).astype(np.float64)
        names = RowsOfFiles(rows, np.concatenate(numbers))
        return SomeRows(table.select(rows.columns), python_values(table.column(rows.target)), weight, names)


def _fields(column: Column) -> dict[str, Any]:
    """Return what makes a column."""
    return {name: getattr(column, name) for name in Column.__dataclass_fields__}


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
