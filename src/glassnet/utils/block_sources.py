"""Rows that are read block by block and never all at once: the protocol, and a part of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from glassnet.errors import DataError
from glassnet.utils.row_sources import RowSource

__all__ = [
    "BlockPart",
    "BlockRows",
    "BlockSource",
    "Piece",
    "RowArrays",
    "held_out_rows",
]

T = TypeVar("T")
RowArrays = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Inputs, targets and weights of some rows; no weights is None."""

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class Piece(NamedTuple):
    """Rows of a block, from the ``first`` to before the ``end``."""

    block: int
    first: int
    end: int

    @property
    def n_rows(self) -> int:
        """How many there are."""
        return self.end - self.first


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

    def read_pieces(self, pieces: Sequence[Piece]) -> Iterator[tuple[int, RowArrays]]:
        """Yield the rows of some pieces of blocks, in any order, with the place that each has in ``pieces``.

        Parameters
        ----------
        pieces : sequence of Piece
            Different rows; pieces of one block are read together.
        """
        for places, (X, y, weight) in self._of_pieces(pieces, self.read_blocks):
            for place in places:
                own = slice(*pieces[place][1:])
                yield place, (X[own], y[own], None if weight is None else weight[own])

    def _of_pieces(
        self, pieces: Sequence[Piece], read: Callable[[Sequence[int]], Iterator[tuple[int, T]]]
    ) -> Iterator[tuple[list[int], T]]:
        """Yield what ``read`` has for each block, with the places of its pieces."""
        of_block: dict[int, list[int]] = {}
        for place, piece in enumerate(pieces):
            of_block.setdefault(piece.block, []).append(place)
        blocks = list(of_block)
        for number, found in read(blocks):
            yield of_block[blocks[number]], found

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
