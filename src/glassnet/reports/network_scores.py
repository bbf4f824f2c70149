"""Scores of a network on rows of classes or numbers, beside a constant, with the rows to show one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    BinaryFocalCrossEntropy,
    GaussianNLL,
    Huber,
    Poisson,
    Quantile,
    SoftmaxCrossEntropy,
    SoftmaxFocalCrossEntropy,
    SquaredError,
)
from glassnet.reports.calibration_facts import reliability_of
from glassnet.reports.classes import class_names
from glassnet.reports.comparison import Scores, verdict
from glassnet.reports.intervals import intervals_of
from glassnet.reports.network_outputs import score_labels, score_outputs, score_quantiles
from glassnet.reports.network_rows import NetworkRows, explained
from glassnet.reports.scoring import error_sizes, score_classes, score_numbers, spread_of
from glassnet.reports.single_rows import chosen_by_number, chosen_by_probability
from glassnet.tabular.averaged import log_probabilities
from glassnet.utils.short_text import number_text

__all__ = ["kind_of", "scored"]

_OF_TWO = (BinaryCrossEntropy, BinaryFocalCrossEntropy)
_OF_CLASSES = (SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy)
_OF_NUMBERS = (AbsoluteError, GaussianNLL, Huber, Poisson, SquaredError)
_MOST_POINTS = 600
_OF_NORMAL = 1.6448536  # standard deviations to each side, between which 90 % of a normal distribution lie


def kind_of(rows: NetworkRows) -> str:
    """Return "classes", "labels" (several for a row), "numbers", "quantiles", or "" for another loss."""
    loss = rows.loss
    if rows.logs is not None or isinstance(loss, _OF_CLASSES) or (isinstance(loss, _OF_TWO) and rows.n_outputs == 1):
        return "classes"
    if isinstance(loss, _OF_TWO):
        return "labels"
    return "quantiles" if isinstance(loss, Quantile) else "numbers" if isinstance(loss, _OF_NUMBERS) else ""


def scored(rows: NetworkRows) -> dict[str, Any]:
    """Return scores, baselines, and rows one by one, as the loss of the network allows."""
    kind = kind_of(rows)
    if kind == "classes":
        found = _of_classes(rows)
    elif kind == "labels":
        found = score_labels(rows)
    elif kind == "quantiles":
        found = _of_quantiles(rows)
    elif kind == "numbers":
        found = _of_numbers(rows)
    else:
        values = {name: float(np.mean(value)) for name, value in rows.network.evaluate(rows.X, rows.y).items()}
        return {"task": f"trained with the loss {rows.loss.name}", "labels": [], "scores": {"network": values}}
    found["single_rows"] = explained(rows, found["single_rows"])
    return found


def _of_classes(rows: NetworkRows) -> dict[str, Any]:
    """Return the facts of a classification."""
    y = rows.y
    if rows.logs is not None:
        logs = rows.logs
    elif isinstance(rows.loss, _OF_TWO):
        Z = rows.network.forward(rows.X).astype(np.float64)
        Z = Z[..., None] if Z.ndim == 2 else Z.transpose(1, 2, 0)  # (n, copies, members)
        both = np.stack([-np.logaddexp(0.0, Z), -np.logaddexp(0.0, -Z)], axis=1).reshape(len(y), 2, -1)
        logs = np.logaddexp.reduce(both, axis=2) - np.log(both.shape[2])
    else:
        logs = log_probabilities(rows.network, rows.X)
    k = logs.shape[1]
    if k == 2 and isinstance(rows.loss, _OF_TWO):
        codes = (y.reshape(len(y), -1)[:, -1] > 0.5).astype(np.int64)
    else:
        codes = y.argmax(axis=1) if y.ndim > 1 and y.shape[1] > 1 else y.reshape(-1).astype(np.int64)
    counts = np.bincount(codes, minlength=k)
    frequencies = np.log((counts + 1.0) / (counts + 1.0).sum())
    ours, simple = score_classes(codes, logs), score_classes(codes, np.tile(frequencies, (len(codes), 1)))
    words = f"always answering {class_names(rows.classes, 40)[int(counts.argmax())]}"
    confusion = np.bincount(codes * k + logs.argmax(axis=1), minlength=k * k).reshape(k, k)
    with np.errstate(under="ignore"):
        P = np.exp(logs)
    found = {
        "task": "classification",
        "labels": rows.classes,
        "confusion": {"labels": rows.classes, "counts": confusion.tolist()},
        "reliability": reliability_of(logs, codes),
        "single_rows": chosen_by_probability(rows.classes, codes, P),
    }
    return found | _beside(words, ours, simple, codes, 1.0)


def _of_numbers(rows: NetworkRows) -> dict[str, Any]:
    """Return the facts of a regression; of several outputs their scores beside those of their means."""
    P, is_spread = rows.predicted(), isinstance(rows.loss, GaussianNLL)
    half = P.shape[1] // 2 if is_spread else P.shape[1]
    predicted = rows.in_units(P[:, :half])
    if half > 1:
        return score_outputs(rows, predicted)
    found = _of_one_number(rows, predicted[:, 0])
    if is_spread:
        deviation = np.sqrt(P[:, 1]) * (1.0 if rows.scale is None else float(rows.scale[0]))
        inside = np.abs(predicted[:, 0] - rows.truth[:, 0]) <= _OF_NORMAL * deviation
        width = float(2.0 * _OF_NORMAL * deviation.mean())
        found["interval"] = {"levels": [0.05, 0.95], "expected": 0.9, "inside": float(inside.mean()), "width": width}
    return found


def _of_one_number(rows: NetworkRows, numbers: np.ndarray) -> dict[str, Any]:
    truth = rows.truth[:, 0].astype(np.float64)
    unit, mean = float(spread_of(truth)) or 1.0, float(truth.mean())
    ours, simple = (score_numbers(truth, values, unit) for values in (numbers, np.full(len(truth), mean)))
    found = {"task": "regression", "labels": [], **_details(truth, numbers)}
    return found | _beside(f"always answering the mean ({number_text(mean)})", ours, simple, truth, unit)


def _details(truth: np.ndarray, numbers: np.ndarray) -> dict[str, Any]:
    """Return sizes of errors, points and single rows."""
    shown = np.unique(np.linspace(0, len(truth) - 1, min(len(truth), _MOST_POINTS)).astype(np.int64))
    return {
        "errors": error_sizes(numbers - truth),
        "points": [[float(f"{value:.5g}") for value in values[shown]] for values in (truth, numbers)],
        "single_rows": chosen_by_number(truth, numbers),
    }


def _of_quantiles(rows: NetworkRows) -> dict[str, Any]:
    """Return the facts of quantiles; with a median also those of its errors."""
    Q = rows.in_units(rows.predicted())
    found, median = score_quantiles(rows, Q)
    if median is None or rows.truth.shape[1] > 1:
        return found
    return found | _details(rows.truth[:, 0].astype(np.float64), Q[:, median])


def _beside(words: str, ours: Scores, simple: Scores, truth: np.ndarray, unit: float) -> dict[str, Any]:
    """Return scores, intervals and verdict."""
    return {
        "scores": {"network": ours.values, "baseline": simple.values},
        "intervals": {who: intervals_of(each, truth, unit) for who, each in (("network", ours), ("baseline", simple))},
        "baseline": {"does": words},
        "verdict": verdict(words, ours, simple),
    }
