"""Predictions of a network over the plane of two features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError
from glassnet.plots.axes import Axes, axes_for
from glassnet.plots.predictions import class_probabilities
from glassnet.utils.checks import check_integer

__all__ = ["plot_decision_regions"]

_MARGIN = 0.08


def plot_decision_regions(
    network: BaseNetwork,
    X: Any,
    y: Any = None,
    *,
    features: Sequence[int] = (0, 1),
    resolution: int = 200,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a network predicts over two features, and the rows of data as points.

    For classes the colour is the most probable one, paler where it is less sure, with a line where two are as probable;
    for numbers it is the predicted mean. Other features are set to their medians.

    Parameters
    ----------
    network : BaseNetwork
        Fitted, without members, on rows of features.
    X : array of shape (n, d)
        Rows; their range is the range of the axes.
    y : array of shape (n,), optional
        Class codes or numbers, for the colours of the points.
    features : (int, int), default=(0, 1)
        The two features, by position.
    resolution : int, default=200
        Points along each axis.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    where = "plot_decision_regions"
    rows = network._check_inputs(where, X)[:]
    if network.members is not None or rows.ndim != 2 or rows.shape[1] < 2:
        message = f"{where}: the network must be a single one on rows of 2 or more features, got {rows.shape}."
        raise ConfigError(message, got=rows.shape)
    i, j = (check_integer(where, "features", f, 0, maximum=rows.shape[1] - 1) for f in features)
    resolution = check_integer(where, "resolution", resolution, 2)
    ax = axes_for(where, ax)
    across, upwards = (_span(rows[:, f], resolution) for f in (i, j))
    grid = np.tile(np.median(rows, axis=0), (resolution * resolution, 1))
    grid[:, i], grid[:, j] = (values.ravel() for values in np.meshgrid(across, upwards))
    prediction = network.predict(grid)
    extent = (across[0], across[-1], upwards[0], upwards[-1])
    if network.loss.classifies:
        P = class_probabilities(prediction).reshape(resolution, resolution, -1)
        _draw_classes(ax, P, across, upwards, extent)
        _draw_rows(ax, rows[:, i], rows[:, j], y)
    else:
        shown = prediction[:, 0].reshape(resolution, resolution)
        image = ax.imshow(shown, origin="lower", extent=extent, aspect="auto", cmap="viridis")
        ax.figure.colorbar(image, ax=ax, label="predicted")
        _draw_numbers(ax, rows[:, i], rows[:, j], y, image.norm)
    ax.set(xlabel=f"feature {i}", ylabel=f"feature {j}")
    return ax


def _span(values: np.ndarray, resolution: int) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, resolution)


def _draw_classes(ax: Any, P: np.ndarray, across: np.ndarray, upwards: np.ndarray, extent: Any) -> None:
    colors = np.array([_color(k) for k in range(P.shape[-1])])
    winner, sure = P.argmax(axis=-1), P.max(axis=-1)
    # At 1 / k all classes are equally probable, and the colour is white.
    share = (sure - 1.0 / P.shape[-1]) / (1.0 - 1.0 / P.shape[-1])
    image = 1.0 - (1.0 - colors[winner]) * (0.15 + 0.4 * share)[..., None]
    ax.imshow(np.clip(image, 0.0, 1.0), origin="lower", extent=extent, aspect="auto", interpolation="bilinear")
    for k in range(P.shape[-1]):
        others = np.delete(P, k, axis=-1).max(axis=-1)
        lead = P[..., k] - others
        if lead.min() < 0.0 < lead.max():
            ax.contour(across, upwards, lead, levels=[0.0], colors="0.25", linewidths=0.8)


def _draw_numbers(ax: Any, across: np.ndarray, upwards: np.ndarray, y: Any, norm: Any) -> None:
    """Draw rows in the colours of their true numbers, which differ from the background where predictions are wrong."""
    style = {"s": 16, "edgecolors": "w", "linewidths": 0.5}
    if y is None:
        ax.scatter(across, upwards, color="0.2", **style)
    else:
        numbers = np.asarray(y).reshape(len(across), -1)[:, 0]
        ax.scatter(across, upwards, c=numbers, norm=norm, cmap="viridis", **style)


def _draw_rows(ax: Any, across: np.ndarray, upwards: np.ndarray, y: Any) -> None:
    """Draw rows in the colours of their classes."""
    if y is None:
        ax.plot(across, upwards, ".", color="0.2", ms=3)
        return
    targets = np.asarray(y)
    targets = targets.argmax(axis=1) if targets.ndim == 2 and targets.shape[1] > 1 else targets.reshape(-1)
    for k, code in enumerate(np.unique(targets)):
        here = targets == code
        ax.scatter(across[here], upwards[here], color=_color(int(code)), s=14, edgecolors="w", linewidths=0.4,
                   label=f"class {int(code)}", zorder=3 + k)  # fmt: skip
    ax.legend(frameon=True, framealpha=0.8, loc="best")


def _color(k: int) -> tuple[float, float, float]:
    import matplotlib as mpl

    red, green, blue, _ = mpl.colormaps["tab10" if k < 10 else "tab20"](k % 20)
    return (red, green, blue)
