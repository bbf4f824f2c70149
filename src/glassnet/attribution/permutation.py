"""Permutation importance: how much worse a network gets when a column is shuffled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.evaluation import scores
from glassnet.errors import ConfigError
from glassnet.metrics import better_sign
from glassnet.utils.array_advice import column_names
from glassnet.utils.checks import check_choice, check_integer
from glassnet.utils.keywords import advises_on_names
from glassnet.utils.name_lists import name_list
from glassnet.utils.text_table import table_lines

__all__ = ["Importance", "permutation_importance", "shuffled_scores"]


class Importance:
    """Permutation importance: how much worse a score gets when a column, or a group of columns, is shuffled.

    Attributes
    ----------
    names : list of str
        Names of the columns or groups.
    drops : ndarray of shape (n_groups, repeats)
        How much worse each repetition was, in units of the metric: positive is worse.
    metric : str
        Name of the metric.
    score : float
        Its value with nothing shuffled.
    """

    def __init__(self, names: Sequence[str], drops: np.ndarray, metric: str, score: float) -> None:
        self.names, self.drops, self.metric, self.score = list(names), drops, metric, score

    @property
    def mean(self) -> np.ndarray:
        """Mean over the repetitions."""
        return np.asarray(self.drops.mean(axis=1))

    @property
    def std(self) -> np.ndarray:
        """Standard deviation over the repetitions."""
        return np.asarray(self.drops.std(axis=1))

    @property
    def ranking(self) -> list[int]:
        """Positions in ``names``, the most important first."""
        return [int(i) for i in np.argsort(-self.mean, kind="stable")]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, the most important first."""
        rows = [{"name": self.names[i], "mean": float(self.mean[i]), "std": float(self.std[i])} for i in self.ranking]
        return {"metric": self.metric, "score": self.score, "importance": rows}

    def _repr_html_(self) -> str:
        from glassnet.attribution.attribution_html import importance_html

        return importance_html(self)

    def __repr__(self) -> str:
        head = f"how much worse the {self.metric} ({self.score:.4g}) gets when a column is shuffled"
        rows = [(self.names[i], f"{self.mean[i]:+.4g} +- {self.std[i]:.2g}") for i in self.ranking]
        return "\n".join([head, *table_lines(rows)])


@advises_on_names
def permutation_importance(
    network: BaseNetwork,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    metric: str = "loss",
    groups: Mapping[str, Sequence[int]] | None = None,
    repeats: int = 5,
    seed: int = 0,
    feature_names: Sequence[str] | None = None,
) -> Importance:
    """Return how much worse the network gets when a column is shuffled among the rows.

    A column that the network does not use has exactly 0. Columns with the same information share their importance,
    and may both appear unimportant: put them into one group.

    Parameters
    ----------
    network : BaseNetwork
        Built, for rows of numbers; it is not changed. The predictions or losses of members are averaged.
    X : array of shape (n, d)
        Rows, best ones that it was not trained on.
    y : array of shape (n,) or (n, k)
        Their targets.
    sample_weight : array of shape (n,), optional
        As in `Network.evaluate`.
    metric : str, default="loss"
        The loss, or one of ``net.loss.metrics``.
    groups : mapping of str to sequence of int, optional
        Columns to shuffle together, by the name of the group; by default each on its own.
    repeats : int, default=5
        Number of shuffles of each column or group.
    seed : int, default=0
        The same seed gives the same numbers.
    feature_names : sequence of str, optional
        Names of the columns; by default those of X, if it is a frame, else "feature 0" and so on.

    Returns
    -------
    Importance
        By column or group, over all repetitions.

    Raises
    ------
    ConfigError
        The network takes no rows of numbers, or a group has a column that is not there.

    References
    ----------
    Breiman (2001), "Random forests", section 10. Fisher, Rudin & Dominici (2019), arXiv:1801.01489, section 3.

    Examples
    --------
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).standard_normal((100, 2))
    >>> net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=2)
    >>> net.params[:] = [3.0, 0.0, 0.0]
    >>> gn.permutation_importance(net, X, 3 * X[:, 0], feature_names=["used", "not used"]).ranking
    [0, 1]
    """
    where = "permutation_importance"
    network._built(where)
    if len(network.input_shape or ()) != 1:
        must = "it must take rows of numbers"
        message = f"{where}: the network takes samples of shape {network.input_shape}; {must}."
        raise ConfigError(message, expected=must)
    inputs, targets, weight = network._check_data(where, X, y, sample_weight)
    rows, d = np.array(inputs[:]), inputs.shape[1]
    names, columns = _groups(where, groups, column_names(X) if feature_names is None else feature_names, d)
    repeats = check_integer(where, "repeats", repeats, 1)
    rng = np.random.default_rng(check_integer(where, "seed", seed, 0))
    check_choice(where, "metric", metric, ("loss", *network.loss.metrics))
    metrics = {} if metric == "loss" else network.loss.choose_metrics(where, metric)
    sign = better_sign(where, metric, "auto")

    def score(values: np.ndarray) -> float:
        if network.members is None or not metrics:
            return float(np.mean(scores(network, values, targets, weight, metrics)[metric]))
        return metrics[metric](targets[:], network.predict(values).mean(axis=0), weight)

    whole, changes = shuffled_scores(score, rows, columns, repeats, rng)
    return Importance(names, sign * changes, metric, whole)


def shuffled_scores(
    score: Callable[[np.ndarray], float],
    rows: np.ndarray,
    groups: Sequence[Sequence[int]],
    repeats: int,
    rng: np.random.Generator,
) -> tuple[float, np.ndarray]:
    """Return the score of rows (n, d), and what it changes by with each group of columns shuffled, (groups, repeats).

    ``score`` takes the rows; all groups of a repetition are shuffled in the same order.
    """
    whole = score(rows)
    changes = np.zeros((len(groups), repeats))
    for r in range(repeats):
        order = rng.permutation(len(rows))
        for i, group in enumerate(groups):
            shuffled = rows.copy()
            shuffled[:, list(group)] = rows[order][:, list(group)]
            changes[i, r] = score(shuffled) - whole
    return whole, changes


def _groups(
    where: str, groups: Mapping[str, Sequence[int]] | None, names: Sequence[str] | None, d: int
) -> tuple[list[str], list[list[int]]]:
    """Return the names of the groups and their columns."""
    if groups is not None:
        found = {
            name: [check_integer(where, f"a column of {name!r}", j, 0) for j in group] for name, group in groups.items()
        }
        beyond = [name for name, group in found.items() if not group or max(group) >= d]
        if beyond:
            must = f"each group must have columns from 0 to {d - 1}"
            message = f"{where}: there are other columns, or none, in {', '.join(beyond)}; {must}."
            raise ConfigError(message, got=beyond)
        return list(found), list(found.values())
    names = names if names is None else name_list(where, "feature_names", names)
    if names is not None and len(names) != d:
        message = f"{where}: {len(names)} feature_names for {d} columns; there must be one per column."
        raise ConfigError(message, expected=d, got=len(names))
    found_names = [f"feature {j}" for j in range(d)] if names is None else [str(name) for name in names]
    return found_names, [[j] for j in range(d)]
