"""A training step worked by hand: every number with the formula it comes from."""

from __future__ import annotations

from glassnet.explanation.entries import Entry
from glassnet.explanation.explanations import Explanation, explain, explain_prediction
from glassnet.explanation.tutorial_step import explain_lesson

__all__ = ["Entry", "Explanation", "explain", "explain_lesson", "explain_prediction"]
