"""A run that the tests kill: trains a small network with checkpoints, and writes its end to a file.

Usage: resumable.py CASE CHECKPOINT OUT [KILL_CALL KILL_COUNT]; with the last two it kills itself when the named
function of ``os`` is called for the n-th time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

import numpy as np

import glassnet as gn

STEP_SECONDS = 0.003  # so that a kill from outside lands anywhere in the run


def optimizers() -> dict[str, gn.Optimizer]:
    """Return every optimizer, some with a schedule."""
    return {
        "sgd": gn.SGD(0.05),
        "momentum": gn.SGD(gn.CosineDecay(0.05, epochs=6), momentum=0.9),
        "nesterov": gn.SGD(0.02, momentum=0.9, nesterov=True),
        "adam": gn.Adam(gn.CosineDecay(0.01, epochs=6)),
        "adamw": gn.AdamW(0.01, weight_decay=0.1, ema=0.9),
        "rmsprop": gn.RMSprop(0.005, momentum=0.5, centered=True, clip_norm=0.5),
        "adagrad": gn.Adagrad(0.05),
        "lion": gn.Lion(0.003, weight_decay=0.1, ema=0.95),
    }


def make(case: str) -> gn.Network:
    """Return an untrained network with dropout, batch norm and a shortcut."""
    layers = [
        gn.Dense(12, "relu"),
        gn.Dropout(0.3),
        gn.BatchNorm(),
        gn.Residual([gn.Dense(12, "silu"), gn.Dropout(0.1)]),
        gn.Dense(3),
    ]
    return gn.Network(layers, loss="cross_entropy", optimizer=optimizers()[case], seed=5)


def data() -> tuple[np.ndarray, np.ndarray]:
    """Return 150 rows, the last 50 for validation."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((150, 6))
    return X, (X[:, 0] + 0.5 * rng.standard_normal(150) > 0).astype(int) + (X[:, 1] > 1.0)


def train(case: str, path: str | None, callbacks: Any = ()) -> gn.Network:
    """Return the network at the end of the run."""
    net, (X, y) = make(case), data()
    net.fit(
        X[:100],
        y[:100],
        epochs=9,
        batch_size=16,
        validation_data=(X[100:], y[100:]),
        early_stopping=gn.EarlyStopping("valid_accuracy", patience=3),
        sample_weight=np.linspace(0.5, 1.5, 100),
        callbacks=callbacks,
        **({} if path is None else {"checkpoint": gn.Checkpoint(path, every_steps=1), "resume": True}),
    )
    return net


def kill_at(call: str, count: int) -> None:
    """Make the process kill itself when ``os.call`` is called for the n-th time, before it does anything."""
    original, calls = getattr(os, call), []

    def deadly(*args: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **options)

    setattr(os, call, deadly)


class Slowly(gn.Callback):
    """Takes its time after each step."""

    def on_step_end(self, run: Any) -> None:
        time.sleep(STEP_SECONDS)


def main(case: str, path: str, out: str, *kill: str) -> None:
    """Train, and write parameters, statistics and history."""
    if kill:
        kill_at(kill[0], int(kill[1]))
    print("ready", flush=True)
    net = train(case, path, () if kill else Slowly())
    history = {name: net.history.to_dict()[name] for name in ("columns", "best_epoch", "stop_reason")}
    np.savez(out, params=net.params, stats=net.stats, last=net._run.last_params, history=json.dumps(history))


if __name__ == "__main__":
    main(*sys.argv[1:])
