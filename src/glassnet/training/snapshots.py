"""What becomes of weights, activations and gradients while a network trains: histograms, taken now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.inspection import tap
from glassnet.errors import ConfigError
from glassnet.layers import Step
from glassnet.layers.tree import walk
from glassnet.training.batches import ArrayBatches
from glassnet.training.callbacks import Callback
from glassnet.utils.checks import check_choice, check_integer
from glassnet.utils.row_sources import read_rows

if TYPE_CHECKING:
    from glassnet.training.loop import Run

__all__ = ["Snapshot", "Snapshots"]

_KINDS = ("activations", "gradients", "weights")


class Snapshot(NamedTuple):
    """The numbers of one layer at one time.

    Attributes
    ----------
    epoch : int
        0 is before training.
    counts : ndarray of shape (bins,)
        How many numbers are in each bin.
    edges : ndarray of shape (bins + 1,)
        Between the bins.
    mean_size : float
        Mean of their absolute values.
    """

    epoch: int
    counts: np.ndarray
    edges: np.ndarray
    mean_size: float


class Snapshots(Callback):
    """Records histograms of weights, activations and gradients of every layer; pass it in ``callbacks``.

    The rows are passed through a shadow of the network with noise off, so the training has the same bits with it.

    Parameters
    ----------
    every : int, default=1
        Epochs from one snapshot to the next.
    rows : int, default=256
        How many of the training rows are looked at.
    bins : int, default=40
        Of each histogram, at most: n numbers have ``2 * n**(1/3)``.

    Attributes
    ----------
    weights, activations, gradients : dict of str to list of Snapshot
        By the layer's name; gradients are those of the loss in the weights. The first is from before training.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).standard_normal((100, 3))
    >>> net = gn.Network([gn.Dense(4, "relu"), gn.Dense(1)], loss="squared_error", seed=0)
    >>> snapshots = gn.Snapshots(every=5)
    >>> history = net.fit(X, X[:, 0] * X[:, 1], epochs=10, callbacks=snapshots)
    >>> [shot.epoch for shot in snapshots.activations["dense_1"]]
    [0, 5, 10]
    """

    def __init__(self, *, every: int = 1, rows: int = 256, bins: int = 40) -> None:
        self.every = check_integer("Snapshots", "every", every, 1)
        self.rows = check_integer("Snapshots", "rows", rows, 1)
        self.bins = check_integer("Snapshots", "bins", bins, 1)
        self.weights: dict[str, list[Snapshot]] = {}
        self.activations: dict[str, list[Snapshot]] = {}
        self.gradients: dict[str, list[Snapshot]] = {}
        self._data: tuple[Any, Any, Any] | None = None
        self._shadow: BaseNetwork | None = None

    def on_fit_begin(self, run: Run[Any]) -> None:
        if run.network.members is not None or not isinstance(run.batches, ArrayBatches):
            fact = "the network has members, or its rows come in batches"
            message = f"Snapshots: {fact}; it must have none and train on arrays. Leave Snapshots out."
            raise ConfigError(message)
        rows = np.unique(np.linspace(0, run.batches.n_rows - 1, min(self.rows, run.batches.n_rows)).astype(np.int64))
        X, y, weight = (read_rows(array, rows) for array in run.batches.arrays)
        self._data = X, y, weight
        self._shadow = run.network._shadow()
        self._taps = tap(dict(walk(self._shadow.names, self._shadow.layers)))
        if run.epoch == 0:
            self._take(0)

    def on_epoch_end(self, run: Run[Any]) -> None:
        if run.epoch % self.every == 0:
            self._take(run.epoch)

    def of(self, kind: str) -> dict[str, list[Snapshot]]:
        """Return what was recorded of one ``kind``: "weights", "activations" or "gradients"."""
        found: dict[str, list[Snapshot]] = getattr(self, check_choice("Snapshots", "what", kind, _KINDS))
        return found

    def _take(self, epoch: int) -> None:
        network = self._shadow
        assert network is not None
        assert self._data is not None
        X, y, weight = self._data
        for taken in self._taps.values():
            taken.clear()
        network._accumulate(X, y, weight, Step("record"))
        network._built("Snapshots").average_gradients()
        for name, taken in self._taps.items():
            self._add(self.activations, name, epoch, taken[0])
        for slot in network._slots:
            if slot.spec.decays:
                layer = slot.name.rpartition(".")[0]
                self._add(self.weights, layer, epoch, slot.view(network.params))
                self._add(self.gradients, layer, epoch, slot.view(network.grads))

    def _add(self, where: dict[str, list[Snapshot]], name: str, epoch: int, values: np.ndarray) -> None:
        flat = values.reshape(-1).astype(np.float64)
        # Rice's rule: few numbers are not cut into many bins.
        counts, edges = np.histogram(flat, min(self.bins, max(1, round(2.0 * flat.size ** (1 / 3)))))
        where.setdefault(name, []).append(Snapshot(epoch, counts, edges, float(np.abs(flat).mean())))
