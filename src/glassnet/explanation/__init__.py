"""A training step worked by hand: every number with the formula it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.explanation.entries import Entry
from glassnet.explanation.explanations import Explanation, explain, explain_prediction
from glassnet.explanation.tutorial_step import explain_lesson
from glassnet.utils.keywords import unknown_name

__all__ = ["Entry", "Explanation", "explain", "explain_lesson", "explain_prediction"]


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
