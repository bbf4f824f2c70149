"""What is added to the loss for large weights, and the limit on the weights of a unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.engine.parameters import Store
from glassnet.layers import Dense

__all__ = ["Penalties", "limit_norms"]


class Penalties:
    """Penalties on weights, part of the loss: what is printed is what is differentiated.

    ``value = sum_layers f * (l1 * sum |w| + l2 * sum w**2)``, ``dw += f * (l1 * sign(w) + 2 * l2 * w)``

    where ``f`` is the layer's ``decay_factor``. Weights are what weight decay applies to: not biases, not norms.

    Parameters
    ----------
    store : Store
        Holds the parameters and gradients of a built network.
    l1, l2 : float
        Strength of each penalty, at least 0.

    References
    ----------
    Tibshirani (1996), "Regression shrinkage and selection via the lasso"; Hoerl & Kennard (1970), "Ridge regression".
    """

    def __init__(self, store: Store, l1: float, l2: float) -> None:
        self._store, self._l1, self._l2 = store, l1, l2
        self._parts: list[tuple[float, np.ndarray, np.ndarray, np.ndarray]] = []
        for start, stop, factor in self._stretches() if l1 or l2 else ():
            params, grads = store.params[..., start:stop], store.grads[..., start:stop]
            self._parts.append((factor, params, grads, np.empty_like(params)))

    def _stretches(self) -> list[tuple[int, int, float]]:
        """Return contiguous slices of the parameters with one factor each."""
        found: list[tuple[int, int, float]] = []
        for slot in self._store.slots:
            factor = slot.layer.decay_factor if slot.spec.decays else 0.0
            if found and found[-1][2] == factor:
                found[-1] = (found[-1][0], slot.stop, factor)
            else:
                found.append((slot.start, slot.stop, factor))
        return [part for part in found if part[2]]

    def __bool__(self) -> bool:
        return bool(self._parts)

    def value(self) -> Any:
        """Return the penalty, in double precision: a scalar, or (K,) with members."""
        total: Any = np.zeros(self._store.params.shape[:-1])
        for factor, params, _, work in self._parts:
            if self._l1:
                np.abs(params, work)
                total = total + factor * self._l1 * np.add.reduce(work, axis=-1)
            if self._l2:
                total = total + factor * self._l2 * np.vecdot(params, params)
        return total

    def add_gradients(self) -> None:
        """Add the penalty's gradient to that of the loss."""
        for factor, params, grads, work in self._parts:
            if self._l1:
                np.sign(params, work)
                np.multiply(work, grads.dtype.type(factor * self._l1), work)
                np.add(grads, work, grads)
            if self._l2:
                np.multiply(params, grads.dtype.type(2.0 * factor * self._l2), work)
                np.add(grads, work, grads)


def limit_norms(store: Store, max_norm: float) -> None:
    """Scale the weights into each unit of every `Dense` down to a Euclidean norm of ``max_norm``, where it is larger.

    ``W[:, j] *= min(1, max_norm / |W[:, j]|)``; layers that are not trainable stay as they are.

    Parameters
    ----------
    store : Store
        Holds the parameters; written.
    max_norm : float
        Largest norm allowed, above 0.

    References
    ----------
    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from overfitting", section 5.1.
    """
    for slot in store.slots:
        layer = slot.layer
        if isinstance(layer, Dense) and layer.trainable and slot.spec.decays:
            norms = np.sqrt(np.einsum("...ij,...ij->...j", layer.W, layer.W))
            if (norms > max_norm).any():
                factors = (max_norm / np.maximum(norms, max_norm)).astype(norms.dtype)
                np.multiply(layer.W, factors[..., None, :], layer.W)
