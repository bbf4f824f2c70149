"""Two spirals: what no straight line divides, a small network does.

Trains on two interleaved spirals, scores on points it has not seen, and draws in text which class the network gives
each place of the plane.

    python examples/spirals.py
"""

import numpy as np

import glassnet as gn


def spirals(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n points (n, 2) on two spirals of one and a half turns, with a little noise, and their classes (n,)."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    radius = 3 * np.sqrt(rng.uniform(0.02, 1, n))
    angle = np.pi * (radius + y)  # the second spiral is the first, turned by half a circle
    X = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return X + rng.normal(0, 0.05, X.shape), y


def picture(net: gn.Network, width: int = 60, height: int = 26) -> str:
    """Return the plane from -3.2 to 3.2 as text: one sign per class."""
    across, down = np.linspace(-3.2, 3.2, width), np.linspace(3.2, -3.2, height)
    places = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    signs = np.array([".", "#"])[net.predict(places).argmax(axis=1)]
    return "\n".join("".join(row) for row in signs.reshape(height, width))


def main() -> float:
    """Train, print the picture, and return the accuracy on new points."""
    layers = [gn.Dense(32, "tanh"), gn.Dense(32, "tanh"), gn.Dense(2)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0)
    net.fit(*spirals(800, seed=1), epochs=100, progress=False)
    accuracy = net.evaluate(*spirals(800, seed=2))["accuracy"]
    print(picture(net))
    print(f"accuracy on new points: {accuracy:.3f}")
    return accuracy


if __name__ == "__main__":
    main()
