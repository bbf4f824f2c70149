"""The target C99: one file in the manner of a single header, in float32 or with integer weights."""

__all__: list[str] = []
