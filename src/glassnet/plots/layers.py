"""Histograms of the numbers in layers over time, and the size of the gradient in each layer."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import NotFittedError
from glassnet.layers import Step
from glassnet.plots.axes import Axes, axes_for
from glassnet.plots.labels import cell_size, fitted_names, show_legend, text_width
from glassnet.training import Snapshots
from glassnet.utils.checks import check_choice
from glassnet.utils.keywords import advises_on_names

__all__ = ["plot_gradient_flow", "plot_histograms"]

_ROWS = 80  # of the picture, over the range of values
_BESIDE = 4  # panels in a row


@advises_on_names
def plot_histograms(
    snapshots: Snapshots, what: str = "weights", layer: str | None = None, *, ax: Axes | None = None
) -> Axes | np.ndarray:
    """Draw the distribution of the numbers of a layer, epoch by epoch: darker where there are more.

    Parameters
    ----------
    snapshots : Snapshots
        What `fit` filled.
    what : {"weights", "activations", "gradients"}, default="weights"
        Which numbers.
    layer : str, optional
        Name of the layer; by default all, one picture beside the other.
    ax : Axes, optional
        Where to draw one layer, by default the first one; without it a new figure is made.

    Returns
    -------
    Axes, or array of Axes
        An array for several layers.
    """
    found = snapshots.of(what)
    if not found:
        message = "plot_histograms: there is no snapshot; there must be at least one. Pass callbacks=snapshots to fit."
        raise NotFittedError(message)
    if layer is not None:
        check_choice("plot_histograms", "layer", layer, found)
    elif ax is None and len(found) > 1:
        return _all(found, what)
    name = next(iter(found)) if layer is None else layer
    ax = axes_for("plot_histograms", ax)
    _draw(ax, found[name])
    ax.set_ylabel(what)
    _title(ax, name)
    return ax


def _title(ax: Any, name: str) -> None:
    """Write the name of a layer above its panel."""
    ax.set_title(fitted_names([name], 0.6 * cell_size(ax)[0], 9.0)[0], fontsize=9, parse_math=False)


def _all(found: dict[str, Any], what: str) -> np.ndarray:
    """Draw every layer in a panel of its own."""
    across = min(len(found), _BESIDE)
    upwards = -(-len(found) // across)
    first = axes_for("plot_histograms", None, figsize=(2.6 * across + 0.6, 2.6 * upwards + 0.4))
    figure = first.figure
    first.remove()
    panels = np.atleast_1d(figure.subplots(upwards, across)).ravel()
    for panel in panels[len(found) :]:
        panel.remove()
    for place, (panel, (name, shots)) in enumerate(zip(panels, found.items(), strict=False)):
        _draw(panel, shots)
        _title(panel, name)
        panel.set_ylabel(what if place % across == 0 else "")
    return np.asarray(panels[: len(found)])


def _draw(ax: Any, shots: list[Any]) -> None:
    """Draw the histograms of one layer side by side, on one scale."""
    low, high = min(shot.edges[0] for shot in shots), max(shot.edges[-1] for shot in shots)
    grid = np.linspace(low, high, _ROWS + 1)
    middle = (grid[:-1] + grid[1:]) / 2
    picture = np.zeros((_ROWS, len(shots)))
    for j, shot in enumerate(shots):
        place = np.clip(np.searchsorted(shot.edges, middle, side="right") - 1, 0, len(shot.counts) - 1)
        inside = (middle >= shot.edges[0]) & (middle <= shot.edges[-1])
        density = shot.counts / np.maximum(np.diff(shot.edges), 1e-30)
        picture[:, j] = np.where(inside, density[place], 0.0)
        picture[:, j] /= max(picture[:, j].max(), 1e-30)
    epochs = [shot.epoch for shot in shots]
    ax.pcolormesh(_edges(epochs), grid, np.sqrt(picture), cmap="Blues", vmin=0.0, vmax=1.0, rasterized=True)
    ax.set_xlabel("epoch")


def _edges(epochs: list[int]) -> np.ndarray:
    """Return the borders between the columns of a picture."""
    at = np.array(epochs, dtype=np.float64)
    if len(at) == 1:
        return np.array([at[0] - 0.5, at[0] + 0.5])
    between = (at[1:] + at[:-1]) / 2
    return np.concatenate([[2 * at[0] - between[0]], between, [2 * at[-1] - between[-1]]])


@advises_on_names
def plot_gradient_flow(
    network: BaseNetwork, X: Any, y: Any, sample_weight: Any = None, *, ax: Axes | None = None
) -> Axes:
    """Draw how large the gradient is in each layer, from the first to the last, on a logarithmic scale.

    A bar is the mean size of ``dL/dW``, the line above it the largest. Bars that shrink by a factor of a thousand and
    more towards the first layer are a vanishing gradient.

    Parameters
    ----------
    network : BaseNetwork
        Built, without members; it is not changed.
    X : array of shape (n, ...)
        Rows.
    y : array of shape (n,) or (n, k)
        Their targets.
    sample_weight : array of shape (n,), optional
        As in `Network.fit`.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    network._built("plot_gradient_flow")
    inputs, targets, weight = network._check_data("plot_gradient_flow", X, y, sample_weight)
    shadow = network._shadow()
    shadow._accumulate(inputs[:], targets[:], weight, Step("record"))
    store = shadow._built("plot_gradient_flow")
    store.average_gradients()
    order = {id(layer): i for i, layer in enumerate(store.layers.values())}
    slots = sorted((slot for slot in shadow._slots if slot.spec.decays), key=lambda slot: order[id(slot.layer)])
    sizes = [np.abs(slot.view(shadow.grads)) for slot in slots]
    names = _short_names([slot.name for slot in slots])
    tilted = len(names) > 4
    tall = 2.6 + 0.06 * min(40, max(map(len, names))) if tilted else 3.2
    ax = axes_for("plot_gradient_flow", ax, figsize=(min(12.0, max(3.5, 0.7 * len(names) + 1.2)), tall))
    tiny = np.finfo(np.float32).tiny
    means = [max(float(size.mean()), float(tiny)) for size in sizes]
    most = [max(float(size.max()), float(tiny)) for size in sizes]
    places = np.arange(len(names))
    ax.bar(places, means, color="C0", width=0.6, label="mean")
    ax.hlines(most, places - 0.3, places + 0.3, color="C1", lw=2, label="largest")
    ax.set_yscale("log")
    _write_layers(ax, names)
    ax.set(ylabel="|dL/dW|", ylim=(min(means) / 4, max(most) * 20))
    show_legend(ax, ncols=2, loc="upper center")
    return ax


