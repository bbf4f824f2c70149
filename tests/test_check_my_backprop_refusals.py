"""What `check_my_backprop` refuses, and in which words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import ConfigError, DataError, ShapeError
from learner_styles import STYLES

forward, loss, gradients, parameters, X, y = STYLES["plain"](np.random.default_rng(0))
MUST = "check_my_backprop: "
REFUSALS = [
    (
        {"loss": 3.0},
        ConfigError,
        "loss is of type float; it must be a function. Pass it without ().",
    ),
    (
        {"parameters": None},
        ConfigError,
        "parameters is a NoneType without arrays; it must be a dict, list or tuple of arrays, or an object with arrays such as W1 as attributes. Pass for example {'W1': W1, 'b1': b1}.",
    ),
    (
        {"gradients": lambda X, y: {"a": 1.0}},
        ConfigError,
        "gradients returned a; it must return one array for each of W1, b1, W2, b2. Return a dict with the same keys (or dW1 for W1), or a list in the order of the parameters; if it takes a whole step, pass learning_rate=.",
    ),
    (
        {"gradients": lambda X, y: [np.ones(2), np.ones(3), np.ones(4), np.ones(5)]},
        ShapeError,
        "gradients returned shapes (2,), (3,), (4,), (5,); they must come in the order of the parameters, W1 (3, 4), b1 (1, 4), W2 (4, 1), b2 (1, 1). Return them in that order, or as a dict with the same keys.",
    ),
    (
        {"gradients": lambda a, b, c, d, e, f: None},
        ConfigError,
        "gradients takes a, b, c, d, e, f; it must take at most what is known: W1, b1, W2, b2, X, y, parameters, cache. Wrap it in a lambda that takes fewer.",
    ),
    (
        {"learning_rate": 0.1, "gradients": lambda X, y: "done"},
        ConfigError,
        "gradients returned no new parameters; with learning_rate it must be a step that returns them or changes them in place. Leave learning_rate out if it returns gradients.",
    ),
    (
        {"loss": lambda a, y: (a - y) ** 2},
        ShapeError,
        "loss returned shape (8, 1); it must return one number. Take the mean over the samples.",
    ),
    (
        {"forward": lambda X, parameters: None},
        ConfigError,
        "forward returned NoneType; it must return predictions, or (predictions, cache). Wrap it in a lambda that returns the predictions first.",
    ),
    (
        {"forward": lambda X, parameters: forward(X, parameters)[0].astype(np.float32)},
        ConfigError,
        "forward returned float32 for X and parameters in float64; it must compute in float64 too. Leave out astype for the check: differences of rounded losses say nothing.",
    ),
    (
        {"forward": lambda X, parameters: (forward(X, parameters)[0] * np.random.default_rng().random(), {})},
        ConfigError,
        "a second call of forward gave other predictions; it must give the same for the same input. Turn off dropout and noise for the check.",
    ),
    (
        {"gradients": lambda X, y: [np.random.default_rng().random(a.shape) for a in parameters.values()]},
        ConfigError,
        "a second call of gradients gave another answer; it must give the same for the same input. Turn off dropout and noise, and keep nothing from one call to the next.",
    ),
    (
        {"forward": lambda X: forward(X, STYLES["plain"](np.random.default_rng(0))[3])},
        ConfigError,
        "the loss is the same whatever the parameters are; it must change with them. forward must use the parameters it is given; for a class, pass the object itself as parameters.",
    ),
    (
        {"X": X[:5]},
        ShapeError,
        "X has shape (5, 3), y (8, 1); they must have the same number of rows.",
    ),
    (
        {"X": np.zeros((2000, 3)), "y": np.zeros((2000, 1))},
        ConfigError,
        "X has shape (2000, 3); it may have 1000 rows at most. Pass a few, such as X[:20].",
    ),
    (
        {"X": np.full((8, 3), np.nan)},
        DataError,
        "X holds nan at row 0, column 0 (24 such values); it must be finite. Fill or drop missing values first.",
    ),
    (
        {"learning_rate": 0.0},
        ConfigError,
        "learning_rate is 0.0; it must be a finite number above 0.",
    ),
    (
        {"max_entries": 0},
        ConfigError,
        "max_entries is 0; it must be a whole number of at least 1.",
    ),
]


@pytest.mark.parametrize(("change", "error", "text"), REFUSALS, ids=[text[:40] for _, _, text in REFUSALS])
def test_refusals(change: dict[str, Any], error: type[Exception], text: str) -> None:
    """What does not fit is refused in one sentence that says what to do."""
    call = {"forward": forward, "loss": loss, "gradients": gradients, "parameters": parameters, "X": X, "y": y}
    with pytest.raises(error) as caught:
        gn.check_my_backprop(**(call | change))
    assert str(caught.value).rstrip() == MUST + text


def test_a_function_that_fails() -> None:
    """An error inside a learner's function says which function, with which shapes, and keeps the error as its cause."""

    def broken(X: Any, parameters: Any) -> Any:
        message = "oh."
        raise ValueError(message)

    with pytest.raises(ConfigError) as caught:
        gn.check_my_backprop(broken, loss, gradients, parameters, X, y)
    assert str(caught.value) == (
        "check_my_backprop: forward(X, parameters) raised ValueError on X of shape (8, 3) and y of shape (8, 1): oh. If its arguments came in another order, wrap it: forward=lambda X, parameters: ..."
    )
    assert isinstance(caught.value.__cause__, ValueError)
