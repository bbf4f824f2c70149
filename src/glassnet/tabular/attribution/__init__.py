"""Which columns an answer rests on."""

__all__: list[str] = []
