"""Networks for tables: reading, encoding and splitting tables, models with their encoders, and estimators.

::

    table = read_table("penguins")
    train, test = split_rows(table.n_rows, [0.8, 0.2], seed=0)
    encoder = TableEncoder().fit(table.drop(["species"]).take(train))
    target = TargetEncoder().fit(table["species"].take(train))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.tabular.calibration.result import CalibratedProbabilities, CalibratedQuantiles
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.model import TableModel
from glassnet.tabular.reading.files import read_table
from glassnet.tabular.reading.frames import to_table
from glassnet.tabular.reading.table import Column, Table
from glassnet.utils.checks import require_extra
from glassnet.utils.keywords import unknown_name
from glassnet.utils.splitting import split_rows

if TYPE_CHECKING:
    from glassnet.tabular.estimators.estimators import TabularClassifier, TabularRegressor

__all__ = [
    "CalibratedProbabilities", "CalibratedQuantiles", "Column", "Table", "TableEncoder", "TableModel",
    "TabularClassifier", "TabularRegressor", "TargetEncoder", "read_table", "split_rows", "to_table",
]  # fmt: skip

_ESTIMATORS = ("TabularClassifier", "TabularRegressor")


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        """Import the estimators on first use: only they need scikit-learn."""
        if name in _ESTIMATORS:
            require_extra("sklearn", "sklearn", f"glassnet.tabular.{name}")
            from glassnet.tabular import estimators

            return getattr(estimators, name)
        raise unknown_name(__name__, name, __all__)
