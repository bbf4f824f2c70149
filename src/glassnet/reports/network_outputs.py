"""Scores of a network with several answers for a row: several numbers, several labels, or quantiles of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.reports.classes import class_names
from glassnet.reports.comparison import Scores, verdict
from glassnet.reports.intervals import intervals_of_means
from glassnet.reports.network_rows import NetworkRows
from glassnet.reports.scoring import spread_of
from glassnet.reports.single_rows import chosen_by_loss
from glassnet.utils.short_text import count, number_text
from glassnet.utils.wording import few

__all__ = ["score_labels", "score_outputs", "score_quantiles"]

_MOST_OUTPUTS = 30  # in a table
_SHOWN = 3  # outputs in a sentence
_SMALLEST = 1e-300


def score_outputs(rows: NetworkRows, predicted: np.ndarray) -> dict[str, Any]:
    """Return the facts of several numbers: R² as the mean over the outputs, each measured in its own spread.

    Parameters
    ----------
    rows : NetworkRows
        Scored.
    predicted : ndarray of shape (n, t)
        In the units of the targets.
    """
    y = rows.truth.astype(np.float64)
    spread = spread_of(y)
    unit = np.where(spread > 0.0, spread, 1.0)
    off = (predicted - y) / unit
    ours, simple = np.square(off).mean(axis=1), np.square((y - y.mean(axis=0)) / unit).mean(axis=1)
    total = float(simple.mean()) or 1.0
    network, constant = (
        Scores({"r2": 1.0 - float(loss.mean()) / total, "rmse_in_spreads": float(np.sqrt(loss.mean()))}, None, loss)
        for loss in (ours, simple)
    )
    table = []
    for j, e in enumerate((predicted - y).T[:_MOST_OUTPUTS]):
        errors = number_text(float(np.sqrt(np.mean(e * e)))), number_text(float(np.abs(e).mean()))
        table.append([f"output {j}", *errors, f"{1 - np.mean((e / unit[j]) ** 2):.3f}", number_text(float(spread[j]))])

    def words(i: int) -> str:
        order = np.argsort(-np.abs(off[i]), kind="stable")[:_SHOWN].tolist()
        each = [f"output {j} is {number_text(y[i, j])}, predicted {number_text(predicted[i, j])}" for j in order]
        return f"farthest off: {'; '.join(each)}" if y.shape[1] > _SHOWN else "; ".join(each)

    facts = {
        "task": "regression",
        "labels": [],
        "outputs": {"head": ["output", "RMSE", "MAE", "R²", "spread of the truth"], "rows": table},
        "single_rows": chosen_by_loss(ours, words),
    }
    means = {"r2": (lambda m: 1.0 - m[0] / m[1] if m[1] else 1.0), "rmse_in_spreads": lambda m: float(np.sqrt(m[0]))}
    intervals = {
        who: intervals_of_means(np.stack([loss, simple], axis=1), means)
        for who, loss in (("network", ours), ("baseline", simple))
    }
    return facts | _beside("always answering the means of the outputs", network, constant, intervals)


def score_labels(rows: NetworkRows) -> dict[str, Any]:
    """Return the facts of several labels for a row, each there or not.

    The accuracy is the share of labels that are right, the log loss their mean.
    """
    Y = rows.y.reshape(len(rows.y), -1) > 0.5
    P = np.clip(rows.predicted().reshape(len(Y), -1, Y.shape[1]).mean(axis=1), _SMALLEST, 1.0)
    frequency = (Y.sum(axis=0) + 1.0) / (len(Y) + 2.0)
    n, k = Y.shape
    named = class_names(rows.classes, 30)

    def measured(P: np.ndarray) -> tuple[Scores, np.ndarray]:
        each = -np.log(np.where(Y, P, np.maximum(1.0 - P, 1e-16)))
        right, loss = ((P > 0.5) == Y).mean(axis=1), each.mean(axis=1)
        values: dict[str, float | None] = {"accuracy": float(right.mean()), "log_loss": float(loss.mean())}
        return Scores(values, None, loss), np.stack([right, loss], axis=1)

    network, ours = measured(P)
    constant, simple = measured(np.tile(frequency, (n, 1)))
    table = []
    for j in range(min(k, _MOST_OUTPUTS)):
        there, said = Y[:, j], P[:, j] > 0.5
        both = int((there & said).sum())
        table.append([named[j], f"{int(there.sum()):,}", _share(both, int(there.sum())), _share(both, int(said.sum()))])

    def words(i: int) -> str:
        missed = [f"{named[j]} ({P[i, j]:.3f})" for j in np.flatnonzero(Y[i] & (P[i] <= 0.5))]
        wrong = [f"{named[j]} ({P[i, j]:.3f})" for j in np.flatnonzero(~Y[i] & (P[i] > 0.5))]
        parts = [f"{what} {few(found, _SHOWN)}" for what, found in (("missed", missed), ("wrongly", wrong)) if found]
        return "; ".join(parts) or f"all {count(k, 'label')} right"

    facts = {
        "task": f"{count(k, 'label')} for each row, each there or not",
        "labels": [],
        "outputs": {"head": ["label", "rows that have it", "recall", "precision"], "rows": table},
        "single_rows": chosen_by_loss(ours[:, 1], words),
    }
    means = {"accuracy": lambda m: float(m[0]), "log_loss": lambda m: float(m[1])}
    intervals = {who: intervals_of_means(each, means) for who, each in (("network", ours), ("baseline", simple))}
    return facts | _beside("always answering how frequent each label is", network, constant, intervals)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}\u00a0%" if whole else "-"


def score_quantiles(rows: NetworkRows, Q: np.ndarray) -> tuple[dict[str, Any], int | None]:
    """Return the facts of quantiles, and the column of the median, None without one.

    Parameters
    ----------
    rows : NetworkRows
        Scored, with a `Quantile` loss.
    Q : ndarray of shape (n, t * levels)
        In the units of the targets.
    """
    levels: Sequence[float] = rows.loss.levels  # type: ignore[attr-defined]  # a Quantile
    y, q = rows.truth.astype(np.float64), np.array(levels)
    apart = Q.reshape(len(y), y.shape[1], -1, len(levels)).mean(axis=2)
    always = np.quantile(y, q, axis=0).T[None]

    def pinball(answers: np.ndarray) -> np.ndarray:
        e = answers - y[:, :, None]
        return np.asarray(np.maximum((1.0 - q) * e, -q * e).mean(axis=(1, 2)))

    ours, simple = pinball(apart), pinball(np.broadcast_to(always, apart.shape))
    below = (y[:, :, None] <= apart).mean(axis=(0, 1))
    table = [
        [f"{level:g}", f"{100 * share:.0f}\u00a0%", f"{100 * level:g}\u00a0%"]
        for level, share in zip(levels, below, strict=True)
    ]
    facts: dict[str, Any] = {
        "task": "regression of quantiles",
        "labels": [],
        "outputs": {"head": ["quantile", "rows at or below it", "there should be"], "rows": table},
        "single_rows": chosen_by_loss(ours, lambda i: _quantile_words(y[i], apart[i], levels)),
    }
    if len(levels) > 1:
        inside = (apart[:, :, 0] <= y) & (y <= apart[:, :, -1])
        facts["interval"] = {
            "levels": list(levels),
            "expected": round(levels[-1] - levels[0], 9),
            "inside": float(inside.mean()),
            "width": float((apart[:, :, -1] - apart[:, :, 0]).mean()),
        }
    network, constant = (Scores({"pinball": float(loss.mean())}, None, loss) for loss in (ours, simple))
    means = {"pinball": lambda m: float(m[0])}
    intervals = {
        who: intervals_of_means(loss[:, None], means) for who, loss in (("network", ours), ("baseline", simple))
    }
    facts |= _beside("always answering the quantiles of these rows", network, constant, intervals)
    middle = np.flatnonzero(np.isclose(q, 0.5)).tolist()
    return facts, middle[0] if middle else None


def _quantile_words(y: np.ndarray, answers: np.ndarray, levels: Sequence[float]) -> str:
    """Return the truth of a row and its lowest and highest quantile."""
    t = int(np.argmax(np.abs(y - answers.mean(axis=1))))
    ends = f"{number_text(answers[t, 0])}"
    ends += f" to {number_text(answers[t, -1])}" if len(levels) > 1 else ""
    of = f"output {t}: " if len(y) > 1 else ""
    names = f"{levels[0]:g}" + (f" to {levels[-1]:g}" if len(levels) > 1 else "")
    return f"{of}true {number_text(y[t])}, predicted {ends} (quantile{'s' if len(levels) > 1 else ''} {names})"


def _beside(words: str, ours: Scores, simple: Scores, intervals: dict[str, Any]) -> dict[str, Any]:
    """Return scores, intervals and verdict."""
    return {
        "scores": {"network": ours.values, "baseline": simple.values},
        "intervals": intervals,
        "baseline": {"does": words},
        "verdict": verdict(words, ours, simple),
    }
