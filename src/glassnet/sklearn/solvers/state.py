"""What a fit leaves behind, as solvers, files and conversions take it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from sklearn.preprocessing import LabelBinarizer

from glassnet.network import Network
from glassnet.sklearn.solvers.learning_rate import LearningRate
from glassnet.sklearn.solvers.rows import Scaling

__all__ = ["FITTED_ATTRIBUTES", "FitState"]

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

    Attributes
    ----------
    network : Network
        The network with its optimizer and run.
    random : RandomState
        Generator of first weights, held-out rows and the order of rows.
    learning_rate : LearningRate
        Learning rate of the next epoch, and the rule by which it changes.
    n_iter : int
        Epochs, or iterations of L-BFGS, of the last fit.
    t : int
        Training rows seen so far, each epoch counted.
    no_improvement : int
        Epochs since the last one that improved by more than ``tol``.
    loss : float
        Loss of the last epoch, the penalty included.
    loss_curve : list of float
        Loss of every epoch.
    best_loss : float or None
        Smallest loss so far; None with early stopping.
    validation_scores : list of float or None
        Score of the held-out rows after every epoch; None without early stopping.
    best_validation_score : float or None
        Largest of these scores.
    scaling : Scaling
        Scaling of inputs and targets that the model does itself.
    labels : LabelBinarizer or None
        Coder of the labels; None for numbers.
    order : ndarray or None
        Row order of the last epoch.
    split : tuple of ndarray or None
        Indices of the rows that train and of those held out.
    best, last : tuple of ndarray or None
        Parameters and statistics of the best epoch and of the last one.
    """

    network: Network = field(init=False)
    random: np.random.RandomState = field(init=False)
    learning_rate: LearningRate = field(init=False)
    n_iter: int = field(init=False)
    t: int = field(init=False)
    no_improvement: int = field(init=False)
    loss: float = field(init=False)
    loss_curve: list[float] = field(init=False)
    best_loss: float | None = field(init=False)
    validation_scores: list[float] | None = field(init=False)
    best_validation_score: float | None = field(init=False)
    scaling: Scaling = field(default_factory=Scaling)
    labels: LabelBinarizer | None = None
    order: np.ndarray | None = None
    split: tuple[np.ndarray, np.ndarray] | None = None
    best: tuple[np.ndarray, np.ndarray] | None = None
    last: tuple[np.ndarray, np.ndarray] | None = None

    def forget_epochs(self) -> None:
        """Forget the row order, the held-out rows, and the weights of the best and the last epoch."""
        self.order = self.split = self.best = self.last = None

    def keep_best(self) -> None:
        """Note the present weights and statistics as those of the best epoch."""
        self.best = (self.network.params.copy(), self.network.stats.copy())
