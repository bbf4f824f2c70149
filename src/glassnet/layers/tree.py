"""A network's layers as a tree: their names, and the one walk through them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from glassnet.layers.base import Layer

__all__ = ["every_layer", "learns", "leaves", "name_layers", "walk"]


def name_layers(layers: Sequence[Layer]) -> list[str]:
    """Return stable names: the class in small letters and a count, ``dense_1``, ``batch_norm_1``."""
    counts: dict[str, int] = {}
    names = []
    for layer in layers:
        word = type(layer).__name__
        snake = "".join(
            "_" + c.lower() if c.isupper() and i and not word[i - 1].isupper() else c.lower()
            for i, c in enumerate(word)
        )
        counts[snake] = counts.get(snake, 0) + 1
        names.append(f"{snake}_{counts[snake]}")
    return names


def walk(names: Collection[str], layers: Collection[Layer]) -> Iterator[tuple[str, Layer]]:
    """Yield ``(name, layer)`` for every layer, a container after what is in it.

    The names of nested layers are joined by dots: ``"residual_1.dense_2"``.
    """
    for name, layer in zip(names, layers, strict=True):
        inside = layer.sublayers()
        if inside:
            yield from walk([f"{name}.{part}" for part in inside], inside.values())
        yield name, layer


def leaves(names: Collection[str], layers: Collection[Layer]) -> dict[str, Layer]:
    """Return every layer that is not a container by its full name, in the order of their definition."""
    return {name: layer for name, layer in walk(names, layers) if not layer.sublayers()}


def every_layer(layers: Collection[Layer]) -> Iterator[Layer]:
    """Yield every layer, containers and what is in them."""
    for _, layer in walk([""] * len(layers), layers):
        yield layer


def learns(layer: Layer) -> bool:
    """Return whether the layer, or one inside it, has parameters."""
    return any(part.param_specs() for part in every_layer([layer]))
