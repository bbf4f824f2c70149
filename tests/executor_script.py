"""A script as users write it: its own loss and metric are those of `__main__`, where no worker can import them from."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import glassnet as gn
from executor_tasks import X, Y, digest

SHIFT = 0.5


def shifted(y: np.ndarray, prediction: np.ndarray) -> float:
    """Use a global of the script."""
    return float(prediction.mean()) + SHIFT


class Doubled(gn.Dense):
    """A layer of one's own, which a worker gets by value."""

    def forward(self, X: np.ndarray, cache: Any, step: Any) -> np.ndarray:
        """Double the outputs."""
        found: np.ndarray = super().forward(X, cache, step)
        found *= 2
        return found

    def backward(self, dY: np.ndarray, cache: Any) -> Any:
        """Double the gradients."""
        dY *= 2
        return super().backward(dY, cache)


def own_layers(executor: Any) -> list[bytes]:
    """Return the weights of networks that have a layer and a metric of the script."""
    net = gn.Network([Doubled(3), gn.Dense(2)], loss="cross_entropy", seed=0)
    start = gn.Population(net, 3)
    start.fit(X, Y, epochs=2, metrics=[shifted, "accuracy"], executor=executor)
    assert type(start.networks[0].layers[0]) is Doubled
    return [net.params.tobytes() for net in start.networks]


def main(name: str) -> None:
    """Print what an executor of this name leaves, and whether it is what is left here."""
    from glassnet.utils import task_blocks

    task_blocks._WORTH_SENDING, task_blocks._TASK_SECONDS = 1e-9, 1e-3  # several blocks, although they are small
    if name == "mpi":
        from mpi4py.futures import MPIPoolExecutor

        with MPIPoolExecutor() as pool:
            report(pool)
    elif name == "processes":
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
            report(pool)
    else:
        from distributed import LocalCluster

        with LocalCluster(2, threads_per_worker=1, dashboard_address=":0") as cluster, cluster.get_client() as client:
            report(client)


def report(pool: Any) -> None:
    """Print a print of the networks."""
    assert own_layers(pool) == own_layers(None)
    print(digest(pool))


if __name__ == "__main__":
    main(sys.argv[1])
