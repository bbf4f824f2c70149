"""Read new text as the text of a column was read in training."""

from __future__ import annotations

import numpy as np

from glassnet.tabular.reading.cells.clock import ClockTexts
from glassnet.tabular.reading.cells.distinct import Distinct, find_shapes
from glassnet.tabular.reading.cells.markers import INFINITE, MARKERS_IN_NUMBERS, truth_of
from glassnet.tabular.reading.cells.moments import DateTexts, spread_out
from glassnet.tabular.reading.cells.numbers import Notation, NumberShapes, parse_numbers
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.table import DTYPES, FILLERS

__all__ = ["reread"]


def reread(cells: Distinct, form: Form) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the value of each distinct text, and masks of those that are missing and of those that cannot be read.

    Examples
    --------
    >>> reread(Distinct.of(["1,5", "NA", "x"]), Form("number", decimal=","))[0].tolist()
    [1.5, nan, nan]
    """
    missing = np.zeros(len(cells.texts), dtype=bool)
    missing[cells.positions([*MARKERS_IN_NUMBERS, *form.missing])] = True
    values = np.full(len(cells.texts), FILLERS[form.kind], DTYPES[form.kind])
    rest = np.flatnonzero(~missing)
    texts = [cells.ordinary[i] for i in rest]
    if form.kind == "boolean":
        truths = [truth_of(text, form.words or (text,)) for text in texts]
        good = np.array([truth is not None for truth in truths], dtype=bool)
        values[rest] = np.array([bool(truth) for truth in truths], dtype=bool)
    elif form.kind == "date":
        found = _moments(texts, form)
        good = ~np.isnat(found)
        values[rest] = found
    else:
        found = _numbers(texts, form)
        good = ~np.isnan(found)
        values[rest] = found
    bad = np.zeros(len(cells.texts), dtype=bool)
    bad[rest] = ~good
    if form.loose:
        return values, missing | bad, np.zeros(len(cells.texts), dtype=bool)
    return values, missing, bad


def _moments(texts: list[str], form: Form) -> np.ndarray:
    """Return dates; where training showed no order of day and month, texts that leave it open cannot be read."""
    if form.example.isdigit():
        texts = [spread_out(text) for text in texts]
    dates = DateTexts.of(find_shapes(texts))
    found = dates.moments("mdy" if form.order == "mdy" else "dmy").copy()
    if not form.order and dates.is_open:
        found[found != dates.moments("mdy")] = FILLERS[
            "date"
        ]  # those that are one date in both orders are none of these
    return found


def _numbers(texts: list[str], form: Form) -> np.ndarray:
    shapes = find_shapes(texts)
    if form.style:
        return ClockTexts.of(shapes).seconds()[0]
    found = NumberShapes.of(shapes, np.ones(len(texts)))
    values = parse_numbers(found, Notation(form.decimal, form.thousands), form.unit)
    for i, text in enumerate(texts):
        if text in INFINITE:
            values[i] = INFINITE[text]
    return values
