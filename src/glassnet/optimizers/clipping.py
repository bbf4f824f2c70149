"""Gradient clipping by norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.optimizers.base import Group

__all__ = ["clip_gradients"]

_BLOCK = 2048


def clip_gradients(grads: np.ndarray, clip_norm: float, groups: list[Group]) -> Any:
    """Scale the gradient down to a Euclidean norm of ``clip_norm`` if it is longer; return whether it was.

    ``g *= min(1, clip_norm / |g|)``, where the norm is over all that is trainable; with members each has its own, and
    the result has the shape (K,).

    Examples
    --------
    >>> g = np.array([6.0, 8.0])
    >>> clip_gradients(g, 5.0, [Group(0, 2)]), g.tolist()
    (True, [3.0, 4.0])
    """
    spans = [slice(group.start, group.stop) for group in groups if group.trainable]
    if grads.ndim == 2:
        return np.array([_clip(row, clip_norm, spans) for row in grads])
    return _clip(grads, clip_norm, spans)


def _clip(g: np.ndarray, clip_norm: float, spans: list[slice]) -> bool:
    norm = float(np.sqrt(sum(_square(g[span]) for span in spans)))
    if norm <= clip_norm:
        return False
    for span in spans:
        np.multiply(g[span], g.dtype.type(clip_norm / norm), g[span])
    return True


def _square(g: np.ndarray) -> float:
    """Return ``sum(g**2)`` in double precision, where squares of float32 cannot overflow."""
    total = 0.0
    for start in range(0, g.size, _BLOCK):
        block = g[start : start + _BLOCK].astype(np.float64)
        total += float(block.dot(block))
    return total
