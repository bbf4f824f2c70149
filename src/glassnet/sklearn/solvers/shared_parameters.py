"""The parameters that both perceptrons have, with their documentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.diagnosis import Watch

__all__ = ["SharedParameters"]


class SharedParameters:
    """Parameters and fitted attributes of `MLPClassifier` and `MLPRegressor` alike.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Widths of the hidden layers; ``()`` is a linear model.
    activation : str, activation object, or one for each hidden layer, default="relu"
        ``"identity"``, ``"logistic"``, ``"tanh"``, ``"relu"``, all other names in `glassnet.layers.ACTIVATIONS`,
        objects such as ``LeakyReLU(0.2)``, and ``CustomActivation`` of your own.
    solver : str or Optimizer, default="adam"
        ``"adam"``, ``"sgd"`` and ``"lbfgs"`` are scikit-learn's forms; ``"adamw"``, ``"rmsprop"``, ``"lion"``,
        ``"adagrad"`` and objects are those of `glassnet.optimizers`, and objects bring their own learning rate.
    alpha : float, default=0.0001
        L2 penalty: the loss of a batch has ``alpha / 2 * sum(w**2) / n`` for a batch of n rows.
    batch_size : int or "auto", default="auto"
        Rows per update; "auto" is ``min(200, n)``.
    learning_rate : str or Schedule, default="constant"
        ``"constant"``, ``"invscaling"`` and ``"adaptive"`` are for ``solver="sgd"``; a schedule such as
        ``CosineDecay(0.01, epochs=200)`` works with all.
    learning_rate_init : float, default=0.001
        Initial learning rate.
    power_t : float, default=0.5
        Exponent of "invscaling": the rate is ``learning_rate_init / (t + 1)**power_t`` after t samples.
    max_iter : int, default=200
        Largest number of epochs; with "lbfgs", of iterations.
    shuffle : bool, default=True
        Whether each epoch visits the rows in a new order.
    random_state : int, RandomState or None, default=None
        First weights, held-out rows, order of rows and noise follow from it.
    tol : float, default=0.0001
        Smallest change that counts as an improvement.
    verbose : bool or int, default=False
        Whether to print the loss of each epoch.
    warm_start : bool, default=False
        Whether `fit` begins with the weights of the last fit.
    momentum : float, default=0.9
        Momentum (``solver="sgd"`` only).
    nesterovs_momentum : bool, default=True
        Whether the momentum is Nesterov's (``solver="sgd"`` only).
    early_stopping : bool, default=False
        Whether to hold rows out, stop when their score (accuracy, or R squared) no longer improves, and keep the best
        weights.
    validation_fraction : float, default=0.1
        Share of rows held out.
    beta_1 : float, default=0.9
        Decay rate of the average of the gradients (``solver="adam"`` only).
    beta_2 : float, default=0.999
        Decay rate of the average of their squares (``solver="adam"`` only).
    epsilon : float, default=1e-8
        Number added to the divisor of a step (``solver="adam"`` only).
    n_iter_no_change : int, default=10
        Epochs without improvement after which to stop.
    max_fun : int, default=15000
        Largest number of loss evaluations (``solver="lbfgs"`` only).
    dropout : float or one for each hidden layer, default=0.0
        Share of a hidden layer's outputs that is dropped in each training step.
    normalization : {"batch", "layer"}, optional
        A norm between each hidden layer and its activation.
    clip_norm : float, optional
        Largest Euclidean norm of a step's gradient.
    frozen : sequence of int, default=()
        Which layers of ``coefs_`` keep their weights.
    scale_inputs : bool, default=False
        Whether the model scales each column to mean 0 and deviation 1 itself, as the rows of the first fit have them.
    metrics : str, function or sequence, optional
        Metrics of the rows trained on and of the validation data, recorded in ``history_``; see `Network.fit`.
    callbacks : Callback, function or sequence, default=()
        See `Network.fit`.
    max_seconds : float, optional
        Stop after this time.
    progress : bool, default=False
        Whether to show a progress line; None shows it on a terminal.
    threads : int or "auto", default="auto"
        BLAS threads while training.
    diagnose : bool or Watch, default=True
        Whether `fit` looks for what is wrong with data and training, as `Network.fit` does; see ``findings_``. A
        `glassnet.Watch` sets its options. No number changes by it.

    Attributes
    ----------
    coefs_, intercepts_ : list of ndarray
        Weights (n_in, n_out) and biases (n_out,) of each layer; may be set.
    loss_ : float
        Loss of the last epoch, the penalty included.
    best_loss_ : float or None
        Smallest loss so far; None with early stopping.
    loss_curve_ : list of float
        Loss of every epoch, over warm starts and ``partial_fit`` too.
    validation_scores_ : list of float or None
        Score of the held-out rows after every epoch (accuracy, or R squared), with early stopping.
    best_validation_score_ : float or None
        Largest of these scores.
    t_ : int
        Training rows seen so far, each epoch counted.
    n_iter_ : int
        Epochs, or iterations of "lbfgs", of the last fit.
    n_layers_ : int
        Number of layers, input and output counted.
    n_outputs_ : int
        Number of the network's outputs.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns, if X had names.
    history_ : History
        Every epoch's loss, learning rate, validation loss and metrics.
    findings_ : Diagnosis
        What the last call of `fit` found wrong, in the words of these parameters; empty with ``diagnose=False``. Each
        kind of warning among them is issued once as a `PoorFitWarning`, of a search only the first.
    network_ : Network
        The network itself.
    """

    hidden_layer_sizes: Any
    activation: Any
    solver: Any
    alpha: float
    batch_size: Any
    learning_rate: Any
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: Any
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int
    loss: Any
    dropout: Any
    normalization: str | None
    clip_norm: float | None
    frozen: Sequence[int]
    scale_inputs: bool
    metrics: Any
    callbacks: Any
    max_seconds: float | None
    progress: bool | None
    threads: Any
    diagnose: bool | Watch
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    n_features_in_: int
    feature_names_in_: np.ndarray
