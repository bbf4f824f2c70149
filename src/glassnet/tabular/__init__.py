"""From a table to a network: reading, coding and splitting tables, and the model that keeps all of it together.

::

    table = read_table("penguins")
    train, test = split_rows(table.n_rows, [0.8, 0.2], seed=0)
    encoder = TableEncoder().fit(table.drop(["species"]).take(train))
    target = TargetEncoder().fit(table["species"].take(train))
"""

from __future__ import annotations

from glassnet.splitting import split_rows
from glassnet.tabular.encoder import TableEncoder
from glassnet.tabular.frames import to_table
from glassnet.tabular.model import TableModel
from glassnet.tabular.reading import read_table
from glassnet.tabular.table import Column, Table
from glassnet.tabular.target import TargetEncoder

__all__ = [
    "Column",
    "Table",
    "TableEncoder",
    "TableModel",
    "TargetEncoder",
    "read_table",
    "split_rows",
    "to_table",
]
