"""Exports: a trained model as a file that runs without Python or without this library, and proves that it is right."""

__all__: list[str] = []
