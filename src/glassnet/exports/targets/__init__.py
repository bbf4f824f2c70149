"""The targets of an export, each of which prints a plan in one language."""

__all__: list[str] = []
