"""The estimators that users import, and their parameters."""

__all__: list[str] = []
