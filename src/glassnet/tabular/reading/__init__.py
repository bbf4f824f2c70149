"""From files and frames to a table of columns."""

__all__: list[str] = []
