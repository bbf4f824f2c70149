"""Fitted estimators as estimators of scikit-learn, and as model files."""

__all__: list[str] = []
