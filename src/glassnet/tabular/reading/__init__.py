"""Read files and frames into a table of columns."""

__all__: list[str] = []
