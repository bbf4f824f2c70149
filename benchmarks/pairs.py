"""Two jobs timed in turns, so that a busy moment of the machine falls on both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

__all__ = ["compare", "seconds"]


def seconds(job: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def compare(name: str, theirs: Callable[[], object], ours: Callable[[], object], repeats: int) -> None:
    """Print the median of pairwise ratios, theirs / ours, after one warm-up of each."""
    theirs(), ours()
    pairs = [(seconds(theirs), seconds(ours)) for _ in range(repeats)]
    ratios = sorted(a / b for a, b in pairs)
    slow, fast = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"{name:<52} {slow * 1e3:9.2f} ms {fast * 1e3:9.2f} ms   {statistics.median(ratios):5.2f}x "
        f"({ratios[0]:.2f}-{ratios[-1]:.2f})",
        flush=True,
    )
