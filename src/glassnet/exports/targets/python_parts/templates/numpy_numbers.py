"""Steps of a network in NumPy."""

from __future__ import annotations

import base64

import numpy as np

from glassnet.exports.targets.python_parts.templates.file_names import Array


def unpacked(shape: tuple[int, ...], text: str, kind: str = "<f4") -> Array:
    """Return the array whose numbers, little-endian, are packed in a text of base64."""
    numbers = np.frombuffer(base64.b64decode(text), kind)
    return numbers.reshape(shape).astype(int if kind == "<i4" else float)


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + exp(-z)), in the form that cannot overflow."""
    return (1.0 + np.tanh(z / 2.0)) / 2.0


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
