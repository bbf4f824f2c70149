"""Time steps of a network on all ranks: prints the seconds of one, and what part of it the reduction is, as JSON.

Usage: mpiexec -n R python -m mpi4py timed_steps.py BATCH_SIZE D_IN UNITS...; with one rank the batch is not divided.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from mpi4py import MPI

import glassnet as gn

_SECONDS = 3.0
_BATCHES = 4


class Watch(gn.Callback):
    """The time at which each epoch began to be trained, and its last step ended."""

    def __init__(self) -> None:
        self.epochs: list[list[float]] = []

    def on_epoch_begin(self, run: gn.training.Run) -> None:
        self.epochs.append([])

    def on_step_end(self, run: gn.training.Run) -> None:
        self.epochs[-1].append(time.perf_counter())


def main() -> None:
    """Print what a step takes: the median of those whose predecessor is in the same epoch."""
    batch_size, d, *units = map(int, sys.argv[1:])
    size = MPI.COMM_WORLD.size
    layers = [*(gn.Dense(width, "relu") for width in units[:-1]), gn.Dense(units[-1])]
    net = gn.Network(layers, loss="cross_entropy", seed=0, input_shape=(d,))
    rng = np.random.default_rng(0)
    n = _BATCHES * batch_size
    X = np.resize(rng.standard_normal(2**20).astype(np.float32), (n, d))
    y = rng.integers(0, units[-1], n)
    options = {"shards": size, "distributed": "mpi"} if size > 1 else {}
    options |= {"batch_size": batch_size, "progress": False, "diagnose": False, "threads": 1}
    start = time.perf_counter()
    net.fit(X, y, epochs=2, **options)
    epochs = MPI.COMM_WORLD.bcast(max(3, int(_SECONDS / (time.perf_counter() - start) * 2)))
    watch = Watch()
    net.fit(X, y, epochs=epochs, callbacks=watch, **options)
    if MPI.COMM_WORLD.rank == 0:
        print(json.dumps(float(np.median(np.diff(watch.epochs[1:], axis=1)))))


if __name__ == "__main__":
    main()
