"""A network as a table to read: layers, shapes, parameters."""

from __future__ import annotations

from typing import Any, NamedTuple

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.one_line import changed_arguments
from glassnet.layers import Layer
from glassnet.utils.text_table import table_lines

__all__ = ["LayerRow", "Summary", "summarize"]

_HEAD = ("layer", "", "output", "parameters")


class LayerRow(NamedTuple):
    """One layer of a `Summary`.

    Attributes
    ----------
    layer : str
        Its name, as in `Network.state_dict` and `Network.activations`.
    text : str
        The layer as one writes it, without arguments that have their default value.
    output : tuple of int
        Shape of its output for one row.
    parameters : int
        How many numbers it learns, per member.
    """

    layer: str
    text: str
    output: tuple[int, ...]
    parameters: int


class Summary:
    """The layers of a network with their output shapes and numbers of parameters; `Network.summary` returns one.

    Printed, it is a table of text; at the end of a cell of a notebook, one of HTML.

    Attributes
    ----------
    rows : list of LayerRow
        One for each layer, those inside containers in place of the container.
    places : dict of str to slice
        Where each array of parameters stands in ``net.params``: ``net.params[places["dense_1.weight"]]``; with members
        ``net.params[:, places[...]]``.
    shapes : dict of str to tuple of int
        The shape of each of them.
    total : str
        The last line: number of parameters, precision, size, loss.
    """

    def __init__(self, network: BaseNetwork) -> None:
        store = network._built("summary")
        slots = store.slots
        self.rows = [
            LayerRow(name, _short(layer), layer.out_shape, sum(s.stop - s.start for s in slots if s.layer is layer))
            for name, layer in store.layers.items()
        ]
        self.places = {slot.name: slice(slot.start, slot.stop) for slot in slots}
        self.shapes = {slot.name: tuple(slot.spec.shape) for slot in slots}
        members = f", {network.members} members" if network.members else ""
        self.total = (
            f"{network.n_parameters:,} parameters{members}, {network.dtype}, {network.params.nbytes:,} bytes; "
            f"{network.loss.name} on samples of shape {network.input_shape}"
        )

    def _cells(self) -> list[tuple[str, str, str, str]]:
        return [(row.layer, row.text, str(row.output), f"{row.parameters:,}") for row in self.rows]

    def __str__(self) -> str:
        return "\n".join([*table_lines([_HEAD, *self._cells()], align="<<<>"), self.total])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from glassnet.engine.summary_html import html_of_summary

        return html_of_summary(self)


def summarize(network: BaseNetwork) -> Summary:
    """Return layers, output shapes and numbers of parameters of a ``network`` that is built.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(1)], loss="squared_error", input_shape=(2,))
    >>> net.summary()
    layer                      output  parameters
    dense_1  Dense(4, 'tanh')  (4,)            12
    dense_2  Dense(1)          (1,)             5
    17 parameters, float32, 68 bytes; squared_error on samples of shape (2,)
    >>> net.summary().places["dense_1.bias"]
    slice(12, 16, None)
    """
    return Summary(network)


def _short(layer: Layer) -> str:
    """Return the layer as one writes it, without arguments that have their default value."""
    words = [_argument(key, value, is_first) for key, value, is_first in changed_arguments(layer)]
    return f"{type(layer).__name__}({', '.join(words)})"


def _argument(key: str, value: Any, is_first: bool) -> str:
    return repr(value) if is_first or key == "activation" else f"{key}={value!r}"