def _write_layers(ax: Any, names: list[str]) -> None:
    """Write the names of layers below their bars, tilted and only some of them where there is little room."""
    width, height = cell_size(ax)
    between = 0.75 * width / len(names)
    step = -(-11 // max(int(between), 1))
    shown = fitted_names(names[::step], 0.5 * height, 9.0)
    is_flat = step == 1 and max(text_width(name, 9.0) for name in shown) < between
    tilt: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(np.arange(len(names))[::step], shown, fontsize=9, parse_math=False, **({} if is_flat else tilt))


def _short_names(names: list[str]) -> list[str]:
    """Return the names of layers without those of their containers, and with the parameter where a layer has several.

    Examples
    --------
    >>> _short_names(["concatenate_1.branch_1.dense_1.weight", "scale_1.scale", "prelu_1.a", "prelu_1.b"])
    ['dense_1', 'scale_1', 'prelu_1 a', 'prelu_1 b']
    """
    layers = [name.rpartition(".")[0] for name in names]
    last = Counter(layer.rpartition(".")[2] for layer in set(layers))
    shown = [short if last[short := layer.rpartition(".")[2]] == 1 else layer for layer in layers]
    parts = [name.rpartition(".")[2] for name in names]
    return [
        f"{s} {part}" if layers.count(layer) > 1 else s for s, part, layer in zip(shown, parts, layers, strict=True)
    ]
