"""The column steps in C: from a row of the table to the features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.exports.naming import comment_text
from glassnet.exports.plan import Constant, Field, Flag, Join, Lookup, Plan, Rank, Scaled, Step, Wave
from glassnet.exports.targets.c_target.fields import wide_fields
from glassnet.exports.targets.c_target.source import Source

__all__ = ["print_encoding"]


@dataclass(frozen=True)
class _Cell:
    """A cell in C, and the column that it stands in; "" and None for constants."""

    text: str = ""
    field: Field | None = None
    is_double: bool = False

    @property
    def number(self) -> str:
        """As double."""
        return self.text if self.is_double else f"(double){self.text}"

    def is_missing(self, source: Source) -> str:
        """Return the expression that is 1 for a missing cell and 0 for another."""
        assert self.field is not None
        if self.field.is_text:
            return source.call("empty", self.text)
        if not self.field.codes:
            return source.call("missing", self.number)
        codes = source.constants("codes", np.array(self.field.codes, dtype=np.float64))
        return source.call("absent", self.number, codes, len(self.field.codes))


def print_encoding(source: Source, plan: Plan, names: list[str]) -> list[str]:
    """Return the lines that fill ``z`` with the features of ``row``, whose fields have these names."""
    lines: list[str] = []
    places, wide = _places(plan), wide_fields(plan)
    for step in plan.column_steps:
        if isinstance(step, Join) or step.out.name not in places:
            continue
        cell = _Cell()
        if hasattr(step, "field"):
            cell = _Cell(f"row->{names[step.field]}", plan.fields[step.field], step.field in wide)
        for start in places[step.out.name]:
            printed = _STEPS[type(step)](source, step, cell, start)
            comment = f"  /* {comment_text(cell.field.name)[:60]} */" if cell.field else ""
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


def _numbers(source: Source, step: Step, what: str, *numbers: float | None) -> str:
    """Return the name of a table with the numbers of a step, the last of them left out where it is None."""
    known = [number for number in numbers if number is not None]
    return source.table(f"{step.out.name}_{what}", np.array(known, dtype=np.float64))


def _bounded(source: Source, z: str, bound: float | None, place: str) -> str:
    return f"(float){z if bound is None else source.call('bounded', z, f'GN_READ(&{place})')}"


def _scaled(source: Source, step: Scaled, cell: _Cell, start: int) -> list[str]:
    table = _numbers(source, step, "scale", step.fill, step.center, step.unit, step.bound)
    z = source.call("scaled", cell.number, cell.is_missing(source), table)
    return [f"z[{start}] = {_bounded(source, z, step.bound, f'{table}[3]')}"]


def _rank(source: Source, step: Rank, cell: _Cell, start: int) -> list[str]:
    table = _numbers(source, step, "quantiles", step.fill, *step.quantiles.tolist())
    call = source.call("rank", cell.number, cell.is_missing(source), table, step.quantiles.size)
    return [f"z[{start}] = (float){call}"]


def _wave(source: Source, step: Wave, cell: _Cell, start: int) -> list[str]:
    scales = np.stack([step.center, step.unit], axis=1).reshape(-1).tolist()
    table = _numbers(source, step, "wave", step.period, *scales, step.bound)
    lines = []
    for i, helper in enumerate(("sine", "cosine")):
        wave = source.call(helper, cell.number, cell.is_missing(source), f"GN_READ(&{table}[0])")
        z = source.call("units", wave, f"&{table}[{1 + 2 * i}]")
        lines.append(f"z[{start + i}] = {_bounded(source, z, step.bound, f'{table}[5]')}")
    return lines


def _flag(source: Source, step: Flag, cell: _Cell, start: int) -> list[str]:
    table = source.constants("flags", np.array([step.present, step.missing], dtype=np.float32))
    return [f"z[{start}] = GN_READ(&{table}[{cell.is_missing(source)}])"]


def _lookup(source: Source, step: Lookup, cell: _Cell, start: int) -> list[str]:
    codes = [text.encode("utf-8", "surrogatepass") for text in step.categories]
    order = sorted((i for i in range(len(codes)) if 0 not in codes[i]), key=codes.__getitem__)  # NUL ends a text
    rows = step.table[[0, 1, *(2 + i for i in order)]].astype(np.float32)
    table = source.table(f"{step.out.name}_rows", rows)
    keys = source.text_table(f"{step.out.name}_keys", (step.categories[i] for i in order)) if order else "NULL"
    return [source.call("lookup", cell.text, keys, len(order), table, step.out.size, f"&z[{start}]")]


def _constant(source: Source, step: Constant, cell: _Cell, start: int) -> list[str]:
    table = source.table(step.out.name, step.values.astype(np.float32))
    return [source.call("constant", table, f"&z[{start}]", step.out.size)]


_STEPS: dict[type[Step], Callable[[Source, Any, _Cell, int], list[str]]] = {
    Scaled: _scaled,
    Rank: _rank,
    Wave: _wave,
    Flag: _flag,
    Lookup: _lookup,
    Constant: _constant,
}
