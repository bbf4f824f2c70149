"""The tutorial's gradient and that of the loss it prints: what the choice costs, in epochs.

Trains the tutorial's network on XOR from 20 starts, with the gradient that the tutorial back-propagates and with that
of the loss it prints, and counts the steps until this loss is below 0.1.

    python examples/lesson_gradients.py
"""

import argparse

import numpy as np

from glassnet.scratch import (
    GRADIENTS,
    backpropagation,
    compute_loss,
    forward_propagation,
    initialize_parameters,
    update_parameters,
)

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def epochs_to_learn(learning_rate: float, gradient: str, seed: int, limit: int, target: float = 0.1) -> float:
    """Return the number of steps until the loss is below the target; infinity if it is not after ``limit`` steps."""
    parameters = initialize_parameters(2, 4, 1, seed=seed)
    weights_input_hidden, weights_hidden_output, _, _ = parameters
    for epoch in range(limit):
        hidden_output, final_output = forward_propagation(X, *parameters)
        if compute_loss(Y, final_output) < target:
            return epoch
        grads = backpropagation(
            X, Y, hidden_output, final_output, weights_hidden_output, weights_input_hidden, gradient=gradient
        )
        update_parameters(parameters, grads, learning_rate)
    return np.inf


def main() -> None:
    """Print the median over the starts, and how many of them learned."""
    parser = argparse.ArgumentParser(description="Count the epochs that XOR takes with either gradient.")
    parser.add_argument("--smoke", action="store_true", help="one start and 500 steps only, to see that it runs")
    smoke = parser.parse_args().smoke
    starts, limit = (1, 500) if smoke else (20, 10_000)

    print(f"Median epochs until XOR has a loss below 0.1, {starts} starts, at most {limit:,} epochs")
    print(f"{'learning rate':>13}" + "".join(f"{gradient:>24}" for gradient in GRADIENTS))
    for learning_rate in (0.5, 1.0, 1.5, 5.0, 10.0):
        row = f"{learning_rate:13}"
        for gradient in GRADIENTS:
            epochs = [epochs_to_learn(learning_rate, gradient, seed, limit) for seed in range(starts)]
            learned = int(np.isfinite(epochs).sum())
            # "never" counts as infinity, so the middle one is a number as soon as more than half have learned.
            median = f"{np.median(epochs):,.1f}" if 2 * learned > starts else "-"
            row += f"{median:>12} {f'({learned} of {starts})':>11}"
        print(row)


if __name__ == "__main__":
    main()
