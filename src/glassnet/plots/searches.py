"""Plots of many networks: members, folds, learning rates, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from glassnet.plots.axes import Axes, axes_for
from glassnet.plots.history import curves_of
from glassnet.plots.labels import cell_size, fitted_names, label_axis, show_legend, text_width
from glassnet.training import History
from glassnet.utils.checks import check_choice
from glassnet.utils.keywords import advises_on_names

__all__ = ["plot_folds", "plot_histories", "plot_rates", "plot_sweep"]


class _Rates(Protocol):
    """The attributes of `glassnet.populations.RateSearch` that are plotted."""

    rates: np.ndarray
    losses: np.ndarray
    curves: np.ndarray
    first_loss: float

    @property
    def best(self) -> float: ...


class _Trial(Protocol):
    """The attributes of a trial that are plotted: its settings by name, and a value for each of its networks."""

    settings: dict[str, Any]
    values: np.ndarray


class _Trials(Protocol):
    """The attributes of `glassnet.populations.Sweep` that are plotted; its best trial is the first."""

    monitor: str

    @property
    def trials(self) -> Sequence[_Trial]: ...


@advises_on_names
def plot_histories(histories: Sequence[History], column: str = "loss", *, ax: Axes | None = None) -> Axes:
    """Draw one column of several histories over the epochs: a line for each, and their median.

    Parameters
    ----------
    histories : sequence of History
        For example those of the members of a population.
    column : str, default="loss"
        What to draw.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    names = sorted({name for history in histories for name in history.columns})
    check_choice("plot_histories", "column", column, names)
    ax = axes_for("plot_histories", ax)
    # A history with members has a curve for each of them.
    found = [curves_of(history.columns.get(column, [])) for history in histories]
    curves = [curve for several in found for curve in several.T if len(curve)]
    for curve in curves:
        style: dict[str, Any] = {"alpha": max(0.15, min(1.0, 3.0 / len(curves))), "lw": 1.0}
        style["marker"] = "o" if len(curve) == 1 else None
        ax.plot(np.arange(1, len(curve) + 1), curve, color="C0", **style)
    if len(curves) > 2:
        longest = max(map(len, curves))
        padded = np.full((len(curves), longest), np.nan)
        for row, curve in zip(padded, curves, strict=True):
            row[: len(curve)] = curve
        enough = np.isfinite(padded).sum(axis=0) * 2 >= len(curves)
        ax.plot(np.arange(1, longest + 1)[enough], np.nanmedian(padded[:, enough], axis=0), color="C1", label="median")
        show_legend(ax)
    ax.set_xlabel("epoch")
    label_axis(ax, "y", column.replace("_", " "), share=0.7)
    return ax


@advises_on_names
def plot_folds(scores: Mapping[str, np.ndarray], score: str = "loss", *, ax: Axes | None = None) -> Axes:
    """Draw a score of every fold, with mean and standard deviation.

    Parameters
    ----------
    scores : mapping of str to ndarray of shape (F,)
        What `CrossValidation.scores` holds.
    score : str, default="loss"
        Which of them.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    values = scores[check_choice("plot_folds", "score", score, scores)]
    ax = axes_for("plot_folds", ax)
    folds = np.arange(1, len(values) + 1)
    mean, std = float(np.nanmean(values)), float(np.nanstd(values, ddof=1)) if len(values) > 1 else 0.0
    ax.axhspan(mean - std, mean + std, color="C0", alpha=0.15, lw=0, label="± standard deviation")
    ax.axhline(mean, color="C0", lw=1.0, label=f"mean {mean:.4g}")
    ax.plot(folds, values, "o", color="C1", label="fold")
    ax.set_xticks(folds[:: -(-len(folds) // 20)])
    ax.set_xlabel("fold")
    label_axis(ax, "y", score.replace("_", " "), share=0.7)
    show_legend(ax)
    return ax


@advises_on_names
def plot_rates(search: _Rates, *, ax: Axes | None = None) -> Axes:
    """Draw the loss over the learning rate, the best one marked.

    Parameters
    ----------
    search : RateSearch
        What `find_learning_rate` returned.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    ax = axes_for("plot_rates", ax)
    finite = np.isfinite(search.losses)
    ax.plot(search.rates[finite], search.losses[finite], "o-", color="C0", ms=4, label="loss at the end")
    ax.axhline(search.first_loss, color="0.6", lw=1.0, ls="--", label="loss at the start")
    ax.axvline(search.best, color="C1", lw=1.0, label=f"best: {search.best:.2g}")
    if not finite.all():
        top = ax.get_xaxis_transform()  # data across, share of the height upwards
        ax.plot(search.rates[~finite], np.full((~finite).sum(), 0.98), "x", color="C3", transform=top, label="diverged")
    ax.set_xscale("log")
    if search.losses[finite].min() > 0.0 and search.losses[finite].max() > 30.0 * search.losses[finite].min():
        ax.set_yscale("log")
    ax.set_xlabel("learning rate")
    label_axis(ax, "y", f"training loss, last fifth of {search.curves.shape[1]} steps", share=0.7)
    show_legend(ax)
    return ax


@advises_on_names
def plot_sweep(found: _Trials, setting: str, *, ax: Axes | None = None) -> Axes:
    """Draw what every network of a search achieved over one setting, the best trial marked.

    Parameters
    ----------
    found : Sweep
        What `sweep` returned.
    setting : str
        By its name: numbers lie along the axis, logarithmically if they span more than a factor of 20.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    ax = axes_for("plot_sweep", ax)
    choices = [trial.settings[setting] for trial in found.trials]
    is_number = all(isinstance(choice, (int, float)) and not isinstance(choice, bool) for choice in choices)
    labels: list[Any] = sorted(set(choices)) if is_number else list(dict.fromkeys(map(str, choices)))
    places = dict(zip(labels, labels if is_number else range(len(labels)), strict=True))
    for rank, trial in enumerate(found.trials):
        choice = trial.settings[setting] if is_number else str(trial.settings[setting])
        x = np.full(len(trial.values), places[choice], dtype=float)
        ax.plot(x, trial.values, "o", color="C0" if rank else "C1", alpha=0.5 if rank else 1.0, zorder=2 if rank else 3)
    ax.plot([], [], "o", color="C1", label="best trial")
    if is_number and min(labels) > 0 and max(labels) > 20 * min(labels):
        ax.set_xscale("log")
    if not is_number:
        _write_choices(ax, labels)
    label_axis(ax, "x", setting.replace("_", " "))
    label_axis(ax, "y", found.monitor.replace("_", " "), share=0.7)
    show_legend(ax)
    return ax


def _write_choices(ax: Axes, labels: Sequence[str]) -> None:
    """Write the choices of a setting below the axis, tilted where they are long."""
    width, height = cell_size(ax)
    between = 0.75 * width / len(labels)
    names = fitted_names(labels, 0.45 * height, 10.0)
    is_flat = max(text_width(name, 10.0) for name in names) < between
    tilt: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(range(len(labels)), names, parse_math=False, **({} if is_flat else tilt))
