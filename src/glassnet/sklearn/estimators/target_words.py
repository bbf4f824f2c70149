"""Sentences for targets of the wrong kind: text where numbers are predicted, numbers where labels are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassnet.errors import DataError, GlassnetError
from glassnet.losses import Loss
from glassnet.utils.wording import shortened

__all__ = ["in_the_name_of", "labels_only", "refuse_text"]


def refuse_text(name: str, y: Any) -> None:
    """Raise an error if the targets of a regression hold text.

    Numbers written as text are refused in arrays of text only: scikit-learn converts those among Python objects.

    Parameters
    ----------
    name : str
        Of the estimator.
    y : any
        Targets as they were given.
    """
    try:
        cells = np.asarray(y)
    except ValueError:  # rows of different lengths, which scikit-learn refuses
        return
    if cells.dtype.kind in "SU":
        found = [str(cell) for cell in cells.ravel()[:1000].tolist()]
    elif cells.dtype.kind == "O":
        found = [cell for cell in cells.ravel().tolist() if isinstance(cell, str) and not _is_number(cell)]
    else:
        return
    if not found:
        return
    label = next((cell for cell in found if not _is_number(cell)), None)
    advice = "Turn the text into numbers: y = np.asarray(y, dtype=float)."
    if label is not None:
        advice = "Use MLPClassifier for labels."
    message = f"{name}: y holds {shortened(repr(label or found[0]), 40)}; it must hold numbers. {advice}"
    raise DataError(message, expected="numbers", got=label or found[0])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@contextmanager
def labels_only(name: str, y: Any) -> Iterator[None]:
    """Shorten what scikit-learn says of numbers that are no labels, and say where numbers are predicted.

    Parameters
    ----------
    name : str
        Of the estimator.
    y : any
        The labels.
    """
    try:
        yield
    except ValueError as error:
        cells = np.asarray(y)
        if "Unknown label type" not in str(error) or cells.dtype.kind != "f":
            raise
        odd = cells.ravel()[cells.ravel() % 1 != 0][:1].tolist()
        # scikit-learn's words come first: programs look for them.
        fact = f"Unknown label type: y holds fractions such as {odd[0]:.6g}" if odd else str(error)
        message = f"{name}: {fact}; it must hold labels. Use MLPRegressor for numbers."
        raise DataError(message, expected="labels", got=odd[0] if odd else None) from None


@contextmanager
def in_the_name_of(name: str, loss: Loss) -> Iterator[None]:
    """Let an error about targets begin with the estimator's name, where its loss has a name that users never wrote.

    Parameters
    ----------
    name : str
        Of the estimator.
    loss : Loss
        Which checks the targets.
    """
    try:
        yield
    except GlassnetError as error:
        where, _, rest = str(error).partition(": ")
        if where not in {kind.__name__ for kind in type(loss).__mro__}:
            raise
        message = f"{name}: {rest}"
        raise type(error)(message, expected=error.expected, got=error.got) from None
