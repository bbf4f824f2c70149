"""What predictions are worth: errors, probabilities and their calibration."""

from __future__ import annotations

import numpy as np

from benchmarks.tabular_split import Split

__all__ = ["calibration_error", "scores"]

_BINS = 15
_LEAST = 1e-7  # a probability below it counts as it: no single row decides a log loss


def scores(split: Split, predicted: np.ndarray) -> dict[str, float]:
    """Return what predictions for the test rows are worth; ``error`` is what methods are ranked by."""
    y = split.y["test"]
    if not split.classifies:
        deviation = float(np.std(y))
        rmse, mae = float(np.sqrt(np.mean((predicted - y) ** 2))), float(np.mean(np.abs(predicted - y)))
        return {"error": rmse / deviation, "rmse": rmse, "mae": mae}
    from sklearn.metrics import roc_auc_score

    P = np.clip(predicted, _LEAST, None)
    P = P / P.sum(axis=1, keepdims=True)
    found = {"error": float(np.mean(P.argmax(axis=1) != y)), "log_loss": float(-np.log(P[np.arange(len(y)), y]).mean())}
    found["calibration_error"] = calibration_error(P, y)
    if len(np.unique(y)) == P.shape[1]:
        found["auc"] = float(roc_auc_score(y, P[:, 1] if P.shape[1] == 2 else P, multi_class="ovr"))
    return found


def calibration_error(P: np.ndarray, y: np.ndarray, bins: int = _BINS) -> float:
    """Return the expected calibration error of the likeliest class, in bins of equally many rows.

    ``sum_b n_b / n |mean confidence - accuracy|`` (Guo et al. 2017, with the bins of Nguyen and O'Connor 2015).

    Shapes
    ------
    P : (n, k), probabilities      y : (n,), class codes

    Rows of equal confidence share their accuracy, so that it does not matter in which order the rows are.
    """
    confidence = P.max(axis=1)
    right = (P.argmax(axis=1) == y).astype(float)
    _, alike, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    right = (np.bincount(alike, weights=right) / counts)[alike]
    gaps = (confidence - right)[np.argsort(confidence, kind="stable")]
    return float(sum(abs(part.sum()) for part in np.array_split(gaps, min(bins, len(y)))) / len(y))
