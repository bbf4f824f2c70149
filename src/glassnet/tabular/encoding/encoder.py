"""Encode a table as a matrix of float32."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import DataError, FormatError, NotFittedError
from glassnet.tabular.encoding.category_coder import CategoryCoder, CodeCoder
from glassnet.tabular.encoding.coder_choice import choose_coder, refuse_empty, without_information
from glassnet.tabular.encoding.coders import (
    SCALINGS,
    BooleanCoder,
    Coder,
    ConstantCoder,
    LeftOut,
    NumberCoder,
    Scaling,
    finite,
)
from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.encoding.date_coder import DateCoder
from glassnet.tabular.encoding.encoder_entries import check_codes, read_bounds
from glassnet.tabular.encoding.features import bounds_of, write_features
from glassnet.tabular.encoding.forms import read_forms
from glassnet.tabular.encoding.presence import presence_warnings, require_columns
from glassnet.tabular.encoding.robust_scaling import RobustScale
from glassnet.tabular.encoding.time_coder import TimeCoder
from glassnet.tabular.encoding.weighting import as_counts
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.frames import table_of
from glassnet.tabular.reading.options import ReadOptions, table_spelling
from glassnet.tabular.reading.rows import complete_rows
from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.reading.table_view import some_rows
from glassnet.tabular.reading.text import as_form
from glassnet.utils.checks import check_choice, check_flag, check_integer

__all__ = ["TableEncoder", "placed_coders"]

_FORMATS = (1, 2)  # files of format 1 have standard scaling and no codes
_KINDS_OF_CODERS = (
    NumberCoder, TimeCoder, BooleanCoder, CategoryCoder, CodeCoder, DateCoder, LeftOut, ConstantCoder,
)  # fmt: skip
_CODERS: dict[str, type[Coder]] = {coder.kind: coder for coder in _KINDS_OF_CODERS}


class TableEncoder:
    """Encodes tables as matrices: scales numbers, encodes categories, fills and flags missing values.

    The features of a column depend on its kind, and stand in the order of the columns:

    * **number**: ``(x - mean) / std`` with the statistics of the training rows, in float64. A missing or infinite
      value becomes 0, the mean.
    * **time of the day**: seconds, as a number, and the sine and cosine of the phase in the day.
    * **boolean**: true is 1, false -1, a missing value 0.
    * **category**: two categories become one feature, 1 for the second in alphabetical order, -1 for the first, 0
      for a missing or new one. More become one feature of 0 and 1 each; beyond ``max_categories`` the rarer ones
      share the feature "(other)", as do new ones. Without it new ones are 0 in all features.
    * **date**: days since 1970, standardised; and sine and cosine of the phase in the year, the week and the day,
      each if the training dates cover one such period and differ in it. A missing value is 0 in all of them.
    * If training rows have missing (or infinite) values, one more feature is 1 for a missing value, else 0.
    * Columns with one value only are left out (their missing values are still flagged), and text that differs in more
      than 90 % of more than 20 rows, such as names and identifiers. `describe` has the reason.

    With standard scaling values far outside of training are not clipped; `check` reports them.

    Parameters
    ----------
    max_categories : int, default=30
        Largest number of categories of a column with a feature of their own.
    scaling : {"standard", "robust", "normal"}, default="standard"
        Scaling of numbers: by mean and standard deviation; by quartiles with smooth clipping, `RobustScale`, which also
        scales all other features but codes; or ranks as quantiles of the normal distribution, `NormalScale`.
    embed_above : int, optional
        Columns of more categories than this become one feature, a whole number for an `Embedding` layer.
    allow_empty : bool, default=False
        Whether a column without any value is left out, as one with one value only, instead of refused; and a table of
        which all columns are left out gets one feature that is always 0: see `is_constant`.

    Attributes
    ----------
    roles : list of str
        For each feature ``"number"``, ``"indicator"`` (of a category, a boolean, or a missing value) or ``"code"``.
    n_codes : int
        Number of codes of all columns.
    bounds : list of RobustScale or None
        With robust scaling the scale that a feature gets after its column's own; otherwise empty.

    Examples
    --------
    >>> encoder = TableEncoder()
    >>> encoder.fit_transform({"size": [1.0, 3.0, None], "colour": ["red", "blue", "red"]}).tolist()
    [[-1.0, 0.0, 1.0], [1.0, 0.0, -1.0], [0.0, 1.0, 1.0]]
    >>> encoder.feature_names
    ['size', 'size (missing)', 'colour=red']
    >>> encoder.check({"size": [7.0], "colour": ["red"]})
    ["Column 'size': 1 of 1 rows has a value outside the range of training, 1 to 3: 7."]
    """

    def __init__(
        self,
        max_categories: int = 30,
        *,
        scaling: Scaling = "standard",
        embed_above: int | None = None,
        allow_empty: bool = False,
    ) -> None:
        self.max_categories = check_integer("TableEncoder", "max_categories", max_categories, 2)
        self.scaling = check_choice("TableEncoder", "scaling", scaling, SCALINGS)
        if embed_above is not None:
            check_integer("TableEncoder", "embed_above", embed_above, 2)
        self.embed_above = embed_above
        self.allow_empty = check_flag("TableEncoder", "allow_empty", allow_empty)
        self._coders: list[Coder] | None = None
        self._n_rows = 0
        self.bounds: list[RobustScale | None] = []
        self._forms: dict[str, Form] = {}  # of columns of text

    # ---- learning -----------------------------------------------------------------------------------------------

    def fit(self, frame: Any, sample_weight: Any = None) -> TableEncoder:
        """Fit scales and categories to training rows, which must not include rows that are held out.

        Parameters
        ----------
        frame : Table, DataFrame or mapping
            Training rows without the target; see `to_table`.
        sample_weight : array of shape (n,), optional
            A row of weight 2 counts as two equal rows in means, quantiles and frequencies, one of weight 0 as none.
            Other weights count as multiples of the smallest if they are, or else are scaled to a mean of 1.

        Raises
        ------
        DataError
            No rows, no columns, a column without any value, or only columns with one value or identifiers.
        """
        table = table_of(frame, ReadOptions(spelled=table_spelling), "TableEncoder.fit")
        if not table.columns or table.n_rows == 0:
            got = f"{table.n_rows} rows and {len(table.columns)} columns"
            must = "it must have at least one row and one column beside the target"
            message = f"TableEncoder.fit: the frame has {got}; {must}."
            raise DataError(message, got=got)
        counts = None
        if sample_weight is not None:
            counts = as_counts("TableEncoder.fit", sample_weight, table.n_rows)
            table, counts = some_rows(table, counts > 0.0), counts[counts > 0.0]
        if not self.allow_empty:
            columns = map(finite, table.columns)
            refuse_empty([column.name for column in columns if column.n_missing == len(column)])
        coders: list[Coder] = []
        self._forms, n_codes = {}, 0
        for column in table.columns:  # one at a time: those of a view are copied while they are looked at
            options = self.max_categories, self.scaling, self.embed_above, n_codes
            coders.append(choose_coder(finite(column), *options, counts))
            n_codes += coders[-1].n_codes
            if column.form is not None:
                self._forms[column.name] = column.form
        if not any(coder.features for coder in coders):
            coders = without_information(coders, refuses=not self.allow_empty)
        self._coders, self.bounds, self._n_rows = coders, [], table.n_rows
        if self.scaling == "robust":
            for coder, _ in placed_coders(self):
                self.bounds += bounds_of(coder, self._column_for(coder, table), counts)
        return self

    def fit_transform(self, frame: Any) -> np.ndarray:
        """Fit to the training rows ``frame`` and return their features."""
        table = table_of(frame, ReadOptions(spelled=table_spelling), "TableEncoder.fit")
        return self.fit(table).transform(table)

    @property
    def coders(self) -> list[Coder]:
        """The fitted coder of each column of the training data, in order."""
        if self._coders is None:
            message = "TableEncoder: the encoder is not fitted. Call fit first."
            raise NotFittedError(message)
        return self._coders

    @property
    def feature_names(self) -> list[str]:
        """The names of the features, one per column of the matrix that `transform` returns."""
        return [name for coder in self.coders for name in coder.features]

    @property
    def roles(self) -> list[str]:
        """For each feature ``"number"``, ``"indicator"`` or ``"code"``."""
        return [role for coder in self.coders for role in coder.roles]

    @property
    def n_codes(self) -> int:
        """Number of codes of all columns."""
        return sum(coder.n_codes for coder in self.coders)

    @property
    def is_constant(self) -> bool:
        """Whether no column differs between rows, so that the one feature is always 0."""
        return any(isinstance(coder, ConstantCoder) for coder in self.coders)

    @property
    def column_names(self) -> list[str]:
        """The columns that `transform` needs: those of training that were not left out."""
        return [coder.name for coder in self.coders if coder.features]

    @property
    def text_columns(self) -> list[str]:
        """The columns that were text in training."""
        return [coder.name for coder in self.coders if coder.training_kind == "category"]

    @property
    def forms(self) -> dict[str, Form]:
        """How the columns were read in training, for ``read_table(path, like=encoder)`` with new data."""
        return {coder.name: self._form_of(coder) for coder in self.coders}

    def _form_of(self, coder: Coder) -> Form:
        return self._forms.get(coder.name) or Form(coder.training_kind)

    # ---- use ----------------------------------------------------------------------------------------------------

    def _table(self, frame: Any, where: str) -> Table:
        rows = complete_rows(frame, self.column_names, self._known, where)
        return table_of(rows, ReadOptions(forms=self.forms, others="text", spelled=table_spelling), where)

    @property
    def _known(self) -> list[str]:
        return [coder.name for coder in self.coders]

    def transform(self, frame: Any) -> np.ndarray:
        """Return the features of the rows of ``frame``, float32 (n, d); columns are found by name, others are ignored.

        Raises
        ------
        DataError
            A column of training is missing, cannot be converted to its kind in training, or holds a number too far from
            training for float32.
        """
        where = "TableEncoder.transform"
        table = self._table(frame, where)
        require_columns(where, self.column_names, self._known, table)
        X: np.ndarray = np.empty((table.n_rows, len(self.feature_names)), dtype=np.float32)
        for coder, places in placed_coders(self):
            write_features(X[:, places], coder, self._column_for(coder, table), self.bounds[places])
        return X

    def _column_for(self, coder: Coder, table: Table) -> Column:
        """Return the column of a coder in the form of training."""
        given = table[coder.name]
        column = finite(as_form(given, self._form_of(coder), "TableEncoder.transform"))
        return column if column.rows is given.rows else replace(column, rows=given.rows)

    def check(self, frame: Any) -> list[str]:
        """Return warnings about the rows of ``frame``, each one sentence; an empty list if they resemble training.

        They report columns that are absent, not needed, cannot be read or have no value, and, in three rows and more
        than 1 % (or in any of up to ten rows), categories that training did not have, values outside its range, and
        missing values in columns that had none in training; of the last two not what chance explains.
        """
        table = self._table(frame, "TableEncoder.check")
        found = presence_warnings(self.column_names, self._known, table)
        for coder in self.coders:
            if coder.features and coder.name in table:
                found += coder.warnings(table[coder.name], self._n_rows, self._form_of(coder))
        return found

    def describe(self) -> list[dict[str, Any]]:
        """Return the encoding of each column of the training data, as records that JSON can hold.

        Each has ``name``, ``kind`` (of `Column`), ``done`` (a description), ``missing`` (training rows without a finite
        value), ``features`` (number of features) and ``note`` (a hint, mostly empty).
        """
        return [
            {
                "name": coder.name,
                "kind": coder.training_kind,
                "done": coder.done(),
                "missing": coder.n_missing,
                "features": len(coder.features),
                "note": getattr(coder, "note", ""),
            }
            for coder in self.coders
        ]

    # ---- as plain data ------------------------------------------------------------------------------------------

    def config(self) -> dict[str, Any]:
        """Return the fitted state, JSON-able; `from_config` returns an encoder with the same bits."""
        columns = [coder.config() for coder in self.coders]
        # A form that any reader has by itself is not written, so that files stay as they were.
        special = {name: form.config() for name, form in self._forms.items() if form.missing or not form.is_plain}
        forms = {"forms": special} if special else {}
        base = {"max_categories": self.max_categories, "rows": self._n_rows, "columns": columns}
        if self.scaling == "standard" and self.embed_above is None:
            return {"format": 1, **base, **forms}
        return {
            "format": 2,
            **base,
            "scaling": self.scaling,
            "embed_above": self.embed_above,
            "bounds": [None if bound is None else bound.config() for bound in self.bounds],
            **forms,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TableEncoder:
        """Return the encoder that `config` described.

        Raises
        ------
        FormatError
            Entries are missing or invalid.
        """
        entries = Entries("TableEncoder.from_config", config)
        options: dict[str, Any] = {}
        if entries.choice("format", _FORMATS) == 2:
            embed_above = config.get("embed_above")
            embed_above = None if embed_above is None else entries.count("embed_above", minimum=2)
            options = {"scaling": entries.choice("scaling", tuple(SCALINGS)), "embed_above": embed_above}
        encoder = cls(entries.count("max_categories", minimum=2), **options)
        coders = [_CODERS[e.choice("coder", tuple(_CODERS))].from_entries(e) for e in entries.entries("columns")]
        names = [coder.name for coder in coders]
        if len(set(names)) < len(names) or not any(coder.features for coder in coders):
            must = "they must differ, and some must give features"
            message = f"{entries.where}: 'columns' has the names {names[:10]}; {must}."
            raise FormatError(message, got=names)
        check_codes(entries, coders)
        encoder._coders = coders
        encoder._n_rows = entries.count("rows") if "rows" in config else 0  # older files have no such entry
        encoder._forms = read_forms(entries, {coder.name: coder.training_kind for coder in coders})
        encoder.bounds = read_bounds(entries, len(encoder.feature_names)) if options else []
        return encoder

    def __repr__(self) -> str:
        fitted = self._coders is not None
        state = f"{len(self.coders)} columns, {len(self.feature_names)} features" if fitted else "not fitted"
        options = "" if self.scaling == "standard" else f", scaling={self.scaling!r}"
        options += "" if self.embed_above is None else f", embed_above={self.embed_above}"
        return f"TableEncoder(max_categories={self.max_categories}{options}): {state}"


def placed_coders(encoder: TableEncoder) -> Iterator[tuple[Coder, slice]]:
    """Yield the coders that have features, each with the columns of the encoded matrix that hold them."""
    start = 0
    for coder in encoder.coders:
        stop = start + len(coder.features)
        if coder.features:
            yield coder, slice(start, stop)
        start = stop
