"""Choose the coder of a column by its kind and its training values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.encoding.category_coder import CategoryCoder, CodeCoder
from glassnet.tabular.encoding.coders import BooleanCoder, Coder, ConstantCoder, LeftOut, NumberCoder
from glassnet.tabular.encoding.counted import CountedColumn, n_rows_of
from glassnet.tabular.encoding.date_coder import DateCoder
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.encoding.time_coder import TimeCoder
from glassnet.tabular.reading.table import Column
from glassnet.tabular.reading.text import plain_text

__all__ = ["choose_coder", "is_identifier", "refuse_empty", "without_information"]

_ID_ROWS = 20  # a text column of more values than this
_ID_SHARE = 0.9  # of which more than this share differ is an identifier


def choose_coder(
    column: Column,
    max_categories: int,
    scaling: str,
    embed_above: int | None = None,
    n_codes: int = 0,
    counts: np.ndarray | None = None,
) -> Coder:
    """Return the fitted coder of a column of training rows without infinite values, for options of `TableEncoder`.

    ``n_codes`` is the number of codes of the previous columns, and each row stands for ``counts`` equal rows.
    """
    n_missing = None
    of_all = column if isinstance(column, CountedColumn) else None
    if of_all is not None and of_all.distinct is not None and of_all.counts is not None:
        assert of_all.of_each is not None
        n_missing = int(of_all.of_each[of_all.distinct.missing].sum())
        column = CountedColumn(**vars(of_all.distinct), row_counts=of_all.of_each)
        counts = of_all.counts
    counts = None if counts is None else counts[~column.missing]
    coder = _plain_coder(column, max_categories, scaling, counts, n_missing)
    most = math.inf if embed_above is None else embed_above
    has_many = isinstance(coder, CategoryCoder) and len(coder.categories) + coder.n_rare > most
    found = CodeCoder.fit(column, n_codes, counts) if has_many else coder
    return found if n_missing is None else replace(found, n_missing=n_missing)


def _plain_coder(
    column: Column, max_categories: int, scaling: str, counts: np.ndarray | None, n_missing: int | None = None
) -> Coder:
    """Return the coder of a column without embeddings; ``counts`` are those of its present rows.

    ``n_missing`` is how many of all rows have no value, if the column has each value once.
    """
    present = column.present()
    if not len(present):
        return LeftOut(column.name, column.n_missing, column.kind, "all its values are missing", flags=False)
    distinct = set(present.tolist()) if column.kind != "number" else {present.min(), present.max()}
    if len(distinct) == 1 or (column.kind == "number" and Scale.fit(present).std == 0.0):
        why = f"all its values are {plain_text(present[0])}"
        return LeftOut(column.name, column.n_missing, column.kind, why, flags=column.n_missing > 0)
    if column.kind == "category":
        if is_identifier(column, counts):
            n_present = n_rows_of(column) - (column.n_missing if n_missing is None else n_missing)
            why = f"{len(distinct)} of {n_present} values differ, like an identifier"
            return LeftOut(column.name, column.n_missing, column.kind, why, flags=False)
        return CategoryCoder.fit(column, max_categories, counts)
    if column.kind == "boolean":
        return BooleanCoder(column.name, column.n_missing)
    if column.kind == "number":
        is_time = column.form is not None and column.form.style == "time"
        return (TimeCoder if is_time else NumberCoder).fit(column, scaling, counts)
    return DateCoder.fit(column, counts)


def without_information(coders: Sequence[Coder], *, refuses: bool) -> list[Coder]:
    """Return the coders of a table whose columns were all left out, with one feature that is always 0; or refuse it."""
    if refuses:
        whys = [coder.done().removeprefix("left out: ") for coder in coders[:5]]
        reasons = ", ".join(f"{coder.name!r} ({why})" for coder, why in zip(coders, whys, strict=False))
        message = f"TableEncoder.fit: every column is left out: {reasons}; at least one must differ between rows."
        raise DataError(message)
    first, *others = coders
    why = first.done().removeprefix("left out: ")
    return [ConstantCoder(first.name, first.n_missing, first.training_kind, why), *others]


def is_identifier(column: Column, counts: np.ndarray | None = None) -> bool:
    """Return whether nearly every value of a text column is another one, as names and identifiers are.

    ``counts`` are how many rows each present value stands for.
    """
    n_rows = len(column) - column.n_missing if counts is None else counts.sum()
    if column.kind != "category" or n_rows <= _ID_ROWS:
        return False
    return len(set(column.present().tolist())) > _ID_SHARE * n_rows


def is_running(column: Column) -> bool:
    """Return whether a column has the whole numbers from one to another, each once and in any order."""
    n = len(column)
    if column.kind != "number" or n <= _ID_ROWS or column.n_missing or (column.form and column.form.style):
        return False
    low, high = column.values.min(), column.values.max()
    if not (np.isfinite(low) and np.isfinite(high) and high == low + (n - 1)):
        return False
    return bool((column.values == np.floor(column.values)).all() and len(np.unique(column.values)) == n)


def refuse_empty(names: list[str]) -> None:
    """Raise one error for all columns without any value."""
    if not names:
        return
    called = ", ".join(map(repr, names))
    fact = f"column {called} has no value" if len(names) == 1 else f"columns {called} have no value"
    must = "a column must have at least one"
    message = f"TableEncoder.fit: {fact}; {must}. Leave out {called}."
    raise DataError(message, expected=must, got=names)
