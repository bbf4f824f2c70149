"""Estimate Shapley values, for predictions without a gradient in the columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["order_contributions"]

_WALKS = 128
_ROWS = 4096  # predicted at one time


def order_contributions(
    predict: Callable[[np.ndarray, int], np.ndarray],
    X: np.ndarray,
    background: np.ndarray,
    groups: Sequence[Sequence[int]],
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the contribution of each group of features to each row's prediction: Shapley values, estimated by walks.

    A walk changes a row of the background to the row that is explained, one group of features after the other, in
    random order. The contribution of a group is the mean change of the prediction at its step, over 128 walks or more.
    Each order is used forwards and backwards. Contributions sum to the prediction less that of the background.

    ``predict`` takes rows (m, d) and the number of the row of X that is explained, and returns predictions (m,). Walks
    start equally often from each row of ``background`` (b, d). Each feature is in one of ``groups``. The result is the
    contributions, shape (n, number of groups), and the mean prediction for the background, shape (n,).

    References
    ----------
    Štrumbelj & Kononenko (2014), "Explaining prediction models and individual predictions with feature contributions",
    algorithm 1. Forwards and backwards: Mitchell et al. (2022), arXiv:2104.12199, section 4.

    Examples
    --------
    >>> def product(Z, i):
    ...     return Z[:, 0] * Z[:, 1]
    >>> values, base = order_contributions(product, np.array([[2.0, 3.0]]), np.ones((1, 2)), [[0], [1]])
    >>> values.tolist(), base.tolist()  # from 1 to 6 by 1 and then 4, or by 2 and then 3
    ([[2.0, 3.0]], [1.0])
    """
    rng = np.random.default_rng(seed)
    n_pairs = -(-_WALKS // (2 * len(background)))
    starts = np.repeat(np.tile(np.arange(len(background)), n_pairs), 2)
    orders = np.stack([rng.permutation(len(groups)) for _ in starts[::2]]).repeat(2, axis=0)
    orders[1::2] = orders[1::2, ::-1]
    group_of = np.empty(X.shape[1], dtype=np.int64)
    for number, group in enumerate(groups):
        group_of[list(group)] = number
    together = max(1, _ROWS // (len(groups) + 1))
    values, base = np.zeros((len(X), len(groups))), np.zeros(len(X))
    for i, x in enumerate(X):
        for first in range(0, len(orders), together):
            walks = slice(first, first + together)
            paths = _paths(x, background[starts[walks]], orders[walks], group_of)
            answers = predict(paths.reshape(-1, X.shape[1]), i).reshape(paths.shape[:2]).astype(np.float64)
            for order, steps in zip(orders[walks], np.diff(answers, axis=1), strict=True):
                values[i, order] += steps / len(orders)
            base[i] += answers[:, 0].sum() / len(orders)
    return values, base


def _paths(x: np.ndarray, starts: np.ndarray, orders: np.ndarray, group_of: np.ndarray) -> np.ndarray:
    """Return all rows of the walks to x, shape (walks, groups + 1, d)."""
    places = np.argsort(orders, axis=1)[:, group_of]
    has_changed = places[:, None, :] < np.arange(orders.shape[1] + 1)[:, None]
    return np.where(has_changed, x, starts[:, None, :])
