"""Functions that are copied into exported Python files, as they stand here; Python 3.8 must read them."""

__all__: list[str] = []
