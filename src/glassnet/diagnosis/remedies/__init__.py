"""Remedies, tried on copies of the network."""

__all__: list[str] = []
