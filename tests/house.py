"""The plan of the package as its source shows it: every import of every file, wherever it stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from functools import cache
from pathlib import Path
from typing import NamedTuple

import glassnet

ROOT = Path(glassnet.__file__).parent


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the package."""
    return ".".join(("glassnet", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


FILES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


class Import(NamedTuple):
    """One name that a file takes from a module of the package; empty for the module as a whole."""

    module: str
    name: str


def _written(path: Path) -> Iterator[Import]:
    """Yield every import in a file as it is written: in functions, for type checkers only, and by a module's name in a text."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            if node.module and node.module.split(".")[0] == "glassnet":
                yield from (Import(node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (Import(alias.name, "") for alias in node.names if alias.name.split(".")[0] == "glassnet")
        elif (
            isinstance(node, ast.Constant)
            and node.value in FILES
            and "." in node.value
            and node.value != module_name(path)
        ):
            yield Import(str(node.value), "")


@cache
def _face(module: str) -> dict[str, Import]:
    """Return which names a package's own file takes from where, lazy tables of names included."""
    found = {each.name: each for each in _written(FILES[module]) if each.name}
    if (everything := found.pop("*", None)) is not None:
        found |= {each.name: each for each in _written(FILES[everything.module]) if each.name}
    for node in ast.walk(ast.parse(FILES[module].read_text())):
        if isinstance(node, ast.Dict):  # a room, and the names that are taken from it when they are first used
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in FILES and isinstance(value, ast.Tuple):
                    names = [str(each.value) for each in value.elts if isinstance(each, ast.Constant)]
                    found |= {name: Import(str(key.value), name) for name in names}
    return found


def _defining(found: Import) -> str:
    """Return the module whose file defines what is imported."""
    inside = f"{found.module}.{found.name}"
    if inside in FILES:
        return inside
    if found.name and FILES[found.module].name == "__init__.py" and found.name in _face(found.module):
        return _defining(_face(found.module)[found.name])
    return found.module


@cache
def imports() -> dict[str, frozenset[str]]:
    """Return for each module the modules that define what it imports."""
    return {
        module: frozenset(_defining(found) for found in _written(path)) - {module} for module, path in FILES.items()
    }


def defined(module: str) -> set[str]:
    """Return the names of the functions and classes of a file."""
    return {
        node.name
        for node in ast.parse(FILES[module].read_text()).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }


def within(package: str) -> dict[str, frozenset[str]]:
    """Return the imports between the files and folders of one package, each folder taken as a whole."""
    depth = package.count(".") + 1

    def child(module: str) -> str:
        return ".".join(module.split(".")[: depth + 1])

    inside = [module for module in FILES if module.startswith(f"{package}.")]
    found: dict[str, set[str]] = {child(module): set() for module in inside}
    for module in inside:
        found[child(module)] |= {child(target) for target in imports()[module] if target.startswith(f"{package}.")}
    return {name: frozenset(targets - {name}) for name, targets in found.items()}


def circles(graph: Mapping[str, Set[str]]) -> list[list[str]]:
    """Return the groups of nodes of which each leads to every other (Tarjan, 1972); none if nothing leads back."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in graph.get(node, ()):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(group)

    for node in graph:
        if node not in index:
            visit(node)
    return found


def functions(text: str) -> Iterator[ast.FunctionDef]:
    """Yield the functions of a file, wherever they stand: in classes, in other functions, in branches of any statement.

    They are statements, and no expression holds one: a tenth of the nodes that `ast.walk` goes through.
    """
    left: list[ast.AST] = [ast.parse(text)]
    while left:
        node = left.pop()
        if isinstance(node, ast.FunctionDef):
            yield node
        for branch in ("body", "orelse", "finalbody", "handlers", "cases"):
            left += getattr(node, branch, ())


def length(function: ast.FunctionDef) -> int:
    """Return how many lines a function has, its docstring left out."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        lines -= (function.body[0].end_lineno or 0) - function.body[0].lineno + 1
    return lines


def parameters(function: ast.FunctionDef) -> int:
    """Return how many parameters a function has beside ``self``."""
    named = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return len([each for each in named if each.arg not in ("self", "cls")])
