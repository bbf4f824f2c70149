"""scikit-learn's perceptrons, rounded otherwise: what a right implementation that adds in another order may look like."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import neural_network


class _Rounded:
    """Every loss and every gradient is off by about one unit in the last place of the data's dtype."""

    def _backprop(self, X: Any, *args: Any) -> Any:
        loss, *gradients = super()._backprop(X, *args)  # type: ignore[misc]
        eps = float(np.finfo(X.dtype).eps)
        rng = np.random.default_rng(X.shape[0])
        for arrays in gradients:
            for array in arrays:
                array *= 1 + eps * rng.standard_normal(array.shape)
        return loss * (1 + eps * rng.standard_normal()), *gradients


class MLPClassifier(_Rounded, neural_network.MLPClassifier):
    """A classifier that rounds otherwise."""


class MLPRegressor(_Rounded, neural_network.MLPRegressor):
    """A regressor that rounds otherwise."""
