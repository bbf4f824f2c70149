"""How far chance in the choice of rows reaches: intervals of the scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from glassnet.reports.comparison import Scores
from glassnet.utils.shares import wilson
from glassnet.utils.short_text import count

__all__ = ["intervals_of", "intervals_of_means", "intervals_words"]

_FEWEST = 5  # rows
_MOST_SAMPLES, _FEWEST_SAMPLES, _MOST_DRAWS = 1000, 100, 4_000_000


def n_samples(n: int) -> int:
    """Return how many bootstrap samples are drawn of ``n`` rows."""
    return int(min(_MOST_SAMPLES, max(_FEWEST_SAMPLES, _MOST_DRAWS // max(n, 1))))


def intervals_of(scores: Scores, truth: np.ndarray, unit: float = 1.0) -> dict[str, list[float] | None]:
    """Return the 95 % interval of each score: Wilson's for the accuracy, for the others by the bootstrap over rows.

    Parameters
    ----------
    scores : Scores
        Of `score_model` or `score_baseline`.
    truth : ndarray of shape (n,)
        The class codes or numbers that they were computed for.
    unit : float
        What the squared errors of a regression are multiples of.

    Returns
    -------
    dict
        For each score ``[low, high]``, or None where it is not defined, and for AUC, F1 and Brier score; empty for
        fewer than five rows.
    """
    n = len(truth)
    if n < _FEWEST:
        return {}
    rng = np.random.default_rng(0)
    draw = _of_classes(scores, truth) if scores.right is not None else _of_numbers(scores, truth, unit)
    with np.errstate(all="ignore"):
        drawn = [draw(np.bincount(rng.integers(0, n, n), minlength=n)) for _ in range(n_samples(n))]
    found: dict[str, list[float] | None] = {}
    for name, value in scores.values.items():
        if name == "accuracy" and value is not None:
            found[name] = list(wilson(value * n, n))
            continue
        values = np.array([each.get(name, np.nan) for each in drawn])
        values = values[np.isfinite(values)]
        known = value is not None and len(values)
        found[name] = [float(edge) for edge in np.quantile(values, (0.025, 0.975))] if known else None
    return found


def intervals_of_means(
    values: np.ndarray, scores: Mapping[str, Callable[[np.ndarray], float]]
) -> dict[str, list[float] | None]:
    """Return the 95 % interval of each score that is a function of means over rows, by the bootstrap.

    Parameters
    ----------
    values : ndarray of shape (n, m)
        What there are means of, for each row.
    scores : mapping of str to function
        From the m means to the score.

    Returns
    -------
    dict
        For each score ``[low, high]``; empty for fewer than five rows.
    """
    n = len(values)
    if n < _FEWEST:
        return {}
    rng = np.random.default_rng(0)
    draws = (np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(n_samples(n)))
    means = [times @ values / n for times in draws]
    found = {name: np.quantile([score(each) for each in means], (0.025, 0.975)) for name, score in scores.items()}
    return {name: [float(edge) for edge in edges] for name, edges in found.items()}


def _of_classes(scores: Scores, codes: np.ndarray) -> Any:
    """Return a function from how often each row was drawn to the scores of a classification."""
    right, k = scores.right, int(codes.max()) + 1

    def scored(times: np.ndarray) -> dict[str, float]:
        rows = np.bincount(codes, times, k)
        recalls = np.bincount(codes, times * right, k)[rows > 0] / rows[rows > 0]
        return {"balanced_accuracy": float(recalls.mean()), "log_loss": float(times @ scores.loss / len(times))}

    return scored


def _of_numbers(scores: Scores, truth: np.ndarray, unit: float) -> Any:
    """Return the same for the scores of a regression."""
    n, y = len(truth), truth / unit
    sizes, y = np.sqrt(scores.loss), y - y.mean()

    def scored(times: np.ndarray) -> dict[str, float]:
        square = float(times @ scores.loss) / n
        spread = float(times @ (y * y)) / n - (float(times @ y) / n) ** 2
        values = {"rmse": unit * math.sqrt(square), "mae": unit * float(times @ sizes) / n}
        return {**values, "r2": 1.0 - square / spread if spread > 0.0 else math.nan}

    return scored


def intervals_words(n: int, names: Any, rows: str = "row") -> str:
    """Return a sentence on how the intervals of scores ``names`` were computed from ``n`` rows.

    Examples
    --------
    >>> intervals_words(69, ["accuracy", "log_loss"], "test row")[:60]
    '95 % intervals over the choice of 69 test rows: Wilson for t'
    """
    how = f"{n_samples(n):,} bootstrap samples"
    how = f"Wilson for the accuracy, {how} for the others" if "accuracy" in names else how
    return f"95 % intervals over the choice of {count(n, rows)}: {how}. Another seed of the training is not in them."
