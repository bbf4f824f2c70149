"""Attribute predictions to the columns of a table."""

__all__: list[str] = []
