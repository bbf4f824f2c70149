"""The network as users see it: what is owned and computed below, trained, explained, drawn and saved from here."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.evaluation import loss_and_gradients, scores
from glassnet.losses import MetricChoice

if TYPE_CHECKING:
    from glassnet.training import History

__all__ = ["Network", "load"]


class Network(BaseNetwork):
    """A feed-forward network: layers, a loss, an optimizer.

    Parameters
    ----------
    layers : sequence of Layer
        From input to output. The last one gives logits: softmax and sigmoid belong to the loss.
    loss : str or Loss
        ``"cross_entropy"``, ``"binary_cross_entropy"``, ``"squared_error"`` or another of `glassnet.losses`, or an
        object such as ``Huber(delta=2.0)``.
    optimizer : str or Optimizer, default="adam"
        ``"sgd"``, ``"adam"``, ``"adamw"``, or an object such as ``Adam(1e-3)``.
    seed : int or sequence of int, optional
        Everything random follows from it. Drawn from the operating system and kept in ``seeds`` if left out. With
        members, one seed each, or the first of K consecutive ones.
    dtype : {"float32", "float64"}, default="float32"
        Precision of parameters and arithmetic.
    members : int, optional
        Train K independent networks of this architecture at once: parameters are (K, P), outputs (K, n, k).
    input_shape : tuple of int, optional
        Shape of one sample; otherwise it is learned from the first data.
    l1, l2 : float, default=0.0
        Penalties on weights, part of the loss: ``l1 * sum |w| + l2 * sum w**2``; see `glassnet.engine.penalties`.
    max_norm : float, optional
        Largest Euclidean norm of the weights into one unit of a `Dense`; larger ones are scaled down after each step.

    Attributes
    ----------
    params, grads, stats : ndarray of shape (P,) or (K, P)
        All parameters, their gradients, all running statistics, each one flat array that layers hold views of.
        Write ``net.params[:] = ...``; they are never replaced.
    metadata : dict
        JSON-able notes that travel in the model file.
    history : History
        What `fit` recorded so far; empty before the first.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> y = np.array([0, 1, 1, 0])
    >>> layers = [gn.Dense(8, "tanh"), gn.Dense(1)]
    >>> net = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.Adam(0.05), seed=0)
    >>> history = net.fit(X, y, epochs=200, batch_size=4)
    >>> net.predict(X).round().ravel().tolist()
    [0.0, 1.0, 1.0, 0.0]
    """

    # ---- training and use ---------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any = None, *, epochs: int, diagnose: Any = True, **options: Any) -> History:
        """Train ``epochs`` more epochs.

        `glassnet.training.fit_network` explains the options: ``batch_size=32``, ``validation_data=None``,
        ``validation_split=0.0``, ``sample_weight=None``, ``class_weight=None``, ``shuffle=True``, ``drop_last=False``,
        ``steps_per_epoch=None``, ``metrics=None``, ``early_stopping=None``, ``callbacks=()``, ``max_seconds=None``,
        ``checkpoint=None``, ``resume=False``, ``deterministic=False``, ``threads="auto"``, ``progress=None``.

        Parameters
        ----------
        X : array of shape (n, ...), sparse matrix, or batches of your own
            One sample per row, or where batches come from.
        y : array of shape (n,) or (n, k), optional
            One target per row, as the loss wants them; left out with batches of your own.
        epochs : int
            How many more: two calls with 5 leave the same bits as one with 10.
        diagnose : bool or Watch, default=True
            Whether to look for what goes wrong, in the data, at the start and in training: it is told in warnings and
            in ``history.findings``, with what helped when it was tried on a copy. `glassnet.diagnosis.Watch` has
            options. Nothing is changed by it.
        **options
            As listed above.

        Returns
        -------
        History
            Of all calls so far.
        """
        from glassnet.diagnosis import fit_watched

        return fit_watched(self, X, y, epochs, diagnose, options)

    def evaluate(self, X: Any, y: Any, sample_weight: Any = None, metrics: MetricChoice = None) -> dict[str, Any]:
        """Return the loss and metrics on data, with noise off.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        metrics : str, function, or sequence of them, optional
            Names among ``net.loss.metrics``, and functions ``f(y, prediction, weight)`` or ``f(y, prediction)`` of your
            own, called by their ``__name__``; by default the loss's ``default_metrics``.

        Returns
        -------
        dict
            ``{"loss": ..., "accuracy": ...}``: floats, or arrays (K,) with members.
        """
        self.built("evaluate")
        X, y, weight = self.check_data("Network.evaluate", X, y, sample_weight)
        return scores(self, X, y, weight, self.loss.choose_metrics("Network.evaluate", metrics))

    def loss_and_gradients(self, X: Any, y: Any, sample_weight: Any = None, mode: str = "record") -> Any:
        """Return the mean loss of one batch and leave its gradients in ``grads``; not while a fit is running.

        Parameters
        ----------
        X, y, sample_weight
            One batch, as in `fit`.
        mode : {"record", "train"}, default="record"
            ``"record"`` computes as prediction does, ``"train"`` with noise and the batch's statistics.
        """
        return loss_and_gradients(self, X, y, sample_weight, mode)

    @property
    def history(self) -> History:
        """What training recorded so far, over all calls of `fit`; empty before the first."""
        from glassnet.training import History

        return History() if self.run is None else self.run.history

    def save(self, path: str | PathLike[str], *, training_state: bool = False) -> None:
        """Write the network to one ``.safetensors`` file.

        Parameters
        ----------
        path : str or Path
            An existing file is replaced, in one go: at no time is there half a file.
        training_state : bool, default=False
            Whether to keep what is needed to train on as if nothing had happened: optimizer, best weights, position.
        """
        from glassnet.saving.model_file import save_network

        self.built("save")
        saved = self.run.saved(self) if training_state and self.run is not None else None
        save_network(self, path, training=saved)

    # ---- a look inside ------------------------------------------------------------------------------------------

    def activations(self, X: Any) -> dict[str, np.ndarray]:
        """Return the output of every layer for ``X``, by name; see `glassnet.engine.inspection.layer_outputs`."""
        from glassnet.engine.inspection import layer_outputs

        return layer_outputs(self, X)

    def hidden(self, X: Any, layer: int | str) -> np.ndarray:
        """Return the output of one ``layer``, by name or position, for ``X``."""
        from glassnet.engine.inspection import layer_output

        return layer_output(self, X, layer)

    def input_gradient(self, X: Any, y: Any = None, *, output: Any = None) -> np.ndarray:
        """Return how the answer to each row of ``X`` changes with the row: its loss if ``y`` is given, else a logit.

        ``output`` says which logit; see `glassnet.engine.inspection.input_gradient`.
        """
        from glassnet.engine.inspection import input_gradient

        return input_gradient(self, X, y, output=output)

    def summary(self) -> str:
        """Return a table of layers, shapes and parameters; see `glassnet.engine.summary.summary_table`."""
        from glassnet.engine.summary import summary_table

        self.built("summary")
        return summary_table(self)

    def explain(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Return the next training step on a few rows ``X``, ``y``, worked out: see `glassnet.explanation.explain`.

        ``sample_weight`` weighs the rows as in `fit`.
        """
        from glassnet.explanation import explain

        return explain(self, X, y, sample_weight)

    # ---- pictures, with matplotlib ------------------------------------------------------------------------------

    def plot_history(self, column: str = "loss", *, ax: Any = None) -> Any:
        """Draw a ``column`` of the history, findings marked, into ``ax``; see `glassnet.plots.plot_history`."""
        from glassnet.plots import plot_history

        return plot_history(self.history, column, ax=ax)

    def plot_network(self, X: Any = None, *, most_units: int = 12, ax: Any = None) -> Any:
        """Draw units and weights, with the answers to one row ``X``; see `glassnet.plots.plot_network`.

        ``most_units`` of a layer are drawn, into ``ax``.
        """
        from glassnet.plots import plot_network

        return plot_network(self, X, most_units=most_units, ax=ax)

    def plot_weights(self, *, ax: Any = None) -> Any:
        """Draw how the weights of every layer are spread, into ``ax``; see `glassnet.plots.plot_weights`."""
        from glassnet.plots import plot_weights

        return plot_weights(self, ax=ax)

    def plot_gradient_flow(self, X: Any, y: Any, sample_weight: Any = None, *, ax: Any = None) -> Any:
        """Draw how large the gradient on ``X``, ``y`` is in each layer; see `glassnet.plots.plot_gradient_flow`.

        ``sample_weight`` weighs the rows; ``ax`` is where to draw.
        """
        from glassnet.plots import plot_gradient_flow

        return plot_gradient_flow(self, X, y, sample_weight, ax=ax)

    def plot_decision_regions(self, X: Any, y: Any = None, **options: Any) -> Any:
        """Draw where in the plane of ``X`` which class is answered, and the rows by their ``y``.

        The ``options`` are those of `glassnet.plots.plot_decision_regions`.
        """
        from glassnet.plots import plot_decision_regions

        return plot_decision_regions(self, X, y, **options)

    def plot_confusion(self, X: Any, y: Any, **options: Any) -> Any:
        """Draw how often each class of ``y`` is taken for which, for the rows ``X``.

        The ``options`` are those of `glassnet.plots.plot_confusion`.
        """
        from glassnet.plots import plot_confusion

        return plot_confusion(self, X, y, **options)

    def plot_calibration(self, X: Any, y: Any, **options: Any) -> Any:
        """Draw how often the class answered for ``X`` was that in ``y``, against how sure the network was.

        The ``options`` are those of `glassnet.plots.plot_calibration`.
        """
        from glassnet.plots import plot_calibration

        return plot_calibration(self, X, y, **options)

    def plot_predicted(self, X: Any, y: Any, **options: Any) -> Any:
        """Draw the predictions for ``X`` against the true numbers ``y``.

        The ``options`` are those of `glassnet.plots.plot_predicted`.
        """
        from glassnet.plots import plot_predicted

        return plot_predicted(self, X, y, **options)


def load(path: str | PathLike[str], custom: Iterable[Any] = ()) -> Network:
    """Read a network that `Network.save` wrote.

    Parameters
    ----------
    path : str or Path
        Where the file is.
    custom : iterable of classes and objects
        Layers, losses, optimizers and schedules of your own that the network uses: a file names classes, it does not
        bring them. What is made of functions, such as a `CustomLoss`, is handed over as an object and found by name.

    Raises
    ------
    FormatError
        Not a model file, damaged, or from a newer version; all mismatches at once.
    FileNotFoundError
        There is no such file.
    """
    from glassnet.saving.model_file import load_network
    from glassnet.training.run_state import RunState

    return load_network(Network, path, custom, RunState.restore)
