"""Predictions against the truth: confusion, calibration, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError
from glassnet.plots.axes import Axes, axes_for
from glassnet.training.class_weights import class_codes
from glassnet.utils.checks import check_integer

__all__ = ["class_probabilities", "draw_predicted", "plot_calibration", "plot_confusion", "plot_predicted"]


def _classes(where: str, network: BaseNetwork, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities of all classes and the true codes."""
    X, targets, _ = network._check_data(where, X, y)
    codes = class_codes(network.loss, targets[:])
    if codes is None:
        must = "the network must predict one class per row"
        message = f"{where}: {must}, got loss={network.loss.name!r}. Use plot_predicted for numbers."
        raise ConfigError(message, got=network.loss.name)
    return class_probabilities(_averaged(network, X[:])), codes


def class_probabilities(prediction: np.ndarray) -> np.ndarray:
    """Return a column for each class, also for a single yes/no output."""
    return np.hstack([1.0 - prediction, prediction]) if prediction.shape[1] == 1 else prediction


def _averaged(network: BaseNetwork, X: Any) -> np.ndarray:
    """Return predictions, averaged over members if there are some."""
    predictions = network.predict(X)
    return predictions if network.members is None else predictions.mean(axis=0)


def plot_confusion(
    network: BaseNetwork, X: Any, y: Any, *, labels: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how many rows of each class were taken for which, the right ones on the diagonal.

    The colour is the share of the true class, so that rare classes are visible too.

    Parameters
    ----------
    network : BaseNetwork
        Fitted classifier; of members the probabilities are averaged.
    X, y
        Data, as in `Network.evaluate`.
    labels : sequence of str, optional
        Names of the classes, in the order of their codes.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    P, codes = _classes("plot_confusion", network, X, y)
    k = P.shape[1]
    names = [str(code) for code in range(k)] if labels is None else [str(label) for label in labels]
    if len(names) != k:
        message = f"plot_confusion: there must be {k} labels, one for each class, got {len(names)}."
        raise ConfigError(message, expected=k, got=len(names))
    counts = np.zeros((k, k), dtype=np.int64)
    np.add.at(counts, (codes, P.argmax(axis=1)), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax = axes_for("plot_confusion", ax, figsize=(1.6 + 0.55 * max(k, 4), 1.2 + 0.5 * max(k, 4)))
    ax.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for (row, column), count in np.ndenumerate(counts):
        if count and k <= 20:
            color = "w" if shares[row, column] > 0.5 else "k"
            ax.text(column, row, f"{count:,}", ha="center", va="center", color=color)
    ax.set_xticks(range(k), names, rotation=45 if max(map(len, names)) > 3 else 0, parse_math=False)
    ax.set_yticks(range(k), names, parse_math=False)
    ax.set(xlabel="predicted", ylabel="true")
    return ax


def plot_calibration(network: BaseNetwork, X: Any, y: Any, *, bins: int = 10, ax: Axes | None = None) -> Axes:
    """Draw how often the predicted class was right against how sure the network was of it.

    Rows are put into ``bins`` of as many rows each, by the probability of the predicted class; bars are two standard
    errors. On the diagonal the probabilities are right; below it, the network is too confident.

    Parameters
    ----------
    network : BaseNetwork
        Fitted classifier; of members the probabilities are averaged.
    X, y
        Data that it was not trained on, as in `Network.evaluate`.
    bins : int, default=10
        How many groups of rows.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    References
    ----------
    Guo, Pleiss, Sun & Weinberger (2017), "On calibration of modern neural networks", arXiv:1706.04599, section 2.
    """
    P, codes = _classes("plot_calibration", network, X, y)
    sure, right = P.max(axis=1), P.argmax(axis=1) == codes
    bins = min(check_integer("plot_calibration", "bins", bins, 1), len(sure))
    parts = np.array_split(np.argsort(sure, kind="stable"), bins)
    means = np.array([sure[part].mean() for part in parts])
    shares = np.array([right[part].mean() for part in parts])
    # Two standard errors of a share; half a row more, so that they are not 0 for shares of 0 and 1.
    counts = np.array([len(part) for part in parts])
    smooth = (shares * counts + 0.5) / (counts + 1.0)
    errors = 2.0 * np.sqrt(smooth * (1.0 - smooth) / counts)
    gap = float((counts * np.abs(means - shares)).sum() / counts.sum())
    ax = axes_for("plot_calibration", ax)
    low = min(float(means.min()), float(shares.min()), 1.0 / P.shape[1])
    ax.plot([low, 1.0], [low, 1.0], color="0.6", lw=1.0, ls="--", label="means what it says")
    ax.errorbar(means, shares, yerr=errors, fmt="o-", color="C0", ms=4, lw=1.0, capsize=2, label=f"mean gap {gap:.3f}")
    ax.set(xlabel="probability of the predicted class", ylabel="share of rows where it was right")
    ax.legend(frameon=False)
    return ax


def plot_predicted(network: BaseNetwork, X: Any, y: Any, *, output: int = 0, ax: Axes | None = None) -> Axes:
    """Draw predicted against true numbers; on the diagonal they are equal.

    Parameters
    ----------
    network : BaseNetwork
        Fitted, for numbers; of members the predictions are averaged.
    X, y
        Data, as in `Network.evaluate`.
    output : int, default=0
        Which column of y, and of the predictions.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    where = "plot_predicted"
    X, targets, _ = network._check_data(where, X, y)
    if network.loss.classifies:
        must = "the network must predict numbers"
        message = f"{where}: {must}, got loss={network.loss.name!r}. Use plot_confusion for classes."
        raise ConfigError(message, got=network.loss.name)
    columns = targets[:].reshape(len(X), -1)
    column = check_integer(where, "output", output, 0, maximum=columns.shape[1] - 1)
    return draw_predicted(columns[:, column], _averaged(network, X[:])[:, column], ax=axes_for(where, ax))


def draw_predicted(true: np.ndarray, found: np.ndarray, *, ax: Axes) -> Axes:
    """Draw predicted numbers against the true ones, both of shape (n,), on ``ax``."""
    ends = [min(true.min(), found.min()), max(true.max(), found.max())]
    ax.plot(ends, ends, color="0.6", lw=1.0, ls="--", label="equal")
    ax.plot(true, found, "o", color="C0", ms=4, alpha=max(0.1, min(0.8, 60.0 / len(true) ** 0.5 / 10.0)), mew=0.0)
    ax.set(xlabel="true", ylabel="predicted")
    ax.legend(frameon=False)
    return ax
