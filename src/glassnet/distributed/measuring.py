"""What a step of a network costs on this machine: real steps of a copy, of several batch sizes, timed part by part."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from glassnet.distributed.cost_model import Costs
from glassnet.distributed.made_up_rows import rows_for
from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, DataError, DivergenceError
from glassnet.training.batches import ArrayBatches, Batch, Batches
from glassnet.training.division import Sharding
from glassnet.training.loop import Run
from glassnet.training.run_state import RunState
from glassnet.training.sharding.ranks import Ranks
from glassnet.training.sharding.sharded_step import ShardedStep
from glassnet.training.threads.blas import blas_threads
from glassnet.utils.row_sources import take_rows

__all__ = ["measure_costs"]

# Shares of a batch that are measured, as on so many ranks; a network keeps what it needs for eight sizes of batches.
_SHARES = (1024, 128, 16, 4, 2, 1)
_ROUNDS = 3  # in turn, so that a moment in which the machine is busy spoils no size
_MOST_OF_A_STEP = 0.1  # of the time there is; sizes whose steps take longer are not tried
_FOR_ADDING = 0.1  # of the time there is
_FEWEST_ROWS, _FEWEST_STEPS = 1024, 2
_ENDLESS = 2**40  # steps
_MOST_NUMBERS = 2**23  # in the rows of a batch; larger batches cost as much a row


class _Times(NamedTuple):
    """The seconds of a step."""

    passes: float
    mean: float
    optimizer: float


class _TimedStep(ShardedStep):
    """A step that reads the clock between its parts, and at its end.

    ``divides`` says whether its batch is one shard, as on one of several ranks, or is not divided.
    """

    def __init__(self, network: BaseNetwork, state: RunState, steps_per_epoch: int | None) -> None:
        super().__init__(network, state, steps_per_epoch, sharding=Sharding(1, range(1)), ranks=Ranks())
        self.divides = False
        self.ended = self._passed = self._averaged = time.perf_counter()
        self.times: list[_Times] = []  # since it was emptied

    def _sum_up(self, batch: Batch) -> bool:
        self._sharding.cut(batch[0].shape[-1 - len(self.network.input_shape or ())])
        weighs = True
        if self.divides:
            weighs = super()._sum_up(batch)
        else:
            self.network._accumulate(*batch, self._info)
        self._passed = time.perf_counter()
        return weighs

    def _update(self, position: float) -> None:
        self._averaged = time.perf_counter()
        super()._update(position)

    def __call__(self, batch: Batch) -> tuple[Any, Any]:
        found = super().__call__(batch)
        now = time.perf_counter()
        self.times.append(_Times(self._passed - self.ended, self._averaged - self._passed, now - self._averaged))
        self.ended = now
        return found


class _Ladder(Batches):
    """Batches of several sizes in turn, each for a while, until the time is over.

    ``found`` has the times of the steps by size, those just after a change left out; under 0 are those of divided
    batches of the smallest size.
    """

    def __init__(self, network: BaseNetwork, X: Any, y: Any, batch_size: int, seconds: float) -> None:
        self.n_batches = None
        self.found: dict[int, list[_Times]] = {}
        self.step: _TimedStep | None = None
        self._seconds = seconds
        kept: dict[str, Any] = {"shuffle": True, "drop_last": True, "steps_per_epoch": _ENDLESS}
        kept |= {"streams": network._streams, "members": network.members}
        self._sources = {
            size: ArrayBatches(X, y, None, batch_size=size, **kept).epoch(0)
            for size in sorted({max(1, batch_size // share) for share in _SHARES})
        }

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        assert self.step is not None
        start, sizes = time.perf_counter(), list[int]()
        for size, batches in self._sources.items():
            expected = sum(self.step.times[-1]) * size / sizes[-1] if sizes else 0.0
            if len(sizes) > 1 and expected > _MOST_OF_A_STEP * self._seconds:
                break
            yield next(batches)
            yield next(batches)
            sizes.append(size)
        blocks = [*sizes, 0] * _ROUNDS
        for i, size in enumerate(blocks):
            now = time.perf_counter()
            end = now + (start + self._seconds - now) / (len(blocks) - i)
            self.step.times.clear()
            self.step.divides = not size
            while len(self.step.times) < _FEWEST_STEPS or self.step.ended < end:
                yield next(self._sources[size or sizes[0]])
            self.found.setdefault(size, []).extend(self.step.times[1:])


def measure_costs(where: str, network: BaseNetwork, batch_size: int, seconds: float, data: Any = None) -> Costs:
    """Return what a step costs on this machine, with one BLAS thread; the network is not changed.

    Parameters
    ----------
    where : str
        Name of the caller, for messages.
    network : BaseNetwork
        It is built.
    batch_size : int
        Rows of the largest batch that is tried, unless it would take much memory.
    seconds : float
        How long to measure; where a step takes long, a few steps all the same.
    data : (X, y), optional
        Rows to measure with; by default made up.
    """
    network = network._untrained()
    network.optimizer.learning_rate = 0.0  # so that the weights stay sensible
    batch_size = min(batch_size, max(_MOST_NUMBERS // math.prod(network.input_shape or ()), _FEWEST_ROWS))
    X, y = _rows(where, network, max(2 * batch_size, _FEWEST_ROWS), data)
    ladder = _Ladder(network, X, y, batch_size, (1.0 - _FOR_ADDING) * seconds)
    with blas_threads(1):
        run = Run(network, ladder, 1, make_step=_TimedStep)
        assert isinstance(run.take_step, _TimedStep)
        ladder.step = run.take_step
        try:
            run.loop()
        except DivergenceError as error:
            must = "it must be finite"
            message = f"{where}: the loss of the rows to measure with is not finite; {must}. Pass rows, data=(X, y)."
            raise DataError(message, expected=must, got=str(error)) from error
        addition = _seconds_a_byte(network._built(where).message, _FOR_ADDING * seconds)
    found = {size: _typical(times) for size, times in ladder.found.items()}
    dividing = max(0.0, found.pop(0).passes - found[min(found)].passes)
    call, row = _line({size: each.passes for size, each in found.items()})
    mean = statistics.median(each.mean for each in found.values())
    optimizer = statistics.median(each.optimizer for each in found.values())
    needs_all = network.members is not None or network.optimizer.clip_norm is not None
    apart = network.params.nbytes if needs_all else 0
    return Costs(call, row, optimizer, addition, network._built(where).message.nbytes, dividing, mean, apart)


def _rows(where: str, network: BaseNetwork, n: int, data: Any) -> tuple[Any, Any]:
    """Return n rows that are checked and targets that are prepared; where there are fewer, they are repeated."""
    if data is None:
        return rows_for(where, network, n)
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        must = "it must be a pair of arrays"
        message = f"{where}: data is of type {type(data).__name__}; {must}. Write data=(X, y)."
        raise ConfigError(message, expected=must)
    X, y, _ = network._check_data(where, *data)
    numbers = np.arange(n) % len(X)
    return take_rows(X, numbers), take_rows(y, numbers)


def _typical(times: list[_Times]) -> _Times:
    """Return what each part takes where nothing else uses the core: the first quartile."""
    return _Times(*np.quantile(times, 0.25, axis=0).tolist())


def _line(seconds: dict[int, float]) -> tuple[float, float]:
    """Return the line through times by batch size, its start and its slope, both at least 0, by relative errors."""
    size, took = np.array(list(seconds), dtype=np.float64), np.array(list(seconds.values()))
    A, ones = np.stack([1.0 / took, size / took], axis=1), np.ones(len(size))
    (call, row), *_ = np.linalg.lstsq(A, ones)
    if len(size) > 1 and call >= 0.0 and row >= 0.0:
        return float(call), float(row)
    only = [float(column.sum() / column.dot(column)) for column in A.T]
    return (0.0, only[1]) if len(size) > 1 and call < 0.0 else (only[0], 0.0)


def _seconds_a_byte(message: np.ndarray, seconds: float) -> float:
    """Return how long it takes to add a message to another, by byte."""
    A, B, times = np.ones_like(message), np.ones_like(message), list[float]()  # zeros may be one page for all
    end = time.perf_counter() + seconds
    while len(times) <= _FEWEST_STEPS or time.perf_counter() < end:
        start = time.perf_counter()
        np.add(A, B, A)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:]) / message.nbytes
