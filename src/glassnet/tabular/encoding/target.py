"""Encode the column to predict: labels as class codes or numbers as standardised ones, and decode predictions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import DataError, FormatError, NotFittedError, ShapeError
from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.encoding.forms import read_form
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.encoding.target_choice import infer_task, labels_of, plain_label, scale_of
from glassnet.tabular.encoding.weighting import as_counts
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.frames import column_from_values
from glassnet.tabular.reading.table import Column
from glassnet.tabular.reading.text import as_form, as_kind
from glassnet.utils.checks import check_choice, check_flag
from glassnet.utils.wording import few

__all__ = ["TargetEncoder"]

_FORMAT = 1
_TASKS = ("classification", "regression")
_LABEL_TYPES: dict[str, Any] = {"category": str, "boolean": bool, "number": (int, float)}


class TargetEncoder:
    """Encodes the target column for a loss, and decodes a network's outputs to labels or units.

    Without ``task`` it is *classification* if the column holds text or booleans, or whole numbers with at most 10
    different values in 5 rows or more each on average (or with just two different values); otherwise *regression*. So
    the numbers 0.0 and 1.0 are classes, also the grades 1 to 5 of 100 pupils, but not 40 different years; pass
    ``task=`` if that is wrong.

    Parameters
    ----------
    clip : bool, default=False
        Whether decoded numbers are clipped to the range of the training rows.

    Attributes
    ----------
    task : {"classification", "regression"}
        The kind of task.
    reason : str
        The reason for it; empty if the caller chose it or it comes from a file.
    labels : list of str, bool, int or float
        The labels with the codes 0, 1, ... of a classification, sorted. Whole numbers are int.
    scale : Scale
        Mean and standard deviation of the training rows of a regression.

    Examples
    --------
    >>> target = TargetEncoder().fit(["cat", "dog", "cat"])
    >>> target.task, target.labels, target.transform(["dog", "cat"]).tolist()
    ('classification', ['cat', 'dog'], [1, 0])
    >>> target.decode(np.array([[0.2, 0.8]])).tolist()
    ['dog']
    """

    def __init__(self, *, clip: bool = False) -> None:
        self.clip = check_flag("TargetEncoder", "clip", clip)
        self.name = "target"
        self.kind = ""
        self.form = Form("category")
        self.reason = ""
        self._task: str | None = None
        self._labels: list[Any] = []
        self._scale: Scale | None = None

    # ---- learning -----------------------------------------------------------------------------------------------

    def fit(self, column: Any, task: str | None = None, sample_weight: Any = None) -> TargetEncoder:
        """Fit labels, or the scale, to the target of the training rows.

        A classification may be fitted to all rows, so that a class without any training row gets a code too; a
        regression may not.

        Parameters
        ----------
        column : Column, array, Series or list of shape (n,)
            Without missing values.
        task : {"classification", "regression"}, optional
            Overrides the choice by the values.
        sample_weight : array of shape (n,), optional
            Weights of the rows; see `TableEncoder.fit`.

        Raises
        ------
        DataError
            A value is missing or infinite, all are the same, a regression has no numbers, or a classification has as
            many labels as rows.
        """
        if task is not None:
            check_choice("TargetEncoder.fit", "task", task, _TASKS)
        column = _as_column(column)
        counts = None
        if sample_weight is not None:
            counts = as_counts("TargetEncoder.fit", sample_weight, len(column))
            column, counts = column.take(counts > 0.0), counts[counts > 0.0]
        column = _in_own_words(self._complete(column, "fit"))
        if column.kind == "date":
            message = f"TargetEncoder.fit: the target {column.name!r} holds dates; it must hold labels or numbers."
            raise DataError(message, expected="labels or numbers", got="dates")
        self.name, self.kind = column.name, column.kind
        self.form = column.form or Form(column.kind)
        n_rows = len(column) if counts is None else counts.sum()
        chosen, self.reason = (task, "") if task else infer_task(column, n_rows)
        if chosen == "classification" and column.exact is not None:
            column = replace(as_kind(column, "category", "TargetEncoder"), form=Form("category"))
            self.kind, self.form = "category", Form("category")
        if chosen == "classification":
            self._labels, self._scale = labels_of(column, n_rows), None
        else:
            self._labels, self._scale = [], scale_of(column, counts)
            self.kind = "number"
            self.form = self.form if self.form.kind == "number" else Form("number")
        self._task = chosen
        return self

    def _complete(self, column: Column, method: str) -> Column:
        """Return the column if it has rows and all have a finite value; otherwise raise an error."""
        bad = column.missing.copy()
        what = "missing values"
        if column.kind == "number" and not bad.any():
            bad, what = np.isinf(column.values), "infinite values"
        if not len(bad):
            message = f"TargetEncoder.{method}: the target {column.name!r} has no rows; it must have at least one."
            raise DataError(message, expected="rows", got=0)
        if bad.any():
            count, row = int(bad.sum()), int(bad.argmax())
            must = "it must have a value in every row"
            what = f"{count} {what if count > 1 else what.removesuffix('s')}, the first in {column.rows(row)}"
            message = f"TargetEncoder.{method}: the target {column.name!r} has {what}; {must}. Remove such rows."
            raise DataError(message, expected=must, got=count)
        return column

    # ---- what was learned ---------------------------------------------------------------------------------------

    def _fitted(self) -> str:
        if self._task is None:
            message = "TargetEncoder: the encoder is not fitted. Call fit first."
            raise NotFittedError(message)
        return self._task

    @property
    def task(self) -> str:
        """``"classification"`` or ``"regression"``."""
        return self._fitted()

    @property
    def labels(self) -> list[Any]:
        """The labels of the class codes; empty for a regression."""
        self._fitted()
        return list(self._labels)

    @property
    def scale(self) -> Scale:
        """Mean and standard deviation of a regression's training rows."""
        self._fitted()
        if self._scale is None:
            message = f"TargetEncoder: {self.name!r} is the target of a classification; only a regression has a scale."
            raise NotFittedError(message)
        return self._scale

    @property
    def loss(self) -> str:
        """The loss for a network on this target: ``"cross_entropy"`` or ``"squared_error"``."""
        return "cross_entropy" if self._fitted() == "classification" else "squared_error"

    @property
    def n_outputs(self) -> int:
        """Number of outputs of the network: one per label, or one."""
        return len(self._labels) if self._fitted() == "classification" else 1

    # ---- use ----------------------------------------------------------------------------------------------------

    def transform(self, column: Any) -> np.ndarray:
        """Return ``column`` as int64 class codes of shape (n,), or float32 standardised numbers of shape (n, 1).

        Raises
        ------
        DataError
            A value is missing or infinite, a label that training did not have, or cannot be converted to a number.
        """
        self._fitted()
        where = "TargetEncoder.transform"
        column = self._complete(self.read(column, where), "transform")
        if self._scale is not None:
            z = self._scale.forward(column.values)
            with np.errstate(over="ignore", under="ignore"):
                scaled = z.astype(np.float32)[:, None]
            if np.isfinite(scaled).all():
                return scaled
            row = int(np.argmin(np.isfinite(scaled[:, 0])))
            must = "it must hold numbers near those of training"
            far = f"{column.values[row]} in {column.rows(row)}, which float32 cannot hold scaled"
            message = f"{where}: the target {self.name!r} has {far}; {must}."
            raise DataError(message, expected=must, got=column.values[row])
        codes = {label: code for code, label in enumerate(self._labels)}
        found = np.array([codes.get(value, -1) for value in column.values.tolist()], dtype=np.int64)
        if (found < 0).any():
            row, count = int(np.argmin(found)), int((found < 0).sum())
            value = plain_label(column.values[row])
            must = f"it must be one of {few(map(repr, self._labels))} as in training"
            more = f", and in {count - 1} more" if count > 1 else ""
            advice = "Leave such rows out, or train with them."
            seen = f"{value!r} in {column.rows(row)}{more}"
            message = f"{where}: the target {self.name!r} is {seen}; {must}. {advice}"
            raise DataError(message, expected=self._labels, got=value)
        return found

    def read(self, column: Any, where: str = "TargetEncoder.read") -> Column:
        """Return a column as it would have been read in training: text such as ``"1.586,15 €"`` as the number it was.

        Values may be missing. ``where`` is the start of error messages.

        Raises
        ------
        DataError
            A value cannot be converted.
        """
        self._fitted()
        given = _as_column(column)
        read = as_kind(_in_own_words(as_form(given, self.form, where)), self.kind, where)
        return replace(read, rows=given.rows)

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return the most probable labels for ``outputs``, (n, k) probabilities, or numbers in the target's units.

        Labels are an array of their own type: str objects, bool, int64 or float64.
        """
        outputs = np.asarray(outputs)
        if outputs.ndim != 2 or outputs.shape[1] != self.n_outputs:
            must = f"must have shape (n, {self.n_outputs})"
            message = f"TargetEncoder.decode: outputs have shape {outputs.shape}; they {must}."
            raise ShapeError(message, expected=f"outputs {must}", got=outputs.shape)
        if self._scale is not None:
            return self.in_units(outputs)[:, 0]
        labels: np.ndarray = np.array(self._labels, dtype=object if self.kind == "category" else None)
        return np.asarray(labels[outputs.argmax(axis=1)])

    def in_units(self, outputs: np.ndarray) -> np.ndarray:
        """Return numbers of a regression in the target's units, of any shape, float64.

        Parameters
        ----------
        outputs : ndarray
            Standardised predictions of a network.
        """
        numbers = self.scale.backward(np.asarray(outputs).astype(np.float64))
        return np.clip(numbers, self.scale.low, self.scale.high) if self.clip else numbers

    # ---- as plain data ------------------------------------------------------------------------------------------

    def config(self) -> dict[str, Any]:
        """Return the fitted state, JSON-able."""
        base = {"format": _FORMAT, "task": self.task, "name": self.name, "kind": self.kind}
        clip = {"clip": True} if self.clip else {}
        form = {} if self.form.is_plain and not self.form.missing else {"form": self.form.config()}
        return {**base, **clip, **form, **({"labels": self.labels} if self._scale is None else self._scale.config())}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TargetEncoder:
        """Return the encoder that `config` described.

        Raises
        ------
        FormatError
            Entries are missing or invalid.
        """
        entries = Entries("TargetEncoder.from_config", config)
        entries.choice("format", (_FORMAT,))
        target = cls(clip="clip" in entries.config and entries.flag("clip"))
        target._task = entries.choice("task", _TASKS)
        target.name = entries.text("name")
        target.kind = entries.choice("kind", tuple(_LABEL_TYPES))
        given = entries.config.get("form")
        target.form = Form(target.kind) if given is None else read_form(entries.where, given)
        if target._task == "regression":
            target._scale = Scale.from_config(entries)
            if target.kind != "number":
                message = f"{entries.where}: the 'kind' of a regression is {target.kind!r}; it must be 'number'."
                raise FormatError(message, expected="number", got=target.kind)
            return target
        target._labels = entries.several("labels", _LABEL_TYPES[target.kind], least=2)
        wrong = [label for label in target._labels if isinstance(label, bool) != (target.kind == "boolean")]
        if wrong or any(isinstance(label, float) and not np.isfinite(label) for label in target._labels):
            shown = few(map(repr, target._labels))
            message = f"{entries.where}: 'labels' are {shown}; they must be of kind {target.kind!r}."
            raise FormatError(message, expected=target.kind, got=target._labels)
        return target

    def __repr__(self) -> str:
        return "TargetEncoder()" if self._task is None else f"TargetEncoder(): {self._task} of {self.name!r}"


def _as_column(column: Any) -> Column:
    if isinstance(column, Column):
        return column
    name = getattr(column, "name", None)
    return column_from_values(name if isinstance(name, str) else "target", column)


def _in_own_words(column: Column) -> Column:
    """Return booleans in words other than true and false as these words."""
    if column.kind == "boolean" and column.form is not None and column.form.words:
        return replace(as_kind(column, "category", "TargetEncoder"), form=column.form)
    return column
