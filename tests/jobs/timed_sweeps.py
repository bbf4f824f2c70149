"""Time a sweep of 24 networks here and on executors of two workers: prints the seconds of each as JSON, after one trial.

Usage: timed_sweeps.py [EPOCHS]; with OPENBLAS_NUM_THREADS=1, or one process has more cores than it is compared for.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np
from distributed import LocalCluster

import glassnet as gn

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4000, 20)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
SETTINGS = {"units": [16, 32], "learning_rate": [1e-3, 3e-3, 1e-2]}


def build(units: int, learning_rate: float) -> gn.Network:
    """Return a small network."""
    layers = [gn.Dense(units, "relu"), gn.Dense(units, "relu"), gn.Dense(2)]
    return gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(learning_rate), seed=0)


def seconds(executor: Any, epochs: int) -> tuple[float, list[bytes]]:
    """Return how long the sweep takes, and the weights that it leaves."""
    start = time.perf_counter()
    found = gn.sweep(build, SETTINGS, X, Y, epochs=epochs, n_seeds=4, executor=executor, progress=False)
    return time.perf_counter() - start, [net.params.tobytes() for trial in found.trials for net in trial.networks]


def main() -> None:
    """Print seconds by the name of the executor; every one must leave the same bits."""
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    spawn = multiprocessing.get_context("spawn")
    with (
        ThreadPoolExecutor(2) as threads,
        ProcessPoolExecutor(2, spawn) as processes,
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        cluster.get_client() as client,
    ):
        pools = {"here": None, "threads": threads, "processes": processes, "dask": client}
        for pool in pools.values():
            seconds(pool, 10)  # all workers start, and import
        found = {name: seconds(pool, epochs) for name, pool in pools.items()}
    assert all(bits == found["here"][1] for _, bits in found.values())
    print(json.dumps({name: round(each, 3) for name, (each, _) in found.items()}))


if __name__ == "__main__":
    main()
