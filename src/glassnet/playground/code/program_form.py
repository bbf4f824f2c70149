"""What pasted code says, as plain data."""

from __future__ import annotations

import ast
import dataclasses
from typing import Any

from glassnet.errors import FormatError
from glassnet.layers import Layer
from glassnet.losses import Loss
from glassnet.optimizers import Optimizer
from glassnet.playground.code.actions import Action
from glassnet.playground.code.evaluation import Called
from glassnet.playground.settings import Settings
from glassnet.schedules import Schedule

__all__ = ["DataLine", "Program", "plain_value"]


@dataclasses.dataclass(frozen=True)
class DataLine:
    """A line that makes data: the page knows it, or refuses it with a sentence.

    Attributes
    ----------
    node : ast.stmt
    called : Called or None
        What it calls, if its value could be read.
    refusal : FormatError or None
        What to say of it otherwise.
    """

    node: ast.stmt
    called: Called | None
    refusal: FormatError | None


@dataclasses.dataclass(frozen=True)
class Program:
    """What pasted code says.

    Attributes
    ----------
    settings : Settings
        Settings of the network, with the batch size of the first training.
    data : tuple of DataLine
    actions : tuple of Action
    holds_out : bool
        Whether it names rows to validate with.
    modules : dict of str to str
        What the names of imported modules stand for.
    given_line : int or None
        The line that takes the weights of a network in a file, if there is one.
    splits : bool
        Whether ``fit`` is to hold out rows by itself.
    """

    settings: Settings
    data: tuple[DataLine, ...]
    actions: tuple[Action, ...]
    holds_out: bool
    modules: dict[str, str]
    given_line: int | None = None
    splits: bool = False


def plain_value(value: Any) -> Any:
    """Return a value with the library's objects as plain data, as settings have them."""
    if isinstance(value, (Schedule, Layer)):
        return value.entry()
    if isinstance(value, (Loss, Optimizer)):
        return {"class": type(value).__name__, **value.config()}
    if isinstance(value, dict):
        return {name: plain_value(item) for name, item in value.items()}
    return value
