"""Early stopping: when validation no longer improves, keep the best weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ConfigError, FormatError
from glassnet.metrics import GREATER_IS_BETTER, better_sign
from glassnet.utils.checks import MOST_STEPS, check_choice, check_flag, check_integer, check_number
from glassnet.utils.row_sources import RowSource

__all__ = ["EarlyStopping", "StoppingState", "fingerprint"]


class EarlyStopping:
    """Stop when a recorded value has not improved for some epochs, and restore the best epoch's weights.

    Parameters
    ----------
    monitor : str, default="valid_loss"
        A column of the history: ``"loss"``, ``"valid_loss"``, ``"valid_accuracy"``, or ``"valid_"`` and the name of a
        metric of your own that is passed to ``fit``. NaN is never an improvement.
    patience : int, default=10
        Epochs without improvement before training stops.
    min_delta : float, default=0.0
        An improvement must be larger than this.
    restore_best : bool, default=True
        Whether the network ends with the best epoch's weights and running statistics. Training can go on all the
        same: the next ``fit`` starts from the last epoch's.
    mode : {"auto", "min", "max"}, default="auto"
        Whether the value must fall or rise: ``"auto"`` knows it of losses and of our metrics, and says so where it does
        not.
    ties : {"first", "last"}, default="first"
        Which of several epochs with the same best value is the best: with ``"last"``, a value that equals the best is
        an improvement too. It is what RealMLP does, whose metric, the share of errors, often ties.

    References
    ----------
    Prechelt (1998), "Early stopping - but when?".
    """

    def __init__(
        self,
        monitor: str = "valid_loss",
        *,
        patience: int = 10,
        min_delta: float = 0.0,
        restore_best: bool = True,
        mode: str = "auto",
        ties: str = "first",
    ) -> None:
        self.monitor = monitor
        self.patience = check_integer("EarlyStopping", "patience", patience, 1)
        self.min_delta = check_number("EarlyStopping", "min_delta", min_delta, 0.0)
        self.restore_best = check_flag("EarlyStopping", "restore_best", restore_best)
        self.mode = check_choice("EarlyStopping", "mode", mode, ("auto", "max", "min"))
        self.ties = check_choice("EarlyStopping", "ties", ties, ("first", "last"))

    @property
    def sign(self) -> float:
        """1 if the monitored value must fall, -1 if it must rise."""
        return better_sign("EarlyStopping", self.monitor, self.mode)

    def check_monitor(self, columns: list[str]) -> None:
        """Refuse a monitor that the history will not have, or whose better direction nobody knows."""
        if self.monitor in columns:
            # Asking for it raises where nobody knows it.
            _ = self.sign
            return
        must = f"monitor must be one of {', '.join(map(repr, sorted(columns)))}"
        advice = "Pass validation_data or validation_split." if self.monitor.startswith("valid_") else ""
        message = f"EarlyStopping: {must}, got {self.monitor!r}. {advice}".rstrip()
        raise ConfigError(message, expected=columns, got=self.monitor)

    def __repr__(self) -> str:
        return (
            f"EarlyStopping({self.monitor!r}, patience={self.patience}, min_delta={self.min_delta}, "
            f"restore_best={self.restore_best}, mode={self.mode!r}, ties={self.ties!r})"
        )


class StoppingState:
    """What early stopping remembers; it belongs to the run and is saved with it.

    With members every member has its own best epoch, and is settled once its own patience has run out: what happens to
    it after that changes nothing any more.

    Parameters
    ----------
    monitor : str
        The column that is watched.
    members : int or None
    data : str
        A fingerprint of the rows that the values were measured on: others' values cannot be compared with these.
    sign : float
        1 if the value must fall, -1 if it must rise; ``best`` is the value times this.
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

    def update(self, rule: EarlyStopping, value: Any, epoch: int, params: np.ndarray, stats: np.ndarray) -> bool:
        """Take in one epoch's value; return whether training should stop."""
        values = rule.sign * np.atleast_1d(np.asarray(value, dtype=np.float64))
        needed = self.best - rule.min_delta
        better = ~self.settled & ((values < needed) | ((values == needed) & (rule.ties == "last")))
        self.best[better] = values[better]
        self.best_epoch[better] = epoch
        self.waited = np.where(better, 0, self.waited + 1)
        self.settled |= self.waited >= rule.patience
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
            message = f"early stopping must have a monitor and data, both texts, got {entries!r}"
            raise FormatError(message, got=entries)
        # Files of version 0.1 have no sign: there it followed from the name.
        old = -1.0 if entries["monitor"].removeprefix("valid_") in GREATER_IS_BETTER else 1.0
        sign = entries.get("sign", old)
        if sign not in (1.0, -1.0):
            message = f"early stopping must have a sign of 1 or -1, got {sign!r}"
            raise FormatError(message, got=sign)
        state = cls(entries["monitor"], members, entries["data"], float(sign))
        for name in ("best", "best_epoch", "waited", "settled"):
            setattr(state, name, _row(name, entries.get(name), getattr(state, name)))
        return state


def _row(name: str, values: Any, like: np.ndarray) -> np.ndarray:
    """Return one value per member, of the dtype and shape it must have; None is infinity among floats."""
    if not isinstance(values, list) or len(values) != like.size:
        got = f"shape ({len(values)},)" if isinstance(values, list) else repr(values)
        message = f"early stopping must have {like.size} values, got {got} of {name}"
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


def fingerprint(arrays: tuple[Any, ...]) -> str:
    """Return a short text that differs for other rows; of what is read when needed, for other samples of them."""
    from hashlib import blake2b

    digest = blake2b(digest_size=8)
    for array in arrays:
        if isinstance(array, RowSource):
            digest.update(repr(array.shape).encode())
            array = array.sample()
        digest.update(b"" if array is None else np.ascontiguousarray(array).data)
    return digest.hexdigest()
