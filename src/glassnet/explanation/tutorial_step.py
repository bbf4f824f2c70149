"""One step of the lesson, worked: the eight functions of the tutorial with numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from glassnet.explanation.document import Equation, Section, Term
from glassnet.explanation.explanations import Explanation
from glassnet.explanation.terms import each, over_rows, product
from glassnet.scratch import GRADIENTS, backpropagation, compute_loss, forward_propagation, update_parameters
from glassnet.utils.checks import check_choice, check_number
from glassnet.utils.keywords import advises_on_names

__all__ = ["explain_lesson"]

_NAMES = ("weights_input_hidden", "weights_hidden_output", "bias_hidden", "bias_output")


@advises_on_names
def explain_lesson(
    parameters: Sequence[np.ndarray],
    X: Any,
    Y: Any,
    *,
    learning_rate: float = 1.0,
    gradient: str = "squared_error",
) -> Explanation:
    """Return one step of `glassnet.scratch.train`, worked out in the names of the lesson.

    Parameters
    ----------
    parameters : weights_input_hidden, weights_hidden_output, bias_hidden, bias_output
        As `glassnet.scratch.initialize_parameters` returns them; they are not changed.
    X : (m, inputs)
        One sample per row.
    Y : (m, outputs)
        The answers.
    learning_rate : float, default=1.0
        The learning rate.
    gradient : {"squared_error", "cross_entropy"}, default="squared_error"
        As of `glassnet.scratch.backpropagation`: the default is the tutorial's.

    Returns
    -------
    Explanation
        As of `explain`.

    Examples
    --------
    >>> from glassnet.scratch import initialize_parameters
    >>> step = explain_lesson(initialize_parameters(2, 4, 1), [[0.0, 1.0]], [[1.0]])
    >>> step["final_output"].round(4).tolist()
    [[0.4661]]
    """
    rate = check_number("explain_lesson", "learning_rate", learning_rate)
    check_choice("explain_lesson", "gradient", gradient, GRADIENTS)
    before = tuple(np.array(parameter, dtype=np.float64) for parameter in parameters)
    X, Y = np.atleast_2d(np.asarray(X, dtype=np.float64)), np.atleast_2d(np.asarray(Y, dtype=np.float64))
    W1, W2, b1, b2 = before
    hidden, final = forward_propagation(X, W1, W2, b1, b2)
    slopes = backpropagation(X, Y, hidden, final, W2, W1, gradient=gradient)
    after = update_parameters(tuple(parameter.copy() for parameter in before), slopes, rate)  # type: ignore[arg-type]
    given = [Equation("X", X), Equation("Y", Y), *map(Equation, _NAMES, before)]
    forward = [
        *_layer("hidden", X, W1, b1, hidden, "X", "weights_input_hidden", "bias_hidden"),
        *_layer("final", hidden, W2, b2, final, "hidden_output", "weights_hidden_output", "bias_output"),
    ]
    loss = [_loss(Y, final)]
    sections = [
        Section("Given", tuple(given)),
        Section("forward_propagation", tuple(forward)),
        Section("compute_loss", tuple(loss)),
        Section("backpropagation", tuple(_backward(X, Y, hidden, final, W2, slopes, gradient)), _REMARKS[gradient]),
        Section("update_parameters", tuple(_updates(before, slopes, after, rate)), "A prime marks the new value."),
    ]
    n = "1 sample" if len(X) == 1 else f"{len(X)} samples"
    title = f"One step of the lesson: {W1.shape[0]} inputs, {W1.shape[1]} hidden neurons, {W2.shape[1]} output, {n}"
    return Explanation([title], sections)


_REMARKS = {
    "squared_error": "These are the slopes of 0.5 * sum((final_output - Y)**2), not of the loss above.",
    "cross_entropy": "These are the slopes of the loss above times the number of samples.",
}


def _layer(
    kind: str, A: np.ndarray, W: np.ndarray, b: np.ndarray, Y: np.ndarray, source: str, weights: str, bias: str
) -> list[Equation]:
    Z = A @ W + b
    entering, output = f"{kind}_input", f"{kind}_output"
    return [
        Equation(entering, Z, f"np.dot({source}, {weights}) + {bias}", "", product(b, a=A, w=W)),
        Equation(output, Y, f"sigmoid({entering})", "", each("1 / (1 + exp(-{z}))", z=Z)),
    ]


def _loss(Y: np.ndarray, P: np.ndarray) -> Equation:
    formula = "-(1 / m) * sum(Y * log(final_output) + (1 - Y) * log(1 - final_output))"
    return Equation("loss", np.array(compute_loss(Y, P)), formula, "", partial(_loss_terms, Y, P))


def _loss_terms(Y: np.ndarray, P: np.ndarray, index: tuple[int, ...]) -> list[Term]:
    pattern = "-({y} * log({p}) + (1 - {y}) * log(1 - {p})) / {m}"
    return [Term(pattern, {"y": float(Y[i]), "p": float(P[i]), "m": float(len(Y))}) for i in np.ndindex(Y.shape)]


def _backward(
    X: np.ndarray, Y: np.ndarray, H: np.ndarray, P: np.ndarray, W2: np.ndarray, slopes: Any, gradient: str
) -> list[Equation]:
    dW1, dW2, db1, db2 = slopes
    squared = gradient == "squared_error"
    delta = (P - Y) * P * (1 - P) if squared else P - Y
    words = "(final_output - Y) * final_output * (1 - final_output)" if squared else "final_output - Y"
    pattern = "({p} - {y}) * {p} * (1 - {p})" if squared else "{p} - {y}"
    error = delta @ W2.T
    hidden = error * H * (1 - H)
    return [
        Equation("delta_output", delta, words, "", each(pattern, p=P, y=Y)),
        Equation("d_weights_hidden_output", dW2, "np.dot(hidden_output.T, delta_output)", "", product(a=H.T, w=delta)),
        Equation("d_bias_output", db2, "delta_output.sum(axis=0)", "", over_rows("{d}", d=delta)),
        Equation("error_hidden", error, "np.dot(delta_output, weights_hidden_output.T)", "", product(a=delta, w=W2.T)),
        Equation(
            "delta_hidden",
            hidden,
            "error_hidden * hidden_output * (1 - hidden_output)",
            "",
            each("{e} * {h} * (1 - {h})", e=error, h=H),
        ),
        Equation("d_weights_input_hidden", dW1, "np.dot(X.T, delta_hidden)", "", product(a=X.T, w=hidden)),
        Equation("d_bias_hidden", db1, "delta_hidden.sum(axis=0)", "", over_rows("{d}", d=hidden)),
    ]


def _updates(before: Any, slopes: Any, after: Any, rate: float) -> list[Equation]:
    return [
        Equation(
            f"{name}'", new, f"{name} - learning_rate * d_{name}", "", each("{p} - {r} * {g}", p=old, r=rate, g=slope)
        )
        for name, old, slope, new in zip(_NAMES, before, slopes, after, strict=True)
    ]
