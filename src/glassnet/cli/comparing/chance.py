"""How far the score of a model on test rows may be from its score on all rows, by resampling these rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.metrics import GREATER_IS_BETTER, METRICS
from glassnet.reports.comparison import Scores, compare
from glassnet.reports.scoring import score_classes, score_numbers
from glassnet.utils.shares import wilson

__all__ = ["BEST", "EVEN", "WORSE", "Answers", "Chance", "ranges_of_chance"]

BEST, EVEN, WORSE = "best", "within chance", "worse"
_MOST_RESAMPLES, _FEWEST_RESAMPLES, _ENOUGH = 1000, 60, 400
_WORK = 100_000_000  # numbers that all resamples together look at, about a second
_Z = 1.959964  # of 95 %
_LEVELS = (0.025, 0.975)
_WITHIN: dict[str, tuple[float, float]] = {"r2": (-math.inf, 1.0)}


@dataclass(frozen=True)
class Answers:
    """The answers of one model for rows whose truth is known.

    Parameters
    ----------
    truth : ndarray of shape (n,)
        Class codes, or numbers in the target's units.
    given : ndarray of shape (n, k) or (n,)
        Logarithms of the probabilities of the classes, or numbers in the target's units.
    unit : float or None
        The spread of the target; None for classes.
    """

    truth: np.ndarray
    given: np.ndarray
    unit: float | None = None

    @property
    def scores(self) -> Scores:
        """The scores of a report."""
        if self.unit is None:
            return score_classes(self.truth, self.given)
        return score_numbers(self.truth, self.given, self.unit)

    def value(self, metric: str, weight: np.ndarray | None = None) -> float:
        """Return a metric of these answers, in the target's units; NaN where it is not defined."""
        if self.unit is None:
            return float(METRICS[metric](self.truth, np.exp(self.given), weight))
        y, p = self.truth[:, None] / self.unit, self.given[:, None] / self.unit
        found = float(METRICS[metric](y, p, weight))
        return found if metric == "r2" else found * self.unit


@dataclass(frozen=True)
class Chance:
    """The range of chance of one score at 95 %, and how it compares with the best."""

    low: float
    high: float
    difference: tuple[float, float] | None  # to the best: by how much that is better; None for the best
    against_best: str

    def to_dict(self) -> dict[str, Any]:
        """Return it JSON-able; null where it is not known."""
        gap = None if self.difference is None else [_finite(each) for each in self.difference]
        return {
            "range": [_finite(self.low), _finite(self.high)],
            "best_is_better_by": gap,
            "to_best": self.against_best,
        }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def ranges_of_chance(
    answers: Mapping[str, Answers], metric: str, best: str, groups: np.ndarray | None = None, seed: int = 0
) -> dict[str, Chance]:
    """Return the range of chance of each model's score, and whether its difference to the best is within chance.

    The rows are drawn anew, with repetition, up to 1,000 times, the same for all models; with ``groups`` whole groups
    are, since the rows of one group are alike. The accuracy of rows without groups has Wilson's interval and the sign
    test in place of that: they are right for few rows and few errors too, where all resamples may be alike.

    Parameters
    ----------
    answers : mapping of str to Answers
        Of each model, for the same rows.
    metric : str
        A name in `glassnet.metrics`.
    best : str
        The model with the best score.
    groups : ndarray of shape (n,), optional
        The group of each row.
    seed : int, default=0
        Of the resamples.
    """
    exact = metric == "accuracy" and groups is None
    drawn = _resampled(answers, metric, groups, seed)
    found = {}
    for name, each in answers.items():
        value = each.value(metric)
        low, high = wilson(value * len(each.truth), len(each.truth)) if exact else _interval(drawn[name], value, metric)
        sign = 1.0 if metric in GREATER_IS_BETTER else -1.0
        gap = sign * (drawn[best] - drawn[name])
        difference = None if name == best else _interval(gap, sign * (answers[best].value(metric) - value), "")
        if difference is None:
            against = BEST
        elif exact:
            against = WORSE if compare(answers[best].scores, each.scores) == "better" else EVEN
        else:
            against = WORSE if difference[0] > 0.0 else EVEN
        found[name] = Chance(low, high, difference, against)
    return found


def _resampled(
    answers: Mapping[str, Answers], metric: str, groups: np.ndarray | None, seed: int
) -> dict[str, np.ndarray]:
    """Return the score of each model on every resample of the rows."""
    n = len(next(iter(answers.values())).truth)
    width = max(np.size(each.given) // max(n, 1) for each in answers.values())
    resamples = min(max(_WORK // max(n * width * len(answers), 1), _FEWEST_RESAMPLES), _MOST_RESAMPLES)
    unit = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    n_units, rng = int(unit.max()) + 1, np.random.default_rng(seed)
    drawn = {name: np.full(resamples, np.nan) for name in answers}
    with np.errstate(all="ignore"):
        for i in range(resamples):
            weight = np.bincount(rng.integers(n_units, size=n_units), minlength=n_units)[unit].astype(np.float64)
            for name, each in answers.items():
                drawn[name][i] = each.value(metric, weight)
    return drawn


def _interval(drawn: np.ndarray, value: float, metric: str) -> tuple[float, float]:
    """Return the middle 95 % of values; of few values those that their spread gives."""
    known = drawn[np.isfinite(drawn)]
    if len(known) < 2 or not math.isfinite(value):
        return math.nan, math.nan
    if len(known) >= _ENOUGH:
        low, high = np.quantile(known, _LEVELS)
        return float(low), float(high)
    spread = _Z * float(known.std(ddof=1))
    least, most = _WITHIN.get(metric, (0.0, 1.0) if metric in GREATER_IS_BETTER else (-math.inf, math.inf))
    return max(value - spread, least), min(value + spread, most)
