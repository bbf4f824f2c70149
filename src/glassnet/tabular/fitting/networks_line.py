"""The progress line of networks that are trained at once, elsewhere."""

from __future__ import annotations

import time

from glassnet.training.progress import make_progress, seconds_text

__all__ = ["NetworksLine"]


class NetworksLine:
    """The progress line over all networks."""

    def __init__(self, n: int, workers: int, progress: bool | None) -> None:
        self._line, self._n, self._workers = make_progress(progress), n, workers
        self._began = time.perf_counter()
        self.draw(0)

    def draw(self, done: int) -> None:
        """Announce how many are done, and about how long the others take."""
        if self._line is None:
            return
        parts = [f"{done}/{self._n} networks done", f"{min(self._workers, self._n - done)} at once"]
        if 0 < done < self._n:
            left = (time.perf_counter() - self._began) / done * (self._n - done)
            parts.append(f"{seconds_text(left)} left")
        self._line.draw("  ".join(parts))

    def finish(self, *, interrupted: bool) -> None:
        """Leave one line that says how it went."""
        if self._line is not None:
            how = "interrupted after" if interrupted else "trained in"
            self._line.finish(f"{self._n} networks {how} {seconds_text(time.perf_counter() - self._began)}")
