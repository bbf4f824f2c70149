"""How much each column of a table matters to a fitted estimator, in the form that scikit-learn's selectors take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.tabular.attribution.reasons import column_groups, importance_metric
from glassnet.tabular.attribution.shuffling import importance_of_columns
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.model import TableModel

__all__ = ["sample_of", "shares_of_columns"]

_MOST_ROWS = 512
_MOST_CELLS = 200_000
_REPEATS = 3


def sample_of(rows: Rows) -> Rows:
    """Return at most 512 rows, at even distances, or fewer of wide tables."""
    n = len(rows.target)
    most = max(1, min(_MOST_ROWS, _MOST_CELLS // max(len(rows.inputs.columns), 1)))
    return rows if n <= most else rows.take(np.linspace(0, n - 1, most).astype(np.int64))


def shares_of_columns(model: TableModel, sample: Rows, names: Sequence[str]) -> np.ndarray:
    """Return ``max(0, L_j - L) / sum_k max(0, L_k - L)`` for each column j, whose shuffling raises L to L_j.

    L is the log loss, RMSE or pinball loss, as of `importance_metric`. All are 0 if no column matters, and 0 for
    columns that were left out.
    """
    X, y = model.encoder.transform(sample.inputs), model.target.transform(sample.target)
    groups = column_groups(model.encoder)
    metric = importance_metric(model)
    found = importance_of_columns(model, X, y, sample.weight, metric=metric, groups=groups, repeats=_REPEATS)
    gains = dict(zip(found.names, np.maximum(found.mean, 0.0).tolist(), strict=True))
    values = np.array([gains.get(name, 0.0) for name in names])
    total = values.sum()
    return values / total if total > 0.0 else values
