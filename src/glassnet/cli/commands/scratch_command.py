"""``glassnet scratch``: runs the tutorial in `glassnet.scratch`."""

from __future__ import annotations

from glassnet import scratch
from glassnet.cli.arguments import as_number
from glassnet.errors import ConfigError
from glassnet.utils.checks import check_choice, check_integer, check_number

__all__ = ["run_scratch"]

WHERE = "scratch"


def run_scratch(problem: str, hidden_size: str, learning_rate: str, epochs: str, gradient: str, seed: str) -> None:
    """Train on a truth table with the options that were typed; the tutorial prints losses and predictions."""
    check_choice(WHERE, "the problem", problem, scratch.PROBLEMS)
    check_choice(WHERE, "--gradient", gradient, scratch.GRADIENTS)
    try:
        scratch.run_tutorial(
            problem,
            check_integer(WHERE, "--hidden-size", as_number(hidden_size), 1),
            check_number(WHERE, "--learning-rate", as_number(learning_rate), 0.0),
            check_integer(WHERE, "--epochs", as_number(epochs), 0),
            gradient,
            check_integer(WHERE, "--seed", as_number(seed), 0),
        )
    except ConfigError:
        raise
    except ValueError as error:
        # The tutorial imports NumPy alone, so it raises plain errors.
        raise ConfigError(str(error)) from error
