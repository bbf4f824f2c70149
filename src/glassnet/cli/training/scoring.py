"""How good a model is on some rows, and how good is what does not look at the columns at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.cli.output.wording import number_text, plain
from glassnet.cli.training.comparison import Judged
from glassnet.metrics import METRICS
from glassnet.network import Network
from glassnet.tabular import TableModel, TargetEncoder

__all__ = [
    "SCORES",
    "details",
    "judge",
    "judge_classes",
    "judge_numbers",
    "judge_simplest",
    "log_probabilities",
]

SCORES = ("accuracy", "balanced_accuracy", "log_loss", "rmse", "mae", "r2")


def judge(model: TableModel, X: np.ndarray, truth: np.ndarray) -> Judged:
    """Judge a model on coded rows by the true class codes, or numbers in the target's units, of shape (n,)."""
    if model.target.labels:
        return judge_classes(truth, log_probabilities(model.network, X))
    return judge_numbers(truth, model.numbers(model.answers(X)), model.target.scale.std)


def log_probabilities(network: Network, X: np.ndarray) -> np.ndarray:
    """Return the logarithm of the probabilities (n, k), averaged over members and copies, in double precision.

    From logits, since a probability that float32 rounds to 0 has a logarithm all the same.
    """
    copies = getattr(network.loss, "copies", 1)
    Z = network.forward(X).astype(np.float64)
    Z = Z.reshape(-1, len(X), copies, Z.shape[-1] // copies)
    with np.errstate(under="ignore"):
        logs = Z - np.logaddexp.reduce(Z, axis=-1, keepdims=True)
        mean: np.ndarray = np.logaddexp.reduce(logs, axis=(0, 2)) - np.log(Z.shape[0] * copies)
    return mean


def judge_simplest(target: TargetEncoder, truth: np.ndarray, counts: np.ndarray | None) -> tuple[str, Judged]:
    """Judge the rival that always answers the same; return in words what it does, and its scores.

    Parameters
    ----------
    target : TargetEncoder
    truth : ndarray of shape (n,)
        As for `judge`.
    counts : ndarray of shape (k,) or None
        Training rows of each class. The most frequent one is the answer, the frequencies are its probabilities. Each
        class counts one row more, so that one that training did not have is improbable and not impossible.
    """
    if counts is None:
        mean, std = target.scale.mean, target.scale.std
        return f"always answering the mean ({number_text(mean)})", judge_numbers(truth, np.full(len(truth), mean), std)
    logits = np.log((counts + 1.0) / (counts + 1.0).sum())
    label = target.labels[int(counts.argmax())]
    return f"always answering {plain(repr(label), 30)}", judge_classes(truth, np.tile(logits, (len(truth), 1)))


def judge_classes(codes: np.ndarray, logits: np.ndarray) -> Judged:
    """Judge logits (n, k) by the true class codes (n,).

    ``accuracy``; ``balanced_accuracy``, the mean over the classes that occur of the share found; ``log_loss``, the
    mean of ``-log p`` of the true class in nats.
    """
    Z = logits.astype(np.float64)
    Z -= Z.max(axis=1, keepdims=True)
    with np.errstate(under="ignore"):
        loss = np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(codes)), codes]
    right = logits.argmax(axis=1) == codes
    occurs, place = np.unique(codes, return_inverse=True)
    shares = np.bincount(place, weights=right, minlength=len(occurs)) / np.bincount(place)
    scores: dict[str, float | None] = {
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(shares.mean()),
        "log_loss": float(loss.mean()),
    }
    return Judged(scores, right, loss)


def judge_numbers(truth: np.ndarray, predicted: np.ndarray, unit: float) -> Judged:
    """Judge numbers (n,) in the target's units: root mean squared error, mean absolute error, R² of two rows or more.

    The arithmetic is done in multiples of ``unit``, so that the squares of very large numbers do not overflow.
    """
    y, p = truth[:, None] / unit, predicted[:, None] / unit
    scores: dict[str, float | None] = {
        "rmse": unit * METRICS["rmse"](y, p, None),
        "mae": unit * METRICS["mae"](y, p, None),
        "r2": METRICS["r2"](y, p, None) if len(y) > 1 else None,  # one number has no variance to explain
    }
    return Judged(scores, None, np.square(y - p)[:, 0])


def details(model: TableModel, X: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Return the confusion matrix of a classification, the size of errors of a regression; JSON-able.

    ``confusion``: ``labels``, and ``counts`` of how often each class (row) was taken for each (column).
    ``errors``: quantiles of ``|predicted - truth|`` under ``absolute``, of ``predicted - truth`` under ``signed``.
    ``interval``: of a model that predicts quantiles, see `_interval`.
    """
    labels = model.target.labels
    if labels:
        k = len(labels)
        taken = log_probabilities(model.network, X).argmax(axis=1)
        counts = np.bincount(truth * k + taken, minlength=k * k).reshape(k, k)
        return {"confusion": {"labels": labels, "counts": counts.tolist()}}
    answers = model.answers(X)
    signed = model.numbers(answers) - truth
    absolute = {str(q): float(np.quantile(np.abs(signed), q)) for q in (0.5, 0.75, 0.9, 0.95, 1.0)}
    errors = {"absolute": absolute, "signed": {str(q): float(np.quantile(signed, q)) for q in (0.05, 0.5, 0.95)}}
    return {"errors": errors, **_interval(model, answers, truth)}


def _interval(model: TableModel, answers: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Return what share of rows lies between the lowest and the highest quantile, and what share should."""
    levels = model.levels
    if levels is None or len(levels) < 2:
        return {}
    edges = model.target.in_units(answers)
    inside = (edges[:, 0] <= truth) & (truth <= edges[:, -1])
    width = float((edges[:, -1] - edges[:, 0]).mean())
    expected = round(levels[-1] - levels[0], 9)
    return {"interval": {"levels": list(levels), "expected": expected, "inside": float(inside.mean()), "width": width}}
