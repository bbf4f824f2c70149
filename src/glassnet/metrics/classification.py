"""How good predicted probabilities are: for k exclusive classes, and for independent yes/no answers.

Two functions for each score: the plain one for **exclusive classes**, as of a softmax, and one called ``binary_...``
for **yes/no answers**, as of a sigmoid; several answers per row (multi-label) are scored one by one and averaged. A
loss offers the one that fits under the short name: ``"auc"`` means `binary_auc` under binary cross-entropy.

Where a score is not defined it is NaN: AUC when all rows are of one class, F1 when a class is neither there nor
predicted. Averages leave such parts out and are NaN only if nothing is left. Training continues, and early stopping
never counts NaN as an improvement.
"""

from __future__ import annotations

import math

import numpy as np

from glassnet.metrics.averages import defined_mean, row_mean, row_weights
from glassnet.metrics.inputs import of_answers, of_classes, of_probabilities

__all__ = [
    "accuracy", "auc", "balanced_accuracy", "binary_accuracy", "binary_auc", "binary_balanced_accuracy", "binary_brier",
    "binary_f1", "binary_log_loss", "brier", "f1", "log_loss",
]  # fmt: skip


@of_classes
def accuracy(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Share of rows whose most probable class is the true one.

    Parameters as for all metrics of exclusive classes, see `glassnet.metrics`.

    Examples
    --------
    >>> accuracy(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    0.5
    >>> accuracy([0, 1, 2], [0, 1, 1]) == 2 / 3  # predicted classes
    True
    """
    return row_mean(_codes(prediction) == _codes(y), weight)


@of_answers
def binary_accuracy(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Share of yes/no answers that are right when probabilities are cut at 0.5; several answers per row are averaged.

    Parameters as for all metrics of yes/no answers, see `glassnet.metrics`.

    Examples
    --------
    >>> binary_accuracy(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[0.9, 0.2], [0.4, 0.6]]))
    0.75
    """
    return row_mean((prediction > 0.5) == (y > 0.5), weight)


@of_classes
def balanced_accuracy(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Mean, over the classes that occur, of the share of their rows that is found (recall).

    Parameters as for all metrics of exclusive classes, see `glassnet.metrics`.

    Examples
    --------
    >>> balanced_accuracy(np.array([0, 0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]]))
    0.5
    """
    codes, found, rows = _codes(y), _codes(prediction), row_weights(weight, len(y))
    return defined_mean(_recall(codes == c, found == c, rows) for c in range(_n_classes(codes, prediction)))


@of_answers
def binary_balanced_accuracy(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Mean of the share of yes and the share of no that is found, probabilities cut at 0.5; answers are averaged.

    Parameters as for all metrics of yes/no answers, see `glassnet.metrics`.
    """
    true, found, rows = y > 0.5, prediction > 0.5, row_weights(weight, len(y))
    return defined_mean(
        defined_mean((_recall(t, f, rows), _recall(~t, ~f, rows))) for t, f in zip(true.T, found.T, strict=True)
    )


@of_classes
def f1(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """F1 score, ``2 * precision * recall / (precision + recall)``: of class 1 of two, or the mean over more classes.

    ``2 * tp / (2 * tp + fp + fn)`` with true positives, false positives and false negatives. The mean ("macro") is over
    the classes that occur or are predicted.

    Parameters as for all metrics of exclusive classes, see `glassnet.metrics`.

    Examples
    --------
    >>> f1(np.array([1, 1, 0]), np.array([[0.2, 0.8], [0.9, 0.1], [0.7, 0.3]]))  # tp 1, fp 0, fn 1
    0.6666666666666666
    """
    codes, found, rows = _codes(y), _codes(prediction), row_weights(weight, len(y))
    scored = _scored_classes(_n_classes(codes, prediction))
    return defined_mean(_f1(codes == c, found == c, rows) for c in scored)


@of_answers
def binary_f1(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """F1 score of yes, probabilities cut at 0.5; several answers per row are averaged ("macro").

    Parameters as for all metrics of yes/no answers, see `glassnet.metrics`.
    """
    true, found, rows = y > 0.5, prediction > 0.5, row_weights(weight, len(y))
    return defined_mean(_f1(t, f, rows) for t, f in zip(true.T, found.T, strict=True))


@of_probabilities
def auc(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Area under the ROC curve: how probably a row of the class is ranked above one that is not, a tie being half.

    Of class 1 of two; of more classes the mean over each against the rest.

    Parameters as for all metrics of exclusive classes, see `glassnet.metrics`.

    References
    ----------
    Hanley & McNeil (1982), "The meaning and use of the area under a receiver operating characteristic (ROC) curve".

    Examples
    --------
    >>> auc(np.array([0, 1, 0, 1]), np.array([[0.9, 0.1], [0.6, 0.4], [0.6, 0.4], [0.2, 0.8]]))  # (1 + 0.5 + 2) / 4
    0.875
    """
    codes, rows = _codes(y), row_weights(weight, len(y))
    return defined_mean(_auc(codes == c, prediction[:, c], rows) for c in _scored_classes(prediction.shape[-1]))


@of_answers
def binary_auc(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Area under the ROC curve of yes against no, see `auc`; several answers per row are averaged.

    Parameters as for all metrics of yes/no answers, see `glassnet.metrics`.
    """
    rows = row_weights(weight, len(y))
    return defined_mean(_auc(t, p, rows) for t, p in zip((y > 0.5).T, prediction.T, strict=True))


@of_probabilities
def log_loss(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Cross-entropy of the predicted probabilities in nats: ``mean(-sum_j y_j * log(p_j))``.

    Unlike the loss it has no label smoothing and no focus, so networks trained with different losses can be compared.
    Probabilities below the precision of their dtype count as that.

    Parameters as for all metrics of exclusive classes, see `glassnet.metrics`.

    Examples
    --------
    >>> round(log_loss(np.array([0, 1]), np.array([[0.5, 0.5], [0.75, 0.25]])), 4)  # (log 2 + log 4) / 2
    1.0397
    """
    logs = np.log(_clipped(prediction))
    if y.ndim == 1:
        return row_mean(-np.take_along_axis(logs, y[:, None], axis=-1), weight)
    return row_mean(-np.sum(y * logs, axis=-1), weight)


@of_answers
def binary_log_loss(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Cross-entropy in nats: ``mean(-(y * log(p) + (1 - y) * log(1 - p)))``, see `log_loss`; answers are averaged.

    Parameters as for all metrics of yes/no answers, see `glassnet.metrics`.
    """
    p = _clipped(prediction)
    q = _clipped(1.0 - prediction.astype(np.float64), prediction.dtype)
    return row_mean(-(y * np.log(p) + (1.0 - y) * np.log(q)), weight)


@of_probabilities
def brier(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Brier score, the squared error of the probabilities: ``mean(sum_j (p_j - y_j)**2)``, halved for two classes.

    Halved, it equals that of one probability, `binary_brier`.

    Parameters as for all metrics of exclusive classes, see `glassnet.metrics`.

    References
    ----------
    Brier (1950), "Verification of forecasts expressed in terms of probability".

    Examples
    --------
    >>> brier(np.array([1]), np.array([[0.5, 0.5]])), brier(np.array([1]), np.array([[0.5, 0.5, 0.0]]))
    (0.25, 0.5)
    """
    truth = y if y.ndim == 2 else (y[:, None] == np.arange(prediction.shape[-1]))
    squares = np.square(prediction.astype(np.float64) - truth).sum(axis=-1)
    return row_mean(squares / 2.0 if prediction.shape[-1] == 2 else squares, weight)


@of_answers
def binary_brier(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Brier score ``mean((p - y)**2)``; several answers per row are averaged.

    Parameters as for all metrics of yes/no answers, see `glassnet.metrics`.
    """
    return row_mean(np.square(prediction.astype(np.float64) - y), weight)


def _codes(classes: np.ndarray) -> np.ndarray:
    """Return the class of each row, the most probable one."""
    return classes if classes.ndim == 1 else classes.argmax(axis=-1)


def _n_classes(codes: np.ndarray, prediction: np.ndarray) -> int:
    """Return how many classes there are: as many as columns, or as the codes say; at least two of these."""
    if prediction.ndim == 2:
        return int(prediction.shape[-1])
    return max(2, int(max(codes.max(initial=0), prediction.max(initial=0))) + 1)


def _scored_classes(k: int) -> range:
    """Return the classes that are scored: of two, the second alone."""
    return range(1, 2) if k == 2 else range(k)


def _recall(true: np.ndarray, found: np.ndarray, rows: np.ndarray) -> float:
    """Return the share of the true rows that was found."""
    total = float(rows @ true)
    return float(rows @ (true & found)) / total if total else math.nan


def _f1(true: np.ndarray, found: np.ndarray, rows: np.ndarray) -> float:
    """Return the F1 score of one class."""
    total = float(rows @ true) + float(rows @ found)
    return 2.0 * float(rows @ (true & found)) / total if total else math.nan


def _auc(true: np.ndarray, score: np.ndarray, rows: np.ndarray) -> float:
    """Return the weighted share of pairs (yes, no) in which yes has the higher score."""
    if np.isnan(score).any():
        return math.nan
    values, place = np.unique(score, return_inverse=True)
    yes = np.bincount(place, weights=rows * true, minlength=len(values))
    no = np.bincount(place, weights=rows * ~true, minlength=len(values))
    pairs = float(yes.sum() * no.sum())
    return float(yes @ (np.cumsum(no) - 0.5 * no)) / pairs if pairs else math.nan


def _clipped(prediction: np.ndarray, dtype: np.dtype | None = None) -> np.ndarray:
    """Return probabilities in double precision, at least the precision of the dtype they were computed in."""
    return np.maximum(prediction.astype(np.float64), np.finfo(dtype or prediction.dtype).eps)
