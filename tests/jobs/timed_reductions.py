"""Time the library's reduction on all ranks: prints its seconds for each number of float32 as a line of JSON.

Usage: mpiexec -n R python -m mpi4py timed_reductions.py NUMBERS...
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from mpi4py import MPI

from glassnet.distributed.exchange import Exchange
from glassnet.training.sharding.tree_sums import TreeSums

_GROUPS, _EACH = 6, 8


def seconds(exchange: Exchange, n: int) -> float:
    """Return the least mean of some groups: what else the machine does makes it longer, never shorter."""
    sums, means = TreeSums(np.ones(n, np.float32)), []
    for _ in range(_GROUPS):
        MPI.COMM_WORLD.Barrier()
        start = time.perf_counter()
        for _ in range(_EACH):
            sums.current[:] = 1.0
            exchange.add_up(sums)
        means.append((time.perf_counter() - start) / _EACH)
    assert (sums.current == exchange.size).all()
    return min(means)


def main() -> None:
    """Print the times of the first rank."""
    exchange = Exchange(MPI, MPI.COMM_WORLD, 30.0, sys.exit)
    found = {words: seconds(exchange, int(words)) for words in sys.argv[1:]}
    if exchange.rank == 0:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
