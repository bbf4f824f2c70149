"""Read the text of all columns of a table; what one column leaves open another may decide."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from glassnet.tabular.reading.cells.candidates import decide, decide_as
from glassnet.tabular.reading.cells.column import Open, TextColumn
from glassnet.tabular.reading.cells.distinct import Distinct
from glassnet.tabular.reading.cells.doubts import Doubt, doubt_error
from glassnet.tabular.reading.cells.notation import Evidence
from glassnet.tabular.reading.cells.numbers import Notation
from glassnet.tabular.reading.cells.remarks import with_remarks
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.row_names import IN_ARRAY
from glassnet.tabular.reading.table import Column

__all__ = ["CellReader", "Draft", "read_cells", "with_own_markers"]

_FIRST = 1_000

Draft = Column | Open | Doubt
"""A column, or what must be decided about it."""


class CellReader:
    """Reads columns of text one after the other, and at the end those that were left open.

    Parameters
    ----------
    where : str
        Start of error messages.
    options : ReadOptions
        What the user decided.
    place : callable, optional
        Returns how a message names a row; by default its position from 0.
    semicolons : bool, default=False
        Whether the columns are separated by semicolons, as where numbers have decimal commas.

    Examples
    --------
    >>> reader = CellReader("read", ReadOptions())
    >>> drafts = [reader.read("price", ["950", "1.348"]), reader.read("size", ["1,5", "2,5"])]
    >>> [column.values.tolist() for column in reader.settle(drafts)]
    [[950.0, 1348.0], [1.5, 2.5]]
    """

    def __init__(
        self,
        where: str,
        options: ReadOptions,
        *,
        place: Callable[[int], str] = IN_ARRAY,
        semicolons: bool = False,
    ) -> None:
        self.where, self.options, self._place, self._semicolons = where, options, place, semicolons
        self.evidence = Evidence.none()

    def read(self, name: str, cells: Sequence[str]) -> Draft:
        """Return a column of text, or what is left open about it, to be settled after the last column."""
        column = TextColumn(name, Distinct.of(cells), self.options, self._place)
        if name in self.options.forms:
            return self._like(column, self.options.forms[name])
        kind = self.options.read.get(name, self.options.others)
        draft = decide(column) if kind is None else decide_as(column, kind)
        if isinstance(draft, Column):
            draft = with_own_markers(draft, self.options) if draft.kind == "number" else draft
            self._note_evidence(draft)
        return draft

    def _like(self, column: TextColumn, form: Form) -> Draft:
        """Return a column of new data: its text, which is read in the form of training when it is encoded.

        Where the values of training were no text, nothing is known about how text is written, and the cells decide.
        """
        if form.kind == "category" or form.example:
            return column.category(form.style == "text")
        draft = decide(column)
        if not isinstance(draft, Column):
            return draft if isinstance(draft, Open) else column.category()
        found = draft.form or form
        is_bare = draft.kind == form.kind and not found.unit and found.style == form.style
        return draft if is_bare or draft.n_missing == len(draft) else column.category()

    def read_numbers(self, name: str, values: np.ndarray) -> Column:
        """Return a column whose text a fast parser has converted to numbers."""
        column = with_own_markers(Column(name, "number", values, np.isnan(values), Form("number")), self.options)
        self._note_evidence(column)
        return column

    def _note_evidence(self, column: Column) -> None:
        """Remember what a column shows about the notation of the table."""
        form = column.form
        if form is None:
            return
        if form.order:
            (self.evidence.day_first if form.order == "dmy" else self.evidence.month_first).append(column.name)
        if form.kind == "number" and not form.style:
            if form.decimal == ",":
                self.evidence.comma.append(column.name)
            elif form.thousands == "," or _has_fractions(column.values):
                self.evidence.point.append(column.name)

    def settle(self, drafts: Sequence[Draft]) -> list[Column]:
        """Return all columns; raise one error about all that a person must decide."""
        settled = [self._settled(draft) if isinstance(draft, Open) else draft for draft in drafts]
        doubts = [draft for draft in settled if isinstance(draft, Doubt)]
        if doubts:
            raise doubt_error(self.where, doubts)
        columns = [draft for draft in settled if isinstance(draft, Column)]
        known = self.options.forms  # what is worth a remark was said in training
        return [column if column.name in known else with_remarks(column, self.options) for column in columns]

    def _settled(self, draft: Open) -> Column | Doubt:
        return self._settled_order(draft) if draft.mark == "order" else self._settled_notation(draft)

    def _settled_order(self, draft: Open) -> Column | Doubt:
        spelled, evidence = self.options.spelled, self.evidence
        if bool(evidence.day_first) == bool(evidence.month_first):
            choices = f"{spelled('day_first', True)} or {spelled('day_first', False)}"
            return Doubt(draft.name, f"in dates such as {draft.example!r} day or month may stand first", choices)
        order, others = ("dmy", evidence.day_first) if evidence.day_first else ("mdy", evidence.month_first)
        first = "day" if order == "dmy" else "month"
        why = f"Column {draft.name!r}: the {first} stands first in {draft.example!r}, as in column {others[0]!r}."
        return _with_note(draft.read(order), why)

    def _settled_notation(self, draft: Open) -> Column | Doubt:
        spelled, evidence = self.options.spelled, self.evidence
        if evidence.comma and not evidence.point:
            decimal, other = ",", evidence.comma[0]
        elif evidence.point and not evidence.comma:
            decimal, other = ".", evidence.point[0]
        elif draft.likely and not evidence.comma and not self._semicolons:
            return draft.read(Notation(".", ""))
        else:
            mark = draft.mark
            whole, part = draft.example.replace(mark, ""), draft.example.replace(mark, ".")
            fact = f"{draft.example!r} may be {whole} or {part}"
            return Doubt(draft.name, fact, f"{spelled('thousands', mark)} or {spelled('decimal', mark)}")
        if decimal == draft.mark:
            return draft.read(Notation(decimal, ""))
        found = draft.read(Notation(decimal, draft.mark))
        whole, kind = draft.example.replace(draft.mark, ""), "points" if decimal == "." else "commas"
        why = f"{draft.example!r} is read as {whole}, since column {other!r} has decimal {kind}."
        return _with_note(found, f"Column {draft.name!r}: {why}")


def with_own_markers(column: Column, options: ReadOptions) -> Column:
    """Return the column without the values that the user named as missing.

    Examples
    --------
    >>> column = Column("x", "number", np.array([1.0, -9.0]), np.array([False, False]))
    >>> with_own_markers(column, ReadOptions(missing=("-9",))).values.tolist()
    [1.0, nan]
    """
    form = options.forms.get(column.name)
    markers = [*options.missing, *(form.missing if form else ())]
    if column.kind == "number" and markers:
        counts = {marker: int(np.count_nonzero(column.values == _number(marker))) for marker in markers}
        gone = column.missing | np.isin(column.values, [_number(marker) for marker in markers])
        found = (*column.markers, *((marker, count) for marker, count in counts.items() if count))
        return replace(column, values=np.where(gone, np.nan, column.values), missing=gone, markers=found)
    if column.kind == "date" and markers:
        gone = column.missing | np.isin(column.values, [_moment(marker) for marker in markers])
        return replace(column, values=np.where(gone, _moment(""), column.values), missing=gone)
    if column.kind == "category" and markers:
        counts = {marker: int(np.count_nonzero(column.values == marker)) for marker in markers}
        gone = column.missing | np.isin(column.values.astype(str), markers)
        found = (*column.markers, *((marker, count) for marker, count in counts.items() if count))
        return replace(column, values=np.where(gone, "", column.values), missing=gone, markers=found)
    return column


def _has_fractions(values: np.ndarray) -> bool:
    for part in (values[:_FIRST], values[_FIRST:]):  # the first rows nearly always show it
        finite = part[np.isfinite(part)]
        if (finite != np.floor(finite)).any():
            return True
    return False


def _moment(marker: str) -> np.datetime64:
    """Return the moment that a marker of missing values spells; NaT for others."""
    try:
        return np.datetime64(marker or "NaT", "us")
    except ValueError:
        return np.datetime64("NaT", "us")


def _number(marker: str) -> float:
    """Return the number that a marker of missing values spells; NaN for others, which is in no column."""
    try:
        return float(marker)
    except ValueError:
        return math.nan


def _with_note(draft: Column | Doubt, note: str) -> Column | Doubt:
    return replace(draft, notes=(*draft.notes, note)) if isinstance(draft, Column) else draft


def read_cells(
    name: str, cells: Sequence[str], options: ReadOptions | None = None, where: str = "read_cells"
) -> Column:
    """Return one column of text, without others that could decide what it leaves open.

    Examples
    --------
    >>> [read_cells("x", cells).kind for cells in (["$1.50", "$2"], ["yes", "no"], ["31.12.2024"], ["a", "b"])]
    ['number', 'boolean', 'date', 'category']
    """
    reader = CellReader(where, options or ReadOptions())
    return reader.settle([reader.read(name, cells)])[0]
