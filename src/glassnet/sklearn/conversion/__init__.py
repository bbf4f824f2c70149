"""To scikit-learn's own estimators, and to files."""

__all__: list[str] = []
