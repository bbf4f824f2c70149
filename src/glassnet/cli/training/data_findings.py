"""Findings about a table before anything is trained: identifiers, empty and equal columns, equal rows, rare classes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from glassnet.cli.output.finding_advice import words_of_options
from glassnet.tabular import Column, Table
from glassnet.tabular.encoding.coder_choice import is_running
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.fitting.table_findings import find_in_table
from glassnet.utils.short_text import count, plain
from glassnet.utils.wording import few

__all__ = ["column_findings", "row_findings", "target_findings", "value_findings"]

_MANY_MISSING = 0.5  # share of the rows
_RARE = 10  # rows of a class
_FREQUENT = 0.8  # share of the rows of one class
_OWN = ("constant-target", "imbalance", "single-class")  # `target_findings` says it of all rows


def _finding(severity: str, code: str, columns: Sequence[str], measured: str, advice: str) -> dict[str, Any]:
    return {"severity": severity, "code": code, "columns": list(columns), "measured": measured, "advice": advice}


def _quoted(names: Sequence[str]) -> str:
    return few([plain(repr(name), 40) for name in names], 5)


def _have(names: Sequence[str], what: str) -> str:
    """Return the sentence that columns have something.

    Examples
    --------
    >>> _have(["a"], "no value"), _have(["a", "b"], "no value")
    ("Column 'a' has no value.", "2 columns have no value: 'a', 'b'.")
    """
    if len(names) == 1:
        return f"Column {_quoted(names)} has {what}."
    return f"{len(names)} columns have {what}: {_quoted(names)}."


def _without(names: Sequence[str]) -> str:
    """Return the options that leave columns out."""
    return few([f"--drop {shlex.quote(name)}" for name in names], 5, " ")


# ---- columns --------------------------------------------------------------------------------------------------------


def column_findings(inputs: Table, described: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield findings about single columns and pairs of them; ``described`` has how each is coded."""
    n = inputs.n_rows
    empty = [column.name for column in inputs.columns if column.n_missing == n]
    if empty:
        advice = f"{'It is' if len(empty) == 1 else 'They are'} left out."
        yield _finding("note", "empty-columns", empty, _have(empty, "no value in any row"), advice)
    if inputs.columns and not any(column["features"] for column in described):
        measured = "No column tells rows apart: each has one value, or another one in each row."
        yield _finding("error", "nothing-to-learn-from", inputs.names, measured, "")
    running = [column.name for column in inputs.columns if is_running(column)]
    if running:
        measured = _have(running, "each whole number of a range once, as row numbers do")
        them = "it" if len(running) == 1 else "them"
        advice = f"Unless that means something for new rows, leave {them} out: {_without(running)}"
        yield _finding("note", "id-column", running, measured, advice)
    groups = list(_equal_columns(inputs))
    if groups:
        others = [name for group in groups for name in group[1:]]
        measured = _have(others, f"the same values as {_quoted([one for one, *_ in groups])}")
        names = [name for group in groups for name in group]
        yield _finding("note", "duplicate-columns", names, measured, f"One of them is enough: {_without(others)}")
    many = [column.name for column in inputs.columns if _MANY_MISSING * n < column.n_missing < n]
    if many:
        most = max(inputs[name].n_missing for name in many)
        measured = _have(many, f"no value in {'up to ' if len(many) > 1 else ''}{most:,} of {n:,} rows")
        yield _finding("note", "many-missing", many, measured, "Missing values are filled in and flagged.")
    for column in described:
        if column["note"] and column["name"] not in running:
            measured = f"Column {_quoted([column['name']])} {column['note']}."
            yield _finding("note", "column-note", [column["name"]], measured, "")


def _equal_columns(table: Table) -> Iterator[list[str]]:
    """Yield the names of columns with equal values, which are not all the same."""
    groups: dict[tuple[str, int], list[Column]] = {}
    for column in table.columns:
        keys = _keys(column)
        if len(keys) and (keys != keys[0]).any():
            groups.setdefault((column.kind, hash(keys.tobytes())), []).append(column)
    yield from ([column.name for column in group] for group in groups.values() if len(group) > 1)


# ---- rows -----------------------------------------------------------------------------------------------------------


