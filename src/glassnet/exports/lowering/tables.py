"""Plans of table models, and tables as rows of a plan."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.exports.lowering.builder import Builder
from glassnet.exports.lowering.columns import append_columns, field_of
from glassnet.exports.lowering.networks import append_network, model_facts
from glassnet.exports.lowering.simplifying import simplified
from glassnet.exports.made_up import with_marks
from glassnet.exports.plan import Answer, Mean, Plan, Value
from glassnet.tabular.encoding.coders import finite
from glassnet.tabular.encoding.encoder import placed_coders
from glassnet.tabular.encoding.presence import require_columns
from glassnet.tabular.predictor import Predictor
from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.reading.text import as_form

__all__ = ["append_table", "lower_table", "predictions_of_table", "rows_of_table", "table_of_rows"]

_FAR = 300.0  # standard deviations from 0 beyond which float32 is too coarse for a target
_SMALLEST, _LARGEST = 1e-30, 1e30  # units in which float32 holds a target


def lower_table(model: Predictor, name: str = "model", *, dtype: Any = np.float32) -> Plan:
    """Return the plan of `TableModel.predict_proba`, of `predict`, or of `predict_quantiles` if it predicts these.

    ``dtype`` is that of the weights.
    """
    builder = Builder(dtype)
    fields, x = append_columns(builder, model.encoder, model.reading.missing)
    columns, builder.steps = builder.steps, []
    y = append_table(builder, model, x)
    steps = simplified(builder.steps, builder.kept(x, y))
    facts = {"model": repr(model), **model_facts(model.network)}
    return Plan(name, fields, (), (*columns, *steps), x, y, _answer(model), facts, core=builder.core)


def append_table(builder: Builder, model: Predictor, x: Value) -> Value:
    """Append the network of a table model on the features x, and the decoding of its outputs; return these."""
    y = append_network(builder, model.network, Value(x.name, (1, *x.shape)))
    if model.target.labels:
        return y
    if model.target.clip:
        y = _clipped(builder, model, y)
    return _in_units(builder, model, y)


def _clipped(builder: Builder, model: Predictor, y: Value) -> Value:
    """Append the clipping of each member to the range of training, before they are averaged."""
    scale = model.target.scale
    low, high = scale.forward(np.array([scale.low, scale.high])).tolist()
    clip, ends = "min(max(Z, low), high)", {"low": low, "high": high}
    members = model.network.members or 1
    if members == 1:
        return builder.map(y, clip, ends, part="clipped")
    mean = builder.steps.pop()
    assert isinstance(mean, Mean)
    x, copies = mean.x, mean.x.shape[0] // members
    if copies > 1:  # each member is the mean of its copies
        by_copy = np.arange(x.size).reshape(members, copies, -1).swapaxes(0, 1)
        x = builder.add(Mean, (members, *y.shape), builder.select(x, by_copy, (copies, members, *y.shape)))
    return builder.add(Mean, y.shape, builder.map(x, clip, ends, part="clipped"), part="mean")


def _in_units(builder: Builder, model: Predictor, y: Value) -> Value:
    scale = model.target.scale
    size = max(abs(scale.low), abs(scale.high))
    double = size > _LARGEST or scale.std < _SMALLEST or size > _FAR * scale.std
    numbers = {"center": scale.mean, "unit": scale.std}
    if not model.target.clip:
        return builder.map(y, "center + unit * Z", numbers, double=double, part="in_units")
    ends = {"low": scale.low, "high": scale.high}
    return builder.map(y, "min(max(center + unit * Z, low), high)", {**numbers, **ends}, double=double, part="in_units")


def _answer(model: Predictor) -> Answer:
    target = model.target
    if target.labels:
        return Answer("classes", tuple(map(str, target.labels)), tuple(target.labels), target=target.name)
    if model.levels is None:
        return Answer("numbers", (target.name,), target=target.name)
    far = np.abs(np.array(model.levels) - 0.5).round(9)
    middle = tuple(np.flatnonzero(far == far.min()).tolist())
    names = tuple(f"quantile {level:g}" for level in model.levels)
    return Answer("quantiles", names, levels=model.levels, middle=middle, target=target.name)


# ---- rows ------------------------------------------------------------------------------------------------------------


def rows_of_table(model: Predictor, frame: Any) -> dict[str, np.ndarray]:
    """Return the rows of a frame as a plan takes them, read as the model reads them.

    Where a column has marks of missing values, these stand in some of its missing cells: whatever the frame itself has
    there, the model reads a table without them, and a file must read both alike.
    """
    table, encoder = model.table(frame), model.encoder
    known = [coder.name for coder in encoder.coders]
    require_columns("export", encoder.column_names, known, table)
    forms = encoder.forms
    missing = model.reading.missing
    return {
        coder.name: with_marks(
            field_of(coder, forms[coder.name], missing),
            _cells(finite(as_form(table[coder.name], forms[coder.name], "export"))),
        )
        for coder, _ in placed_coders(encoder)
    }


def _cells(column: Column) -> np.ndarray:
    if column.kind == "category":
        return np.where(column.missing, "", column.values).astype(object)
    values = column.values
    if column.kind == "date":
        values = values.astype(np.int64) / 86_400e6
    return np.where(column.missing, np.nan, values.astype(np.float64))


def table_of_rows(model: Predictor, rows: Any) -> Table:
    """Return rows of a plan as a table that the model reads."""
    encoder = model.encoder
    forms = encoder.forms
    columns = []
    for coder, _ in placed_coders(encoder):
        cells, kind = rows[coder.name], coder.training_kind
        field = field_of(coder, forms[coder.name], model.reading.missing)
        if kind == "category":
            marks = {"", *field.form.missing}
            missing = np.fromiter((text in marks for text in cells.tolist()), bool, len(cells))
            values: np.ndarray = np.where(missing, "", cells).astype(object)
        else:
            missing = ~np.isfinite(cells) | np.isin(cells, field.codes)
            values = np.where(missing, np.nan, cells)
        if kind == "boolean":
            values = np.where(missing, 0.0, cells) != 0.0
        elif kind == "date":
            values = np.rint(np.where(missing, 0.0, cells) * 86_400e6).astype(np.int64).astype("M8[us]")
            values[missing] = np.datetime64("NaT", "us")
        columns.append(Column(coder.name, kind, values, missing, forms[coder.name]))
    return Table(columns)


def predictions_of_table(model: Predictor, frame: Any) -> np.ndarray:
    """Return what a table model predicts for the rows of a frame, in the outputs of its plan, in double precision."""
    outputs = model._exact_answers(model.encoder.transform(model.table(frame)))
    if model.target.labels:
        return outputs
    return model.target.in_units(outputs) if model.levels is not None else model.numbers(outputs)[:, None]
