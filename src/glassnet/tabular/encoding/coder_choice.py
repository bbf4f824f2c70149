"""Choose the coder of a column by its kind and its training values."""

from __future__ import annotations

import math

from glassnet.errors import DataError
from glassnet.tabular.encoding.category_coder import CategoryCoder, CodeCoder
from glassnet.tabular.encoding.coders import BooleanCoder, Coder, LeftOut, NumberCoder
from glassnet.tabular.encoding.date_coder import DateCoder
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.reading.table import Column
from glassnet.tabular.reading.text import plain_text

__all__ = ["choose_coder", "is_identifier", "refuse_empty"]

_ID_ROWS = 20  # a text column of more values than this
_ID_SHARE = 0.9  # of which more than this share differ is an identifier


def choose_coder(
    column: Column, max_categories: int, scaling: str, embed_above: int | None = None, n_codes: int = 0
) -> Coder:
    """Return the fitted coder of a column of training rows without infinite values, for options of `TableEncoder`.

    ``n_codes`` is the number of codes of the previous columns.
    """
    coder = _plain_coder(column, max_categories, scaling)
    most = math.inf if embed_above is None else embed_above
    has_many = isinstance(coder, CategoryCoder) and len(coder.categories) + coder.n_rare > most
    return CodeCoder.fit(column, n_codes) if has_many else coder


def _plain_coder(column: Column, max_categories: int, scaling: str) -> Coder:
    """Return the coder of a column without embeddings."""
    present = column.present()
    if not len(present):
        return LeftOut(column.name, column.n_missing, column.kind, "all its values are missing", flags=False)
    distinct = set(present.tolist()) if column.kind != "number" else {present.min(), present.max()}
    if len(distinct) == 1 or (column.kind == "number" and Scale.fit(present).std == 0.0):
        why = f"all its values are {plain_text(present[0])}"
        return LeftOut(column.name, column.n_missing, column.kind, why, flags=column.n_missing > 0)
    if column.kind == "category":
        if is_identifier(column):
            why = f"{len(distinct)} of {len(present)} values differ, like an identifier"
            return LeftOut(column.name, column.n_missing, column.kind, why, flags=False)
        return CategoryCoder.fit(column, max_categories)
    if column.kind == "boolean":
        return BooleanCoder(column.name, column.n_missing)
    return NumberCoder.fit(column, scaling) if column.kind == "number" else DateCoder.fit(column)


def is_identifier(column: Column) -> bool:
    """Return whether nearly every value of a text column is another one, as names and identifiers are."""
    if column.kind != "category" or len(column) - column.n_missing <= _ID_ROWS:
        return False
    present = column.present()
    return len(set(present.tolist())) > _ID_SHARE * len(present)


def refuse_empty(names: list[str]) -> None:
    """Raise one error for all columns without any value."""
    if not names:
        return
    columns = "column" if len(names) == 1 else "columns"
    must = f"{columns} {', '.join(map(repr, names))} must have at least one value"
    message = f"TableEncoder.fit: {must}, got only missing ones. Leave out {', '.join(map(repr, names))}."
    raise DataError(message, expected=must, got=names)
