"""A service that answers for a model over HTTP."""

__all__: list[str] = []
