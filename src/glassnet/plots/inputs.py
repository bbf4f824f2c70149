"""Rows, targets and their names, from arrays or frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.plots.labels import names_of
from glassnet.utils.array_advice import column_names, frame_columns
from glassnet.utils.name_lists import name_list
from glassnet.utils.short_text import plain

__all__ = ["Given", "coded", "feature_names_of", "read_data", "read_inputs", "target_name_of"]


class Given(NamedTuple):
    """Checked inputs and targets, with the names of the inputs and of the target ("" if it has none)."""

    X: Any
    y: Any
    features: list[str]
    target: str


def read_inputs(
    where: str, network: BaseNetwork, X: Any, feature_names: Sequence[Any] | None = None
) -> tuple[np.ndarray, list[str]]:
    """Return checked inputs, and a name for each: as given, else of the columns of a frame, else "feature 0".

    Parameters
    ----------
    where : str
        Function, for messages.
    network : BaseNetwork
        Whose inputs they are.
    X : array or frame
        Rows.
    feature_names : sequence, optional
        Names of the inputs.
    """
    rows = np.asarray(network._check_inputs(where, X)[:])
    return rows, feature_names_of(where, X, rows, feature_names)


def read_data(where: str, network: BaseNetwork, X: Any, y: Any, class_names: Sequence[Any] | None = None) -> Given:
    """Return checked inputs and targets; labels that are ``class_names`` become codes.

    Parameters
    ----------
    where : str
        Function, for messages.
    network : BaseNetwork
        Whose data they are.
    X, y : array or frame
        Rows and targets.
    class_names : sequence, optional
        Names of the classes, in the order of their codes.
    """
    rows, targets, _ = network._check_data(where, X, coded(where, y, class_names))
    return Given(rows, targets, feature_names_of(where, X, rows, None), target_name_of(y))


def feature_names_of(where: str, X: Any, rows: Any, given: Sequence[Any] | None) -> list[str]:
    """Return a name for each input of ``rows``, which ``X`` became."""
    n = int(np.prod(rows.shape[1:]))
    return names_of(where, "feature_names", given, n, each="feature", default=column_names(X))


def target_name_of(y: Any) -> str:
    """Return the name of a Series, or of the only column of a frame; "" for others.

    Examples
    --------
    >>> import pandas as pd
    >>> target_name_of(pd.Series([1, 2], name="price")), target_name_of([1, 2])
    ('price', '')
    """
    columns = frame_columns(y)
    name = columns[0] if columns is not None and len(columns) == 1 else getattr(y, "name", None)
    return plain(name) if isinstance(name, str) else ""


def coded(where: str, y: Any, class_names: Sequence[Any] | None) -> Any:
    """Return the codes of labels that are text and all among ``class_names``; anything else as it is.

    Examples
    --------
    >>> coded("plot_confusion", ["b", "a"], ["a", "b"]).tolist()
    [1, 0]
    """
    if class_names is None or y is None:
        return y
    labels = np.asarray(y)
    codes = {str(name): code for code, name in enumerate(name_list(where, "class_names", class_names))}
    flat = labels.reshape(-1).tolist()
    is_text = labels.dtype.kind in "OUT" and all(isinstance(label, str) for label in flat)
    return np.array([codes[label] for label in flat]) if is_text and codes.keys() >= set(flat) else y
