"""The NumPy target: one readable file that needs NumPy only."""

__all__: list[str] = []
