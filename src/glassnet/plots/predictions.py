"""Predictions against the truth: confusion, calibration, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError
from glassnet.plots.axes import Axes, axes_for
from glassnet.plots.calibration import draw_calibration
from glassnet.plots.confusion import draw_confusion
from glassnet.plots.inputs import Given, read_data
from glassnet.plots.labels import label_axis, names_of, show_legend
from glassnet.training.class_weights import class_codes
from glassnet.utils.array_advice import frame_columns
from glassnet.utils.checks import check_choice, check_integer
from glassnet.utils.keywords import advises_on_names

__all__ = [
    "calibration_of", "class_probabilities", "confusion_counts", "draw_predicted", "plot_calibration", "plot_confusion",
    "plot_predicted",
]  # fmt: skip


def _classes(where: str, network: BaseNetwork, X: Any, y: Any, names: Any) -> tuple[np.ndarray, np.ndarray, Given]:
    """Return the probabilities of all classes, the true codes, and the data."""
    data = read_data(where, network, X, y, names)
    codes = class_codes(network.loss, data.y[:])
    if codes is None:
        fact = f"the network predicts numbers (loss={network.loss.name!r})"
        message = f"{where}: {fact}; it must predict one class per row. Use plot_predicted for numbers."
        raise ConfigError(message, got=network.loss.name)
    return class_probabilities(_averaged(network, data.X[:])), codes, data


def class_probabilities(prediction: np.ndarray) -> np.ndarray:
    """Return a column for each class, also for a single yes/no output."""
    return np.hstack([1.0 - prediction, prediction]) if prediction.shape[1] == 1 else prediction


def _averaged(network: BaseNetwork, X: Any) -> np.ndarray:
    """Return predictions, averaged over members if there are some."""
    predictions = network.predict(X)
    return predictions if network.members is None else predictions.mean(axis=0)


def confusion_counts(codes: np.ndarray, P: np.ndarray) -> np.ndarray:
    """Return how many rows of each true class (row) are predicted as which (column), from probabilities (n, k)."""
    counts = np.zeros((P.shape[1], P.shape[1]), dtype=np.int64)
    np.add.at(counts, (codes, P.argmax(axis=1)), 1)
    return counts


@advises_on_names
def plot_confusion(
    network: BaseNetwork,
    X: Any,
    y: Any,
    *,
    class_names: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many rows of each class were predicted as which, the right ones on the diagonal.

    The colour is the share of the true class, so that rare classes are visible too. Of more than 12 classes those
    least often right are named above.

    Parameters
    ----------
    network : BaseNetwork
        Fitted classifier; of members the probabilities are averaged.
    X : array of shape (n, ...) or frame
        Rows.
    y : array or Series of shape (n,)
        Codes of the true classes, or their names if ``class_names`` has them.
    class_names : sequence of str, optional
        Names of the classes, in the order of their codes.
    labels : sequence of str, optional
        The same as ``class_names``.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    given = labels if class_names is None else class_names
    P, codes, data = _classes("plot_confusion", network, X, y, given)
    k = P.shape[1]
    names = names_of("plot_confusion", "class_names", given, k, each="class", default=range(k))
    return draw_confusion(confusion_counts(codes, P), names, target=data.target, ax=ax)


@advises_on_names
def plot_calibration(
    network: BaseNetwork,
    X: Any,
    y: Any,
    *,
    bins: int = 10,
    output: int | str | None = None,
    class_names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often the predicted class was right against how sure the network was of it.

    Rows are put into ``bins`` of as many rows each, by the probability of the predicted class; bars are the 95 percent
    intervals of Wilson for the shares. On the diagonal the probabilities are right; below it, the network is too
    confident.

    Parameters
    ----------
    network : BaseNetwork
        Fitted classifier; of members the probabilities are averaged.
    X : array of shape (n, ...) or frame
        Rows that it was not trained on.
    y : array or Series of shape (n,)
        Codes of the true classes, or their names if ``class_names`` has them.
    bins : int, default=10
        How many groups of rows.
    output : int or str, optional
        A class, by code or name: its probability is compared with how often it is the true one.
    class_names : sequence of str, optional
        Names of the classes, in the order of their codes.
    ax : Axes, optional
        Where to draw; by default in a new figure.

    References
    ----------
    Guo, Pleiss, Sun & Weinberger (2017), "On calibration of modern neural networks", arXiv:1706.04599, section 2.
    """
    where = "plot_calibration"
    P, codes, _ = _classes(where, network, X, y, class_names)
    names = names_of(where, "class_names", class_names, P.shape[1], each="class")
    return calibration_of(P, codes, names, bins=bins, output=output, ax=ax)


def calibration_of(
    P: np.ndarray, codes: np.ndarray, names: Sequence[str], *, bins: int, output: int | str | None, ax: Axes | None
) -> Axes:
    """Draw the calibration of probabilities (n, k) for true codes (n,), of the predicted class or of one class."""
    where = "plot_calibration"
    bins = check_integer(where, "bins", bins, 1)
    if output is None:
        return draw_calibration(P.max(axis=1), P.argmax(axis=1) == codes, bins=bins, ax=ax)
    if isinstance(output, str):
        which = list(names).index(check_choice(where, "output", output, names))
    else:
        which = check_integer(where, "output", output, 0, maximum=len(names) - 1)
    return draw_calibration(P[:, which], codes == which, bins=bins, what=names[which], ax=ax)


@advises_on_names
def plot_predicted(
    network: BaseNetwork, X: Any, y: Any, *, output: int = 0, target_name: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw predicted against true numbers; on the diagonal they are equal.

    Parameters
    ----------
    network : BaseNetwork
        Fitted, for numbers; of members the predictions are averaged.
    X : array of shape (n, ...) or frame
        Rows.
    y : array, Series or frame of shape (n,) or (n, k)
        True numbers.
    output : int, default=0
        Which column of y, and of the predictions.
    target_name : str, optional
        Name of the number, with its unit perhaps; by default that of y, if it is a Series or a frame.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    where = "plot_predicted"
    data = read_data(where, network, X, y)
    if network.loss.classifies:
        fact = f"the network predicts classes (loss={network.loss.name!r})"
        message = f"{where}: {fact}; it must predict numbers. Use plot_confusion for classes."
        raise ConfigError(message, got=network.loss.name)
    columns = data.y[:].reshape(len(data.X), -1)
    column = check_integer(where, "output", output, 0, maximum=columns.shape[1] - 1)
    several = frame_columns(y)
    name = target_name if target_name is not None else several[column] if several is not None else data.target
    found = _averaged(network, data.X[:])[:, column]
    return draw_predicted(columns[:, column], found, target=name, ax=axes_for(where, ax))


def draw_predicted(true: np.ndarray, found: np.ndarray, *, target: str = "", ax: Axes) -> Axes:
    """Draw predicted numbers against the true ones, both of shape (n,) and called ``target``, on ``ax``."""
    ends = [min(true.min(), found.min()), max(true.max(), found.max())]
    ax.plot(ends, ends, color="0.6", lw=1.0, ls="--", label="equal")
    ax.plot(true, found, "o", color="C0", ms=4, alpha=max(0.1, min(0.8, 60.0 / len(true) ** 0.5 / 10.0)), mew=0.0)
    label_axis(ax, "x", f"true {target}".strip())
    label_axis(ax, "y", f"predicted {target}".strip(), share=0.7)
    show_legend(ax)
    return ax
