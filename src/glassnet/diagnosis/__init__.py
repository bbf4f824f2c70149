"""What is wrong, in words: with a network and its data, and with a learner's own back-propagation."""

from __future__ import annotations

from glassnet.diagnosis.backprop import BackpropMistake, BackpropReport, check_my_backprop
from glassnet.diagnosis.diagnosing import diagnose
from glassnet.diagnosis.watch import Watch, fit_watched
from glassnet.training.findings import Diagnosis, DiagnosisWarning, Finding

__all__ = [
    "BackpropMistake",
    "BackpropReport",
    "Diagnosis",
    "DiagnosisWarning",
    "Finding",
    "Watch",
    "check_my_backprop",
    "diagnose",
    "fit_watched",
]
