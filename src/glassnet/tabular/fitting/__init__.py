"""Recipes, and the training of the networks that they make."""

__all__: list[str] = []
