"""Predictions of a table model for encoded rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.losses import EnsembleLoss, Loss, Quantile
from glassnet.network import Network
from glassnet.tabular.calibration.clipping import clipped
from glassnet.tabular.calibration.result import Calibrated
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.presence import require_columns
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.frames import table_of
from glassnet.tabular.reading.options import ReadOptions, table_spelling
from glassnet.tabular.reading.rows import complete_rows
from glassnet.tabular.reading.table import Table

__all__ = ["Predictor", "loss_of_copies"]


class Predictor:
    """Predicts for encoded rows; `TableModel` documents its parameters.

    The prediction for a row does not depend on the other rows: it is computed in double precision and rounded at the
    end, since the last bits of a product in single precision depend on the position of the row.
    """

    def __init__(self, network: Network, encoder: TableEncoder, target: TargetEncoder) -> None:
        self.network = network
        self.encoder = encoder
        self.target = target
        self._double: Network | None = None
        self._calibration: Calibrated | None = None

    reading = ReadOptions()
    """The options that the training table was read with, which are the defaults for new tables."""
    background: np.ndarray | None = None
    """Typical training rows, encoded, shape (m, d), to compare rows with; None where they are not known."""

    @property
    def calibration(self) -> Calibrated | None:
        """What calibrated the probabilities or quantiles, and what it changed; None if nothing did.

        It is None too if the numbers in the network are no longer those: a training that goes on sets them back.
        """
        found = self._calibration
        return found if found is not None and found.is_in(self.network) else None

    @calibration.setter
    def calibration(self, found: Calibrated | None) -> None:
        self._calibration = found

    @property
    def forms(self) -> dict[str, Form]:
        """How the columns of the training table were read, the target included; see `read_table`'s ``like``."""
        return {**self.encoder.forms, self.target.name: self.target.form}

    def table(self, frame: Any) -> Table:
        """Return ``frame`` as a table, its text read as in training; what all of some rows lack is a missing value."""
        if isinstance(frame, Table):
            return frame
        where, forms = type(self).__name__, self.forms
        rows = complete_rows(frame, self.encoder.column_names, forms, where)
        options = replace(ReadOptions().like(where, self.reading, forms), others="text", spelled=table_spelling)
        return table_of(rows, options, where)

    def with_target_read(self, table: Table, where: str = "") -> Table:
        """Return a table whose target, if it has one, is read as in training, so that its missing cells are known.

        ``where`` is the name of what was called.
        """
        name = self.target.name
        if name not in table:
            return table
        read = self.target.read(table[name], where or type(self).__name__)
        return Table([read if column.name == name else column for column in table.columns], notes=table.notes)

    def require(self, table: Table, where: str = "") -> None:
        """Raise an error if a table lacks columns of training; ``where`` is the name of what was called."""
        names, target = self.encoder.column_names, self.target.name
        known = [*(coder.name for coder in self.encoder.coders), target]
        try:
            require_columns(where or type(self).__name__, names, known, table)
        except DataError as error:
            if (given := target.rstrip("_")) == target or given in table.names or given not in names:
                raise
            said = (
                f"{given!r} was in X beside y, which is called the same. Train without it: X.drop(columns={given!r})."
            )
            message = f"{error} {said}"
            raise DataError(message, expected=error.expected, got=error.got) from None

    def encoded(self, table: Table) -> np.ndarray:
        """Return the features of a table's rows, (n, d); raise an error if it lacks columns of training."""
        self.require(table)
        return self.encoder.transform(table)

    @property
    def levels(self) -> tuple[float, ...] | None:
        """The levels of the quantiles that are predicted; None for other predictions."""
        loss = loss_of_copies(self.network.loss)
        return loss.levels if isinstance(loss, Quantile) else None

    def _repr_html_(self) -> str:
        from glassnet.tabular.model_html import html_of_model

        return html_of_model(self)

    def answers(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities, or standardised numbers, averaged over members: (n, k) for encoded rows X, (n, d)."""
        return self._exact_answers(X).astype(self.network.dtype)

    def _exact_answers(self, X: np.ndarray) -> np.ndarray:
        """Return the same as `answers` in double precision."""
        if not len(X):
            return np.empty((0, self.target.n_outputs * len(self.levels or (None,))))
        outputs = self._in_double_precision().predict(X)
        outputs = clipped(self.target, outputs)  # each member before averaging, so that no outlier dominates
        return np.asarray(outputs if self.network.members is None else outputs.mean(axis=0))

    def _in_double_precision(self) -> Network:
        """Return the network in float64, converted again if its weights have changed."""
        kept, network = self._double, self.network
        if kept is None or not all(map(np.array_equal, (kept.params, kept.stats), (network.params, network.stats))):
            kept = self._double = network.astype("float64")
        return kept

    def numbers(self, outputs: np.ndarray) -> np.ndarray:
        """Return the predictions of a regression, float64 (n,) in the target's units, from ``outputs`` of `answers`."""
        if self.levels is not None:
            far = np.abs(np.array(self.levels) - 0.5).round(9)
            outputs = outputs[:, far == far.min()].mean(axis=1, keepdims=True)
        return self.target.decode(outputs)

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "_double": None}


def loss_of_copies(loss: Loss) -> Loss:
    """Return the loss; for an `EnsembleLoss` that of each copy."""
    return loss.loss if isinstance(loss, EnsembleLoss) else loss
