"""Predictions and the self-test in plain Python."""

from __future__ import annotations

import hashlib
from typing import Any

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
    decide,
)
from glassnet.exports.targets.python_parts.templates.plain_matrix import compute, read
from glassnet.exports.targets.python_parts.templates.program import label_text, number_texts, title


def decide_classes(y: list[float]) -> Any:
    """Return the label of the largest probability, the first of equal ones."""
    return LABELS[y.index(max(y))]


def decide_labels(y: list[float]) -> Any:
    """Return 1 for each of LABELS that is more probable than not, else 0."""
    return [int(p > 0.5) for p in y]


def decide_numbers(y: list[float]) -> Any:
    """Return the numbers, a single one without a list around it."""
    return y[0] if len(y) == 1 else y


def decide_quantiles(y: list[float]) -> Any:
    """Return the number in the middle of the quantiles."""
    return sum(y[i] for i in MIDDLE) / len(MIDDLE)


def predict(rows: Any) -> list[Any]:
    """Return the prediction for each row."""
    return [decide(y) for y in compute(read(rows))]


def predict_quantiles(rows: Any) -> list[list[float]]:
    """Return the quantiles of each row at the levels QUANTILES, in rising order."""
    return compute(read(rows))


def predict_proba(rows: Any) -> list[list[float]]:
    """Return the probability of each of LABELS for each row."""
    return compute(read(rows))


def predictions(rows: Any, with_probabilities: bool) -> dict[str, list[str]]:
    """Return the columns that the program writes."""
    outputs = compute(read(rows))
    columns, decided = [[y[i] for y in outputs] for i in range(len(NAMES))], [decide(y) for y in outputs]
    if decided and isinstance(decided[0], list):
        found = {title(name): number_texts([one[i] for one in decided]) for i, name in enumerate(NAMES)}
    else:
        found = {"prediction": list(map(label_text, decided)) if LABELS else number_texts(decided)}
    if LABELS and with_probabilities:
        found.update((f"probability_{name}", number_texts(one)) for name, one in zip(NAMES, columns))
    found.update((f"quantile_{level}", number_texts(one)) for level, one in zip(QUANTILES, columns))
    return found


def selftest() -> int:
    """Return the number of failures: test rows with a wrong output, and 1 if something else has changed."""
    failures = 0
    for y, expected in zip(compute(ROWS), EXPECTED):
        failures += not all(abs(a - b) <= TOLERANCE * max(1.0, abs(b)) for a, b in zip(y, expected))
    return failures + (digest(NUMBERS, SETTINGS) != DIGEST)


def digest(numbers: list[Any], rest: list[Any]) -> str:
    """Return the SHA-256 of all that the answers of this file depend on."""
    return hashlib.sha256(ascii((numbers, spelled(rest))).encode()).hexdigest()
