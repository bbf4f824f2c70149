"""One model file: a network's description and arrays, written in one go and read defensively."""

__all__: list[str] = []
