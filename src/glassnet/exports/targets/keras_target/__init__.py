"""The Keras target: weights in the order of ``set_weights``, and the model that they belong to."""

__all__: list[str] = []
