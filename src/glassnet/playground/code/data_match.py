"""The data that lines of pasted code make, as far as the page makes data by the same lines."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from glassnet.errors import GlassnetError
from glassnet.playground.code.program_form import DataLine, Program
from glassnet.playground.code.tokens import refusal
from glassnet.playground.data.sources import BUNDLED, data_from_source
from glassnet.playground.data.toy_data import TOYS
from glassnet.playground.play_data import PlayData

__all__ = ["data_of_program"]

_MOST_TARGETS = 50


def data_of_program(program: Program, current: PlayData, uploads: Mapping[str, Path] | None = None) -> PlayData:
    """Return the data of a program: those of the page if its lines are the page's own, or the ones that it names.

    Raises
    ------
    FormatError
        There is a line that makes data in another way than the page does.
    """
    if not program.data or not _others(program, program.data, current):
        return current
    first = next((line for line in program.data if line.called is not None), None)
    source = None if first is None or first.called is None else _source(first)
    if first is None or source is None:
        raise _refused(program.data[0])
    rest = [line for line in program.data if line is not first]
    try:
        found = data_from_source(source, uploads, _split(program) or current.split)
        if source["kind"] == "bundled":
            found = _with_target(program, rest, source, found, uploads)
    except GlassnetError as error:
        raise refusal(first.node.lineno, str(error).rstrip("."), "") from error
    unknown = _others(program, rest, found)
    if unknown:
        raise _refused(unknown[0])
    return found


def _refused(line: DataLine) -> GlassnetError:
    return line.refusal or refusal(line.node.lineno, "the page makes no data like this")


def _others(program: Program, lines: Sequence[DataLine], data: PlayData) -> list[DataLine]:
    """Return the lines that the page's own code for the data does not have, however they are written."""
    own = {ast.dump(node) for node in ast.parse("\n".join(data.code)).body}
    return [line for line in lines if ast.dump(_renamed(line.node, program.modules)) not in own]


def _renamed(node: ast.stmt, modules: Mapping[str, str]) -> ast.stmt:
    """Return a statement with the modules under the names that the page's code gives them."""
    usual = {"glassnet": "gn", "numpy": "np"}
    node = copy.deepcopy(node)
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and modules.get(part.id) in usual:
            part.id = usual[modules[part.id]]
    return node


def _source(line: DataLine) -> dict[str, Any] | None:
    """Return the source that a call names: a toy, a table of the package, or points one by one."""
    called = line.called
    if called is None:
        return None
    module, _, name = called.function.rpartition(".")
    if module == "glassnet.datasets" and name in TOYS and len(called.arguments) < 2:
        rows = {"n": called.arguments[0]} if called.arguments else {}
        return {"kind": "toy", "name": name, "options": rows | dict(called.keywords)}
    if module == "glassnet.datasets" and name in BUNDLED and not called.arguments and not called.keywords:
        return {"kind": "bundled", "name": name}
    given = called.arguments[0] if len(called.arguments) == 1 else None
    if name == "read_table" and isinstance(given, str) and given in BUNDLED:
        return {"kind": "bundled", "name": given, "options": dict(called.keywords)}
    if called.function == "numpy.array" and isinstance(given, list):
        return {"kind": "points", "points": given}
    return None


def _split(program: Program) -> float | None:
    """Return the share that a line holds out: ``split_rows(n, [0.8, 0.2], ...)``."""
    for line in program.data:
        for part in ast.walk(line.node):
            if not isinstance(part, ast.Call) or not ast.unparse(part.func).endswith(".split_rows"):
                continue
            shares = [each.elts[1] for each in part.args if isinstance(each, ast.List) and len(each.elts) == 2]
            if shares and isinstance(shares[0], ast.Constant) and isinstance(shares[0].value, float):
                return shares[0].value
    return None


def _with_target(
    program: Program, rest: Sequence[DataLine], source: dict[str, Any], found: PlayData, uploads: Any
) -> PlayData:
    """Return a table with the target that its other lines name."""
    texts = {part.value for line in rest for part in ast.walk(line.node) if isinstance(part, ast.Constant)}
    for target in [name for name in found.targets if name in texts][:_MOST_TARGETS]:
        if not _others(program, rest, found):
            break
        found = data_from_source({**source, "target": target}, uploads, found.split)
    return found
