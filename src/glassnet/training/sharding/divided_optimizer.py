"""An optimizer whose state is divided among processes: each updates its part of the parameters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.penalties import limit_norms
from glassnet.optimizers import OptimizerState, clip_gradients
from glassnet.training.run_state import RunState
from glassnet.training.sharding.ranks import Ranks

__all__ = ["DividedOptimizer"]


class DividedOptimizer:
    """Keeps this process' part of the optimizer's arrays, steps by it, and has all parts put together where needed.

    While it works, ``state.optimizer_state`` is that part. Every method is called by all processes.

    Parameters
    ----------
    network, state
        What is trained, and its run, whose optimizer's state is whole.
    ranks : Ranks
        The processes.

    Attributes
    ----------
    grads : ndarray
        The gradients of the own part of the parameters, a view.

    References
    ----------
    Rajbhandari et al. (2020), "ZeRO: memory optimizations toward training trillion parameter models", arXiv:1910.02054,
    section 5.1.
    """

    def __init__(self, network: BaseNetwork, state: RunState, ranks: Ranks) -> None:
        self._network, self._state, self._ranks = network, state, ranks
        self._n = network.params.shape[-1]
        self._groups = state.optimizer_state.groups
        start, stop = ranks.part(self._n)
        self._params, self.grads = network.params[..., start:stop], network.grads[..., start:stop]
        state.optimizer_state = state.optimizer_state.part(start, stop)

    @property
    def n_divided(self) -> int:
        """How many sums of gradients each process needs only its part of.

        None of them where their norm is limited; and with members a part would not be contiguous.
        """
        whole = self._network.optimizer.clip_norm is not None or self._network.members is not None
        return 0 if whole else self._n

    def step(self, position: float, rate: Any) -> None:
        """Update the own part of the parameters, and take the others' from them."""
        network, state = self._network, self._state
        optimizer, memory = network.optimizer, state.optimizer_state
        if optimizer.clip_norm is not None:
            state.clipped = state.clipped + clip_gradients(network.grads, optimizer.clip_norm, self._groups)
        memory.position = position
        optimizer.step(self._params, self.grads, memory, rate)
        self._ranks.put_together(network.params)
        if network.max_norm is not None:
            limit_norms(network._built("fit"), network.max_norm)
        if optimizer.ema is not None:
            optimizer.average(self._params, memory)

    def average(self) -> np.ndarray | None:
        """Return the moving average of all parameters, if the optimizer keeps one."""
        own = self._state.average
        return None if own is None else self._ranks.join(own, self._n, everywhere=True)

    @contextmanager
    def whole_on_first(self) -> Iterator[None]:
        """Have the whole state in ``state.optimizer_state`` while inside, on the first process."""
        own = self._state.optimizer_state
        whole = self._joined(everywhere=False)
        if self._ranks.is_first:
            self._state.optimizer_state = whole
        try:
            yield
        finally:
            self._state.optimizer_state = own

    def join(self) -> None:
        """Leave the whole state on all processes."""
        self._state.optimizer_state = self._joined(everywhere=True)

    def _joined(self, *, everywhere: bool) -> OptimizerState:
        own = self._state.optimizer_state
        joined = {name: self._ranks.join(part, self._n, everywhere=everywhere) for name, part in own.arrays.items()}
        return own.whole({name: array for name, array in joined.items() if array is not None}, self._groups)
