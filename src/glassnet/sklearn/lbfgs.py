"""L-BFGS: SciPy's solver, over one flat vector of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.layers import Step
from glassnet.network import Network
from glassnet.penalties import Penalties

__all__ = ["minimize_lbfgs", "total_loss"]

_ROWS = 8192  # at a time, so that the scratch of a large fit stays small


def total_loss(network: Network, X: Any, y: np.ndarray, weight: np.ndarray | None, penalties: Penalties) -> float:
    """Return the mean loss over all rows with its penalties, and leave its gradient in ``network.grads``."""
    store, step = network.built("fit"), Step("record")
    sums = np.zeros_like(store.sums)
    for start in range(0, len(X), _ROWS):
        part = slice(start, start + _ROWS)
        network.accumulate(X[part], y[part], None if weight is None else weight[part], step)
        sums += store.sums
    store.sums[...] = sums
    store.average_gradients()
    loss = float(store.loss_sum.item() / store.weight_sum.item())
    if penalties:
        loss += float(penalties.value())
        penalties.add_gradients()
    return loss


def minimize_lbfgs(
    network: Network,
    loss: Callable[[], float],
    *,
    max_iter: int,
    max_fun: int,
    tol: float,
    verbose: bool,
) -> Any:
    """Run SciPy's L-BFGS-B from where the network is, leave the result in it, and return SciPy's report.

    Parameters
    ----------
    network : Network
    loss : function
        Returns the loss and leaves its gradient in ``network.grads``.
    max_iter, max_fun : int
        Most iterations, most evaluations of the loss.
    tol : float
        Where the largest entry of the gradient is small enough.
    verbose : bool
        Whether to print each iteration's loss.

    References
    ----------
    Liu & Nocedal (1989), "On the limited memory BFGS method for large scale optimization".
    """
    from scipy.optimize import minimize

    params, grads = network.params, network.grads

    frozen = [slice(group.start, group.stop) for group in network.built("fit").groups if not group.trainable]

    def value_and_gradient(at: np.ndarray) -> tuple[float, np.ndarray]:
        params[...] = at
        value = loss()
        for part in frozen:
            grads[part] = 0.0
        # SciPy keeps the gradient between calls.
        return value, grads.astype(np.float64)

    limits = {"maxfun": max_fun, "maxiter": max_iter, "gtol": tol}
    report = minimize(
        value_and_gradient,
        params.astype(np.float64),
        method="L-BFGS-B",
        jac=True,
        options=limits,
        callback=_Printer() if verbose else None,
    )
    params[...] = report.x
    return report


class _Printer:
    """Print each iteration's loss."""

    def __init__(self) -> None:
        self._iterations = 0

    def __call__(self, intermediate_result: Any) -> None:
        self._iterations += 1
        print(f"Iteration {self._iterations}, loss = {intermediate_result.fun:.8f}")
