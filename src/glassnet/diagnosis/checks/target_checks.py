"""Checks of the targets: their classes, their weights, their size and their skew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from glassnet.diagnosis.case import Case, Data
from glassnet.diagnosis.checks.robust import edited_columns
from glassnet.diagnosis.checks.skew import TOP, is_skewed
from glassnet.diagnosis.remedies.attempts import ON_NUMBERS, SHARE_OF_CONSTANT, Attempt, Measure, standardised
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.engine.base_network import BaseNetwork
from glassnet.utils.distinct_values import distinct
from glassnet.utils.row_sources import RowSource

__all__ = ["check_targets"]

_TARGET_LARGE, _TARGET_SMALL = 10.0, 1e-2
_MORE_STEPS = 200  # to see whether scaling helps a network that learns slowly
_FREQUENT = 0.8
_FEWEST_ROWS = 40
_A_FEW, _NEARLY_ALL = 3, 0.9  # rows, and their share of all weights


def check_targets(case: Case) -> Iterator[Suspicion]:
    """Report a single class, classes without rows, a class that is nearly all, numbers far from unit size or skewed."""
    codes = case.codes(case.targets)
    yield from _heavy_rows(case)
    if codes is not None:
        yield from _weights(case)
        yield from _classes(case, codes)
        return
    constant = _constant(case)
    if constant is not None:
        yield constant
    elif isinstance(case.loss, ON_NUMBERS):
        yield from _skewed(case)
        values = case.sample[1].astype(np.float64)
        means, spreads = values.mean(axis=0), values.std(axis=0)
        size = float(np.sqrt(means**2 + spreads**2).max())
        if (_TARGET_SMALL < size < _TARGET_LARGE) or not spreads.any():
            return
        worst = int(np.argmax(np.abs(np.log(np.maximum(np.sqrt(means**2 + spreads**2), 1e-30)))))
        name = "y" if len(means) == 1 else f"Output {worst} (counted from 0) of y"
        measured = f"{name} has mean {means[worst]:.4g} and spread {spreads[worst]:.4g}."
        evidence = {"mean": means, "spread": spreads}
        scaled = standardised(means, spreads)
        remedy = Attempt("y scaled to mean 0, spread 1", targets=scaled, measure=SHARE_OF_CONSTANT, steps=_MORE_STEPS)
        yield suspect("unscaled-target", measured, remedy, epoch=0, evidence=evidence)


def _constant(case: Case) -> Suspicion | None:
    """Return a suspicion of targets that are all the same; a loss of one's own may not look at them at all."""
    y = case.data[1]
    is_own = not type(case.loss).__module__.startswith("glassnet.")
    if is_own or case.target_extremes is None or y.ndim != 2 or y.dtype.kind != "f":
        return None
    low, high = case.target_extremes
    n = case.n_rows if case.counted is None else len(case.counted)
    if n < 2 or (low != high).any():
        return None
    rows = f"all {n} rows" if n == case.n_rows else f"all {n} rows that weigh something"
    same = (low == low[0]).all()
    measured = f"y is {low[0]:.6g} in {rows}." if same else f"Each output of y is the same number in {rows}."
    return suspect("constant-target", measured, epoch=0, evidence={"values": low.tolist(), "rows": n})


def _weights(case: Case) -> Iterator[Suspicion]:
    """Report weights that leave rows of one class only."""
    y, weight = case.data[1], case.data[2]
    if weight is None or isinstance(y, RowSource):
        return
    codes = case.codes(y)
    if codes is None:
        return
    n_classes = len(distinct(codes))
    left = distinct(codes[np.asarray(weight[:]) > 0])
    if n_classes < 2 or len(left) != 1:
        return
    n_zero = int(np.count_nonzero(np.asarray(weight[:]) <= 0))
    measured = f"{n_zero} of {len(codes)} rows have weight 0, and all others are of class {left[0]}, of {n_classes} "
    measured += "classes."
    evidence = {"rows": n_zero, "class": int(left[0])}
    yield suspect("weights-on-one-class", measured, epoch=0, evidence=evidence)


def _heavy_rows(case: Case) -> Iterator[Suspicion]:
    """Report a few rows of many that weigh more than all others together."""
    if case.data[2] is None:
        return
    weight = np.asarray(case.data[2][:])
    total = float(weight.sum(dtype=np.float64))
    if not _A_FEW * float(weight.max()) >= _NEARLY_ALL * total:
        return
    n = int(np.count_nonzero(weight))
    if n < _FEWEST_ROWS:
        return
    heaviest = np.argsort(weight)[::-1][:_A_FEW]
    shares = np.cumsum(weight[heaviest], dtype=np.float64) / total
    if shares[-1] < _NEARLY_ALL:
        return
    k = int(np.argmax(shares >= _NEARLY_ALL)) + 1
    what = "One row has" if k == 1 else f"{k} rows have"
    share = "more than 99.9%" if shares[k - 1] > 0.999 else f"{shares[k - 1]:.1%}"
    times = float(weight[heaviest[0]]) / float(np.median(weight[weight > 0]))
    measured = f"{what} {share} of the weight of all {n}: the largest weight is {times:.3g} times the median."
    yield suspect("weights-on-few-rows", measured, epoch=0, evidence={"rows": k, "share": float(shares[k - 1])})


