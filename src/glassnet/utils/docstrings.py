"""Documentation that several classes share: written once, shown by each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

__all__ = ["merge_sections", "shares_documentation"]

T = TypeVar("T", bound=type[Any])

_MERGED = ("Parameters", "Attributes")


def shares_documentation(base: type[Any]) -> Callable[[T], T]:
    """Return a decorator that adds the documented parameters and attributes of a base class to those of a class.

    ``help`` and the pages of the reference show both, the parameters in the order of the signature. Editors that read
    the source alone show those of the class itself.
    """

    def document(kind: T) -> T:
        if kind.__doc__ and base.__doc__:  # Python leaves them out with -OO
            kind.__doc__ = merge_sections(kind.__doc__, base.__doc__, list(inspect.signature(kind).parameters))
        return kind

    return document


def merge_sections(own: str, shared: str, order: Sequence[str]) -> str:
    """Return a numpydoc docstring, ``own``, with the parameters and attributes of another one added.

    Entries stand in the ``order`` of these names; others follow, those of ``own`` first.
    """

    def place(entry: str) -> int:
        name = re.split(r"[,\s]", entry, maxsplit=1)[0]
        return order.index(name) if name in order else len(order)

    found, added = _sections(own), _sections(shared)
    summary = found.pop("")
    merged = {
        title: "\n".join(sorted([*_entries(found.pop(title, "")), *_entries(added.get(title, ""))], key=place))
        for title in _MERGED
    }
    parts = [f"{title}\n{'-' * len(title)}\n{text}" for title, text in (merged | found).items() if text]
    return "\n\n".join([summary, *parts]) + "\n"


def _sections(docstring: str) -> dict[str, str]:
    """Return the text of each section by its title; what stands before the first has the title ""."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}$", inspect.cleandoc(docstring), flags=re.MULTILINE)
    return {title: text.strip() for title, text in zip(["", *parts[1::2]], parts[::2], strict=True)}


def _entries(section: str) -> list[str]:
    """Return the entries of a section: each begins with a line that is not indented."""
    return [entry.rstrip() for entry in re.split(r"\n(?=\S)", section) if entry]
