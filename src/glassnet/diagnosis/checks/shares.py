"""What checks of designs and results share: how much is left to learn, and what may be chance."""

from __future__ import annotations

import numpy as np

from glassnet.diagnosis.case import Case, Data, mean_loss

__all__ = ["answered_classes", "blocks_of", "clearly_less", "left_to_learn"]

_BLOCKS = 10
_SURE = 3.0  # standard errors


def left_to_learn(case: Case) -> float:
    """Return the present loss as a share of that of a constant prediction, on the rows of the evaluation."""
    loss, constant = case.evaluation[1], case.constant_loss(case.evaluation_data[0])
    reference = case.reference if constant is None else constant
    scale = abs(reference) if case.scale == abs(case.reference) else case.scale
    return 1.0 - (reference - loss) / scale if scale > 0.0 else 0.0


def blocks_of(case: Case, data: Data, Z: np.ndarray) -> np.ndarray:
    """Return the mean loss of some blocks of rows, in their order, for logits ``Z``."""
    X, y, weight = data
    pieces = [part for part in np.array_split(np.arange(len(X)), _BLOCKS) if len(part)]
    if weight is not None:
        pieces = [part for part in pieces if weight[part].any()]
    parts = [(X[part], y[part], None if weight is None else weight[part]) for part in pieces]
    return np.array([mean_loss(case.original, Z[rows], part) for rows, part in zip(pieces, parts, strict=True)])


def clearly_less(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether the first of two series of losses, of the same blocks of rows, is less by more than chance."""
    differences = second - first
    if len(differences) < _BLOCKS:
        return False
    error = float(differences.std(ddof=1)) / np.sqrt(len(differences))
    return bool(float(differences.mean()) > _SURE * error or differences.min() > 0.0)


def answered_classes(Z: np.ndarray) -> np.ndarray:
    """Return the predicted class for each row of logits."""
    found: np.ndarray = (Z[:, 0] > 0.0).astype(np.int64) if Z.shape[1] == 1 else Z.argmax(axis=1)
    return found
