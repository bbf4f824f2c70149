"""Answers of a model to records of a request."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.exports.lowering.lowering import lower
from glassnet.exports.plan import Plan
from glassnet.exports.referee import interpret
from glassnet.serving.limits import Refusal
from glassnet.tabular.one_row import Answer, answers_of, plain_label
from glassnet.tabular.predictor import Predictor
from glassnet.utils.suggestions import did_you_mean, nearest
from glassnet.utils.wording import few, shortened

__all__ = ["Answering", "answering_of"]

_LONGEST = 1000  # characters of a cell that is text
_SHOWN = 60  # characters of what a client sent that are shown again


class Answering:
    """Answers for the records of a request; a model of a table and one of plain numbers each have a class.

    Attributes
    ----------
    plan : Plan
        What the model reads and what its answers are.
    names : tuple of str
        The names of a record, none if it is a list of numbers.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.names = tuple(field.name for field in plan.fields) or plan.inputs

    def answers(self, records: Sequence[Any]) -> list[Answer]:
        """Return an answer for each record.

        Raises
        ------
        Refusal
            A record is not one that the model reads.
        """
        raise NotImplementedError

    def check_names(self, record: Any, where: str) -> None:
        """Refuse a record that is no object with all names and no others; what is missing is null."""
        if not isinstance(record, dict):
            message = f"{where} must be an object with a value for each column, got {_kind(record)}."
            raise Refusal(422, message)
        unknown = [name for name in record if name not in self.names]
        if unknown:
            free = [name for name in self.names if name not in record]
            near = did_you_mean(nearest(unknown[0], free), repr)
            known = near or f"The columns are {few(map(repr, self.names))}."
            message = f"{where} has the unknown column {_shown(unknown[0])}. {known}"
            raise Refusal(422, message)
        absent = [name for name in self.names if name not in record]
        if absent:
            what = "the column" if len(absent) == 1 else "the columns"
            message = f"{where} lacks {what} {few(map(repr, absent))}. Send null for a value that is not known."
            raise Refusal(422, message)


class _OfTable(Answering):
    """Answers of a model of a table, as of `TableModel.predict_one`."""

    def __init__(self, plan: Plan, model: Predictor) -> None:
        super().__init__(plan)
        self._model, self._labels = model, model.target.labels
        self._numbers = {field.name for field in plan.fields if field.kind in ("number", "date")}

    def answers(self, records: Sequence[Any]) -> list[Answer]:
        for i, record in enumerate(records, start=1):
            where = f"record {i}" if len(records) > 1 else "the record"
            self.check_names(record, where)
            for name, cell in record.items():
                _check_cell(cell, f"{_shown(name)} of {where}")
                if isinstance(cell, bool) and name in self._numbers:
                    got = "true" if cell else "false"
                    raise Refusal(422, f"{_shown(name)} of {where} must be a number, a text or null, got {got}.")
        try:
            return answers_of(self._model, self._model.table(list(records)), self._labels)
        except (GlassnetError, OverflowError) as error:
            raise Refusal(422, _sentence(error)) from error


def _check_cell(cell: Any, where: str) -> None:
    """Refuse what is no cell of a table."""
    if isinstance(cell, (dict, list)):
        message = f"{where} must be a number, a text, true, false or null, got {_kind(cell)}."
        raise Refusal(422, message)
    if isinstance(cell, str) and len(cell) > _LONGEST:
        message = f"{where} must have at most {_LONGEST:,} characters, got {len(cell):,}."
        raise Refusal(422, message)
    if isinstance(cell, (int, float)) and not abs(cell) < math.inf:
        raise Refusal(422, f"{where} must be a number that a computer holds, got a larger one.")


class _OfNumbers(Answering):
    """Answers of a network or an estimator, whose records are lists of numbers, or objects if they have names."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._n = len(plan.fields) or plan.x.size

    def answers(self, records: Sequence[Any]) -> list[Answer]:
        rows = self._plain_rows(records)
        if rows is None:
            rows = np.empty((len(records), self._n))
            for i, record in enumerate(records):
                rows[i] = self._row(record, f"record {i + 1}" if len(records) > 1 else "the record")
        cells = {field.name: rows[:, j] for j, field in enumerate(self.plan.fields)}
        with np.errstate(all="ignore"):
            outputs = interpret(self.plan, cells or rows)
        if not np.isfinite(outputs).all():
            raise Refusal(422, "the numbers must be such that the model has an answer, got some that are too large.")
        return [self._answer(row) for row in outputs.tolist()]

    def _plain_rows(self, records: Sequence[Any]) -> np.ndarray | None:
        """Return records that are lists of numbers and nothing else; None for others, of which `_row` knows more."""
        for record in records:
            if not isinstance(record, list) or len(record) != self._n or not {*map(type, record)} <= {float, int}:
                return None
        rows = np.array(records, dtype=np.float64)
        return rows if np.isfinite(rows).all() else None

    def _row(self, record: Any, where: str) -> list[float]:
        if isinstance(record, dict) and self.names:
            self.check_names(record, where)
            record = [record[name] for name in self.names]
        n = self._n
        if not isinstance(record, list) or len(record) != n:
            got = f"{len(record):,}" if isinstance(record, list) else _kind(record)
            raise Refusal(422, f"{where} must be a list of {n:,} numbers, got {got}.")
        for j, number in enumerate(record, start=1):
            if number is None and self.plan.fields:
                continue  # the model fills in what is missing
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise Refusal(422, f"number {j:,} of {where} must be a number, got {_kind(number)}.")
            if not abs(number) < math.inf:
                raise Refusal(422, f"number {j:,} of {where} must be one that a computer holds, got a larger one.")
        return [math.nan if number is None else number for number in record]

    def _answer(self, outputs: list[float]) -> Answer:
        """Return the answer for the outputs of one row."""
        about = self.plan.answer
        if about.kind in ("classes", "labels"):
            labels = [plain_label(label) for label in about.labels]
            shares = dict(zip(labels, outputs, strict=True))
            if about.kind == "labels":
                there = [label for label, share in shares.items() if share > 0.5]
                return {"labels": there, "probabilities": shares, "warnings": []}
            return {"label": max(shares, key=lambda label: shares[label]), "probabilities": shares, "warnings": []}
        if about.kind == "quantiles":
            middle = [outputs[place] for place in about.middle]
            quantiles = dict(zip(about.levels, outputs, strict=True))
            return {"number": sum(middle) / len(middle), "quantiles": quantiles, "warnings": []}
        if len(outputs) == 1:
            return {"number": outputs[0], "warnings": []}
        return {"numbers": dict(zip(about.names, outputs, strict=True)), "warnings": []}


def answering_of(model: Any, name: str) -> Answering:
    """Return what answers for a model: a `TableModel`, a network, an ensemble, or an estimator of this library."""
    plan = lower(model, name)
    inner = getattr(model, "model_", model)  # that of a `TabularClassifier` or `TabularRegressor`
    return _OfTable(plan, inner) if isinstance(inner, Predictor) else _OfNumbers(plan)


def _sentence(error: Exception) -> str:
    """Return the text of an error without the name of our function in front of it."""
    return shortened(re.sub(r"^[A-Za-z_.]+: ", "", str(error)), 500, "...")


def _kind(value: Any) -> str:
    """Return what a value of JSON is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "a text" if isinstance(value, str) else "a number"


def _shown(text: str) -> str:
    return repr(shortened(text, _SHOWN, "..."))
