"""What ``fit`` and `glassnet.diagnose` say of data: each fault is named first, and nobody who is right is accused."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet as gn
from data_cases import FAULTS, SOUND, Data


def network_for(data: Data) -> gn.Network:
    """Return a small network for the data."""
    if data.y.dtype.kind in "iu":
        most = max(int(y.max()) for y in (data.y, data.options.get("validation_data", data)[1]))
        layers, loss = [gn.Dense(24, "relu"), gn.Dense(max(2, most + 1))], "cross_entropy"
    else:
        layers, loss = [gn.Dense(24, "relu"), gn.Dense(1 if data.y.ndim == 1 else data.y.shape[1])], "squared_error"
    return gn.Network(layers, loss=data.loss or loss, optimizer=gn.Adam(1e-2), seed=0)


def findings_of(data: Data) -> gn.Diagnosis:
    """Return what ``fit`` finds."""
    network = network_for(data)
    try:
        return network.fit(data.X, data.y, **{"epochs": 20, **data.options}).findings
    except gn.DivergenceError:
        return network.history.findings


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named_first(name: str) -> None:
    """The first finding is the fault, no note, and says where it is."""
    code, says, make = FAULTS[name]
    found = findings_of(make(np.random.default_rng(3)))
    assert len(found) > 0
    assert found[0].code in code.split(" or "), found
    assert found[0].severity != "note"
    assert says.lower() in (found[0].measured + found[0].advice).lower()


@pytest.mark.parametrize("name", SOUND)
def test_sound_data_raise_no_alarm(name: str) -> None:
    """Of data that are right nothing worse than a note is said."""
    found = findings_of(SOUND[name](np.random.default_rng(3)))
    assert found.ok, found


def test_the_tables_are_large() -> None:
    """There are at least sixty of each."""
    assert min(len(FAULTS), len(SOUND)) >= 60
