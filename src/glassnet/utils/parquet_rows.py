"""Rows of Parquet files, read block by block."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, DataError
from glassnet.utils.block_sources import BlockSource, RowArrays
from glassnet.utils.checks import check_integer
from glassnet.utils.keywords import AdvisesOnNames
from glassnet.utils.parquet_columns import is_number, numbers_of
from glassnet.utils.parquet_files import arrow, check_folders, find_files, look_at
from glassnet.utils.parquet_tables import TableReader, divide
from glassnet.utils.parquet_types import common_types
from glassnet.utils.suggestions import did_you_mean, nearest
from glassnet.utils.wording import few, shortened

__all__ = ["ParquetRows"]

_BLOCK_BYTES = 2**22  # of a block as float64, unless block_rows is given
_FEWEST_ROWS, _MOST_ROWS = 256, 65_536  # of such a block


class ParquetRows(AdvisesOnNames, BlockSource):
    """The rows of one or many Parquet files, never read whole: for tables larger than memory.

    `Network.fit` takes it in the place of X and y if all columns are numbers, `TabularClassifier` and
    `TabularRegressor` whatever the columns are. Needs the extra ``parquet``: ``pip install 'glassnet[parquet]'``.

    For the estimators one pass counts the categories of text, the labels, and mean, spread and range of a target of
    numbers; all other statistics are those of a random sample of 50,000 rows. Held out are 20 % of the rows, but at
    most 50,000, by a hash of their numbers, equal rows or not. Of tables with more than 60 columns both are fewer.
    Hashes of rows are not kept in the model.

    A row group is a block, or several if it is large; small ones that are neighbours, of up to 1,024 rows, are one. In
    an epoch every row comes exactly once, in an order that follows from the seed and the epoch's number: several blocks
    are drawn from all over the files, about the same number each time and at most ``buffer_blocks``, and their rows
    shuffled. Two such buffers are in memory at once, the next being read while the network trains on one. Where rows
    are sorted, by class say, a buffer must have blocks from many places: leave it at 8 or more.

    With ``shards=V`` of `Network.fit`, or of the estimators, blocks are dealt to streams, one for each shard but
    ``buffer_blocks`` at most, by the seed and the epoch, and a batch has the next rows of all streams. A process of MPI
    reads the streams of its own shards only. What is in memory is divided among the streams: more shards take no more.
    Without shuffling each stream has neighbouring rows, in their order.

    To read a part of a row group what stands before it must be decoded too, so files whose row groups are as large as a
    block are read fastest. DuckDB writes them so::

        COPY (FROM 'data.csv') TO 'data.parquet' (FORMAT parquet, ROW_GROUP_SIZE 32768)

    Parameters
    ----------
    files : str, path, or list of these
        Files, folders of them, or patterns such as ``"data/*.parquet"``; those of a pattern are sorted by name. All
        must have the same columns, of types that go together: whole numbers and floats (as float64, up to 2**53), whole
        numbers of several widths, text of several kinds, times of several units, or no values at all and any type.
    target : str
        The column to predict.
    columns : list of str, optional
        The inputs; by default all others, but an index that pandas wrote beside them.
    weight : str, optional
        A column of weights of the rows, which is no input.
    block_rows : int, optional
        Most rows of a block; by default as many as have 4 MB as float64, from 256 to 65,536.
    buffer_blocks : int, default=8
        Most blocks whose rows are shuffled together, or that the streams of all shards have in memory at a time. Fewer
        than the processes, and some of them read the same.

    Attributes
    ----------
    columns : list of str
        The inputs, in the order of the first file.
    n_rows, n_blocks, n_features : int
        How many rows, blocks and inputs there are.
    decoded_bytes : int
        Size of all columns, uncompressed, as the files state it.

    Raises
    ------
    FileNotFoundError
        No such file.
    DataError
        A file is damaged, has other columns than the first, or there are no rows; or a column is nested.
    ConfigError
        There is no such column.
    MissingExtraError
        pyarrow is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import glassnet as gn
    >>> import pyarrow, pyarrow.parquet
    >>> path = tempfile.mkdtemp() + "/rows.parquet"
    >>> X = np.random.default_rng(0).standard_normal((400, 2))
    >>> table = pyarrow.table({"a": X[:, 0], "b": X[:, 1], "y": (X.sum(axis=1) > 0).astype(int)})
    >>> pyarrow.parquet.write_table(table, path, row_group_size=100)
    >>> rows = gn.ParquetRows(path, target="y")
    >>> rows
    ParquetRows(400 rows of 2 columns in 1 block, target='y')
    >>> net = gn.Network([gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.05), seed=0)
    >>> history = net.fit(rows, epochs=5, batch_size=20)
    >>> net.evaluate(X, table["y"].to_numpy())["accuracy"] > 0.9
    True
    """

    def __init__(
        self,
        files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        target: str,
        *,
        columns: Sequence[str] | None = None,
        weight: str | None = None,
        block_rows: int | None = None,
        buffer_blocks: int = 8,
    ) -> None:
        arrow()
        paths = find_files(files)
        self._files = [look_at(path) for path in paths]
        self.target, self.weight = target, weight
        wanted = _in_order(columns)
        check_folders(self._files, None if wanted is None else [*wanted, target, weight or target])
        names = self._files[0].schema.names
        self._check_name("target", target, names)
        if weight is not None:
            self._check_name("weight", weight, [name for name in names if name != target])
        self.columns = self._inputs(wanted)
        self.n_features = len(self.columns)
        self._types = common_types(self._files, self._read_names)
        self._check_types()
        self.decoded_bytes = sum(file.decoded_bytes for file in self._files)
        if block_rows is None:
            block_rows = max(_FEWEST_ROWS, min(_MOST_ROWS, _BLOCK_BYTES // (8 * (self.n_features + 1))))
        self._block_rows = check_integer("ParquetRows", "block_rows", block_rows, 1)
        self.buffer_blocks = check_integer("ParquetRows", "buffer_blocks", buffer_blocks, 1)
        self._places = divide(self._files, self._block_rows)
        self.starts = np.concatenate([[0], np.cumsum([place.n for place in self._places])]).astype(np.int64)
        self._reader = TableReader(self._files, self._types, self._places, self._block_rows)
        if not self.n_rows:
            message = f"ParquetRows: there are no rows in {few([str(path) for path in paths], 3)}."
            raise DataError(message, got=0)

    # ---- columns ------------------------------------------------------------------------------------------------

    @property
    def paths(self) -> list[str]:
        """The files, in the order of their rows."""
        return [str(file.path) for file in self._files]

    @property
    def _read_names(self) -> list[str]:
        return [*self.columns, self.target, *([] if self.weight is None else [self.weight])]

    def _check_name(self, what: str, name: Any, names: Sequence[str]) -> None:
        if not isinstance(name, str) or name not in names:
            advice = did_you_mean(nearest(name, names)) if isinstance(name, str) else ""
            sentences = [f"ParquetRows: {what} is {name!r}, which is no column.", advice]
            message = " ".join(filter(None, [*sentences, f"The columns are {few(map(repr, names), 12)}."]))
            raise ConfigError(message, expected=list(names), got=name)

    def _inputs(self, columns: Sequence[str] | None) -> list[str]:
        """Return the names of the inputs."""
        schema = self._files[0].schema
        names = schema.names
        others = [name for name in names if name not in (self.target, self.weight)]
        if columns is not None:
            for name in columns:
                self._check_name("each of columns", name, others)
            others = list(dict.fromkeys(columns))
        else:
            noted = (schema.pandas_metadata or {}).get("index_columns", [])
            index = [name for name in noted if isinstance(name, str)]
            others = [name for name in others if name not in index] or others
        if not others:
            message = f"ParquetRows: there is no column beside the target {self.target!r}; there must be at least one."
            raise DataError(message, got=names)
        return others

    def _check_types(self) -> None:
        """Refuse columns whose cells are not one value each."""
        types = arrow("pyarrow.types")
        nested = [name for name in self._read_names if types.is_nested(self._types[name])]
        if nested:
            shown = ", ".join(f"{name!r} ({self._types[name]})" for name in nested[:3])
            rest = [name for name in self.columns if name not in nested][:3]
            advice = "Write each value in a column of its own."
            if rest and not {self.target, self.weight} & set(nested):
                advice = f"Name those to read: columns={rest!r}, say."
            message = f"ParquetRows: columns are nested: {shown}; each cell must hold one value. {advice}"
            raise DataError(message, got=nested)

    @property
    def n_texts(self) -> int:
        """The number of columns that are no numbers, the target among them."""
        return sum(not is_number(kind) for kind in self._types.values())

    def check_numbers(self, where: str) -> None:
        """Refuse columns that are no numbers, for a network, which takes nothing else.

        Parameters
        ----------
        where : str
            Start of the message.

        Raises
        ------
        DataError
            Inputs, target or weights are text, dates or something else.
        """
        others = [name for name, kind in self._types.items() if not is_number(kind)]
        if others:
            shown = few([f"{name!r} ({self._types[name]})" for name in others], 3)
            advice = "Leave them out with columns=[...], or use TabularClassifier or TabularRegressor, which code them."
            if self.target in others:
                advice = "TabularClassifier takes labels that are text."
            message = f"{where}: the columns of ParquetRows include {shown}; they must be numbers. {advice}"
            raise DataError(message, expected="numbers", got=others)

    def with_columns(self, where: str, columns: Sequence[str]) -> ParquetRows:
        """Return the same rows with these of their inputs, in this order.

        Parameters
        ----------
        where : str
            Start of the message.
        columns : list of str
            Names of inputs.

        Raises
        ------
        DataError
            Some are no inputs.
        """
        missing = [name for name in columns if name not in self.columns]
        if missing:
            fact = f"ParquetRows have no column {few(map(repr, missing), 3)}"
            must = "they must have the inputs that are trained on, which are matched by name"
            message = f"{where}: {fact}; {must}. The columns are {few(map(repr, self.columns), 6)}."
            raise DataError(message, expected=list(columns), got=list(self.columns))
        found = copy.copy(self)
        found.columns, found.n_features = list(columns), len(columns)
        found._types = {name: self._types[name] for name in found._read_names}
        found._reader = TableReader(self._files, found._types, self._places, self._block_rows)
        return found

    # ---- blocks -------------------------------------------------------------------------------------------------

    def read(self, block: int) -> RowArrays:
        block = check_integer("ParquetRows.read", "block", block, 0, maximum=self.n_blocks - 1)
        return next(arrays for _, arrays in self.read_blocks([block]))

    def read_blocks(self, blocks: Sequence[int]) -> Iterator[tuple[int, RowArrays]]:
        self.check_numbers("ParquetRows.read")
        for place, table in self.read_tables(blocks):
            yield place, self._arrays(table, int(self.starts[blocks[place]]))

    def read_tables(self, blocks: Sequence[int]) -> Iterator[tuple[int, Any]]:
        """Yield the rows of some ``blocks`` as tables of pyarrow, with the place of each; see `TableReader.read`."""
        return self._reader.read(blocks)

    def _arrays(self, table: Any, first: int) -> RowArrays:
        """Return a table as arrays; ``first`` is the number of its first row."""
        X = [numbers_of(table.column(name)) for name in self.columns]
        dtype = np.result_type(*(x.dtype for x in X))
        inputs: np.ndarray = np.empty((table.num_rows, len(X)), dtype)
        for j, x in enumerate(X):
            inputs[:, j] = x
            if dtype.kind == "f" and not np.isfinite(x).all():
                advice = "Fill it, or use TabularClassifier or TabularRegressor, which take missing values."
                self._refuse_value(self.columns[j], x, first, advice)
        y, weight = numbers_of(table.column(self.target)), None
        if y.dtype.kind == "f" and not np.isfinite(y).all():
            self._refuse_value(self.target, y, first, "Remove such rows.")
        if self.weight is not None:
            weight = numbers_of(table.column(self.weight)).astype(np.float64)
            if not (np.isfinite(weight) & (weight >= 0.0)).all():
                must = "hold weights, finite numbers of 0 or more"
                wrong = ~(np.isfinite(weight) & (weight >= 0.0))
                self._refuse_value(self.weight, weight, first, "Correct it.", must, wrong)
        return inputs, y, weight

    def _refuse_value(
        self, name: str, values: np.ndarray, first: int, advice: str, must: str = "hold finite numbers",
        wrong: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        row = int(np.argmin(np.isfinite(values)) if wrong is None else np.argmax(wrong))
        value = "a missing value or NaN" if np.isnan(values[row]) else f"{values[row]:g}"
        place = self.row_name(first + row)
        message = f"ParquetRows: column {name!r} holds {value} in {place}; it must {must}. {advice}"
        raise DataError(message, got=float(values[row]))

    def row_name(self, row: int) -> str:
        """Return how messages name a row: by its number in its file, from 1 on.

        Parameters
        ----------
        row : int
            Its number among the rows of all files, from 0 on.
        """
        rows = np.cumsum([sum(file.groups) for file in self._files])
        number = int(np.searchsorted(rows, row, side="right"))
        before = int(rows[number - 1]) if number else 0
        return f"row {row - before + 1} of {self._files[number].name!r} (counted from 1)"

    def identity(self) -> str:
        digest = blake2b(repr((self._read_names, self.weight, self._places)).encode(), digest_size=8)
        for file in self._files:
            digest.update(file.identity.encode())
        return digest.hexdigest()

    def __repr__(self) -> str:
        weight = "" if self.weight is None else f", weight={self.weight!r}"
        blocks = f"{self.n_blocks:,} block{'s' if self.n_blocks > 1 else ''}"
        rows = f"{self.n_rows:,} rows of {self.n_features} columns in {blocks}"
        return f"ParquetRows({rows}, target={self.target!r}{weight})"


def _in_order(columns: Any) -> list[Any] | None:
    """Return names of columns as a list, if there are any."""
    if columns is None or isinstance(columns, str):
        return None if columns is None else [columns]
    if isinstance(columns, (set, frozenset, dict)) or not isinstance(columns, Iterable):
        got, advice = shortened(repr(columns), 40), ""
        if isinstance(columns, Iterable):
            got, advice = f"a {type(columns).__name__}", f" Write columns={sorted(columns, key=str)!r}."
        must = "it must be a list of names, whose order is that of the inputs"
        message = f"ParquetRows: columns is {got}; {must}.{advice}"
        raise ConfigError(message, got=columns)
    return [str(name) if isinstance(name, str) else name for name in columns]  # without the type that NumPy has
