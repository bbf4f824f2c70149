"""A learner's own back-propagation, checked against finite differences and its mistakes named."""

from __future__ import annotations

from glassnet.diagnosis.backprop.checking import check_my_backprop
from glassnet.diagnosis.backprop.report import BackpropMistake, BackpropReport

__all__ = ["BackpropMistake", "BackpropReport", "check_my_backprop"]
