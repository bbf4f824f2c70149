"""What a report says about how a table was read, as plain data: forms of cells, markers of missing values, notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from glassnet.tabular import Column, TableEncoder, TableModel
from glassnet.tabular.encoding.told import infinite_words
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.kept_options import options_config

__all__ = ["described_columns", "form_words", "notes_of", "reading_of_column", "reading_of_model"]


def form_words(form: Form | None) -> str:
    """Return how cells were read, in words; nothing for cells that any program reads alike.

    Examples
    --------
    >>> form_words(Form("number", decimal=",", example="1,5")), form_words(Form("number", example="1.5"))
    ("numbers such as '1,5', with decimal commas", '')
    >>> form_words(Form("boolean", words=("nein", "ja")))
    "'ja' is true, 'nein' is false"
    """
    if form is None or form.is_plain:
        return ""
    return "{1!r} is true, {0!r} is false".format(*form.words) if form.kind == "boolean" else form.describe()


def reading_of_column(column: Column) -> dict[str, Any]:
    """Return how a column was read: ``form`` in words, and ``markers``, the rows of each unusual missing cell."""
    return {"form": form_words(column.form), "markers": dict(column.markers)}


def described_columns(
    encoder: TableEncoder, columns: Iterable[Column] = (), own: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return how each column was read and is coded.

    Without the ``columns`` markers have no number of rows; ``own`` are those that the user named, which are left out.
    """
    read = {name: _reading_of_form(form, own) for name, form in encoder.forms.items()}
    read |= {column.name: reading_of_column(column) for column in columns}
    return [{**each, **read[each["name"]]} for each in encoder.describe()]


def _reading_of_form(form: Form, own: Sequence[str]) -> dict[str, Any]:
    """Return the same of a column that is not at hand."""
    return {"form": form_words(form), "markers": dict.fromkeys(cell for cell in form.missing if cell not in own)}


def reading_of_model(model: TableModel) -> dict[str, Any]:
    """Return how a model reads tables, JSON-able: its target and the options of training."""
    read = _reading_of_form(model.target.form, model.reading.missing)
    return {"target_read": read, "reading": options_config(model.reading)}


def notes_of(columns: Iterable[Column], notes: Iterable[str] = ()) -> list[str]:
    """Return the notes on a table and its columns, each a sentence that ends in a full stop, and each once."""
    columns = list(columns)
    infinite = [sentence for sentence in map(infinite_words, columns) if sentence]
    found = [*notes, *(note for column in columns for note in column.notes), *infinite]
    return list(dict.fromkeys(note if note.endswith((".", "!", "?")) else f"{note}." for note in found))
