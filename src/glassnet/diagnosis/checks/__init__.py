"""What may be wrong with data, design, start, training, result and new rows: a function for each."""

__all__: list[str] = []
