"""Layers for tables: columns, embeddings of numbers, ensembles inside one network."""

__all__: list[str] = []
