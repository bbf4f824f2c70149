"""scikit-learn's rules for the learning rate between epochs."""

from __future__ import annotations

from glassnet.sklearn.solvers.shared_parameters import SharedParameters

__all__ = ["LearningRate"]


class LearningRate:
    """The learning rate of scikit-learn's solvers, which changes between epochs.

    Constant; or with "invscaling" ``learning_rate_init / (t + 1)**power_t`` after t samples; or with "adaptive" divided
    by 5 whenever training no longer improves, until it is 1e-6 or less.
    """

    def __init__(self, rule: str, learning_rate_init: float, power_t: float) -> None:
        self.learning_rate = self._start = float(learning_rate_init)  # of the next epoch
        self._rule, self._power_t = rule, power_t

    @classmethod
    def of(cls, parameters: SharedParameters) -> LearningRate:
        """Return the rule that the parameters of an estimator describe."""
        rule = parameters.learning_rate if parameters.solver == "sgd" else "constant"
        return cls(rule, parameters.learning_rate_init, parameters.power_t)

    def iteration_ends(self, t: int) -> None:
        """Follow the number of samples seen so far."""
        if self._rule == "invscaling":
            self.learning_rate = self._start / (t + 1) ** self._power_t

    def on_plateau(self) -> str:
        """Return why training should stop now, or an empty string if it goes on with a smaller rate."""
        if self._rule != "adaptive":
            return "Stopping."
        if self.learning_rate <= 1e-6:
            return "Learning rate too small. Stopping."
        self.learning_rate /= 5.0
        return ""
