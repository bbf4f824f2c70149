"""Numbers to be worked out by the reader: questions with one number missing, and whether a typed one is right."""

from __future__ import annotations

import math
import re
import weakref
from typing import Any

from glassnet.errors import ConfigError
from glassnet.explanation.document import Term
from glassnet.playground.experiment import Experiment
from glassnet.playground.microscope.lines import Line

__all__ = ["answer_to", "is_right", "number_in", "questions_of"]

_DIGITS = 3  # significant, that must be right
_MOST, _KEPT = 4, 400
_SHOWN = ("label", "symbol", "formula", "remark", "terms", "text", "rest", "from")  # all of a line but its result
_ASKED: weakref.WeakKeyDictionary[Experiment, dict[str, Line]] = weakref.WeakKeyDictionary()
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f]")


def questions_of(experiment: Experiment, sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return questions about the worked lines of a stop, and keep their answers.

    Parameters
    ----------
    experiment : Experiment
    sections : list of dict
        As the page gets them.
    """
    asked = _ASKED.setdefault(experiment, {})
    lines = [line for section in sections for equation in section["equations"] for line in equation["worked"][:1]]
    found = []
    for line in lines[:_MOST]:
        question = f"{experiment.revision}.{experiment.step} {line['label']}"
        asked.pop(question, None)
        asked[question] = line
        found.append({"question": question, **{k: line[k] for k in _SHOWN}})
    for old in list(asked)[:-_KEPT]:
        del asked[old]
    return found


def answer_to(experiment: Experiment, question: str, text: str) -> dict[str, Any]:
    """Return whether a typed number is that of a question, with the worked line.

    It is right if its first three digits are, of the number itself or of what the numbers shown give.
    """
    line = _ASKED.get(experiment, {}).get(question)
    if line is None:
        message = "check_number: question is none that was asked; it must be one. Open the microscope again."
        raise ConfigError(message, got=question)
    return {"question": question, "right": is_right(number_in(text), line), "line": line}


def number_in(text: str) -> float:
    """Return the number that a text says, with a comma or a point, any minus sign, and spaces.

    Examples
    --------
    >>> number_in("0,12"), number_in(" \u2212 1e-3 "), number_in("1,234.5"), number_in("1 000")
    (0.12, -0.001, 1234.5, 1000.0)
    """
    plain = _SPACES.sub("", text).replace("\u2212", "-").replace("\u2013", "-").replace("\u00d710^", "e")
    plain = plain.replace(",", "") if "." in plain else plain.replace(",", ".")
    try:
        value = float(plain) if "_" not in plain else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        message = f"check_number: text is {text[:40]!r}; it must be a number such as 0.287."
        raise ConfigError(message, got=text)
    return value


def is_right(typed: float, line: Line) -> bool:
    """Return whether a number agrees with a line in three significant digits."""
    return any(_agree(typed, value) for value in (line["value"], _from_shown(line)))


def _agree(typed: float, value: float) -> bool:
    if value == 0.0 or not math.isfinite(value):
        return typed == value
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - _DIGITS + 1)
    return abs(typed - value) <= 0.5 * unit * (1.0 + 1e-9)


def _from_shown(line: Line) -> float:
    """Return what the numbers of a line give as they are shown, rounded."""
    rest = float(line["rest"]["sum"]) if line["rest"] else 0.0
    try:
        return Term(line["text"], {}).value + rest
    except (ArithmeticError, ValueError):
        return math.nan
