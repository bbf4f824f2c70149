"""What is wrong, in words: with a network and its data, and with a learner's own back-propagation."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from glassnet.utils.keywords import unknown_name

if TYPE_CHECKING:
    from glassnet.diagnosis.backprop import BackpropMistake, BackpropReport, check_my_backprop
    from glassnet.diagnosis.diagnosing import diagnose
    from glassnet.diagnosis.fitting import fit_watched
    from glassnet.diagnosis.watch import Watch
    from glassnet.training.findings import Diagnosis, DiagnosisWarning, Finding

__all__ = [
    "BackpropMistake", "BackpropReport", "Diagnosis", "DiagnosisWarning", "Finding", "Watch", "check_my_backprop",
    "diagnose", "fit_watched",
]  # fmt: skip

# Loaded when first used: every `fit` watches, and few ever check a learner's program.
_ON_USE = {
    "glassnet.diagnosis.backprop": ("BackpropMistake", "BackpropReport", "check_my_backprop"),
    "glassnet.diagnosis.diagnosing": ("diagnose",),
    "glassnet.diagnosis.fitting": ("fit_watched",),
    "glassnet.diagnosis.watch": ("Watch",),
    "glassnet.training.findings": ("Diagnosis", "DiagnosisWarning", "Finding"),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _ON_USE.items() for name in names}


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        if name not in _HOME_OF:
            raise unknown_name(__name__, name, __all__)
        value = globals()[name] = getattr(importlib.import_module(_HOME_OF[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
