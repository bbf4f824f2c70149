"""The order of rows in blocks in an epoch: several blocks at a time, whose rows are shuffled together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from glassnet.utils.block_sources import BlockSource
from glassnet.utils.random_streams import KeyedGenerator

__all__ = ["Buffer", "blocks_together", "buffers_of", "spread"]


class Buffer(NamedTuple):
    """Blocks whose rows are visited together.

    Parameters
    ----------
    blocks : ndarray of int
        Their numbers.
    starts : ndarray of int
        Where each begins among the rows of all of them, and their end.
    places : ndarray of int or None
        The place in the epoch of each of these rows, from 0 on; None for their own order.
    """

    blocks: np.ndarray
    starts: np.ndarray
    places: np.ndarray | None

    @property
    def n_rows(self) -> int:
        """The number of their rows."""
        return int(self.starts[-1])


def blocks_together(n_blocks: int, most: int) -> list[int]:
    """Return how many blocks each buffer has: as few buffers as hold them all, whose sizes differ by 1 at most.

    A last buffer of the one block that is left over would end each epoch on rows from a single place, of one class
    where they are sorted.

    Parameters
    ----------
    n_blocks : int
        All blocks with rows.
    most : int
        Most blocks of a buffer.

    Examples
    --------
    >>> blocks_together(17, 8)
    [5, 6, 6]
    >>> blocks_together(8, 8)
    [8]
    """
    n = -(-n_blocks // most)
    return [n_blocks * (i + 1) // n - n_blocks * i // n for i in range(n)]


def spread(blocks: np.ndarray, n: int, shuffling: KeyedGenerator, epoch: int) -> list[np.ndarray]:
    """Return blocks in ``n`` parts at random, each with one of every ``n`` neighbours, if there are as many.

    Parameters
    ----------
    blocks : ndarray of int
        Their numbers, in their order.
    n : int
        How many parts.
    shuffling : KeyedGenerator
        Its numbers at (epoch, 0) decide.
    epoch : int
        From 0 on.
    """
    generator = shuffling.at(epoch)
    neighbours = np.arange(len(blocks)) // n
    order = np.lexsort((generator.permutation(len(blocks)), neighbours))
    part = generator.permutation(n)[np.arange(len(blocks)) % n]
    return [blocks[order[part == i]] for i in range(n)]


def buffers_of(source: BlockSource, epoch: int, shuffling: KeyedGenerator | None) -> Iterator[Buffer]:
    """Yield the buffers of an epoch: blocks that are drawn at random, and the order of their rows.

    Each row is in one buffer, once. Buffers have about the same number of blocks, see `blocks_together`, which are
    spread over all: of the first k blocks each of k buffers has one, of the next k as well, and so on. So where rows
    are sorted, each buffer has about as many of a class as any other. The order follows from the generator's seed and
    the epoch: which buffer has which blocks from its numbers at (epoch, 0), the order of the rows of buffer i from
    those at (epoch, 1 + i).

    Parameters
    ----------
    source : BlockSource
        Whose blocks; nothing is read.
    epoch : int
        From 0 on.
    shuffling : KeyedGenerator or None
        None for blocks and rows in their own order.
    """
    counts = np.diff(source.starts)
    blocks = np.flatnonzero(counts)
    sizes = blocks_together(len(blocks), source.buffer_blocks)
    parts = (
        np.split(blocks, np.cumsum(sizes)[:-1]) if shuffling is None else spread(blocks, len(sizes), shuffling, epoch)
    )
    for i, together in enumerate(parts):
        starts = np.concatenate([[0], np.cumsum(counts[together])])
        places = None
        if shuffling is not None:
            order = shuffling.at(epoch, 1 + i).permutation(int(starts[-1]))
            places = np.empty_like(order)
            places[order] = np.arange(len(order))
        yield Buffer(together, starts, places)
