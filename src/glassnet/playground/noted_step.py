"""Training steps that leave behind how they changed the parameters, and know whether it is still so."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.training.batches import Batch
from glassnet.training.step import TrainingStep

__all__ = ["NotedStep"]


class NotedStep(TrainingStep):
    """A step that copies the parameters before and after it; what `Run` makes with ``make_step=NotedStep``.

    Attributes
    ----------
    keeps : bool
        Whether it copies them; not at first.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.keeps = False
        self._before: np.ndarray | None = None
        self._after: np.ndarray | None = None

    def __call__(self, batch: Batch) -> tuple[Any, Any]:
        if not self.keeps:
            self._after = None
            return super().__call__(batch)
        params = self.store.params
        if self._before is None or self._after is None:
            self._before, self._after = np.empty_like(params), np.empty_like(params)
        np.copyto(self._before, params)
        result = super().__call__(batch)
        np.copyto(self._after, params)
        return result

    @property
    def is_last(self) -> bool:
        """Whether the network is as the last step left it: neither put back since, nor changed by hand."""
        return self._after is not None and np.array_equal(self._after, self.store.params)

    def change(self) -> np.ndarray | None:
        """Return what the last step added to the parameters; None if the network is no longer as it left it."""
        if self._before is None or self._after is None or not self.is_last:
            return None
        return np.asarray(np.subtract(self._after, self._before))
