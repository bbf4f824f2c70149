"""What classifier and regressor share: fitting, continuing, and the attributes that scikit-learn's users read."""

from __future__ import annotations

import math
import warnings
from os import PathLike
from typing import Any, ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from glassnet.errors import ConfigError
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.sklearn.conversion.storage import write_estimator
from glassnet.sklearn.conversion.writing_sklearn import to_sklearn
from glassnet.sklearn.estimators.parameters import check_parameters
from glassnet.sklearn.estimators.weights import SettableWeights
from glassnet.sklearn.solvers.building import build_layers, draw_weights, hidden_sizes, make_optimizer, move_weights
from glassnet.sklearn.solvers.lbfgs import total_loss
from glassnet.sklearn.solvers.poor_fit import SolverError, judge
from glassnet.sklearn.solvers.rows import Rows, Scaling, check_rows
from glassnet.sklearn.solvers.solving import Session, solve_lbfgs, solve_stochastic
from glassnet.sklearn.solvers.stochastic import CoupledL2, LearningRate
from glassnet.training.history import History
from glassnet.utils.checks import check_integer

__all__ = ["BaseMLP", "is_stochastic"]


class BaseMLP(SettableWeights):
    """What `MLPClassifier` and `MLPRegressor` share; every method here is one of theirs.

    The weights live in a `Network`; ``coefs_`` and ``intercepts_`` are views of them, and lists that are put in their
    place are taken over before anything is computed.
    """

    early_stopping: Any
    verbose: Any
    n_iter_no_change: Any
    tol: Any
    _network: Network
    _optimizer: LearningRate
    _is_classifier: ClassVar[bool]

    # ---- what the two kinds differ in ------------------------------------------------------------------------------

    def _make_loss(self) -> Loss:
        """Return the loss for the targets that were checked last."""
        raise NotImplementedError

    def _check_targets(
        self, X: Any, y: Any, *, incremental: bool, reset: bool, may_lack: bool = False
    ) -> tuple[Any, np.ndarray]:
        """Return checked X and y, y with one column per output of the targets; ``may_lack`` some of the classes."""
        raise NotImplementedError

    def _encode(self, Y: np.ndarray) -> np.ndarray:
        """Return checked targets as the loss wants them."""
        raise NotImplementedError

    def _weigh(self, Y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray | None:
        """Return the weights of the rows, with those of their classes in them."""
        return sample_weight

    def _network_outputs(self, Y: np.ndarray, loss: Loss) -> int:
        """Return how many outputs the network must have."""
        raise NotImplementedError

    def _score_of(self, y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None) -> float:
        """Return the score that early stopping watches: accuracy, or R squared."""
        raise NotImplementedError

    # ---- fitting ---------------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None) -> Any:
        """Train from the beginning, or with ``warm_start`` from the weights of the last fit.

        Parameters
        ----------
        X : array, data frame or sparse matrix of shape (n, n_features)
            float32 is computed in float32, everything else in float64.
        y : array of shape (n,) or (n, n_outputs)
            Labels of any kind, or numbers.
        sample_weight : array of shape (n,), optional
            The loss is ``sum(w * l) / sum(w)``.
        validation_data : (X, y) or (X, y, sample_weight), optional
            Evaluated after each epoch into ``history_``; with ``early_stopping`` it takes the place of the rows that
            would be held out.

        Returns
        -------
        self
            The estimator.
        """
        return self._fit(X, y, sample_weight, validation_data=validation_data)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Any:
        if self.early_stopping:
            message = "partial_fit does not support early_stopping=True"  # scikit-learn's words
            raise ConfigError(message)
        return self._fit(X, y, sample_weight, mode="partial", epochs=1)

    def continue_fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, max_iter: int | None = None, validation_data: Any = None
    ) -> Any:
        """Train more epochs, exactly as if the fit before had not ended.

        ``fit`` with ``max_iter=5`` and ``continue_fit(max_iter=5)`` on the same rows leave the bits of one fit with 10:
        the order of rows, the optimizer's moments, the learning rate and the counters of stopping go on.
        (``warm_start`` and ``partial_fit`` keep scikit-learn's meaning and begin some of these anew.)

        Parameters
        ----------
        X, y, sample_weight, validation_data
            As in `fit`.
        max_iter : int, optional
            How many more epochs; by default the estimator's ``max_iter``.
        """
        self._check_is_fitted("continue_fit")
        if self.solver == "lbfgs":
            message = f"{self._name}.continue_fit: solver must be stochastic, got 'lbfgs'. Use warm_start=True."
            raise ConfigError(message)
        epochs = self.max_iter if max_iter is None else check_integer(self._name, "max_iter", max_iter, 1)
        return self._fit(X, y, sample_weight, mode="continue", epochs=epochs, validation_data=validation_data)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, *, mode: str = "fit", epochs: int = 0, validation_data: Any = None
    ) -> Any:
        """Check everything, have the network ready, run the solver, and say how it went.

        ``mode`` is "fit", "partial" or "continue".
        """
        check_parameters(self._name, self.__dict__)
        sizes = hidden_sizes(self.hidden_layer_sizes)
        goes_on = mode != "fit"
        is_new = not hasattr(self, "coefs_") or (not self.warm_start and not goes_on)
        X, Y = self._check_targets(X, y, incremental=goes_on, reset=is_new, may_lack=mode == "continue")
        rows = check_rows(X, Y, sample_weight)
        self.n_outputs_ = Y.shape[1]
        if mode != "continue" or not hasattr(self, "_random_state"):
            # scikit-learn begins the random numbers anew with each partial_fit.
            self._random_state = check_random_state(self.random_state)
        if is_new:
            self._initialize(sizes, rows)
        else:
            self._take_over_weights(rows.X.dtype)
            self._follow_parameters(sizes, rows.Y)
        if not goes_on or not hasattr(self, "_optimizer"):
            self._renew_solver()
        prepared = self._prepare_rows(rows)
        reason = ""
        if self.solver == "lbfgs" and validation_data is not None:
            message = (
                f"{self._name}.fit: validation_data must be left out with solver='lbfgs', got some. Use solver='adam'."
            )
            raise ConfigError(message)
        if self.solver == "lbfgs":
            solve_lbfgs(self, prepared)
        else:
            validation = None if validation_data is None else self._check_validation(validation_data)
            n_epochs = epochs or self.max_iter
            reason = solve_stochastic(self, prepared, validation, n_epochs, continues=mode == "continue")
            planned = self._network.optimizer.schedule.horizon  # a schedule that ends there meant to end there
            if reason == "finished" and mode != "partial" and not (planned and n_epochs >= planned):
                self._warn_of_max_iter(n_epochs)
        self._check_weights()
        if mode == "fit" and reason != "interrupted":
            judge(self, prepared)
        return self

    def _initialize(self, sizes: list[int], rows: Rows) -> None:
        """Make a new network with scikit-learn's first weights, and forget everything about earlier fits."""
        self.n_iter_ = self.t_ = 0
        self.n_layers_ = len(sizes) + 2
        self._scaling = Scaling.of(self._name, rows, self.scale_inputs, getattr(self, "scale_target", False))
        loss = self._make_loss()
        # L-BFGS loses its way in float32; scikit-learn's too leaves float64 weights, whatever X is.
        dtype = "float64" if self.solver == "lbfgs" else rows.X.dtype.name
        self._network = self._new_network(sizes, self._network_outputs(rows.Y, loss), rows.X.shape[1], loss, dtype)
        is_logistic = isinstance(self.activation, str) and self.activation == "logistic"
        draw_weights(self._network, self._random_state, rows.X.dtype, is_logistic=is_logistic)
        self._show_weights()
        self._renew_session()
        self.__dict__.pop("_optimizer", None)
        if self.solver != "lbfgs":
            self.loss_curve_: list[float] = []
            self._no_improvement_count = 0
            self.best_loss_ = None if self.early_stopping else math.inf
            self.validation_scores_: list[float] | None = [] if self.early_stopping else None
            self.best_validation_score_ = -math.inf if self.early_stopping else None

    def _new_network(self, sizes: list[int], n_outputs: int, n_features: int, loss: Loss, dtype: str) -> Network:
        layers = build_layers(
            self._name, sizes, n_outputs, activation=self.activation, dropout=self.dropout,
            normalization=self.normalization, frozen=self.frozen,
        )  # fmt: skip
        # Seeds the noise of dropout; nothing is drawn, so that all other numbers stay those of scikit-learn.
        seed = int(self._random_state.get_state(legacy=False)["state"]["key"].sum())
        optimizer = make_optimizer(self._name, self.__dict__)
        self._built = self._structure()
        return Network(
            layers, loss=loss, optimizer=optimizer, seed=seed, dtype=np.dtype(dtype), input_shape=(n_features,)
        )

    def _structure(self) -> dict[str, str]:
        """Return the parameters that a network is made from, in words that can be compared."""
        return {
            name: repr(getattr(self, name)) for name in ("activation", "dropout", "frozen", "loss", "normalization")
        }

    def _follow_parameters(self, sizes: list[int], Y: np.ndarray) -> None:
        """Go on in a network of another make, where parameters were changed since the fit before."""
        widths = [W.shape[1] for W in self.coefs_[:-1]]
        if sizes != widths:
            message = f"{self._name}: hidden_layer_sizes must stay {widths} for weights that are kept, got {sizes}."
            raise ConfigError(message, expected=widths, got=sizes)
        wanted = (self.scale_inputs, getattr(self, "scale_target", False))
        scaled = (self._scaling.scale is not None, self._scaling.target_scale is not None)
        if wanted != scaled:
            must = f"scale_inputs and scale_target must stay {scaled[0]} and {scaled[1]} for weights that are kept"
            message = f"{self._name}: {must}, got {wanted[0]} and {wanted[1]}. Fit a new estimator."
            raise ConfigError(message, expected=scaled, got=wanted)
        if self._structure() == self._built:
            return
        old, loss = self._network, self._make_loss()
        n_outputs = self._network_outputs(Y, loss)
        if n_outputs != old.n_outputs:
            must = f"the network must keep its {old.n_outputs} outputs for weights that are kept"
            message = f"{self._name}: {must}, got loss={self.loss!r}, which needs {n_outputs}. Fit a new estimator."
            raise ConfigError(message, expected=old.n_outputs, got=n_outputs)
        assert old.input_shape is not None
        self._network = self._new_network(sizes, n_outputs, old.input_shape[0], loss, old.dtype.name)
        move_weights(old, self._network)
        self._show_weights()

    def _renew_solver(self) -> None:
        """Begin with fresh moments and the first learning rate."""
        self._optimizer = LearningRate.of(self)
        self._network.optimizer = make_optimizer(self._name, self.__dict__)
        self._network.run = None
        self._renew_session()

    def _renew_session(self) -> None:
        self._session = Session()

    # ---- weights ---------------------------------------------------------------------------------------------------

    def _adopt(self, shapes: list[tuple[int, ...]], dtype: Any) -> None:
        """Make a network for weights that came from elsewhere."""
        name = np.dtype(dtype).name if np.dtype(dtype).name in ("float32", "float64") else "float64"
        if not hasattr(self, "_random_state"):
            self._random_state = check_random_state(self.random_state)
        self.n_outputs_ = shapes[-1][1]
        sizes = [shape[1] for shape in shapes[:-1]]
        self._network = self._new_network(sizes, shapes[-1][1], shapes[0][0], self._make_loss(), name)
        if not hasattr(self, "_scaling"):
            self._scaling = Scaling()
        self._renew_session()

    def _check_weights(self) -> None:
        if not np.isfinite(self._network.params).all():
            raise SolverError(self._name, "weights that are not finite")

    # ---- what is read ----------------------------------------------------------------------------------------------

    @property
    def history_(self) -> History:
        """What every epoch recorded: losses, learning rate, validation scores."""
        self._check_is_fitted("history_")
        run = self._network.run
        if run is None:
            message = f"{self._name}.history_: solver must be stochastic, got 'lbfgs'."
            raise AttributeError(message)
        history: History = run.history
        return history

    def _check_is_fitted(self, where: str) -> None:
        if not hasattr(self, "coefs_"):
            check_is_fitted(self)
        self._take_over_weights()

    def hidden(self, X: Any, layer: int | str) -> np.ndarray:
        """Return what one layer of the network gives for X, by name or position; see `Network.hidden`."""
        self._check_is_fitted("hidden")
        return self._network.hidden(self._scaling.scaled(self._checked_inputs(X)), layer)

    def input_gradient(self, X: Any, y: Any = None, *, output: Any = None) -> np.ndarray:
        """Return how the answer to each row of X changes with the row.

        ``output`` says which answer; with ``y``, labels or numbers as in `fit`, it is how the loss changes; see
        `Network.input_gradient`. Where the model scales, the slopes are those of the units of X and of the targets.
        """
        self._check_is_fitted("input_gradient")
        inputs = self._scaling.scaled(self._checked_inputs(X))
        targets = None if y is None else self._check_validation((X, y)).y
        slopes = self._network.input_gradient(inputs, targets, output=output)
        if self._scaling.scale is not None:
            slopes = (slopes / self._scaling.scale).astype(slopes.dtype, copy=False)
        return self._slopes_in_units(slopes, output) if y is None else slopes

    def _slopes_in_units(self, slopes: np.ndarray, output: Any) -> np.ndarray:
        """Return slopes in the units of the targets."""
        return slopes

    @property
    def network_(self) -> Network:
        """The network itself."""
        self._check_is_fitted("network_")
        return self._network

    def save(self, path: str | PathLike[str], *, training_state: bool = False) -> None:
        """Write the fitted estimator to one file, for `glassnet.sklearn.load`; its network for `glassnet.load` too.

        Numbers, texts and JSON only, so nothing of the file is ever executed, unlike a pickle. It is written whole or
        not at all.

        Parameters
        ----------
        path : str or path-like
            Where; a file that is there already is replaced.
        training_state : bool, default=False
            Whether to keep what `continue_fit` needs: the optimizer's moments, the order of rows.
        """
        self._check_is_fitted("save")
        write_estimator(self, path, training_state=training_state)

    def to_sklearn(self) -> Any:
        """Return a fitted ``sklearn.neural_network`` estimator that predicts the same, as a copy.

        Batch norm and scaling are folded into the weights, dropout is left out. What scikit-learn has no place for
        (other activations, layer norm, quantiles, several different activations) is refused.
        """
        self._check_is_fitted("to_sklearn")
        return to_sklearn(self)

    # ---- prediction ------------------------------------------------------------------------------------------------

    def _inputs(self, X: Any) -> Any:
        """Return checked rows for the network."""
        network = self._network
        if (
            type(X) is np.ndarray
            and X.dtype is network.dtype
            and X.shape[1:] == network.input_shape
            and len(X)
            and "feature_names_in_" not in self.__dict__
            and math.isfinite(X.sum())
        ):
            return self._scaling.scaled(X)
        return self._scaling.inputs(self._checked_inputs(X), network.dtype)

    def _checked_inputs(self, X: Any) -> Any:
        """Return X as scikit-learn checks it: a matrix of numbers, dense or sparse."""
        return validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)

    def _predictions(self, X: Any) -> np.ndarray:
        """Return what the loss links the logits to."""
        self._check_is_fitted("predict")
        with np.errstate(all="ignore"):
            return self._network.loss.link(self._network.logits(self._inputs(X)))

    # ---- the solvers' helpers --------------------------------------------------------------------------------------

    def _prepare_rows(self, rows: Rows) -> Rows:
        """Return rows and targets as the network takes them."""
        network = self._network
        inputs = self._scaling.inputs(rows.X, network.dtype)
        targets = network.loss.prepare(self._scaling.target(self._encode(rows.Y)), network.n_outputs, network.dtype)
        weight = self._weigh(rows.Y, rows.weight)
        return Rows(inputs, targets, None if weight is None else weight.astype(network.dtype), rows.Y)

    def _check_validation(self, data: Any) -> Rows:
        if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
            message = (
                f"{self._name}.fit: validation_data must be (X, y) or (X, y, sample_weight), got {type(data).__name__}."
            )
            raise ConfigError(message, got=data)
        X, Y = self._check_targets(data[0], data[1], incremental=True, reset=False, may_lack=True)
        return self._prepare_rows(check_rows(X, Y, data[2] if len(data) == 3 else None))

    def _loss_grad_lbfgs(
        self, packed: np.ndarray, X: Any, y: np.ndarray, sample_weight: Any, *scratch: Any
    ) -> tuple[float, np.ndarray]:
        """Return loss and gradient at these weights and biases, under the name that scikit-learn's own tests call."""
        network = self._network
        network.params[...] = packed
        rows = self._prepare_rows(Rows(X, y, sample_weight, y))
        penalties = CoupledL2(network.built("fit"), self.alpha)
        return total_loss(network, rows.X, rows.y, rows.weight, penalties), network.grads.copy()

    def _warn_of_max_iter(self, n_epochs: int) -> None:
        what = f"Maximum iterations ({n_epochs}) reached and the optimization hasn't converged yet."
        warnings.warn(f"Stochastic Optimizer: {what}", ConvergenceWarning, stacklevel=4)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def is_stochastic(estimator: BaseMLP) -> bool:
    """Return whether there is a `partial_fit`."""
    if isinstance(estimator.solver, str) and estimator.solver == "lbfgs":
        message = "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        raise AttributeError(message)
    return True
