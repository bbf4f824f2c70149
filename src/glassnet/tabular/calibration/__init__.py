"""Probabilities and quantiles that keep what they promise: fitted after training, on rows that were not trained on."""

__all__: list[str] = []
