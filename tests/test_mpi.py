"""Training by several processes of MPI: the bits of one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mpi_runs import run_ranks

_TRAIN = """
import hashlib
import numpy as np
import glassnet as gn

rng = np.random.default_rng(0)
X = rng.standard_normal((250, 6))
y, weight = (X[:, 0] > X[:, 1]).astype(int), rng.integers(0, 3, 250).astype(float)
for members in (None, 3):
    layers = [gn.Dense(64, "relu"), gn.BatchNorm(), gn.Dropout(0.3), gn.Dense(200, "tanh"), gn.Dense(2)]
    seed = 0 if members is None else list(range(members))
    optimizer = gn.AdamW(0.02, clip_norm=0.5, ema=0.9)
    net = gn.Network(layers, loss="cross_entropy", seed=seed, members=members, optimizer=optimizer, l2=1e-3)
    net.fit(
        X[:200], y[:200], epochs=3, batch_size=60, sample_weight=weight[:200], validation_data=(X[200:], y[200:]), shards=8,
        distributed="mpi", progress=False,
    )
    digest = hashlib.sha256(net.params.tobytes() + net.stats.tobytes() + str(net.history.columns).encode())
    print(f"digest {members} {digest.hexdigest()}\\n", end="", flush=True)
"""


def test_same_bits_on_several_processes(tmp_path: Path) -> None:
    """Two and three processes, each of which has some of the shards, give the bits that one process gives alone."""
    digests = {}
    for n in (2, 3):
        done = run_ranks(_TRAIN, n, tmp_path)
        assert done.returncode == 0, done.stderr
        digests[n] = sorted(done.stdout.splitlines())
        assert len(digests[n]) == 2 * n
    alone = subprocess.run(
        [sys.executable, "-c", _TRAIN], capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path
    )
    assert set(alone.stdout.splitlines()) == set(digests[2]) == set(digests[3])
    assert len(set(digests[2])) == 2
