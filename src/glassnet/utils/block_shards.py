"""Rows of blocks dealt to shards: who reads what, in which order, with as many rows for each as it needs."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from glassnet.utils.block_buffers import blocks_together, spread
from glassnet.utils.block_sources import BlockSource, Piece
from glassnet.utils.random_streams import KeyedGenerator

__all__ = ["PieceBuffer", "Together", "buffers_of_shard", "deal"]


class PieceBuffer(NamedTuple):
    """Pieces of a shard whose rows are visited together.

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


class Together(NamedTuple):
    """How much of a source a shard has in one buffer: so much that all shards have no more than a source without them.

    Parameters
    ----------
    pieces : int
        Most pieces.
    rows : int
        Most rows of a piece.

    Examples
    --------
    >>> source = BlockSource()
    >>> source.starts = np.arange(0, 4001, 100)
    >>> Together.of(source, n_shards=4, least=10), Together.of(source, n_shards=32, least=10)
    (Together(pieces=2, rows=100), Together(pieces=1, rows=25))
    """

    pieces: int
    rows: int

    @classmethod
    def of(cls, source: BlockSource, n_shards: int, least: int) -> Together:
        """Return it for a source: ``buffer_blocks`` are divided among shards; if these are more, blocks are too.

        Parameters
        ----------
        source : BlockSource
            Whose blocks.
        n_shards : int
            Of all processes.
        least : int
            Fewest rows of a piece of a divided block.
        """
        most, largest = source.buffer_blocks, int(np.diff(source.starts).max())
        if n_shards <= most:
            return cls(most // n_shards, largest)
        return cls(1, min(max(-(-most * largest // n_shards), least, 1), largest))

    @property
    def n_rows(self) -> int:
        """Most rows of a buffer."""
        return self.pieces * self.rows


def deal(source: BlockSource, wanted: Sequence[int], epoch: int, shuffling: KeyedGenerator | None) -> list[list[Piece]]:
    """Return what each shard reads in an epoch, in its order: so many rows, and no row twice.

    At any time the shards have blocks from all over the source, as buffers have, see `buffers_of`: the first blocks of
    all shards together are one of every k neighbours, and so are the second ones. The next block is that of the shard
    which lacks most rows. In the end those that have too many give their last rows to those that have too few, so few
    blocks are read by two shards, unless there are hardly more blocks than shards. Without shuffling each shard has
    neighbouring rows, in their order.

    Parameters
    ----------
    source : BlockSource
        Whose blocks; nothing is read.
    wanted : list of int
        How many rows each shard has, no more together than there are.
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
    # The shard that lacks most comes first; of equal ones any.
    lacking = list(zip((-rows for rows in wanted), generator.permutation(n).tolist(), range(n), strict=True))
    heapq.heapify(lacking)
    for part in parts:
        for block in generator.permutation(part).tolist():
            rows = int(counts[block])
            lack, key, shard = lacking[0]
            found[shard].append(Piece(block, 0, rows))
            heapq.heapreplace(lacking, (lack + rows, key, shard))
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


def _even_out(shards: Sequence[list[Piece]], wanted: Sequence[int]) -> None:
    """Move rows from the ends of those that have too many to the ends of those that have too few."""
    lacks = [n - sum(piece.n_rows for piece in pieces) for pieces, n in zip(shards, wanted, strict=True)]
    spare: list[Piece] = []
    for pieces, lack in zip(shards, lacks, strict=True):
        while lack < 0:
            block, first, end = pieces.pop()
            middle = max(first, end + lack)
            if first < middle:
                pieces.append(Piece(block, first, middle))
            spare.append(Piece(block, middle, end))
            lack += end - middle
    for pieces, lack in zip(shards, lacks, strict=True):
        pieces += _taken(max(lack, 0), spare)


def buffers_of_shard(
    pieces: Sequence[Piece], shard: int, epoch: int, together: Together, shuffling: KeyedGenerator | None
) -> Iterator[PieceBuffer]:
    """Yield the buffers of a shard: its pieces in their order, and the order of their rows.

    Parameters
    ----------
    pieces : list of Piece
        As `deal` returns them; those of too many rows are divided.
    shard, epoch : int
        Which shard, from 0 on: the order of the rows of buffer i follows from the generator's numbers at
        (epoch, 1 + i, 1 + shard).
    together : Together
        How much there is in a buffer.
    shuffling : KeyedGenerator or None
        None for rows in their own order.
    """
    parts: list[Piece] = []
    for block, first, end in pieces:
        n = -(-(end - first) // together.rows)
        edges = [first + (end - first) * i // n for i in range(n + 1)]
        parts += [Piece(block, *edge) for edge in pairwise(edges)]
    begin = 0
    for i, n in enumerate(blocks_together(len(parts), together.pieces)):
        own = parts[begin : begin + n]
        starts = np.concatenate([[0], np.cumsum([piece.n_rows for piece in own])])
        places = None if shuffling is None else shuffling.at(epoch, 1 + i, 1 + shard).permutation(int(starts[-1]))
        yield PieceBuffer(own, starts, places)
        begin += n
