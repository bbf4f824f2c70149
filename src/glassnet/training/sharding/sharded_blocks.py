"""Mini-batches of rows in blocks, of which each process reads those of its own shards only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np

from glassnet.training.batches import Batch
from glassnet.training.block_batches import BlockBatches, part_of
from glassnet.utils.block_shards import PieceBuffer, Together, buffers_of_shard, deal

__all__ = ["ShardedBlocks"]


class ShardedBlocks(BlockBatches):
    """Batches of a source of blocks, divided into shards: each has its own stream of rows, of blocks of its own.

    Shard v has as many rows of each batch as `Sharding` says, the next ones of its stream. Which blocks it has follows
    from the seed and the epoch, see `glassnet.utils.block_shards.deal`, and nothing depends on how many processes there
    are. The buffers of all shards together have the size of those of a source without shards.

    Parameters
    ----------
    network, source, batch_size, shuffle, drop_last, weigh, steps_per_epoch
        As of `BlockBatches`. ``sharding`` must be set before the first batch.
    """

    def _pass(self, number: int, first: int) -> Generator[Batch]:
        assert self.sharding is not None
        sharding, size = self.sharding, self.batch_size
        bounds = _rows_of_shards(sharding.n_shards, size)
        full, rest = divmod(self._end, size)
        of_pass = full * bounds + _rows_of_shards(sharding.n_shards, rest)
        shuffling = self._network._streams[0].shuffling if self.shuffles else None
        pieces = deal(self.source, of_pass.tolist(), number, shuffling)
        together = Together.of(self.source, sharding.n_shards, least=int(bounds.max()))
        room, ends = self._empty(len(sharding.own) * -(-size // sharding.n_shards)), threading.Event()
        with ThreadPoolExecutor(1, "glassnet-reader") as reader, ExitStack() as at_end:
            at_end.callback(ends.set)  # else the end would wait until all buffers that were begun have been read

            def load(buffer: PieceBuffer, room: Batch) -> Future[Batch]:
                return reader.submit(self._load_pieces, buffer, room, ends)

            streams = []
            for shard in sharding.own:
                buffers = buffers_of_shard(pieces[shard], shard, number, together, shuffling)
                most = min(together.n_rows, int(of_pass[shard]))
                rooms = self._empty(most), self._empty(most)
                streams.append(_Stream(buffers, load, rooms, first * int(bounds[shard])))
            for start in range(first * size, self._end, size):
                own = sharding.cut(min(size, self._end - start))
                batch = part_of(room, 0, own[1] - own[0])
                for stream, (_, begin, end) in zip(streams, sharding.bounds, strict=True):
                    stream.take(part_of(batch, begin, end))
                yield self._for_members(batch)

    def _empty(self, n: int) -> Batch:
        """Return arrays for ``n`` rows."""
        X, y, weight = (None if like is None else np.empty((n, *like.shape[1:]), like.dtype) for like in self._like)
        assert X is not None
        assert y is not None
        return X, y, weight

    def _load_pieces(self, buffer: PieceBuffer, room: Batch, ends: threading.Event) -> Batch:
        """Return the rows of a buffer in the order in which they are visited."""
        arrays = part_of(room, 0, buffer.n_rows)
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
    """The rows of one shard in their order: one buffer is taken from while the next is read."""

    def __init__(
        self,
        buffers: Iterator[PieceBuffer],
        load: Callable[[PieceBuffer, Batch], Future[Batch]],
        rooms: tuple[Batch, Batch],
        skipped: int,
    ) -> None:
        self._buffers, self._load, self._rooms = buffers, load, rooms
        self._skipped = skipped  # rows that come before the first one that is wanted
        self._rows, self._at, self._turn = part_of(rooms[1], 0, 0), 0, 0
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


def _rows_of_shards(n_shards: int, n: int) -> np.ndarray:
    """Return how many of the ``n`` rows of a batch each shard has."""
    return np.diff(n * np.arange(n_shards + 1) // n_shards)
