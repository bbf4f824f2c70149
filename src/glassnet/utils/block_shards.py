"""Rows of blocks dealt to streams, which shards have: what each reads, in which order, and how many rows."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from glassnet.utils.block_buffers import blocks_together, spread
from glassnet.utils.block_sources import BlockSource, Piece
from glassnet.utils.random_streams import KeyedGenerator

__all__ = ["PieceBuffer", "buffers_of_stream", "deal", "streams_for"]


class PieceBuffer(NamedTuple):
    """Pieces of a stream whose rows are visited together.

    Parameters
    ----------
    pieces : list of Piece
        What is read.
    starts : ndarray of int
        Where each begins among the rows of all of them, and their end.
    places : ndarray of int or None
        The place in this buffer's order of each of these rows; None for their own order.
    """

    pieces: Sequence[Piece]
    starts: np.ndarray
    places: np.ndarray | None

    @property
    def n_rows(self) -> int:
        """The number of their rows."""
        return int(self.starts[-1])


def streams_for(source: BlockSource, n_shards: int) -> int:
    """Return how many streams of rows a source has for so many shards, a power of two: one each, if it has the buffers.

    ``buffer_blocks`` blocks are in memory at most, if one process has all shards, so there are no more streams than
    that. Neighbouring shards share one where they are more.

    Parameters
    ----------
    source : BlockSource
        Of the rows.
    n_shards : int
        Of all processes, a power of two.

    Examples
    --------
    >>> source = BlockSource()
    >>> source.buffer_blocks, [streams_for(source, n) for n in (1, 4, 64)]
    (8, [1, 4, 8])
    """
    return min(n_shards, 1 << (source.buffer_blocks.bit_length() - 1))


def deal(source: BlockSource, wanted: Sequence[int], epoch: int, shuffling: KeyedGenerator | None) -> list[list[Piece]]:
    """Return what each stream reads in an epoch, in its order: so many rows, and no row twice.

    At any time the streams have blocks from all over the source, as buffers have, see `buffers_of`: the first blocks of
    all streams together are one of every k neighbours, and so are the second ones. The next block is that of the stream
    which lacks most rows. In the end those that have too many give their last rows to those that have too few, so few
    blocks are in two streams, unless there are hardly more blocks than streams. Without shuffling each stream has
    neighbouring rows, in their order.

    Parameters
    ----------
    source : BlockSource
        Whose blocks; nothing is read.
    wanted : list of int
        How many rows each stream has, no more together than there are.
    epoch : int
        From 0 on; the numbers of the generator are those at (epoch, 0).
    shuffling : KeyedGenerator or None
        None for blocks and rows in their own order.

    Examples
    --------
    >>> source = BlockSource()
    >>> source.starts = np.array([0, 4, 8, 12])
    >>> [[tuple(piece) for piece in pieces] for pieces in deal(source, [6, 5], 0, None)]
    [[(0, 0, 4), (1, 0, 2)], [(1, 2, 4), (2, 0, 3)]]
    """
    counts = np.diff(source.starts)
    blocks = np.flatnonzero(counts)
    if shuffling is None:
        left = [Piece(block, 0, int(counts[block])) for block in reversed(blocks.tolist())]
        return [_taken(rows, left) for rows in wanted]
    n = len(wanted)
    at_once = n * max(1, source.buffer_blocks // n)
    parts = spread(blocks, -(-len(blocks) // at_once), shuffling, epoch)
    generator = shuffling.at(epoch, 0, 1)
    found: list[list[Piece]] = [[] for _ in wanted]
    # The stream that lacks most comes first; of equal ones any.
    lacking = list(zip((-rows for rows in wanted), generator.permutation(n).tolist(), range(n), strict=True))
    heapq.heapify(lacking)
    for part in parts:
        for block in generator.permutation(part).tolist():
            rows = int(counts[block])
            lack, key, stream = lacking[0]
            found[stream].append(Piece(block, 0, rows))
            heapq.heapreplace(lacking, (lack + rows, key, stream))
    _even_out(found, wanted)
    return found


def _taken(n: int, left: list[Piece]) -> list[Piece]:
    """Take ``n`` rows from pieces, the last piece first, and return them."""
    found = []
    while n:
        block, first, end = left.pop()
        middle = min(first + n, end)
        if middle < end:
            left.append(Piece(block, middle, end))
        found.append(Piece(block, first, middle))
        n -= middle - first
    return found


def _even_out(streams: Sequence[list[Piece]], wanted: Sequence[int]) -> None:
    """Move rows from the ends of those that have too many to the ends of those that have too few."""
    lacks = [n - sum(piece.n_rows for piece in pieces) for pieces, n in zip(streams, wanted, strict=True)]
    spare: list[Piece] = []
    for pieces, lack in zip(streams, lacks, strict=True):
        while lack < 0:
            block, first, end = pieces.pop()
            middle = max(first, end + lack)
            if first < middle:
                pieces.append(Piece(block, first, middle))
            spare.append(Piece(block, middle, end))
            lack += end - middle
    for pieces, lack in zip(streams, lacks, strict=True):
        pieces += _taken(max(lack, 0), spare)


def buffers_of_stream(
    pieces: Sequence[Piece], most: int, stream: int, epoch: int, shuffling: KeyedGenerator | None
) -> Iterator[PieceBuffer]:
    """Yield the buffers of a stream: its pieces in their order, and the order of their rows.

    Parameters
    ----------
    pieces : list of Piece
        As `deal` returns them.
    most : int
        Most pieces of a buffer.
    stream, epoch : int
        Which stream, from 0 on: the order of the rows of buffer i follows from the generator's numbers at
        (epoch, 1 + i, 1 + stream).
    shuffling : KeyedGenerator or None
        None for rows in their own order.
    """
    begin = 0
    for i, n in enumerate(blocks_together(len(pieces), most)):
        own = pieces[begin : begin + n]
        starts = np.concatenate([[0], np.cumsum([piece.n_rows for piece in own])])
        places = None if shuffling is None else shuffling.at(epoch, 1 + i, 1 + stream).permutation(int(starts[-1]))
        yield PieceBuffer(own, starts, places)
        begin += n
