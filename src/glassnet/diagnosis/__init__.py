"""What is wrong, in words: a learner's own back-propagation, checked and its mistakes named."""

from __future__ import annotations

from glassnet.diagnosis.backprop import BackpropMistake, BackpropReport, check_my_backprop

__all__ = ["BackpropMistake", "BackpropReport", "check_my_backprop"]
