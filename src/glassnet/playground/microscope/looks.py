"""What is worked out at one moment of an experiment: the step that comes next, and the prediction for one row."""

from __future__ import annotations

import dataclasses
import weakref
import zlib
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.explanation import Explanation, explain, explain_prediction
from glassnet.network import Network
from glassnet.playground.experiment import Experiment
from glassnet.playground.ground import row_of
from glassnet.playground.play_data import PlayData

__all__ = ["MOST_ROWS", "Look", "look_at"]

MOST_ROWS = 64
"""Rows of a batch that are worked; of a larger one these are the first."""

_LOOKS: weakref.WeakKeyDictionary[Experiment, Look] = weakref.WeakKeyDictionary()


@dataclasses.dataclass
class Look:
    """The moment, and what was worked out for it so far.

    Attributes
    ----------
    moment : tuple
        Revision, step and a print of the weights; another one needs another look.
    network : Network
        Trained on; read while the look is valid only.
    data : PlayData
    batch : ndarray of int
        Rows that the next step takes, as places in the training rows.
    row : int
        The row whose prediction is shown.
    """

    moment: tuple[int, ...]
    network: Network
    data: PlayData
    batch: np.ndarray
    row: int

    @property
    def rows(self) -> np.ndarray:
        """The rows of the batch that are worked."""
        return self.batch[:MOST_ROWS]

    @cached_property
    def step(self) -> Explanation:
        """The next training step on `rows`, with dropout and noise as there."""
        return explain(self.network, self.data.X[self.rows], self.data.y[self.rows])

    @cached_property
    def prediction(self) -> Explanation:
        """The prediction for `row`, without dropout and noise."""
        return explain_prediction(self.network, row_of(self.data, self.row))

    @property
    def notes(self) -> list[str]:
        """What the explanation of the step says about it, in sentences."""
        return [line for line in self.step.head[1:] if line]


def look_at(experiment: Experiment) -> Look:
    """Return the look at an experiment as it is now; the same as before if nothing has moved."""
    network = experiment.network
    prints = zlib.crc32(network.params.tobytes()), zlib.crc32(network.stats.tobytes())
    row = experiment.view.row
    moment = (experiment.revision, experiment.step, id(network), row, *prints)
    known = _LOOKS.get(experiment)
    if known is None or known.moment != moment:
        known = Look(moment, network, experiment.data, _next_rows(experiment.run), row)
        _LOOKS[experiment] = known
    return known


def _next_rows(run: Any) -> np.ndarray:
    """Return which training rows the next step takes."""
    epoch, batch = run.epoch, run.step
    if batch >= run.steps_per_epoch:  # the last step of an epoch that was not closed yet
        epoch, batch = epoch + 1, 0
    rows: np.ndarray = run.batches.numbers(epoch, batch)
    return rows
