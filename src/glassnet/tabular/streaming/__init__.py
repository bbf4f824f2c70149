"""Tables that are trained on without being in memory: one pass for statistics, then blocks encoded as they are read."""

__all__: list[str] = []
