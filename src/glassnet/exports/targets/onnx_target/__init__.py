"""ONNX files, by a writer of our own: they need no library to be made, and the same model gives the same bytes."""

__all__: list[str] = []
