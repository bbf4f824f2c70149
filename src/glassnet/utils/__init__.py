"""Plain functions on arrays, rows and arguments that every room may use."""

__all__: list[str] = []
