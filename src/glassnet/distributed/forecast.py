"""What more ranks would bring, worked out from a second of measuring on this machine."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any, Self

from glassnet.distributed.cost_model import Costs, StepTime, step_time
from glassnet.distributed.forecast_advice import advice_for
from glassnet.distributed.forecast_rows import ROW_HEAD, ForecastRow, row_texts
from glassnet.distributed.measuring import measure_costs
from glassnet.distributed.networks import SHARED_MEMORY, Link, as_link
from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, NotFittedError
from glassnet.training.division import check_shards
from glassnet.training.threads.blas import usable_cores
from glassnet.utils.checks import check_flag, check_integer, check_number
from glassnet.utils.keywords import advises_on_names
from glassnet.utils.short_text import number_text
from glassnet.utils.text_table import table_lines

__all__ = ["ScalingForecast", "scaling_forecast"]

_WHERE = "scaling_forecast"
_MOST_RANKS = 1024
_GAIN = 1.05  # what more ranks must bring


@dataclasses.dataclass(frozen=True)
class ScalingForecast:
    """What `scaling_forecast` found: how long a step takes on 1, 2, 4 ... ranks, and what to do.

    Attributes
    ----------
    costs : Costs
        What a step costs on this machine, as it was measured.
    link : Link
        Latency and bandwidth of the network.
    network : str
        The name of it.
    batch_size : int
        Rows of a step, over all ranks.
    ranks : tuple of int
        The numbers of ranks that `rows` has.
    shards : int or None
        Parts of a batch; None for one on each rank.
    sharded_optimizer : bool
        Whether each rank updates its slice of the parameters only.
    members : int
        How many networks are trained at once.
    """

    costs: Costs
    link: Link
    network: str
    batch_size: int
    ranks: tuple[int, ...]
    shards: int | None = None
    sharded_optimizer: bool = False
    members: int = 1

    def step(self, ranks: int) -> StepTime:
        """Return the parts of a step on so many ranks, in seconds.

        Parameters
        ----------
        ranks : int
            How many; at most ``shards``, where those are given, and at most ``batch_size``.
        """
        ranks = check_integer("ScalingForecast.step", "ranks", ranks, 1, maximum=self._most_ranks)
        kept: dict[str, Any] = {"shards": self.shards, "sharded_optimizer": self.sharded_optimizer}
        return step_time(self.costs, self.batch_size, ranks, self.link, **kept)

    @property
    def _most_ranks(self) -> int:
        return min(self.batch_size, self.shards or self.batch_size)

    def speedup(self, ranks: int) -> float:
        """Return how many times as fast training is as in one process that has each batch in one piece.

        Parameters
        ----------
        ranks : int
            How many; at most ``shards``, where those are given, and at most ``batch_size``.
        """
        return step_time(self.costs, self.batch_size, 1, self.link).total / self.step(ranks).total

    def rows(self) -> list[ForecastRow]:
        """Return what is forecast for each number of ranks."""
        return [self._row(ranks) for ranks in self.ranks]

    def _row(self, ranks: int) -> ForecastRow:
        parts, speedup = self.step(ranks), self.speedup(ranks)
        return ForecastRow(ranks, 1e3 * parts.total, speedup, speedup / ranks, 1e3 * parts.communication, parts.largest)

    @property
    def best(self) -> int:
        """Where more ranks stop paying: the fewest that no other number is more than 5 % faster than."""
        speedups = {ranks: self.speedup(ranks) for ranks in self.ranks}
        enough = max(speedups.values()) / _GAIN
        return min(ranks for ranks, speedup in speedups.items() if speedup >= enough)

    def with_settings(self, *, batch_size: int | None = None, sharded_optimizer: bool | None = None) -> Self:
        """Return a forecast from the same measurement for other settings.

        Parameters
        ----------
        batch_size : int, optional
            Rows of a step; by default as before.
        sharded_optimizer : bool, optional
            Whether each rank updates its slice only; by default as before.
        """
        where = "ScalingForecast.with_settings"
        rows = self.batch_size if batch_size is None else batch_size
        rows = check_integer(where, "batch_size", rows, max(self.ranks))
        sharded = self.sharded_optimizer if sharded_optimizer is None else sharded_optimizer
        sharded = check_flag(where, "sharded_optimizer", sharded)
        return dataclasses.replace(self, batch_size=rows, sharded_optimizer=sharded)

    @property
    def advice(self) -> tuple[str, ...]:
        """What follows from it, in sentences."""
        return advice_for(self)

    def table(self) -> str:
        """Return the rows as text, the best one marked, and the advice below them."""
        cells = [[*ROW_HEAD, ""]]
        cells += [[*row_texts(row), "best" if row.ranks == self.best else ""] for row in self.rows()]
        return "\n".join([*table_lines(cells, align=">>>>><<"), "", *self.advice])

    def _repr_html_(self) -> str:
        from glassnet.distributed.forecast_html import scaling_html

        return scaling_html(self)

    def __repr__(self) -> str:
        what = f"{self.batch_size:,} rows a step, {self.network}"
        found = f"{self.best} of up to {max(self.ranks)} ranks, {number_text(self.speedup(self.best), 2)} times as fast"
        return f"ScalingForecast({what}: best {found})"


@advises_on_names
def scaling_forecast(
    net: BaseNetwork,
    batch_size: int,
    network: str | Link = "10GbE",
    *,
    ranks: Sequence[int] | None = None,
    shards: int | None = None,
    sharded_optimizer: bool = False,
    seconds: float = 1.0,
    data: Any = None,
) -> ScalingForecast:
    """Forecast how much faster ``fit(..., shards=, distributed="mpi")`` trains on more ranks.

    Real steps of a copy of the network are timed here for a second, on rows that are made up, with one BLAS thread; the
    network itself stays as it is. From that, and from latency and bandwidth of the ``network``, follows the time of a
    step on R ranks of cores like this one, each free for its rank:

    ``T(R) = call + row * B / R + optimizer + reduction(R)``, see `glassnet.distributed.cost_model`.

    Parameters
    ----------
    net : Network
        Built, with members or without; it is not changed.
    batch_size : int
        Rows of a step, over all ranks, B; at least 2.
    network : str or Link, default="10GbE"
        What connects the machines: ``"1GbE"``, ``"10GbE"``, ``"25GbE"``, ``"HDR100"``, or ``"shared memory"`` for ranks
        on one machine, with typical figures each (see `glassnet.distributed.NETWORKS`); or a `Link` with yours.
    ranks : sequence of int, optional
        Numbers of ranks to forecast for; by default 1, 2, 4 and so on up to 1,024, or to ``batch_size``, ``shards``, or
        in shared memory the number of cores.
    shards : int, optional
        The ``shards`` of `fit`, a power of two and at least as many as ranks; by default the fewest for each number of
        ranks. What a pass costs beside its rows is paid for each shard.
    sharded_optimizer : bool, default=False
        Whether each rank updates its own slice of the parameters only.
    seconds : float, default=1.0
        How long to measure. A network of which a few steps take longer needs more.
    data : (X, y), optional
        Rows of yours to measure with, where those made up do not do.

    Returns
    -------
    ScalingForecast
        ``print(forecast.table())`` shows it.

    Raises
    ------
    NotFittedError
        The network is not built.
    ConfigError
        There is no such network, or there would be more ranks than rows or shards.

    References
    ----------
    Thakur, Rabenseifner & Gropp (2005), "Optimization of collective communication operations in MPICH", section 4.

    Examples
    --------
    >>> import glassnet as gn
    >>> layers = [gn.Dense(32, "relu"), gn.Dense(10)]
    >>> net = gn.Network(layers, loss="cross_entropy", seed=0, input_shape=(20,))
    >>> slow = gn.distributed.Link(latency=5e-3, bandwidth=1e7)
    >>> forecast = gn.scaling_forecast(net, 64, network=slow, seconds=0.05)
    >>> forecast.best, len(forecast.rows())
    (1, 7)
    >>> print(forecast.advice[1])
    More ranks do not pay here: no number of them is more than 5 % faster than one.
    """
    if not isinstance(net, BaseNetwork):
        must = "it must be a network"
        message = f"{_WHERE}: net is of type {type(net).__name__}; {must}. Pass a glassnet.Network."
        raise ConfigError(message, expected=must, got=type(net))
    if net._store is None:
        message = f"{_WHERE}: the network is not built: its input shape is unknown. Call fit or build first."
        raise NotFittedError(message)
    batch_size = check_integer(_WHERE, "batch_size", batch_size, 2)
    name, link = as_link(_WHERE, network)
    shards = None if shards is None else check_shards(_WHERE, shards)
    chosen = _ranks(ranks, batch_size, shards, name)
    sharded_optimizer = check_flag(_WHERE, "sharded_optimizer", sharded_optimizer)
    seconds = check_number(_WHERE, "seconds", seconds, 0.0, open_minimum=True)
    costs = measure_costs(_WHERE, net, batch_size, seconds, data)
    return ScalingForecast(costs, link, name, batch_size, chosen, shards, sharded_optimizer, net.members or 1)


def _ranks(given: Sequence[int] | None, batch_size: int, shards: int | None, network: str) -> tuple[int, ...]:
    """Return the numbers of ranks to forecast for, in rising order, checked."""
    most = batch_size if shards is None else min(shards, batch_size)
    if given is None:
        most = min(most, usable_cores() if network == SHARED_MEMORY else _MOST_RANKS)
        return tuple(2**power for power in range(math.floor(math.log2(most)) + 1))
    if isinstance(given, str) or not isinstance(given, Iterable):
        must = "it must be a list of numbers"
        message = f"{_WHERE}: ranks is {given!r}; {must}. Write ranks=[1, 2, 4], for example."
        raise ConfigError(message, expected=must, got=given)
    numbers = sorted({check_integer(_WHERE, "ranks", number, 1) for number in given})
    if not numbers or numbers[-1] > most:
        is_row = shards is None or shards > most
        what, advice = ("batch_size", "Each rank needs a row.") if is_row else ("shards", "Each rank needs a shard.")
        must = f"they must be numbers of at most {what}, which is {most:,}"
        message = f"{_WHERE}: ranks is {given!r}; {must}. {advice}"
        raise ConfigError(message, expected=must, got=given)
    return tuple(numbers)
