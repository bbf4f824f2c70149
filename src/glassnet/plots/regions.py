"""Predictions of a network over the plane of two features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, DataError
from glassnet.plots.axes import Axes, axes_for
from glassnet.plots.inputs import coded, read_inputs, target_name_of
from glassnet.plots.labels import names_of
from glassnet.plots.predictions import class_probabilities
from glassnet.plots.region_drawing import draw_class_map, draw_number_map, span_of
from glassnet.utils.checks import check_choice, check_integer
from glassnet.utils.keywords import advises_on_names
from glassnet.utils.short_text import count

__all__ = ["codes_of", "plot_decision_regions", "two_features"]


@advises_on_names
def plot_decision_regions(
    network: BaseNetwork,
    X: Any,
    y: Any = None,
    *,
    features: Sequence[int | str] = (0, 1),
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    resolution: int = 200,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a network predicts over two features, and the rows of data as points.

    For classes the colour is the most probable one, paler where it is less sure, with a line where two are as probable;
    for numbers it is the predicted mean. Other features are set to their medians. More than 10 classes are named in
    their areas; those whose name finds no place there stand in a legend.

    Parameters
    ----------
    network : BaseNetwork
        Fitted, without members, on rows of features.
    X : array of shape (n, d) or frame
        Rows; their range is the range of the axes.
    y : array or Series of shape (n,), optional
        Class codes, class names or numbers, for the colours of the points.
    features : (int or str, int or str), default=(0, 1)
        The two features, by position or name.
    feature_names : sequence of str, optional
        Names of all features; by default those of the columns of a frame.
    class_names : sequence of str, optional
        Names of the classes, in the order of their codes.
    resolution : int, default=200
        Points along each axis.
    ax : Axes, optional
        Where to draw; by default in a new figure.
    """
    where = "plot_decision_regions"
    rows, names = read_inputs(where, network, X, feature_names)
    if network.members is not None or rows.ndim != 2 or rows.shape[1] < 2:
        fact = f"the network has members={network.members} and X has shape {rows.shape}"
        message = f"{where}: {fact}; it must be a single network on rows of 2 or more features."
        raise ConfigError(message, got=rows.shape)
    i, j = two_features(where, features, names)
    resolution = check_integer(where, "resolution", resolution, 2)
    ax = axes_for(where, ax)
    spans = span_of(rows[:, i], resolution), span_of(rows[:, j], resolution)
    grid = np.tile(np.median(rows, axis=0), (resolution * resolution, 1))
    grid[:, i], grid[:, j] = (values.ravel() for values in np.meshgrid(*spans))
    prediction = network.predict(grid)
    places, axis_names = (rows[:, i], rows[:, j]), (names[i], names[j])
    if network.loss.classifies:
        P = class_probabilities(prediction).reshape(resolution, resolution, -1)
        classes = names_of(where, "class_names", class_names, P.shape[-1], each="class")
        codes = None if y is None else codes_of(where, coded(where, y, class_names), len(rows), P.shape[-1])
        draw_class_map(ax, P, spans, classes, places, codes, axis_names)
    else:
        shown = prediction[:, 0].reshape(resolution, resolution)
        numbers = None if y is None else np.asarray(y).reshape(len(rows), -1)[:, 0]
        draw_number_map(ax, shown, spans, target_name_of(y), places, numbers, axis_names)
    return ax


def two_features(where: str, features: Sequence[int | str], names: list[str]) -> tuple[int, int]:
    """Return the positions of two features that are given by position or name."""
    if isinstance(features, str) or len(features) != 2:
        message = f"{where}: features is {features!r}; it must be two features, by position or name, such as (0, 1)."
        raise ConfigError(message, got=features)
    first, second = (
        names.index(check_choice(where, "features", feature, names))
        if isinstance(feature, str)
        else check_integer(where, "features", feature, 0, maximum=len(names) - 1)
        for feature in features
    )
    return first, second


def codes_of(where: str, y: Any, n: int, k: int) -> np.ndarray:
    """Return the codes of n rows from codes (n,), or from a column of 0 and 1 for each of k classes."""
    targets = np.asarray(y)
    is_wide = targets.ndim == 2 and targets.shape[1] > 1
    codes = targets.argmax(axis=1) if is_wide else targets.reshape(-1)
    if len(codes) != n:
        message = (
            f"{where}: y has {count(len(codes), 'value')} and X {count(n, 'row')}; there must be one for each row."
        )
        raise DataError(message, expected=n, got=len(codes))
    is_code = codes.dtype.kind in "biuf" and bool(((codes >= 0) & (codes < k) & (codes == np.floor(codes))).all())
    if not is_code:
        fact = f"y holds {codes[:1].tolist()[0]!r}" if codes.dtype.kind not in "biuf" else "y holds other numbers"
        rule = f"it must hold class codes from 0 to {k - 1}, or names that are all among class_names"
        message = f"{where}: {fact}; {rule}. Code labels: labels, y = np.unique(y, return_inverse=True)."
        raise DataError(message, got=y)
    return codes.astype(np.int64)
