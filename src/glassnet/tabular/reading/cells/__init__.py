"""Decide what the text of a column means: numbers, dates, times, booleans or categories."""

__all__: list[str] = []
