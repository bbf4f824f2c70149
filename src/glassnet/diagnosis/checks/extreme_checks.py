"""Checks for values that lie apart from all others: outliers in inputs and targets, and codes for missing values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.codes import check_codes
from glassnet.diagnosis.checks.robust import MEDIAN_ERROR, edited_column, rescaled
from glassnet.diagnosis.checks.tails import Tails, lone_values
from glassnet.diagnosis.checks.whole_columns import Column, flat, input_column, rows_of, target_column, upper
from glassnet.diagnosis.remedies.attempts import Attempt
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.layers import Embedding
from glassnet.losses import GaussianNLL, Poisson, SquaredError

__all__ = ["check_extremes"]

_FEWEST_ROWS = 40
_CONFIRMED = 5  # columns of which all rows are read
_RULES = 0.5  # share of the squares that is ruled by one value
_SQUEEZES = 0.9  # share of the squares that leaves the rest of a column no width
_OUTPUTS = 20  # columns of y that are looked at


def check_extremes(case: Case) -> Iterator[Suspicion]:
    """Report single values of y and of columns far from all others, and repeated ones that stand for "missing"."""
    if case.n_rows < _FEWEST_ROWS:
        return
    yield from _targets(case)
    layers = case.original.layers
    if any(isinstance(layer, Embedding) for layer in layers):
        return
    columns, probe = case.looked_at, case.probe[0]
    few = flat(probe, columns)
    tails = Tails(few)
    yield from check_codes(case, tails.ordered, columns)
    if case.extremes is None:
        low, high = few.min(axis=0), few.max(axis=0)
    else:
        low, high = (ends[columns].astype(np.float64) for ends in case.extremes)
    for place in tails.suspected(low, high, case.n_rows)[:_CONFIRMED].tolist():
        index = int(columns[place])
        column = input_column(case, index)
        lone = lone_values(column.values)
        if lone is None:
            continue
        measured, evidence = _described(column, case.names[index], lone.places)
        evidence |= {"column": index, "share_of_squares": lone.share}
        edit = edited_column(index, lambda x, limits=_limits(column, lone.places): rescaled(np.clip(x, *limits)))
        remedy = Attempt(f"{case.names[index]} cut off at the next value and scaled to mean 0, spread 1", inputs=edit)
        severity = "warning" if lone.share >= _SQUEEZES else "note"
        remedies = [remedy] if severity == "warning" else []
        details = {"epoch": 0, "evidence": evidence, "severity": severity}
        yield suspect("outlier-in-inputs", measured, *remedies, if_helped=False, **details)
        return


def _limits(column: Column, places: np.ndarray) -> tuple[float, float]:
    rest = np.delete(column.values, places)
    return float(rest.min()), float(rest.max())


def _described(column: Column, name: str, places: np.ndarray) -> tuple[str, dict[str, Any]]:
    """Return which values lie apart as a sentence, and as data."""
    values, numbers = column.values[places], column.numbers(places)
    rest = np.delete(column.values, places)
    low, high = np.quantile(rest, [0.05, 0.95])
    shown = ", ".join(f"{value:.6g}" for value in values.tolist())
    measured = f"{upper(name)} is {shown} in {rows_of(numbers)}; the other values of {column.rows} reach from "
    measured += f"{rest.min():.4g} to {rest.max():.4g}, nine of ten from {low:.4g} to {high:.4g}."
    return measured, {"rows": numbers, "values": values.tolist()}


def _targets(case: Case) -> Iterator[Suspicion]:
    """Report targets far from all others."""
    y = case.sample[1]
    if case.loss.classifies or y.dtype.kind != "f" or y.ndim != 2:
        return
    for index in range(min(y.shape[1], _OUTPUTS)):
        column = target_column(case, index)
        lone = lone_values(column.values)
        if lone is None:
            continue
        name = "y" if y.shape[1] == 1 else f"output {index} (counted from 0) of y"
        measured, evidence = _described(column, name, lone.places)
        evidence["share_of_squares"] = lone.share
        rules = lone.share >= _RULES and isinstance(case.loss, (SquaredError, GaussianNLL, Poisson))
        if rules:
            measured += f" Squared, {'it makes' if len(lone.places) == 1 else 'they make'} up {lone.share:.1%} of all."
        edit = edited_column(index, lambda x, limits=_limits(column, lone.places): np.clip(x, *limits))
        remedies = [Attempt("y cut off at the next value", targets=edit, measure=MEDIAN_ERROR)] if rules else []
        details = {"epoch": 0, "evidence": evidence, "severity": "warning" if rules else "note"}
        yield suspect("outlier-in-target", measured, *remedies, if_helped=False, **details)
        return
