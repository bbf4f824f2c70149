"""What looking for mistakes costs: whole fits as users call them against ``diagnose=False``."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import glassnet as gn
from benchmarks.cases import CASES, Case
from benchmarks.peers.glassnet_peer import network

__all__ = ["LOOKING", "compare_looking", "looking_table"]

# Beside the cases of the other tables: long, wide and tiny tables, trained briefly.
LOOKING: list[Case] = [
    *CASES,
    Case("200000 x 24", 200_000, 24, (64,), 2, 250, 1, 1),
    Case("5000 x 2000", 5000, 2000, (100,), 2, 50, 1, 1),
    Case("160 x 4, 1 epoch", 160, 4, (8,), 3, 32, 1, 1),
    Case("160 x 4, 20 epochs", 160, 4, (8,), 3, 32, 20, 1),
    Case("960 x 10, 5 epochs", 960, 10, (32, 32), 3, 32, 5, 1),
]
_LIMIT, _SMALL, _MOST_MORE = 1.05, 60.0, 3.0  # of the time without; below so many ms, so many ms more

Times = dict[str, list[float]]


def compare_looking(
    cases: Sequence[Case], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, dict[str, Any]]:
    """Return the seconds of fits with and without looking, in turns, and what was found, by case.

    Parameters
    ----------
    cases : sequence of Case
    rounds : int
        How often each has its turn.
    clock : callable
        What time is read from; `time.process_time` where others compute on the machine.
    """
    found = {}
    for case in cases:
        X, y = case.data()
        options: dict[str, Any] = {"epochs": case.epochs, "batch_size": case.batch, "progress": False}

        def fit(looks: bool, case: Case = case, data: Any = (X, y), options: Any = options) -> tuple[float, list[str]]:
            fresh = network(case)
            start = clock()
            history = fresh.fit(*data, diagnose=looks, **options)
            return clock() - start, history.findings.codes

        times: Times = {"looking": [], "alone": []}
        said: list[str] = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gn.DiagnosisWarning)
            fit(True), fit(False)
            for turn in range(rounds):
                for looks in (True, False) if turn % 2 else (False, True):
                    seconds, codes = fit(looks)
                    times["looking" if looks else "alone"].append(seconds)
                    said = codes if looks else said
        found[case.name] = {**times, "said": said}
    return found


def looking_table(found: dict[str, dict[str, Any]]) -> str:
    """Return a line per case: the time without looking, the ratio and the difference of each round, and the verdict."""
    lines = [
        "| whole fit | without looking, ms | with | more, ms | within the limit | said |",
        "|---|---|---|---|---|---|",
    ]
    for case, times in found.items():
        pairs = list(zip(times["looking"], times["alone"], strict=True))
        alone = statistics.median(times["alone"]) * 1e3
        ratio = statistics.median(with_ / without for with_, without in pairs)
        more = statistics.median(with_ - without for with_, without in pairs) * 1e3
        keeps = "yes" if ratio <= _LIMIT or (alone < _SMALL and more <= _MOST_MORE) else "no"
        said = ", ".join(times["said"])
        lines.append(f"| {case} | {alone:.3g} | {ratio:.3f} | {more:.2f} | {keeps} | {said} |")
    return "\n".join(lines)
