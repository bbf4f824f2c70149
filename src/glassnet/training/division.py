"""How a batch is divided into shards, and shards among processes."""

from __future__ import annotations

from glassnet.errors import ConfigError
from glassnet.utils.checks import check_integer

__all__ = ["MOST_SHARDS", "Sharding", "check_shards", "shards_of"]

MOST_SHARDS = 2**16  # a number of its own for the noise of each


def check_shards(where: str, shards: int) -> int:
    """Return the number of shards, a power of two.

    Parameters
    ----------
    where : str
        Who asks, for the message.
    shards : int
        As it was given.
    """
    n = check_integer(where, "shards", shards, 1, maximum=MOST_SHARDS)
    if n & (n - 1):
        below = 1 << (n.bit_length() - 1)
        message = f"{where}: shards is {n}; it must be a power of two. Pass {below} or {2 * below}."
        raise ConfigError(message, expected="a power of two", got=n)
    return n


def shards_of(n_shards: int, rank: int, size: int) -> range:
    """Return the numbers of the shards that one of ``size`` processes has: neighbours, about as many as any other.

    Parameters
    ----------
    n_shards : int
        How many there are.
    rank, size : int
        Which process, from 0 on, of how many.

    Examples
    --------
    >>> [shards_of(8, rank, 3) for rank in range(3)]
    [range(0, 2), range(2, 5), range(5, 8)]
    """
    return range(n_shards * rank // size, n_shards * (rank + 1) // size)


class Sharding:
    """The shards that this process has, and which rows of a batch they are.

    Shard v of V has the rows ``[n * v // V, n * (v + 1) // V)`` of a batch of n rows. Batches call `cut`, and yield the
    rows of this process only.

    Parameters
    ----------
    n_shards : int
        V, of all processes together.
    own : range
        The numbers of the shards of this process.

    Attributes
    ----------
    n_rows : int
        Rows of the last batch, those of all processes.
    bounds : list of (int, int, int)
        Of each own shard its number, and the first and the end of its rows among those that this process has.

    Examples
    --------
    >>> sharding = Sharding(4, range(2, 4))
    >>> sharding.cut(10), sharding.bounds
    ((5, 10), [(2, 0, 2), (3, 2, 5)])
    """

    def __init__(self, n_shards: int, own: range) -> None:
        self.n_shards, self.own = n_shards, own
        self.n_rows, self._edges = -1, (0, 0)
        self.bounds: list[tuple[int, int, int]] = []

    def cut(self, n: int) -> tuple[int, int]:
        """Return the first and the end of this process' rows in a batch of ``n``, and note where its shards are.

        Parameters
        ----------
        n : int
            Rows of the whole batch.
        """
        if n != self.n_rows:
            edges = [n * shard // self.n_shards for shard in range(self.own.start, self.own.stop + 1)]
            first = edges[0]
            self.bounds = [(shard, edges[i] - first, edges[i + 1] - first) for i, shard in enumerate(self.own)]
            self.n_rows, self._edges = n, (first, edges[-1])
        return self._edges
