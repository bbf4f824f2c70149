"""What is printed and written."""

__all__: list[str] = []
