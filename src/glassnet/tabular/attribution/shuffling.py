"""Permutation importance of the columns of a table, from the predictions that a table model gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from glassnet.attribution import Importance, permutation_importance
from glassnet.attribution.permutation import shuffled_scores
from glassnet.metrics import better_sign
from glassnet.tabular.averaged import log_probabilities
from glassnet.tabular.predictor import Predictor
from glassnet.utils.checks import check_choice, check_integer

__all__ = ["importance_of_columns"]

_WHERE = "permutation_importance"


def importance_of_columns(
    model: Predictor,
    X: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None = None,
    *,
    metric: str,
    groups: Mapping[str, Sequence[int]],
    repeats: int = 5,
    seed: int = 0,
) -> Importance:
    """Return how much worse a metric of the model's predictions gets when features are shuffled in groups.

    The predictions are those of `Predictor.answers`, as in the scores of reports: clipped to the range of the target
    and averaged. The loss of the training is that of the network's outputs.

    Parameters
    ----------
    model : Predictor
        Predicts for the rows.
    X : ndarray of shape (n, d)
        Encoded rows.
    y : ndarray of shape (n,) or (n, 1)
        Their encoded targets; errors of numbers are in units of the target's spread.
    weight : ndarray of shape (n,), optional
        Weights of the rows.
    metric : str
        As of `permutation_importance`.
    groups : mapping of str to sequence of int
        Features to shuffle together, by the name of the group.
    repeats : int, default=5
        Number of shuffles of each group.
    seed : int, default=0
        The same seed gives the same numbers.
    """
    loss = model.network.loss
    check_choice(_WHERE, "metric", metric, ("loss", *loss.metrics))
    if metric == "loss":
        return permutation_importance(model.network, X, y, weight, groups=groups, repeats=repeats, seed=seed)
    repeats, seed = check_integer(_WHERE, "repeats", repeats, 1), check_integer(_WHERE, "seed", seed, 0)
    measure = loss.choose_metrics(_WHERE, metric)[metric]

    def score(rows: np.ndarray) -> float:
        if metric == "log_loss":  # from logits: a probability may be 0 in any precision
            logs = log_probabilities(model.network, rows)
            return float(-np.average(logs[np.arange(len(y)), y], weights=weight))
        return float(measure(y, model._exact_answers(rows), weight))

    whole, changes = shuffled_scores(score, X, list(groups.values()), repeats, np.random.default_rng(seed))
    return Importance(list(groups), better_sign(_WHERE, metric, "auto") * changes, metric, whole)
