"""The sample of rows and columns that the checks read: as few as suffice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.diagnosis.sampling import Data, every_nth, read_sample, rows_that_count, sampled, sampled_rows, spread
from glassnet.utils.extremes import Extremes
from glassnet.utils.row_sources import RowSource

__all__ = ["LOOKED_AT", "PROBE_ROWS", "SAMPLE_ROWS", "VALIDATION_ROWS", "LookedAt"]

VALIDATION_ROWS = "validation rows"
SAMPLE_ROWS = 2000  # for statistics of columns and for what is tried
LOOKED_AT = 200  # columns, for the same
PROBE_ROWS = 256  # for what is measured of the network
_FEWEST_PROBED = 32  # where more would take long beside the training
_FEWEST = 20  # validation rows to evaluate on


class LookedAt:
    """A sample of the training data and of the validation data; rows that weigh nothing are not in it.

    Parameters
    ----------
    data, validation : tuple
        Checked inputs, targets and weights: arrays or sources of rows.
    """

    def __init__(self, data: Sequence[Any], validation: Sequence[Any] | None) -> None:
        self.data, self.validation = data, validation
        self.is_limited = False  # whether passes through the network are to be spared
        self._probe_rows, self._evaluated_rows = PROBE_ROWS, SAMPLE_ROWS

    def limit_passes(self, most: float) -> None:
        """Measure the network on fewer rows, so that all measurements take about so many passes of a row.

        The probe takes three passes at the start, forward and twice as much backward, and one now; the evaluation takes
        one.
        """
        self.is_limited = True
        self._probe_rows = int(min(max(most / 6, _FEWEST_PROBED), PROBE_ROWS))
        self._evaluated_rows = int(min(max(most / 4, self._probe_rows), SAMPLE_ROWS))

    @cached_property
    def n_rows(self) -> int:
        """Number of rows there are."""
        return len(self.data[0])

    @cached_property
    def counted(self) -> np.ndarray | None:
        """The numbers of the training rows that weigh something; None if all do."""
        return rows_that_count(self.data[2])

    @cached_property
    def sample_rows(self) -> np.ndarray | None:
        """The numbers of the rows of the `sample`; None if these are all."""
        return sampled_rows(self.data, SAMPLE_ROWS)

    @cached_property
    def sample(self) -> Data:
        """At most 2,000 rows of the training data that weigh something, the same ones each time."""
        return read_sample(self.data, self.sample_rows)

    @cached_property
    def probe(self) -> Data:
        """At most 256 rows of the sample."""
        return self._some_rows(self._probe_rows)

    def _some_rows(self, most: int) -> Data:
        """Return at most so many rows of the sample, evenly spread."""
        rows = self.sample_rows
        n = self.n_rows if rows is None else len(rows)
        if n <= most:
            return self.sample
        return read_sample(self.data, spread(n, most) if rows is None else rows[spread(n, most)])

    @cached_property
    def n_sampled(self) -> int:
        """Number of rows of the `sample`; to ask the sample would read it."""
        return self.n_rows if self.sample_rows is None else len(self.sample_rows)

    def part(self, places: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return some columns of some rows of the sample, of rows made flat, as float64 of shape (m, d).

        Parameters
        ----------
        places, columns : ndarray of int
            Among the rows of the sample, and among all columns.
        """
        X = self.data[0]
        if isinstance(X, RowSource):
            X, rows = self.sample[0], places
        else:
            rows = places if self.sample_rows is None else self.sample_rows[places]
        found: np.ndarray = X.reshape(len(X), -1)[rows[:, None], columns].astype(np.float64)
        return found

    @cached_property
    def looked_at(self) -> np.ndarray:
        """The numbers of at most 200 columns, of rows made flat: the same ones each time, evenly spread."""
        return spread(math.prod(self.data[0].shape[1:]), LOOKED_AT)

    @cached_property
    def extremes(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The least and the greatest value of each column, of rows made flat, over all rows that weigh something.

        None for rows that are only read when they are needed.
        """
        return _extremes(self.data[0], self.counted)

    @cached_property
    def target_extremes(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The same of the targets as the loss wants them."""
        return _extremes(self.data[1], self.counted)

    @cached_property
    def targets(self) -> np.ndarray:
        """The targets of all rows that weigh something; those of the sample where reading all takes long."""
        y = self.data[1]
        if isinstance(y, RowSource):
            return self.sample[1]
        found: np.ndarray = y if self.counted is None else y[self.counted]
        return found

    @cached_property
    def held_out(self) -> Data | None:
        """At most 2,000 rows of the validation data that weigh something."""
        return None if self.validation is None else sampled(self.validation, SAMPLE_ROWS)

    @cached_property
    def evaluation_data(self) -> tuple[Data, str]:
        """Validation rows if there are enough, else rows of the sample; and what these rows are called."""
        held_out, most = self.held_out, self._evaluated_rows
        if held_out is not None and len(held_out[1]) >= _FEWEST:
            return held_out if len(held_out[1]) <= most else every_nth(held_out, most), VALIDATION_ROWS
        few = most <= self._probe_rows or self.is_on_its_way
        return self.probe if few else self._some_rows(most), "training rows"

    @property
    def is_on_its_way(self) -> bool:
        """Whether passes should be saved, and it is known without them that the network has learned something."""
        return False


def _extremes(array: Any, rows: np.ndarray | None) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the least and the greatest value of each column of these rows; None for a source of rows."""
    if isinstance(array, RowSource):
        return None
    found = Extremes()
    found.measure(array if rows is None else array[rows])
    return found.values
