"""What a fit leaves behind, as solvers, files and conversions take it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from sklearn.preprocessing import LabelBinarizer

from glassnet.network import Network
from glassnet.sklearn.solvers.learning_rate import LearningRate
from glassnet.sklearn.solvers.rows import Scaling
from glassnet.training.findings import Diagnosis

__all__ = ["FITTED_ATTRIBUTES", "FitState", "known_labels"]

# Attributes of a fitted estimator, beside weights and optimizer, that scikit-learn's perceptrons and files have too.
FITTED_ATTRIBUTES = (
    "_no_improvement_count", "_random_state", "best_loss_", "best_validation_score_", "classes_", "feature_names_in_",
    "loss_", "loss_curve_", "n_features_in_", "n_iter_", "n_layers_", "n_outputs_", "out_activation_", "t_",
    "validation_scores_",
)  # fmt: skip


@dataclass(eq=False, repr=False)
class FitState:
    """Network, counters and records of an estimator's fit, and what `continue_fit` needs.

    The fields without a default do not exist until something sets them: an estimator shows them as ``loss_curve_`` and
    the like, and scikit-learn asks whether these exist.
    """

    network: Network = field(init=False)  # with its optimizer and run
    random: np.random.RandomState = field(init=False)  # of first weights, held-out rows and the order of rows
    learning_rate: LearningRate = field(init=False)
    n_iter: int = field(init=False)  # epochs, or iterations of L-BFGS, of the last fit
    t: int = field(init=False)  # training rows seen so far, each epoch counted
    no_improvement: int = field(init=False)  # epochs since the last one that improved by more than ``tol``
    loss: float = field(init=False)  # of the last epoch, the penalty included
    loss_curve: list[float] = field(init=False)
    best_loss: float | None = field(init=False)  # None with early stopping
    validation_scores: list[float] | None = field(init=False)  # of held-out rows, after every epoch; or None
    best_validation_score: float | None = field(init=False)
    scaling: Scaling = field(default_factory=Scaling)
    labels: LabelBinarizer | None = None  # None for numbers
    order: np.ndarray | None = None  # of the rows in the last epoch
    split: tuple[np.ndarray, np.ndarray] | None = None  # indices of the rows that train and of those held out
    best: tuple[np.ndarray, np.ndarray] | None = None  # parameters and statistics of the best epoch
    last: tuple[np.ndarray, np.ndarray] | None = None  # and of the last one
    findings: Diagnosis = field(default_factory=Diagnosis)  # of the last call of `fit`

    def forget_epochs(self) -> None:
        """Forget the row order, the held-out rows, and the weights of the best and the last epoch."""
        self.order = self.split = self.best = self.last = None

    def keep_best(self) -> None:
        """Note the present weights and statistics as those of the best epoch."""
        self.best = (self.network.params.copy(), self.network.stats.copy())


def known_labels(kind: str, classes: np.ndarray) -> LabelBinarizer:
    """Return a fitted ``LabelBinarizer`` for these classes; ``kind`` is a `type_of_target`."""
    found = LabelBinarizer()
    found.classes_, found.y_type_, found.sparse_input_ = classes, kind, False
    return found
