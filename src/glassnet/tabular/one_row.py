"""The answer for one row as plain data, for a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from glassnet.errors import DataError
from glassnet.tabular.predictor import Predictor
from glassnet.tabular.reading.table import Table

__all__ = ["Answer", "answer_of"]


class Answer(TypedDict, total=False):
    """What a model says about one row; `json.dumps` takes it as it is.

    ``label`` and ``probabilities``, by label, are there for a classification, ``number`` for a regression, and
    ``quantiles``, by level, if the model predicts them; ``warnings`` always.
    """

    label: Any
    probabilities: dict[Any, float]
    number: float
    quantiles: dict[float, float]
    warnings: list[str]


def answer_of(model: Predictor, table: Table, labels: Sequence[Any], where: str) -> Answer:
    """Return the answer for a table of one row; ``labels`` are those of a classification, in the order of its codes."""
    if table.n_rows != 1:
        message = f"{where}: row must be one row, got {table.n_rows}. Use predict for several."
        raise DataError(message, expected=1, got=table.n_rows)
    outputs = model.answers(model.encoder.transform(table))
    answer: Answer = {}
    if labels:
        keys = [_plain(label) for label in labels]
        answer["label"] = keys[int(outputs[0].argmax())]
        # The text of a float32 is its shortest one, which the float64 of the same number has not.
        answer["probabilities"] = {key: float(str(p)) for key, p in zip(keys, outputs[0], strict=True)}
    else:
        answer["number"] = float(model.numbers(outputs)[0])
    if model.levels is not None:
        edges = model.target.in_units(outputs)[0].tolist()
        answer["quantiles"] = dict(zip(model.levels, edges, strict=True))
    rest = table.drop([model.target.name]) if model.target.name in table else table
    answer["warnings"] = model.encoder.check(rest)
    return answer


def _plain(label: Any) -> Any:
    """Return a label as text, number or bool of Python."""
    label = label.item() if isinstance(label, np.generic) else label
    return label if isinstance(label, (str, int, float)) else str(label)
