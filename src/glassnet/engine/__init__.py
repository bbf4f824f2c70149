"""The network's arrays, its passes over them, and what is read off them; training stands above."""

__all__: list[str] = []
