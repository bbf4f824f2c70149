"""From the columns of a table to numbers, and from a target to numbers and back."""

__all__: list[str] = []
