"""L-BFGS: SciPy's solver, over one flat vector of parameters."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.engine.penalties import Penalties
from glassnet.layers import Step
from glassnet.network import Network

__all__ = ["minimize_lbfgs", "total_loss"]

_ROWS = 8192  # at a time, so that a large fit needs little memory


def total_loss(network: Network, X: Any, y: np.ndarray, weight: np.ndarray | None, penalties: Penalties) -> float:
    """Return the mean loss over all rows with its penalties, and leave its gradient in ``network.grads``."""
    store, step = network._built("fit"), Step("record")
    n = len(y)
    network._accumulate(X[:_ROWS], y[:_ROWS], None if weight is None else weight[:_ROWS], step)
    if n > _ROWS:
        sums = store.message.copy()
        for start in range(_ROWS, n, _ROWS):
            part = slice(start, start + _ROWS)
            network._accumulate(X[part], y[part], None if weight is None else weight[part], step)
            sums += store.message
        store.message[...] = sums
    store.average_gradients()
    loss = float(store.loss_sum.item() / store.weight_sum.item())
    if penalties:
        loss += float(penalties.value())
        penalties.add_gradients()
    return loss


def minimize_lbfgs(
    network: Network, loss: Callable[[], float], *, max_iter: int, max_fun: int, tol: float, verbose: bool
) -> Any:
    """Run SciPy's L-BFGS-B from the network's parameters, write the result into them, and return SciPy's report.

    The parameters are float64; ``loss`` returns the loss and leaves its gradient in ``network.grads``. It ends when the
    largest entry of the gradient is at most ``tol``, or after ``max_iter`` iterations or ``max_fun`` calls of ``loss``.

    References
    ----------
    Liu & Nocedal (1989), "On the limited memory BFGS method for large scale optimization".
    """
    from scipy.optimize import minimize

    params, grads = network.params, network.grads
    frozen = [slice(group.start, group.stop) for group in network._built("fit").groups if not group.trainable]
    seen = b""  # parameters of which ``grads`` is the gradient

    def value(at: np.ndarray) -> float:
        nonlocal seen
        params[...] = at
        seen = at.tobytes()
        return loss()

    def gradient(at: np.ndarray) -> np.ndarray:
        if at.tobytes() != seen:
            value(at)
        for part in frozen:
            grads[part] = 0.0
        return grads.copy()

    def show(intermediate_result: Any) -> None:
        print(f"Iteration {next(iterations)}, loss = {intermediate_result.fun:.8f}")

    iterations, limits = itertools.count(1), {"maxfun": max_fun, "maxiter": max_iter, "gtol": tol}
    callback = show if verbose else None
    report = minimize(value, params.copy(), method="L-BFGS-B", jac=gradient, options=limits, callback=callback)
    params[...] = report.x
    return report
