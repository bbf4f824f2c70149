"""From the coders of a table to fields and column steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from glassnet.exports.lowering.builder import Builder
from glassnet.exports.lowering.marks import missing_numbers, missing_texts
from glassnet.exports.naming import identifier, identifiers
from glassnet.exports.plan import Constant, Field, Flag, Join, Lookup, Rank, Scaled, Step, Value, Wave
from glassnet.tabular.encoding.category_coder import CategoryCoder, CodeCoder
from glassnet.tabular.encoding.coders import BooleanCoder, Coder, ConstantCoder, LeftOut, NumberCoder
from glassnet.tabular.encoding.date_coder import CYCLES, DateCoder
from glassnet.tabular.encoding.encoder import TableEncoder, placed_coders
from glassnet.tabular.encoding.robust_scaling import BOUND, NormalScale, RobustScale
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.encoding.time_coder import TimeCoder
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.table import Column

__all__ = ["append_columns", "field_of", "value_word"]

Bounds = Sequence[RobustScale | None]
Part = tuple[str, int, Callable[[Value, int], Step]]  # what it is of the column, its width, and the step that makes it

_SECONDS = 86_400.0  # of a day
_NEVER = 1e300  # a unit in which every wave is 0


def append_columns(
    builder: Builder, encoder: TableEncoder, missing: Sequence[str] = ()
) -> tuple[tuple[Field, ...], Value]:
    """Append the steps of all columns and their `Join`; return the fields that they read, and the features.

    ``missing`` are the cells that mean "no value" in any column.
    """
    bounds: Bounds = encoder.bounds or [None] * len(encoder.feature_names)
    placed = list(placed_coders(encoder))
    parts = [(i, coder, part) for i, (coder, at) in enumerate(placed) for part in _parts(coder, bounds[at], missing)]
    names = identifiers([f"{value_word(coder.name)} {what}" for _, coder, (what, _, _) in parts])
    made = []
    for name, (i, _, (_, width, step)) in zip(names, parts, strict=True):
        made.append(Value(name, (width,)))
        builder.steps.append(step(made[-1], i))
    x = Value("x", (len(encoder.feature_names),))
    builder.steps.append(Join(x, tuple(made)))
    forms = encoder.forms
    return tuple(field_of(coder, forms[coder.name], missing) for coder, _ in placed), x


def value_word(name: str) -> str:
    """Return a column's name with a prefix, since it may be called x, h1 or like a word of some language."""
    return f"z {name}" if identifier(f"z {name}") != "z" else "z column"


# ---- fields ----------------------------------------------------------------------------------------------------------


def field_of(coder: Coder, form: Form, missing: Sequence[str] = ()) -> Field:
    """Return what is known about the column of a coder; ``missing`` are the cells that mean "no value" in any."""
    kind: Any = coder.training_kind
    known: dict[str, Any] = {}
    if isinstance(coder, (NumberCoder, DateCoder)):
        known = {**_range(coder.scale), "ranked": isinstance(coder.scale, NormalScale)}
    elif kind == "boolean":
        known = {"low": 0.0, "high": 1.0, "center": 0.5, "unit": 0.5}
    elif isinstance(coder, CategoryCoder):
        known = {"categories": (*coder.categories, *coder.rare)}
    elif isinstance(coder, CodeCoder):
        known = {"categories": coder.categories}
    # A file does not keep the example of a form that says nothing, and the plan is to be that of the file.
    form = Form(form.kind) if form.is_plain and not form.missing else form
    marks = (*missing, *form.missing)
    shown = missing_texts(coder, marks) if kind == "category" else tuple(dict.fromkeys(marks))
    return Field(coder.name, kind, replace(form, missing=shown), codes=missing_numbers(coder, marks), **known)


def _range(scale: Scale) -> dict[str, float]:
    center, unit = scale.mean, scale.std
    if isinstance(scale, RobustScale) and scale.q:
        center, unit = scale.median, scale.q
    return {"low": scale.low, "high": scale.high, "center": center, "unit": unit}


# ---- steps -----------------------------------------------------------------------------------------------------------


def _parts(coder: Coder, bounds: Bounds, missing: Sequence[str]) -> Iterator[Part]:
    """Yield the steps of one column, whose features have these bounds; texts in ``missing`` mean "no value"."""
    texts = missing_texts(coder, missing)
    if isinstance(coder, (CategoryCoder, CodeCoder)):
        yield _lookup(coder, bounds, texts)
        return
    for kind, parts in _PARTS.items():
        if isinstance(coder, kind):
            yield from parts(coder, bounds)
            break
    if coder.flagged:
        yield _flag(bounds[-1], texts)


