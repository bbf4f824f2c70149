"""``coefs_`` and ``intercepts_``: lists of views of the network's weights, which may be set and written into."""

from __future__ import annotations

import copy
import itertools
import operator
from typing import Any

import numpy as np

from glassnet.errors import ShapeError
from glassnet.sklearn.estimators.attributes import own_state
from glassnet.sklearn.estimators.nesting import NestedParameters
from glassnet.sklearn.solvers.building import dense_layers
from glassnet.sklearn.solvers.state import FitState

__all__ = ["SettableWeights"]


class SettableWeights(NestedParameters):
    """Part of an estimator: its weights live in a network, and the two lists are views of them.

    A list or an array that was set in their place is copied into the network before anything is computed. A pickle
    holds the weights once.
    """

    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    _state: FitState
    _views: tuple[np.ndarray, ...]

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _make_network_for(self, shapes: list[tuple[int, ...]], dtype: Any) -> None:
        """Make a network for weights that were set."""
        raise NotImplementedError

    def _show_weights(self) -> None:
        """Set ``coefs_`` and ``intercepts_`` to views of the network's weights."""
        dense = dense_layers(self._state.network)
        self.coefs_ = [layer.W for layer in dense]
        self.intercepts_ = [layer.b.reshape(-1) for layer in dense]
        self._views = (*self.coefs_, *self.intercepts_)

    def _take_over_weights(self, dtype: Any = None) -> None:
        """Copy arrays that were set in the place of ``coefs_`` or ``intercepts_`` into the network."""
        given = (*self.coefs_, *self.intercepts_)
        network = getattr(own_state(self), "network", None)
        views = getattr(self, "_views", ())
        if network is not None and len(given) == len(views) and all(map(operator.is_, given, views)):
            return
        weights = [np.asarray(W) for W in self.coefs_]
        shapes = [W.shape for W in weights]
        self._check_shapes(shapes, [np.size(b) for b in self.intercepts_])
        if network is None or shapes != [view.shape for view in views[: len(views) // 2]]:
            self._make_network_for(shapes, np.result_type(*weights) if dtype is None else dtype)
        dense = dense_layers(self._state.network)
        for view, array in zip([*(layer.W for layer in dense), *(layer.b for layer in dense)], given, strict=True):
            view[...] = np.reshape(array, view.shape)
        self._show_weights()

    def _check_shapes(self, shapes: list[tuple[int, ...]], widths: list[int]) -> None:
        """Refuse weights that do not follow from each other, or from their biases."""
        fits = all(len(shape) == 2 for shape in shapes) and [shape[1] for shape in shapes] == widths
        if not fits or any(a[1] != b[0] for a, b in itertools.pairwise(shapes)):
            must = "each matrix must take what the one before gives, and each intercept fit its matrix"
            message = f"{self._name}: coefs_ have shapes {shapes}, intercepts_ lengths {widths}; {must}."
            raise ShapeError(message, expected=must, got=shapes)

    def __getstate__(self) -> dict[str, Any]:
        has_network = hasattr(vars(self).get("_state"), "network")
        if has_network:
            self._take_over_weights()
        state = dict(super().__getstate__())
        if "_state" in state:  # a shallow copy may be fitted anew without a change of this estimator
            state["_state"] = copy.copy(self._state)
        if has_network:
            for name in ("coefs_", "intercepts_", "_views"):
                state.pop(name, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(vars(self).get("_state"), "network"):
            self._show_weights()
