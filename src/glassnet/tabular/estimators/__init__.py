"""scikit-learn estimators for tables."""

from __future__ import annotations

from glassnet.tabular.estimators.estimators import TabularClassifier, TabularRegressor

__all__ = ["TabularClassifier", "TabularRegressor"]
