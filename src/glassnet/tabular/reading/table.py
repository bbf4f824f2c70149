"""A table as typed columns with missing values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, DataError, ShapeError
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.row_names import IN_ARRAY, RowNames
from glassnet.utils.suggestions import did_you_mean, nearest
from glassnet.utils.wording import few

__all__ = ["DTYPES", "FILLERS", "KINDS", "Column", "Table"]

# The content of `Column.values` where a value is missing: one fixed value per kind, so that equal columns are equal.
FILLERS: dict[str, Any] = {"boolean": False, "category": "", "date": np.datetime64("NaT", "us"), "number": np.nan}
KINDS = tuple(FILLERS)
DTYPES: dict[str, np.dtype[Any]] = {
    "boolean": np.dtype(bool),
    "category": np.dtype(object),
    "date": np.dtype("M8[us]"),
    "number": np.dtype(np.float64),
}


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Its name in the file or frame.
    kind : {"number", "category", "boolean", "date"}
        Type of the values.
    values : ndarray of shape (n,)
        float64, str objects, bool or datetime64[us] (UTC), according to the kind. Missing places hold NaN, ``""``,
        False or NaT.
    missing : ndarray of bool of shape (n,)
        Mask of the rows without a value.
    form : Form, optional
        How its text was read; None if it was no text.
    notes : tuple of str
        What a user should know about the reading, each a sentence.
    exact : ndarray of str, optional
        The digits of whole numbers that float64 rounds; labels are made of them.
    rows : RowNames
        How messages name its rows.
    markers : tuple of (str, int)
        Cells that counted as missing when it was read though they do not in every column, each with its number of rows.

    Examples
    --------
    >>> column = Column("age", "number", np.array([31.0, np.nan]), np.array([False, True]))
    >>> len(column), column.n_missing
    (2, 1)
    """

    name: str
    kind: str
    values: np.ndarray
    missing: np.ndarray
    form: Form | None = None
    notes: tuple[str, ...] = ()
    exact: np.ndarray | None = None
    rows: RowNames = IN_ARRAY
    markers: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        dtype = DTYPES.get(self.kind)
        if self.values.dtype != dtype or self.values.shape != self.missing.shape or self.values.ndim != 1:
            must = f"values must be one array of dtype {dtype} and as long as missing"
            got = f"kind {self.kind!r}, dtype {self.values.dtype}, shapes {self.values.shape} and {self.missing.shape}"
            message = f"Column({self.name!r}): it has {got}; {must}."
            raise ShapeError(message, expected=must, got=got)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def n_missing(self) -> int:
        """Number of rows without a value."""
        return int(np.count_nonzero(self.missing))

    def present(self) -> np.ndarray:
        """Return the values of the rows that have one."""
        return np.asarray(self.values[~self.missing])

    def take(self, rows: np.ndarray | slice) -> Column:
        """Return the column with these rows only, in this order."""
        exact = None if self.exact is None else self.exact[rows]
        names = self.rows.take(rows, len(self))
        return replace(self, values=self.values[rows], missing=self.missing[rows], exact=exact, rows=names)


class Table:
    """Columns of a table, in order.

    Parameters
    ----------
    columns : sequence of Column
        Equally long, with different names.
    where : str, default="Table"
        Start of error messages.
    notes : sequence of str
        What a user should know about the reading of the table, each a sentence.

    Raises
    ------
    DataError
        Two columns have the same name.
    ShapeError
        The columns are not equally long.

    Examples
    --------
    >>> no = np.array([False, False])
    >>> table = Table([Column("a", "number", np.array([1.0, 2.0]), no), Column("b", "boolean", no, no)])
    >>> table.names, table.n_rows, table.drop(["b"]).names
    (['a', 'b'], 2, ['a'])
    """

    def __init__(self, columns: Sequence[Column], where: str = "Table", notes: Sequence[str] = ()) -> None:
        self.columns = tuple(columns)
        self.notes = tuple(notes)
        check_names(where, [column.name for column in self.columns])
        lengths = {len(column) for column in self.columns}
        if len(lengths) > 1:
            # One column of each length: among many of one length the first five would not show the other.
            one_each = {len(column): column for column in reversed(self.columns)}
            first = [column for column in self.columns if column is one_each[len(column)]]
            got = ", ".join(f"{column.name!r} has {len(column)}" for column in first[:5])
            message = f"{where}: columns differ in length ({got}); all must have the same number of rows."
            raise ShapeError(message, got=sorted(lengths))
        self.n_rows = lengths.pop() if lengths else 0
        self._by_name = {column.name: column for column in self.columns}

    @property
    def names(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self._by_name)

    def __len__(self) -> int:
        return self.n_rows

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Column:
        if name not in self._by_name:
            raise _unknown(name, self.names)
        return self._by_name[name]

    def take(self, rows: np.ndarray | slice) -> Table:
        """Return the table with these rows only, in this order; ``rows`` are row numbers, a mask or a slice."""
        return Table([column.take(rows) for column in self.columns], notes=self.notes)

    def drop(self, names: Iterable[str]) -> Table:
        """Return the table without the columns of these ``names``, all of which must exist."""
        gone = [names] if isinstance(names, str) else list(names)
        for name in gone:
            if name not in self._by_name:
                raise _unknown(name, self.names)
        return Table([column for column in self.columns if column.name not in gone], notes=self.notes)

    def named_by(self, rows: RowNames) -> Table:
        """Return the table with other names of its rows in messages."""
        return Table([replace(column, rows=rows) for column in self.columns], notes=self.notes)

    def _repr_html_(self) -> str:
        from glassnet.tabular.reading.table_html import html_of_table

        return html_of_table(self)

    def __repr__(self) -> str:
        kinds = ", ".join(f"{column.name}: {column.kind}" for column in self.columns)
        return f"Table({self.n_rows} rows; {kinds})"


def check_names(where: str, names: Sequence[str], advice: str = "Rename one of them.") -> None:
    """Raise an error if two names are equal.

    Examples
    --------
    >>> check_names("Table", ["a", "b", "a"])
    Traceback (most recent call last):
    ...
    glassnet.errors.DataError: Table: 2 columns have the name 'a'; column names must differ. Rename one of them.
    """
    counts = Counter(names)
    name, count = counts.most_common(1)[0] if counts else ("", 0)
    if count > 1:
        message = f"{where}: {count} columns have the name {name!r}; column names must differ. {advice}"
        raise DataError(message, expected="different names", got=name)


def _unknown(name: object, names: list[str]) -> ConfigError:
    """Return the error for a column that does not exist, with the nearest name."""
    advice = did_you_mean(nearest(name, names))
    message = f"Table: there is no column {name!r}; the columns are {few(map(repr, names))}. {advice}".rstrip()
    return ConfigError(message, expected=names, got=name)
