"""Rows that are read block by block and never all at once: the protocol, a part of them, their order in an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import DataError
from glassnet.utils.random_streams import KeyedGenerator
from glassnet.utils.row_sources import RowSource

__all__ = [
    "BlockPart",
    "BlockRows",
    "BlockSource",
    "Buffer",
    "RowArrays",
    "blocks_together",
    "buffers_of",
    "held_out_rows",
]

RowArrays = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Inputs, targets and weights of some rows; no weights is None."""

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class BlockSource:
    """Base of sources of blocks of rows, each of which can be read alone.

    Whoever has rows in another format derives from it: ``starts``, ``n_features``, `read` and `identity` are enough.

    Attributes
    ----------
    starts : ndarray of shape (n_blocks + 1,)
        The number of the first row of each block, and of all rows.
    n_features : int
        Numbers in a row.
    buffer_blocks : int
        Most blocks whose rows are shuffled together.
    """

    starts: np.ndarray
    n_features: int
    buffer_blocks: int = 8
    not_an_array = (
        "Rows that stay in their files are for Network.fit, its validation_data, and fit of TabularClassifier and "
        "TabularRegressor. Read arrays from them, block by block: X, y, weight = rows.read(0)."
    )  # what is said where an array is wanted

    @property
    def n_blocks(self) -> int:
        """The number of blocks."""
        return len(self.starts) - 1

    @property
    def n_rows(self) -> int:
        """The number of rows of all blocks."""
        return int(self.starts[-1])

    def rows(self, block: int) -> int:
        """Return the number of rows of a block.

        Parameters
        ----------
        block : int
            From 0 on.
        """
        return int(self.starts[block + 1] - self.starts[block])

    def read(self, block: int) -> RowArrays:
        """Return the rows of a block, in their order.

        Parameters
        ----------
        block : int
            From 0 on.

        Returns
        -------
        (X, y, weight)
            Of shapes (n, d), (n, ...) and (n,); no weights are None.
        """
        raise NotImplementedError

    def read_blocks(self, blocks: Sequence[int]) -> Iterator[tuple[int, RowArrays]]:
        """Yield the rows of some blocks, in any order, with the place that each has in ``blocks``.

        Parameters
        ----------
        blocks : sequence of int
            Different ones.
        """
        for place, block in enumerate(blocks):
            yield place, self.read(block)

    def identity(self) -> str:
        """Return a text that is another one for other rows, without reading them all."""
        raise NotImplementedError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        # Whatever wants an array, scikit-learn's searches among them, says so in a sentence.
        kind = type(self).__name__
        must = f"{kind} may be passed only to what reads rows in parts"
        takes = "Network.fit, TabularClassifier.fit and TabularRegressor.fit take them, without y"
        message = f"{kind}: this call needs all rows in memory at once; {must}. {takes}."
        raise DataError(message, expected=must, got="array")


def held_out_rows(first: int, n: int, share: float, seed: int) -> np.ndarray:
    """Return a mask of the rows that are held out, of ``n`` rows from row number ``first`` on.

    Whether a row is held out follows from its number and the seed alone: ``hash(number, seed) < share * 2**64``.

    Parameters
    ----------
    first, n : int
        Which rows.
    share : float
        From 0 to 1.
    seed : int
        Another one holds out other rows.

    References
    ----------
    Steele, Lea, Flood (2014), "Fast splittable pseudorandom number generators", the last step of SplitMix64, twice.

    Examples
    --------
    >>> held_out_rows(0, 10_000, 0.2, seed=0).mean().round(2).item()
    0.2
    >>> np.array_equal(held_out_rows(0, 100, 0.5, seed=3)[40:], held_out_rows(40, 60, 0.5, seed=3))
    True
    """
    keys = np.arange(first, first + n, dtype=np.uint64)
    keys += _mixed(np.array([seed % 2**64], dtype=np.uint64))
    # As float64 the last bits of the limit are rounded, alike for every row.
    held_out: np.ndarray = _mixed(_mixed(keys)) < np.uint64(min(int(share * 2.0**64), 2**64 - 1))
    return held_out


