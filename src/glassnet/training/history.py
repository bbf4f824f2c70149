"""The record of a run, epoch by epoch."""

from __future__ import annotations

import copy
import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import ConfigError, FormatError
from glassnet.metrics import METRICS
from glassnet.training.findings import Diagnosis
from glassnet.utils.checks import check_choice
from glassnet.utils.keywords import unknown_attribute
from glassnet.utils.short_text import count
from glassnet.utils.suggestions import suggestion
from glassnet.utils.text_table import table_lines
from glassnet.utils.wording import plain_data

__all__ = ["History", "column_advice", "has_value", "listed", "mean_value"]


class History:
    """One row per epoch, over all calls of ``fit``.

    Attributes
    ----------
    columns : dict of str to list
        ``"loss"`` and ``"learning_rate"``, and with validation data ``"valid_loss"`` and each metric as
        ``"valid_accuracy"``; with ``metrics=`` also ``"accuracy"``, of the training rows. Values are floats, or lists
        of K floats with members; NaN where an epoch has none, so that ``np.array(history["valid_loss"])`` is an array
        of floats after any sequence of fits.
    best_epoch : int or list of int or None
        The epoch, counted from 1, that early stopping found best; a later ``fit`` without early stopping leaves it.
    kept_epoch : int or list of int or None
        The same where the last ``fit`` ended with the weights of that epoch, as `EarlyStopping` does by default; None
        where the network has other weights, and in a history from a file of version 0.1.
    stop_reason : str
        How the last ``fit`` ended: ``"finished"``, ``"early stopping"``, ``"time"``, ``"interrupted"``, or what a
        callback said.
    seconds : float
        Time in all calls of ``fit``.
    threads : int or None
        BLAS threads of the last ``fit``.
    notes : list of str
        What else should be known of the run, such as a change of threads between two fits.
    findings : Diagnosis
        What the last fit found wrong; empty with ``diagnose=False``, and in a history from a file.
    """

    findings: Diagnosis = Diagnosis(unexamined="no training was watched")
    kept_epoch: Any = None  # pickles and files of version 0.1 have none

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {}
        self.best_epoch: Any = None
        self.kept_epoch: Any = None
        self.stop_reason = ""
        self.seconds = 0.0
        self.threads: int | None = None
        self.notes: list[str] = []

    @property
    def epochs(self) -> int:
        """Epochs trained so far."""
        return max(map(len, self.columns.values()), default=0)

    def __len__(self) -> int:
        return self.epochs

    def __getitem__(self, column: str) -> list[Any]:
        if not self.columns:
            fact = f"there is no column {column!r}: no epoch is recorded"
            message = (
                f"History: {fact}; a file holds a history only if it was saved with training_state=True. Call fit."
            )
            raise ConfigError(message, got=column)
        return self.columns[
            check_choice("History", "column", column, self.columns, column_advice(column, self.columns))
        ]

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    if not TYPE_CHECKING:  # a checker would take every attribute for one that exists

        def __getattr__(self, name: str) -> Any:
            error = unknown_attribute(type(self), name)
            if name.startswith("_") or not str(error).endswith(f" has no {name}."):
                raise error
            near = suggestion(name, vars(self).get("columns", ()), "history[{!r}]".format)
            message = f"{error} {near}".rstrip()
            raise AttributeError(message)

    def _record(self, row: dict[str, Any]) -> None:
        """Append one epoch."""
        if row.keys() == self.columns.keys():
            for name, value in row.items():
                self.columns[name].append(value)
        else:
            self._extend({name: [value] for name, value in row.items()})

    def _extend(self, columns: dict[str, list[Any]]) -> None:
        """Append several epochs, columns of the same length."""
        before, more = self.epochs, max(map(len, columns.values()), default=0)
        for name in dict.fromkeys([*self.columns, *columns]):
            new = columns.get(name) or _gaps(self.columns[name], more)
            self.columns.setdefault(name, _gaps(new, before)).extend(new)

    def _complete(self, row: dict[str, Any]) -> None:
        """Add values to the newest epoch."""
        for name, value in row.items():
            self.columns.setdefault(name, _gaps([value], self.epochs))[-1] = value

    @property
    def last(self) -> dict[str, Any]:
        """The newest epoch's row, NaN where it has no value."""
        return {name: values[-1] for name, values in self.columns.items()}

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per epoch, its number from 1 first: what a frame of pandas or polars is made of.

        NaN stands where an epoch has no value.
        """
        return [
            {"epoch": epoch + 1, **{name: copy.copy(values[epoch]) for name, values in self.columns.items()}}
            for epoch in range(self.epochs)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return a copy of everything that JSON can hold: None stands for what is no finite number."""
        kept = {name: value for name, value in vars(self).items() if name not in ("columns", "findings")}
        return {"columns": plain_data(self.columns), **copy.deepcopy(kept)}

    @classmethod
    def from_dict(cls, entries: dict[str, Any]) -> History:
        """Return the history that `to_dict` described."""
        history = cls()
        if not isinstance(entries, dict):
            message = f"History: it is {entries!r}; it must be a dict."
            raise FormatError(message, got=entries)
        for name, default in vars(history).items():
            if name not in entries and name in vars(cls):
                continue
            if name not in entries:
                message = f"History: there is no entry for {name}."
                raise FormatError(message, expected=name)
            value = entries[name]
            if name not in ("best_epoch", "kept_epoch", "threads") and not isinstance(value, type(default)):
                message = f"History: {name} is {value!r}; it must be of type {type(default).__name__}."
                raise FormatError(message, got=value)
            setattr(history, name, value)
        history._check()
        history.columns = {name: _filled(values) for name, values in history.columns.items()}
        return history

    def _check(self) -> None:
        """Refuse what a damaged file may have put here."""
        if len({len(values) if isinstance(values, list) else -1 for values in self.columns.values()}) > 1:
            message = "History: columns differ in length; they must be lists of the same length."
            raise FormatError(message)
        for name, values in self.columns.items():
            if not isinstance(values, list) or not all(map(_is_cell, values)):
                message = f"History: the column {name!r} holds something else than numbers."
                raise FormatError(message, got=values)
        found = (self.best_epoch, self.kept_epoch)
        epochs = [epoch for each in found for epoch in (each if isinstance(each, list) else [each])]
        if not all(count is None or (type(count) is int and count >= 0) for count in (*epochs, self.threads)):
            fact = f"best_epoch, kept_epoch and threads are {found[0]!r}, {found[1]!r} and {self.threads!r}"
            message = f"History: {fact}; they must be whole numbers."
            raise FormatError(message, got=(*found, self.threads))
        if not all(isinstance(note, str) for note in self.notes):
            message = "History: notes holds something else than texts."
            raise FormatError(message, got=self.notes)

    def table(self) -> str:
        """Return the rows as text, one line per epoch; ``-`` where an epoch has no value."""
        rows = [
            [str(epoch + 1), *map(_show, row)] for epoch, row in enumerate(zip(*self.columns.values(), strict=True))
        ]
        return "\n".join(table_lines([["epoch", *self.columns], *rows], align=">", at_least=(5, 14)))

    def _repr_html_(self) -> str:
        from glassnet.training.history_html import html_of_history

        return html_of_history(self)

    def __repr__(self) -> str:
        if not self.epochs:
            return "History(0 epochs)"
        trained = count(self.epochs, "epoch")
        last = ", ".join(f"{name}={_show(value)}" for name, value in self.last.items() if has_value(value))
        return f"History({trained}, {self.seconds:.1f} s, {self.stop_reason}: {last})"


