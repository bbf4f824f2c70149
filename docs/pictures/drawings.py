"""Drawings of what a network is and does: boxes, arrows and numbers that are computed."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from matplotlib.patches import Circle
from paper import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RED, arrow, box, canvas, say

import glassnet as gn

__all__ = ["PICTURES"]


def _unit(ax: Any, x: float, y: float, text: str, color: str = BLUE, radius: float = 4.6) -> None:
    ax.add_patch(Circle((x, y), radius, fc="white", ec=color, lw=1.6, zorder=3))
    say(ax, x, y, text, zorder=4)


def neuron() -> Any:
    """Draw one unit with the numbers of one row: products, sum, bias, activation."""
    figure, ax = canvas(48)
    x, w, b = np.array([0.5, -1.0, 2.0]), np.array([1.2, 0.4, -0.3]), 0.1
    z = float(x @ w + b)
    for i in range(3):
        y = 12.0 + 12.0 * i
        ax.plot([15, 42], [y, 24], color=ORANGE if w[i] > 0 else PURPLE, lw=1.0 + 2.5 * abs(w[i]), zorder=1)
        _unit(ax, 12, y, f"{x[i]:g}", GREY)
        say(ax, 26, y + (24 - y) * 0.40 - 2.4, f"{w[i]:g}", ORANGE if w[i] > 0 else PURPLE, 10.5,
            bbox={"fc": "white", "ec": "none", "pad": 0.5})  # fmt: skip
    _unit(ax, 46, 24, f"{z:g}", BLUE, 5.6)
    arrow(ax, (46, 38.5), (46, 30))
    say(ax, 46, 41, f"+ bias {b:g}")
    arrow(ax, (52, 24), (82, 24))
    say(ax, 67, 20.5, "tanh")
    _unit(ax, 88, 24, f"{np.tanh(z):.2f}", GREEN, 5.6)
    for place, text in ((12, "inputs X"), (30, "weights W"), (49, "Z = X @ W + b"), (84, "Y = tanh(Z)")):
        say(ax, place, 3.5 if place != 30 else 45, text, GREY)
    return figure


def anatomy() -> Any:
    """Draw a small network with the words for its parts, and for what is computed with it."""
    figure, ax = canvas(66)
    ranks = [[(12, y) for y in (20, 32, 44)], [(37, y) for y in (14, 26, 38, 50)], [(62, y) for y in (26, 38)]]
    rng = np.random.default_rng(4)
    for left, right in itertools.pairwise(ranks):
        for start, end in itertools.product(left, right):
            w = rng.normal()
            ax.plot(*zip(start, end, strict=True), color=ORANGE if w > 0 else PURPLE, lw=0.4 + 1.4 * abs(w), zorder=1)
    for rank, color in zip(ranks, (GREY, BLUE, BLUE), strict=True):
        for x, y in rank:
            _unit(ax, x, y, "", color, 3.4)
    arrow(ax, (67, 26), (75, 26))
    arrow(ax, (67, 38), (75, 38))
    box(ax, 85, 32, 20, 19, "softmax:\nproba-\nbilities", GREEN, size=10.0)
    arrow(ax, (85, 42), (85, 48))
    box(ax, 85, 53, 20, 10, "loss", PURPLE)
    for x, text in ((12, "features\nof a row"), (37, "hidden layer"), (63, "last layer:\nlogits")):
        say(ax, x, 6 if "\n" in text else 7, text, GREY, 10.0)
    for (x, y), (u, v), text in (
        ((9, 58), (22, 46.5), "weight"), ((37, 61), (37, 54), "unit (neuron), with its bias"),
        ((85, 63.5), (85, 58.5), "target: the truth"),
    ):  # fmt: skip
        say(ax, x, y, text, INK, 10.0)
        arrow(ax, (x + (5 if x < 20 else 0), y - 2.0), (u, v), GREY, lw=1.0)
    return figure


def containers() -> Any:
    """Draw how the three containers pass on what they are given."""
    figure, ax = canvas(66)
    for x, title in ((16, "Sequential"), (46, "Residual"), (80, "Concatenate")):
        say(ax, x, 4, title, weight="bold")
        say(ax, x, 11, "X")
        say(ax, x, 62, "Y")
    for x in (16, 50):
        for y, text in ((22, "layer"), (38, "layer")):
            box(ax, x, y, 18, 9, text)
        arrow(ax, (16 if x == 16 else 46, 14), (x, 18))
        arrow(ax, (x, 26), (x, 34))
    arrow(ax, (16, 42), (16, 59))
    _unit(ax, 46, 51, "+", INK, 3.2)
    arrow(ax, (50, 42), (47.5, 48))
    arrow(ax, (44, 14), (43.5, 48.5), ORANGE, bend=0.45)
    say(ax, 36, 31, "short-\ncut", ORANGE, 10.0, ha="center", bbox={"fc": "white", "ec": "none", "pad": 0.6})
    arrow(ax, (46, 54.5), (46, 59))
    for x, count in ((70, 1), (90, 2)):
        arrow(ax, (80, 14), (x, 18))
        for i in range(count):
            box(ax, x, 22 + 16 * i, 16, 9, "layer")
        if count == 2:
            arrow(ax, (x, 26), (x, 34))
        arrow(ax, (x, 26 if count == 1 else 42), (x, 47))
    ax.fill_between([63, 77], 48, 52.5, color=BLUE, alpha=0.35, lw=0)
    ax.fill_between([77, 97], 48, 52.5, color=ORANGE, alpha=0.35, lw=0)
    say(ax, 80, 50.2, "side by side", size=10.0)
    arrow(ax, (80, 53), (80, 59))
    return figure


def layer() -> Any:
    """Draw a layer with both ways through it, and what it keeps in between."""
    figure, ax = canvas(40)
    box(ax, 50, 19, 40, 32)
    say(ax, 50, 9, "forward", BLUE, weight="bold")
    say(ax, 50, 28, "backward", ORANGE, weight="bold")
    arrow(ax, (10, 9), (29, 9), BLUE)
    arrow(ax, (71, 9), (90, 9), BLUE)
    arrow(ax, (90, 28), (71, 28), ORANGE)
    arrow(ax, (29, 28), (10, 28), ORANGE)
    arrow(ax, (50, 12), (50, 25), GREY, linestyle=(0, (3, 2)))
    say(ax, 52, 18.5, "cache", GREY, ha="left")
    for x, y, text in ((5, 9, "X"), (95, 9, "Y"), (95, 28, "dY"), (5, 28, "dX")):
        say(ax, x, y, text, weight="bold", size=12.5)
    say(ax, 50, 37.5, "and gradients of its parameters: dW, db", GREY)
    return figure


def loop() -> Any:
    """Draw one step of training as a circle, and what repeats it."""
    figure, ax = canvas(52)
    spots = {
        "batch\nof rows": (16, 25, GREY), "forward": (38, 10, BLUE), "loss": (68, 10, PURPLE),
        "backward": (84, 31, ORANGE), "optimizer": (46, 40, GREEN),
    }  # fmt: skip
    for text, (x, y, color) in spots.items():
        box(ax, x, y, 22, 11, text, color)
    arrow(ax, (19, 19.5), (28, 12.5))
    arrow(ax, (49, 10), (57, 10))
    arrow(ax, (78, 14), (83, 25.5))
    arrow(ax, (75, 35), (57, 39))
    arrow(ax, (35, 39), (20, 30.5))
    say(ax, 53, 2.2, "predictions", GREY, 10.0)
    say(ax, 91, 18.5, "how wrong", GREY, 10.0)
    say(ax, 70, 42.5, "gradients", GREY, 10.0)
    say(ax, 23, 40.5, "new weights", GREY, 10.0)
    say(ax, 47, 25, "one step", INK, 12.0, weight="bold")
    say(ax, 50, 49.5, "an epoch is one pass over all batches; fit repeats epochs", GREY, 10.5)
    return figure


def step() -> Any:
    """Draw the worked step of the page: numbers forward above, slopes backward below."""
    layers = [gn.Dense(2, "tanh"), gn.Dense(1)]
    net = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.SGD(0.5), seed=0)
    worked = net.explain([[0.0, 1.0]], [[1.0]])
    figure, ax = canvas(65)
    ranks = ((12, "A0", ""), (42, "A1", "dZ1"), (72, "P", "dZ2"))
    spots = [[(12, 16), (12, 44)], [(42, 16), (42, 44)], [(72, 30)]]
    for i, name in enumerate(("W1", "W2")):
        _wires(ax, spots[i], spots[i + 1], worked[name], worked[f"d{name}"])
    for (_, name, slope), places in zip(ranks, spots, strict=True):
        for j, (x, y) in enumerate(places):
            _unit(ax, x, y, f"{worked[name].ravel()[j]:.2f}", BLUE, 5.2)
            if slope:
                say(ax, x, y + 7.6, f"{worked[slope].ravel()[j]:+.2f}", ORANGE, 10.0, weight="bold")
    arrow(ax, (78, 30), (86, 30))
    box(ax, 93, 30, 13, 11, f"L\n{float(worked['L']):.2f}", PURPLE, size=10.5)
    for x, text in ((12, "inputs A0"), (42, "tanh A1"), (72, "sigmoid P"), (93, "loss")):
        say(ax, x, 5, text, GREY, 10.5)
    say(ax, 4, 58, "blue: values forward and weights", BLUE, 10.5, ha="left")
    say(ax, 4, 62, "orange: slopes of the loss, backward (d…)", ORANGE, 10.5, ha="left")
    return figure


def _wires(ax: Any, left: list[Any], right: list[Any], W: np.ndarray, dW: np.ndarray) -> None:
    """Draw the connections of two ranks, each with its weight and below it the slope in it."""
    for i, (x, y) in enumerate(left):
        for j, (u, v) in enumerate(right):
            ax.plot([x, u], [y, v], color="0.75", lw=1.4, zorder=1)
            at = 0.38 if i == j or len(right) == 1 else 0.27  # nearer than where wires cross
            spot = (x + (u - x) * at, y + (v - y) * at)
            paper = {"fc": "white", "ec": "none", "pad": 0.3}
            say(ax, spot[0], spot[1] - 1.7, f"{W[i, j]:.2f}", BLUE, 9.5, bbox=paper, zorder=2)
            say(ax, spot[0], spot[1] + 1.9, f"{dW[i, j]:+.2f}", ORANGE, 9.5, bbox=paper, zorder=2)


def _tutorial_report() -> Any:
    """Return the report on a program with two mistakes: no derivative on the way back, one sum in place of a mean."""

    def forward(X: Any, parameters: Any) -> Any:
        A1 = 1 / (1 + np.exp(-(X @ parameters["W1"] + parameters["b1"])))
        A2 = 1 / (1 + np.exp(-(A1 @ parameters["W2"] + parameters["b2"])))
        return A2, {"A1": A1, "A2": A2}

    def loss(A2: Any, y: Any) -> Any:
        return -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))

    def gradients(parameters: Any, cache: Any, X: Any, y: Any) -> Any:
        dZ2 = cache["A2"] - y
        dZ1 = dZ2 @ parameters["W2"].T
        n = len(X)
        return {"dW1": X.T @ dZ1 / n, "db1": dZ1.sum(0) / n, "dW2": cache["A1"].T @ dZ2 / n, "db2": dZ2.sum(0)}

    rng = np.random.default_rng(0)
    start = {"W1": rng.standard_normal((3, 4)), "b1": np.zeros(4), "W2": rng.standard_normal((4, 1)), "b2": np.zeros(1)}
    return gn.check_my_backprop(
        forward, loss, gradients, start, rng.standard_normal((10, 3)), rng.integers(0, 2, (10, 1))
    )


def backprop() -> Any:
    """Draw the chain of a program of one's own, with what the check says of each of its gradients."""
    wrong = {name: mistake for mistake in _tutorial_report().mistakes for name in mistake.parameters}
    figure, ax = canvas(56)
    for x, text in ((23, "X @ W1 + b1\nsigmoid"), (62, "A1 @ W2 + b2\nsigmoid")):
        box(ax, x, 14, 28, 14, text)
    box(ax, 93, 14, 13, 10, "loss", PURPLE)
    for start, end in ((2, 9), (37, 48), (76, 86.5)):
        arrow(ax, (start, 12), (end, 12), BLUE)
    for start, end, text in ((86.5, 76, ""), (48, 37, "")):
        arrow(ax, (start, 17), (end, 17), ORANGE)
        say(ax, (start + end) / 2, 21, text, ORANGE)
    say(ax, 3, 3, "forward", BLUE, ha="left")
    say(ax, 97, 3, "backward", ORANGE, ha="right")
    for x, names in ((23, ("W1", "b1")), (62, ("W2", "b2"))):
        for i, name in enumerate(names):
            y, bad = 31 + 9 * i, name in wrong
            say(ax, x - 13, y, f"{'✗' if bad else '✓'} d{name}", RED if bad else GREEN, 12.0, ha="left", weight="bold")
    for x, y, name in ((10, 49, "W1"), (49, 49, "b2")):
        text = wrong[name].kind.replace("_", " ")
        say(ax, x, y, f"{', '.join('d' + each for each in wrong[name].parameters)}:\n{text}", RED, 10.5, ha="left")
    return figure


PICTURES = {
    "anatomy.svg": anatomy, "neuron.svg": neuron, "containers.svg": containers, "layer.svg": layer,
    "training-loop.svg": loop, "worked-step.svg": step, "check-my-backprop.svg": backprop,
}  # fmt: skip