def row_findings(inputs: Table, target: Column | None) -> Iterator[dict[str, Any]]:
    """Yield findings about rows that equal others."""
    n = inputs.n_rows
    keys = _row_keys(inputs.columns)
    whole = keys if target is None else _row_keys([*inputs.columns, target])
    n_equal = n - len(np.unique(whole))
    if n_equal:
        equal = "equals" if n_equal == 1 else "equal"
        measured = f"{count(n_equal, 'row')} of {n:,} {equal} an earlier one in all columns."
        yield _finding("note", "equal-rows", [], measured, "Remove copies, unless each is a case of its own.")
    n_torn = 0 if target is None else _n_with_other_answers(keys, whole)
    if target is not None and n_torn:
        measured = f"{n_torn:,} of {n:,} rows equal another one in all columns but {plain(repr(target.name), 40)}."
        advice = "No model can be right about all of them; a column that tells them apart would help."
        yield _finding("note", "different-answers", [target.name], measured, advice)


def _n_with_other_answers(inputs: np.ndarray, whole: np.ndarray) -> int:
    """Return the number of rows that equal another one but for the target, from `_row_keys` without and with it."""
    order = np.lexsort((whole, inputs))
    inputs, whole = inputs[order], whole[order]
    starts = np.flatnonzero(np.concatenate([[True], inputs[1:] != inputs[:-1]]))
    changes = np.concatenate([[0], (whole[1:] != whole[:-1]) & (inputs[1:] == inputs[:-1])])
    sizes = np.diff(np.concatenate([starts, [len(inputs)]]))
    return int(sizes[np.add.reduceat(changes, starts) > 0].sum())


def _row_keys(columns: Sequence[Column]) -> np.ndarray:
    """Return a number for each row, equal for equal rows and hardly ever for others."""
    n = len(columns[0])
    keys: np.ndarray = np.zeros(n, dtype=np.uint64)
    for column in columns:
        keys = keys * np.uint64(0x9E3779B97F4A7C15) + _keys(column)
        keys ^= keys >> np.uint64(29)
    return keys


def _keys(column: Column) -> np.ndarray:
    """Return a number for each value, equal for equal ones."""
    if column.kind == "category":
        hashes = {value: hash(value) & 0xFFFFFFFFFFFFFFFF for value in set(column.values.tolist())}
        return np.fromiter(map(hashes.__getitem__, column.values.tolist()), np.uint64, len(column))
    if column.kind == "number":
        numbers = np.where(column.missing, np.nan, column.values + 0.0)  # 0.0 and -0.0 are equal
        return np.ascontiguousarray(numbers).view(np.uint64) * np.uint64(0xBF58476D1CE4E5B9)
    if column.kind == "date":
        return np.ascontiguousarray(column.values).view(np.uint64) * np.uint64(0x94D049BB133111EB)
    return np.where(column.missing, 2, column.values).astype(np.uint64)


# ---- target ---------------------------------------------------------------------------------------------------------


def target_findings(target: Column, coder: TargetEncoder) -> Iterator[dict[str, Any]]:
    """Yield findings about the classes of a target without missing values."""
    if coder.task != "classification":
        return
    counts = np.bincount(coder.transform(target), minlength=coder.n_outputs)
    labels = [plain(repr(label), 30) for label in coder.labels]
    rare = np.flatnonzero(counts < _RARE).tolist()
    if rare:
        shown = few([f"{labels[i]} ({counts[i]})" for i in rare], 5)
        which = "A class has" if len(rare) == 1 else f"{len(rare)} classes have"
        measured = f"{which} fewer than {_RARE} rows: {shown}."
        advice = "Hardly any of them are for the test; collect more such rows, or put classes together."
        yield _finding("warning", "rare-classes", [target.name], measured, advice)
    most = int(counts.argmax())
    if counts[most] >= _FREQUENT * counts.sum():
        measured = f"{counts[most] / counts.sum():.1%} of the rows are of class {labels[most]}."
        advice = "Look at the balanced accuracy; --metric balanced_accuracy chooses the epoch by it."
        yield _finding("warning", "imbalance", [target.name], measured, advice)


def value_findings(inputs: Table, target: Column, coder: TargetEncoder) -> Iterator[dict[str, Any]]:
    """Yield columns that hold the answer, values far from all others, and what else a training finds in a table."""
    words = words_of_options(is_plain=False, target=target.name, labels=coder.labels, row_name=target.rows)
    for found in words.all_of(find_in_table(Rows(inputs, target), coder, learned=False, ignored=_OWN)):
        names = found.evidence.get("columns", [])
        advice = found.advice
        if found.code == "leaking-column":
            they, them = ("it is", "it") if len(names) == 1 else ("they are", "them")
            advice = f"Unless {they} known for new rows, leave {them} out: {_without(names)}"
        yield _finding(found.severity, found.code, names, plain(found.measured), advice)
