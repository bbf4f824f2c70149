"""The answer for one row, or for several, as plain data for a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.predictor import Predictor
from glassnet.tabular.reading.table import Table

__all__ = ["Answer", "answer_of", "answers_of", "plain_label"]

_CHECKED = 10  # rows together: of more, what is odd about a single one may be passed over


class Answer(TypedDict, total=False):
    """What a model says about one row; `json.dumps` takes it as it is.

    ``label`` and ``probabilities``, by label, are there for a classification, ``number`` for a regression, and
    ``quantiles``, by level, if the model predicts them; ``warnings`` always. A network with several labels at once has
    ``labels``, those above 0.5, and one with several numbers ``numbers``, by name.
    """

    label: Any
    labels: list[Any]
    probabilities: dict[Any, float]
    number: float
    numbers: dict[str, float]
    quantiles: dict[float, float]
    warnings: list[str]


def answer_of(model: Predictor, table: Table, labels: Sequence[Any], where: str) -> Answer:
    """Return the answer for a table of one row; ``labels`` are those of a classification, in the order of its codes."""
    if table.n_rows != 1:
        message = f"{where}: row has {table.n_rows} rows; it must be one row. Use predict for several."
        raise DataError(message, expected=1, got=table.n_rows)
    return answers_of(model, table, labels)[0]


def answers_of(model: Predictor, table: Table, labels: Sequence[Any]) -> list[Answer]:
    """Return an answer for each row of a table, as `answer_of` does for one."""
    outputs = model.answers(model.encoder.transform(table))
    found: list[Answer] = [{} for _ in range(table.n_rows)]
    if labels:
        keys = [plain_label(label) for label in labels]
        for answer, shares in zip(found, outputs, strict=True):
            answer["label"] = keys[int(shares.argmax())]
            # The text of a float32 is its shortest one, which the float64 of the same number has not.
            answer["probabilities"] = {key: float(str(p)) for key, p in zip(keys, shares, strict=True)}
    else:
        for answer, number in zip(found, model.numbers(outputs).tolist(), strict=True):
            answer["number"] = number
    if model.levels is not None:
        for answer, edges in zip(found, model.target.in_units(outputs).tolist(), strict=True):
            answer["quantiles"] = dict(zip(model.levels, edges, strict=True))
    rest = table.drop([model.target.name]) if model.target.name in table else table
    for start in range(0, table.n_rows, _CHECKED):
        part = rest.take(slice(start, start + _CHECKED)) if table.n_rows > _CHECKED else rest
        everything = model.encoder.check(part)
        several = everything and part.n_rows > 1
        for i, answer in enumerate(found[start : start + _CHECKED]):
            answer["warnings"] = model.encoder.check(part.take(slice(i, i + 1))) if several else everything
    return found


def plain_label(label: Any) -> Any:
    """Return a label as text, number or bool of Python."""
    label = label.item() if isinstance(label, np.generic) else label
    return label if isinstance(label, (str, int, float)) else str(label)
