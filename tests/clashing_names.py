"""Right programs whose arguments are called like something else, each with one planted mistake on request."""

# Short programs are read side by side: one line for one function.
# ruff: noqa: E731  # learners write their functions as lambdas
# fmt: off

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from learners import sigmoid

__all__ = ["CLASHING", "one_layer"]


def cross_entropy(q: Any, t: Any) -> Any:
    """Return the mean binary cross-entropy."""
    return -np.mean(t * np.log(q) + (1 - t) * np.log(1 - q))


def squared_error(q: Any, t: Any) -> Any:
    """Return half of the summed squared error."""
    return 0.5 * np.sum((q - t) ** 2)


def one_layer(loss: Callable[..., Any], slip: float = 1.0, *, squared: bool = False, pair: bool = False) -> Any:
    """Return a program with parameters called W and b; a slip is a factor of the gradient of b."""
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((5, 3)), rng.integers(0, 2, (5, 1))
    p = {"W": rng.standard_normal((3, 1)), "b": np.zeros(1)}
    answer = lambda X, p: sigmoid(X @ p["W"] + p["b"])

    def gradients(p: Any, X: Any, y: Any) -> Any:
        a = answer(X, p)
        dZ = (a - y) * a * (1 - a) if squared else (a - y) / len(X)
        return {"W": X.T @ dZ, "b": slip * dZ.sum(0)}

    forward = (lambda X, p: (answer(X, p), X @ p["W"])) if pair else answer
    return forward, loss, gradients, p, X, y


def line(names: str, answer: Callable[..., Any], number: Callable[[float], Any], slip: float) -> Any:
    """Return a straight line with two numbers as parameters; ``answer`` packs their gradients."""
    x = np.random.default_rng(1).standard_normal(8)
    first, second = names.split()
    forward = lambda x, p: p[first] * x + p[second]

    def gradients(x: Any, y: Any, p: Any) -> Any:
        error = p[first] * x + p[second] - y
        return answer(np.mean(error * x), slip * np.mean(error))

    loss = lambda h, y: np.mean((h - y) ** 2) / 2
    return forward, loss, gradients, {first: number(0.5), second: number(0.1)}, x, 2 * x + 1


def unpacks(out: Any, y: Any) -> Any:
    """Return the loss of all that forward returns."""
    a, _ = out
    return cross_entropy(a, y)


LOSSES: dict[str, Callable[..., Any]] = {
    "a_and_b": lambda a, b: cross_entropy(a, b),
    "b_and_a": lambda a, b: cross_entropy(b, a),
    "out_and_b": lambda out, b: cross_entropy(out, b),
    "b_and_y": lambda b, y: cross_entropy(b, y),
    "output_y_target_b": lambda y, b: cross_entropy(y, b),
    "l2": lambda l2, y: cross_entropy(l2, y),
    "n": lambda n, y: cross_entropy(n, y),
    "m": lambda m, y: cross_entropy(m, y),
    "lam": lambda lam, y: cross_entropy(lam, y),
    "alpha": lambda y, alpha: cross_entropy(alpha, y),
    "reg": lambda reg, y: cross_entropy(reg, y),
    "net": lambda net, y: cross_entropy(net, y),
    "output_y_target_d": lambda y, d: cross_entropy(y, d),
    "target_d_output_y": lambda d, y: cross_entropy(y, d),
    "y_and_t": lambda y, t: cross_entropy(t, y),
    "m_is_a_count": lambda o, y, m: cross_entropy(o, y) * len(y) / m,
}
CLASHING: dict[str, Callable[[float], Any]] = {
    **{name: lambda slip, loss=loss: one_layer(loss, slip) for name, loss in LOSSES.items()},
    "squared_a_and_b": lambda slip: one_layer(lambda a, b: squared_error(b, a), slip, squared=True),
    "squared_b_and_y": lambda slip: one_layer(lambda b, y: squared_error(b, y), slip, squared=True),
    "unpacks": lambda slip: one_layer(unpacks, slip, pair=True),
    "line_tuple": lambda slip: line("w b", lambda *g: g, float, slip),
    "line_list": lambda slip: line("m c", lambda *g: [*g], np.float64, slip),
    "line_array": lambda slip: line("a b", lambda *g: np.array(g), np.array, slip),
    "line_with_loss": lambda slip: line("w b", lambda *g: (0.3, g), float, slip),
}
