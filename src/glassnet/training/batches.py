"""Mini-batches: of arrays, gathered without allocating; of what is read when needed; of an iterable's own."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, DataError
from glassnet.training.division import Sharding
from glassnet.utils.arrays import BufferPool
from glassnet.utils.random_streams import Streams
from glassnet.utils.row_sources import RowSource, fingerprint, take_rows

__all__ = ["ArrayBatches", "Batch", "Batches", "IterableBatches"]

Batch = tuple[np.ndarray, np.ndarray, np.ndarray | None]

_BLOCK_BYTES = 2**18
_BLOCKS_TOGETHER = 64


class Batches:
    """Base of what a run takes its batches from."""

    n_batches: int | None  # in an epoch; None if that is known only at its end
    n_steps: int | None = None  # the same, if there can be no more of them
    batch_size: int = 0  # of the largest batch; 0 if that is not known
    arrays: tuple[Any, ...] = ()  # the checked data, if they are arrays or sources of rows
    extremes: tuple[np.ndarray, np.ndarray] | None = None  # least and greatest of each column, if they were measured
    split: tuple[np.ndarray, np.ndarray] | None = (
        None  # numbers of the rows trained on and held out, if all came as one
    )
    replayable: bool = True  # whether an epoch can be begun again
    sharding: Sharding | None = None  # which rows of each batch are yielded; None for all

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, from the ``first``-th on; each is valid until the next."""
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """Return what identifies these batches, JSON-able."""
        raise NotImplementedError

    def close(self) -> None:
        """End what goes on beside the training; a later epoch begins it anew."""


