"""Divide the rows of a table into training, validation and test rows, and tell which rows were trained on."""

__all__: list[str] = []
