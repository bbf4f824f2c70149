"""Findings about a table as it was read, before a recipe scales and clips it, and about training by a recipe."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from glassnet.diagnosis import Watch
from glassnet.diagnosis.case import Case
from glassnet.diagnosis.examining import examine_untraced
from glassnet.errors import GlassnetError
from glassnet.layers import Dense
from glassnet.network import Network
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.reading.table import Column, Table
from glassnet.training.finding_kinds import KINDS
from glassnet.training.findings import Diagnosis, Finding
from glassnet.utils.row_sources import RowSource

__all__ = ["FEW_UPDATES", "LOOKED_FOR", "RecipeWatch", "find_in_table", "with_table"]

_MOST_NUMBERS = 5_000_000  # of a table that is made a matrix as a whole
# Of the data, and yet found in the rows that a network is trained on.
_OF_THE_ROWS = ("shared-rows", "validation-differs", "weights-on-few-rows", "weights-on-one-class")
# Encoders scale columns and targets and leave constant columns out; missing values may be flagged alike, and what looks
# like a row number is noted with the columns.
_SETTLED = {
    "all-columns-constant", "constant-columns", "duplicate-columns", "id-column", "missing-classes", "skewed-inputs",
    "sorted-rows", "unscaled-inputs", "unscaled-target", *_OF_THE_ROWS,
}  # fmt: skip

_OF_TABLES = {code for code, kind in KINDS.items() if kind.stage == "data"} - {*_OF_THE_ROWS}
LOOKED_FOR = _OF_TABLES - _SETTLED
"""What `find_in_table` looks for."""
_BY_LOSS = ("overfit", "worse-than-linear")
FEW_UPDATES = 200
"""With fewer than these, a fifth of what a recipe takes for a thousand rows, a network has not learned its best."""


def find_in_table(rows: Rows, target: TargetEncoder, *, learned: bool, ignored: Iterable[str] = ()) -> Diagnosis:
    """Return what is wrong with a table: outliers, codes for missing values, columns that hold the answer, and so on.

    Parameters
    ----------
    rows : Rows
        Rows with a target each.
    target : TargetEncoder
        Fitted.
    learned : bool
        Whether a network learned well from them: then what might have been harmful was not, and is a note.
    ignored : iterable of str
        Codes to leave out.
    """
    try:
        X, names = _matrix(rows.inputs)
    except GlassnetError:  # no column differs between rows
        return Diagnosis()
    if not names or len(rows.target) < 2:
        return Diagnosis()
    y: np.ndarray = target.transform(rows.target) if target.labels else rows.target.values.astype(np.float64)[:, None]
    loss: Any = target.loss
    network = Network([Dense(target.n_outputs)], loss=loss, dtype=np.dtype("float64")).build((len(names),))
    y = network.loss.prepare(y, target.n_outputs, network.dtype)
    case = Case(network, (X, y, rows.weight), names=names)
    found = examine_untraced(case, {*_SETTLED, *ignored}, is_fitted=False, learned=learned)
    return Diagnosis(_with_names(finding, names) for finding in found)


def _with_names(finding: Finding, names: Sequence[str]) -> Finding:
    """Return a finding whose evidence has the names of its columns in place of their numbers."""
    evidence = dict(finding.evidence)
    one, several = evidence.pop("column", None), evidence.get("columns")
    if several is None and one is None:
        return finding
    numbers = [one] if several is None else several
    return dataclasses.replace(
        finding, evidence=evidence | {"columns": [*dict.fromkeys(names[int(j)] for j in numbers)]}
    )


def _matrix(inputs: Table) -> tuple[Any, list[str]]:
    """Return all columns as numbers, and the column that each is from."""
    others = [column for column in inputs.columns if column.kind != "number" and column.n_missing < len(column)]
    numbers = [column for column in inputs.columns if column.kind == "number" and np.isfinite(column.present()).any()]
    encoder, owners = None, []
    if others:
        encoder = TableEncoder(allow_empty=True).fit(Table(others).take(_spread(inputs.n_rows)))
        owners = [coder.name for coder in encoder.coders for _ in coder.features]
    source = _TableRows(numbers, others, encoder, (inputs.n_rows, len(numbers) + len(owners)))
    X = source if source.shape[0] * source.shape[1] > _MOST_NUMBERS else source[:]
    return X, [column.name for column in numbers] + owners


def _spread(n: int) -> np.ndarray:
    """Return the numbers of some rows, by which categories are found."""
    return np.unique(np.linspace(0, n - 1, min(n, 2000)).astype(np.int64))


class _TableRows(RowSource):
    """Rows of a table as numbers: those of a column as they are, missing ones as its median."""

    dtype = np.dtype("float64")

    def __init__(
        self, numbers: list[Column], others: list[Column], encoder: TableEncoder | None, shape: tuple[int, int]
    ) -> None:
        self._numbers, self._others, self._encoder, self.shape = numbers, others, encoder, shape
        self._fillers = [float(np.median(_finite(column.present()))) for column in numbers]

    def take(self, rows: np.ndarray) -> np.ndarray:
        places = rows.reshape(-1)
        found = np.empty((len(places), self.shape[1]))
        for index, (column, filler) in enumerate(zip(self._numbers, self._fillers, strict=True)):
            values = column.values[places]
            found[:, index] = np.where(np.isfinite(values), values, filler)
        if self._encoder is not None:
            found[:, len(self._numbers) :] = self._encoder.transform(Table(self._others).take(places))
        return found.reshape(*rows.shape, self.shape[1])


def _finite(values: np.ndarray) -> np.ndarray:
    found: np.ndarray = values[np.isfinite(values)]
    return found


class RecipeWatch(Watch):
    """Looks at the training of a recipe; the data are looked at as the table has them, and warnings are the caller's.

    Nothing is tried: neither the rate nor the layers of a recipe can be changed.

    Parameters
    ----------
    ignore : iterable of str
        Codes of findings to leave out.

    Attributes
    ----------
    of_table : set of str
        These codes, without those that `find_in_table` looks for.
    """

    def __init__(self, *, ignore: Iterable[str] = ()) -> None:
        super().__init__(ignore=ignore, try_remedies=False)
        self.of_table = self.ignore
        self.ignore = self.ignore | _OF_TABLES

    def _issue_warnings(self) -> None:
        """Leave it to the caller, who has words of its own."""


def with_table(trained: Sequence[Finding], of_table: Sequence[Finding], *, updates: int) -> Diagnosis:
    """Return what was found about a table and about a training by a recipe.

    What only a trial could decide is a note, and so is what a training of few updates ended with: who asks for
    so few knows it. What compares losses is one, too: the epoch was chosen by the metric that was asked for, and labels
    may have been smoothed.

    Parameters
    ----------
    trained : sequence of Finding
        About the network.
    of_table : sequence of Finding
        About the table.
    updates : int
        Steps that the network was trained for.
    """
    certain = ("data",) if updates < FEW_UPDATES else ("data", "result")
    return Diagnosis([*of_table, *(_judged(finding, certain) for finding in trained)])


def _judged(finding: Finding, certain: Sequence[str]) -> Finding:
    """Return a finding as it is if its stage is ``certain``, otherwise as a note."""
    holds = finding.stage in certain or finding.helped is True or finding.code == "few-updates"
    return finding if holds and finding.code not in _BY_LOSS else dataclasses.replace(finding, severity="note")
