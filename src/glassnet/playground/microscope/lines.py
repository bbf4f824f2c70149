"""An entry of an explanation as plain data: its terms as text, of many the largest and the sum of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.explanation import Entry, Explanation
from glassnet.explanation.document import Equation, entries_of
from glassnet.explanation.number_format import matrix_cells, number_text
from glassnet.playground.protocol import Arguments

__all__ = ["Line", "digits_of", "equation_data", "line_of", "line_text", "place_in", "shape_text"]

Line = dict[str, Any]

_MOST_TERMS, _MOST_CELLS, _WORKED = 12, 6, 2


def digits_of(arguments: Arguments) -> int:
    """Return how many significant digits are asked for; 17 can be read back exactly."""
    return arguments.integer("digits", 4, minimum=2, maximum=17)


def line_of(entry: Entry, digits: int, *, names: Sequence[str] = (), keep_last: bool = False) -> Line:
    """Return an entry as a line: ``label = term + term + ... = result``.

    Parameters
    ----------
    entry : Entry
    digits : int
    names : sequence of str
        Where each term comes from: an input, a neuron, a row.
    keep_last : bool
        Whether the last term is shown however small it is.
    """
    places, rest = entry.largest(_MOST_TERMS, keep_last=keep_last)
    texts = entry.term_texts(digits)
    shown, left_out = [texts[place] for place in places], len(texts) - len(places)
    result = number_text(entry.value, digits)
    line: Line = {
        "label": entry.label, "symbol": entry.symbol, "index": list(entry.index), "formula": entry.formula,
        "remark": entry.remark, "terms": shown, "text": line_text(shown), "result": result, "value": entry.value,
        "places": places,
        "from": [names[place] if place < len(names) else "" for place in places],
        "rest": {"count": left_out, "sum": number_text(rest, digits)} if left_out else None,
    }  # fmt: skip
    return line


def line_text(terms: Sequence[str]) -> str:
    """Return terms as a sum, negative ones in parentheses where there are several."""
    if len(terms) < 2:
        return "".join(terms)
    return " + ".join(f"({term})" if term.startswith("-") else term for term in terms)


def place_in(value: np.ndarray, index: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the place of an entry in an array that may be the same along some axes; None if there is none."""
    if value.ndim != len(index):
        return None
    place = tuple(i if n > 1 else 0 for i, n in zip(index, value.shape, strict=True))
    return place if all(i < n for i, n in zip(place, value.shape, strict=True)) else None


def equation_data(step: Explanation, equation: Equation, digits: int) -> dict[str, Any]:
    """Return an array as plain data: its formula, a few numbers of it, and a few of them worked."""
    worked = []
    if equation.work is not None and equation.value.size:
        lines = [line_of(step.entry(equation.symbol, place), digits) for place in entries_of(equation.value, _WORKED)]
        worked = [line for line in lines if line["text"] != line["result"]]
    cells = matrix_cells(equation.value, lambda value: number_text(value, digits), _MOST_CELLS)
    return {
        "symbol": equation.symbol, "formula": equation.formula, "remark": equation.remark,
        "shape": shape_text(equation.value), "cells": cells, "worked": worked,
    }  # fmt: skip


def shape_text(value: np.ndarray) -> str:
    """Return the shape of an array, as in ``"10 x 8"``; empty for a number."""
    return " x ".join(map(str, value.shape))
