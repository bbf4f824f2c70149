"""Blocks of a table that are encoded as they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.reading.frames import table_of
from glassnet.tabular.reading.options import ReadOptions, command_line_spelling, table_spelling
from glassnet.tabular.streaming.stream import RowsOfFiles, Stream, as_array, python_values
from glassnet.utils.block_sources import BlockPart, BlockSource, Piece, RowArrays
from glassnet.utils.parquet_columns import decoded, numbers_of
from glassnet.utils.parquet_files import arrow

__all__ = ["EncodedBlocks"]

_ADVICE = re.compile(r"\bpass to_table\(rows, missing=.*, like=model\)")


class EncodedBlocks(BlockSource):
    """The rows of a stream that are trained on, as a network sees them.

    Parameters
    ----------
    stream : Stream
        Whose rows; those that are held out are left out.
    encoder : TableEncoder
        Fitted on the sample.
    target : TargetEncoder
        Fitted.
    factors : ndarray of shape (k,), optional
        Weights of the classes, which multiply those of the rows.
    """

    def __init__(
        self, stream: Stream, encoder: TableEncoder, target: TargetEncoder, factors: np.ndarray | None
    ) -> None:
        # Without the rows in memory, which need not be there, nor go to another process.
        sample, held_out = (part._replace(inputs=None) for part in (stream.sample, stream.held_out))
        self._stream, self._encoder = replace(stream, sample=sample, held_out=held_out), encoder
        self._target, self._factors = target, factors
        self._part = BlockPart(stream.rows, stream.share, stream.seed, held_out=False)
        counts = np.diff(self._part.starts) - (0 if stream.n_weightless is None else stream.n_weightless)
        self.starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.buffer_blocks = self._part.buffer_blocks
        self.n_features = len(encoder.feature_names)
        self._options = ReadOptions(forms=encoder.forms, others="text", spelled=table_spelling)
        self._codes: tuple[Any, np.ndarray] | None = None
        if target.labels and stream.labels is not None:
            # The code of each label is looked up once, not in every row.
            labels = list(stream.labels.rows)
            self._codes = arrow().array(labels), stream.codes(as_array(labels, stream.sample.target), target)

    def read(self, block: int) -> RowArrays:
        return next(arrays for _, arrays in self.read_blocks([block]))

    def read_blocks(self, blocks: Sequence[int]) -> Iterator[tuple[int, RowArrays]]:
        for place, found in self._read_tables(blocks):
            yield place, self._encoded(*found)

    def read_pieces(self, pieces: Sequence[Piece]) -> Iterator[tuple[int, RowArrays]]:
        for places, (table, numbers) in self._of_pieces(pieces, self._read_tables):
            for place in places:  # only what is wanted of a block is encoded
                _, first, end = pieces[place]
                yield place, self._encoded(table.slice(first, end - first), numbers[first:end])

    def _read_tables(self, blocks: Sequence[int]) -> Iterator[tuple[int, tuple[Any, np.ndarray]]]:
        """Yield the rows of blocks that are trained on as tables, with their numbers among all rows."""
        rows, pyarrow = self._stream.rows, arrow()
        for place, table in rows.read_tables(blocks):
            block = blocks[place]
            mask = self._part.mask(block)
            if rows.weight is not None:
                mask &= numbers_of(table.column(rows.weight)) > 0
            numbers = int(rows.starts[block]) + np.flatnonzero(mask)
            yield place, (table.filter(pyarrow.array(mask)), numbers)

    def _encoded(self, table: Any, numbers: np.ndarray) -> RowArrays:
        """Return a table of rows, which have these numbers, as arrays."""
        rows = self._stream.rows
        names = RowsOfFiles(rows, numbers)
        read = table_of(table.select(self._encoder.column_names), self._options, "ParquetRows")
        with self._errors_of_caller():
            X = self._encoder.transform(read.named_by(names))
        y, weight = self._targets(table.column(rows.target), names), None
        if rows.weight is not None:
            weight = numbers_of(table.column(rows.weight)).astype(np.float64) * self._stream.weight_factor
        if self._factors is not None:
            weight = self._factors[y] if weight is None else weight * self._factors[y]
        return X, y, None if weight is None else weight.astype(np.float32, copy=False)

    @contextmanager
    def _errors_of_caller(self) -> Iterator[None]:
        """Let errors about cells, of which too many differ for the one pass, advise what the caller has."""
        try:
            yield
        except DataError as error:
            where = self._stream.where
            caller, _, method = where.partition(".")
            spelled = f"{caller}(missing=[...])" if method else command_line_spelling("missing", ["..."])
            rest = str(error).partition(": ")[2]
            message = f"{where}: {_ADVICE.sub(f'write {spelled}', rest)}"
            raise DataError(message, expected=error.expected, got=error.got) from error

    def _targets(self, column: Any, names: RowsOfFiles) -> np.ndarray:
        if self._codes is None:
            return self._stream.codes(python_values(column), self._target, names)
        labels, codes = self._codes
        column = decoded(column)
        places = arrow("pyarrow.compute").index_in(column, value_set=labels.cast(column.type))
        return np.asarray(codes[places.to_numpy()])

    def identity(self) -> str:
        return f"encoded: {self._part.identity()}"
