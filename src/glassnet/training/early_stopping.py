"""Early stopping: when validation no longer improves, keep the best weights."""

from __future__ import annotations

from typing import Any, Literal

from glassnet.errors import ConfigError
from glassnet.metrics import METRICS, better_sign
from glassnet.training.callbacks import Callback
from glassnet.training.loop import Run
from glassnet.training.stopping_state import StoppingState
from glassnet.utils.checks import check_choice, check_flag, check_integer, check_number
from glassnet.utils.keywords import AdvisesOnNames
from glassnet.utils.row_sources import fingerprint
from glassnet.utils.suggestions import suggestion

__all__ = ["EarlyStopper", "EarlyStopping", "monitor_advice"]


class EarlyStopping(AdvisesOnNames):
    """Stop when a recorded value has not improved for some epochs, and restore the best epoch's weights.

    Parameters
    ----------
    monitor : str, default="valid_loss"
        A column of the history: ``"loss"``, ``"valid_loss"``, ``"valid_accuracy"``, or ``"valid_"`` and the name of a
        metric that is passed to ``fit``; its name alone is that of the training rows. NaN is never an improvement.
    patience : int, default=10
        Epochs without improvement before training stops; 0, as in Keras, stops at the first one, as 1 does.
    min_delta : float, default=0.0
        An improvement must be larger than this.
    restore_best : bool, default=True
        Whether the network ends with the best epoch's weights and running statistics. Training can go on all the
        same: the next ``fit`` starts from the last epoch's.
    mode : {"auto", "min", "max"}, default="auto"
        Whether the value must fall or rise: ``"auto"`` works for losses and the metrics of this library, and raises an
        error for others.
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
        mode: Literal["auto", "min", "max"] = "auto",
        ties: Literal["first", "last"] = "first",
    ) -> None:
        self.monitor = monitor
        self.patience = check_integer("EarlyStopping", "patience", patience, 0)
        self.min_delta = check_number("EarlyStopping", "min_delta", min_delta, 0.0)
        self.restore_best = check_flag("EarlyStopping", "restore_best", restore_best)
        self.mode = check_choice("EarlyStopping", "mode", mode, ("auto", "max", "min"))
        self.ties = check_choice("EarlyStopping", "ties", ties, ("first", "last"))

    @property
    def _sign(self) -> float:
        """1 if the monitored value must fall, -1 if it must rise."""
        return better_sign("EarlyStopping", self.monitor, self.mode)

    def _check_monitor(self, columns: list[str]) -> None:
        """Refuse a monitor that the history will not have, or whose better direction is not known."""
        if self.monitor in columns:
            # Reading it raises an error where it is not known.
            _ = self._sign
            return
        fact = f"the history has no {self.monitor!r} to monitor"
        message = f"EarlyStopping: {fact}. {monitor_advice(self.monitor, columns)}"
        raise ConfigError(message, expected=columns, got=self.monitor)

    def __repr__(self) -> str:
        return (
            f"EarlyStopping({self.monitor!r}, patience={self.patience}, min_delta={self.min_delta}, "
            f"restore_best={self.restore_best}, mode={self.mode!r}, ties={self.ties!r})"
        )


def monitor_advice(monitor: Any, columns: list[str]) -> str:
    """Return what may be meant by a column that the history will not have, or what to pass for it, and its columns."""
    metric = str(monitor).removeprefix("valid_")
    is_measured = "valid_loss" in columns if metric != monitor else f"valid_{metric}" not in columns
    is_computable = metric in METRICS and is_measured
    advice = f"Pass metrics=[{metric!r}] to fit." if is_computable else suggestion(monitor, columns)
    return f"{advice} Its columns are {', '.join(map(repr, sorted(columns)))}.".lstrip()


class EarlyStopper(Callback):
    """Applies the rule of an `EarlyStopping` to a run.

    ``own_rows``: each network holds out rows of its own, and a fingerprint would change with the group of networks.
    """

    def __init__(self, rule: EarlyStopping, *, own_rows: bool = False) -> None:
        self._rule, self._own_rows = rule, own_rows

    def on_fit_begin(self, run: Run[Any]) -> None:
        """Restore the state of early stopping from an earlier call, if it monitored the same values."""
        rule, old = self._rule, run.state.stopping
        run.restores_best = rule.restore_best
        data = self._monitored_data(run)
        if old is None or (old.monitor, old.data, old.sign) != (rule.monitor, data, rule._sign):
            run.state.stopping = StoppingState(rule.monitor, run.network.members, data, rule._sign)
        elif old.settled.all():
            if run.resumes:
                run.stop("early stopping")
            else:
                old.start_anew()

    def _monitored_data(self, run: Run[Any]) -> str:
        """Return a short text that differs for other rows than those that the monitored values are measured on."""
        if self._own_rows:
            return "own rows"
        rows = run.validation if self._rule.monitor.startswith("valid_") else run.batches.arrays
        return fingerprint(rows or ())

    def on_epoch_end(self, run: Run[Any]) -> None:
        stopping, network = run.state.stopping, run.network
        assert stopping is not None
        value = run.history.columns[self._rule.monitor][-1]
        if stopping.update(self._rule, value, run.epoch, network.params, network.stats):
            run.stop("early stopping")
        epochs = stopping.best_epoch.tolist()
        run.history.best_epoch = epochs[0] if network.members is None else epochs
