"""Pick functions out of the templates, with all that they use."""

from __future__ import annotations

import ast
import functools
import importlib
import re
from collections.abc import Iterable
from importlib.resources import files
from typing import Any, NamedTuple

__all__ = ["constants_of", "names_in", "names_of", "picked"]

_PACKAGE = "glassnet.exports.targets.python_parts.templates"
# Lines of a list that hold nothing but numbers, or whole lists of them.
_NUMBERS = re.compile(r"^ +(?:\[[-+\d.e, ]+\],|[-+\d.e, ]*\d,)\n", re.MULTILINE)


class _Part(NamedTuple):
    """A function or an assignment of a template: the names that it makes and uses, and its text."""

    makes: frozenset[str]
    uses: frozenset[str]
    text: str


def picked(templates: Iterable[str], wanted: Iterable[str], known: Iterable[str] = ()) -> tuple[list[str], set[str]]:
    """Return the texts of what is wanted and of what that uses, in the order of the templates, and all names in them.

    ``known`` are names that the file has of its own.

    Examples
    --------
    >>> texts, names = picked(["numpy_numbers"], ["softmax"])
    >>> len(texts), "np" in names
    (1, True)
    """
    found = _chosen([part for template in templates for part in _parts(template)], wanted, known)
    return [part.text for part in found], set().union(*(part.uses for part in found)) if found else set()


def constants_of(templates: Iterable[str], wanted: Iterable[str]) -> dict[str, Any]:
    """Return the constants, by name, of the templates that some functions use.

    Examples
    --------
    >>> sorted(constants_of(["cells"], ["read_number"]))
    ['ORDINARY', 'UNUSUAL', 'ZEROS']
    """
    parts = {part: template for template in templates for part in _parts(template)}
    found: dict[str, Any] = {}
    for part in _chosen(list(parts), wanted, ()):
        module = importlib.import_module(f"{_PACKAGE}.{parts[part]}")
        found |= {name: getattr(module, name) for name in sorted(part.makes)}
    return {name: value for name, value in found.items() if isinstance(value, (str, int, float, tuple, dict))}


def _chosen(parts: list[_Part], wanted: Iterable[str], known: Iterable[str]) -> list[_Part]:
    """Return the parts that are wanted and those that they use, in their order."""
    makers = {name: part for part in parts for name in part.makes}
    chosen: set[str] = set()
    open_names = [name for name in wanted if name in makers]
    while open_names:
        name = open_names.pop()
        if name not in chosen and name not in known:
            chosen.add(name)
            open_names += [used for used in makers[name].uses if used in makers]
    return [part for part in parts if part.makes & chosen]


def names_in(text: str) -> set[str]:
    """Return the names in a piece of Python."""
    short = _NUMBERS.sub("", text)  # a network's weights would take nearly all of the time
    return {node.id for node in ast.walk(ast.parse(short)) if isinstance(node, ast.Name)}


def names_of(templates: Iterable[str]) -> set[str]:
    """Return all names that templates make, and those that every file has."""
    every = (*templates, "rows", "features", "program", "file_names", "cells", "moments", "numpy_table", "plain_table")
    every += ("csv_table", "csv_matrix")
    return {name for template in every for part in _parts(template) for name in part.makes} | {"x", "z", "h"}


@functools.cache
def _parts(template: str) -> tuple[_Part, ...]:
    """Return the functions, classes and assignments of a template; its imports and ``__all__`` stay behind."""
    text = files(_PACKAGE).joinpath(f"{template}.py").read_text("utf-8")
    lines = text.splitlines()
    found = []
    for node in ast.parse(text).body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)):
            continue
        makes = _made(node)
        if "__all__" in makes:
            continue
        start = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        own = "\n".join(lines[start - 1 : node.end_lineno])
        uses = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        found.append(_Part(frozenset(makes), frozenset(uses), own))
    return tuple(found)


def _made(node: ast.stmt) -> set[str]:
    """Return the names that a function, a class or an assignment makes."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}
