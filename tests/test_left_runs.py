"""Runs that nobody ends: the garbage collector does, at any moment."""

from __future__ import annotations

import os
import subprocess
import sys

# A run in a circle of references is left behind, and the collector comes at each of the next allocations in turn, also those
# that NumPy's settings are changed by. Freed memory is filled with other bytes, so that whoever reads it is caught.
LEFT = """
import gc
import numpy as np
import glassnet as gn

X, y = gn.datasets.moons(20, seed=0)

def leave():
    network = gn.Network([gn.Dense(2, "tanh"), gn.Dense(1)], loss="binary_cross_entropy", seed=0).build(2)
    run = network.stepwise(X, y, batch_size=5)
    run.advance(2)
    circle = [run]
    circle.append(circle)

for moment in range(40):
    gc.set_threshold(10**8)
    gc.collect()
    leave()
    settings = [np.errstate(all="ignore") for _ in range(5)]
    gc.set_threshold(gc.get_count()[0] + moment, 1000, 1000)
    for each in settings:
        each.__enter__()
    for each in settings[::-1]:
        each.__exit__()
print("alive")
"""


def test_the_collector_may_end_a_run_at_any_moment() -> None:
    """A program that leaves runs behind goes on, wherever in it the collector finds them."""
    environment = {**os.environ, "PYTHONMALLOC": "debug"}
    found = subprocess.run([sys.executable, "-c", LEFT], capture_output=True, text=True, env=environment, check=False)
    assert (found.returncode, found.stdout.strip()) == (0, "alive"), found.stderr
