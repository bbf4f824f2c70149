"""A map of predictions over a plane, and the rows on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.plots.axes import Axes
from glassnet.plots.labels import cell_size, fitted_names, label_axis, show_legend, text_width

__all__ = ["draw_class_map", "draw_number_map", "span_of"]

_MARGIN = 0.08
_MOST_IN_LEGEND = 10  # classes; more are named where they are
_MOST_BESIDE = 40  # classes in the legend of those that are not named inside
_SMALLEST = 0.01  # share of the picture of an area that is named


def span_of(values: np.ndarray, resolution: int) -> np.ndarray:
    """Return ``resolution`` numbers from a little below the smallest of ``values`` to a little above the largest."""
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, resolution)


def draw_class_map(
    ax: Axes, P: np.ndarray, spans: tuple[np.ndarray, np.ndarray], names: Sequence[str],
    rows: tuple[np.ndarray, np.ndarray], codes: np.ndarray | None, axis_names: tuple[str, str],
) -> None:  # fmt: skip
    """Draw the most probable class, paler where it is less sure, and the rows in the colours of their classes.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    P : ndarray of shape (resolution, resolution, k)
        Probabilities, upwards and across.
    spans : (ndarray, ndarray)
        Places of the points of P across and upwards.
    names : sequence of str
        Names of the classes.
    rows : (ndarray, ndarray)
        Places of the rows, each of shape (n,).
    codes : ndarray of int of shape (n,), optional
        Their classes.
    axis_names : (str, str)
        Names of the two features.
    """
    across, upwards = spans
    extent = (across[0], across[-1], upwards[0], upwards[-1])
    k = P.shape[-1]
    colors = np.array([_color(code, k) for code in range(k)])
    winner, sure = P.argmax(axis=-1), P.max(axis=-1)
    # At 1 / k all classes are equally probable, and the colour is white.
    share = (sure - 1.0 / k) / (1.0 - 1.0 / k) if k > 1 else sure
    image = 1.0 - (1.0 - colors[winner]) * (0.15 + 0.4 * share)[..., None]
    ax.imshow(np.clip(image, 0.0, 1.0), origin="lower", extent=extent, aspect="auto", interpolation="bilinear")
    second = np.partition(P, -2, axis=-1)[..., -2] if k > 1 else np.zeros_like(sure)
    for code in np.unique(winner):
        lead = P[..., code] - np.where(winner == code, second, sure)
        if lead.min() < 0.0 < lead.max():
            ax.contour(across, upwards, lead, levels=[0.0], colors="0.25", linewidths=0.8)
    label_axis(ax, "x", axis_names[0])
    label_axis(ax, "y", axis_names[1], share=0.7)
    area = float(np.clip(1400.0 / max(1, len(rows[0])), 14.0, 60.0))  # of a point: a few rows should be seen
    if codes is None:
        ax.plot(*rows, ".", color="0.2", ms=3)
    else:
        for place, code in enumerate(np.unique(codes).tolist()):
            here = codes == code
            ax.scatter(rows[0][here], rows[1][here], color=_color(code, k), s=area, edgecolors="w", linewidths=0.4,
                       label=names[code], zorder=3 + place)  # fmt: skip
    framed: dict[str, Any] = {"frameon": True, "framealpha": 0.8, "markerscale": 2.0 * (14.0 / area) ** 0.5}
    if k > _MOST_IN_LEGEND or codes is None or not show_legend(ax, most=_MOST_IN_LEGEND, **framed):
        written = _write_names(ax, winner, spans, names)
        there = set(np.unique(winner).tolist()) | set(() if codes is None else np.unique(codes).tolist())
        _list_classes(ax, sorted(there - written), names)


def _list_classes(ax: Any, codes: Sequence[int], names: Sequence[str]) -> None:
    """Draw a legend of the classes whose names found no place in their areas, beside the axes."""
    from matplotlib.patches import Patch

    entries = [Patch(color=_color(code, len(names)), label=names[code]) for code in codes]
    show_legend(ax, most=_MOST_BESIDE, beside=True, entries=entries, handlelength=1.0)


def _write_names(ax: Any, winner: np.ndarray, spans: tuple[np.ndarray, np.ndarray], names: Sequence[str]) -> set[int]:
    """Write the name of each class into its area, the smallest areas left out; return the classes that are named."""
    written: set[int] = set()
    width, height = cell_size(ax)
    areas = np.bincount(winner.ravel(), minlength=len(names))
    room = max(32.0, min(0.2, 0.9 / (areas >= _SMALLEST * winner.size).sum() ** 0.5) * width)
    shown = fitted_names(names, room, 8.0)
    taken: list[tuple[float, float, float]] = []
    inner = slice(len(winner) // 12, -max(len(winner) // 12, 1))  # names that begin at the border would be cut
    for code in np.argsort(-areas, kind="stable").tolist():
        rows, columns = np.nonzero(winner == code)
        if len(rows) < _SMALLEST * winner.size:
            break
        # The point of the area that is nearest to its centre: the centre itself may lie in another one.
        inside = np.isin(rows, np.arange(len(winner))[inner]) & np.isin(columns, np.arange(len(winner))[inner])
        rows, columns = (rows[inside], columns[inside]) if inside.any() else (rows, columns)
        nearest = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
        # Axes take about 0.8 of their cell.
        x, y = (0.8 * size * place[nearest] / len(winner) for size, place in ((width, columns), (height, rows)))
        half = text_width(shown[code], 8.0) / 2.0 + 2.0
        x = max(half + 2.0, min(x, 0.8 * width - half - 2.0))
        if any(abs(x - other[0]) < half + other[2] and abs(y - other[1]) < 11.0 for other in taken):
            continue
        taken.append((x, y, half))
        written.add(code)
        at = spans[0][0] + x / (0.8 * width) * np.ptp(spans[0]), spans[1][rows[nearest]]
        box = {"boxstyle": "round,pad=0.15", "fc": "w", "ec": "none", "alpha": 0.7}
        ax.text(*at, shown[code], ha="center", va="center", fontsize=8, zorder=200, parse_math=False, bbox=box,
                clip_on=True)  # fmt: skip
    return written


def draw_number_map(
    ax: Axes, shown: np.ndarray, spans: tuple[np.ndarray, np.ndarray], target: str,
    rows: tuple[np.ndarray, np.ndarray], numbers: np.ndarray | None, axis_names: tuple[str, str],
) -> None:  # fmt: skip
    """Draw predicted numbers as colours, and rows in the colours of their true numbers.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    shown : ndarray of shape (resolution, resolution)
        Predictions, upwards and across.
    spans : (ndarray, ndarray)
        Places of the points of ``shown`` across and upwards.
    target : str
        Name of what is predicted, or "".
    rows : (ndarray, ndarray)
        Places of the rows, each of shape (n,).
    numbers : ndarray of shape (n,), optional
        Their true numbers.
    axis_names : (str, str)
        Names of the two features.
    """
    across, upwards = spans
    extent = (across[0], across[-1], upwards[0], upwards[-1])
    image = ax.imshow(shown, origin="lower", extent=extent, aspect="auto", cmap="viridis")
    label_axis(ax, "x", axis_names[0], share=0.6)
    label_axis(ax, "y", axis_names[1], share=0.7)
    bar = ax.figure.colorbar(image, ax=ax)
    label_axis(bar.ax, "y", f"predicted {target}".strip(), share=0.7)
    style: dict[str, Any] = {"s": 16, "edgecolors": "w", "linewidths": 0.5}
    if numbers is None:
        ax.scatter(*rows, color="0.2", **style)
    else:  # where predictions are wrong they differ from the background
        low, high = image.get_clim()
        ax.scatter(*rows, c=numbers, vmin=low, vmax=high, cmap="viridis", **style)


def _color(code: int, k: int) -> tuple[float, float, float]:
    import matplotlib as mpl

    if k <= 10:
        red, green, blue, _ = mpl.colormaps["tab10"](code % 10)
        return (red, green, blue)
    # Neighbouring codes get hues far apart, and every third turn another lightness.
    red, green, blue, _ = mpl.colormaps["hsv"]((code * 0.618034) % 1.0)
    dark = (0.9, 0.65, 0.45)[code % 3]
    return (dark * red, dark * green, dark * blue)
