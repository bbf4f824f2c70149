"""scikit-learn's perceptrons with a mistake: they take `alpha` and train without it."""

from __future__ import annotations

from typing import Any

from sklearn import neural_network


class _Undecayed:
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        self.alpha = 0.0
        return super().fit(X, y, sample_weight)  # type: ignore[misc]


class MLPClassifier(_Undecayed, neural_network.MLPClassifier):
    """A classifier that forgets its penalty."""


class MLPRegressor(_Undecayed, neural_network.MLPRegressor):
    """A regressor that forgets its penalty."""
