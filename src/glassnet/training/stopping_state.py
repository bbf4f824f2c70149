"""What early stopping remembers of a run."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from glassnet.errors import FormatError
from glassnet.metrics import GREATER_IS_BETTER
from glassnet.utils.checks import MOST_STEPS, check_flag, check_integer, check_number

__all__ = ["StoppingRule", "StoppingState"]


class StoppingRule(Protocol):
    """What is asked of a `glassnet.training.EarlyStopping`."""

    patience: int
    min_delta: float
    ties: str

    @property
    def _sign(self) -> float:
        """1 if the monitored value must fall, -1 if it must rise."""


class StoppingState:
    """What early stopping remembers; it belongs to the run and is saved with it.

    With members every member has its own best epoch, and is settled once its own patience has run out: what happens to
    it after that changes nothing any more.

    ``data`` is a fingerprint of the rows that the values were measured on: others' values cannot be compared with
    these. ``sign`` is 1 if the value must fall, -1 if it must rise; ``best`` is the value times this.
    """

    def __init__(self, monitor: str, members: int | None, data: str = "", sign: float = 1.0) -> None:
        k = members or 1
        self.monitor = monitor
        self.data = data
        self.sign = sign
        self.best = np.full(k, np.inf)
        self.best_epoch = np.zeros(k, dtype=np.int64)
        self.waited = np.zeros(k, dtype=np.int64)
        self.settled = np.zeros(k, dtype=bool)
        self.best_params: np.ndarray | None = None
        self.best_stats: np.ndarray | None = None

    def update(self, rule: StoppingRule, value: Any, epoch: int, params: np.ndarray, stats: np.ndarray) -> bool:
        """Record the monitored value of one epoch; return whether to stop."""
        values = rule._sign * np.atleast_1d(np.asarray(value, dtype=np.float64))
        needed = self.best - rule.min_delta
        better = ~self.settled & ((values < needed) | ((values == needed) & (rule.ties == "last")))
        self.best[better] = values[better]
        self.best_epoch[better] = epoch
        self.waited = np.where(better, 0, self.waited + 1)
        self.settled |= self.waited >= max(1, rule.patience)
        if better.any():
            if self.best_params is None or self.best_stats is None:
                self.best_params, self.best_stats = params.copy(), stats.copy()
            rows: Any = better if params.ndim == 2 else ...
            self.best_params[rows] = params[rows]
            self.best_stats[rows] = stats[rows]
        return bool(self.settled.all())

    def start_anew(self) -> None:
        """Give a run that had stopped its patience back."""
        self.waited[:] = 0
        self.settled[:] = False

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the best weights, JSON-able."""
        return {
            "monitor": self.monitor,
            "data": self.data,
            "sign": self.sign,
            "best": [None if np.isinf(b) else float(b) for b in self.best],
            "best_epoch": self.best_epoch.tolist(),
            "waited": self.waited.tolist(),
            "settled": self.settled.tolist(),
        }

    @classmethod
    def from_dict(cls, entries: dict[str, Any], members: int | None) -> StoppingState:
        """Return the state that `to_dict` described."""
        if not isinstance(entries, dict) or not all(isinstance(entries.get(name), str) for name in ("monitor", "data")):
            message = f"early stopping is {entries!r}; it must have a monitor and data, both texts"
            raise FormatError(message, got=entries)
        # Files of version 0.1 have no sign: there it followed from the name.
        old = -1.0 if entries["monitor"].removeprefix("valid_") in GREATER_IS_BETTER else 1.0
        sign = entries.get("sign", old)
        if sign not in (1.0, -1.0):
            message = f"the sign of early stopping is {sign!r}; it must be 1 or -1"
            raise FormatError(message, got=sign)
        state = cls(entries["monitor"], members, entries["data"], float(sign))
        for name in ("best", "best_epoch", "waited", "settled"):
            setattr(state, name, _row(name, entries.get(name), getattr(state, name)))
        return state


def _row(name: str, values: Any, like: np.ndarray) -> np.ndarray:
    """Return one value per member, of the dtype and shape it must have; None is infinity among floats."""
    if not isinstance(values, list) or len(values) != like.size:
        got = f"{len(values)} values" if isinstance(values, list) else repr(values)
        message = f"{name} of early stopping is {got}; there must be {like.size} values"
        raise FormatError(message, expected=like.shape, got=got)
    if like.dtype.kind == "f":
        found: list[Any] = [
            np.inf if value is None else check_number("early stopping", name, value) for value in values
        ]
    elif like.dtype.kind == "b":
        found = [check_flag("early stopping", name, value) for value in values]
    else:
        found = [check_integer("early stopping", name, value, 0, maximum=MOST_STEPS) for value in values]
    return np.array(found, dtype=like.dtype)
