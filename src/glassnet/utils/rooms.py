"""In which room of the package a public name is, read from the text of the rooms: none of them is imported for it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["room_of"]

_INNER = ("utils", "charts", "engine", "saving", "cli")  # rooms that users do not import from


def room_of(name: str) -> str:
    """Return the module whose public name this is, "" if there is none.

    Examples
    --------
    >>> room_of("TabularClassifier"), room_of("plot_history"), room_of("quantum")
    ('glassnet.tabular', 'glassnet.plots', '')
    """
    return _homes().get(name, "")


@cache
def _homes() -> dict[str, str]:
    """Return the module of each public name of a room; of two the one that has less to offer."""
    from pathlib import Path  # takes a fifth of `import glassnet`, and only a slip in a name needs it

    found: list[tuple[str, list[str]]] = []
    for file in Path(__file__).resolve().parent.parent.glob("*/__init__.py"):
        if file.parent.name not in _INNER:
            found.append((f"glassnet.{file.parent.name}", _public(file)))
    found.sort(key=lambda room: -len(room[1]))
    return {name: room for room, names in found for name in names}


def _public(file: Path) -> list[str]:
    """Return the names that a module lists in ``__all__``; none if its text cannot be read, as in an archive."""
    import ast

    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return []
    for line in tree.body:
        if isinstance(line, ast.Assign) and [ast.unparse(target) for target in line.targets] == ["__all__"]:
            return [str(entry.value) for entry in ast.walk(line.value) if isinstance(entry, ast.Constant)]
    return []
