"""Mini-batches of arrays, gathered without allocating."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.arrays import ScratchPool
from glassnet.randomness import Streams
from glassnet.training.stopping import fingerprint

__all__ = ["ArrayBatches"]

Batch = tuple[np.ndarray, np.ndarray, np.ndarray | None]


class ArrayBatches:
    """Checked arrays, visited batch by batch.

    If one batch holds all rows, every epoch is that batch, in the order given. Otherwise the order of an epoch
    depends on the seed and the epoch only, with members on each one's own seed.

    Parameters
    ----------
    X, y, weight : ndarray
        Of shape (n, ...), (n, ...), (n,); weight may be None.
    batch_size : int
        The last batch of an epoch may be shorter.
    shuffle : bool
        Whether to visit the rows in random order.
    streams : list of Streams
        One per member.
    members : int or None
        With members every batch has the shape (K, b, ...).
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray | None,
        *,
        batch_size: int,
        shuffle: bool,
        streams: list[Streams],
        members: int | None,
    ) -> None:
        self.arrays: tuple[np.ndarray | None, ...] = (X, y, weight)
        self.n_rows = len(X)
        self.batch_size = min(batch_size, self.n_rows)
        self.n_batches = -(-self.n_rows // self.batch_size)
        self._shuffles = shuffle and self.n_batches > 1
        self._streams = streams
        self._members = members
        self._pools = [ScratchPool(members, X.dtype) for _ in self.arrays]

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, from the ``first``-th on; each is valid until the next."""
        order = self._order(epoch) if self._shuffles else None
        for start in range(first * self.batch_size, self.n_rows, self.batch_size):
            stop = min(start + self.batch_size, self.n_rows)
            if order is None:
                X, y, weight = (self._shared(array, start, stop) for array in self.arrays)
            else:
                rows = order[..., start:stop]
                X, y, weight = (self._gathered(i, array, rows) for i, array in enumerate(self.arrays))
            assert X is not None
            assert y is not None
            yield X, y, weight

    def identity(self) -> dict[str, Any]:
        """Return what tells these batches from others, JSON-able."""
        return {
            "rows": self.n_rows,
            "batch_size": self.batch_size,
            "shuffle": self._shuffles,
            "contents": fingerprint(self.arrays),
        }

    def _order(self, epoch: int) -> np.ndarray:
        orders = [streams.order(epoch, self.n_rows) for streams in self._streams]
        return orders[0] if self._members is None else np.stack(orders)

    def _shared(self, array: Any, start: int, stop: int) -> np.ndarray | None:
        if array is None:
            return None
        part: np.ndarray = array[start:stop]
        return part if self._members is None else np.broadcast_to(part, (self._members, *part.shape))

    def _gathered(self, index: int, array: Any, rows: np.ndarray) -> np.ndarray | None:
        if array is None:
            return None
        out = self._pools[index].take(0, (*rows.shape, *array.shape[1:]), array.dtype)
        # mode="clip" writes straight into out; the default checks the rows first and copies.
        return np.take(array, rows, axis=0, out=out, mode="clip")
