"""Random number streams that depend on a seed and a position only, never on earlier draws.

Because the order of epoch e is a function of (seed, e), and the noise of a layer a function of
(seed, epoch, batch, shard, layer), a run that is resumed needs no saved generator state to give the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["KeyedGenerator", "Noise", "Streams", "fresh_seed"]

_DRAWS = 16_384  # bytes at a time

_INITIALISATION, _SPLIT, _SHUFFLING, _NOISE, _FROM_DATA = range(5)


def fresh_seed() -> int:
    """Return a seed from the operating system, small enough to be typed again."""
    return int(np.random.SeedSequence().generate_state(1)[0])


class KeyedGenerator:
    """A Philox generator that can be placed at any position in a few microseconds.

    The key comes from a seed; the position fills the upper three words of the 256-bit counter, the lowest counts the
    draws. Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3".

    Examples
    --------
    >>> numbers = KeyedGenerator(np.random.SeedSequence(0))
    >>> first = numbers.at(3, 1).random()
    >>> numbers.at(7).random() != first, numbers.at(3, 1).random() == first
    (True, True)
    """

    def __init__(self, seed: np.random.SeedSequence) -> None:
        self._philox = np.random.Philox(key=seed.generate_state(2, np.uint64))
        self._generator = np.random.Generator(self._philox)
        self._state: Any = dict(self._philox.state)
        self._counter = self._state["state"]["counter"]

    def at(self, first: int, second: int = 0, third: int = 0) -> np.random.Generator:
        """Return the generator, placed at the start of the numbers of this position."""
        self._counter[:] = (0, third, second, first)
        self._philox.state = self._state
        return self._generator


class Streams:
    """The independent streams of one network's run: everything random in it follows from the seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.shuffling = KeyedGenerator(self._sequence(_SHUFFLING))

    def _sequence(self, stream: int) -> np.random.SeedSequence:
        return np.random.SeedSequence(self._seed, spawn_key=(stream,))

    def initialisation(self) -> np.random.Generator:
        """Return the generator that draws the initial parameters."""
        return np.random.default_rng(self._sequence(_INITIALISATION))

    def start_from_data(self) -> np.random.Generator:
        """Return the generator that draws initial parameters from training rows."""
        return np.random.default_rng(self._sequence(_FROM_DATA))

    def split(self) -> np.random.Generator:
        """Return the generator that selects the rows held out for validation."""
        return np.random.default_rng(self._sequence(_SPLIT))

    def noise(self) -> KeyedGenerator:
        """Return the generator of dropout and other noise."""
        return KeyedGenerator(self._sequence(_NOISE))

    def order(self, epoch: int, n: int) -> np.ndarray:
        """Return the order in which ``epoch`` visits ``n`` rows."""
        return self.shuffling.at(epoch).permutation(n)

    def block_order(self, epoch: int, n: int, block: int, together: int) -> np.ndarray:
        """Return an order of ``n`` rows in which neighbouring rows are visited at about the same time.

        Blocks of ``block`` rows are shuffled, then the rows within every ``together`` successive blocks.
        """
        order = np.empty(n, dtype=np.int64)
        blocks = self.shuffling.at(epoch).permutation(-(-n // block))
        stop = 0
        for i in range(0, len(blocks), together):
            starts = blocks[i : i + together] * block
            rows = (starts[:, None] + np.arange(block)).reshape(-1)
            rows = rows[rows < n]
            start, stop = stop, stop + len(rows)
            order[start:stop] = self.shuffling.at(epoch, 1 + i // together).permutation(rows)
        return order


class Noise:
    """Noise for layers: one key per member, one position per (epoch, batch, shard, layer).

    Attributes
    ----------
    epoch, batch : int
        Position of the step.
    shard : int
        Which part of the batch the rows are.
    """

    def __init__(self, streams: Sequence[Streams], members: int | None) -> None:
        self._generators = [stream.noise() for stream in streams]
        self._members = members
        self.epoch = 0
        self.batch = 0
        self.shard = 0

    def uniform(self, layer: int, out: np.ndarray) -> np.ndarray:
        """Fill ``out`` of shape (K?, n, *sample_shape) from U[0, 1), each member from its own key."""
        rows = [out] if self._members is None else list(out)
        for generator, row in zip(self._generators, rows, strict=True):
            generator.at(self.epoch, self.batch, self.shard << 32 | layer).random(dtype=row.dtype, out=row)
        return out

    def at_least(self, layer: int, limit: np.ndarray, out: np.ndarray, tied: np.ndarray) -> np.ndarray:
        """Fill ``out`` with whether 16 random bits, a number of its own for each entry, are at least ``limit``.

        The lower 8 bits are drawn only where the upper 8 do not decide, in one of 256 entries: half of the numbers.

        Parameters
        ----------
        layer : int
            Position of the layer.
        limit : ndarray of uint16
            One for all, or one for each member.
        out, tied : ndarray of bool, shape (K?, n, *sample_shape)
            The result, each member's from its own key; and scratch.
        """
        rows = [(out, tied)] if self._members is None else zip(out, tied, strict=True)
        limits = limit.reshape(-1).tolist()
        if len(limits) == 1:
            limits *= len(self._generators)
        for generator, own, (row, undecided) in zip(self._generators, limits, rows, strict=True):
            source, size = generator.at(self.epoch, self.batch, self.shard << 32 | layer).bit_generator, row.size
            kept, ties = row.reshape(-1), undecided.reshape(-1)
            upper, lower = divmod(own, 256)
            for start in range(0, size, _DRAWS):
                part = slice(start, min(start + _DRAWS, size))
                drawn = source.random_raw(-(-(part.stop - start) // 8)).view(np.uint8)[: part.stop - start]
                np.greater(drawn, upper, out=kept[part])
                np.equal(drawn, upper, out=ties[part])
            places = ties.nonzero()[0]
            kept[places] = source.random_raw(-(-len(places) // 8)).view(np.uint8)[: len(places)] >= lower
        return out

    def normal(self, layer: int, out: np.ndarray) -> np.ndarray:
        """Fill ``out`` of shape (K?, n, *sample_shape) from N(0, 1), each member from its own key."""
        rows = [out] if self._members is None else list(out)
        for generator, row in zip(self._generators, rows, strict=True):
            generator.at(self.epoch, self.batch, self.shard << 32 | layer).standard_normal(dtype=row.dtype, out=row)
        return out
