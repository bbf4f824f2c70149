"""The numbers inside a network: its weights, layer by layer."""

from __future__ import annotations

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError
from glassnet.plots.axes import Axes, axes_for
from glassnet.plots.labels import cell_size, fitted_names
from glassnet.utils.keywords import advises_on_names

__all__ = ["plot_weights"]

_BINS = 60


@advises_on_names
def plot_weights(network: BaseNetwork, *, ax: Axes | None = None) -> Axes:
    """Draw how the weights of every layer are distributed, one above the other on a common scale.

    Parameters
    ----------
    network : BaseNetwork
        Built; weights are what weight decay applies to: not biases, not norms.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    network._built("plot_weights")
    weights = {slot.name: slot.view(network.params).ravel() for slot in network._slots if slot.spec.decays}
    if not weights:
        message = "plot_weights: the network has no weights; it must have some, as layers such as Dense do."
        raise ConfigError(message)
    ax = axes_for("plot_weights", ax, figsize=(6.4, min(12.0, 1.2 + 0.8 * len(weights))))
    # The outermost thousandth would squeeze all others together.
    reach = max(float(np.quantile(np.abs(values), 0.999)) for values in weights.values()) * 1.05 or 1.0
    edges = np.linspace(-reach, reach, _BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2.0
    for place, values in enumerate(weights.values()):
        counts = np.histogram(np.clip(values, -reach, reach), edges)[0].astype(float)
        heights = 0.85 * counts / max(counts.max(), 1.0)
        ax.fill_between(middles, place, place + heights, step="mid", color=f"C{place % 10}", alpha=0.7, lw=0.0)
    ax.axvline(0.0, color="0.7", lw=0.8, zorder=0)
    _write_layers(ax, weights)
    ax.set(xlabel="weight", xlim=(-reach, reach), ylim=(-0.1, len(weights) + 0.05))
    return ax


def _write_layers(ax: Axes, weights: dict[str, np.ndarray]) -> None:
    """Write name, number and spread of the weights beside each histogram, less where there is little room."""
    width, height = cell_size(ax)
    ax.locator_params(axis="x", nbins=4 if width < 320.0 else 8)
    between = 0.8 * height / len(weights)
    names = fitted_names(list(weights), 0.35 * width, 8.0)
    if between > 32.0:
        values = weights.values()
        names = [f"{name}\n{w.size:,} numbers\nstd {w.std():.2g}" for name, w in zip(names, values, strict=True)]
    step = -(-9 // max(int(between), 1))
    places = np.arange(len(weights)) + 0.3
    ax.set_yticks(places[::step], names[::step], fontsize=8, parse_math=False)