class ArrayBatches(Batches):
    """Checked arrays or sources, visited batch by batch.

    If one batch holds all rows, every epoch is that batch, in the order given. Otherwise the order of an epoch
    depends on the seed and the epoch only, with members on each one's own seed. Memory-mapped rows are shuffled in two
    steps, blocks of 256 KiB and then the rows of 64 such blocks at a time, so that what is read together lies together.
    With ``steps_per_epoch`` an epoch goes on where the one before ended, and the order is one of a pass over all rows.

    Parameters
    ----------
    X, y, weight : ndarray or RowSource
        Of shape (n, ...), (n, ...), (n,); weight may be None.
    batch_size : int
        The last batch of an epoch may be shorter.
    shuffle : bool
        Whether to visit the rows in random order.
    drop_last : bool
        Whether to leave a shorter last batch out.
    steps_per_epoch : int, optional
        Batches in an epoch; by default those of one pass over all rows.
    rows : ndarray of int, shape (K?, m), optional
        Which rows there are for this network, or for each member; by default all of them, for all.
    streams : list of Streams
        One per member.
    members : int or None
        With members every batch has the shape (K, b, ...).
    """

    def __init__(
        self,
        X: Any,
        y: Any,
        weight: np.ndarray | None,
        *,
        batch_size: int,
        shuffle: bool,
        streams: list[Streams],
        members: int | None,
        drop_last: bool = False,
        steps_per_epoch: int | None = None,
        rows: np.ndarray | None = None,
    ) -> None:
        self.arrays = (X, y, weight)
        self._rows = rows
        self.n_rows = len(X) if rows is None else rows.shape[-1]
        self.batch_size = min(batch_size, self.n_rows)
        full = self.n_rows // self.batch_size
        self._in_pass = full if drop_last else -(-self.n_rows // self.batch_size)
        self.n_batches = self.n_steps = self._in_pass if steps_per_epoch is None else steps_per_epoch
        self._end = full * self.batch_size if drop_last else self.n_rows
        self.shuffles = shuffle and self.n_rows > self.batch_size
        self._options: dict[str, Any] = {"batch_size": batch_size, "shuffle": shuffle, "drop_last": drop_last}
        self._options["steps_per_epoch"] = steps_per_epoch
        self._block = self._block_rows(X) if isinstance(X, RowSource) and X.scattered else None
        self._streams = streams
        self._members = members
        self._pools = [BufferPool(members, X.dtype) for _ in self.arrays]
        self._whole: Batch | None = None  # the one batch of every epoch, if it is only a view
        self._last_order: tuple[int, np.ndarray] | None = None  # of the last pass, if it takes several epochs
        self._outs: dict[tuple[int, tuple[int, ...]], np.ndarray] = {}

    def changed(self, *, batch_size: int | None = None, y: Any = None) -> ArrayBatches:
        """Return batches of the same rows in the same order, of another size or with other targets.

        Parameters
        ----------
        batch_size : int, optional
            As of the class.
        y : ndarray or RowSource, optional
            As of the class.
        """
        X, own, weight = self.arrays
        options = self._options if batch_size is None else {**self._options, "batch_size": batch_size}
        kept: dict[str, Any] = {"rows": self._rows, "streams": self._streams, "members": self._members}
        other = ArrayBatches(X, own if y is None else y, weight, **options, **kept)
        other.extremes, other.split = self.extremes, self.split
        return other

    def trained_on(self) -> tuple[Any, ...]:
        """Return the data of the rows that there are for this network, without members."""
        if self._rows is None:
            return self.arrays
        return tuple(take_rows(array, self._rows) for array in self.arrays)

    @staticmethod
    def _block_rows(X: RowSource) -> int:
        return max(1, _BLOCK_BYTES // max(1, int(np.prod(X.shape[1:])) * X.dtype.itemsize))

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        if self._whole is not None:
            yield from [self._whole][first:]
            return
        for number, begin, end in self._stretches(epoch, first):
            order = self._order(number) if self.shuffles else self._rows
            # One generator: each further one costs a call at every step.
            for start in range(begin * self.batch_size, min(end * self.batch_size, self._end), self.batch_size):
                stop = min(start + self.batch_size, self._end)
                if self.sharding is not None:
                    origin = start
                    own = self.sharding.cut(stop - origin)
                    start, stop = origin + own[0], origin + own[1]
                if order is None:
                    X, y, weight = (self._shared(array, start, stop) for array in self.arrays)
                else:
                    rows = order[..., start:stop]
                    X, y, weight = (self._gathered(i, array, rows) for i, array in enumerate(self._by_rows))
                assert X is not None
                assert y is not None
                if order is None and self.n_batches == self._in_pass == 1 and not isinstance(self.arrays[0], RowSource):
                    self._whole = (X, y, weight)
                yield X, y, weight

    def _stretches(self, epoch: int, first: int) -> Iterator[tuple[int, int, int]]:
        """Yield the number of each pass over all rows that an epoch has a part in, and that part's first and end."""
        assert self.n_batches is not None
        start, end = epoch * self.n_batches + first, (epoch + 1) * self.n_batches
        while start < end:
            number, place = divmod(start, self._in_pass)
            stop = min(self._in_pass, place + end - start)
            yield number, place, stop
            start += stop - place

    def numbers(self, epoch: int, batch: int) -> np.ndarray:
        """Return which rows one batch of an epoch has, as places in the arrays; batches are counted from 0."""
        number, batch, _ = next(self._stretches(epoch, batch))
        start = batch * self.batch_size
        stop = min(start + self.batch_size, self._end)
        order = self._order(number) if self.shuffles else self._rows
        return np.arange(start, stop) if order is None else order[..., start:stop].copy()

    def identity(self) -> dict[str, Any]:
        return {
            "rows": self.n_rows,
            "batch_size": self.batch_size,
            "batches": self.n_batches,
            "shuffle": self.shuffles,
            "contents": fingerprint(self.arrays),
        }

    def _order(self, number: int) -> np.ndarray:
        """Return the order of the rows in one pass."""
        if self._last_order is not None and self._last_order[0] == number:
            return self._last_order[1]
        order = self._new_order(number)
        if self._in_pass != self.n_batches:
            self._last_order = number, order
        return order

    def _new_order(self, epoch: int) -> np.ndarray:
        if self._block is None:
            orders = [streams.order(epoch, self.n_rows) for streams in self._streams]
        else:
            orders = [
                streams.block_order(epoch, self.n_rows, self._block, _BLOCKS_TOGETHER) for streams in self._streams
            ]
        order = orders[0] if self._members is None else np.stack(orders)
        return order if self._rows is None else np.take_along_axis(self._rows, order, axis=-1)

    def _shared(self, array: Any, start: int, stop: int) -> np.ndarray | None:
        if array is None:
            return None
        part: np.ndarray = array[start:stop]
        return part if self._members is None else np.broadcast_to(part, (self._members, *part.shape))

    @cached_property
    def _by_rows(self) -> list[Any]:
        """The arrays with each row in one piece: `ndarray.take` copies the whole of any other at every call."""
        return [np.ascontiguousarray(array) if isinstance(array, np.ndarray) else array for array in self.arrays]

    def _gathered(self, index: int, array: Any, rows: np.ndarray) -> np.ndarray | None:
        if array is None:
            return None
        if isinstance(array, RowSource):
            return array.take(rows)
        out = self._outs.get((index, rows.shape))
        if out is None:
            out = self._pools[index].take(0, (*rows.shape, *array.shape[1:]), array.dtype)
            self._outs[index, rows.shape] = out
        # mode="clip" writes straight into out; the default checks the rows first and copies.
        array.take(rows, 0, out, "clip")
        return out


class IterableBatches(Batches):
    """Batches from the user's iterable or function: checked one by one, in their order.

    Parameters
    ----------
    network : BaseNetwork
        Built from the first batch if it is new.
    batches : callable or iterable
        ``epoch -> iterator`` or ``() -> iterator``, or something that can be iterated once per epoch, of (X, y) or (X,
        y, sample_weight).
    steps_per_epoch : int, optional
        Batches in an epoch; otherwise ``len(batches)`` if there is such a thing, or what comes.
    weigh : callable
        Returns a batch's weights, given its targets and the weights that came with it.
    """

    def __init__(
        self,
        network: BaseNetwork,
        batches: Callable[..., Iterable[Any]] | Iterable[Any],
        *,
        steps_per_epoch: int | None,
        weigh: Callable[[np.ndarray, np.ndarray | None], np.ndarray | None],
    ) -> None:
        self._network, self._weigh = network, weigh
        self.digest: Any = None  # of all rows, where processes compare them
        self._batches = _of_the_epoch(batches) if callable(batches) else batches
        self._steps = self.n_steps = steps_per_epoch
        length = len(batches) if isinstance(batches, Sized) else None
        self.n_batches = steps_per_epoch if length is None or steps_per_epoch is not None else length
        self.replayable = callable(batches) or not isinstance(batches, Iterator)
        if network._store is None:
            self._build(network)

    def _build(self, network: BaseNetwork) -> None:
        iterator = self._iterate(0)
        first = next(iterator, None)
        if not self.replayable:
            self._batches = itertools.chain([] if first is None else [first], iterator)
        if first is None:
            raise _empty()
        self._check(0, first)

    def _iterate(self, epoch: int) -> Iterator[Any]:
        found: Any = self._batches(epoch) if callable(self._batches) else self._batches
        try:
            return iter(found)
        except TypeError as error:
            must = "they must give an iterator of (X, y) for each epoch"
            message = f"fit: batches gave {found!r}; {must}."
            raise ConfigError(message, got=found) from error

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        number = -1
        for number, item in enumerate(itertools.islice(self._iterate(epoch), self._steps)):
            if number >= first:
                yield self._check(number, item)
        if number < 0:
            raise _empty()

    def _check(self, number: int, item: Any) -> Batch:
        where = f"fit: batch {number}"
        if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
            message = f"{where}: it is of type {type(item).__name__}; it must be (X, y) or (X, y, sample_weight)."
            raise ConfigError(message, got=item)
        network = self._network
        X, y, weight = network._check_data(where, *item, is_part=True)
        weight = self._weigh(y, weight)
        for array in () if self.digest is None else (X, y, weight):
            self.digest.update(b"" if array is None else np.ascontiguousarray(array))
        own = slice(None) if self.sharding is None else slice(*self.sharding.cut(len(X)))
        return (
            network._broadcast(X[own]),
            network._broadcast(y[own]),
            None if weight is None else network._broadcast(weight[own]),
        )

    def identity(self) -> dict[str, Any]:
        return {"rows": None, "batches": self.n_batches}


def _of_the_epoch(make: Callable[..., Iterable[Any]]) -> Callable[[int], Iterable[Any]]:
    """Return a function of the epoch's number for one of the number, or of nothing."""
    try:
        signature = inspect.signature(make)
    except (TypeError, ValueError):  # some functions in C have none
        return make
    takes = {"number": False, "nothing": False}
    for what, arguments in (("number", (0,)), ("nothing", ())):
        with suppress(TypeError):
            signature.bind(*arguments)
            takes[what] = True
    first = next(iter(signature.parameters.values()), None)
    # Whether an argument with a default, such as batch_size=32, is to be the number of the epoch, its name must say.
    is_clear = first is None or first.kind is first.VAR_POSITIONAL or "epoch" in first.name
    if takes["number"] and (is_clear or not takes["nothing"]):
        return make
    if takes["nothing"] and not takes["number"]:
        return lambda epoch: make()
    name = getattr(make, "__name__", type(make).__name__)
    must = "a function that makes batches must take the epoch's number or nothing"
    message = f"fit: batches is {name}{signature}; {must}. Write what is meant: lambda epoch: {name}(...)"
    raise ConfigError(message, expected=must, got=make)


def _empty() -> DataError:
    return DataError(
        "fit: batches gave none; there must be at least one batch an epoch. A one-shot iterator may be used up."
    )
