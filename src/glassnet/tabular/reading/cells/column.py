"""Decide what the text of one column means, from all of its cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.tabular.reading.cells.distinct import Distinct
from glassnet.tabular.reading.cells.doubts import Doubt
from glassnet.tabular.reading.cells.markers import MARKERS_IN_NUMBERS, MISSING_MARKERS
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.table import Column
from glassnet.utils.wording import shortened

__all__ = ["Open", "TextColumn"]

_SAMPLE = 2_000  # distinct texts that are looked at first: most columns of words are recognised by them
_FEW = 0.3  # share of them that must look like numbers, dates or times for all to be looked at
_MOST = 0.8  # share of the cells that makes it likely that numbers, dates or times were meant
_CODE = re.compile(r"[-+]?0\d+")


@dataclass(frozen=True)
class Open:
    """A column whose cells leave its reading open: ``read`` returns it for a choice, ``mark`` says what is open.

    ``mark`` is "," or "." for numbers such as 9,999 or 9.999, and "order" for dates such as 01/02/2024. ``likely`` says
    that 9.999 has decimals unless other columns say otherwise.
    """

    name: str
    mark: str
    example: str
    read: Callable[[Any], Column | Doubt]
    likely: bool = False


class TextColumn:
    """The text of a column, and what it may mean.

    Parameters
    ----------
    name : str
        Name of the column.
    cells : Distinct
        Its texts.
    options : ReadOptions
        What the user decided.
    place : callable
        Returns how a message names a row.
    """

    def __init__(self, name: str, cells: Distinct, options: ReadOptions, place: Callable[[int], str]) -> None:
        self.name, self.cells, self.options, self._place = name, cells, options, place
        self._own = options.missing
        self.gone = np.zeros(len(cells.texts), dtype=bool)
        self.gone[cells.positions({*MISSING_MARKERS, *self._own})] = True

    # ---- cells ------------------------------------------------------------------------------------------------------

    def rest(self) -> np.ndarray:
        """Return the positions of the texts that are not missing, even among numbers."""
        kept = ~self.gone
        kept[self.cells.positions(MARKERS_IN_NUMBERS)] = False
        return np.flatnonzero(kept)

    @property
    def weak_markers(self) -> list[str]:
        """The texts that are missing among numbers, dates and times, and words elsewhere."""
        found = self.cells.positions(MARKERS_IN_NUMBERS - MISSING_MARKERS)
        return list(dict.fromkeys(self.cells.texts[i] for i in found if not self.gone[i]))

    # ---- results ----------------------------------------------------------------------------------------------------

    def category(self, as_text: bool = False, note: str = "") -> Column:
        """Return the column as categories; as text only empty cells are missing."""
        gone = self.gone
        if as_text:
            gone = np.zeros(len(self.cells.texts), dtype=bool)
            gone[self.cells.positions([""])] = True
        words = np.fromiter(self.cells.texts, object, len(self.cells.texts))
        words[gone] = ""
        place = self.cells.place
        form = Form("category", style="text" if as_text else "")
        own = self._counted([] if as_text else self._own)
        return Column(self.name, "category", words[place], gone[place], form, (note,) if note else (), markers=own)

    def booleans(self, truths: dict[str, bool]) -> Column:
        values = np.fromiter((truths.get(text, False) for text in self.cells.texts), bool, len(self.cells.texts))
        place = self.cells.place
        form, own = Form("boolean", words=self._words(truths)), self._counted(self._own)
        return Column(self.name, "boolean", values[place], self.gone[place], form, markers=own)

    def _words(self, truths: dict[str, bool]) -> tuple[str, ...]:
        """Return the most frequent words for false and true; none if they are these two."""
        if {text.lower() for text in truths} <= {"false", "true"}:
            return ()
        counts = {text: int(self.cells.counts[i]) for i, text in enumerate(self.cells.texts) if text in truths}
        found = []
        for truth in (False, True):
            words = [word for word, meaning in truths.items() if meaning is truth]
            found.append(max(words, key=lambda word: counts[word]) if words else str(truth).lower())
        return tuple(found)

    def numbers(self, values: np.ndarray, form: Form, note: str = "") -> Column:
        """Return the column as numbers, from the number of each distinct text."""
        form = self._with_markers(form)
        numbers = values[self.cells.place]
        found = self._counted(form.missing)
        return Column(self.name, "number", numbers, np.isnan(numbers), form, (note,) if note else (), markers=found)

    def dates(self, values: np.ndarray, form: Form, note: str = "") -> Column:
        """Return the column as dates, from the moment of each distinct text."""
        moments = values[self.cells.place]
        form = self._with_markers(form)
        found = self._counted(form.missing)
        return Column(self.name, "date", moments, np.isnat(moments), form, (note,) if note else (), markers=found)

    def _with_markers(self, form: Form) -> Form:
        """Return the form with the cells that count as missing here, besides those that do in every column."""
        return replace(form, missing=tuple(dict.fromkeys([*form.missing, *self.weak_markers, *self._own])))

    def _counted(self, markers: Iterable[str]) -> tuple[tuple[str, int], ...]:
        """Return the markers that are among the cells, each with its number of rows, the most frequent first."""
        counts = dict(zip(self.cells.texts, self.cells.counts.tolist(), strict=True))
        found = [(marker, counts[marker]) for marker in markers if marker in counts]
        return tuple(sorted(found, key=lambda each: -each[1]))

    # ---- messages ---------------------------------------------------------------------------------------------------

    def shown(self, position: int) -> str:
        """Return a text with the first row that has it."""
        return (
            f"{shortened(repr(self.cells.texts[position]), 60, '...')} in {self._place(self.cells.first_row(position))}"
        )

    def weight(self, positions: np.ndarray) -> int:
        """Return the number of rows that have one of the texts."""
        return int(self.cells.counts[positions].sum())

    def spelled(self, name: str, value: Any) -> str:
        """Return an option in the words of the caller."""
        return str(self.options.spelled(name, value))
