"""The vector steps of a plan as lines of Python, one for each layer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from glassnet.exports.plan import Affine, Plan, Step, Value
from glassnet.exports.targets.python_parts.arrays import Arrays
from glassnet.exports.targets.python_parts.formulas import Functions

__all__ = ["Expression", "Read", "Writer", "body_lines"]

_LONGEST = 70  # characters of an expression that may stand inside another


class Expression(NamedTuple):
    """An expression of Python and the shape of its value, without the axis of rows."""

    text: str
    shape: tuple[int, ...]

    @property
    def inner(self) -> str:
        """The text for a place inside another expression."""
        return self.text if _is_atom(self.text) else f"({self.text})"


Read = Callable[[Value], Expression]
"""Returns the expression for a value in the shape in which a step reads it."""


class Writer(Protocol):
    """What a flavour of Python says about steps."""

    arrays: Arrays
    functions: Functions

    def step(self, step: Step, read: Read) -> Expression:
        """Return the expression for what a step makes."""

    def seen(self, found: Expression, shape: tuple[int, ...]) -> Expression:
        """Return a value in another shape."""


@dataclass
class _Scope:
    """What is known while the steps are written: the expression for each value, and how often each is used."""

    known: dict[str, Expression]
    uses: Counter[str]


def body_lines(plan: Plan, writer: Writer) -> list[str]:
    """Return the lines of the function that computes the outputs from ``x``, its return included."""
    steps = plan.vector_steps
    uses = Counter(value.name for step in steps for value in step.inputs())
    uses[plan.y.name] += 1
    scope = _Scope({plan.x.name: Expression("x", plan.x.shape)}, uses)
    lines: list[tuple[str, str]] = []
    for position, step in enumerate(steps):
        read = _reader(scope, writer)
        found = writer.step(step, read)
        following = steps[position + 1] if position + 1 < len(steps) else None
        if _is_inlined(step, found, following, scope):
            scope.known[step.out.name] = found
            continue
        writer.arrays.number += 1
        name = step.out.name
        while writer.functions.takes(name):
            name += "_"
        lines.append((name, found.text))
        scope.known[step.out.name] = Expression(name, found.shape)
    y = writer.seen(scope.known[plan.y.name], (plan.y.size,))
    return _named_alike([*lines, ("return", y.text)])


def _reader(scope: _Scope, writer: Writer) -> Read:
    return lambda value: writer.seen(scope.known[value.name], value.shape)


def _is_inlined(step: Step, found: Expression, following: Step | None, scope: _Scope) -> bool:
    """Return whether a value stands in the line that uses it: ``relu(h @ W1 + b1)``."""
    if following is None:
        return True
    read_once = scope.uses[step.out.name] == 1 and [value.name for value in following.inputs()] == [step.out.name]
    return isinstance(step, Affine) and read_once and not isinstance(following, Affine) and len(found.text) < _LONGEST


def _named_alike(lines: list[tuple[str, str]]) -> list[str]:
    """Return lines ``name = text`` in which h is used again where only the next line reads it."""
    texts = []
    numbered = [name for name, _ in lines if name != "return"]
    last_use = {name: max(i for i, (_, text) in enumerate(lines) if _uses(text, name)) for name in numbered}
    chained = all(last_use[name] == i + 1 for i, name in enumerate(numbered))
    for name, text in lines:
        shown = text
        if chained:
            for one in numbered:
                shown = _replaced(shown, one, "h")
        texts.append(f"return {shown}" if name == "return" else f"{'h' if chained else name} = {shown}")
    return texts


def _uses(text: str, name: str) -> bool:
    return _replaced(text, name, "") != text


def _replaced(text: str, name: str, other: str) -> str:
    return re.sub(rf"(?<![.\w]){name}\b", other, text)  # no attribute: x.mean(axis=1)


def _is_atom(text: str) -> bool:
    """Return whether a text is a name, a call or an index, which needs no parentheses."""
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if depth == 0 and not (character.isalnum() or character in "_.)]"):
            return False
    return True
