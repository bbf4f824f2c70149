"""The run of a group: K networks stacked into one, each with its own rate, its own rows and its own end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.network import Network
from glassnet.schedules import Constant, Schedule
from glassnet.training import EarlyStopping, Run
from glassnet.training.batches import Batches

__all__ = ["GroupRun", "MemberRun"]


class MemberRun(Run):
    """A run over networks of which each may hold out rows of its own.

    Parameters
    ----------
    network, batches, epochs
        As of `Run`.
    own_validation : bool, default=False
        Whether it does.
    **options
        As of `Run`.
    """

    def __init__(
        self, network: Network, batches: Batches, epochs: int, *, own_validation: bool = False, **options: Any
    ) -> None:
        self._own_validation = own_validation
        super().__init__(network, batches, epochs, **options)

    def watched_data(self, rule: EarlyStopping) -> str:
        # A fingerprint would change with the group, and each member's rows stay its own.
        return "own rows" if self._own_validation else super().watched_data(rule)


class GroupRun(MemberRun):
    """A run that ends as soon as one of its members has: the others go on in a smaller group.

    Parameters
    ----------
    network : Network
        Stacked.
    batches : Batches
        With the axis of members.
    epochs : int
        How many more.
    schedules : sequence of Schedule
        Of the learning rate, one for each member.
    **options
        As of `MemberRun`.

    Attributes
    ----------
    diverged : dict of int to tuple
        For each member whose loss or weights became NaN or infinite: what did, and the last finite parameters and
        statistics.
    """

    def __init__(
        self, network: Network, batches: Batches, epochs: int, *, schedules: Sequence[Schedule], **options: Any
    ) -> None:
        self._rates = np.array([[schedule(0.0)] for schedule in schedules])
        self._schedules = list(schedules)
        self._are_constant = all(isinstance(schedule, Constant) for schedule in schedules)
        self.diverged: dict[int, tuple[str, np.ndarray, np.ndarray]] = {}
        super().__init__(network, batches, epochs, **options)

    def rate(self, position: float) -> np.ndarray:
        if not self._are_constant:
            self._rates[:, 0] = [schedule(position) for schedule in self._schedules]
        return self._rates

    def members_diverged(self, which: np.ndarray, losses: np.ndarray, *, proven: bool) -> None:
        for k in np.flatnonzero(which).tolist():
            self._note(k, f"a loss of {losses[k]} at epoch {self.epoch + 1}, step {self.step}", proven=proven)

    def check_weights(self, params: np.ndarray) -> None:
        flat = params.reshape(-1)
        if math.isfinite(flat.dot(flat)):
            return
        for k in np.flatnonzero(~np.isfinite(np.vecdot(params, params))).tolist():
            words = f"weights whose squares exceed {params.dtype} at epoch {self.epoch + 1}"
            self._note(k, words, proven=True)

    def _note(self, k: int, what: str, *, proven: bool) -> None:
        """Keep a member's last good weights at the first sign of trouble; the others finish the epoch."""
        if k not in self.diverged:
            params, stats = self.last_finite(proven=proven)
            self.diverged[k] = (what, params[k].copy(), stats[k].copy())

    def decide(self) -> None:
        super().decide()
        stopping = self.state.stopping
        if self.diverged:
            self.stop("diverged")
        elif self.early_stopping is not None and stopping is not None and stopping.settled.any():
            self.stop("early stopping")
