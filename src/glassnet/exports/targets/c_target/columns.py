"""The column steps in C: from a row of the table to the features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.exports.naming import comment_text
from glassnet.exports.plan import Constant, Flag, Join, Lookup, Plan, Rank, Scaled, Step, Wave
from glassnet.exports.targets.c_target.fields import wide_fields
from glassnet.exports.targets.c_target.literals import double_literal, float_literal, string_literal, wrapped
from glassnet.exports.targets.c_target.source import Source

__all__ = ["print_encoding"]


@dataclass(frozen=True)
class _Cell:
    """A cell in C, and the column that it stands in."""

    text: str
    name: str
    is_text: bool
    is_double: bool

    @property
    def number(self) -> str:
        """As double."""
        return self.text if self.is_double else f"(double){self.text}"


def print_encoding(source: Source, plan: Plan, names: list[str]) -> list[str]:
    """Return the lines that fill ``z`` with the features of ``row``, whose fields have these names."""
    lines: list[str] = []
    places, wide = _places(plan), wide_fields(plan)
    for step in plan.column_steps:
        if isinstance(step, Join) or step.out.name not in places:
            continue
        cell = _Cell("", "", False, False)
        if hasattr(step, "field"):
            field = plan.fields[step.field]
            cell = _Cell(f"row->{names[step.field]}", field.name, field.is_text, step.field in wide)
        for start in places[step.out.name]:
            printed = _STEPS[type(step)](source, step, cell, start)
            comment = f"  /* {comment_text(cell.name)[:60]} */" if cell.name else ""
            lines += [f"    {line};{comment}" for line in printed]
    return lines if any("row->" in line for line in lines) else ["    (void)row;", *lines]


def _places(plan: Plan) -> dict[str, list[int]]:
    """Return where the values of column steps stand among the features."""
    joins = {step.out.name: step for step in plan.column_steps if isinstance(step, Join)}
    places: dict[str, list[int]] = {}

    def put(name: str, start: int) -> None:
        if name not in joins:
            places.setdefault(name, []).append(start)
            return
        for part in joins[name].parts:
            put(part.name, start)
            start += part.size

    put(plan.x.name, 0)
    return places


def _bounded(source: Source, z: str, bound: float | None) -> str:
    return f"(float){z if bound is None else source.call('bounded', z, double_literal(bound))}"


def _scaled(source: Source, step: Scaled, cell: _Cell, start: int) -> list[str]:
    numbers = [double_literal(value) for value in (step.fill, step.center, step.unit)]
    return [f"z[{start}] = {_bounded(source, source.call('scaled', cell.number, *numbers), step.bound)}"]


def _rank(source: Source, step: Rank, cell: _Cell, start: int) -> list[str]:
    table = source.table(f"{step.out.name}_quantiles", step.quantiles.astype(np.float64))
    call = source.call("rank", cell.number, double_literal(step.fill), table, step.quantiles.size)
    return [f"z[{start}] = (float){call}"]


def _wave(source: Source, step: Wave, cell: _Cell, start: int) -> list[str]:
    lines = []
    for i, helper in enumerate(("sine", "cosine")):
        wave = source.call(helper, cell.number, double_literal(step.period))
        scale = [double_literal(value) for value in (0.0, step.center[i], step.unit[i])]
        lines.append(f"z[{start + i}] = {_bounded(source, source.call('scaled', wave, *scale), step.bound)}")
    return lines


def _flag(source: Source, step: Flag, cell: _Cell, start: int) -> list[str]:
    test = source.call("empty", cell.text) if cell.is_text else source.call("missing", cell.number)
    return [f"z[{start}] = {test} != 0 ? {float_literal(step.missing)} : {float_literal(step.present)}"]


def _lookup(source: Source, step: Lookup, cell: _Cell, start: int) -> list[str]:
    codes = [text.encode("utf-8", "surrogatepass") for text in step.categories]
    order = sorted((i for i in range(len(codes)) if 0 not in codes[i]), key=codes.__getitem__)  # NUL ends a text
    rows = step.table[[0, 1, *(2 + i for i in order)]].astype(np.float32)
    table = source.table(f"{step.out.name}_rows", rows)
    keys = "NULL"
    if order:
        keys = f"{table}_keys"
        shown = wrapped(string_literal(step.categories[i]) for i in order)
        source.functions.insert(0, f"static const char *const {keys}[{len(order)}] = {{\n{shown}\n}};\n")
    return [source.call("lookup", cell.text, keys, len(order), table, step.out.size, f"&z[{start}]")]


def _constant(source: Source, step: Constant, cell: _Cell, start: int) -> list[str]:
    return [f"z[{start + i}] = {float_literal(value)}" for i, value in enumerate(step.values.reshape(-1).tolist())]


_STEPS: dict[type[Step], Callable[[Source, Any, _Cell, int], list[str]]] = {
    Scaled: _scaled,
    Rank: _rank,
    Wave: _wave,
    Flag: _flag,
    Lookup: _lookup,
    Constant: _constant,
}
