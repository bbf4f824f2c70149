"""Many small networks at once against the same ones after each other."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import glassnet as gn
from benchmarks.cases import Case, find

__all__ = ["MANY", "compare_many", "many_table"]

# Cases, and the epochs of one timing.
MANY: list[tuple[Case, int]] = [
    (find("xor"), 1000),
    (Case("32 x 10-16-2", 640, 10, (16,), 2, 32, 1, 1), 10),
    (Case("128 x 30-32-2", 1280, 30, (32,), 2, 128, 1, 1), 10),
    (find("digits"), 2),
]


def _network(case: Case) -> gn.Network:
    loss = "binary_cross_entropy" if case.outputs == 1 else "cross_entropy"
    layers = [*(gn.Dense(width, case.activation) for width in case.hidden), gn.Dense(case.outputs)]
    return gn.Network(layers, loss=loss, optimizer=gn.Adam(1e-3), seed=0, input_shape=(case.d,))


def _fit_each(networks: list[gn.Network], X: np.ndarray, y: np.ndarray, options: dict[str, Any]) -> None:
    for network in networks:
        network.fit(X, y, **options)


def _seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def compare_many(members: int, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of a population's fit and of as many fits one by one, in turns, for every case."""
    found = {}
    for case, epochs in MANY:
        X, y = case.data()
        population = gn.Population(_network(case), members)
        options = {"epochs": epochs, "batch_size": case.batch, "progress": False}

        together = functools.partial(population.fit, X, y, **options)
        apart = functools.partial(_fit_each, [_network(case) for _ in range(members)], X, y, options)
        together(), apart()
        times: dict[str, list[float]] = {"together": [], "one by one": []}
        for _ in range(rounds):
            times["together"].append(_seconds(together))
            times["one by one"].append(_seconds(apart))
        found[case.name] = times
    return found


def many_table(found: dict[str, dict[str, list[float]]], members: int) -> str:
    """Return a line per case: how many times faster all are together."""
    lines = [f"| {members} networks | together | times faster than one by one |", "|---|---|---|"]
    for name, times in found.items():
        ratios = sorted(a / b for a, b in zip(times["one by one"], times["together"], strict=True))
        together = statistics.median(times["together"]) * 1e3
        cells = f"{together:.1f} ms | {statistics.median(ratios):.1f} ({ratios[0]:.1f}-{ratios[-1]:.1f})"
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)
