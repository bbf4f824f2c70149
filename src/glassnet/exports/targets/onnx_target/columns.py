"""From columns to encoded features: steps of one class are worked off together, as the columns of one tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.exports.plan import Field, Flag, Join, Lookup, Plan, Rank, Scaled, Step, Wave
from glassnet.exports.targets.onnx_target import wire
from glassnet.exports.targets.onnx_target.graph import Graph, Tensor
from glassnet.exports.targets.onnx_target.ranks import add_ranks
from glassnet.exports.targets.onnx_target.vectors import add_vector_step

__all__ = ["add_columns", "input_type"]

_SMALLEST = 1e-100  # unit in which all numbers of float32 are less than the next
_FAR = 1e150  # beyond it squares overflow, and a smoothly clipped number is at its bound anyway


class _Numbers(NamedTuple):
    """All columns of numbers side by side, in double precision, and which of their cells are missing."""

    values: str
    missing: str
    is_double: bool  # whether some are inputs of double precision
    places: dict[int, int]  # from the position of a field to that of its column


def input_type(field: Field) -> str:
    """Return the type of the input of a column."""
    return "str" if field.is_text else "float64" if field.needs_double else "float32"


def add_columns(graph: Graph, plan: Plan, inputs: Sequence[str]) -> None:
    """Append the nodes of all column steps; ``inputs`` are the names of the inputs, one for each field."""
    fields, steps = plan.fields, plan.column_steps
    graph.prefix = "number"
    graph.values["first column"] = Tensor(inputs[0], (1,), input_type(fields[0]))
    numbers = _numbers(graph, [(i, field) for i, field in enumerate(fields) if not field.is_text], inputs)
    for group in _groups(fields, steps):
        kind = type(group[0])
        graph.prefix, before = kind.__name__.lower(), len(graph.nodes)
        if kind in _OF_NUMBERS and numbers is not None and not fields[group[0].field].is_text:
            found = _OF_NUMBERS[kind](graph, group, numbers)
        elif kind in (Flag, Lookup):
            found = _looked_up(graph, group, inputs)
        else:
            for step in group:
                _add_other(graph, step)
            continue
        found = found._replace(name=graph.rename(found.name, graph.prefix, before))
        first = 0
        for step in group:
            graph.pieces[step.out.name] = found, first
            first += step.out.size


def _groups(fields: Sequence[Field], steps: Sequence[Step]) -> list[list[Any]]:
    """Return the steps that can be done together, each group where its first step stands."""
    found: dict[Any, list[Any]] = {}
    fills: dict[Any, list[float]] = {}  # those of a column, of which a group has one
    for step in steps:
        if isinstance(step, Lookup) or (isinstance(step, Flag) and fields[step.field].is_text):
            key: Any = (Lookup, step.out.size)
        elif isinstance(step, (Scaled, Rank)):
            key = (type(step), len(step.quantiles) if isinstance(step, Rank) else step.bound)
            known = fills.setdefault((key, step.field), [])
            known += [step.fill] if step.fill not in known else []
            key = (*key, known.index(step.fill))
        elif isinstance(step, Wave):
            key = (Wave, step.bound)
        else:
            key = Flag if isinstance(step, Flag) else step.out.name
        found.setdefault(key, []).append(step)
    return list(found.values())


def _numbers(graph: Graph, fields: Sequence[tuple[int, Field]], inputs: Sequence[str]) -> _Numbers | None:
    parts, order = [], []
    for dtype in ("float32", "float64"):
        places = [i for i, field in fields if input_type(field) == dtype]
        if places:
            names = [inputs[i] for i in places]
            part = graph.add("Concat", *names, axis=1) if len(names) > 1 else names[0]
            parts.append(graph.add("Cast", part, to=wire.TYPES["float64"]) if dtype == "float32" else part)
            order += places
    if not parts:
        return None
    values = graph.add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]
    # Infinite numbers count as missing, as in training: inf - inf is no number either.
    missing = graph.add("IsNaN", graph.add("Sub", values, values))
    by_place = dict(fields)
    marks = [by_place[i].codes for i in order]
    for turn in range(max(map(len, marks))):
        codes = [own[turn] if turn < len(own) else np.nan for own in marks]
        is_code = graph.add("Equal", values, graph.array(codes, "float64", "code"))
        missing = graph.add("Or", missing, is_code)
    is_double = any(input_type(field) == "float64" for _, field in fields)
    return _Numbers(values, missing, is_double, {place: i for i, place in enumerate(order)})


def _columns(graph: Graph, x: str, places: Sequence[int], numbers: _Numbers) -> str:
    """Return these columns of a tensor of all numbers."""
    if list(places) == list(range(len(numbers.places))):
        return x
    return graph.add("Gather", x, graph.array(places, "int32", "columns"), axis=1)


def _filled(graph: Graph, group: Sequence[Scaled | Rank], numbers: _Numbers) -> str:
    places = [numbers.places[step.field] for step in group]
    fill = np.zeros(len(numbers.places))
    fill[places] = [step.fill for step in group]
    whole = graph.add("Where", numbers.missing, graph.array(fill, "float64", "fill"), numbers.values)
    return _columns(graph, whole, places, numbers)


def _scaled(graph: Graph, group: Sequence[Scaled], numbers: _Numbers) -> Tensor:
    center, unit = [step.center for step in group], [step.unit for step in group]
    is_far = numbers.is_double or min(np.abs(unit)) < _SMALLEST
    return _distances(graph, _filled(graph, group, numbers), center, unit, group[0].bound, is_far=is_far)


def _distances(graph: Graph, x: str, center: Any, unit: Any, bound: float | None, *, is_far: bool) -> Tensor:
    """Return ``z = (x - center) / unit``, smoothly clipped where there is a bound, rounded to float32.

    ``is_far`` says whether z may be so large that its square overflows.
    """
    far = graph.add("Sub", x, graph.array(center, "float64", "center"))
    z = graph.add("Div", far, graph.array(unit, "float64", "unit"))
    if bound is not None:
        if is_far:
            z = graph.add("Clip", z, graph.array(-_FAR, "float64", "lowest"), graph.array(_FAR, "float64", "highest"))
        share = graph.add("Div", z, graph.array(bound, "float64", "bound"))
        square = graph.add("Add", graph.add("Mul", share, share), graph.array(1.0, "float64", "one"))
        z = graph.add("Div", z, graph.add("Sqrt", square))
    return _rounded(graph, z, len(center))


def _rounded(graph: Graph, x: str, width: int) -> Tensor:
    return Tensor(graph.add("Cast", x, to=wire.TYPES["float32"]), (width,))


def _ranks(graph: Graph, group: Sequence[Rank], numbers: _Numbers) -> Tensor:
    quantiles = np.stack([step.quantiles for step in group])
    return _rounded(graph, add_ranks(graph, _filled(graph, group, numbers), quantiles), len(group))


def _waves(graph: Graph, group: Sequence[Wave], numbers: _Numbers) -> Tensor:
    """Append sines of each number twice, the second a quarter of a turn further on."""
    places = np.repeat([numbers.places[step.field] for step in group], 2).tolist()
    period = np.repeat([step.period for step in group], 2)
    rest = graph.add(
        "Mod", _columns(graph, numbers.values, places, numbers), graph.array(period, "float64", "period"), fmod=1
    )
    turn = graph.add("Mul", rest, graph.array(2.0 * np.pi / period, "float64", "turn"))
    quarter = graph.array(np.tile([0.0, np.pi / 2.0], len(group)), "float64", "quarter")
    waves = graph.add("Sin", graph.add("Add", turn, quarter))
    missing = _columns(graph, numbers.missing, places, numbers)
    waves = graph.add("Where", missing, graph.array(0.0, "float64", "zero"), waves)
    center, unit = (np.concatenate([getattr(step, name) for step in group]) for name in ("center", "unit"))
    return _distances(graph, waves, center, unit, group[0].bound, is_far=False)


def _flags(graph: Graph, group: Sequence[Flag], numbers: _Numbers) -> Tensor:
    missing = _columns(graph, numbers.missing, [numbers.places[step.field] for step in group], numbers)
    values = [graph.array([getattr(step, name) for step in group], name=name) for name in ("missing", "present")]
    return Tensor(graph.add("Where", missing, *values), (len(group),))


def _looked_up(graph: Graph, group: Sequence[Lookup | Flag], inputs: Sequence[str]) -> Tensor:
    """Append one table of the rows of all columns, and for each column where the row of its text is."""
    tables, codes, first = [], [], 0
    for step in group:
        if isinstance(step, Flag):
            table, places = np.array([[step.missing], [step.present]]), {"": 0}
        else:
            table, places = step.table, {"": 0, **{text: i for i, text in enumerate(step.categories, start=2)}}
        numbers = [first + place for place in places.values()]
        options: dict[str, Any] = {"keys_strings": list(places), "values_int64s": numbers, "default_int64": first + 1}
        codes.append(graph.add("LabelEncoder", inputs[step.field], domain="ai.onnx.ml", **options))
        tables.append(table)
        first += len(table)
    width = tables[0].shape[1]
    rows = graph.add("Concat", *codes, axis=1) if len(codes) > 1 else codes[0]
    whole = np.concatenate(tables)
    found = graph.add("Gather", graph.array(whole[:, 0] if width == 1 else whole, name="table", weight=True), rows)
    if width > 1:
        found = graph.add("Reshape", found, graph.array([0, len(group) * width], "int64", "shape"))
    return Tensor(found, (len(group) * width,))


def _add_other(graph: Graph, step: Step) -> None:
    """Append a step that reads no cells, above all the one that puts the features in order."""
    pieces = [graph.pieces.get(part.name) for part in step.parts] if isinstance(step, Join) else []
    if None in pieces or not pieces:
        add_vector_step(graph, step)
        return
    wholes: list[Tensor] = []
    starts: dict[str, int] = {}
    places = []
    for whole, first in filter(None, pieces):
        if whole.name not in starts:
            starts[whole.name] = sum(one.shape[0] for one in wholes)
            wholes.append(whole)
        places.append(starts[whole.name] + first)
    order = [start + i for start, part in zip(places, step.inputs(), strict=True) for i in range(part.size)]
    found = graph.add("Concat", *starts, axis=1) if len(starts) > 1 else wholes[0].name
    if order != list(range(sum(one.shape[0] for one in wholes))):
        found = graph.add("Gather", found, graph.array(order, "int32", "order"), axis=1)
    graph.values[step.out.name] = Tensor(found, (step.out.size,))


_OF_NUMBERS: dict[type[Step], Callable[..., Tensor]] = {Scaled: _scaled, Wave: _waves, Rank: _ranks, Flag: _flags}
