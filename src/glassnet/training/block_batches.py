"""Mini-batches of rows that are read block by block, the next blocks in a thread beside the training."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import DataError
from glassnet.training.batches import Batch, Batches
from glassnet.utils.block_buffers import Buffer, blocks_together, buffers_of
from glassnet.utils.block_sources import BlockSource

__all__ = ["BlockBatches", "Weigh", "rows_between"]

Weigh = Callable[[np.ndarray, np.ndarray | None], np.ndarray | None]
"""Returns the weights of rows, given their targets and the weights that came with them."""


class _Piece(NamedTuple):
    """A buffer in an epoch: its first row, its end, and how many rows of the one before stand before it."""

    begin: int
    end: int
    lead: int
    buffer: Buffer


class BlockBatches(Batches):
    """Rows of a source of blocks: each once an epoch, in an order that follows from the seed and the epoch.

    At most ``source.buffer_blocks`` blocks are drawn at a time, and their rows shuffled: see
    `glassnet.utils.block_buffers.buffers_of`. While one such buffer is trained on, a thread reads the next. Batches
    go on across buffers, so only the last of an epoch can be shorter. A run that is resumed reads no buffer before its
    place. If one batch holds all rows, they come in their order, as from arrays. Members share the order, that of the
    first one's seed.

    Parameters
    ----------
    network : BaseNetwork
        Built for the rows if it is new.
    source : BlockSource
        The rows.
    batch_size, shuffle, drop_last
        As of `glassnet.training.batches.ArrayBatches`.
    steps_per_epoch : int, optional
        Batches in an epoch, which goes on where the one before ended; by default those of a pass over all rows.
    weigh : callable
        Returns the weights of rows, given their targets and the weights that came with them.
    """

    def __init__(
        self,
        network: BaseNetwork,
        source: BlockSource,
        *, batch_size: int, shuffle: bool, drop_last: bool, weigh: Weigh, steps_per_epoch: int | None = None,
    ) -> None:  # fmt: skip
        if not source.n_rows:
            message = "fit: there are no rows to train on; there must be at least one."
            raise DataError(message)
        self.source, self.n_rows = source, source.n_rows
        self._network, self._weigh = network, weigh
        self.batch_size = min(batch_size, self.n_rows)
        full = self.n_rows // self.batch_size
        self._in_pass = full if drop_last else -(-self.n_rows // self.batch_size)
        self.n_batches = self.n_steps = self._in_pass if steps_per_epoch is None else steps_per_epoch
        self._under_way: tuple[int, int, Generator[Batch]] | None = None  # pass, its next batch, and its batches
        self._last_pass: Generator[Batch] | None = None
        self._end = full * self.batch_size if drop_last else self.n_rows
        self.shuffles = shuffle and self.n_rows > self.batch_size
        # What is wrong with the rows of one block is wrong before the first step.
        self._like = self._checked()

    def _checked(self) -> Batch:
        """Return no rows, of the shapes and types of those of a block, which are checked; some row must weigh."""
        for block in np.flatnonzero(np.diff(self.source.starts)).tolist():
            batch = self.prepared(self.source.read(block))
            if batch[2] is None or batch[2].any():
                X, y, weight = rows_between(batch, 0, 0)
                return X.copy(), y.copy(), None if weight is None else weight.copy()  # a view keeps the whole block
        message = "fit: the weights of all rows are 0; some row must weigh more. Correct their column."
        raise DataError(message, got=0.0)

    def prepared(self, arrays: Any) -> Batch:
        network = self._network
        X, y, weight = network._check_data("fit", *arrays, is_part=True)
        weight = self._weigh(y, weight)
        return X, y, None if weight is None else weight.astype(network.dtype, copy=False)

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        assert self.n_batches is not None
        place, left = epoch * self.n_batches + first, self.n_batches - first
        while left > 0:
            number, batch = divmod(place, self._in_pass)
            if self._under_way is None or self._under_way[:2] != (number, batch):
                self.close()
                self._last_pass = self._pass(number, batch)
                self._under_way = number, batch, self._last_pass
            batches, self._under_way = self._under_way[2], None
            found = next(batches)
            if batch + 1 < self._in_pass:
                # Where an epoch is a part of a pass, the next goes on with the buffers that are in memory.
                self._under_way = number, batch + 1, batches
            place, left = place + 1, left - 1
            yield found

    def close(self) -> None:
        under_way, self._under_way, self._last_pass = self._last_pass, None, None
        if under_way is not None:
            under_way.close()

    def _pass(self, number: int, first: int) -> Generator[Batch]:
        """Yield the batches of a pass over all rows, from the ``first``-th on."""
        size, row = self.batch_size, first * self.batch_size
        # One is trained on while the other is filled, and they change places.
        room = (self._room(), self._room())
        rest = self._like  # the rows left over from the buffer before, fewer than a batch
        ends = threading.Event()
        with ThreadPoolExecutor(1, "glassnet-reader") as reader, ExitStack() as at_end:
            at_end.callback(ends.set)  # else the end would wait until a whole buffer has been read
            plan = self._plan(number, row)
            loading = self._load_next(reader, plan, room[0], ends)
            for turn in itertools.count(1):
                if loading is None:
                    return
                piece, arrays = loading.result()
                loading = self._load_next(reader, plan, room[turn % 2], ends)
                _copy(rest, rows_between(arrays, 0, piece.lead))
                last = min(piece.end, self._end) if loading is None else piece.end // size * size
                origin = piece.begin - piece.lead
                for start in range(row, last, size):
                    yield self._for_members(rows_between(arrays, start - origin, min(start + size, last) - origin))
                row = max(row, last)
                X, y, weight = rows_between(arrays, row - origin, piece.end - origin)
                rest = X.copy(), y.copy(), None if weight is None else weight.copy()

    def _room(self) -> Batch:
        """Return arrays for the largest buffer, behind the rest of another."""
        counts = np.sort(np.diff(self.source.starts))
        largest = counts[-max(blocks_together(int(np.count_nonzero(counts)), self.source.buffer_blocks)) :].sum()
        X, y, weight = (
            None if like is None else np.empty((largest + self.batch_size, *like.shape[1:]), like.dtype)
            for like in self._like
        )
        assert X is not None
        assert y is not None
        return X, y, weight

    def _plan(self, number: int, row: int) -> Iterator[_Piece]:
        """Yield the buffers of a pass, from that on which has a row."""
        begin = 0
        for buffer in buffers_of(self.source, number, self._network._streams[0].shuffling if self.shuffles else None):
            end = begin + buffer.n_rows
            if end > row and begin < self._end:
                yield _Piece(begin, end, 0 if begin <= row else begin % self.batch_size, buffer)
            begin = end

    def _load_next(
        self, reader: ThreadPoolExecutor, plan: Iterator[_Piece], room: Batch, ends: threading.Event
    ) -> Future[tuple[_Piece, Batch]] | None:
        """Begin to read the next buffer of a plan; None after the last."""
        piece = next(plan, None)
        return None if piece is None else reader.submit(self._load, piece, room, ends)

    def _load(self, piece: _Piece, room: Batch, ends: threading.Event) -> tuple[_Piece, Batch]:
        """Return the rows of a buffer in the order in which they are visited, behind room for the rest of another."""
        buffer, arrays = piece.buffer, rows_between(room, 0, piece.lead + piece.buffer.n_rows)
        for place, found in self.source.read_blocks(buffer.blocks.tolist()):
            if ends.is_set():
                break
            own = slice(buffer.starts[place], buffer.starts[place + 1])
            rows = np.arange(own.start, own.stop) if buffer.places is None else buffer.places[own]
            for array, part in zip(arrays, self.prepared(found), strict=True):
                if array is not None:
                    array[piece.lead + rows] = part
        return piece, arrays

    def _for_members(self, batch: Batch) -> Batch:
        X, y, weight = batch
        broadcast = self._network._broadcast
        return broadcast(X), broadcast(y), None if weight is None else broadcast(weight)

    def identity(self) -> dict[str, Any]:
        return {
            "rows": self.n_rows,
            "batch_size": self.batch_size,
            "batches": self.n_batches,
            "shuffle": self.shuffles,
            "contents": f"{self.source.identity()}, at most {self.source.buffer_blocks} together",
        }


def rows_between(arrays: Batch, start: int, stop: int) -> Batch:
    """Return the rows from ``start`` to before ``stop`` of arrays, as views."""
    X, y, weight = arrays
    return X[start:stop], y[start:stop], None if weight is None else weight[start:stop]


def _copy(one: Batch, other: Batch) -> None:
    """Copy rows into others."""
    for source, target in zip(one, other, strict=True):
        if source is not None and target is not None:
            target[...] = source
