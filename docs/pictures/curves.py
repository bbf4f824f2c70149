"""Curves of functions that the library has: activations, losses, schedules, and ways of optimizers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from paper import BLUE, GREEN, GREY, INK, ORANGE, RED, plot

import glassnet as gn

__all__ = ["PICTURES"]


def _activation(name: str, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an activation and its derivative at these places, by a network that is nothing else."""
    net = gn.Network([gn.layers.ACTIVATIONS[name]()], loss="squared_error", input_shape=(1,), dtype="float64", seed=0)
    Z = z[:, None]
    return net.forward(Z).ravel(), net.input_gradient(Z, output=0).ravel()


def activations() -> Any:
    """Draw six activations, each with its derivative."""
    z = np.linspace(-4.0, 4.0, 201)
    figure, panels = plot(4.4, 2, 3, sharex=True, sharey=True)
    for ax, name in zip(panels.flat, ("relu", "leaky_relu", "silu", "sigmoid", "tanh", "gelu"), strict=True):
        value, slope = _activation(name, z)
        ax.axhline(0.0, color="0.85", lw=1)
        ax.axvline(0.0, color="0.85", lw=1)
        ax.plot(z, value, color=BLUE)
        ax.plot(z, slope, color=ORANGE, ls="--")
        ax.set_title(name)
        ax.set_ylim(-1.2, 2.2)
        ax.set_xticks([-3, 0, 3])
    handles = panels.flat[0].lines[-2:]
    figure.legend(handles, ["the activation", "its derivative"], loc="outside lower center", ncols=2)
    return figure


def _loss(loss: Any, Z: np.ndarray, y: Any) -> np.ndarray:
    """Return the loss of each row, by a network whose outputs are its inputs."""
    net = gn.Network([gn.Identity()], loss=loss, input_shape=Z.shape[1:], dtype="float64", seed=0)
    return np.array([net.evaluate(Z[i : i + 1], [y])["loss"] for i in range(len(Z))])


def losses() -> Any:
    """Draw the losses of numbers over the error, and those of yes and no over the logit of a true yes."""
    z = np.linspace(-3.0, 3.0, 121)
    figure, (left, right) = plot(3.4, 1, 2)
    for name, color, style in (
        ("squared_error", BLUE, "-"), ("absolute_error", ORANGE, "--"), ("huber", GREEN, "-."),
    ):  # fmt: skip
        left.plot(z, _loss(name, z[:, None], 0.0), color=color, ls=style, label=name)
    left.set_title("targets are numbers")
    left.set_xlabel("prediction - target")
    left.set_ylim(0.0, 6.5)
    z = np.linspace(-4.0, 4.0, 121)
    for name, color, style in (("binary_cross_entropy", BLUE, "-"), ("binary_focal_cross_entropy", ORANGE, "--")):
        right.plot(z, _loss(name, z[:, None], 1), color=color, ls=style, label=name.removeprefix("binary_"))
    right.set_title("the true answer is yes")
    right.set_xlabel("logit")
    right.set_ylim(0.0, 5.9)
    left.set_ylabel("loss of the row")
    for ax in (left, right):
        ax.legend(loc="upper center" if ax is left else "upper right")
    return figure


def schedules() -> Any:
    """Draw the rate over the epochs for six schedules."""
    cosine = gn.CosineDecay(0.1, epochs=50)
    shown = {
        "StepDecay": gn.StepDecay(0.1, every=15, factor=0.3), "ExponentialDecay": gn.ExponentialDecay(0.1, factor=0.95),
        "CosineDecay": cosine, "OneCycle": gn.OneCycle(0.1, epochs=50), "CosineWaves": gn.CosineWaves(0.1, epochs=50),
        "Warmup(CosineDecay)": gn.Warmup(cosine, epochs=10),
    }  # fmt: skip
    epochs = np.linspace(0.0, 50.0, 401)
    figure, panels = plot(3.9, 2, 3, sharex=True, sharey=True)
    for ax, (name, schedule) in zip(panels.flat, shown.items(), strict=True):
        ax.plot(epochs, [schedule(epoch) for epoch in epochs], color=BLUE)
        ax.set_title(name, fontsize=10.5)
        ax.set_ylim(0.0, 0.108)
        ax.set_xticks([0, 25, 50])
    figure.supxlabel("epoch", fontsize=11)
    figure.supylabel("learning rate", fontsize=11)
    return figure


def _way(optimizer: Any, steps: int) -> np.ndarray:
    """Return the ways of two weights down a valley that is ten times as steep in one direction as in the other."""
    net = gn.Network(
        [gn.Dense(1, use_bias=False)],
        loss="squared_error",
        optimizer=optimizer,
        input_shape=(2,),
        dtype="float64",
        seed=0,
    )
    net.params[:] = (-4.0, 1.6)
    X, y = np.array([[np.sqrt(0.2), 0.0], [0.0, np.sqrt(2.0)]]), np.zeros(2)
    places = [net.params.copy()]
    for _ in range(steps):
        net.fit(X, y, epochs=1, batch_size=2, diagnose=False)
        places.append(net.params.copy())
    return np.array(places)


