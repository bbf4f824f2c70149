"""Checks for values that lie apart from all others: outliers in inputs and targets, and codes for missing values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    low, high = _ends(case.extremes, few, columns)
    for place in tails.suspected(low, high, case.n_rows)[:_CONFIRMED].tolist():
        index = int(columns[place])
        column = input_column(case, index)
        lone = lone_values(column.values)
        if lone is None:
            continue
        measured, evidence = _described(column, case.names[index], lone.places)
        evidence |= {"column": index, "share_of_squares": lone.share}
        edit = edited_column(index, _cut(column, lone.places, scales=True))
        remedy = Attempt(f"{case.names[index]} cut off at the next value and scaled to mean 0, spread 1", inputs=edit)
        severity = "warning" if lone.share >= _SQUEEZES else "note"
        remedies = [remedy] if severity == "warning" else []
        yield suspect(
            "outlier-in-inputs", measured, *remedies, if_helped=False, severity=severity, epoch=0, evidence=evidence
        )
        return


def _ends(
    extremes: tuple[np.ndarray, np.ndarray] | None, few: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest values of some columns, of a few rows where those of all are not known."""
    if extremes is None:
        return few.min(axis=0), few.max(axis=0)
    return extremes[0][columns].astype(np.float64), extremes[1][columns].astype(np.float64)


def _cut(column: Column, places: np.ndarray, *, scales: bool) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that cuts values off at the others of a column, and scales it if asked for."""
    rest = np.delete(column.values, places)
    low, high = float(rest.min()), float(rest.max())

    def cut(x: np.ndarray) -> np.ndarray:
        return rescaled(np.clip(x, low, high)) if scales else np.clip(x, low, high)

    return cut


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
    few = flat(case.probe[1])[:, :_OUTPUTS]
    low, high = _ends(case.target_extremes, few, np.arange(few.shape[1]))
    for index in Tails(few).suspected(low, high, case.n_rows).tolist():
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
        edit = edited_column(index, _cut(column, lone.places, scales=False))
        remedies = [Attempt("y cut off at the next value", targets=edit, measure=MEDIAN_ERROR)] if rules else []
        severity = "warning" if rules else "note"
        yield suspect(
            "outlier-in-target", measured, *remedies, if_helped=False, severity=severity, epoch=0, evidence=evidence
        )
        return
