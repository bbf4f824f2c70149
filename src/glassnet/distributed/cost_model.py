"""How long a training step takes on R ranks: what ranks divide, what each does in full, and the reduction.

::

    T(R) = dividing + m * call + row * B / R + 2 * (m - 1) * n * addition
           + mean + optimizer / (R if sharded else 1) + A(R, n)

for B rows a step, m shards on each rank and messages of n bytes. `reduction` has A. Where one process has each batch in
one piece nothing is divided.

References
----------
Thakur, Rabenseifner & Gropp (2005), "Optimization of collective communication operations in MPICH", section 4: what
recursive doubling costs, and halving and doubling.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from glassnet.distributed.exchange import SMALL
from glassnet.distributed.networks import Link
from glassnet.training.division import shards_of

__all__ = ["PARTS", "Costs", "StepTime", "reduction", "step_time"]

PARTS = ("rows", "calls", "optimizer", "latency", "bandwidth", "additions")
"""The names of the parts of a step."""


@dataclasses.dataclass(frozen=True)
class Costs:
    """What one step costs on one machine.

    Attributes
    ----------
    call : float
        Seconds of a forward and a backward pass apart from its rows.
    row : float
        Seconds that each row adds: its passes, and gathering it.
    optimizer : float
        Seconds of the optimizer, for all parameters.
    addition : float
        Seconds a byte, to add one array to another.
    message_bytes : int
        Bytes that are added up over the ranks: gradients, statistics, losses and weights, of all members.
    dividing : float
        Seconds that a step takes longer because its batch is divided, into one shard here, and its sums are added up.
    mean : float
        Seconds between the sums and the optimizer: dividing them by the weights, and penalties.
    apart_bytes : int
        Bytes of the parameters where ranks that update slices of them need all gradients all the same: with members,
        and with ``clip_norm``. Else 0.
    """

    call: float
    row: float
    optimizer: float
    addition: float
    message_bytes: int
    dividing: float = 0.0
    mean: float = 0.0
    apart_bytes: int = 0


@dataclasses.dataclass(frozen=True)
class StepTime:
    """The parts of a step, in seconds.

    Attributes
    ----------
    rows, calls, optimizer : float
        Passes as far as they depend on the number of rows, the rest of them, and what comes after the reduction.
    latency, bandwidth, additions : float
        The reduction: waiting for messages to arrive, their bytes, and adding them up.
    """

    rows: float = 0.0
    calls: float = 0.0
    optimizer: float = 0.0
    latency: float = 0.0
    bandwidth: float = 0.0
    additions: float = 0.0

    @property
    def total(self) -> float:
        """Seconds of the step."""
        return self.rows + self.calls + self.optimizer + self.communication

    @property
    def communication(self) -> float:
        """Seconds of the reduction."""
        return self.latency + self.bandwidth + self.additions

    @property
    def largest(self) -> str:
        """The name of the part that takes longest."""
        return max(PARTS, key=lambda name: float(getattr(self, name)))


def reduction(
    ranks: int, n_bytes: int, link: Link, addition: float, *, shards: int | None = None, scattered: bool = False
) -> StepTime:
    """Return how long it takes to add up the messages of all ranks, as `glassnet.distributed.exchange` does it.

    With latency a, seconds a byte b and an addition of g seconds a byte, on a power of two of ranks

    * messages of up to 32 KiB take ``log2(R) * (a + n * b + n * g)``: they are exchanged whole;
    * larger ones ``2 * log2(R) * a + (R - 1) / R * n * (2 * b + g)``: halves of halves are added, then put together.

    Other numbers of ranks exchange slices of k arrays each, as many as there are whole subtrees among their shards:
    ``(R - 1 + 3 * ceil(log2(R))) * a + (R - 1) / R * n * (k + 1) * b + 2 * k * n * g``.

    Parameters
    ----------
    ranks : int
        How many, R.
    n_bytes : int
        Length of the message, n.
    link : Link
        What connects the ranks.
    addition : float
        Seconds a byte, to add one array to another.
    shards : int, optional
        How many parts a batch has, a power of two; by default the smallest for so many ranks.
    scattered : bool, default=False
        Whether each rank gets the sum of a slice only, and later all updated slices: so short messages go too.

    Examples
    --------
    >>> on_64 = reduction(64, 814_120, Link(35e-6, 1.11e9), addition=8e-11)
    >>> f"{on_64.communication * 1e3:.2f} ms, mostly {on_64.largest}"
    '1.93 ms, mostly bandwidth'
    """
    if ranks == 1:
        return StepTime()
    rounds, share = math.ceil(math.log2(ranks)), (ranks - 1) / ranks
    a, b, g = link.latency, n_bytes / link.bandwidth, n_bytes * addition
    if ranks & (ranks - 1):
        arrays = _arrays(ranks, shards or 1 << rounds)
        latency = (ranks - 1 + 3 * rounds) * a
        return StepTime(latency=latency, bandwidth=share * (arrays + 1.0) * b, additions=2.0 * arrays * g)
    if n_bytes <= SMALL and not scattered:
        return StepTime(latency=rounds * a, bandwidth=rounds * b, additions=rounds * g)
    return StepTime(latency=2.0 * rounds * a, bandwidth=2.0 * share * b, additions=share * g)


def _arrays(ranks: int, shards: int) -> float:
    """Return how many whole subtrees the shards of a rank are, on average."""
    total = 0
    for rank in range(ranks):
        own = shards_of(shards, rank, ranks)
        first = own.start
        while first < own.stop:
            size = first & -first or shards
            while size > own.stop - first:
                size //= 2
            first, total = first + size, total + 1
    return total / ranks


def step_time(
    costs: Costs, batch_size: int, ranks: int, link: Link, *, shards: int | None = None, sharded_optimizer: bool = False
) -> StepTime:
    """Return how long a step takes on so many ranks.

    Parameters
    ----------
    costs : Costs
        What it costs on one machine.
    batch_size : int
        Rows of a step, over all ranks.
    ranks : int
        How many.
    link : Link
        What connects them.
    shards : int, optional
        How many parts a batch has, a power of two; by default the smallest for so many ranks.
    sharded_optimizer : bool, default=False
        Whether each rank updates its slice of the parameters only.

    Examples
    --------
    >>> costs = Costs(call=0.15e-3, row=9.3e-6, optimizer=0.42e-3, addition=8e-11, message_bytes=814_120)
    >>> one, two = (step_time(costs, 2048, ranks, Link(2e-6, 5e9)).total for ranks in (1, 2))
    >>> round(one / two, 2)
    1.91
    """
    dividing = costs.dividing if shards or ranks > 1 else 0.0
    shards = shards or 1 << (ranks - 1).bit_length()
    each = -(-shards // ranks)
    rows = costs.row * batch_size / shards * each
    # Of the shards of one rank all but one are put aside and added.
    calls = dividing + each * costs.call + (each - 1) * 2.0 * costs.message_bytes * costs.addition
    optimizer = costs.mean + costs.optimizer / (ranks if sharded_optimizer else 1)
    scattered = sharded_optimizer and not costs.apart_bytes
    kept: dict[str, Any] = {"shards": shards, "scattered": scattered}
    parts = reduction(ranks, costs.message_bytes, link, costs.addition, **kept)
    latency, bandwidth = parts.latency, parts.bandwidth
    if sharded_optimizer and not scattered and ranks > 1:
        latency += math.ceil(math.log2(ranks)) * link.latency
        bandwidth += (ranks - 1) / ranks * costs.apart_bytes / link.bandwidth
    return StepTime(rows, calls, optimizer, latency, bandwidth, parts.additions)
