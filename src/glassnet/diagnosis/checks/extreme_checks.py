"""Checks for values that lie apart from all others: outliers in inputs and targets, and codes for missing values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.codes import check_codes
from glassnet.diagnosis.checks.robust import MEDIAN_ERROR, edited_column, edited_columns, rescaled
from glassnet.diagnosis.checks.skew import is_skewed
from glassnet.diagnosis.checks.tails import Lone, Tails, lone_values
from glassnet.diagnosis.checks.whole_columns import Column, flat, input_column, named, rows_of, target_column, upper
from glassnet.diagnosis.remedies.attempts import Attempt
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.sampling import listed_columns
from glassnet.layers import Embedding
from glassnet.losses import GaussianNLL, Poisson, SquaredError
from glassnet.utils.distinct_values import median
from glassnet.utils.wording import few as few_of

__all__ = ["check_extremes"]

_FEWEST_ROWS = 40
_CONFIRMED = 5  # columns of which all rows are read
_RULES = 0.5  # share of the squares that is ruled by one value
_SQUEEZES = 0.9  # share of the squares that leaves the rest of a column no width
_FAR_REACH = 100.0  # beside the median of all columns
_SINGLE = 3  # values that are taken for mistakes whatever comes of it
_LIKELIER = 1e-3  # chance of values of y apart from others by which something is tried
_SUSPECTED_OF_TARGETS = 3.0
_SKEWED = 1.3  # mean of a column in medians, in a first look
_MOST_SKEWED = 10  # columns that are named as skewed
_DIGITS = 17  # that distinguish all numbers
_OUTPUTS = 20  # columns of y that are looked at


# Where the loss is not squared, or the value does not rule the squares either.
_WORDS_OF_A_NOTE = {
    "why": "A number far from all others may be a mistake; it does not rule what is learned from the other rows.",
    "advice": "Look at the row; correct it if it is wrong.",
}


def check_extremes(case: Case) -> Iterator[Suspicion]:
    """Report single values of y and of columns far from all others, and repeated ones that stand for "missing"."""
    if case.n_rows < _FEWEST_ROWS:
        return
    yield from _targets(case)
    layers = case.original.layers
    if any(isinstance(layer, Embedding) for layer in layers):
        return
    columns = _worth_a_look(case)
    few = flat(case.probe[0], columns)
    tails = Tails(few)
    yield from check_codes(case, tails.ordered, columns)
    low, high = _ends(case.extremes, few, columns)
    places = tails.suspected(low, high, case.n_rows)
    yield from _inputs(case, columns[places[:_CONFIRMED]])
    if not case.learned:
        yield from _skewed(case, tails.ordered, columns)


def _worth_a_look(case: Case) -> np.ndarray:
    """Return the columns that are looked at, and of very many those that reach much farther than most."""
    columns = case.looked_at
    if case.extremes is None or len(columns) == len(case.names):
        return columns
    reach = case.extremes[1].astype(np.float64) - case.extremes[0]
    order = np.argsort(-reach, kind="stable")[:_CONFIRMED]
    far = order[reach[order] > _FAR_REACH * median(reach)]
    return np.concatenate([columns, far[~np.isin(far, columns)]])


def _inputs(case: Case, columns: np.ndarray) -> Iterator[Suspicion]:
    """Report the cells of some columns that lie apart, if there are any; of the column that is clearest."""
    found = []
    for index in columns.tolist():
        column = input_column(case, index)
        lone = lone_values(column.values)
        if lone is not None:
            found.append((lone.share >= _SQUEEZES, len(lone.places) <= _SINGLE, index, column, lone))
    if not found:
        return
    squeezes, is_single, index, column, lone = max(found, key=lambda each: each[:2])
    measured, evidence = _described(column, case.names[index], lone.places)
    others = [each[2] for each in found if each[2] != index]
    if others:
        measured += f" The like holds for {listed_columns(case.names, others)}."
    evidence |= {"column": index, "share_of_squares": lone.share}
    edits = {each: _cut(whole, alone.places, scales=True) for *_, each, whole, alone in found}
    change = "such values cut off at the next one, and their columns scaled to mean 0, spread 1"
    remedies = [Attempt(change, inputs=edited_columns(edits))] if squeezes else []
    severity = "warning" if squeezes else "note"
    yield suspect(
        "outlier-in-inputs", measured, *remedies, if_helped=not is_single, severity=severity, epoch=0, evidence=evidence
    )


def _skewed(case: Case, ordered: np.ndarray, columns: np.ndarray) -> Iterator[Suspicion]:
    """Report columns without negative values that are skewed, while their logarithms are not."""
    middle = ordered[len(ordered) // 2]
    suspected = np.flatnonzero((ordered[0] >= 0.0) & (middle > 0.0) & (ordered.mean(axis=0) > _SKEWED * middle))
    skewed = suspected[:_MOST_SKEWED].tolist()
    found = [int(columns[j]) for j in skewed if is_skewed(flat(case.sample[0], columns[[j]])[:, 0])]
    if not found:
        return
    column = flat(case.sample[0], np.array(found[:1]))[:, 0]
    measured = f"{upper(case.names[found[0]])} has median {np.median(column):.4g} and reaches {column.max():.4g}"
    more = f"; {listed_columns(case.names, found[1:])} {'is' if len(found) == 2 else 'are'} skewed, too"
    measured += more if len(found) > 1 else ""
    yield suspect("skewed-inputs", f"{measured}.", epoch=0, evidence={"columns": found})


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
    shown = few_of([f"{value:.6g}" for value in values.tolist()], 3)
    measured = f"{named(name)} is {shown} in {rows_of(numbers)}; the other values of {column.rows} "
    measured += _reach(float(rest.min()), float(rest.max()), float(low), float(high))
    return measured, {"rows": numbers, "values": values.tolist()}


def _reach(least: float, most: float, low: float, high: float) -> str:
    """Return from where to where values reach, and nine of ten of them, in as many digits as show that these differ."""
    if least == most:
        return f"are all {least:.4g}."
    digits = next((n for n in range(4, _DIGITS) if f"{least:.{n}g}" != f"{most:.{n}g}"), _DIGITS)
    first, last, lower, higher = (f"{value:.{digits}g}" for value in (least, most, low, high))
    ends = f"reach from {first} to {last}"
    if low == high:
        return f"{ends}, and nine of ten are {lower}."
    if lower == higher or (lower, higher) == (first, last):
        return f"{ends}."
    return f"{ends}, nine of ten from {lower} to {higher}."


def _targets(case: Case) -> Iterator[Suspicion]:
    """Report targets far from all others."""
    if case.loss.classifies or case.data[1].ndim != 2:
        return
    few = flat(case.probe[1])[:, :_OUTPUTS]
    tails = Tails(few)
    low, high = _ends(case.target_extremes, few, np.arange(few.shape[1]))
    is_squared = isinstance(case.loss, (SquaredError, GaussianNLL, Poisson))
    suspected = tails.suspected(low, high, case.n_rows, _SUSPECTED_OF_TARGETS).tolist()
    for index in [*suspected, *(j for j in range(few.shape[1]) if j not in suspected and _is_ruled(few[:, j]))]:
        column = target_column(case, index)
        for chance in (None, *((_LIKELIER,) if is_squared else ())):
            lone = lone_values(column.values) if chance is None else lone_values(column.values, chance)
            if lone is None and chance is not None:
                lone = _farthest(column.values)
            if lone is not None:
                is_sure = chance is None and len(lone.places) <= _SINGLE
                yield _of_target(case, index, column, lone, is_sure=is_sure, rules=lone.share >= _RULES and is_squared)
                return


def _is_ruled(values: np.ndarray) -> bool:
    """Return whether a few values make up half of the squared distances from the median."""
    squares = np.sort((values - median(values)) ** 2)
    return bool(squares[-_SINGLE:].sum() > _RULES * squares.sum())


def _farthest(values: np.ndarray) -> Lone | None:
    """Return the hundredth of the values that is farthest from the median, where it makes up nearly all squares."""
    if values.min() >= 0.0 and is_skewed(values):
        return None
    squares = (values - median(values)) ** 2
    n = max(_SINGLE, len(values) // 100)
    places = np.argsort(-squares, kind="stable")[:n]
    share = float(squares[places].sum() / squares.sum()) if squares.any() else 0.0
    return Lone(places, share) if share >= _SQUEEZES else None


def _share_of_distances(values: np.ndarray, places: np.ndarray) -> float:
    """Return the share of some values in the sum of the distances from the median: what a loss shows is theirs."""
    distances = np.abs(values - median(values))
    total = float(distances.sum())
    return float(distances[places].sum()) / total if total > 0.0 else 0.0


def _of_target(case: Case, index: int, column: Column, lone: Lone, *, is_sure: bool, rules: bool) -> Suspicion:
    name = "y" if case.data[1].shape[1] == 1 else f"output {index} (counted from 0) of y"
    measured, evidence = _described(column, name, lone.places)
    evidence["share_of_squares"] = lone.share
    if rules:
        measured += (
            f" Squared, {'it makes' if len(lone.places) == 1 else 'they make'} up {min(lone.share, 0.999):.1%} of all."
        )
    edit = edited_column(index, _cut(column, lone.places, scales=False))
    change = "y cut off at the next value" if len(lone.places) == 1 else "y cut off at the values next to these"
    remedies = [Attempt(change, targets=edit, measure=MEDIAN_ERROR)] if rules else []
    details: dict[str, Any] = {"severity": "warning" if rules else "note", "epoch": 0, "evidence": evidence}
    if not rules:
        details |= _WORDS_OF_A_NOTE
        evidence["rules_the_loss"] = _share_of_distances(column.values, lone.places) > _RULES
    return suspect("outlier-in-target", measured, *remedies, if_helped=not is_sure, always=True, **details)
