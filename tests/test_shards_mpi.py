"""A bundle of laws on processes that MPI started: same bits, divided optimizers, checkpoints, Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from mpi_runs import run_ranks

_SAME_BITS = """
import hashlib, os, sys, warnings
import numpy as np
import glassnet as gn

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
X = rng.standard_normal((250, 6)).astype("float32")
y, weight = (X[:, 0] > X[:, 1]).astype(int), rng.integers(0, 3, 250).astype(float)
MPI = gn.distributed.MPI
OPTIMIZERS = {
    "Adam": lambda: gn.AdamW(0.02),
    "averaged": lambda: gn.Adam(0.02, ema=0.9),
    "clipped": lambda: gn.RMSprop(0.01, momentum=0.9, clip_norm=0.5, ema=0.9),
    "plain": lambda: gn.SGD(gn.CosineDecay(0.1, 4)),
}

def batches(epoch):
    for n in (60, 3, 1, 44):
        rows = np.random.default_rng([epoch, n]).integers(0, 250, n)
        yield X[rows], y[rows], weight[rows] + 0.1

def train(name, members, distributed, width=80, **options):
    layers = [gn.Dense(width, "relu"), gn.BatchNorm(), gn.Dropout(0.3), gn.Dense(width, "tanh"), gn.Dense(2)]
    seed = 0 if members is None else list(range(members))
    net = gn.Network(layers, loss="cross_entropy", seed=seed, members=members, optimizer=OPTIMIZERS[name](), l2=1e-3, max_norm=2.0)
    data = {"sample_weight": weight, "batch_size": 70} if options.pop("arrays", True) else {}
    rows = (X, y) if data else (batches, None)
    net.fit(*rows, **data, **{"epochs": 2, "validation_data": (X[:50], y[:50]), "shards": 8, "progress": False,
            "diagnose": False, "distributed": distributed, **options})
    return net

def digest(net):
    state = net._run.optimizer_state
    parts = [net.params, net.stats, *state.arrays.values()]
    found = hashlib.sha256(b"".join(part.tobytes() for part in parts) + str((net.history.columns, state.t)).encode())
    return found.hexdigest()[:16]

def say(*words):
    print(*words, end="\\n", flush=True)

many = [(name, members) for members in (None, 3) for name in OPTIMIZERS]
for name, members in many if "MANY" in os.environ else [("Adam", None), ("clipped", None), ("averaged", 3)]:
    net = train(name, members, "mpi")
    say(f"{name} {members} {digest(net)}")
    divided = train(name, members, MPI(sharded_optimizer=True, checks=True))
    assert digest(divided) == digest(net), (name, members)
for kind in ("mpi", MPI(sharded_optimizer=True)):
    say("batches", digest(train("averaged", None, kind, arrays=False, width=8)))
"""

_CHECKPOINTS = (
    _SAME_BITS.partition("many = ")[0]
    + """
import signal
from mpi4py import MPI as runtime

rank, size = runtime.COMM_WORLD.Get_rank(), runtime.COMM_WORLD.Get_size()
kind = MPI(sharded_optimizer=True, deadline=20)
whole = digest(train("averaged", None, kind, epochs=5))

# Checkpoints of steps and of a cut, and a run that goes on from them.
def stop(run):
    if rank == size - 1 and run.total_steps == 9:
        os.kill(os.getpid(), signal.SIGINT)

class Stop(gn.Callback):
    on_step_end = staticmethod(stop)

net = train("averaged", None, kind, epochs=5, checkpoint=gn.Checkpoint("run.safetensors", every_steps=2), callbacks=Stop())
assert net.history.stop_reason == "interrupted", net.history.stop_reason
assert net._run.optimizer_state.t == 10 and not net._run.optimizer_state.is_part
assert len({*runtime.COMM_WORLD.allgather(digest(net))}) == 1
say("resumed", digest(train("averaged", None, kind, epochs=5, checkpoint="run.safetensors", resume=True)) == whole)

# A second Ctrl-C on all of them: no one waits for another, and the last checkpoint is whole.
class Leave(gn.Callback):
    def on_step_end(self, run):
        if run.total_steps == 7:
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)

file = "left.safetensors"
try:
    train("averaged", None, kind, epochs=5, checkpoint=gn.Checkpoint(file, every_steps=3), callbacks=Leave())
except KeyboardInterrupt:
    say("left")
runtime.COMM_WORLD.Barrier()
if rank == 0:
    assert gn.load(file)._run.optimizer_state.t == 6
say("went on", digest(train("averaged", None, kind, epochs=5, checkpoint=file, resume=True)) == whole)
"""
)


@cache
def alone(**settings: str) -> list[str]:
    """Return what a process prints that is alone."""
    words, env = [sys.executable, "-c", _SAME_BITS], {**os.environ, **settings, "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=True, env=env).stdout.splitlines()


def assert_same_bits(n: int, folder: Path, kinds: int, **settings: str) -> None:
    """Each of ``n`` processes prints what one prints alone: a digest of each of so many kinds of runs."""
    done = run_ranks(_SAME_BITS, n, folder, env=settings)
    assert done.returncode == 0, done.stderr
    lines = alone(**settings)
    assert len(set(lines)) == kinds
    assert sorted(done.stdout.splitlines()) == sorted(lines * n)


@pytest.mark.parametrize("n", [2, 3])
def test_same_bits(n: int, tmp_path: Path) -> None:
    """Whole and divided optimizers have the bits of one process: clipping, averages, members, batches of a user."""
    assert_same_bits(n, tmp_path, 4)


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 3, 4, 8])
def test_same_bits_of_many(n: int, tmp_path: Path) -> None:
    """More optimizers, alone and with members, on more processes."""
    assert_same_bits(n, tmp_path, 9, MANY="1")


@pytest.mark.parametrize("n", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_checkpoints_of_divided_optimizers(n: int, tmp_path: Path) -> None:
    """Checkpoints hold the whole state, after steps and at a cut; Ctrl-C, once and twice, leaves nobody waiting."""
    done = run_ranks(_CHECKPOINTS, n, tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == sorted(["resumed True", "left", "went on True"] * n)
