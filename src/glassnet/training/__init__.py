"""The training loop and what belongs to it: history, callbacks, stopping, threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.training.callbacks import Callback
from glassnet.training.checkpoints import Checkpoint
from glassnet.training.early_stopping import EarlyStopping
from glassnet.training.fitting import fit_network
from glassnet.training.history import History
from glassnet.training.loop import Run
from glassnet.training.run_state import RunState
from glassnet.training.snapshots import Snapshot, Snapshots
from glassnet.training.stepping import SteppedRun, step_network
from glassnet.utils.keywords import unknown_name

__all__ = [
    "Callback", "Checkpoint", "EarlyStopping", "History", "Run", "RunState", "Snapshot", "Snapshots", "SteppedRun",
    "fit_network", "step_network",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