def _number(coder: NumberCoder, bounds: Bounds) -> Iterator[Part]:
    scale = coder.scale
    if isinstance(scale, NormalScale):
        yield "", 1, partial(_made, Rank, fill=scale.mean, quantiles=np.array(scale.quantiles))
    elif not isinstance(scale, RobustScale):
        yield _scaled(scale.mean, scale.mean, scale.std)
    elif scale.q:
        yield _scaled(scale.mean, scale.median, scale.q, BOUND)
    else:
        yield _nothing()


def _time(coder: TimeCoder, bounds: Bounds) -> Iterator[Part]:
    yield from _number(coder, bounds)
    yield _wave("day", _SECONDS, bounds[1:3])


def _boolean(coder: BooleanCoder, bounds: Bounds) -> Iterator[Part]:
    yield _bounded(0.5, 0.5, 0.5, bounds[0])


def _date(coder: DateCoder, bounds: Bounds) -> Iterator[Part]:
    yield _bounded(coder.scale.mean, coder.scale.mean, coder.scale.std, bounds[0])
    for i, cycle in enumerate(coder.cycles):
        yield _wave(cycle, CYCLES[cycle], bounds[1 + 2 * i : 3 + 2 * i])


def _constant(coder: ConstantCoder, bounds: Bounds) -> Iterator[Part]:
    yield _nothing()


_PARTS: Mapping[type[Coder], Callable[[Any, Bounds], Iterator[Part]]] = {
    TimeCoder: _time,  # before its base
    NumberCoder: _number,
    BooleanCoder: _boolean,
    DateCoder: _date,
    ConstantCoder: _constant,
    LeftOut: lambda coder, bounds: iter(()),
}


def _made(kind: type[Any], out: Value, field: int, **settings: Any) -> Step:
    step: Step = kind(out, field, **settings)
    return step


def _nothing() -> Part:
    return "", 1, lambda out, field: Constant(out, np.zeros(1))


def _scaled(fill: float, center: float, unit: float, bound: float | None = None) -> Part:
    return "", 1, partial(_made, Scaled, fill=fill, center=center, unit=unit, bound=bound)


def _bounded(fill: float, center: float, unit: float, bound: RobustScale | None) -> Part:
    """Return the step that scales by center and unit, and then by a bound."""
    if bound is None:
        return _scaled(fill, center, unit)
    if not bound.q:
        return _nothing()
    return _scaled(fill, center + unit * bound.median, unit * bound.q, BOUND)


def _wave(what: str, period: float, bounds: Bounds) -> Part:
    center, unit, bound = np.zeros(2), np.ones(2), None
    for i, scale in enumerate(bounds):
        if scale is not None:
            center[i], unit[i], bound = scale.median, scale.q or _NEVER, BOUND
    return what, 2, partial(_made, Wave, period=period, center=center, unit=unit, bound=bound)


def _flag(bound: RobustScale | None, texts: tuple[str, ...]) -> Part:
    """Return the step that flags missing cells; where some texts mean "no value" too, these are looked up."""
    present, missing = _as_encoded(np.array([[0.0], [1.0]], dtype=np.float32), [bound])[:, 0].tolist()
    if texts:
        table = np.array([[missing], [present], *([missing] for _ in texts)], dtype=np.float32)
        return "missing", 1, partial(_made, Lookup, categories=texts, table=table)
    return "missing", 1, partial(_made, Flag, present=present, missing=missing)


def _lookup(coder: CategoryCoder | CodeCoder, bounds: Bounds, missing: tuple[str, ...]) -> Part:
    """Return the step that looks up what the coder itself makes of each category, the flag included.

    The texts for a missing value get the row of one.
    """
    unknown = "?"
    while unknown in coder.categories:
        unknown += "?"
    texts = np.array(["", unknown, *coder.categories], dtype=object)
    table: np.ndarray = np.empty((len(texts), len(coder.features)), dtype=np.float32)
    coder.write(table, Column(coder.name, "category", texts, texts == ""))
    rows = _as_encoded(table, bounds)
    rows = np.concatenate([rows, np.repeat(rows[:1], len(missing), axis=0)])
    return "", table.shape[1], partial(_made, Lookup, categories=(*coder.categories, *missing), table=rows)


def _as_encoded(X: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Return features in the end as `TableEncoder.transform` does."""
    for x, bound in zip(X.T, bounds, strict=True):
        if bound is not None:
            x[...] = bound.forward(x.astype(np.float64))
    return X
