"""The engine of a page without a server, in JavaScript, and what Python puts into such a page."""

__all__: list[str] = []
