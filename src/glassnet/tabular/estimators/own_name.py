"""Errors of methods that a table model computes, in the name of the estimator that was called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from glassnet.errors import GlassnetError
from glassnet.utils.keywords import advises_on_names

__all__ = ["speaks_in_own_name"]

C = TypeVar("C", bound=type)
_INSIDE = ("Table", "TableEncoder.transform", "TargetEncoder.transform", "permutation_importance")


def speaks_in_own_name(kind: C) -> C:
    """Return the class; its public methods answer wrong arguments with a sentence, and errors name its own class."""
    for name, method in list(vars(kind).items()):
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(kind, name, _renaming(advises_on_names(method)))
    return kind


def _renaming(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def called(self: Any, *args: Any, **keywords: Any) -> Any:
        try:
            return method(self, *args, **keywords)
        except GlassnetError as error:
            where, _, rest = str(error).partition(": ")
            if where not in _INSIDE and not where.startswith("TableModel."):
                raise
            message = f"{type(self).__name__}.{method.__name__}: {rest}"
            raise type(error)(message, expected=error.expected, got=error.got) from error

    return called
