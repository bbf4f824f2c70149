"""Whether a learner's three functions were given in another order than forward, loss, gradients."""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.diagnosis.backprop.arguments import role_of
from glassnet.diagnosis.backprop.conventions import settle
from glassnet.diagnosis.backprop.learner import Learner
from glassnet.diagnosis.backprop.parameter_tree import ParameterTree

__all__ = ["Silence", "in_another_order", "order_that_runs"]

WHERE = "check_my_backprop"
_PLACES = ("forward", "loss", "gradients")


class Silence(io.TextIOBase):
    """Takes what the learner's functions print, in hundreds of calls."""

    def write(self, text: str) -> int:
        return len(text)


def order_that_runs(
    functions: Sequence[Callable[..., Any]], parameters: Any, X: np.ndarray, y: np.ndarray, rate: float | None
) -> tuple[Callable[..., Any], ...] | None:
    """Return the functions in the order forward, loss, gradients, found by trying; None if no other order runs.

    It is asked after the order given has failed. The parameters are left as they were.
    """
    if not all(map(callable, functions)):
        return None
    first, *others = itertools.permutations(functions)
    for order in others:
        if order != first and _runs(order, parameters, X, y, rate):
            return order
    return None


def _runs(order: Sequence[Callable[..., Any]], parameters: Any, X: Any, y: Any, rate: float | None) -> bool:
    """Return whether the functions can be called as forward, loss, gradients."""
    # Functions at the wrong place may raise anything, and what they raise says nothing.
    with np.errstate(all="ignore"), contextlib.redirect_stdout(Silence()), contextlib.suppress(Exception):
        tree = ParameterTree(parameters, tuple(order))
        try:
            forward, loss, gradients = order
            learner = Learner(forward, loss, gradients, tree, rate)
            if _is_against_names(learner):
                return False
            try:
                settle(learner, X, y)
            finally:
                learner.randomness.restart()
        finally:
            tree.restore()
        return True
    return False


def _is_against_names(learner: Learner) -> bool:
    """Return whether arguments say that the functions are none of a forward and a loss: almost anything runs as a loss.

    A forward does not take predictions, and a loss with parameters takes predictions or targets too.
    """
    forward, loss = ({role_of(name) for name in learner.signatures[which].names} for which in _PLACES[:2])
    named = set(learner.signatures["loss"].names) & set(learner.tree.names)
    has_parameters = "parameters" in loss or bool(named)
    return "predictions" in forward or (has_parameters and loss.isdisjoint({"predictions", "y"}))


def in_another_order(order: Sequence[Callable[..., Any]]) -> str:
    """Return the message for functions that run in this order, which is not the one they were given in.

    Examples
    --------
    >>> in_another_order([len, abs, sum]).partition('gradients. ')[2]
    'Write check_my_backprop(len, abs, sum, ...).'
    """
    names = [str(getattr(each, "__name__", place)) for each, place in zip(order, _PLACES, strict=True)]
    shown = [place if name == "<lambda>" else name for name, place in zip(names, _PLACES, strict=True)]
    fact, rule = "the functions are in another order", f"it must be {', '.join(_PLACES)}"
    return f"{WHERE}: {fact}; {rule}. Write {WHERE}({', '.join(shown)}, ...)."
