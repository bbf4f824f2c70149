"""What classifier and regressor share: fitting, continuing, predicting, and the fitted attributes."""

from __future__ import annotations

import math
import warnings
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data

from glassnet.engine.one_fit import alone
from glassnet.errors import ConfigError
from glassnet.network import Network
from glassnet.sklearn.conversion.storage import write_estimator
from glassnet.sklearn.conversion.writing_sklearn import to_sklearn
from glassnet.sklearn.estimators.attributes import FitAttribute, own_state
from glassnet.sklearn.estimators.parameters import check_parameters
from glassnet.sklearn.estimators.pictures import PerceptronPlots
from glassnet.sklearn.estimators.preparation import FitPreparation
from glassnet.sklearn.solvers.finding_words import rate_name
from glassnet.sklearn.solvers.fit_report import FitReport
from glassnet.sklearn.solvers.lbfgs import total_loss
from glassnet.sklearn.solvers.learning_rate import LearningRate
from glassnet.sklearn.solvers.poor_fit import SolverError
from glassnet.sklearn.solvers.rows import Rows
from glassnet.sklearn.solvers.solving import hold_out, solve_lbfgs, solve_stochastic
from glassnet.sklearn.solvers.stochastic import CoupledL2
from glassnet.training.findings import Diagnosis
from glassnet.training.history import History
from glassnet.utils.callers import place_in_search
from glassnet.utils.checks import check_integer
from glassnet.utils.keywords import AdvisesOnNames
from glassnet.utils.report_type import ReportLike
from glassnet.utils.upper_floor import from_above

__all__ = ["BaseMLP", "is_stochastic"]


