"""Plans of networks compute what the networks predict."""

from __future__ import annotations

import numpy as np
import pytest

from export_models import ENSEMBLES, NETWORKS, export_case
from glassnet.exports.lowering.networks import lower_ensemble, lower_network
from glassnet.exports.plan import Plan
from glassnet.exports.referee import interpret

CASES = [*NETWORKS, *ENSEMBLES]


def plan_of(name: str, *, simplify: bool = True) -> Plan:
    """Return the plan of a model of the zoo."""
    lower = lower_ensemble if name in ENSEMBLES else lower_network
    return lower(export_case(name).model, simplify=simplify)


@pytest.mark.parametrize("simplify", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_plan_predicts_what_the_model_does(name: str, simplify: bool) -> None:
    """In double precision every output is that of the model, to its rounding."""
    case, plan = export_case(name), plan_of(name, simplify=simplify)
    for n in (1, 3, len(case.X)):
        expected = case.model.predict(case.X[:n])
        found = interpret(plan, case.X[:n].reshape(n, -1))
        assert found.shape == expected.shape
        tolerance = 1e-12 if name == "double" else 1e-6
        assert np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected))) < tolerance
