"""Mini-batches of rows that are read block by block, the next blocks in a thread beside the training."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, DataError
from glassnet.training.batches import Batch, Batches
from glassnet.training.class_weights import class_codes, class_factors, weigh_classes
from glassnet.training.loop import Validation
from glassnet.training.options import FitOptions
from glassnet.utils.block_sources import BlockPart, BlockRows, BlockSource, Buffer, blocks_together, buffers_of
from glassnet.utils.checks import check_integer, check_weights
from glassnet.utils.wording import shortened

__all__ = ["BlockBatches", "block_validation", "prepare_blocks"]

Weigh = Callable[[np.ndarray, np.ndarray | None], np.ndarray | None]


class _Piece(NamedTuple):
    """A buffer in an epoch: its first row, its end, and how many rows of the one before stand before it."""

    begin: int
    end: int
    lead: int
    buffer: Buffer


class BlockBatches(Batches):
    """Rows of a source of blocks: each once an epoch, in an order that follows from the seed and the epoch.

    At most ``source.buffer_blocks`` blocks are drawn at a time, and their rows shuffled: see
    `glassnet.utils.block_sources.buffers_of`. While one such buffer is trained on, a thread reads the next. Batches
    go on across buffers, so only the last of an epoch can be shorter. A run that is resumed reads no buffer before its
    place. If one batch holds all rows, they come in their order, as from arrays. Members share the order, that of the
    first one's seed.

    Parameters
    ----------
    network : BaseNetwork
        Built for the rows if it is new.
    source : BlockSource
        The rows.
    batch_size, shuffle, drop_last
        As of `glassnet.training.batches.ArrayBatches`.
    steps_per_epoch : int, optional
        Batches in an epoch, which goes on where the one before ended; by default those of a pass over all rows.
    weigh : callable
        Returns the weights of rows, given their targets and the weights that came with them.
    """

    def __init__(
        self,
        network: BaseNetwork,
        source: BlockSource,
        *, batch_size: int, shuffle: bool, drop_last: bool, weigh: Weigh, steps_per_epoch: int | None = None,
    ) -> None:  # fmt: skip
        if not source.n_rows:
            message = "fit: there are no rows to train on; there must be at least one."
            raise DataError(message)
        self.source, self.n_rows = source, source.n_rows
        self._network, self._weigh = network, weigh
        self.batch_size = min(batch_size, self.n_rows)
        full = self.n_rows // self.batch_size
        self._in_pass = full if drop_last else -(-self.n_rows // self.batch_size)
        self.n_batches = self.n_steps = self._in_pass if steps_per_epoch is None else steps_per_epoch
        self._under_way: tuple[int, int, Generator[Batch]] | None = None  # pass, its next batch, and its batches
        self._last_pass: Generator[Batch] | None = None
        self._end = full * self.batch_size if drop_last else self.n_rows
        self.shuffles = shuffle and self.n_rows > self.batch_size
        # What is wrong with the rows of one block is wrong before the first step.
        self._like = self._checked()

    def _checked(self) -> Batch:
        """Return no rows, of the shapes and types of those of a block, which are checked; some row must weigh."""
        for block in np.flatnonzero(np.diff(self.source.starts)).tolist():
            batch = self.prepared(self.source.read(block))
            if batch[2] is None or batch[2].any():
                X, y, weight = _slice(batch, 0, 0)
                return X.copy(), y.copy(), None if weight is None else weight.copy()  # a view keeps the whole block
        message = "fit: the weights of all rows are 0; some row must weigh more. Correct their column."
        raise DataError(message, got=0.0)

    def prepared(self, arrays: Any) -> Batch:
        network = self._network
        X, y, weight = network._check_data("fit", *arrays, is_part=True)
        weight = self._weigh(y, weight)
        return X, y, None if weight is None else weight.astype(network.dtype, copy=False)

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        assert self.n_batches is not None
        place, left = epoch * self.n_batches + first, self.n_batches - first
        while left > 0:
            number, batch = divmod(place, self._in_pass)
            if self._under_way is None or self._under_way[:2] != (number, batch):
                self.close()
                self._last_pass = self._pass(number, batch)
                self._under_way = number, batch, self._last_pass
            batches, self._under_way = self._under_way[2], None
            found = next(batches)
            if batch + 1 < self._in_pass:
                # Where an epoch is a part of a pass, the next goes on with the buffers that are in memory.
                self._under_way = number, batch + 1, batches
            place, left = place + 1, left - 1
            yield found

    def close(self) -> None:
        under_way, self._under_way, self._last_pass = self._last_pass, None, None
        if under_way is not None:
            under_way.close()

    def _pass(self, number: int, first: int) -> Generator[Batch]:
        """Yield the batches of a pass over all rows, from the ``first``-th on."""
        size, row = self.batch_size, first * self.batch_size
        # One is trained on while the other is filled, and they change places.
        room = (self._room(), self._room())
        rest = self._like  # the rows left over from the buffer before, fewer than a batch
        ends = threading.Event()
        with ThreadPoolExecutor(1, "glassnet-reader") as reader, ExitStack() as at_end:
            at_end.callback(ends.set)  # else the end would wait until a whole buffer has been read
            plan = self._plan(number, row)
            loading = self._load_next(reader, plan, room[0], ends)
            for turn in itertools.count(1):
                if loading is None:
                    return
                piece, arrays = loading.result()
                loading = self._load_next(reader, plan, room[turn % 2], ends)
                _copy(rest, _slice(arrays, 0, piece.lead))
                last = min(piece.end, self._end) if loading is None else piece.end // size * size
                origin = piece.begin - piece.lead
                for start in range(row, last, size):
                    yield self._part(arrays, start - origin, min(start + size, last) - origin)
                row = max(row, last)
                X, y, weight = _slice(arrays, row - origin, piece.end - origin)
                rest = X.copy(), y.copy(), None if weight is None else weight.copy()

    def _room(self) -> Batch:
        """Return arrays for the largest buffer, behind the rest of another."""
        counts = np.sort(np.diff(self.source.starts))
        largest = counts[-max(blocks_together(int(np.count_nonzero(counts)), self.source.buffer_blocks)) :].sum()
        X, y, weight = (
            None if like is None else np.empty((largest + self.batch_size, *like.shape[1:]), like.dtype)
            for like in self._like
        )
        assert X is not None
        assert y is not None
        return X, y, weight

    def _plan(self, number: int, row: int) -> Iterator[_Piece]:
        """Yield the buffers of a pass, from that on which has a row."""
        begin = 0
        for buffer in buffers_of(self.source, number, self._network._streams[0].shuffling if self.shuffles else None):
            end = begin + buffer.n_rows
            if end > row and begin < self._end:
                yield _Piece(begin, end, 0 if begin <= row else begin % self.batch_size, buffer)
            begin = end

    def _load_next(
        self, reader: ThreadPoolExecutor, plan: Iterator[_Piece], room: Batch, ends: threading.Event
    ) -> Future[tuple[_Piece, Batch]] | None:
        """Begin to read the next buffer of a plan; None after the last."""
        piece = next(plan, None)
        return None if piece is None else reader.submit(self._load, piece, room, ends)

    def _load(self, piece: _Piece, room: Batch, ends: threading.Event) -> tuple[_Piece, Batch]:
        """Return the rows of a buffer in the order in which they are visited, behind room for the rest of another."""
        buffer, arrays = piece.buffer, _slice(room, 0, piece.lead + piece.buffer.n_rows)
        for place, found in self.source.read_blocks(buffer.blocks.tolist()):
            if ends.is_set():
                break
            own = slice(buffer.starts[place], buffer.starts[place + 1])
            rows = np.arange(own.start, own.stop) if buffer.places is None else buffer.places[own]
            for array, part in zip(arrays, self.prepared(found), strict=True):
                if array is not None:
                    array[piece.lead + rows] = part
        return piece, arrays

    def _part(self, arrays: Batch, start: int, stop: int) -> Batch:
        own = (0, stop - start) if self.sharding is None else self.sharding.cut(stop - start)
        X, y, weight = _slice(arrays, start + own[0], start + own[1])
        broadcast = self._network._broadcast
        return broadcast(X), broadcast(y), None if weight is None else broadcast(weight)

    def identity(self) -> dict[str, Any]:
        return {
            "rows": self.n_rows,
            "batch_size": self.batch_size,
            "batches": self.n_batches,
            "shuffle": self.shuffles,
            "contents": f"{self.source.identity()}, at most {self.source.buffer_blocks} together",
        }


def _slice(arrays: Batch, start: int, stop: int) -> Batch:
    X, y, weight = arrays
    return X[start:stop], y[start:stop], None if weight is None else weight[start:stop]


def _copy(one: Batch, other: Batch) -> None:
    """Copy rows into others."""
    for source, target in zip(one, other, strict=True):
        if source is not None and target is not None:
            target[...] = source


def prepare_blocks(
    network: BaseNetwork, source: BlockSource, y: Any, options: FitOptions, split: float, order: dict[str, Any]
) -> tuple[BlockBatches, Validation | None]:
    """Return the batches of a source of blocks, and the validation rows that it is divided into, if a share is.

    Parameters
    ----------
    network : BaseNetwork
        Built for the rows if it is new.
    source : BlockSource
        What stands in the place of X and y.
    y : None
        Others are refused.
    options : FitOptions
        All of them.
    split : float
        Share of the rows to hold out, which are read into memory.
    order : dict
        ``batch_size``, ``shuffle`` and ``drop_last``, checked.
    """
    given = {"y": y, "sample_weight": options["sample_weight"]}
    for name, value in given.items():
        if value is not None:
            advice = {"y": "Name the column: target='y'.", "sample_weight": "Name the column: weight='w'."}
            fact = f"{name} is {shortened(repr(value), 40)}; with blocks of rows it must be left out"
            message = f"fit: {fact}. {advice[name]}"
            raise ConfigError(message, got=value)
    steps = options["steps_per_epoch"]
    if steps is not None:
        order = {**order, "steps_per_epoch": check_integer("fit", "steps_per_epoch", steps, 1)}
    if split and options["validation_data"] is not None:
        message = "fit: validation_data and validation_split are both given; only one may be. Leave one out."
        raise ConfigError(message)
    if split and network.members is not None:
        message = f"fit: validation_split is {split}; with members it must be 0. Pass one validation_data for all."
        raise ConfigError(message)
    check = getattr(source, "check_numbers", None)
    if check is not None:
        check("fit")
    held_out = None
    if split:
        seed = int(network._streams[0].split().integers(2**63))
        held_out = BlockPart(source, split, seed, held_out=True)
        source = BlockPart(source, split, seed, held_out=False)
        if not held_out.n_rows or not source.n_rows:
            parts = f"{source.n_rows} rows for training and {held_out.n_rows} for validation"
            message = f"fit: validation_split leaves {parts}; there must be some of both."
            raise DataError(message, got=split)
    was_new = network._store is None
    try:
        weigh = _weigher(network, source, options["class_weight"])
        batches = BlockBatches(network, source, weigh=weigh, **order)
        return batches, None if held_out is None else _in_memory(network, held_out)
    except Exception:
        if was_new:
            network._forget_shape()
        raise


def _weigher(network: BaseNetwork, source: BlockSource, class_weight: Any) -> Weigh:
    """Return what multiplies the weights of rows by those of their classes, which balanced ones are counted for."""
    if class_weight is None:
        return lambda y, weight: weight
    if network._store is None:
        network.build((source.n_features,))
    k, factors = max(network.n_outputs, 2), None

    def counted() -> np.ndarray:
        counts = np.zeros(k)
        for _, (X, y, weight) in source.read_blocks(range(source.n_blocks)):
            if len(X):
                _, y, weight = network._check_data("fit", X, y, weight, is_part=True)
                codes = class_codes(network.loss, y)
                counts += 0 if codes is None else np.bincount(codes, weight, k)
        return counts

    if isinstance(class_weight, str) and class_weight == "balanced":
        factors = class_factors(class_weight, k, np.arange(k), counted())
    else:
        factors = class_factors(class_weight, k, None)
    return lambda y, weight: weigh_classes(network.loss, factors, y, weight)


def _in_memory(network: BaseNetwork, source: BlockSource) -> Validation:
    """Return all rows of a source as checked arrays."""
    X = np.empty((source.n_rows, source.n_features), network.dtype)
    others: list[tuple[np.ndarray, np.ndarray | None]] = [(np.empty(0), None)] * source.n_blocks
    for place, (part, y, weight) in source.read_blocks(range(source.n_blocks)):
        X[source.starts[place] : source.starts[place + 1]] = part
        others[place] = y, weight
    targets, weights = _columns(others)
    checked: Validation = network._check_data("fit: validation rows", X, targets, weights)
    return checked


def _columns(parts: list[tuple[np.ndarray, np.ndarray | None]]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the targets and weights of all blocks."""
    found = [weight for _, weight in parts if weight is not None]
    return np.concatenate([y for y, _ in parts if len(y)]), np.concatenate(found) if found else None


