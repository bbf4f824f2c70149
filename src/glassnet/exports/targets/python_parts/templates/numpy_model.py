"""Predictions and the self-test in NumPy."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from glassnet.exports.targets.python_parts.templates.features import spelled
from glassnet.exports.targets.python_parts.templates.file_names import (
    DIGEST,
    EXPECTED,
    LABELS,
    MIDDLE,
    NAMES,
    NUMBERS,
    QUANTILES,
    ROWS,
    SETTINGS,
    TOLERANCE,
    Array,
    decide,
)
from glassnet.exports.targets.python_parts.templates.numpy_matrix import compute, read
from glassnet.exports.targets.python_parts.templates.program import label_text, number_texts, title


def decide_classes(y: Array) -> Array:
    """Return the label of the largest probability, the first of equal ones."""
    return np.array(LABELS, dtype=object if isinstance(LABELS[0], str) else None)[y.argmax(axis=1)]


def decide_labels(y: Array) -> Array:
    """Return 1 for each of LABELS that is more probable than not, else 0."""
    return (y > 0.5).astype(int)


def decide_numbers(y: Array) -> Array:
    """Return the numbers, a single one without a second axis."""
    return y[:, 0] if y.shape[1] == 1 else y


def decide_quantiles(y: Array) -> Array:
    """Return the number in the middle of the quantiles."""
    return y[:, MIDDLE].mean(axis=1)


def predict(rows: Any) -> Array:
    """Return the prediction for each row."""
    return decide(compute(read(rows)))


def predict_quantiles(rows: Any) -> Array:
    """Return the quantiles of each row at the levels QUANTILES, in rising order."""
    return compute(read(rows))


def predict_proba(rows: Any) -> Array:
    """Return the probability of each of LABELS for each row."""
    return compute(read(rows))


def predictions(rows: Any, with_probabilities: bool) -> dict[str, list[str]]:
    """Return the columns that the program writes."""
    y = compute(read(rows))
    columns, decided = y.T.tolist(), decide(y)
    if decided.ndim > 1:
        found = {title(name): number_texts(one) for name, one in zip(NAMES, decided.T.tolist())}
    else:
        found = {"prediction": list(map(label_text, decided.tolist())) if LABELS else number_texts(decided.tolist())}
    if LABELS and with_probabilities:
        found.update((f"probability_{name}", number_texts(one)) for name, one in zip(NAMES, columns))
    found.update((f"quantile_{level}", number_texts(one)) for level, one in zip(QUANTILES, columns))
    return found


def selftest() -> int:
    """Return the number of failures: test rows with a wrong output, and 1 if something else has changed."""
    expected = np.array(EXPECTED)
    right = np.abs(compute(ROWS) - expected) <= TOLERANCE * np.maximum(1.0, np.abs(expected))
    return int((~right).any(axis=1).sum()) + (digest(NUMBERS, SETTINGS) != DIGEST)


def digest(numbers: list[Array], rest: list[Any]) -> str:
    """Return the SHA-256 of all that the answers of this file depend on."""
    found = hashlib.sha256(ascii(spelled(rest)).encode())
    for block in numbers:
        found.update(block.astype("<f8").tobytes())
    return found.hexdigest()