def column_advice(column: Any, columns: Collection[str]) -> str:
    """Return what must be passed to `fit` for a column of a metric, or where else it is; "" if there is no advice."""
    metric = str(column).removeprefix("valid_")
    if column in ("epoch", "epochs"):
        return "history.epochs is the number of epochs."
    if column in columns or (metric not in METRICS and metric != "loss"):
        return ""
    if metric != column and "valid_loss" not in columns:
        return "Pass validation_data to fit."
    return f"Pass metrics=[{metric!r}] to fit." if metric != "loss" else ""


def listed(value: Any) -> Any:
    """Return a float, or a list of floats with members: what JSON can hold."""
    if isinstance(value, np.ndarray) and value.ndim:
        return value.ravel().astype(np.float64).tolist()
    return float(value)


def has_value(cell: Any) -> bool:
    """Return whether an epoch has a value in this cell of a column: a number that is not NaN, for some member."""
    return any(map(has_value, cell)) if isinstance(cell, list) else not math.isnan(cell)


def mean_value(cell: Any) -> float:
    """Return a cell of a column as one number, the mean over members that have a value; NaN if there is none."""
    if not isinstance(cell, list):
        return float(cell)
    known = [value for value in cell if has_value(value)]
    return sum(known) / len(known) if known else math.nan


def _gaps(like: list[Any], n: int) -> list[Any]:
    """Return cells for ``n`` epochs without a value in a column ``like`` this: NaN, or one for each member."""
    first = like[0] if like else math.nan
    return [[math.nan] * len(first) if isinstance(first, list) else math.nan for _ in range(n)]


def _filled(values: list[Any]) -> list[Any]:
    """Return a column of a file, where None stands for NaN, as it is in memory."""
    like = [value for value in values if isinstance(value, list)]
    return [
        _gaps(like, 1)[0] if value is None
        else [math.nan if number is None else number for number in value] if isinstance(value, list)
        else value
        for value in values
    ]  # fmt: skip


def _is_cell(value: Any) -> bool:
    """Return whether a value is what one epoch may have in a file: a number, one per member, or None."""
    if isinstance(value, list):
        return bool(value) and all(number is None or type(number) in (float, int) for number in value)
    return value is None or type(value) in (float, int)


def _show(value: Any) -> str:
    if not has_value(value):
        return "-"
    if isinstance(value, list):
        known = [number for number in value if has_value(number)]
        return f"{min(known):.4g}..{max(known):.4g}"
    return f"{value:.4g}"