def block_validation(network: BaseNetwork, source: BlockSource, trained: Any = None) -> Validation:
    """Return a source as validation rows: its inputs are read anew at each evaluation, a block at a time.

    Parameters
    ----------
    network : BaseNetwork
        Built.
    source : BlockSource
        The rows; its targets and weights are read now.
    trained : BlockSource or anything else
        What is trained on: where both know the names of their columns, the inputs are matched by these.
    """
    names = getattr(trained, "columns", None) if isinstance(trained, BlockSource) else None
    if names is not None and hasattr(source, "with_columns"):
        source = source.with_columns("fit: validation_data", names)
    check = getattr(source, "check_numbers", None)
    if check is not None:
        check("fit: validation_data")
    others: list[tuple[np.ndarray, np.ndarray | None]] = [(np.empty(0), None)] * source.n_blocks
    first = None
    for place, (X, y, weight) in source.read_blocks(range(source.n_blocks)):
        if first is None and len(X):
            first = X[:1]
        others[place] = y, weight
    targets, weights = _columns(others)
    assert first is not None
    network._check_data("fit: validation_data", first, targets[:1])
    rows = BlockRows(source, network.dtype)
    y = network.loss.prepare(targets, network.n_outputs, network.dtype)
    weight = None if weights is None else check_weights("fit: validation_data", weights).astype(network.dtype)
    return rows, y, weight
