"""The outputs of the layers that are drawn, for any rows, many times a second and without a mark on the network."""

from __future__ import annotations

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.inspection import tap
from glassnet.layers import Step
from glassnet.layers.tree import walk
from glassnet.playground.columns import Column

__all__ = ["Watcher"]

_PREDICT = Step("predict")


class Watcher:
    """A copy of a network that reads the same parameters, and whose layers note their outputs.

    Parameters
    ----------
    network : BaseNetwork
        Built, without members.
    columns : list of Column
        The columns to watch; the first is the input.
    """

    def __init__(self, network: BaseNetwork, columns: list[Column]) -> None:
        self._shadow = network._shadow()
        parts = dict(walk(self._shadow.names, self._shadow.layers))
        self._names = [column.tapped for column in columns[1:] if column.tapped]
        self._taken = tap({name: parts[name] for name in self._names})

    def values(self, X: np.ndarray) -> list[np.ndarray]:
        """Return the values of each column for a few thousand rows at most, (n, units), with noise off.

        Parameters
        ----------
        X : ndarray of shape (n, ...)
            Checked inputs.
        """
        X = np.ascontiguousarray(X, dtype=self._shadow.dtype)
        for taken in self._taken.values():
            taken.clear()
        self._shadow._workspace.pass_for(len(X), keeps=False).chain.forward(X, _PREDICT)
        return [X.reshape(len(X), -1), *(self._taken[name][0].reshape(len(X), -1) for name in self._names)]
