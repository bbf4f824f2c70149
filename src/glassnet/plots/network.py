"""A drawing of a network: units as circles, weights as lines."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.inspection import layer_outputs
from glassnet.errors import ConfigError
from glassnet.layers import Dense, Layer, NTKDense
from glassnet.plots.axes import Axes, axes_for
from glassnet.plots.inputs import feature_names_of
from glassnet.plots.labels import axes_size, fitted_names, names_of, text_width
from glassnet.plots.network_ranks import Layout, Rank, draw_lines, draw_units, draw_weight_legend
from glassnet.utils.checks import check_integer
from glassnet.utils.keywords import advises_on_names

__all__ = ["plot_network"]

_FULL = 12  # the largest layer that is drawn whole by default
_SAMPLE = 7  # units drawn of a larger one
_MOST_ACROSS = 410.0  # points: what is wider goes from top to bottom, so that text stays legible in a narrow page
_SIZE = 9.0  # of text, in points
_NAME_ROOM = 110.0  # points for a name of an input or class


@advises_on_names
def plot_network(
    network: BaseNetwork,
    X: Any = None,
    *,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    most_units: int | None = None,
    member: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the network: units, and weights as lines, orange for positive and purple for negative ones.

    The thicker and darker a line, the larger its weight beside the others of its layer. Of large layers the first and
    the last units are drawn; layers other than `Dense` and `NTKDense` are words between them. A few layers
    stand beside each other, more from top to bottom.

    Parameters
    ----------
    network : BaseNetwork
        Built, for rows of numbers.
    X : array of shape (d,) or (1, d), or a frame of one row, optional
        A row to predict: the colour of a unit is its output, which is also written where there is room.
    feature_names : sequence of str, optional
        Names of the inputs; by default those of the columns of ``X``, if it is a frame.
    class_names : sequence of str, optional
        Names of the classes in the order of their codes, or of the numbers that are predicted.
    most_units : int, optional
        Largest number of units per layer; by default layers of up to 12 are drawn whole, and 7 units of larger ones.
    member : int, optional
        Which network to draw of one with members.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    where = "plot_network"
    network._built(where)
    one = (
        None
        if member is None or network.members is None
        else (check_integer(where, "member", member, 0, maximum=network.members - 1))
    )
    if (network.members is not None and one is None) or len(network.input_shape or ()) != 1:
        fact = f"the network has members={network.members} and input_shape={network.input_shape}"
        advice = "" if network.members is None else " Draw one of its networks: member=0."
        message = f"{where}: {fact}; it must have no members and take rows of numbers.{advice}"
        raise ConfigError(message, expected="a single network on rows of numbers")
    most = None if most_units is None else check_integer(where, "most_units", most_units, 1)
    row = None if X is None else np.asarray(network._check_inputs(where, _one_row(X))[:1])
    names = _input_names(where, network, X, feature_names), _output_names(where, network, class_names)
    drawing = _Drawing(network, most, names, one)
    ax = axes_for(where, ax, figsize=drawing.figure_size())
    drawing.draw(ax, None if row is None else _values(network, row, one))
    return ax


def _one_row(X: Any) -> Any:
    """Return one row as a matrix; frames and matrices as they are."""
    return np.reshape(X, (1, -1)) if np.ndim(X) == 1 else X


def _input_names(where: str, network: BaseNetwork, X: Any, given: Sequence[str] | None) -> list[str]:
    """Return the names of the inputs; none where none are known."""
    assert network.input_shape is not None
    rows = np.empty((0, *network.input_shape))
    found = feature_names_of(where, X, rows, given)
    return [] if given is None and found == feature_names_of(where, None, rows, None) else found


def _output_names(where: str, network: BaseNetwork, given: Sequence[str] | None) -> list[str]:
    """Return the names of the outputs; the one of a yes/no network is that of the second class."""
    if given is None:
        return []
    is_binary = network.loss.classifies and network.n_outputs == 1
    names = names_of(where, "class_names", given, 2 if is_binary else network.n_outputs, each="class")
    return names[1:] if is_binary else names


def _ranks(network: BaseNetwork, most: int | None) -> tuple[list[Rank], list[np.ndarray | None], list[list[str]]]:
    """Return inputs and layers, the weights between neighbours (None if no `Dense` joins them), and the words."""
    assert network.input_shape is not None
    ranks = [Rank(0, network.input_shape[0], f"input\n{network.input_shape[0]}", _shown(network.input_shape[0], most))]
    weights: list[np.ndarray | None] = []
    words: list[list[str]] = [[]]
    for name, layer in zip(network.names, network.layers, strict=True):
        is_dense = isinstance(layer, (Dense, NTKDense))
        if layer.out_shape == layer.in_shape and not layer.sublayers() and not is_dense:
            words[-1].append(_word(layer))
            continue
        n = int(np.prod(layer.out_shape))
        title = f"{name}\n{n}{_activation(layer)}" if is_dense else f"{name}\n{n}"
        ranks.append(Rank(len(ranks), n, title, _shown(n, most)))
        weights.append(layer.W if isinstance(layer, (Dense, NTKDense)) else None)
        words.append([])
    return ranks, weights, words


def _shown(n: int, most: int | None) -> int:
    """Return how many of ``n`` units are drawn."""
    return min(n, most) if most is not None else n if n <= _FULL else _SAMPLE


def _activation(layer: Layer) -> str:
    name = type(layer.activation).__name__ if isinstance(layer, Dense) else "Identity"
    return "" if name == "Identity" else f", {name.lower()}"


def _word(layer: Layer) -> str:
    rate = layer.config().get("rate")
    return type(layer).__name__ if rate is None else f"{type(layer).__name__} {rate:g}"


def _values(network: BaseNetwork, row: np.ndarray, member: int | None) -> list[np.ndarray]:
    """Return the outputs of the units of each rank for the row."""
    outputs = layer_outputs(network, row)
    found = [row.reshape(-1).astype(np.float64)]
    for name, layer in zip(network.names, network.layers, strict=True):
        if isinstance(layer, (Dense, NTKDense)) or layer.sublayers() or layer.out_shape != layer.in_shape:
            values = outputs[name] if member is None else outputs[name][member]
            found.append(values.reshape(-1).astype(np.float64))
    return found


class _Drawing:
    """Layers, weights, words and names of one drawing."""

    def __init__(
        self, network: BaseNetwork, most: int | None, names: tuple[list[str], list[str]], member: int | None
    ) -> None:
        self.ranks, self.weights, self.words = _ranks(network, most)
        if member is not None:
            self.weights = [None if W is None else W[member] for W in self.weights]
        first, last = self.ranks[0], self.ranks[-1]
        self.inputs = [names[0][i] for i in first.shown] if names[0] else []
        self.outputs = [names[1][i] for i in last.shown] if len(names[1]) == last.n else []

    @property
    def _across(self) -> tuple[float, float]:
        """Width and height in points that layers beside each other need."""
        titles = max(_widest(rank.title.split("\n")) for rank in self.ranks)
        sides = sum(min(_NAME_ROOM, _widest(names)) for names in (self.inputs, self.outputs))
        longest = max(3.0, *(rank.length for rank in self.ranks))
        above = max(map(len, self.words)) * 9.0
        return max(76.0, min(96.0, titles + 8.0)) * len(self.ranks) + sides + 20.0, 23.0 * longest + above + 90.0

    @property
    def _down(self) -> tuple[float, float]:
        """Width and height in points that layers from top to bottom need."""
        ends = sum(min(_NAME_ROOM, _widest(names)) for names in (self.inputs, self.outputs))
        return 345.0, 58.0 * (len(self.ranks) - 1) + ends + 90.0

    def figure_size(self) -> tuple[float, float]:
        """Return the size of a figure in which all is legible, in inches."""
        width, height = self._down if self._across[0] > _MOST_ACROSS else self._across
        return width / 72.0, height / 72.0

    def _layout(self, ax: Axes, valued: bool) -> Layout:
        width, height = axes_size(ax)
        longest = max(rank.length for rank in self.ranks)
        beside, below = self._across, self._down
        down = 1.05 * width / beside[0] < min(1.0, height / below[1], width / 300.0)
        at_ends = [min(_NAME_ROOM, 0.27 * (height if down else width), _widest(names)) + 12.0
                   for names in (self.inputs, self.outputs)]  # fmt: skip
        legend = 14.0 if width > 300.0 else 26.0
        if down:
            titles = min(0.32 * width, max(_widest(rank.title.split("\n")) for rank in self.ranks)) + 16.0
            margins = titles, 12.0, at_ends[0] + 4.0, at_ends[1] + legend + 4.0
        else:
            half = min(0.5 * width / len(self.ranks), 46.0)
            above = max(map(len, self.words)) * 9.0 + 14.0 + 8.0 * valued
            margins = max(at_ends[0], half), max(at_ends[1], half), above, legend + 2.6 * _SIZE + 14.0
        return Layout(down, width, height, *margins, len(self.ranks), longest)

    def draw(self, ax: Axes, values: list[np.ndarray] | None) -> None:
        """Draw all of it, in coordinates that are points."""
        layout = self._layout(ax, values is not None)
        ax.set(xlim=(0.0, layout.width), ylim=(0.0, layout.height))
        for (left, right), W in zip(itertools.pairwise(self.ranks), self.weights, strict=True):
            if W is not None:
                draw_lines(ax, layout, left, right, W)
        for i, rank in enumerate(self.ranks):
            draw_units(ax, layout, rank, None if values is None else values[i])
        if layout.down:
            self._titles_down(ax, layout)
        else:
            self._titles_across(ax, layout, 14.0 + 8.0 * (values is not None))
        _draw_names(ax, layout, self.ranks[0], self.inputs, values is not None)
        _draw_names(ax, layout, self.ranks[-1], self.outputs, values is not None)
        draw_weight_legend(ax, weights=any(W is not None for W in self.weights), outputs=values is not None)
        ax.axis("off")

    def _titles_across(self, ax: Axes, layout: Layout, above: float) -> None:
        room = min(layout.between_ranks, 2.0 * min(layout.left, layout.right)) - 3.0
        size = _SIZE if room > 56.0 else 7.0
        lowest = layout.place(0, layout.longest / 2)[1] - 12.0
        highest = layout.place(0, -layout.longest / 2)[1] + above
        for rank, words in zip(self.ranks, self.words, strict=True):
            x = layout.place(rank.index, 0.0)[0]
            if rank.index % math.ceil(20.0 / max(layout.between_ranks, 1.0)):
                continue
            fits = max(text_width(line, size) for line in rank.title.split("\n")) <= 1.25 * room
            title = "\n".join(fitted_names(rank.title.split("\n"), room, size)) if fits else f"{rank.n}"
            ax.text(x, lowest, title, ha="center", va="top", fontsize=size, parse_math=False)
            if words and room > 40.0:
                shown = "\n".join(fitted_names(words, room + 6.0, 7.0))
                ax.text(x, highest, shown, ha="center", va="bottom", fontsize=7, color="0.4", parse_math=False)

    def _titles_down(self, ax: Axes, layout: Layout) -> None:
        room, size = layout.left - 16.0, _SIZE if layout.between_ranks > 30.0 else 7.0
        for rank, words in zip(self.ranks, self.words, strict=True):
            y = layout.place(rank.index, 0.0)[1]
            title = rank.title if layout.between_ranks > 26.0 else rank.title.replace("\n", " ")
            title = "\n".join(fitted_names(title.split("\n"), room, size))
            ax.text(2.0, y, title, ha="left", va="center", fontsize=size, parse_math=False)
            if words and layout.between_ranks > 40.0:
                word = fitted_names([", ".join(words)], room + 0.3 * layout.width, 7.0)[0]
                ax.text(2.0, y - layout.between_ranks / 2, word, va="center", fontsize=7, color="0.4", parse_math=False)


def _widest(names: Sequence[str]) -> float:
    """Return the width of the widest name in points; 0 for none."""
    return max((text_width(name, _SIZE) for name in names), default=0.0)


def _draw_names(ax: Axes, layout: Layout, rank: Rank, names: list[str], valued: bool) -> None:
    """Write the names of inputs before the first units, or those of outputs behind the last."""
    if not names:
        return
    is_first = rank.index == 0
    rooms = (layout.top, layout.bottom - 18.0) if layout.down else (layout.left, layout.right)
    room = rooms[0] if is_first else rooms[1]
    size = min(_SIZE, max(5.0, layout.between_units / 1.15))
    shown = fitted_names(names, room - 10.0, size)
    is_flat = not layout.down or max(text_width(name, size) for name in shown) <= layout.between_units - 2.0
    sign, beyond = (-1.0 if is_first else 1.0), 9.0
    for offset, name in zip(rank.offsets, shown, strict=True):
        x, y = layout.place(rank.index, offset)
        if layout.down:
            y -= sign * (beyond + 9.0 * (valued and is_first))
            style: dict[str, Any] = {"ha": "center", "va": "bottom" if is_first else "top"}
            style["rotation"] = 0 if is_flat else 90
        else:
            x += sign * beyond
            style = {"ha": "right" if is_first else "left", "va": "center"}
        ax.text(x, y, name, fontsize=size, parse_math=False, **style)
