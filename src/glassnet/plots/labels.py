"""Names and labels that fit the room that a picture has for them: cut in the middle, wrapped, thinned out."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Sequence
from typing import Any

from glassnet.errors import ConfigError
from glassnet.plots.axes import Axes
from glassnet.utils.name_lists import name_list
from glassnet.utils.short_text import count, plain
from glassnet.utils.wording import cut_middle, distinct_cuts

__all__ = ["axes_size", "cell_size", "fitted_names", "label_axis", "names_of", "show_legend", "text_width", "wrapped"]

_LEAST, _MOST = 5, 40  # characters of a name that is cut
_LINE = 1.25  # height of a line of text, in font sizes


def names_of(
    where: str, option: str, given: Sequence[Any] | None, n: int, *, each: str, default: Sequence[Any] | None = None
) -> list[str]:
    """Return ``n`` names as text on one line: those given, or the default ones.

    Parameters
    ----------
    where, option : str
        Function and parameter, for the message.
    given : sequence, optional
        Names, of any type.
    n : int
        How many there must be.
    each : str
        What has a name, such as "class".
    default : sequence, optional
        Names to take where none are given; by default ``each`` with the numbers from 0 on.

    Examples
    --------
    >>> names_of("plot_confusion", "class_names", None, 2, each="class")
    ['class 0', 'class 1']
    """
    if given is None:
        return [plain(name) for name in default] if default is not None else [f"{each} {i}" for i in range(n)]
    names = name_list(where, option, given)
    if len(names) != n:
        plural = {"class": "classes", "feature": "features"}.get(each, f"{each}s")
        fact = f"{option} has {count(len(names), 'name')} for {count(n, each, plural)}"
        message = f"{where}: {fact}; there must be one for each. Pass {count(n, 'name')} in the order of the {plural}."
        raise ConfigError(message, expected=n, got=len(names))
    return [plain(name) for name in names]


def cell_size(ax: Axes) -> tuple[float, float]:
    """Return width and height of the part of its figure that is for these axes and their labels, in points."""
    figure = ax.figure
    box, spec, scale = figure.bbox, ax.get_subplotspec(), 72.0 / figure.dpi
    if spec is None:
        box = ax.get_window_extent()
        return box.width * scale, box.height * scale
    grid = spec.get_gridspec()
    across, upwards = len(spec.colspan) / grid.ncols, len(spec.rowspan) / grid.nrows
    return box.width * scale * across, box.height * scale * upwards


def axes_size(ax: Axes) -> tuple[float, float]:
    """Return width and height of axes without ticks and labels, in points, as they will be after the layout."""
    if ax.figure.figure.get_layout_engine() is not None and ax.get_subplotspec() is not None:
        width, height = cell_size(ax)
        return width - 8.0, height - 8.0
    box, scale = ax.get_window_extent(), 72.0 / ax.figure.dpi
    return box.width * scale, box.height * scale


@functools.lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Return the width of one line of text in points, in the font of the settings."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of characters that the font does not have, which is said when they are drawn
        width: float = TextToPath().get_text_width_height_descent(text, FontProperties(size=size), False)[0]
    return width


def fitted_names(names: Sequence[str], room: float, size: float) -> list[str]:
    """Return the names cut in the middle so that each is at most ``room`` points wide and different ones stay so.

    Parameters
    ----------
    names : sequence of str
        On one line each.
    room : float
        Points; a few characters of each name are kept even if they need more.
    size : float
        Font size in points.
    """
    if max((text_width(name, size) for name in names), default=0.0) <= room:
        return list(names)
    low, high = _LEAST, min(_MOST, max(map(len, names), default=_LEAST))
    while low < high:
        middle = (low + high + 1) // 2
        if max(text_width(name, size) for name in distinct_cuts(names, middle)) <= room:
            low = middle
        else:
            high = middle - 1
    return distinct_cuts(names, low)


def wrapped(text: str, room: float, size: float, most_lines: int = 3) -> str:
    """Return text in lines of at most ``room`` points, a word that is longer cut in its middle."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= room:
            lines[-1] = longer
            continue
        fits = max(_LEAST, int(len(word) * min(1.0, room / max(text_width(word, size), 1e-9))))
        lines.append(cut_middle(word, fits))
    if len(lines) > most_lines:
        lines = [*lines[:most_lines]]
        lines[-1] += " \u2026"
    return "\n".join(lines)


def label_axis(ax: Axes, axis: str, text: str, *, share: float = 0.7) -> None:
    """Write a label at the axis "x" or "y", wrapped where it would reach over the edge of the figure.

    Parameters
    ----------
    ax : Axes
        Where.
    axis : {"x", "y"}
        Which axis.
    text : str
        Of the user, perhaps: dollars are dollars.
    share : float, default=0.7
        Share of the cell of these axes that the label may take.
    """
    label = ax.xaxis.label if axis == "x" else ax.yaxis.label
    room = cell_size(ax)[axis == "y"] * share
    label.set_text(wrapped(text, room, float(label.get_fontsize())))
    label.set_parse_math(False)


def show_legend(
    ax: Axes, *, most: int = 12, beside: bool | None = None, entries: Sequence[Any] | None = None, **options: Any
) -> bool:
    """Draw the legend if it fits: inside the axes for a few entries, else right of them; return whether it is there.

    Parameters
    ----------
    ax : Axes
        With labelled artists.
    most : int, default=12
        Largest number of entries.
    beside : bool, optional
        Whether it stands right of the axes; by default with more than four entries.
    entries : sequence of Artist, optional
        Labelled artists that are the entries; by default all of the axes.
    **options
        Of ``Axes.legend``.
    """
    handles, names = ax.get_legend_handles_labels()
    if entries is not None:
        handles, names = [*entries], [str(entry.get_label()) for entry in entries]
    width, height = cell_size(ax)
    small = len(names) > 4 or width < 320.0
    size = 8.0 if small else 10.0
    if not names or len(names) > min(most, math.floor(0.8 * height / (_LINE * size))):
        return False
    beside = len(names) > 4 if beside is None else beside
    shown = fitted_names(names, width * (0.22 if beside else 0.45), size)
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.0} if beside else {}
    legend = ax.legend(handles, shown, **({"frameon": False, "fontsize": size} | place | options))
    for text in legend.get_texts():
        text.set_parse_math(False)
    return True
