"""Data of a table: encoded columns, a target, and the lines of Python that do the same."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import DataError
from glassnet.playground.data.dividing import divide, division_code
from glassnet.playground.data.odd_cells import infinite_cells, infinite_note
from glassnet.playground.data.previews import table_preview
from glassnet.playground.data.target_choice import likely_targets, numbers_rows, refuse_target
from glassnet.playground.plane_axes import Axis
from glassnet.playground.play_data import PlayData
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.reading.table import Table
from glassnet.utils.wording import shortened

__all__ = ["MOST_NUMBERS", "TableMaterial"]

MOST_NUMBERS = 100_000_000
"""Encoded numbers of all rows at most: 400 MB."""

_TASKS = {"number": "regression", "category": "classification", "text": "classification"}
_ORDER = ("train", "valid")
_FINDERS = re.compile(r"^T(?:able|arget)Encoder(?:\.\w+)?: ")


class _Encoded(NamedTuple):
    parts: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    encoder: TableEncoder
    target: TargetEncoder
    code: tuple[str, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class TableMaterial:
    """A table before it is encoded and divided.

    Attributes
    ----------
    table : Table
        Rows as they were read.
    target : str
        The column to predict.
    title : str
    source : dict
        What the command ``data`` takes.
    code : tuple of str
        Lines of Python that read ``table``.
    read : dict
        Columns whose kind somebody chose.
    questions : tuple of dict
    path : str
        A file on this machine that the table was read from; "" for others.
    frame : object, optional
        What the table was made of.
    encoder, target_encoder : fitted, optional
        Encoders of a model, whose rows these are.
    """

    table: Table
    target: str
    title: str
    source: dict[str, Any]
    code: tuple[str, ...]
    read: dict[str, str] = dataclasses.field(default_factory=dict)
    questions: tuple[dict[str, Any], ...] = ()
    path: str = ""
    frame: Any = None
    encoder: TableEncoder | None = None
    target_encoder: TargetEncoder | None = None

    def play(self, split: float, axes: tuple[Axis, Axis] | None = None) -> PlayData:
        """Return the data with this share of the rows held out, shown on these axes."""
        notes = [*self.table.notes, *(note for column in self.table.columns for note in column.notes)]
        counting = [] if self.encoder is not None else self._counting()
        notes += [note for column in self.table.columns if (note := infinite_note(column))]
        infinite = infinite_cells(self.table[self.target])
        missing = self.table[self.target].missing | infinite
        table, lines = self.table, list(self.code)
        if counting:
            table = table.drop(counting)
            lines.append(f"table = table.drop({counting!r})")
        if missing.any():
            table = table.take(~missing)
            gone = f"table[{self.target!r}].missing"
            if infinite.any():
                lines.append("import numpy as np")
                gone = f"({gone} | np.isinf(table[{self.target!r}].values))"
            lines.append(f"table = table.take(~{gone})")
            notes.append(f"{int(missing.sum()):,} of {len(missing):,} rows have no {self.target!r} and are left out.")
        try:
            found = self._encoded_by_model(table, split) if self.encoder is not None else self._encoded(table, split)
        except DataError as error:
            raise _plain(error) from error
        target, roles = found.target, found.encoder.roles
        return PlayData(
            *found.parts,
            inputs=tuple(found.encoder.feature_names),
            classes=tuple(map(str, target.labels)),
            target=self.target,
            title=self.title,
            source=self.source,
            code=(*lines, *found.code),
            split=split,
            axes=axes,
            columns=tuple(self._columns(found.encoder, counting)),
            targets=tuple(dict.fromkeys([*likely_targets(self.table), self.target])),
            questions=self.questions,
            notes=tuple(notes),
            preview=table_preview(self.table),
            unit=None if target.labels else (float(target.scale.mean), float(target.scale.std)),
            indicators=tuple(place for place, role in enumerate(roles) if role == "indicator"),
            codes=tuple(place for place, role in enumerate(roles) if role == "code"),
            origin=self,
        )

    def _counting(self) -> list[str]:
        """Return the columns that only number the rows, but those that somebody wants, or all that there are."""
        inputs = [column for column in self.table.columns if column.name != self.target]
        found = [column.name for column in inputs if column.name not in self.read and numbers_rows(column)]
        return found if len(found) < len(inputs) else []

    def _encoded(self, table: Table, split: float) -> _Encoded:
        column, name = table[self.target], self.target
        task = _TASKS.get(self.read.get(name, ""))
        given = "" if task is None else f", task={task!r}"
        refuse_target(column, task)
        target = TargetEncoder().fit(column, task=task)
        if target.task == "classification":
            y = target.transform(column)
            train, valid = divide(table.n_rows, split, y)
            targets = y[train], y[valid]
            lines = [
                f"target = gn.tabular.TargetEncoder().fit(table[{name!r}]{given})",
                f"y = target.transform(table[{name!r}])",
                division_code("table.n_rows", split, "y"),
                "y, y_valid = y[train], y[valid]",
            ]
        else:
            train, valid = divide(table.n_rows, split, None)
            target = TargetEncoder().fit(column.take(train), task="regression")
            targets = target.transform(column.take(train)), target.transform(column.take(valid))
            part = "target.transform(table[{!r}].take({}))"
            lines = [
                division_code("table.n_rows", split, ""),
                f"target = gn.tabular.TargetEncoder().fit(table[{name!r}].take(train), task='regression')",
                "y, y_valid = " + ", ".join(part.format(name, rows) for rows in _ORDER),
            ]
        inputs = table.drop([name])
        if not inputs.names:
            message = f"data: {name!r} is the only column; there must be another one to predict it from."
            raise DataError(message, expected="two columns", got=[name])
        encoder = TableEncoder(allow_empty=True).fit(inputs.take(train))
        self._check_size(encoder, table.n_rows)
        lines.append(f"encoder = gn.tabular.TableEncoder(allow_empty=True).fit(table.drop([{name!r}]).take(train))")
        lines.append("X, X_valid = encoder.transform(table.take(train)), encoder.transform(table.take(valid))")
        parts = encoder.transform(table.take(train)), targets[0], encoder.transform(table.take(valid)), targets[1]
        return _Encoded(parts, encoder, target, tuple(lines))

    def _encoded_by_model(self, table: Table, split: float) -> _Encoded:
        encoder, target = self.encoder, self.target_encoder
        assert encoder is not None
        assert target is not None
        y = target.transform(table[self.target])
        is_classes = target.task == "classification"
        train, valid = divide(table.n_rows, split, y if is_classes else None)
        X = encoder.transform(table)
        lines = (
            f"X, y = model.encoder.transform(table), model.target.transform(table[{self.target!r}])",
            division_code("table.n_rows", split, "y" if is_classes else ""),
            "X, y, X_valid, y_valid = X[train], y[train], X[valid], y[valid]",
        )
        return _Encoded((X[train], y[train], X[valid], y[valid]), encoder, target, lines)

    def _check_size(self, encoder: TableEncoder, n_rows: int) -> None:
        """Refuse a table without a column that differs between rows, or that does not fit into memory."""
        if encoder.is_constant:
            reasons = ", ".join(f"{each['name']!r} is {each['done']}" for each in encoder.describe()[:3])
            must = f"some column beside {shortened(repr(self.target), 60)} must differ between rows"
            message = f"data: {shortened(reasons, 300)}; {must}."
            raise DataError(message, expected=must, got=reasons)
        n_inputs = len(encoder.feature_names)
        if n_inputs * n_rows > MOST_NUMBERS:
            got = f"{n_rows:,} rows of {n_inputs:,} inputs"
            must = f"rows times inputs must be at most {MOST_NUMBERS:,}"
            message = f"data: there are {got}; {must}. Take a sample of the rows."
            raise DataError(message, expected=MOST_NUMBERS, got=n_inputs * n_rows)

    def _columns(self, encoder: TableEncoder, counting: list[str]) -> list[dict[str, Any]]:
        """Return what became of each column but the target."""
        found = {each["name"]: each for each in encoder.describe()}
        asked = {question["column"]: "to be decided" for question in self.questions}
        gone = {name: "you left it out" for name, kind in self.read.items() if kind == "drop"} | asked
        records = []
        for column in self.table.columns:
            if column.name == self.target:
                continue
            each = found.get(column.name)
            done = "left out: it only numbers the rows" if column.name in counting else each["done"] if each else ""
            skipped = done.removeprefix("left out: ") if done.startswith("left out") else None if each else "not used"
            infinite = int(infinite_cells(column).sum())
            missing = round((column.n_missing + infinite) / max(len(column), 1), 4)
            used = each is not None and each["features"] > 0
            record = {"name": column.name, "kind": column.kind, "missing": missing, "skipped": skipped, "used": used}
            records.append(record | ({"infinite": infinite} if infinite else {}))
        left = [name for name in gone if name not in self.table.names]
        return records + [
            {"name": name, "kind": "drop", "missing": 0.0, "skipped": gone[name], "used": False} for name in left
        ]


def _plain(error: DataError) -> DataError:
    """Return an error without the names of what found it, of which a page knows nothing."""
    text = _FINDERS.sub("", str(error))
    if text == str(error):
        return error
    return DataError(text[:1].upper() + text[1:], expected=error.expected, got=error.got)