class BaseMLP(AdvisesOnNames, PerceptronPlots, FitPreparation):
    """Methods that `MLPClassifier` and `MLPRegressor` share.

    The weights live in a `Network`; ``coefs_`` and ``intercepts_`` are views of them, and lists that are set in their
    place are copied into it before anything is computed.
    """

    loss_ = FitAttribute[float]("loss")
    best_loss_ = FitAttribute[float | None]("best_loss")
    loss_curve_ = FitAttribute[list[float]]("loss_curve")
    validation_scores_ = FitAttribute[list[float] | None]("validation_scores")
    best_validation_score_ = FitAttribute[float | None]("best_validation_score")
    t_ = FitAttribute[int]("t")
    n_iter_ = FitAttribute[int]("n_iter")
    findings_ = FitAttribute[Diagnosis]("findings")
    # Names of scikit-learn's own perceptrons, which its tests read and our files hold.
    _no_improvement_count = FitAttribute[int]("no_improvement")
    _optimizer = FitAttribute[LearningRate]("learning_rate")
    _random_state = FitAttribute[np.random.RandomState]("random")

    if TYPE_CHECKING:  # scikit-learn makes this method for every class with such a `partial_fit`

        def set_partial_fit_request(self, **requests: bool | str | None) -> Self: ...

    # ---- fitting ---------------------------------------------------------------------------------------------------

    @alone
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None) -> Self:
        """Train from the beginning, or with ``warm_start`` from the weights of the last fit; return the estimator.

        Parameters
        ----------
        X : array, data frame or sparse matrix of shape (n, n_features)
            float32 is computed in float32, everything else in float64.
        y : array of shape (n,) or (n, n_outputs)
            Labels of any kind, or numbers.
        sample_weight : array of shape (n,), optional
            The loss is ``sum(w * l) / sum(w)``; scales and class weights count rows by their weights. With
            ``solver="lbfgs"`` a row of weight 2 equals two rows; other solvers draw batches, where it is in one.
        validation_data : (X, y) or (X, y, sample_weight), optional
            Evaluated after each epoch and recorded in ``history_``; with ``early_stopping`` it replaces the rows that
            would be held out.
        """
        return self._fit(X, y, sample_weight, validation_data=validation_data)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        if self.early_stopping:
            message = "partial_fit does not support early_stopping=True"  # scikit-learn's words
            raise ConfigError(message)
        return self._fit(X, y, sample_weight, mode="partial", epochs=1)

    @alone
    def continue_fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, max_iter: int | None = None, validation_data: Any = None
    ) -> Self:
        """Train more epochs, exactly as if the last fit had not ended.

        ``fit`` with ``max_iter=5`` and ``continue_fit(max_iter=5)`` on the same rows leave the bits of one fit with 10:
        the order of rows, the optimizer's moments, the learning rate and the counters of stopping go on.
        (``warm_start`` and ``partial_fit`` keep scikit-learn's meaning and begin some of these anew.)

        Parameters
        ----------
        X, y, sample_weight, validation_data
            As in `fit`.
        max_iter : int, optional
            Number of additional epochs; by default the estimator's ``max_iter``.
        """
        self._check_is_fitted()
        if self.solver == "lbfgs":
            message = f"{self._name}.continue_fit: solver is 'lbfgs'; it must be stochastic. Use warm_start=True."
            raise ConfigError(message)
        epochs = self.max_iter if max_iter is None else check_integer(self._name, "max_iter", max_iter, 1)
        return self._fit(X, y, sample_weight, mode="continue", epochs=epochs, validation_data=validation_data)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, *, mode: str = "fit", epochs: int = 0, validation_data: Any = None
    ) -> Self:
        """Check the arguments, prepare the network, run the solver, and warn of a poor fit.

        ``mode`` is "fit", "partial" or "continue".
        """
        check_parameters(self._name, vars(self))
        state, continues = own_state(self), mode == "continue"
        is_loop = self.warm_start and self.max_iter == 1 and hasattr(self, "coefs_")
        prepared = self._prepare_fit(X, y, sample_weight, mode)
        report = None if mode != "fit" or is_loop else FitReport.of(state, self, place_in_search())
        if self.solver == "lbfgs" and validation_data is not None:
            fact = "validation_data is given with solver='lbfgs'; it must be left out"
            message = f"{self._name}.fit: {fact}. Use solver='adam'."
            raise ConfigError(message)
        reason = ""
        if self.solver == "lbfgs":
            solve_lbfgs(state, self, prepared)
        else:
            rows, valid = prepared, None if validation_data is None else self._check_validation(validation_data)
            if self.early_stopping and valid is None:
                rows, valid = hold_out(state, self.validation_fraction, prepared, continues=continues)
            n_epochs, watch = epochs or self.max_iter, None if report is None else report.watch
            try:
                reason = solve_stochastic(
                    state, self, rows, valid, n_epochs, self._score, continues=continues, watch=watch
                )
            except SolverError as error:
                if report is not None:
                    report.add_to_error(error)
                raise
            planned = state.network.optimizer.schedule.horizon  # no warning where the schedule plans the end
            if reason == "finished" and mode != "partial" and not (planned and n_epochs >= planned):
                what = f"Maximum iterations ({n_epochs}) reached and the optimization hasn't converged yet."
                warnings.warn(f"Stochastic Optimizer: {what}", ConvergenceWarning, stacklevel=3)
        if not np.isfinite(state.network.params).all():
            raise SolverError(self._name, "weights that are not finite", rate_name(self))
        if report is not None and reason != "interrupted":
            report.issue(prepared, reason)
        return self

    # ---- fitted attributes, files and scikit-learn -----------------------------------------------------------------

    @property
    def history_(self) -> History:
        """Every epoch's losses, learning rate and validation scores."""
        network = self.network_
        if network._run is None:
            message = f"{self._name}.history_: solver is 'lbfgs'; it must be stochastic."
            raise AttributeError(message)
        return network.history

    def _check_is_fitted(self) -> None:
        if not hasattr(self, "coefs_"):
            check_is_fitted(self, "coefs_")
        self._take_over_weights()

    def report(self, X: Any, y: Any, *, name: str = "") -> ReportLike:
        """Return a report on rows with known targets: scores beside a constant, worst rows and why, findings, a card.

        A notebook shows it as a page, ``print`` as text, and ``report.save("report.html")`` writes one file that loads
        nothing; see `glassnet.reports.Report`.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known targets, best ones that `fit` did not see.
        name : str, optional
            What the rows are called in the report.
        """
        report: ReportLike = from_above("reports.perceptron_report", "report_perceptron")(self, X, y, name=name)
        return report

    def hidden(self, X: Any, layer: int | str) -> np.ndarray:
        """Return the output of one ``layer`` of the network for X, by name or position; see `Network.hidden`."""
        return self.network_.hidden(self._state.scaling.scaled(self._checked_inputs(X)), layer)

    def input_gradient(self, X: Any, y: Any = None, *, output: Any = None) -> np.ndarray:
        """Return the derivative of an output of the network with respect to each row of X.

        ``output`` selects the output; with ``y``, labels or numbers as in `fit`, it is the derivative of the loss; see
        `Network.input_gradient`. Where the model scales, the derivatives are in the units of X and of the targets.
        """
        network, scaling = self.network_, self._state.scaling
        inputs = scaling.scaled(self._checked_inputs(X))
        targets = None if y is None else self._check_validation((X, y)).y
        slopes = network.input_gradient(inputs, targets, output=output)
        if scaling.scale is not None:
            slopes = (slopes / scaling.scale).astype(slopes.dtype, copy=False)
        return self._slopes_in_units(slopes, output) if y is None else slopes

    @property
    def network_(self) -> Network:
        """The network itself."""
        self._check_is_fitted()
        return self._state.network

    def save(self, path: str | PathLike[str], *, training_state: bool = False, overwrite: bool = False) -> None:
        """Write the fitted estimator to one file, for `glassnet.sklearn.load`; its network for `glassnet.load` too.

        The file holds numbers, texts and JSON only, so nothing in it is ever executed, unlike a pickle. It is written
        whole or not at all.

        Parameters
        ----------
        path : str or path-like
            The file; a model file that is there is replaced.
        training_state : bool, default=False
            Whether to keep what `continue_fit` needs: the optimizer's moments, the order of rows.
        overwrite : bool, default=False
            Whether to write over a file that is no model of glassnet too, and under any name.
        """
        self._check_is_fitted()
        write_estimator(self, self._state, path, training_state=training_state, overwrite=overwrite)

    def to_sklearn(self) -> Any:
        """Return a fitted ``sklearn.neural_network`` estimator that predicts the same, as a copy.

        Batch norm and scaling are folded into the weights, dropout is left out. What scikit-learn cannot represent
        (other activations, layer norm, quantiles, several different activations) is refused.
        """
        self._check_is_fitted()
        return to_sklearn(self, self._state)

    # ---- prediction ------------------------------------------------------------------------------------------------

    def _inputs(self, X: Any) -> Any:
        """Return checked rows for the network."""
        network, scaling = self._state.network, self._state.scaling
        if (
            type(X) is np.ndarray
            and X.dtype is network.dtype
            and X.shape[1:] == network.input_shape
            and len(X)
            and "feature_names_in_" not in self.__dict__
            and math.isfinite(X.sum())
        ):
            return scaling.scaled(X)
        return scaling.inputs(self._checked_inputs(X), network.dtype)

    def _checked_inputs(self, X: Any) -> Any:
        """Return X as scikit-learn checks it: a matrix of numbers, dense or sparse."""
        found = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        if found.dtype.kind == "O":  # with dtype="numeric", it looks at objects before they are numbers
            found = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False, dtype=np.float64)
        return found

    def _predictions(self, X: Any) -> np.ndarray:
        """Return the network's outputs after the loss's link function: probabilities, or numbers."""
        self._check_is_fitted()
        network = self._state.network
        with np.errstate(all="ignore"):
            return network.loss.link(network._logits(self._inputs(X)))

    def _loss_grad_lbfgs(
        self, packed: np.ndarray, X: Any, y: np.ndarray, sample_weight: Any, *scratch: Any
    ) -> tuple[float, np.ndarray]:
        """Return loss and gradient at these weights and biases, under the name that scikit-learn's own tests call."""
        network = self._state.network
        network.params[...] = packed
        rows = self._prepare_rows(Rows(X, y, sample_weight, y))
        penalties = CoupledL2(network._built("fit"), self.alpha)
        return total_loss(network, rows.X, rows.y, rows.weight, penalties), network.grads.copy()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def is_stochastic(estimator: BaseMLP) -> bool:
    """Return True if there is a `partial_fit`, otherwise raise an error with the reason."""
    if isinstance(estimator.solver, str) and estimator.solver == "lbfgs":
        message = "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        raise AttributeError(message)
    return True