def _mixed(keys: np.ndarray) -> np.ndarray:
    """Return uint64 numbers with their bits mixed, one to one."""
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * _FIRST
    keys = (keys ^ (keys >> np.uint64(27))) * _SECOND
    keys ^= keys >> np.uint64(31)
    return keys


class BlockPart(BlockSource):
    """The rows of a source that are held out, see `held_out_rows`, or all others.

    Parameters
    ----------
    source : BlockSource
        Of all rows.
    share : float
        Of the rows that are held out.
    seed : int
        Decides which.
    held_out : bool
        Whether these are the rows that are held out.
    """

    def __init__(self, source: BlockSource, share: float, seed: int, *, held_out: bool) -> None:
        self.source, self.n_features, self.buffer_blocks = source, source.n_features, source.buffer_blocks
        self._share, self._seed, self._held_out = share, seed, held_out
        counts = [int(self.mask(block).sum()) for block in range(source.n_blocks)]
        self.starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def mask(self, block: int) -> np.ndarray:
        """Return which rows of a block of the source are rows of this part."""
        first, n = int(self.source.starts[block]), self.source.rows(block)
        is_held_out = held_out_rows(first, n, self._share, self._seed)
        return is_held_out if self._held_out else ~is_held_out

    def read(self, block: int) -> RowArrays:
        return self._own(block, self.source.read(block))

    def read_blocks(self, blocks: Sequence[int]) -> Iterator[tuple[int, RowArrays]]:
        for place, arrays in self.source.read_blocks(blocks):
            yield place, self._own(blocks[place], arrays)

    def _own(self, block: int, arrays: RowArrays) -> RowArrays:
        X, y, weight = arrays
        own = self.mask(block)
        return X[own], y[own], None if weight is None else weight[own]

    def identity(self) -> str:
        part = "held out" if self._held_out else "others"
        return f"{part} of {self._share!r} by {self._seed}: {self.source.identity()}"


class BlockRows(RowSource):
    """The inputs of a source as rows that are read in their order, a few at a time; of one block at a time in memory.

    Parameters
    ----------
    source : BlockSource
        Whose rows.
    dtype : dtype
        What they are converted to.
    """

    def __init__(self, source: BlockSource, dtype: np.dtype[Any]) -> None:
        self._source, self.dtype, self.shape = source, dtype, (source.n_rows, source.n_features)
        self._block, self._kept = -1, np.empty((0, source.n_features), dtype)

    def take(self, rows: np.ndarray) -> np.ndarray:
        places = rows.reshape(-1)
        found: np.ndarray = np.empty((len(places), self.shape[1]), self.dtype)
        blocks = np.searchsorted(self._source.starts, places, side="right") - 1
        for block in np.unique(blocks).tolist():
            wanted = blocks == block
            if block != self._block:
                self._kept = self._source.read(block)[0].astype(self.dtype, copy=False)
                self._block = block
            found[wanted] = self._kept[places[wanted] - self._source.starts[block]]
        return found.reshape(*rows.shape, self.shape[1])

    def sample(self) -> np.ndarray:
        """Return the identity of the source in place of rows, which would all have to be read."""
        return np.frombuffer(self._source.identity().encode(), dtype=np.uint8)


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


def _spread(blocks: np.ndarray, n: int, shuffling: KeyedGenerator, epoch: int) -> list[np.ndarray]:
    """Return blocks in ``n`` parts at random, each with one of every ``n`` neighbours, if there are as many."""
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
        np.split(blocks, np.cumsum(sizes)[:-1]) if shuffling is None else _spread(blocks, len(sizes), shuffling, epoch)
    )
    for i, together in enumerate(parts):
        starts = np.concatenate([[0], np.cumsum(counts[together])])
        places = None
        if shuffling is not None:
            order = shuffling.at(epoch, 1 + i).permutation(int(starts[-1]))
            places = np.empty_like(order)
            places[order] = np.arange(len(order))
        yield Buffer(together, starts, places)
