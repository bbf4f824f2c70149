"""Scores of a model on some rows, and of the baseline that always predicts the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.metrics import METRICS
from glassnet.metrics.regression import pinball
from glassnet.reports.calibration_facts import reliability_of
from glassnet.reports.classes import class_names
from glassnet.reports.comparison import Goal, Scores
from glassnet.tabular import TableModel, TargetEncoder
from glassnet.tabular.averaged import log_probabilities
from glassnet.utils.short_text import number_text

__all__ = [
    "IF_CHOSEN",
    "SCORES",
    "details",
    "error_sizes",
    "score_baseline",
    "score_classes",
    "score_model",
    "score_numbers",
    "spread_of",
]

SCORES = ("accuracy", "balanced_accuracy", "log_loss", "auc", "f1", "brier", "rmse", "mae", "r2")
IF_CHOSEN = ("auc", "f1", "brier")  # scores of classes that are reported where they chose the epoch
_NO_GOAL = Goal()


def score_model(model: TableModel, X: np.ndarray, truth: np.ndarray, goal: Goal = _NO_GOAL) -> Scores:
    """Return the scores of a model on encoded rows X (n, d) with true class codes, or numbers in the target's units.

    ``goal`` is what it was trained for: by that it is compared.
    """
    if model.target.labels:
        return score_classes(truth, log_probabilities(model.network, X), goal)
    return score_numbers(truth, model.numbers(model.answers(X)), model.target.scale.std)


def score_baseline(
    target: TargetEncoder, truth: np.ndarray, counts: np.ndarray | None, goal: Goal = _NO_GOAL
) -> tuple[str, Scores]:
    """Return what the constant baseline does, in words, and its scores for ``truth`` as in `score_model`.

    It predicts the most frequent class, with the frequencies as probabilities, from ``counts``, the training rows of
    each class. One is added to each count, so that a class without training rows is improbable and not impossible. For
    a regression, where counts are None, it predicts the mean.
    """
    if counts is None:
        mean, std = target.scale.mean, target.scale.std
        return f"always answering the mean ({number_text(mean)})", score_numbers(truth, np.full(len(truth), mean), std)
    logits = np.log((counts + 1.0) / (counts + 1.0).sum())
    words = f"always answering {class_names(target.labels, 40)[int(counts.argmax())]}"
    return words, score_classes(truth, np.tile(logits, (len(truth), 1)), goal)


def score_classes(codes: np.ndarray, logits: np.ndarray, goal: Goal = _NO_GOAL) -> Scores:
    """Return the scores of logits (n, k) for the true class codes (n,).

    ``accuracy``; ``balanced_accuracy``, the mean recall of the classes that occur; ``log_loss``, the mean of
    ``-log p`` of the true class in nats; and the metric that chose the epoch by the ``goal``, if that is another.
    """
    Z = logits.astype(np.float64)
    Z -= Z.max(axis=1, keepdims=True)
    with np.errstate(under="ignore"):
        loss = np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(codes)), codes]
    right = logits.argmax(axis=1) == codes
    occurs, place = np.unique(codes, return_inverse=True)
    recalls = np.bincount(place, weights=right, minlength=len(occurs)) / np.bincount(place)
    values: dict[str, float | None] = {
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(recalls.mean()),
        "log_loss": float(loss.mean()),
    }
    if goal.metric in IF_CHOSEN:
        with np.errstate(under="ignore"):
            P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
        values[goal.metric] = _if_defined(goal.metric, codes, P)
    return Scores(values, right, loss, codes, goal.judged_by(Z.shape[1]))


def _if_defined(metric: str, codes: np.ndarray, P: np.ndarray) -> float | None:
    """Return a metric of probabilities P (n, k); None where these rows do not define it, as the AUC of one class."""
    try:
        with np.errstate(all="ignore"):
            found = METRICS[metric](codes, P, None)
    except GlassnetError:
        return None
    return found if np.isfinite(found) else None


def score_numbers(truth: np.ndarray, predicted: np.ndarray, unit: float) -> Scores:
    """Return root mean squared error, mean absolute error and R² of numbers (n,) in the target's units.

    The arithmetic is done in multiples of ``unit``, so that the squares of very large numbers do not overflow.
    """
    y, p = truth[:, None] / unit, predicted[:, None] / unit
    values: dict[str, float | None] = {
        "rmse": unit * METRICS["rmse"](y, p, None),
        "mae": unit * METRICS["mae"](y, p, None),
        "r2": METRICS["r2"](y, p, None) if len(y) > 1 else None,  # one number has no variance to explain
    }
    return Scores(values, None, np.square(y - p)[:, 0])


def details(model: TableModel, X: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Return the confusion matrix of a classification or the errors of a regression, JSON-able.

    ``reliability``: calibration error and bins, see `reliability_of`.
    ``confusion``: ``labels``, and ``counts`` of the rows of each true class (row) by predicted class (column).
    ``errors``: quantiles of ``|predicted - truth|`` as ``absolute``, of ``predicted - truth`` as ``signed``.
    ``interval``: of a model that predicts quantiles, see `_interval`.
    """
    labels = model.target.labels
    if labels:
        k = len(labels)
        logs = log_probabilities(model.network, X)
        counts = np.bincount(truth * k + logs.argmax(axis=1), minlength=k * k).reshape(k, k)
        confusion = {"labels": labels, "counts": counts.tolist()}
        return {"confusion": confusion, "reliability": reliability_of(logs, truth)}
    answers = model.answers(X)
    return {"errors": error_sizes(model.numbers(answers) - truth), **_interval(model, answers, truth)}


def spread_of(y: np.ndarray) -> Any:
    """Return the standard deviation of numbers (n,) or of each column, also where their squares would overflow."""
    most = np.maximum(np.abs(y).max(axis=0), np.finfo(np.float64).tiny)
    return most * (y / most).std(axis=0)


def error_sizes(signed: np.ndarray) -> dict[str, Any]:
    """Return quantiles of the size of errors ``predicted - truth`` (n,) as ``absolute``, and of them as ``signed``."""
    absolute = {str(q): float(np.quantile(np.abs(signed), q)) for q in (0.5, 0.75, 0.9, 0.95, 1.0)}
    return {"absolute": absolute, "signed": {str(q): float(np.quantile(signed, q)) for q in (0.05, 0.5, 0.95)}}


def _interval(model: TableModel, answers: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Return the measured and the nominal share of rows between the lowest and the highest quantile."""
    levels = model.levels
    if levels is None or len(levels) < 2:
        return {}
    edges = model.target.in_units(answers)
    inside = (edges[:, 0] <= truth) & (truth <= edges[:, -1])
    width = float((edges[:, -1] - edges[:, 0]).mean())
    expected = round(levels[-1] - levels[0], 9)
    unit = float(model.target.scale.std)
    found = {"levels": list(levels), "expected": expected, "inside": float(inside.mean()), "width": width}
    return {"interval": found | {"pinball": unit * pinball(truth[:, None] / unit, edges / unit, levels=levels)}}
