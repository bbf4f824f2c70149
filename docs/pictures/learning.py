"""Draws the animation at the top of the README: a network of 6 + 6 units while it learns to tell two spirals apart.

    python docs/pictures/learning.py

Each unit shows its own output over the plane; lines are weights, blue below zero and orange above, wider where larger.
The last picture is the network's answer with the points on it.
"""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from PIL import Image

import glassnet as gn

TARGET = Path(__file__).parents[1] / "assets" / "learning.gif"
BLUE, ORANGE = "#2a6fb0", "#e07b1a"
SHADES = LinearSegmentedColormap.from_list("answer", ["#6fa5d8", "#f8f6f2", "#f2aa63"])
POINTS = ["#14487c", "#a84f00"]
LIMIT = 2.3
GRID = 48
EPOCHS = 120


class Moments(gn.Callback):
    """Keeps the parameters and the loss after some of the epochs."""

    def __init__(self, epochs):
        self.epochs = set(epochs)
        self.kept = []

    def on_epoch_end(self, run):
        if run.epoch in self.epochs:
            self.kept.append((run.epoch, run.network.params.copy()))


def trained():
    """Return the points, the network and what it was at some moments of its training."""
    X, y = gn.datasets.spirals(240, noise=0.06, seed=0)
    layers = [gn.Dense(6, "tanh"), gn.Dense(6, "tanh"), gn.Dense(1)]
    net = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.Adam(0.02), seed=3, input_shape=(2,))
    moments = Moments(sorted({*range(1, 16), *range(16, 40, 2), *range(40, EPOCHS + 1, 8)}))
    moments.kept.append((0, net.params.copy()))
    net.fit(X, y, epochs=EPOCHS, batch_size=32, callbacks=[moments], progress=False)
    return X, y, net, moments.kept


def places(net):
    """Return where each unit of each column stands, inputs first, as fractions of the picture."""
    sizes = [2, *(layer.units for layer in net.layers)]
    columns = np.linspace(0.055, 0.60, len(sizes))
    return [[(x, 0.53 + 0.145 * ((n - 1) / 2 - i)) for i in range(n)] for x, n in zip(columns, sizes, strict=True)]


def draw(figure, X, y, net, epoch, losses):
    """Draw one moment."""
    figure.clear()
    side = np.linspace(-LIMIT, LIMIT, GRID)
    plane = np.stack([axis.ravel() for axis in np.meshgrid(side, side)], axis=1)
    outputs = [plane, *net.activations(plane).values()]
    outputs[-1] = net.predict(plane).reshape(-1, 1) * 2 - 1
    spots = places(net)
    back = figure.add_axes((0, 0, 1, 1))
    back.set(xlim=(0, 1), ylim=(0, 1))
    back.axis("off")
    draw_weights(back, net, spots)
    for column, units in zip(spots, outputs, strict=True):
        for number, (x, middle) in enumerate(column):
            panel(figure, x, middle, 0.11, units[:, number] / (LIMIT if units is plane else 1))
    big = figure.add_axes((0.69, 0.13, 0.30, 0.80))
    shade(big, outputs[-1])
    big.scatter(*X.T, c=y, cmap=ListedColormap(POINTS), s=13, edgecolors="white", linewidths=0.5)
    accuracy = np.mean((net.predict(X).ravel() > 0.5) == y)
    back.text(0.03, 0.035, f"epoch {epoch}", size=12, weight="bold")
    back.text(0.84, 0.035, f"loss {losses[-1]:.3f}   accuracy {accuracy:.2f}", size=12, ha="center")
    curve = figure.add_axes((0.16, 0.015, 0.42, 0.085))
    curve.plot(losses, color="#444444", lw=1.6)
    back.text(0.585, 0.035, "loss", size=9, color="#444444")
    back.text(0.625, 0.2, "weights: orange\nabove 0, blue below", size=9, color="#444444", ha="right")
    curve.set(xlim=(0, EPOCHS), ylim=(0, 0.75))
    curve.axis("off")


def draw_weights(back, net, spots):
    """Draw a line for each weight."""
    for layer, left, right in zip(net.layers, spots[:-1], spots[1:], strict=True):
        largest = np.abs(layer.W).max()
        for i, start in enumerate(left):
            for j, end in enumerate(right):
                weight = layer.W[i, j]
                back.plot(
                    *zip(start, end, strict=True),
                    color=ORANGE if weight > 0 else BLUE,
                    lw=0.3 + 3.2 * abs(weight) / largest,
                    alpha=0.75,
                    zorder=0,
                )


def panel(figure, x, middle, height, values):
    """Draw what one unit answers over the plane, in a small square."""
    width = height * figure.get_figheight() / figure.get_figwidth()
    shade(figure.add_axes((x - width / 2, middle - height / 2, width, height)), values)


def shade(axes, values):
    """Fill axes with the colours of answers from -1 to 1."""
    axes.imshow(
        values.reshape(GRID, GRID),
        origin="lower",
        extent=(-LIMIT, LIMIT, -LIMIT, LIMIT),
        cmap=SHADES,
        vmin=-1,
        vmax=1,
        interpolation="bilinear",
        aspect="auto",
    )
    axes.set(xticks=[], yticks=[])


def main():
    """Train, draw all moments, and write the animation with few colours."""
    X, y, net, kept = trained()
    figure = plt.figure(figsize=(8.8, 3.5), dpi=92, facecolor="white")
    losses = []

    def frame(number):
        epoch, params = kept[number]
        net.params[:] = params
        if len(losses) <= epoch:
            losses.extend([net.evaluate(X, y)["loss"]] * (epoch + 1 - len(losses)))
        draw(figure, X, y, net, epoch, losses)

    FuncAnimation(figure, frame, frames=len(kept), init_func=lambda: None).save(TARGET, PillowWriter(fps=8))
    shrink(TARGET)
    print(TARGET.name, TARGET.stat().st_size // 1000, "kB")


def shrink(path):
    """Write an animation again with one palette of 72 colours."""
    with Image.open(path) as moving:
        frames = []
        for number in range(moving.n_frames):
            moving.seek(number)
            frames.append(moving.convert("RGB"))
    some = [frames[number] for number in (0, 1, 2, 4, 8, 16, -1)]  # most is new in the beginning
    width, height = some[0].size
    together = Image.new("RGB", (width, height * len(some) + 40))
    for number, each in enumerate(some):
        together.paste(each, (0, number * height))
    for number, colour in enumerate(POINTS):  # too few to be among the most frequent
        together.paste(colour, (0, height * len(some) + 20 * number, width, height * len(some) + 20 * number + 20))
    palette = together.quantize(72)
    small = [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in frames]
    durations = [125] * (len(small) - 1) + [2500]
    small[0].save(path, save_all=True, append_images=small[1:], duration=durations, loop=0, optimize=True)


if __name__ == "__main__":
    main()
