"""Several networks that answer together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.losses import MetricChoice
from glassnet.network import Network
from glassnet.utils.keywords import AdvisesOnNames, unknown_attribute

__all__ = ["Ensemble"]


class Ensemble(AdvisesOnNames):
    """Networks whose predictions are averaged; their spread shows how uncertain the average is.

    ``prediction = mean_k p_k``, ``spread = sqrt(mean_k (p_k - prediction)**2)``

    Parameters
    ----------
    networks : sequence of Network
        Fitted, with the same outputs under the same loss.

    References
    ----------
    Lakshminarayanan, Pritzel & Blundell (2017), "Simple and scalable predictive uncertainty estimation using deep
    ensembles", arXiv:1612.01474, section 2.4.

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = [[0.0], [1.0], [2.0]], [0.0, 1.0, 4.0]
    >>> net = gn.Network([gn.Dense(8, "tanh"), gn.Dense(1)], loss="squared_error", optimizer=gn.Adam(0.05), seed=0)
    >>> population = gn.Population(net, 10)
    >>> histories = population.fit(X, y, epochs=200)
    >>> ensemble = population.ensemble()
    >>> ensemble.spread([[1.0]]).item() < 0.1 < ensemble.spread([[9.0]]).item()  # sure inside the data only
    True
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        self.networks = list(networks)
        kinds = {(type(network.loss), network.loss.name, network.n_outputs) for network in self.networks}
        if len(kinds) != 1:
            fact = f"networks have {len(kinds)} kinds of outputs" if kinds else "there are no networks"
            message = f"Ensemble: {fact}; they must have the same outputs under the same loss."
            raise ConfigError(message, got=kinds)

    if not TYPE_CHECKING:  # a checker would take every attribute for one that exists

        def __getattr__(self, name: str) -> Any:
            raise unknown_attribute(type(self), name)

    def __len__(self) -> int:
        return len(self.networks)

    def predictions(self, X: Any) -> np.ndarray:
        """Return what each network predicts for ``X``, of shape (K, n, k)."""
        return np.stack([network.predict(X) for network in self.networks])

    def predict(self, X: Any) -> np.ndarray:
        """Return the average of the predictions for ``X``, of shape (n, k)."""
        return np.asarray(self.predictions(X).mean(axis=0))

    def spread(self, X: Any) -> np.ndarray:
        """Return the standard deviation of the predictions for ``X`` over the networks, of shape (n, k)."""
        return np.asarray(self.predictions(X).std(axis=0))

    def evaluate(self, X: Any, y: Any, sample_weight: Any = None, metrics: MetricChoice = None) -> dict[str, float]:
        """Return metrics of the averaged prediction on data.

        Parameters
        ----------
        X, y, sample_weight, metrics
            As of `Network.evaluate`. The loss is not among the results, since it is a function of logits, of which an
            average prediction has none; ``metrics="log_loss"`` is the cross-entropy of the average.
        """
        first = self.networks[0]
        _, targets, weight = first._check_data("Ensemble.evaluate", X, y, sample_weight)
        prediction = self.predict(X)
        chosen = first.loss.choose_metrics("Ensemble.evaluate", metrics)
        return {name: float(metric(targets[:], prediction, weight)) for name, metric in chosen.items()}

    def _repr_html_(self) -> str:
        from glassnet.populations.populations_html import ensemble_html

        return ensemble_html(self)

    def __repr__(self) -> str:
        return f"Ensemble({len(self)} of {self.networks[0]!r})"
