"""What a training step costs, in things that can be counted: calls in Python, and memory.

Times differ from machine to machine and from moment to moment; these do not.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training.batches import ArrayBatches
from glassnet.training.loop import Run


def stepper(
    hidden: list[gn.Layer], loss: str, optimizer: gn.Optimizer, batch: int, members: int | None = None, d: int = 20
) -> Callable[[], Any]:
    """Return a function that takes one training step, batch after batch, with everything warm."""
    outputs = 1 if loss != "cross_entropy" else 3
    network = gn.Network([*hidden, gn.Dense(outputs)], loss=loss, optimizer=optimizer, seed=0, members=members)
    rng = np.random.default_rng(0)
    X, y, _ = network._check_data("test", rng.standard_normal((4 * batch, d)), rng.integers(0, 2, 4 * batch))
    batches = ArrayBatches(X, y, None, batch_size=batch, shuffle=True, streams=network._streams, members=members)
    run = Run(network, batches, 1)
    waiting: list[Any] = []

    def step() -> None:
        nonlocal waiting
        if not waiting:
            run.state.reset_epoch()
            waiting = [batches.epoch(0)]
        batch = next(waiting[0], None)
        if batch is None:
            waiting = []
            return step()
        with np.errstate(all="ignore"):
            run.take_step(batch)
        return None

    for _ in range(6):
        step()
    return step


def python_calls(job: Callable[[], object]) -> int:
    """Return how many functions written in Python a job enters."""
    count = 0

    def look(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(look)
    try:
        job()
    finally:
        sys.setprofile(None)
    return count


def peak_bytes(job: Callable[[], object]) -> int:
    """Return how much memory a job takes beyond what is there before it."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        job()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


_BUFFER = 40_000  # bytes: NumPy casts 8,192 numbers at a time


# The calls that a step made when this was written, to be lowered whenever they can be.
CALLS: dict[str, tuple[Callable[[], Callable[[], Any]], int]] = {
    "tiny, sgd": (lambda: stepper([gn.Dense(4, "sigmoid")], "binary_cross_entropy", gn.SGD(0.1), 4), 36),
    "tiny, adam": (lambda: stepper([gn.Dense(4, "relu")], "binary_cross_entropy", gn.Adam(), 4), 42),
    "classifier": (lambda: stepper([gn.Dense(50, "relu")], "cross_entropy", gn.Adam(), 100), 49),
    "regressor": (lambda: stepper([gn.Dense(50, "gelu"), gn.Dense(50, "tanh")], "squared_error", gn.AdamW(), 32), 52),
    "noise and norm": (
        lambda: stepper([gn.Dense(50), gn.BatchNorm(), gn.ReLU(), gn.Dropout(0.1)], "cross_entropy", gn.Adam(), 64),
        61,
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_of_a_step(name: str) -> None:
    """A step enters no more functions than it did: each costs 0.1 us, of 15 in the smallest networks."""
    make, most = CALLS[name]
    step = make()
    counted = min(python_calls(step) for _ in range(3))
    assert counted <= most
    assert counted > most / 2  # or the count itself is broken


def test_many_networks_cost_no_more_calls() -> None:
    """A step of 32 networks enters about as many functions as a step of one."""
    one = min(python_calls(stepper([gn.Dense(8, "tanh")], "cross_entropy", gn.Adam(), 16)) for _ in range(2))
    many = stepper([gn.Dense(8, "tanh")], "cross_entropy", gn.Adam(), 16, members=32)
    assert min(python_calls(many) for _ in range(3)) <= one + 10


@pytest.mark.parametrize("optimizer", [gn.SGD(0.1, momentum=0.9), gn.Adam(), gn.AdamW(), gn.RMSprop(), gn.Lion()])
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "squared_error"])
def test_memory_of_a_step(loss: str, optimizer: gn.Optimizer) -> None:
    """A step takes no memory that grows with batch or width: a buffer of NumPy's, where one activation has 400,000."""
    layers = [gn.Dense(200, "relu"), gn.LayerNorm(), gn.Dropout(0.2), gn.Dense(200, "gelu"), gn.BatchNorm()]
    step = stepper(layers, loss, optimizer, 500)
    assert min(peak_bytes(step) for _ in range(3)) < _BUFFER


@pytest.mark.parametrize("layer", ["sigmoid", "tanh", "relu", "elu", "selu", "gelu", "silu", "mish", "softplus"])
def test_memory_of_activations(layer: str) -> None:
    """So do the activations."""
    step = stepper([gn.Dense(200, layer)], "cross_entropy", gn.Adam(), 500)
    assert min(peak_bytes(step) for _ in range(3)) < _BUFFER
