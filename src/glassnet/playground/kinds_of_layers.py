"""The layers that a page can add to a network, and what they start as."""

from __future__ import annotations

from functools import cache
from typing import Any

from glassnet.errors import GlassnetError
from glassnet.layers import LAYERS, Concatenate, Dense, Identity, Layer, Residual, make_layer
from glassnet.layers.containers import Container
from glassnet.playground.arguments import starting_arguments
from glassnet.utils.checks import check_choice

__all__ = ["COMMON_KINDS", "layer_kinds", "layer_label", "starting_layer"]

COMMON_KINDS = (
    "Dense", "Dropout", "BatchNorm", "LayerNorm", "ReLU", "Tanh", "Sigmoid", "GELU", "Softmax", "Residual",
)  # fmt: skip
"""What most people look for, the likeliest first."""

_STARTS: dict[str, Any] = {"units": 8, "rate": 0.2, "std": 0.1}
_WIDTH = 8


@cache
def layer_kinds() -> tuple[str, ...]:
    """Return the layers that can be put behind a row of numbers without more being said, common ones first."""
    others = [name for name in sorted(LAYERS, key=str.lower) if name not in COMMON_KINDS]
    return tuple(name for name in (*COMMON_KINDS, *others) if _stands(name))


def starting_layer(kind: str, width: int, activation: Any = "tanh") -> dict[str, Any]:
    """Return the description of a new layer for a row of ``width`` numbers, in the form of model files.

    Parameters
    ----------
    kind : str
        One of `layer_kinds`.
    width : int
        How many numbers it will get.
    activation : str
        For the layers that have one.
    """
    made = _made(check_choice("add_layer", "kind", kind, layer_kinds()), width, activation)
    assert made is not None
    return made.entry()


def _made(kind: str, width: int, activation: Any) -> Layer | None:
    """Return a layer of this kind, None if it needs more than is known here."""
    if kind == "Residual":
        return Residual([Dense(width, activation)])
    if kind == "Concatenate":
        return Concatenate([Identity(), Dense(_WIDTH, activation)])
    needed = starting_arguments(LAYERS[kind], _STARTS | {"activation": activation})
    if needed is None or kind == "CustomActivation":
        return None
    if kind == "Dense":
        needed["activation"] = activation
    return LAYERS[kind](**needed)


def _stands(kind: str) -> bool:
    """Return whether such a layer takes a row and gives one."""
    try:
        made = _made(kind, 2, "tanh")
        return made is not None and len(made.build((2,))) == 1 and _is_plain(made)
    except GlassnetError:
        return False


def _is_plain(layer: Layer) -> bool:
    """Return whether a layer is of use by itself: not for copies of rows, nor fitted to a network that is trained."""
    return type(layer).__name__ not in ("Calibration", "EnsembleDense", "EnsembleHead")


def layer_label(entry: dict[str, Any]) -> str:
    """Return a layer in a few words: ``"Dense 8, tanh"``, ``"Dropout 0.2"``.

    Examples
    --------
    >>> layer_label({"class": "Dense", "units": 8, "activation": "tanh"})
    'Dense 8, tanh'
    """
    layer = make_layer(entry)
    words = [str(entry[name]) for name in ("units", "rate", "std", "slope") if name in entry]
    activation = entry.get("activation")
    if activation is not None:
        words.append(activation if isinstance(activation, str) else activation["class"])
    if isinstance(layer, Container):
        words += [layer_label(inside.entry()) for inside in layer.sublayers().values()][:3]
    return f"{entry['class']} {', '.join(words)}".strip()
