"""The base class of losses: the protocol, with defaults, and the two sums that most losses use.

The loss of a batch is ``sum(w * l) / sum(w)`` over its rows. A loss returns the sum in the numerator and the gradient
of that sum; the network divides both once, at the end, by the sum of the weights.

Shapes: logits ``Z`` (n, k), targets ``y`` as `Loss.prepare` returned them, weights ``w`` (n,) or None, ``dZ`` like
``Z``. With members all of them have the member axis in front, and the loss is of shape (K,).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from glassnet.errors import ConfigError
from glassnet.layers.base import Cache
from glassnet.losses.targets import as_columns, count_columns
from glassnet.metrics import Metric, as_metric, mae, r2, rmse
from glassnet.utils.arrays import Buffers, weighted_sum
from glassnet.utils.checks import check_choice
from glassnet.utils.formula import Formula
from glassnet.utils.keywords import AdvisesOnNames
from glassnet.utils.names import MetricName

__all__ = ["NUMBER_METRICS", "ColumnLoss", "Loss", "MetricChoice", "average_columns", "weigh"]

MetricChoice = MetricName | Callable[..., Any] | Sequence[MetricName | Callable[..., Any]] | None
"""What ``metrics=`` takes: names, functions, several of them, or None for the default ones."""

NUMBER_METRICS: Mapping[str, Metric] = {"mae": mae, "r2": r2, "rmse": rmse}
"""Metrics of predictions that are numbers."""


class Loss(AdvisesOnNames):
    """Base of all losses: the names of the protocol.

    Attributes
    ----------
    name : str
        What ``Network(loss=...)`` understands and what a file holds.
    metrics : mapping of str to function
        What can be computed from its predictions, by the names that `Network.evaluate` and ``fit`` understand.
    default_metrics : tuple of str
        Metrics that are reported by default.
    classifies : bool
        Whether targets are classes, so that a validation split is stratified.
    includes : str
        The activation that `link` applies to the logits, in words such as ``"the sigmoid"``; empty if predictions are
        the outputs themselves. A network whose last layer applies one like it as well is refused.
    formula : Formula, optional
        What one logit Z adds to the loss of its row, before an average over columns, and its derivative. If it is
        there, `Network.explain` works it out.
    saved_by_name : bool
        Whether a file holds only class and name, and the object must be passed to ``load``: functions are not saved.
    """

    name: str
    metrics: Mapping[str, Metric] = {}
    default_metrics: tuple[str, ...] = ()
    classifies: ClassVar[bool] = False
    includes: str = ""
    formula: ClassVar[Formula | None] = None
    saved_by_name: ClassVar[bool] = False

    def outputs(self, y: Any) -> int:
        """Return how many outputs the last layer must have for these targets.

        Parameters
        ----------
        y : array-like
            Targets as the user gave them.
        """
        raise NotImplementedError

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        """Return checked targets for a network with ``n_outputs`` logits.

        Parameters
        ----------
        y : array-like
            Targets as the user gave them.
        n_outputs : int
            Number of logits of the network.
        dtype : dtype
            That of the network, for targets that are numbers.
        """
        raise NotImplementedError

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        """Return scratch for batches of ``scratch.batch_size``; ``"dZ"`` is the array for the gradient.

        Parameters
        ----------
        scratch : Buffers
            Provides arrays for one batch size.
        out_shape : tuple of int
            Shape of the logits of one sample.
        """
        raise NotImplementedError

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        """Return ``sum(w * l)``, a scalar or (K,), and write its gradient with respect to ``Z`` into ``out``.

        Parameters
        ----------
        Z : ndarray of shape (n, k)
            Logits.
        y : ndarray
            Targets as `prepare` returned them.
        weight : ndarray of shape (n,), optional
            A weight for each row.
        out : ndarray of shape (n, k)
            Receives the gradient.
        cache : dict
            What `make_cache` returned.
        """
        raise NotImplementedError

    def link(self, Z: np.ndarray) -> np.ndarray:
        """Return predictions for logits, as a fresh array.

        Parameters
        ----------
        Z : ndarray of shape (n, k)
            Logits; not written.
        """
        raise NotImplementedError

    def choose_metrics(self, where: str, chosen: Any) -> dict[str, Metric]:
        """Return the chosen metrics by name, checked, or the default ones.

        The user's own functions are listed under their ``__name__``, see `glassnet.metrics.as_metric`.

        Parameters
        ----------
        where : str
            Name of the caller, for error messages.
        chosen : str, function, or sequence of them, optional
            Names among ``metrics`` and functions of the user's; None for ``default_metrics``.
        """
        if chosen is None:
            chosen = self.default_metrics
        wanted = [chosen] if isinstance(chosen, str) or not isinstance(chosen, Iterable) else chosen
        return dict(self._metric(where, item) for item in wanted)

    def _metric(self, where: str, item: Any) -> tuple[str, Metric]:
        """Return name and function of one metric."""
        if not callable(item):
            if not self.metrics:
                must = "metrics must be functions of your own under this loss"
                message = f"{where}: loss={self.name!r} has no metric {item!r}; {must}."
                message += " Write def my_metric(y, prediction): ..."
                raise ConfigError(message, expected=must, got=item)
            name = check_choice(where, "metric", item, self.metrics, f"These are the metrics of loss={self.name!r}.")
            return name, self.metrics[name]
        name, metric = as_metric(where, item)
        if name == "loss" or self.metrics.get(name, item) is not item:
            must = "a metric of your own must have another name"
            message = f"{where}: the metric name {name!r} is taken; {must}. Rename the function."
            raise ConfigError(message, expected=must, got=name)
        return name, metric

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-able."""
        return {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.config().items())})"


class ColumnLoss(Loss):
    """Base of losses with one output per column of ``y``, which average their columns: ``l = mean_j l_j``.

    A subclass gives `value_and_gradient`, `link` where predictions are not the logits, and whatever else it needs in
    `make_cache`.
    """

    def outputs(self, y: Any) -> int:
        return count_columns(y)

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        return as_columns(type(self).__name__, y, n_outputs, dtype)

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        T, several = scratch.array(out_shape), out_shape[-1] > 1
        return {
            "dZ": scratch.array(out_shape),
            "T": T,
            "rows": scratch.array(()) if several else T[..., 0],
            "several": several,
            "ones": scratch.ones(),
            "one_over_k": scratch.constant(1.0 / out_shape[-1]),
        }

    def link(self, Z: np.ndarray) -> np.ndarray:
        return Z.copy()


def average_columns(T: np.ndarray, dZ: np.ndarray, weight: np.ndarray | None, cache: Cache) -> Any:
    """Return ``sum(w * mean_j T_j)``, and make ``dZ``, the slopes of the columns, those of that sum."""
    rows = cache["rows"]
    if cache["several"]:
        np.add.reduce(T, axis=-1, out=rows)
        np.multiply(rows, cache["one_over_k"], rows)
        np.multiply(dZ, cache["one_over_k"], dZ)
    return weigh(rows, dZ, weight, cache)


def weigh(rows: np.ndarray, dZ: np.ndarray, weight: np.ndarray | None, cache: Cache) -> Any:
    """Return ``sum(w * rows)`` and multiply each row of ``dZ`` by its weight."""
    if weight is None:
        return weighted_sum(rows, cache["ones"])
    np.multiply(dZ, weight[..., None], dZ)
    return weighted_sum(rows, weight)
