"""The recipe with settings of the user's own: dense layers with one activation and dropout, trained by AdamW."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.layers import Dense, Dropout, Layer
from glassnet.optimizers import AdamW, Optimizer
from glassnet.schedules import CosineDecay
from glassnet.tabular.fitting.lengths import Length
from glassnet.tabular.fitting.recipes import Design, Recipe
from glassnet.utils.names import ActivationName

__all__ = ["plain_recipe"]

_AS_FIT: dict[str, Any] = {"ties": "first", "drops_last": False, "shortens": False}  # the defaults of `Network.fit`


def plain_recipe(
    layers: Sequence[int],
    *,
    rate: float,
    epochs: int,
    patience: int,
    activation: ActivationName | None = None,
    dropout: float = 0.0,
    weight_decay: float = 0.0,
    decays: bool = True,
) -> Recipe:
    """Return a recipe named ``"plain"``, which codes columns as `TableEncoder` does by default.

    ``layers`` are the widths of the hidden layers, each followed by dropout; none of them make a linear model. If it
    ``decays``, the learning rate of AdamW falls from ``rate`` to 0 along a cosine.
    """

    def network(design: Design) -> list[Layer]:
        hidden: list[Layer] = []
        for width in layers:
            hidden += [Dense(width, activation), *([Dropout(dropout)] if dropout else [])]
        return [*hidden, Dense(design.n_outputs)]

    def optimizer(design: Design) -> Optimizer:
        return AdamW(CosineDecay(rate, epochs=design.epochs) if decays else rate, weight_decay=weight_decay)

    title, parts = "network with settings of your own", (network, lambda design: design.loss, optimizer)
    return Recipe("plain", title, {}, *parts, lambda n, classifies: Length(epochs, 256), patience=patience, **_AS_FIT)
