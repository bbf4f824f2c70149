"""Encode the columns of a table as numbers, and a target as numbers and back."""

__all__: list[str] = []
