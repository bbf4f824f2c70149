"""What follows from a forecast, in sentences: how many ranks, and what to do instead of more."""

from __future__ import annotations

from typing import Protocol, Self

from glassnet.distributed.networks import SHARED_MEMORY
from glassnet.training.threads.blas import usable_cores
from glassnet.utils.short_text import count, number_text

__all__ = ["advice_for"]

_MACHINES = 16  # that are used well or badly
_WELL = 0.5  # efficiency
_LITTLE = 4.0  # a speed-up below which more networks are the first advice
_TIMES_THE_ROWS = 8
_MUCH_MORE, _MORE = 1.5, 1.1  # times the speed-up that a larger batch or a divided optimizer must bring to be named


class _Forecast(Protocol):
    """The attributes of `ScalingForecast` that its advice follows from."""

    @property
    def network(self) -> str: ...

    @property
    def batch_size(self) -> int: ...

    @property
    def ranks(self) -> tuple[int, ...]: ...

    @property
    def shards(self) -> int | None: ...

    @property
    def sharded_optimizer(self) -> bool: ...

    @property
    def best(self) -> int: ...

    def speedup(self, ranks: int) -> float: ...

    def with_settings(self, *, batch_size: int | None = None, sharded_optimizer: bool | None = None) -> Self: ...


def advice_for(forecast: _Forecast) -> tuple[str, ...]:
    """Return the advice, the most important first."""
    best = forecast.best
    speedup = forecast.speedup(best)
    found = [_how_many(forecast, best, speedup)]
    pays = best > 1 and speedup > 1.0
    if pays:
        found += _shards(forecast, best)
    found += _sharded_optimizer(forecast, speedup) + _larger_batch(forecast, speedup)
    if not pays or _is_badly_used(forecast):
        found.insert(0 if speedup < _LITTLE else len(found), _MORE_NETWORKS)
    if forecast.network == SHARED_MEMORY:
        found.append(f"This machine has {count(usable_cores(), 'core')}; each rank needs one of its own.")
    if pays:
        found.append("Each step waits for the slowest rank: the forecast is for cores that nothing else uses.")
    return tuple(found)


_MORE_NETWORKS = (
    "Several networks use several machines better than one does: members=, gn.Population, and executor= of gn.sweep "
    "and gn.cross_validate exchange nothing in a step."
)


def _how_many(forecast: _Forecast, best: int, speedup: float) -> str:
    if best == 1:
        return "More ranks do not pay here: no number of them is more than 5 % faster than one."
    if speedup <= 1.0:
        best_of_them = f"{best:,}, the best number in the table, are {number_text(speedup, 2)} times as fast as"
        return f"Ranks do not pay here: {best_of_them} one process that does not divide its batches."
    gain = f"{best:,} ranks are {number_text(speedup, 2)} times as fast as one process"
    found = f"{gain}; no other number is more than 5 % faster"
    well_used = [ranks for ranks in forecast.ranks if ranks == 1 or forecast.speedup(ranks) >= _WELL * ranks]
    busy = max(well_used, default=best)
    return f"{found}, and up to {busy:,} do half of what each could alone, or more." if busy < best else f"{found}."


def _shards(forecast: _Forecast, best: int) -> list[str]:
    if forecast.shards is None:
        shards = 1 << (best - 1).bit_length()
        rule = "the network depends on shards and not on the number of ranks, which may be any up to that"
        return [f"Pass shards={shards}: {rule}."]
    if best == max(forecast.ranks) and 2 * best > forecast.shards:
        return [f"No more ranks than shards={forecast.shards} can take part; more shards train another network."]
    return []


def _sharded_optimizer(forecast: _Forecast, speedup: float) -> list[str]:
    if forecast.sharded_optimizer:
        return []
    other = forecast.with_settings(sharded_optimizer=True)
    faster = other.speedup(other.best)
    if faster < max(_MORE * speedup, 1.0):
        return []
    return [f"With MPI(sharded_optimizer=True) {other.best:,} ranks are {number_text(faster, 2)} times as fast."]


def _larger_batch(forecast: _Forecast, speedup: float) -> list[str]:
    rows = _TIMES_THE_ROWS * forecast.batch_size
    other = forecast.with_settings(batch_size=rows)
    faster = other.speedup(other.best)
    if faster < max(_MUCH_MORE * speedup, 1.0):
        return []
    ranks = f"{other.best:,} ranks are {number_text(faster, 2)} times as fast"
    gain = f"With batch_size={rows}, {ranks} as one with such batches"
    return [f"{gain}; but larger batches change what is learned, so that this is yours to choose and to try."]


def _is_badly_used(forecast: _Forecast) -> bool:
    """Return whether several machines would do less than half of what each could alone."""
    several = max(ranks for ranks in forecast.ranks if ranks <= _MACHINES or ranks == min(forecast.ranks))
    return forecast.speedup(several) < _WELL * several
