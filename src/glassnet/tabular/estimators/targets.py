"""Convert the y of scikit-learn's estimators, labels of any kind or numbers, to a column of one kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.validation import column_or_1d

from glassnet.errors import ConfigError, DataError
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.encoding.target_choice import advice_on_text
from glassnet.tabular.estimators.inputs import as_array
from glassnet.tabular.reading.frames import column_from_values
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.shown_cells import shown_cell
from glassnet.tabular.reading.table import Column
from glassnet.tabular.reading.text import as_form
from glassnet.utils.checks import check_number
from glassnet.utils.wording import few

__all__ = [
    "errors_of_estimator",
    "find_classes",
    "label_column",
    "number_column",
    "one_per_row",
    "target_name",
    "weights_by_code",
]

_MOST_EXACT = 2**53  # whole numbers up to here are exact in float64
_READ = re.compile(r"\bread=\{.*: 'number'\}")
_NO_GROUP = "split: the rows are of "


@contextmanager
def errors_of_estimator(where: str) -> Iterator[None]:
    """Let errors about targets and groups name the method ``where``, and advise what estimators have.

    Examples
    --------
    >>> with errors_of_estimator("TabularClassifier.fit"):
    ...     raise DataError("TargetEncoder.fit: Choose another column, or task='regression' for numbers.")
    Traceback (most recent call last):
    ...
    glassnet.errors.DataError: TabularClassifier.fit: Choose another column, or TabularRegressor for numbers.
    """
    try:
        yield
    except DataError as error:
        start, _, rest = str(error).partition(": ")
        if str(error).startswith(_NO_GROUP):
            rest += " Leave groups out, or pass validation_data=(X, y) in their place."
        elif not start.startswith(("TargetEncoder", "TableEncoder")):
            raise
        rest = rest.replace("that the encoder needs", "that the model needs")
        rest = rest.replace("task='regression'", "TabularRegressor").replace(
            "task='classification'", "TabularClassifier"
        )
        message = f"{where}: {_READ.sub(lambda found: f'TabularRegressor({found[0]})', rest)}"
        raise DataError(message, expected=error.expected, got=error.got) from error


def target_name(y: Any, taken: list[str]) -> str:
    """Return the name of the target: that of its Series, with underscores added if a column of X has it.

    Examples
    --------
    >>> target_name([1, 2], ["target"])
    'target_'
    """
    label = next(iter(y.columns)) if hasattr(type(y), "columns") else getattr(y, "name", None)
    name = label if isinstance(label, str) and label.strip() else "target"
    while name in taken:
        name += "_"
    return name


def one_per_row(where: str, y: Any) -> np.ndarray:
    """Return targets as an array (n,), those of shape (n, 1) with scikit-learn's warning; others raise an error."""
    if y is None:
        message = f"{where} requires y to be passed, but the target y is None."
        raise DataError(message, expected="targets", got=None)
    values = None if isinstance(y, dict) else as_array(y)
    if values is not None and values.ndim == 2 and values.shape[1] == 1:
        column_or_1d(values, warn=True)
        values = values[:, 0]
    if values is None or values.ndim != 1:
        must = "y should be a 1d array, with one target for each row"
        got = f"of type {type(y).__name__}" if values is None or not values.ndim else f"of shape {values.shape}"
        advice = f" Pass the column itself: X.pop({y!r})" if isinstance(y, str) else ""
        if values is not None and values.ndim:
            kind = "Classifier" if "Classifier" in where else "Regressor"
            advice = f" Wrap the estimator: MultiOutput{kind}(Tabular{kind}())."
        message = f"{where}: y is {got}; {must}.{advice}"
        raise DataError(message, expected=must, got=got)
    if isinstance(values, np.ma.MaskedArray) and np.ma.getmaskarray(values).any():
        cells = zip(values.data.tolist(), np.ma.getmaskarray(values), strict=True)
        values = np.fromiter((None if gone else cell for cell, gone in cells), object, len(values))
    return np.asarray(values)


