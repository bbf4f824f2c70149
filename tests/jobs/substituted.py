"""A plugin of pytest that gives scikit-learn's own tests the perceptrons under test; run with ``-p jobs.substituted``.

It is loaded before anything is collected: what then asks `sklearn.neural_network` for its two classes gets ours. A
test module could still hold others, so once collected it is asked which it holds.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from sklearn import neural_network
from sklearn.neural_network import _multilayer_perceptron as private

from sklearn_cases import OURS

NAMES = {"MLPClassifier": OURS["classifier"], "MLPRegressor": OURS["regressor"]}
for _name, _cls in NAMES.items():
    for _module in (neural_network, private):
        setattr(_module, _name, _cls)

_seen: dict[str, Any] = {"outcomes": {}}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note what was collected and whose classes the modules of the tests hold."""
    functions = [item for item in session.items if isinstance(item, pytest.Function)]
    _seen["collected"] = [item.name for item in functions]
    _seen["held"] = {name: sorted({_home(getattr(item.module, name)) for item in functions}) for name in NAMES}


def _home(cls: type[Any]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the outcomes: of the calls, and of whatever went wrong around them."""
    if report.when == "call" or report.outcome != "passed":
        _seen["outcomes"][report.outcome] = _seen["outcomes"].get(report.outcome, 0) + 1


def pytest_sessionfinish() -> None:
    """Write what was seen where the one who started this run looks for it."""
    Path(os.environ["SUBSTITUTED_REPORT"]).write_text(json.dumps(_seen), encoding="utf-8")
