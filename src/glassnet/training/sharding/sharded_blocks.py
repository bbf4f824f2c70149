"""Mini-batches of rows in blocks, of which each process reads those of its own shards only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np

from glassnet.training.batches import Batch
from glassnet.training.block_batches import BlockBatches, rows_between
from glassnet.utils.block_shards import PieceBuffer, buffers_of_stream, deal, streams_for

__all__ = ["ShardedBlocks"]


class ShardedBlocks(BlockBatches):
    """Batches of a source of blocks, divided into shards: each has its own stream of rows, of blocks of its own.

    Stream s of S has the rows of each batch that shard s of S would have, the next ones of its own. Which blocks it has
    follows from the seed and the epoch, see `glassnet.utils.block_shards.deal`, and nothing depends on how many
    processes there are. A process reads the streams of which it has a shard. The buffers of all streams together have
    the size of those of a source without shards: there are no more streams than that has blocks, and shards that are
    more share them, each with its part of the stream's rows.

    Parameters
    ----------
    network, source, batch_size, shuffle, drop_last, weigh, steps_per_epoch
        As of `BlockBatches`. ``sharding`` must be set before the first batch.
    """

    def _pass(self, number: int, first: int) -> Generator[Batch]:
        assert self.sharding is not None
        sharding, source, size = self.sharding, self.source, self.batch_size
        n = streams_for(source, sharding.n_shards)
        of_batch, (full, rest) = _rows_of_streams(n, size), divmod(self._end, size)
        of_pass = full * of_batch + _rows_of_streams(n, rest)
        shuffling = self._network._streams[0].shuffling if self.shuffles else None
        pieces, most = deal(source, of_pass.tolist(), number, shuffling), source.buffer_blocks // n
        largest, ends = most * int(np.diff(source.starts).max()), threading.Event()
        own = range(sharding.own.start * n // sharding.n_shards, -(-sharding.own.stop * n // sharding.n_shards))
        with ThreadPoolExecutor(1, "glassnet-reader") as reader, ExitStack() as at_end:
            at_end.callback(ends.set)  # else the end would wait until all buffers that were begun have been read

            def load(buffer: PieceBuffer, room: Batch) -> Future[Batch]:
                return reader.submit(self._load_pieces, buffer, room, ends)

            streams = []
            for i in own:
                rooms = [self._empty(min(largest, int(of_pass[i]))) for _ in range(2)]
                buffers = buffers_of_stream(pieces[i], most, i, number, shuffling)
                streams.append(_Stream(buffers, load, rooms, first * int(of_batch[i])))
            room = self._empty(len(own) * -(-size // n))
            for start in range(first * size, self._end, size):
                m = min(size, self._end - start)
                edges = [m * i // n for i in range(own.start, own.stop + 1)]
                for stream, begin, end in zip(streams, edges[:-1], edges[1:], strict=True):
                    stream.take(rows_between(room, begin - edges[0], end - edges[0]))
                begin, end = sharding.cut(m)
                yield self._for_members(rows_between(room, begin - edges[0], end - edges[0]))

    def _empty(self, n: int) -> Batch:
        """Return arrays for ``n`` rows."""
        X, y, weight = (None if like is None else np.empty((n, *like.shape[1:]), like.dtype) for like in self._like)
        assert X is not None
        assert y is not None
        return X, y, weight

    def _load_pieces(self, buffer: PieceBuffer, room: Batch, ends: threading.Event) -> Batch:
        """Return the rows of a buffer in the order in which they are visited."""
        arrays = rows_between(room, 0, buffer.n_rows)
        for place, found in self.source.read_pieces(buffer.pieces):
            if ends.is_set():
                break
            rows = slice(buffer.starts[place], buffer.starts[place + 1])
            where = rows if buffer.places is None else buffer.places[rows]
            for array, part in zip(arrays, self.prepared(found), strict=True):
                if array is not None:
                    array[where] = part
        return arrays


class _Stream:
    """The rows of one stream in their order: one buffer is taken from while the next is read."""

    def __init__(
        self,
        buffers: Iterator[PieceBuffer],
        load: Callable[[PieceBuffer, Batch], Future[Batch]],
        rooms: Sequence[Batch],
        skipped: int,
    ) -> None:
        self._buffers, self._load, self._rooms = buffers, load, rooms
        self._skipped = skipped  # rows that come before the first one that is wanted
        self._rows, self._at, self._turn = rows_between(rooms[1], 0, 0), 0, 0
        self._loading = self._load_next()

    def _load_next(self) -> tuple[Future[Batch], int] | None:
        """Begin to read the next buffer that has a row which is wanted; None after the last."""
        for buffer in self._buffers:
            if self._skipped < buffer.n_rows:
                room, begin = self._rooms[self._turn % 2], self._skipped
                self._turn, self._skipped = self._turn + 1, 0
                return self._load(buffer, room), begin
            self._skipped -= buffer.n_rows
        return None

    def take(self, out: Batch) -> None:
        """Fill arrays with the next rows."""
        done, n = 0, len(out[0])
        while done < n:
            if self._at == len(self._rows[0]):
                assert self._loading is not None
                self._rows, self._at = self._loading[0].result(), self._loading[1]
                self._loading = self._load_next()
            m = min(n - done, len(self._rows[0]) - self._at)
            for source, target in zip(self._rows, out, strict=True):
                if source is not None and target is not None:
                    target[done : done + m] = source[self._at : self._at + m]
            done, self._at = done + m, self._at + m


def _rows_of_streams(n: int, rows: int) -> np.ndarray:
    """Return how many rows of a batch each of ``n`` streams has."""
    return np.diff(rows * np.arange(n + 1) // n)
