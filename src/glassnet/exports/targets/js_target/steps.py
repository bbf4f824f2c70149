"""Each primitive step as an expression in JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from glassnet.exports.naming import identifier
from glassnet.exports.plan import (
    Add,
    Affine,
    Constant,
    Embed,
    Flag,
    Join,
    Lookup,
    Map,
    Mean,
    Normalise,
    Plan,
    Rank,
    Scaled,
    Select,
    Softmax,
    Sort,
    Step,
    Value,
    Wave,
)
from glassnet.exports.targets.js_target.formulas import map_function
from glassnet.exports.targets.js_target.literals import KEYWORDS, js_list, js_value, wrapped
from glassnet.exports.targets.js_target.pool import Pool
from glassnet.utils.formula import functions_in

__all__ = ["OWN_NAMES", "Printer"]

OWN_NAMES = frozenset({
    "CHECKSUM", "CLOCKS", "CLOCK_TIME", "DATES", "DAY_OF", "GROUPED", "INFINITE", "MISSING", "MOMENTS", "MONTH",
    "MONTHS", "NAME", "NTH", "NUMBER", "OPEN", "PERIODS", "SHORT_YEAR", "WEAK", "WEEKDAY", "YEAR", "ZONE",
    "ZONES", "about", "add", "affine", "answer", "b", "bounded", "cells", "checksum", "columns", "decode",
    "doubles", "embed", "encode", "examples", "expected", "facts", "fits", "fitted", "flag", "floats",
    "forward", "i", "interpolated", "join", "known", "labels", "listed", "lookup", "mean", "names", "normalise",
    "ordinary", "outputs", "own", "predict", "rank", "row", "scaled", "select", "selftest", "shown", "sigmoid",
    "softmax", "softplus", "sorted", "stripped", "wave", "words", "x", "y",
})  # fmt: skip
"""Names of the script itself, which values may not bear."""


class Printer:
    """Prints the steps of a plan, and keeps what they need.

    Attributes
    ----------
    parts : set of str
        Files with the functions that are called.
    helpers : set of str
        Functions in formulas.
    functions : dict of str to list of str
        The element-wise functions by their code, each printed once.
    places, lists, texts : list of str
        Statements that find categories in their tables, and lists of categories: their names and all of their texts.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._taken = {*KEYWORDS, *OWN_NAMES}
        self._names: dict[str, str] = {plan.x.name: "x"}
        self.pool = Pool(self._taken)
        self.parts: set[str] = set()
        self.functions: dict[str, list[str]] = {}
        self.helpers: set[str] = set()
        self.places: list[str] = []
        self.lists: list[str] = []
        self.texts: list[str] = []

    def rename(self, value: Value, name: str) -> None:
        """Let a value have this name from here on."""
        self._names[value.name] = name

    def fresh(self, text: str) -> str:
        """Return a new name of the script that resembles a text."""
        found = identifier(text, self._taken)
        self._taken.add(found)
        return found

    def name(self, value: Value) -> str:
        """Return the name of a value in the script."""
        return self._names[value.name]

    def statements(self, steps: Iterable[Step]) -> list[str]:
        """Return the statements for some steps in order."""
        found = []
        for step in steps:
            expression = _STEPS[type(step)](self, step)
            name = self.fresh(step.out.name)
            self._names[step.out.name] = name
            found.append(f"const {name} = {expression};")
        return found

    def array(self, step: Step, name: str, array: np.ndarray) -> str:
        """Add an array of a step to the numbers and return its name."""
        return self.pool.put(self.fresh(f"{step.out.name}_{name}"), array, " x ".join(map(str, array.shape)))

    def call(self, part: str, *arguments: Any) -> str:
        """Return the call of the function of a part; arguments that are text are code."""
        self.parts.add(part)
        shown = (value if isinstance(value, str) else js_value(value) for value in arguments if value is not None)
        return f"{part}({', '.join(shown)})"


def _cell(step: Any) -> str:
    return f"cells[{step.field}]"


def _scaled(printer: Printer, step: Scaled) -> str:
    printer.parts.add("bounded")
    return printer.call("scaled", _cell(step), step.fill, step.center, step.unit, step.bound)