def ways() -> Any:
    """Draw the ways of three optimizers from the same weights, in the same valley."""
    a, b = np.meshgrid(np.linspace(-4.7, 2.4, 120), np.linspace(-2.2, 2.4, 100))
    figure, ax = plot(3.6)
    ax.contour(a, b, 0.1 * a**2 + b**2, levels=np.geomspace(0.02, 8.0, 12), colors="0.8", linewidths=0.9)
    for optimizer, color, mark, name in (
        (gn.SGD(0.85), BLUE, "o", "SGD(0.85)"), (gn.SGD(0.1, momentum=0.9), ORANGE, "s", "SGD(0.1, momentum=0.9)"),
        (gn.Adam(0.3), GREEN, "^", "Adam(0.3)"),
    ):  # fmt: skip
        way = _way(optimizer, 22)
        ax.plot(*way.T, color=color, marker=mark, ms=4, lw=1.3, label=name)
    ax.plot([0], [0], "*", color=INK, ms=12)
    ax.set_xlabel("first weight")
    ax.set_ylabel("second weight")
    ax.set_ylim(-2.2, 2.4)
    figure.legend(loc="outside upper center", ncols=3, columnspacing=1.0, handlelength=1.6)
    return figure


def rates() -> Any:
    """Draw the loss over the epochs at a rate that is too small, one that is right, and one that is too large."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    figure, ax = plot(3.0)
    for rate, color, style, name in (
        (0.0001, GREY, "--", "0.0001: too small"), (0.01, BLUE, "-", "0.01: good"), (1.0, RED, "-.", "1: too large"),
    ):  # fmt: skip
        layers = [gn.Dense(16, "relu"), gn.Dense(2)]
        net = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(rate), seed=0)
        history = net.fit(X, y, epochs=20, diagnose=False)
        ax.plot(range(1, 21), history["loss"], color=color, ls=style, label=name)
    ax.set_xlabel("epoch")
    ax.set_ylabel("training loss")
    ax.set_ylim(0.0, 2.2)
    ax.set_xticks([1, 5, 10, 15, 20])
    ax.legend(loc="upper right", ncols=1)
    return figure


def sigmoid_factor() -> Any:
    """Draw what two losses pass back from the output for a true answer of 0."""
    p = np.linspace(0.0, 1.0, 201)
    figure, ax = plot(3.0)
    ax.plot(p, p, color=BLUE, label="cross_entropy: p - y")
    ax.plot(p, p * p * (1.0 - p), color=ORANGE, ls="--", label="squared_error: (p - y) · p · (1 - p)")
    ax.annotate("certain and wrong:\nnearly nothing is learned", (0.985, 0.02), (0.76, 0.3), color=ORANGE, ha="center",
                arrowprops={"arrowstyle": "-|>", "color": ORANGE})  # fmt: skip
    ax.set_xlabel("prediction p; the true answer is y = 0")
    ax.set_ylabel("passed back")
    ax.legend(loc="upper left")
    return figure


def bump() -> Any:
    """Draw the activation of the page's own making, with its derivative."""
    z = np.linspace(-3.0, 3.0, 201)
    figure, ax = plot(2.6)
    ax.axhline(0.0, color="0.85", lw=1)
    ax.plot(z, z * np.exp(-(z**2)), color=BLUE, label="f(z)")
    ax.plot(z, (1 - 2 * z**2) * np.exp(-(z**2)), color=ORANGE, ls="--", label="slope(z)")
    ax.set_xlabel("z")
    ax.legend()
    return figure


def snake() -> Any:
    """Draw the layer of the page for contributors, for three frequencies."""
    x = np.linspace(-4.0, 4.0, 301)
    figure, ax = plot(2.6)
    ax.plot(x, x, color="0.7", lw=1, ls=":")
    for alpha, color, style in ((0.5, ORANGE, "--"), (1.0, BLUE, "-"), (3.0, GREEN, "-.")):
        ax.plot(x, x + np.sin(alpha * x) ** 2 / alpha, color=color, ls=style, label=f"alpha = {alpha:g}")
    ax.set_xlabel("X")
    ax.set_ylabel("Y")
    ax.legend()
    return figure


def _training(rate: Any, X: np.ndarray, y: np.ndarray, units: int, epochs: int) -> Any:
    """Return the history of a training with its findings."""
    layers = [gn.Dense(units, "relu"), gn.Dense(2)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=rate, seed=0)
    with warnings.catch_warnings(action="ignore"):  # what is found is drawn
        return net.fit(X, y, epochs=epochs, validation_split=0.25)


def symptoms() -> Any:
    """Draw the losses of four trainings, each with what `fit` finds in it."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    noisy = rng.standard_normal((300, 5))
    labels = (noisy[:, 0] + 0.5 * rng.standard_normal(300) > 0).astype(int)
    trainings = (
        _training(gn.SGD(0.3), X, y, 16, 40), _training(gn.SGD(1e-4), X, y, 16, 40),
        _training(gn.Adam(1.0), X, y, 16, 40), _training(gn.Adam(0.02), noisy, labels, 64, 40),
    )  # fmt: skip
    figure, panels = plot(4.6, 2, 2, sharex=True)
    for ax, history in zip(panels.flat, trainings, strict=True):
        epochs = range(1, history.epochs + 1)
        ax.plot(epochs, history["loss"], color=BLUE)
        ax.plot(epochs, history["valid_loss"], color=ORANGE, ls="--")
        ax.set_title(", ".join(finding.code for finding in history.findings) or "nothing found")
        ax.set_ylim(0.0, max(1.4, 1.05 * np.percentile(history["valid_loss"], 95)))
    for ax in panels[1]:
        ax.set_xlabel("epoch")
    figure.legend(panels.flat[0].lines, ["training loss", "validation loss"], loc="outside lower center", ncols=2)
    return figure


PICTURES = {
    "activations.svg": activations, "losses.svg": losses, "schedules.svg": schedules, "optimizer-paths.svg": ways,
    "learning-rates.svg": rates, "sigmoid-factor.svg": sigmoid_factor, "own-activation.svg": bump,
    "snake.svg": snake, "symptoms.svg": symptoms,
}  # fmt: skip
