"""Steps of a network in NumPy."""

from __future__ import annotations

import base64

import numpy as np

from glassnet.exports.targets.python_parts.templates.file_names import Array
from glassnet.exports.targets.python_parts.templates.rows import Unreadable


def unpacked(shape: tuple[int, ...], text: str, kind: str = "<f4") -> Array:
    """Return the array whose numbers, little-endian, are packed in a text of base64."""
    numbers = np.frombuffer(base64.b64decode(text), kind)
    return numbers.reshape(shape).astype(int if kind == "<i4" else float)


def embedded(codes: Array, table: Array) -> Array:
    """Return the row of the table for each code: codes (n, m) or (n, G or 1, m), table (c, d) or (G, c, d)."""
    places = codes.astype(int)
    if (places != codes).any() or (places < 0).any() or (places >= table.shape[-2]).any():
        raise Unreadable(f"codes are out of range; they must be whole numbers from 0 to {table.shape[-2] - 1}")
    return table[places] if table.ndim == 2 else table[np.arange(len(table))[:, None], places]


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + exp(-z)), in the form that never overflows."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def softmax(z: Array) -> Array:
    """Return probabilities in proportion to exp(z), along the last axis."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def normalised(x: Array, eps: float) -> Array:
    """Return x at mean 0 and variance 1 along the last axis."""
    far = x - x.mean(axis=-1, keepdims=True)
    return far / np.sqrt(np.square(far).mean(axis=-1, keepdims=True) + eps)


def grouped(x: Array, W: Array, b: Array) -> Array:
    """Return x @ W + b with weights of its own for each group: x (n, G or 1, R, d), W (G, d, e), b (G, e) or None."""
    n, groups, rows, d = x.shape
    y = x.swapaxes(0, 1).reshape(groups, n * rows, d) @ W
    if b is not None:
        y = y + b[:, None, :]
    return y.reshape(len(W), n, rows, W.shape[2]).swapaxes(0, 1)
