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
        "loss must be a function, got float. Pass it without ().",
    ),
    (
        {"parameters": None},
        ConfigError,
        "parameters must be a dict, list or tuple of arrays, or an object with arrays such as W1 as attributes, got NoneType. Pass for example {'W1': W1, 'b1': b1}.",
    ),
    (
        {"gradients": lambda X, y: {"a": 1.0}},
        ConfigError,
        "gradients must return one array for each of W1, b1, W2, b2, got a. Return a dict with the same keys (or dW1 for W1), or a list in the order of the parameters; if it takes a whole step, pass learning_rate=.",
    ),
    (
        {"gradients": lambda X, y: [np.ones(2), np.ones(3), np.ones(4), np.ones(5)]},
        ShapeError,
        "gradients must come in the order of the parameters, W1 (3, 4), b1 (1, 4), W2 (4, 1), b2 (1, 1), got shapes (2,), (3,), (4,), (5,). Return them in that order, or as a dict with the same keys.",
    ),
    (
        {"gradients": lambda a, b, c, d, e, f: None},
        ConfigError,
        "gradients must take at most what is known: W1, b1, W2, b2, X, y, parameters, cache, got a, b, c, d, e, f. Wrap it in a lambda that takes fewer.",
    ),
    (
        {"learning_rate": 0.1, "gradients": lambda X, y: "done"},
        ConfigError,
        "with learning_rate, gradients must be a step that returns the new parameters or changes them in place, got something else. Leave learning_rate out if it returns gradients.",
    ),
    (
        {"loss": lambda a, y: (a - y) ** 2},
        ShapeError,
        "loss must return one number, got shape (8, 1). Take the mean over the samples.",
    ),
    (
        {"forward": lambda X, parameters: None},
        ConfigError,
        "forward must return predictions, or (predictions, cache), got NoneType. Wrap it in a lambda that returns the predictions first.",
    ),
    (
        {"forward": lambda X, parameters: forward(X, parameters)[0].astype(np.float32)},
        ConfigError,
        "forward must compute in float64 when X and the parameters are float64, got float32 predictions. Leave out astype for the check: differences of rounded losses say nothing.",
    ),
    (
        {"forward": lambda X, parameters: (forward(X, parameters)[0] * np.random.default_rng().random(), {})},
        ConfigError,
        "forward must give the same predictions for the same input, got others in a second call. Turn off dropout and noise for the check.",
    ),
    (
        {"gradients": lambda X, y: [np.random.default_rng().random(a.shape) for a in parameters.values()]},
        ConfigError,
        "gradients must give the same answer for the same input, got others in a second call. Turn off dropout and noise, and keep nothing from one call to the next.",
    ),
    (
        {"forward": lambda X: forward(X, STYLES["plain"](np.random.default_rng(0))[3])},
        ConfigError,
        "the loss must change with the parameters, got the same loss at all of them. forward must use the parameters it is given; for a class, pass the object itself as parameters.",
    ),
    (
        {"X": X[:5]},
        ShapeError,
        "X and y must have the same number of rows, got shapes (5, 3) and (8, 1).",
    ),
    (
        {"X": np.zeros((2000, 3)), "y": np.zeros((2000, 1))},
        ConfigError,
        "X must have at most 1000 rows, got shape (2000, 3). Pass a few, such as X[:20].",
    ),
    (
        {"X": np.full((8, 3), np.nan)},
        DataError,
        "X must be finite, got nan at row 0, column 0 (24 such values). Fill or drop missing values first.",
    ),
    (
        {"learning_rate": 0.0},
        ConfigError,
        "learning_rate must be a finite number above 0, got 0.0.",
    ),
    (
        {"max_entries": 0},
        ConfigError,
        "max_entries must be a whole number of at least 1, got 0.",
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
        "check_my_backprop: forward(X, parameters) must run on X of shape (8, 3) and y of shape (8, 1), got ValueError: "
        "oh. If its arguments came in another order, wrap it: forward=lambda X, parameters: ..."
    )
    assert isinstance(caught.value.__cause__, ValueError)
