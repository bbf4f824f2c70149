"""Edits of single columns for what is tried, and measures that no single row rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from glassnet.diagnosis.case import Data
from glassnet.diagnosis.remedies.attempts import Edit, Measure
from glassnet.engine.base_network import BaseNetwork
from glassnet.utils.distinct_values import numbered

__all__ = ["MEDIAN_ERROR", "edited_column", "edited_columns", "ranks", "rescaled"]


def edited_column(index: int, edit: Callable[[np.ndarray], np.ndarray]) -> Edit:
    """Return the function that changes one column, given as float64."""
    return edited_columns({index: edit})


def edited_columns(edits: Mapping[int, Callable[[np.ndarray], np.ndarray]]) -> Edit:
    """Return the function that changes some columns, each in its way."""

    def change(X: np.ndarray) -> np.ndarray:
        found = X.reshape(len(X), -1).copy()
        for index, edit in edits.items():
            found[:, index] = edit(found[:, index].astype(np.float64))
        return found.reshape(X.shape)

    return change


def rescaled(x: np.ndarray) -> np.ndarray:
    """Return a column of mean 0 and spread 1."""
    spread = x.std()
    found: np.ndarray = (x - x.mean()) / (spread if spread > 0.0 else 1.0)
    return found


def ranks(x: np.ndarray) -> np.ndarray:
    """Return the rank of each number between 0 and 1, equal for equal ones; columns apart.

    Examples
    --------
    >>> ranks(np.array([3.0, 1.0, 3.0, 9.0]))
    array([0.5  , 0.125, 0.5  , 0.875])
    """
    if x.ndim == 2:
        return np.column_stack([ranks(column) for column in x.T])
    _, places, counts = numbered(x)
    found: np.ndarray = ((np.cumsum(counts) - 0.5 * counts) / len(x))[places]
    return found


def _answers(network: BaseNetwork, data: Data) -> np.ndarray:
    found: np.ndarray = network.loss.link(network._logits(data[0]))[:, : data[1].shape[1]].astype(np.float64)
    return found


def _median_error(network: BaseNetwork, data: Data) -> float:
    return float(np.median(np.abs(_answers(network, data) - data[1])))


MEDIAN_ERROR = Measure("median error", _median_error)