def _classes(case: Case, codes: np.ndarray) -> Iterator[Suspicion]:
    counts = np.bincount(codes, minlength=max(2, case.original.n_outputs))
    share, most = float(counts.max() / counts.sum()), int(counts.argmax())
    evidence = {"counts": counts.tolist()}
    if share == 1.0:
        measured = f"All {len(codes)} rows are" if len(codes) > 1 else "The only row is"
        yield suspect("single-class", f"{measured} of class {most}.", epoch=0, evidence=evidence)
        return
    if share >= _FREQUENT:
        measured = f"{share:.1%} of {len(codes)} rows are of class {most}."
        # Classes may be weighed alike already.
        details: dict[str, Any] = {} if case.data[2] is None else {"advice": "Look at balanced_accuracy, f1 or auc."}
        yield suspect("imbalance", measured, epoch=0, evidence=evidence, **details)
    missing = np.flatnonzero(counts == 0).tolist()
    if missing:
        named = ", ".join(map(str, missing[:5]))
        measured = f"No row is of class {named}, of {len(counts)} that the network can predict."
        yield suspect("missing-classes", measured, epoch=0, evidence=evidence)


def _skewed(case: Case) -> Iterator[Suspicion]:
    """Report targets, none of them negative, of which a few large ones make up nearly all of the loss."""
    y = case.sample[1]
    if y.ndim != 2 or case.n_rows < _FEWEST_ROWS or not (y.min() >= 0.0 and y.max() > 0.0):
        return
    values = y.astype(np.float64)
    skewed = [j for j in range(values.shape[1]) if is_skewed(values[:, j])]
    lowest = float(values.min() if case.target_extremes is None else case.target_extremes[0].min())
    if not skewed or lowest < 0.0:
        return
    column = values[:, skewed[0]]
    n = max(1, int(TOP * len(column)))
    share = float(np.sort((column - column.mean()) ** 2)[-n:].sum() / ((column - column.mean()) ** 2).sum())
    name = "y" if values.shape[1] == 1 else f"Output {skewed[0]} (counted from 0) of y"
    measured = f"{name} has median {np.median(column):.4g} and reaches {column.max():.4g}: about their mean, {n} of "
    measured += f"{len(column)} rows make up {'more than 99%' if share > 0.99 else f'{share:.0%}'} of the squares."
    has_zeros = lowest == 0.0
    change = f"the {'log1p' if has_zeros else 'log'} of y scaled to mean 0, spread 1"
    logs = {j: _Logarithm(values[:, j], has_zeros=has_zeros) for j in skewed}
    measure = Measure("median factor between prediction and y", partial(_factor, case.original, logs))
    edits = {j: log.take for j, log in logs.items()}
    remedy = Attempt(change, targets=edited_columns(edits), measure=measure, steps=_MORE_STEPS)
    evidence = {"median": float(np.median(column)), "largest": float(column.max()), "share_of_squares": share}
    yield suspect("skewed-target", measured, remedy, epoch=0, evidence=evidence)


class _Logarithm:
    """The logarithm of a column, scaled to mean 0 and spread 1, and the way back."""

    def __init__(self, values: np.ndarray, *, has_zeros: bool) -> None:
        self._take: np.ufunc = np.log1p if has_zeros else np.log
        self._undo: np.ufunc = np.expm1 if has_zeros else np.exp
        known = self._take(values)
        self._mean, self._spread = known.mean(), known.std()
        self._smallest = 0.0 if has_zeros else float(values.min())

    def take(self, y: np.ndarray) -> np.ndarray:
        """Return the scaled logarithm."""
        found: np.ndarray = (self._take(np.maximum(y, self._smallest)) - self._mean) / self._spread
        return found

    def undo(self, z: np.ndarray) -> np.ndarray:
        """Return the number that has this scaled logarithm."""
        found: np.ndarray = self._undo(z * self._spread + self._mean)
        return found


def _factor(original: BaseNetwork, logs: Mapping[int, _Logarithm], network: BaseNetwork, data: Data) -> float:
    """Return the median factor between prediction and y, whether a network answers with y or with its logarithm."""
    found = []
    answers = network.loss.link(network._logits(data[0]))
    for j, log in logs.items():
        ours, y = answers[:, j].astype(np.float64), data[1][:, j].astype(np.float64)
        if network is not original:
            ours, y = log.undo(ours), log.undo(y)
        known = y > 0.0
        if known.any():
            least = y[known].min()
            found.append(np.median(np.abs(np.log(np.maximum(ours[known], least) / y[known]))))
    return float(np.exp(np.mean(found))) if found else float("inf")
