"""Train networks on tables by published recipes."""

__all__: list[str] = []
