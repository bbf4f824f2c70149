"""Exported Python files, with NumPy and without: the same numbers as the model, in a process without glassnet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glassnet.exports.lowering.networks import lower_network
from glassnet.exports.plan import Plan
from glassnet.exports.proof import made_up_rows, prove
from glassnet.exports.referee import Rows, interpret
from glassnet.exports.targets.registry import TARGETS
from glassnet.exports.targets.target import Options
from glassnet.layers import Dense
from glassnet.losses import SoftmaxCrossEntropy
from glassnet.network import Network

FLAVOURS = ["numpy"]


def _network() -> Network:
    network = Network([Dense(8, "relu"), Dense(6, "tanh"), Dense(3)], loss=SoftmaxCrossEntropy(), seed=1)
    network.build((4,))
    return network


def _written(path: Path, to: str, plan: Plan, predictions: np.ndarray, rows: Rows) -> Path:
    files = TARGETS[to].load().print_plan(plan, prove(plan, predictions, rows, np.float64), Options())
    path.write_bytes(files[".py"])
    return path


@pytest.mark.parametrize("to", FLAVOURS)
def test_a_network_gives_the_numbers_of_the_referee(to: str, tmp_path: Path) -> None:
    """The file computes what the referee computes in double precision, and its self-test passes."""
    network = _network()
    plan = lower_network(network, "iris")
    rows = made_up_rows(plan, 50)
    path = _written(tmp_path / "iris.py", to, plan, network.predict(rows.astype(np.float32)), rows)
    run = TARGETS[to].load().run_file(path, plan, rows)
    assert run.failures == 0
    np.testing.assert_allclose(run.outputs, interpret(plan, rows), atol=1e-9, rtol=1e-9)
