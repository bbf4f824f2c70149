"""A training step worked by hand: every number with the formula it comes from."""

from __future__ import annotations

from glassnet.explanation.explaining import Explanation, explain
from glassnet.explanation.lesson import explain_lesson

__all__ = ["Explanation", "explain", "explain_lesson"]
