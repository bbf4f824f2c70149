"""The table of true and predicted classes as a picture, legible for two classes and for a hundred."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.plots.axes import Axes, axes_for
from glassnet.plots.labels import cell_size, fitted_names, label_axis, text_width, wrapped

__all__ = ["draw_confusion"]

_LARGEST = 8.0  # inches, of a figure
_MANY = 12  # classes, from which on the worst ones are named
_NAMED = 3


def draw_confusion(
    counts: np.ndarray, names: Sequence[str], *, target: str = "", ax: Axes | None = None, where: str = "plot_confusion"
) -> Axes:
    """Draw how many rows of each true class (a row of ``counts``) were predicted as which (a column).

    Parameters
    ----------
    counts : ndarray of int of shape (k, k)
        Numbers of rows.
    names : sequence of str
        Names of the k classes.
    target : str, default=""
        Name of what is predicted.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    where : str, default="plot_confusion"
        Function, for messages.
    """
    k = len(counts)
    side = min(_LARGEST, 0.5 * max(k, 4))
    longest = min(90.0, max(text_width(name, 10.0) for name in names)) / 72.0
    ax = axes_for(where, ax, figsize=(side + 0.8 + longest, side + 0.7 + 0.8 * longest + 0.5 * (k > _MANY)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = ax.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    width, height = cell_size(ax)
    cell = max(1.0, min(0.62 * width, 0.58 * height) / k)
    _write_counts(ax, counts, shares, cell)
    _write_names(ax, names, cell, (width, height))
    label_axis(ax, "x", f"predicted {target}".strip(), share=0.5)
    label_axis(ax, "y", f"true {target}".strip(), share=0.5)
    if k > _MANY:
        if width > 320.0 and height > 240.0:
            ax.figure.colorbar(image, ax=ax, shrink=0.6, pad=0.02, label="share of the true class")
        title = wrapped(_worst(counts, names), 0.58 * width, 8.0, most_lines=4 if height > 240.0 else 2)
        ax.set_title(title, fontsize=8, parse_math=False, loc="left")
    return ax


def _write_counts(ax: Any, counts: np.ndarray, shares: np.ndarray, cell: float) -> None:
    """Write the number of rows into each square that is not 0, where there is room."""
    widest = text_width(f"{counts.max():,}", 10.0) / 10.0
    size = min(10.0, 0.7 * cell, 0.92 * cell / widest)
    if size < 5.0:
        return
    for (row, column), count in np.ndenumerate(counts):
        if count:
            color = "w" if shares[row, column] > 0.5 else "k"
            ax.text(column, row, f"{count:,}", ha="center", va="center", color=color, fontsize=size)


def _write_names(ax: Any, names: Sequence[str], cell: float, room: tuple[float, float]) -> None:
    """Write the names at both axes, only every second or third one where there are too many."""
    size = max(5.5, min(10.0, 0.8 * cell))
    step = math.ceil(1.15 * size / max(cell, 1e-9))
    places = range(0, len(names), step)
    share = 0.33 if len(names) <= 5 else 0.25 if cell > 12.0 else 0.18
    beside = fitted_names([names[i] for i in places], share * room[0], size)
    below = fitted_names([names[i] for i in places], share * room[1], size)
    is_flat = step == 1 and max(text_width(name, size) for name in below) < cell - 2.0
    tilt: dict[str, Any] = {"rotation": 90, "ha": "center"}
    if cell > 20.0:
        tilt = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(places, below, fontsize=size, parse_math=False, **({} if is_flat else tilt))
    ax.set_yticks(places, beside, fontsize=size, parse_math=False)


def _worst(counts: np.ndarray, names: Sequence[str]) -> str:
    """Return which classes are found least often, and what they are taken for."""
    rows = counts.sum(axis=1)
    recall = np.where(rows > 0, counts.diagonal() / np.maximum(rows, 1), np.inf)
    others = counts - np.diag(counts.diagonal())
    parts = []
    for i in np.argsort(recall, kind="stable")[:_NAMED].tolist():
        if recall[i] >= 1.0:
            break
        to = int(others[i].argmax())
        mistaken = f", {others[i, to]:,} as {_short(names[to])}"
        parts.append(f"{_short(names[i])} {counts[i, i]:,} of {rows[i]:,}{mistaken}")
    return f"Least often right: {'; '.join(parts)}" if parts else "Every row is right"


def _short(name: str) -> str:
    return fitted_names([name], 90.0, 8.0)[0]
