"""glassnet: the steps of a run, `Network.fit`, `Network.predict`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import glassnet as gn
from benchmarks.cases import Case
from glassnet.training.batches import ArrayBatches
from glassnet.training.loop import Run
from glassnet.training.threads.blas import blas_threads
from glassnet.training.threads.pace import paced


def network(case: Case) -> gn.Network:
    """Return a new network for a case."""
    layers: list[gn.Layer] = []
    for width in case.hidden:
        if case.batch_norm:
            layers += [gn.Dense(width), gn.BatchNorm(), gn.layers.ACTIVATIONS[case.activation]()]
        else:
            layers.append(gn.Dense(width, case.activation))
        if case.dropout:
            layers.append(gn.Dropout(case.dropout))
    loss = "binary_cross_entropy" if case.outputs == 1 else "cross_entropy"
    optimizer = gn.Adam(1e-3) if case.optimizer == "adam" else gn.SGD(0.01, momentum=0.9)
    return gn.Network([*layers, gn.Dense(case.outputs)], loss=loss, optimizer=optimizer, seed=0, input_shape=(case.d,))


class Peer:
    """See the package."""

    def __init__(self, case: Case) -> None:
        self._case, (self._X, self._y) = case, case.data()
        self._network = net = network(case)
        X, y, _ = net._check_data("benchmark", self._X, self._y)
        self._batches = ArrayBatches(
            X, y, None, batch_size=case.batch, shuffle=True, streams=net._streams, members=None, drop_last=True
        )
        self._stream = self._endless()
        self._run = Run(net, self._batches, 1)
        self._n_threads = 1

    def _endless(self) -> Iterator[Any]:
        epoch = 0
        while True:
            yield from self._batches.epoch(epoch)
            epoch += 1

    def settle(self) -> None:
        """Choose the number of BLAS threads, as the first steps of a run do."""
        with paced(self._network, "auto", self._case.batch) as pace, np.errstate(all="ignore"):
            pace.begin_epoch()
            while pace.settled is None:
                self._run.take_step(next(self._stream))
                pace.after_step()
        self._n_threads = pace.settled

    def step(self, k: int) -> None:
        with blas_threads(self._n_threads), np.errstate(all="ignore"):
            for _ in range(k):
                self._run.take_step(next(self._stream))
        self._run.state.reset_epoch()

    def fit(self) -> None:
        options = {"epochs": self._case.epochs, "batch_size": self._case.batch, "progress": False}
        network(self._case).fit(self._X, self._y, **options)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self._network.predict(X)


make = Peer
