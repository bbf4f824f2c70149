"""A training step worked by hand: every number with the formula it comes from."""

from __future__ import annotations

from glassnet.explanation.explanations import Explanation, explain
from glassnet.explanation.tutorial_step import explain_lesson

__all__ = ["Explanation", "explain", "explain_lesson"]
