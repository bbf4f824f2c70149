"""Answers of a model to records of a request."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.exports.lowering.lowering import lower, predictions
from glassnet.exports.measuring import check_plan
from glassnet.exports.plan import Plan
from glassnet.exports.proof import made_up_rows
from glassnet.exports.referee import interpret
from glassnet.serving.cells import checked_cell, kind_of, read_together, shown
from glassnet.serving.limits import Refusal
from glassnet.serving.warning import in_words
from glassnet.tabular.one_row import Answer, answers_of, plain_label
from glassnet.tabular.predictor import Predictor
from glassnet.utils.suggestions import did_you_mean, nearest
from glassnet.utils.wording import few, shortened

__all__ = ["Answering", "answering_of"]

_MEASURED = 256  # rows on which errors are measured
_AT_ONCE = 250  # rows, between which work that nobody waits for ends
_ROW = re.compile(r" in row (\d+) \(counted from 0\)")
_ADVICE = re.compile(r"If that means no value, pass .*", re.DOTALL)  # this and the next for those who call Python
_CALL = r"to_table\([^()]*\)(?:,? (?:or )?to_table\([^()]*\))*"
_CALLS = re.compile(rf" \({_CALL}\)| Pass {_CALL}\.")


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

    def answers(self, records: Sequence[Any], check: Callable[[], None] = lambda: None) -> list[Answer]:
        """Return an answer for each record; ``check`` is called between parts of the work, and may end it.

        Raises
        ------
        Refusal
            A record is not one that the model reads.
        """
        raise NotImplementedError

    def check_names(self, record: Any, where: str) -> None:
        """Refuse a record that is no object with all names and no others; what is missing is null."""
        if not isinstance(record, dict):
            message = f"{where} is {kind_of(record)}; it must be an object with a value for each column."
            raise Refusal(422, message)
        unknown = [name for name in record if name not in self.names]
        if unknown:
            free = [name for name in self.names if name not in record]
            near = did_you_mean(nearest(unknown[0], free), repr)
            known = near or f"The columns are {few(map(repr, self.names))}."
            message = f"{where} has the unknown column {shown(unknown[0])}. {known}"
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
        self._forms = {field.name: field.form for field in plan.fields}

    def answers(self, records: Sequence[Any], check: Callable[[], None] = lambda: None) -> list[Answer]:
        rows, several = [], len(records) > 1
        for i, record in enumerate(records, start=1):
            where = f"record {i}" if several else "the record"
            self.check_names(record, where)
            forms = self._forms.items()
            rows.append({name: checked_cell(record[name], form, f"{shown(name)} of {where}") for name, form in forms})
        found: dict[int, Answer] = {}
        for places in read_together(rows, self._forms):
            for start in range(0, len(places), _AT_ONCE):
                check()
                part = places[start : start + _AT_ONCE]
                answers = self._read([rows[i] for i in part], part if several else [])
                found.update(zip(part, answers, strict=True))
        return [found[i] for i in range(len(rows))]

    def _read(self, rows: list[dict[str, Any]], places: list[int]) -> list[Answer]:
        """Return the answers for checked rows, which are the records at these places."""
        try:
            found = answers_of(self._model, self._model.table(rows), self._labels)
        except (GlassnetError, OverflowError) as error:
            raise Refusal(422, _sentence(error, places)) from error
        for answer in found:
            answer["warnings"] = [in_words(warning, self._forms) for warning in answer["warnings"]]
        return found


class _OfNumbers(Answering):
    """Answers of a network or an estimator, whose records are lists of numbers, or objects if they have names."""

    def __init__(self, plan: Plan, exact: Plan) -> None:
        super().__init__(plan)
        self._exact = exact
        self._n = len(plan.fields) or plan.x.size

    def answers(self, records: Sequence[Any], check: Callable[[], None] = lambda: None) -> list[Answer]:
        rows = self._plain_rows(records)
        if rows is None:
            rows = np.empty((len(records), self._n))
            for i, record in enumerate(records):
                rows[i] = self._row(record, f"record {i + 1}" if len(records) > 1 else "the record")
        found: list[Answer] = []
        for start in range(0, len(rows), _AT_ONCE):
            check()
            found += self._answers(rows[start : start + _AT_ONCE])
        return found

    def _answers(self, rows: np.ndarray) -> list[Answer]:
        cells = {field.name: rows[:, j] for j, field in enumerate(self.plan.fields)}
        with np.errstate(all="ignore"):
            outputs = interpret(self._exact, cells or rows)
        if not np.isfinite(outputs).all():
            raise Refusal(422, "some numbers are too large for an answer of the model; they must be smaller.")
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
            got = kind_of(record)
            if isinstance(record, list):
                got = f"a list of {len(record):,}" if record else "an empty list"
            raise Refusal(422, f"{where} is {got}; it must be a list of {n:,} numbers.")
        for j, number in enumerate(record, start=1):
            if number is None and self.plan.fields:
                continue  # the model fills in what is missing
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise Refusal(422, f"number {j:,} of {where} is {kind_of(number)}; it must be a number.")
            if not abs(number) < math.inf:
                raise Refusal(422, f"number {j:,} of {where} is too large; it must be one that a computer holds.")
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
    if isinstance(inner, Predictor):
        return _OfTable(plan, inner)
    exact = lower(model, name, dtype=np.float64)
    rows = made_up_rows(plan, _MEASURED)
    check_plan(exact, rows, predictions(model, plan, rows), "serve")
    return _OfNumbers(plan, exact)


def _sentence(error: Exception, places: Sequence[int]) -> str:
    """Return the text of an error of reading, in the words of a client that sends records."""
    text = re.sub(r"^[A-Za-z_.]+: ", "", str(error))
    text = _ADVICE.sub("Send null for a value that is not known.", text)
    text, n = _CALLS.subn("", text)
    text += " Send numbers as numbers, and dates as 2024-05-31." if n else ""
    text = _ROW.sub(lambda row: f" in record {places[int(row[1])] + 1}" if places else "", text)
    return shortened(text, 500, "...")
