"""What a list of layers must be, what its parts are called, and where their arrays lie in the flat vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from glassnet.checks import check_integer
from glassnet.errors import ConfigError
from glassnet.layers import Dense, Layer, ParamSpec, Sigmoid
from glassnet.losses import Loss
from glassnet.randomness import fresh_seed

__all__ = ["Slot", "check_layers", "check_seeds", "lay_out", "name_layers", "refuse_linked_output"]


class Slot:
    """Where one named array lives in a flat vector.

    Attributes
    ----------
    name : str
        As in files and `Network.summary`: ``"dense_1.weight"``.
    layer : Layer
        To whom it belongs.
    spec : ParamSpec
        What the layer asked for.
    start, stop : int
        The slice of the flat vector.
    """

    __slots__ = ("layer", "name", "spec", "start", "stop")

    def __init__(self, name: str, layer: Layer, spec: ParamSpec, start: int) -> None:
        self.name, self.layer, self.spec, self.start = name, layer, spec, start
        self.stop = start + int(np.prod(spec.shape, dtype=np.int64))

    def view(self, flat: np.ndarray) -> np.ndarray:
        """Return the array as a view into a flat vector (P,) or (K, P)."""
        return flat[..., self.start : self.stop].reshape(*flat.shape[:-1], *self.spec.shape)


def lay_out(names: list[str], layers: list[Layer], specs_of: Callable[[Layer], tuple[ParamSpec, ...]]) -> list[Slot]:
    """Place all arrays: decayed first, then the rest, by rate factor within that, so that groups are contiguous."""
    wanted = [
        (f"{name}.{spec.name}", layer, spec)
        for name, layer in zip(names, layers, strict=True)
        for spec in specs_of(layer)
    ]
    wanted.sort(key=lambda item: (not item[2].decays, item[2].rate_factor))
    slots: list[Slot] = []
    for name, layer, spec in wanted:
        slots.append(Slot(name, layer, spec, slots[-1].stop if slots else 0))
    return slots


def check_layers(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers as a list: at least one, all of them layers, each in one place only."""
    found = list(layers) if isinstance(layers, (list, tuple)) else [layers]
    for position, layer in enumerate(found):
        if not isinstance(layer, Layer):
            hint = (
                f"Write {layer.__name__}(...)." if isinstance(layer, type) else "Pass layers such as Dense(64, 'relu')."
            )
            message = f"Network: layers must be Layer objects, got {layer!r} at position {position}. {hint}"
            raise ConfigError(message, got=layer)
    if not found:
        message = (
            "Network: layers must hold at least one layer, got none. Pass layers such as [Dense(64, 'relu'), Dense(1)]."
        )
        raise ConfigError(message)
    if len({id(layer) for layer in found}) < len(found):
        message = (
            "Network: every layer must appear in one place, got the same object twice. Make a new one for each place."
        )
        raise ConfigError(message)
    return found  # type: ignore[return-value]


def check_seeds(seed: int | Sequence[int] | None, members: int | None) -> tuple[int, ...]:
    """Return one seed per member."""
    if seed is None:
        seed = fresh_seed()
    if isinstance(seed, (list, tuple)):
        seeds = tuple(check_integer("Network", "seed", s, 0) for s in seed)
        if len(seeds) != (members or 0):
            must = "a sequence of seeds must have one per member"
            message = f"Network: {must}, got {len(seeds)} seeds and members={members}."
            raise ConfigError(message, expected=members, got=len(seeds))
        return seeds
    first = check_integer("Network", "seed", seed, 0)
    return tuple(range(first, first + (members or 1)))


def name_layers(layers: list[Layer]) -> list[str]:
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


def refuse_linked_output(last: Layer, loss: Loss) -> None:
    """Refuse a final sigmoid under a cross-entropy, which would apply it twice."""
    activation: Layer = last.activation if isinstance(last, Dense) else last
    if isinstance(activation, Sigmoid) and loss.classifies:
        message = (
            f"Network: under loss={loss.name!r} the last layer must give logits, got a Sigmoid. "
            "Leave it out: the loss includes it, and predict returns probabilities."
        )
        raise ConfigError(message, expected="logits", got="Sigmoid")
