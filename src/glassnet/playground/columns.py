"""What is drawn of a network: columns of neurons, and the weights between them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from glassnet.engine.base_network import BaseNetwork
from glassnet.layers import (
    Activation,
    BatchNorm,
    Calibration,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Layer,
    LayerNorm,
    NTKDense,
    Reshape,
    Residual,
    Scale,
    Sequential,
)
from glassnet.layers.activations.by_name import activation_name
from glassnet.layers.activations.elementwise import Identity

__all__ = ["Block", "Column", "Drawing", "drawing_of"]

# What changes or passes on the values of units without making others.
_FOLDED = (Activation, BatchNorm, Calibration, Dropout, Flatten, GaussianNoise, LayerNorm, Reshape, Scale)
# What passes the values of units on in a prediction.
_PASSING = (Dropout, Flatten, GaussianNoise, Reshape)
_NO_EDGES = "is one step here: its units do not each have one weight to each unit before, so no edges are drawn"


@dataclasses.dataclass
class Column:
    """One column of neurons.

    Attributes
    ----------
    name, label : str
        Full name of the layer that makes it, ``"input"`` for the first; what the page calls it.
    units : int
    at : int or None
        Place of the layer among those of the network; None for the inputs.
    tapped : str or None
        Full name of the layer whose output its values are; None for the inputs.
    bias : str or None
        Name of the parameter, where each unit has one bias.
    formula : str
    chips : list of dict
        Layers drawn as part of it: their labels and places, and whether they come before its weights.
    added : int or None
        Number of the column whose values are added to its own.
    value : {"activation", "sum"}
        What its values are: sums where no activation function has been applied to them.
    """

    name: str
    label: str
    units: int
    at: int | None = None
    tapped: str | None = None
    bias: str | None = None
    formula: str = ""
    chips: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    added: int | None = None
    value: str = "activation"


@dataclasses.dataclass(frozen=True)
class Block:
    """The weights from one column to another: a parameter of shape (units before, units after)."""

    start: int
    end: int
    parameter: str


class Drawing:
    """Columns, blocks of edges and what must be said about them, found by one walk through the layers.

    Attributes
    ----------
    columns : list of Column
    blocks : list of Block
    notes : list of str
    """

    def __init__(self, network: BaseNetwork) -> None:
        self.columns = [Column("input", "Input", math.prod(network.input_shape or (0,)))]
        self.blocks: list[Block] = []
        self.notes: list[str] = []
        self._parameters = {slot.name for slot in network._slots}
        self._floor = 0  # the column whose values are not those of any layer after it
        self._before: list[dict[str, Any]] = []  # chips of the column to come
        for at, (name, layer) in enumerate(zip(network.names, network.layers, strict=True)):
            self._visit(name, layer, at)

    def _visit(self, name: str, layer: Layer, at: int) -> None:
        if isinstance(layer, (Dense, NTKDense)):
            self._dense(name, layer, at)
        elif isinstance(layer, Sequential):
            for part, inside in layer.sublayers().items():
                self._visit(f"{name}.{part}", inside, at)
        elif isinstance(layer, Residual) and any(isinstance(inside, (Dense, NTKDense)) for inside in layer.layers):
            self._residual(name, layer, at)
        elif isinstance(layer, _FOLDED) and not layer.sublayers():
            self._fold(name, layer, at)
        else:
            label = f"{type(layer).__name__} {math.prod(layer.out_shape)}"
            self._open(Column(name, label, math.prod(layer.out_shape), at, name))
            self.notes.append(f"{name} ({type(layer).__name__}) {_NO_EDGES}.")

    def _open(self, column: Column) -> None:
        column.chips += self._before
        self._before = []
        self.columns.append(column)

    def _dense(self, name: str, layer: Dense | NTKDense, at: int) -> None:
        activation = getattr(layer, "activation", Identity())
        word = "" if isinstance(activation, Identity) else _word(activation)
        bias = f"{name}.bias" if f"{name}.bias" in self._parameters else None
        product = "X @ W / sqrt(d_in)" if isinstance(layer, NTKDense) else "X @ W"
        affine = product + (" + b" if bias else "")
        label = f"{type(layer).__name__} {layer.units}" + (f", {word}" if word else "")
        start = len(self.columns) - 1
        self._open(Column(name, label, layer.units, at, name, bias, f"{word}({affine})" if word else affine))
        self.columns[-1].value = "activation" if word else "sum"
        self.blocks.append(Block(start, start + 1, f"{name}.weight"))

    def _fold(self, name: str, layer: Layer, at: int) -> None:
        """Draw a layer as a chip of the column before, or of the next where its own values are needed too."""
        before = len(self.columns) - 1 == self._floor
        chip = {"label": _word(layer), "at": at, "before": before}
        if before:
            self._before.append(chip)
        else:
            column = self.columns[-1]
            column.chips.append(chip)
            column.tapped = name
            column.value = column.value if isinstance(layer, _PASSING) else "activation"

    def _residual(self, name: str, layer: Residual, at: int) -> None:
        start, floor = len(self.columns) - 1, self._floor
        waiting = [chip["label"] for chip in self._before]
        if waiting:
            self.notes.append(f"{name} adds the values that come out of {', '.join(waiting)}, not those drawn before.")
        self._floor = start
        inside = dict(layer.sublayers())
        shortcut = inside.pop("shortcut", None)
        for part, found in inside.items():
            self._visit(f"{name}.{part}", found, at)
        self._floor = floor
        column = self.columns[-1]
        column.tapped, column.value = name, "activation"
        if shortcut is None:
            column.added = start
        elif isinstance(shortcut, Dense) and isinstance(shortcut.activation, Identity):
            self.blocks.append(Block(start, len(self.columns) - 1, f"{name}.shortcut.weight"))
        else:
            self.notes.append(f"{name}.shortcut ({type(shortcut).__name__}) {_NO_EDGES}.")


def drawing_of(network: BaseNetwork) -> Drawing:
    """Return what is drawn of a built network."""
    return Drawing(network)


def _word(layer: Layer) -> str:
    """Return what a chip says: a class in words, with the number that matters."""
    if isinstance(layer, Activation):
        name = activation_name(layer)
        return type(layer).__name__ if name == "identity" else name
    if isinstance(layer, Dropout):
        return f"Dropout {layer.rate:g}"
    if isinstance(layer, GaussianNoise):
        return f"GaussianNoise {layer.std:g}"
    return type(layer).__name__