def _rank(printer: Printer, step: Rank) -> str:
    exponent = int(np.frexp(np.abs(step.quantiles).max())[1])
    with np.errstate(under="ignore"):
        edges = np.ldexp(step.quantiles, -exponent)
    return printer.call("rank", _cell(step), step.fill, printer.array(step, "edges", edges), f"2 ** {-exponent}")


def _wave(printer: Printer, step: Wave) -> str:
    printer.parts.add("bounded")
    centers, units = js_list(step.center.tolist()), js_list(step.unit.tolist())
    return printer.call("wave", _cell(step), step.period, centers, units, step.bound)


def _flag(printer: Printer, step: Flag) -> str:
    return printer.call("flag", _cell(step), step.present, step.missing)


def _lookup(printer: Printer, step: Lookup) -> str:
    with np.errstate(over="ignore", under="ignore"):
        table = printer.array(step, "table", step.table.astype(np.float32))
    field = printer.plan.fields[step.field]
    places = printer.fresh(f"{step.out.name}_places")
    source = f"(columns[{step.field}].categories || [])"
    if step.categories != field.categories:
        source = printer.fresh(f"{step.out.name}_categories")
        printer.lists.append(source)
        printer.texts.extend(step.categories)
        printer.places += wrapped(f"const {source} = {js_list(step.categories)};").split("\n")
    printer.places.append(f"const {places} = new Map({source}.map((category, i) => [category, i + 2]));")
    return printer.call("lookup", _cell(step), places, table, step.table.shape[1])


def _constant(printer: Printer, step: Constant) -> str:
    return printer.array(step, "values", step.values)


def _affine(printer: Printer, step: Affine) -> str:
    groups, inputs, outputs = step.W.shape
    rows = step.out.size // groups // outputs
    W = printer.array(step, "W", step.W.mT)
    b = "[]" if step.b is None else printer.array(step, "b", step.b)
    return printer.call("affine", printer.name(step.x), W, b, groups, rows, inputs, outputs)


def _map(printer: Printer, step: Map) -> str:
    printer.helpers |= functions_in(step.formula)
    parameters, body = map_function(step)
    key = "\n".join([*parameters, *body])
    if key not in printer.functions:
        name = printer.fresh(f"map_{len(printer.functions) + 1}")
        typed = ", ".join(f"{parameter}: Numbers" for parameter in parameters)
        head = f"/** @type {{({typed}) => Float64Array}} */"
        printer.functions[key] = [head, f"function {name}({', '.join(parameters)}) {{", *body, "}"]
    name = printer.functions[key][1].split("(")[0].removeprefix("function ")
    arrays = [printer.array(step, vector, array) for vector, array in step.vectors.items()]
    return f"{name}({', '.join([printer.name(step.x), *arrays])})"


def _select(printer: Printer, step: Select) -> str:
    x, places = printer.name(step.x), np.asarray(step.places)
    first, n = int(places[0]), len(places)
    if np.array_equal(places, np.arange(first, first + n)):
        return x if n == step.x.size else f"{x}.subarray({first}, {first + n})"
    return printer.call("select", x, printer.array(step, "places", places))


def _embed(printer: Printer, step: Embed) -> str:
    groups, _, dim = step.table.shape
    table = printer.array(step, "table", step.table)
    return printer.call("embed", printer.name(step.x), table, groups, step.out.size // groups // dim, dim)


def _join(printer: Printer, step: Join) -> str:
    parts = f"[{', '.join(map(printer.name, step.parts))}]"
    return printer.call("join", step.out.size // step.out.shape[-1], parts)


_STEPS: dict[type[Step], Callable[[Printer, Any], str]] = {
    Scaled: _scaled,
    Rank: _rank,
    Wave: _wave,
    Flag: _flag,
    Lookup: _lookup,
    Constant: _constant,
    Affine: _affine,
    Map: _map,
    Select: _select,
    Embed: _embed,
    Join: _join,
    Softmax: lambda printer, step: printer.call("softmax", printer.name(step.x), step.x.shape[-1]),
    Normalise: lambda printer, step: printer.call("normalise", printer.name(step.x), step.x.shape[-1], step.eps),
    Mean: lambda printer, step: printer.call("mean", printer.name(step.x), step.x.shape[0]),
    Sort: lambda printer, step: printer.call("sorted", printer.name(step.x), step.x.shape[-1]),
    Add: lambda printer, step: printer.call("add", printer.name(step.a), printer.name(step.b)),
}
