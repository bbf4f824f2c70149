"""Whether the rows that are to choose the epoch can: some metrics are not defined for rows of one class or value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.encoding.target import TargetEncoder

__all__ = ["require_scores"]

_WORDS = {"auc": "the AUC", "f1": "F1", "r2": "R²"}


def require_scores(
    metric: str, target: TargetEncoder, parts: Sequence[tuple[np.ndarray, np.ndarray | None]], *, are_folds: bool
) -> None:
    """Raise an error if a metric is not defined for the rows that choose the epoch.

    Parameters
    ----------
    metric : str
        What chooses the epoch.
    target : TargetEncoder
        Target encoder, fitted.
    parts : sequence of (y, weight)
        Encoded targets and weights of validation rows, of each fold if they ``are_folds``.
    are_folds : bool
        Whether rows were divided into folds.

    Raises
    ------
    DataError
        The rows of a part are of one class (for F1 of two classes: of the first), or, for R², of one value.

    Examples
    --------
    >>> target = TargetEncoder().fit(["a", "b", "a", "b"])
    >>> require_scores("auc", target, [(np.array([1, 1]), None)], are_folds=False)  # doctest: +NORMALIZE_WHITESPACE
    Traceback (most recent call last):
    ...
    glassnet.errors.DataError: fit: validation rows are 2 rows of 'b' alone; for the AUC to choose the epoch, they
    must hold more than one class. Take another metric, or other validation rows.
    """
    if metric not in _WORDS:
        return
    for number, (y, weight) in enumerate(parts, 1):
        present = np.unique(y if weight is None else y[weight > 0.0])
        is_scored = metric == "f1" and (target.n_outputs > 2 or 1 in present)
        if len(present) != 1 or is_scored:
            continue
        what = f"{target.labels[int(present[0])]!r} alone" if target.labels else "one value"
        n = f"{len(y):,} row{'s' if len(y) > 1 else ''} of {what}"
        of = "class" if target.labels else "value"
        must = f"for {_WORDS[metric]} to choose the epoch, they must hold more than one {of}"
        advice = "fewer folds" if are_folds else "other validation rows"
        of_fold = f" in fold {number} of {len(parts)}" if are_folds else ""
        message = f"fit: validation rows are {n}{of_fold}; {must}. Take another metric, or {advice}."
        raise DataError(message, expected=must, got=n)
