"""Numbers of any size and kind in the place of every argument: an answer or one sentence, and a run that goes on."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from glassnet.playground.dispatch import answer
from glassnet.playground.experiment import Experiment
from glassnet.playground.findings.lookout import findings_state, look_out, wait_for_look
from glassnet.playground.plain_json import as_plain_json
from glassnet.playground.state import state_of
from playground_pages import first_experiment

# What JSON may name, and Python, NumPy or C may not take.
NUMBERS: list[Any] = [
    0, -1, -0.0, 1.5, 2**31, 2**53 + 1, 2**63, 2**64, -(2**64), 10**99, 5e-324, 1e38, 1e308, -1e308, True, None, "1", "", [], {},
]  # fmt: skip

# Every command with its arguments as a page sends them; `?` is the number.
MESSAGES: dict[str, dict[str, Any]] = {
    "step": {"do": "step", "batches": "?"},
    "run": {"do": "run", "per_second": "?"},
    "go to": {"do": "go_to", "step": "?"},
    "reseed": {"do": "reseed", "seed": "?"},
    "seed": {"do": "set", "path": "seed", "value": "?"},
    "batch": {"do": "set", "path": "batch_size", "value": "?"},
    "rate": {"do": "set", "path": "optimizer.learning_rate", "value": "?"},
    "penalty": {"do": "set", "path": "l2", "value": "?"},
    "units": {"do": "set", "path": "layers.0.units", "value": "?"},
    "path": {"do": "branch", "path": "optimizer.momentum", "value": "?"},
    "at": {"do": "add_layer", "at": "?", "kind": "Dense"},
    "config": {"do": "add_layer", "at": 0, "kind": "Dropout", "config": {"rate": "?"}},
    "remove": {"do": "remove_layer", "at": "?"},
    "from": {"do": "move_layer", "from": "?", "to": 0},
    "to": {"do": "move_layer", "from": 0, "to": "?"},
    "index": {"do": "set_weight", "parameter": "dense_1.weight", "index": ["?", 0], "value": 1},
    "weight": {"do": "set_weight", "parameter": "dense_1.weight", "index": [0, 0], "value": "?"},
    "units shown": {"do": "view", "most_units": "?"},
    "resolution": {"do": "view", "resolution": "?"},
    "row": {"do": "probe", "row": "?"},
    "split": {"do": "split", "share": "?"},
    "axis": {"do": "axes", "x": "?"},
    "x": {"do": "add_point", "x": "?", "y": 0, "label": 0},
    "label": {"do": "add_point", "x": 0, "y": 0, "label": "?"},
    "n": {"do": "data", "source": {"kind": "toy", "name": "spirals", "options": {"n": "?"}}},
    "noise": {"do": "data", "source": {"kind": "toy", "name": "moons", "options": {"noise": "?"}}},
    "toy seed": {"do": "data", "source": {"kind": "toy", "name": "moons", "options": {"seed": "?"}}},
    "points": {"do": "data", "source": {"kind": "points", "points": [["?", 0, 0], [1, 1, 1]]}},
    "neuron": {"do": "explain_neuron", "layer": "dense_1", "unit": "?"},
    "edge": {"do": "explain_edge", "parameter": "dense_1.weight", "from": "?", "to": 0},
    "stop": {"do": "microscope", "stop": "?"},
    "version": {"do": "hello", "version": "?"},
    "resumed": {"do": "hello", "version": 1, "run": "run 1", "step": "?"},
}


def put(message: Any, number: Any) -> Any:
    """Return a message with a number in its place."""
    if isinstance(message, dict):
        return {key: put(item, number) for key, item in message.items()}
    if isinstance(message, list):
        return [put(item, number) for item in message]
    return number if message == "?" else message


@pytest.mark.parametrize("name", MESSAGES)
def test_any_number_is_answered(name: str) -> None:
    """None is a bug, none gets a run or a state that cannot be shown, and what is refused changes nothing."""
    found = first_experiment()
    found.view = type(found.view)(resolution=8)
    for number in NUMBERS:
        before = found.revision
        got = answer(found, json.loads(json.dumps({"id": 1, **put(MESSAGES[name], number)})))
        as_plain_json(got)
        if "error" in got:
            assert found.revision == before, (number, got)
            assert got["error"].endswith((".", "?", "DATA")), (number, got["error"])
            continue
        assert found.per_second is None or 0.01 <= found.per_second <= 1000
        as_plain_json(state_of(found))
        found.advance()
        if found.step > 200:
            found = first_experiment()


@pytest.mark.parametrize("rate", [0, -1, 1e-9, 1001, 1e300])
def test_so_many_steps_a_second_are_refused(rate: float) -> None:
    """The sentence says what would do; the run is as before."""
    found = first_experiment()
    got = answer(found, {"id": 1, "do": "run", "per_second": rate})
    assert got["error"] == f"run: per_second is {rate}; it must be a finite number of at least 0.01 and at most 1000."
    assert (found.running, found.per_second) == (False, None)


def test_a_run_that_diverges_at_its_start_can_be_started_again() -> None:
    """What was said of its divergence goes, as it does where there were good steps before; the next step says it again."""
    found: Experiment = first_experiment()
    answer(found, {"id": 1, "do": "set", "path": "optimizer.learning_rate", "value": 1e39})
    found.running = True
    while found.running:
        found.advance()
    said = state_of(found)["diverged"]
    assert said
    look_out(found)
    wait_for_look(found)
    assert "diverged" in [card["code"] for card in findings_state(found)["findings"]]
    assert found.step == 0
    revision = found.revision
    answer(found, {"id": 2, "do": "restart"})
    assert (state_of(found)["diverged"], found.step) == (None, 0)
    assert found.revision > revision
    assert findings_state(found) == {"findings": [], "looked_at": None}
    assert np.isfinite(found.network.params).all()
    while not found.diverged:
        found.advance()
    assert state_of(found)["diverged"]
