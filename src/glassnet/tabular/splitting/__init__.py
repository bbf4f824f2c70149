"""Divide the rows of a table into training, validation and test rows, and recognise rows that were trained on."""

__all__: list[str] = []
