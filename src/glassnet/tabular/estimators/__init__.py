"""The estimators for tables, and how they read what scikit-learn hands them."""

from __future__ import annotations

from glassnet.tabular.estimators.estimators import TabularClassifier, TabularRegressor

__all__ = ["TabularClassifier", "TabularRegressor"]
