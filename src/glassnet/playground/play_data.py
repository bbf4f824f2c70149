"""The data of an experiment: arrays for the network, and what the page shows of them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

__all__ = ["PlayData"]


@dataclasses.dataclass(frozen=True)
class PlayData:
    """Rows to train on and to validate with, and where they came from; never changed, only replaced.

    Attributes
    ----------
    X, y : ndarray
        Rows to train on (n, ...) and their targets, class codes or numbers.
    X_valid, y_valid : ndarray
        Rows held out.
    inputs : tuple of str
        Names of the inputs of the network.
    classes : tuple of str
        Names of the classes; empty for numbers.
    target : str
    title : str
    source : dict
        What the command ``data`` takes to make the same again.
    code : tuple of str
        Lines of Python that make ``X``, ``y``, ``X_valid`` and ``y_valid`` with the same bits.
    """

    X: np.ndarray
    y: np.ndarray
    X_valid: np.ndarray
    y_valid: np.ndarray
    inputs: tuple[str, ...]
    classes: tuple[str, ...]
    target: str = "y"
    title: str = ""
    source: dict[str, Any] = dataclasses.field(default_factory=dict)
    code: tuple[str, ...] = ()

    @property
    def is_classes(self) -> bool:
        """Whether the target is a class."""
        return bool(self.classes)

    @property
    def n_outputs(self) -> int:
        """Number of outputs that a network for these data has."""
        return max(len(self.classes), 1) if len(self.classes) != 2 else 1