def label_column(where: str, name: str, values: np.ndarray, options: ReadOptions) -> Column:
    """Return labels as a column; whole numbers not exact in float64 become text, fractions raise an error."""
    cells = values.tolist() if values.dtype.kind in "OU" else values
    if values.dtype.kind in "iuO" and _has_large(values):
        cells = list(map(str, values.tolist()))
    # Text stays the label that it is, "1" and "NA" too.
    as_text = replace(options, read={**options.read, name: "text"}, forms={}) if _is_text(cells) else options
    column = column_from_values(name, cells, where, as_text)
    numbers = column.present() if column.kind == "number" else np.empty(0)
    if (numbers != np.floor(numbers)).any():
        first = numbers[numbers != np.floor(numbers)][0]
        must = "it must hold labels"
        fact = f"y holds numbers with fractions such as {first:g}"
        message = f"{where}: {fact}; {must}. Unknown label type: continuous."
        raise DataError(message, expected=must, got=first)
    return column


def _is_text(cells: Any) -> bool:
    """Return whether some labels are text."""
    return isinstance(cells, list) and any(isinstance(cell, str) for cell in cells)


def _has_large(values: np.ndarray) -> bool:
    """Return whether all are whole numbers, and one of them is beyond 2**53."""
    if values.dtype.kind == "O":
        is_whole = all(isinstance(value, (int, np.integer)) for value in values.tolist())
        return is_whole and any(abs(int(value)) > _MOST_EXACT for value in values.tolist())
    return bool(len(values)) and (int(values.max()) > _MOST_EXACT or int(values.min()) < -_MOST_EXACT)


def number_column(where: str, name: str, values: np.ndarray, options: ReadOptions) -> Column:
    """Return the numbers to predict as a column; raise an error if they are none."""
    cells = values.astype(np.float64) if values.dtype.kind in "iu" else values.tolist()
    column = column_from_values(name, cells if values.dtype.kind in "iuOU" else values, where, options)
    if name in options.forms:
        column = as_form(column, options.forms[name], where)
    if column.kind not in ("number", "boolean") and column.n_missing < len(column):
        first = column.present()[0]
        got = f"{'dates' if column.kind == 'date' else 'text'} such as {shown_cell(first, column.form)!r}"
        advice = "Use TabularClassifier for labels."
        if column.kind == "category" and not column.n_missing:
            advice = advice_on_text(column).replace("task='classification'", "TabularClassifier")
        message = f"{where}: y holds {got}; it must hold numbers. {advice}"
        raise DataError(message, expected="numbers", got=first)
    return column


def weights_by_code(where: str, class_weight: Any, classes: np.ndarray, codes: np.ndarray) -> Any:
    """Return ``class_weight``, "balanced", a dict by label, or None, with the code of each label in its place."""
    if class_weight is None or (isinstance(class_weight, str) and class_weight == "balanced"):
        return class_weight
    if not isinstance(class_weight, Mapping):
        must = "it must be 'balanced' or a dict of weights by label"
        message = f"{where}: class_weight is {class_weight!r}; {must}."
        raise ConfigError(message, expected=must, got=class_weight)
    places = dict(zip(classes.tolist(), codes.tolist(), strict=True))
    unknown = [label for label in class_weight if label not in places]
    if unknown:
        advice = "Look at the type of the labels as well."
        must = f"it must name labels of y, {few(map(repr, places))}"
        message = f"{where}: class_weight names {unknown[0]!r}; {must}. {advice}"
        raise ConfigError(message, expected=[*places], got=unknown)
    found = {label: check_number(where, f"class_weight[{label!r}]", w, 0.0) for label, w in class_weight.items()}
    if not any(found.get(label, 1.0) for label in places):
        message = f"{where}: class_weight is 0 for all classes; it must leave some class a weight above 0."
        raise ConfigError(message, got=class_weight)
    return {places[label]: weight for label, weight in found.items()}


def find_classes(
    where: str, values: np.ndarray, column: Column, target: TargetEncoder
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct values, sorted, and the code that ``target``, fitted on them as a column, has for each."""
    try:
        classes, first = np.unique(values, return_index=True)
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in values.tolist()})
        message = (
            f"{where}: labels are of the kinds {' and '.join(kinds)}; they must be of one kind. Write all as text, say."
        )
        raise DataError(message, expected="labels of one kind", got=kinds) from error
    codes = target.transform(column.take(first))
    if len(set(codes.tolist())) < len(classes):
        must = "must differ in more than blanks and types"
        message = f"{where}: labels are {classes[:10].tolist()}; they {must}. Write each in one way."
        raise DataError(message, expected=f"labels {must}", got=classes)
    return classes, codes
