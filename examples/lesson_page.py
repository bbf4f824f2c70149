"""A lesson of one file: a learning rate that is far too high, to be mended in a browser without a server.

Writes the page that the guide shows: two moons, a small network, and a task that the page checks by itself.

    python examples/lesson_page.py
"""

from pathlib import Path

import glassnet as gn

TEXT = """
The network below can separate the two moons, yet it does not learn to: at a rate of 30 every step lands beyond what
it aimed at. Press Space, or the button in the timeline, and watch the loss.

Then choose another learning rate, and start again from the first step: weights that were thrown too far hardly ever
come back by themselves. Every step is kept, so you can also go back and look at the first one: click a connection.
"""


def main(folder: str = ".") -> Path:
    """Write the lesson into a folder and return its path."""
    X, y = gn.datasets.moons(200, noise=0.15, seed=0)
    layers = [gn.Dense(8, "tanh"), gn.Dense(1)]
    net = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.SGD(30.0), seed=0, input_shape=(2,))
    lesson = gn.playground.Lesson(
        TEXT,
        task="Make the validation loss fall below 0.1.",
        title="Too fast to learn",
        hide=["data"],
        goal={"valid_loss": 0.1},
    )
    path = Path(folder) / "lesson-rate.html"
    held_out = (X[160:], y[160:])
    net.to_page(path, X[:160], y[:160], validation_data=held_out, batch_size=16, lesson=lesson, title=lesson.title)
    print(f"{path.name} is written: open it in a browser")
    return path


if __name__ == "__main__":
    main()
