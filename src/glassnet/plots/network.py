"""A drawing of a network: units as circles, weights as lines."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.inspection import layer_outputs
from glassnet.errors import ConfigError
from glassnet.layers import Dense, Layer, NTKDense
from glassnet.plots.axes import Axes, axes_for

__all__ = ["plot_network"]

_MOST_UNITS = 12
_MOST_LINES = 400
_GAP = 0.6  # of a unit, where units are left out
_POSITIVE, _NEGATIVE = (0.12, 0.47, 0.71), (0.90, 0.45, 0.05)


class _Column:
    """One column of units: its place, its title, and which units are shown where."""

    def __init__(self, x: float, n: int, title: str, most: int) -> None:
        self.x, self.n, self.title = x, n, title
        half = most // 2
        self.shown = list(range(n)) if n <= most else [*range(most - half), *range(n - half, n)]
        self.is_cut = n > most
        places = np.arange(len(self.shown), dtype=np.float64)
        if self.is_cut:
            places[most - half :] += _GAP
        self.y = (places.max() / 2 if len(places) else 0.0) - places
        self.middle = 0.0 if not self.is_cut else float(self.y[most - half - 1] + self.y[most - half]) / 2


def plot_network(network: BaseNetwork, X: Any = None, *, most_units: int = _MOST_UNITS, ax: Axes | None = None) -> Axes:
    """Draw the network: units in columns, weights as lines, blue for positive and orange for negative ones.

    The thicker and darker a line, the larger its weight beside the others of its layer. Of large layers the first and
    the last units are drawn; layers other than `Dense` and `NTKDense` are words between the columns.

    Parameters
    ----------
    network : BaseNetwork
        Built, without members, for rows of numbers.
    X : array of shape (d,) or (1, d), optional
        A row to predict: the colour of a unit is its output, which is also written where there is room.
    most_units : int, default=12
        Largest number of units per layer.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    network._built("plot_network")
    if network.members is not None or len(network.input_shape or ()) != 1:
        must = "network must have no members and take rows of numbers"
        message = f"plot_network: {must}, got members={network.members}, input_shape={network.input_shape}."
        raise ConfigError(message, expected=must)
    values = None if X is None else _values(network, X)
    columns, weights, words = _columns(network, most_units)
    tallest = max(len(column.y) + _GAP * column.is_cut for column in columns)
    ax = axes_for("plot_network", ax, figsize=(1.2 + 1.7 * len(columns), 1.4 + 0.34 * tallest))
    for (left, right), W in zip(itertools.pairwise(columns), weights, strict=True):
        if W is not None:
            _lines(ax, left, right, W)
    for place, column in enumerate(columns):
        _units(ax, column, None if values is None else values[place])
    bottom = -(tallest / 2) - 0.9
    for column in columns:
        ax.text(column.x, bottom, column.title, ha="center", va="top", fontsize=8, parse_math=False)
    for x in dict.fromkeys(x for x, _ in words):
        word = "\n".join(word for at, word in words if at == x)
        ax.text(x, tallest / 2 + 0.3, word, ha="center", va="bottom", fontsize=7, color="0.4", parse_math=False)
    most_words = max((sum(at == x for at, _ in words) for x, _ in words), default=0)
    ax.set_xlim(columns[0].x - 0.6, columns[-1].x + 0.6)
    ax.set_ylim(bottom - 1.6, tallest / 2 + 0.6 + 0.55 * most_words)
    ax.axis("off")
    return ax


def _columns(network: BaseNetwork, most: int) -> tuple[list[_Column], list[np.ndarray | None], list[tuple[float, str]]]:
    """Return the columns, the weights between neighbours (None if they are not joined by a `Dense`), and the words."""
    assert network.input_shape is not None
    n = network.input_shape[0]
    columns = [_Column(0.0, n, f"input\n{n}", most)]
    weights: list[np.ndarray | None] = []
    words: list[tuple[float, str]] = []
    for name, layer in zip(network.names, network.layers, strict=True):
        x = float(len(columns))
        if isinstance(layer, (Dense, NTKDense)):
            columns.append(_Column(x, layer.units, f"{name}\n{layer.units}{_activation(layer)}", most))
            weights.append(layer.W)
        elif layer.out_shape == layer.in_shape and not layer.sublayers():
            words.append((x - 1, _word(layer)))
        else:
            columns.append(_Column(x, int(np.prod(layer.out_shape)), f"{name}\n{type(layer).__name__}", most))
            weights.append(None)
    return columns, weights, words


def _activation(layer: Dense | NTKDense) -> str:
    name = type(layer.activation).__name__ if isinstance(layer, Dense) else "Identity"
    return "" if name == "Identity" else f", {name.lower()}"


def _word(layer: Layer) -> str:
    rate = layer.config().get("rate")
    return type(layer).__name__ if rate is None else f"{type(layer).__name__} {rate:g}"


def _lines(ax: Any, left: _Column, right: _Column, W: np.ndarray) -> None:
    """Draw the weights between two columns, the smallest left out where there are too many."""
    from matplotlib.collections import LineCollection

    parts = W[np.ix_(left.shown, right.shown)].astype(np.float64)
    size = np.abs(parts) / max(float(np.abs(parts).max(initial=0.0)), 1e-30)
    floor = np.sort(size, axis=None)[-_MOST_LINES] if size.size > _MOST_LINES else 0.0
    order = [(float(size[i, j]), i, j) for i, j in np.ndindex(size.shape) if size[i, j] >= floor]
    order.sort()
    lines: Any = [[(left.x, left.y[i]), (right.x, right.y[j])] for _, i, j in order]
    colors = [(*(_POSITIVE if parts[i, j] >= 0 else _NEGATIVE), 0.15 + 0.75 * s) for s, i, j in order]
    ax.add_collection(LineCollection(lines, colors=colors, linewidths=[0.3 + 2.2 * s for s, _, _ in order], zorder=1))


def _values(network: BaseNetwork, X: Any) -> list[np.ndarray]:
    """Return the outputs of the units of each column for the row."""
    outputs = layer_outputs(network, np.reshape(X, (1, -1)))
    found = [np.reshape(X, -1).astype(np.float64)]
    for name, layer in zip(network.names, network.layers, strict=True):
        if isinstance(layer, (Dense, NTKDense)) or layer.sublayers() or layer.out_shape != layer.in_shape:
            found.append(outputs[name].reshape(-1).astype(np.float64))
    return found


def _units(ax: Any, column: _Column, answers: np.ndarray | None) -> None:
    """Draw one column of units; the colours of outputs are those of the weights, from negative to positive."""
    from matplotlib.colors import LinearSegmentedColormap

    style: dict[str, Any] = {"s": 130, "edgecolors": "0.25", "linewidths": 0.8, "zorder": 2, "c": "white"}
    if answers is not None:
        limit, shown = max(float(np.abs(answers).max(initial=0.0)), 1e-30), answers[column.shown]
        colors = LinearSegmentedColormap.from_list("answers", [_NEGATIVE, (1.0, 1.0, 1.0), _POSITIVE])
        style |= {"c": shown, "cmap": colors, "vmin": -limit, "vmax": limit}
        if len(shown) <= 8:
            for y, value in zip(column.y, shown, strict=True):
                ax.annotate(f"{value:.2g}", (column.x, y), (0, 8), textcoords="offset points", ha="center",
                            fontsize=6, color="0.3")  # fmt: skip
    ax.scatter(np.full(len(column.y), column.x), column.y, **style)
    if column.is_cut:
        ax.text(column.x, column.middle, "\u22ee", ha="center", va="center", fontsize=11, color="0.35")
