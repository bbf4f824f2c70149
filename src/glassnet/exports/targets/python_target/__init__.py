"""The plain-Python target: one readable file that needs nothing but Python."""

__all__: list[str] = []
