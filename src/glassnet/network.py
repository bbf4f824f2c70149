"""`Network`: train, predict, explain, draw and save; and `load`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, Never, Self, Unpack

import numpy as np

from glassnet.engine.evaluation import loss_and_gradients, scores
from glassnet.errors import TableWarning
from glassnet.losses import MetricChoice
from glassnet.plots.network_methods import NetworkPlots
from glassnet.utils.checks import check_options
from glassnet.utils.keywords import advises_on_names
from glassnet.utils.upper_floor import from_above

if TYPE_CHECKING:
    from glassnet.diagnosis import Watch
    from glassnet.distributed import MPI
    from glassnet.engine.summary import Summary
    from glassnet.explanation import Explanation
    from glassnet.training import Callback, Checkpoint, EarlyStopping, History, Run, SteppedRun
    from glassnet.training.options import BlockSource, StepOptions

__all__ = ["Network", "load", "read_network"]


class Network(NetworkPlots):
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
    names : list of str
        Names of the layers, as `hidden`, `activations` and `state_dict` use them.
    seeds : tuple of int
        The seed, of each member.
    attachments : dict of str to ndarray
        Arrays that are no part of the network and are saved with it, such as the hashes of a table's rows.

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

    @advises_on_names
    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        epochs: int,
        batch_size: int = 32,
        validation_data: Sequence[Any] | BlockSource | None = None,
        validation_split: float = 0.0,
        sample_weight: Any = None,
        class_weight: Literal["balanced"] | Mapping[int, float] | Sequence[float] | None = None,
        shuffle: bool = True,
        drop_last: bool = False,
        steps_per_epoch: int | None = None,
        metrics: MetricChoice = None,
        early_stopping: EarlyStopping | None = None,
        callbacks: Callback
        | Callable[[Run[Self]], object]
        | Iterable[Callback | Callable[[Run[Self]], object]]
        | None = None,
        max_seconds: float | None = None,
        checkpoint: Checkpoint | str | PathLike[str] | None = None,
        resume: bool = False,
        deterministic: bool = False,
        threads: int | Literal["auto"] = "auto",
        shards: int | None = None,
        distributed: Literal["mpi"] | MPI | None = None,
        progress: bool | None = None,
        diagnose: bool | Watch = True,
        **unknown: Never,
    ) -> History:
        """Train ``epochs`` more epochs.

        Two calls with 5 epochs leave the same bits as one with 10, also through a file with its ``training_state``:
        order and noise follow from seed and epoch, and optimizer, schedule and early stopping go on where they were.

        Parameters
        ----------
        X : array of shape (n, ...), sparse matrix, ParquetRows, or batches
            Finite numbers. A memory-mapped array is never read whole, nor are `ParquetRows`, which have their own y;
            sparse matrices are made dense in parts. Without ``y`` also batches of your own, (X, y) or (X, y,
            sample_weight) each: something to iterate over anew, or a function of the epoch's number, or of nothing.
        y : array of shape (n,) or (n, k), optional
            Class codes from 0, or numbers, as the loss takes them.
        epochs : int
            How many more epochs to train.
        batch_size : int, default=32
            Rows per update; n or more is one batch with all rows, in the order given.
        validation_data : (X, y), (X, y, sample_weight) or ParquetRows, optional
            Rows to evaluate after each epoch, with noise off.
        validation_split : float, default=0.0
            Instead: hold out this share of the rows, drawn once per seed, stratified for classes.
        sample_weight : array of shape (n,), optional
            The loss is ``sum(w * l) / sum(w)``. A batch of zero weight is skipped.
        class_weight : "balanced", dict or sequence, optional
            Weights by class code, which multiply those of the rows: balanced weighs every class the same, as in
            scikit-learn. Not for the validation data.
        shuffle : bool, default=True
            Whether to visit the rows in a new random order each epoch. Memory-mapped rows are shuffled in blocks.
        drop_last : bool, default=False
            Whether to leave out a last batch that is shorter than the others.
        steps_per_epoch : int, optional
            Batches of an epoch, by default a pass over all rows; with arrays the next goes on where one ended. Of
            batches of your own their ``len``, or where the iterator ends: schedules see whole epochs only then.
        metrics : str, function, or sequence of them, optional
            What to measure after each epoch, with noise off: ``metrics=["accuracy"]`` fills the columns ``"accuracy"``
            of the history, for the rows trained on, weighted as in the loss, and ``"valid_accuracy"``, for validation
            data. A function of your own, ``f(y, prediction, weight)`` or ``f(y, prediction)``, stands beside names, and
            its column has its name. Without ``metrics`` those of the loss are measured, on validation data only. To
            measure them on the rows of files or on batches of your own, these are read once more after each epoch.
        early_stopping : EarlyStopping, optional
            When to stop, and whether to restore the best weights.
        callbacks : Callback or function, or an iterable of them, optional
            A function is called with the `Run` after each epoch.
        max_seconds : float, optional
            Stop after this time, at the end of a step. The next fit begins the next epoch, not the rest of this one.
        checkpoint : Checkpoint or path, optional
            Where to write down, now and then, all that the rest of the run depends on; see `Checkpoint`.
        resume : bool, default=False
            Whether to go on from the checkpoint, if there is one: a run that was killed at any instant and is started
            again ends with the bits of one that was not. ``epochs`` and ``max_seconds`` are then totals of the run, and
            network, data and options must be the same as before.
        deterministic : bool, default=False
            Whether a second run of the same program must leave the same bits on this machine: ``threads="auto"`` then
            takes one thread instead of trying what is faster now. With ``checkpoint`` the number is chosen at the start
            and stays.
        threads : int or "auto", default="auto"
            BLAS threads while training. ``"auto"`` takes one for small products and with shards; else it times the
            first steps with one and with all that the caller allows, and falls back to one when they become slow, as
            where another process computes beside it. ``history.notes`` names it.
        shards : int, optional
            Divide each batch into so many shards, a power of two, whose sums are added in a fixed order: the result
            depends on it, not on how many processes there are. Noise and batch statistics are each shard's.
        distributed : "mpi" or glassnet.distributed.MPI, optional
            Train with all processes that ``mpiexec -n R python -m mpi4py train.py`` started, one or more shards each.
            All need the same rows, or batches; the first writes checkpoints, shows progress and warns.
        progress : bool, optional
            Whether to show a progress line; by default on a terminal and in a notebook.
        diagnose : bool or Watch, default=True
            Whether to look for problems in the data, at the start and in training: they are reported in warnings and
            in ``history.findings``, with what helped when it was tried on a copy. `glassnet.diagnosis.Watch` has
            options. Nothing is changed by it.

        Returns
        -------
        History
            Of all calls so far. ``history.stop_reason`` says how this one ended.

        Raises
        ------
        DivergenceError
            The loss or a weight became NaN or infinite; the network holds the last weights with a finite loss.
        """
        from glassnet.diagnosis.fitting import fit_watched
        from glassnet.distributed.joining import join_ranks
        from glassnet.training.options import FitOptions, check_fit_options

        check_fit_options("fit", unknown)
        ranks = join_ranks("fit", distributed)
        options = FitOptions(
            batch_size=batch_size, validation_data=validation_data, validation_split=validation_split,
            sample_weight=sample_weight, class_weight=class_weight, shuffle=shuffle, drop_last=drop_last,
            steps_per_epoch=steps_per_epoch, metrics=metrics, early_stopping=early_stopping, callbacks=callbacks,
            max_seconds=max_seconds, checkpoint=checkpoint, resume=resume, deterministic=deterministic, threads=threads,
            progress=progress, shards=shards, distributed=ranks,
        )  # fmt: skip
        return fit_watched(self, X, y, epochs, diagnose if ranks is None or ranks.is_first else False, options)

    def stepwise(
        self, X: Any, y: Any = None, *, epochs: int | None = None, **options: Unpack[StepOptions]
    ) -> SteppedRun[Self]:
        """Return a run that takes steps one call at a time, with the bits of ``fit(..., deterministic=True)``.

        Between two steps it can be changed, and put back; see `glassnet.training.SteppedRun`.

        Parameters
        ----------
        X, y, **options
            As in `fit`, but for what ends or watches a run: ``max_seconds``, ``checkpoint``, ``resume``, ``threads``,
            ``deterministic``, ``progress``, ``diagnose``.
        epochs : int, optional
            How many more epochs to train; without it there is no end.

        Returns
        -------
        SteppedRun
            Before its first step.
        """
        from glassnet.training.stepping import step_network

        return step_network(self, X, y, epochs=epochs, **options)

    @advises_on_names
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
        self._built("evaluate")
        X, y, weight = self._check_data("Network.evaluate", X, y, sample_weight)
        return scores(self, X, y, weight, self.loss.choose_metrics("Network.evaluate", metrics))

    @advises_on_names
    def loss_and_gradients(
        self, X: Any, y: Any, sample_weight: Any = None, mode: Literal["record", "train"] = "record"
    ) -> Any:
        """Return the mean loss of one batch and leave its gradients in ``grads``; not while a fit is running.

        Parameters
        ----------
        X, y, sample_weight
            One batch, as in `fit`.
        mode : {"record", "train"}, default="record"
            ``"record"`` computes as prediction does, ``"train"`` with noise and the batch's statistics.
        """
        return loss_and_gradients(self, X, y, sample_weight, mode)

    @advises_on_names
    def save(self, path: str | PathLike[str], *, training_state: bool = False, overwrite: bool = False) -> None:
        """Write the network to one ``.safetensors`` file.

        Parameters
        ----------
        path : str or Path
            A model file that is there is replaced, in one go: at no time is there half a file.
        training_state : bool, default=False
            Whether to keep what is needed to train on as if nothing had happened: optimizer, best weights, position.
        overwrite : bool, default=False
            Whether to write over a file that is no model of glassnet too, and under any name.
        """
        from glassnet.saving.model_file import save_network
        from glassnet.saving.ownership import prepare_target

        self._built("save")
        target = prepare_target(path, overwrite=overwrite)
        saved = self._run.saved(self) if training_state and self._run is not None else None
        save_network(self, target, training=saved)

    # ---- a look inside ------------------------------------------------------------------------------------------

    @advises_on_names
    def activations(self, X: Any) -> dict[str, np.ndarray]:
        """Return the output of every layer for ``X``, by name; see `glassnet.engine.inspection.layer_outputs`."""
        from glassnet.engine.inspection import layer_outputs

        return layer_outputs(self, X)

    @advises_on_names
    def hidden(self, X: Any, layer: int | str) -> np.ndarray:
        """Return the output of one ``layer``, by name or position, for ``X``."""
        from glassnet.engine.inspection import layer_output

        return layer_output(self, X, layer)

    @advises_on_names
    def input_gradient(self, X: Any, y: Any = None, *, output: Any = None) -> np.ndarray:
        """Return how the answer to each row of ``X`` changes with the row: its loss if ``y`` is given, else a logit.

        ``output`` says which logit; see `glassnet.engine.inspection.input_gradient`.
        """
        from glassnet.engine.inspection import input_gradient

        return input_gradient(self, X, y, output=output)

    def summary(self) -> Summary:
        """Return a table of layers, output shapes and numbers of parameters; see `glassnet.engine.summary.Summary`."""
        from glassnet.engine.summary import summarize

        return summarize(self)

    def _repr_html_(self) -> str:
        from glassnet.engine.network_html import html_of_network

        return html_of_network(self)

    @advises_on_names
    def explain(self, X: Any, y: Any, sample_weight: Any = None, *, layer: str | None = None) -> Explanation:
        """Return the next training step on a few rows ``X``, ``y``, worked out: see `glassnet.explanation.explain`.

        ``sample_weight`` weighs the rows as in `fit`; with the name of a ``layer`` it is only the part of this layer.
        """
        from glassnet.explanation import explain

        return explain(self, X, y, sample_weight, layer=layer)

    # ---- a page to play with ------------------------------------------------------------------------------------

    @advises_on_names
    def playground(
        self, X: Any = None, y: Any = None, *, port: int = 0, open_browser: bool = True, block: bool | None = None
    ) -> Any:
        """Open a page in the browser where a copy of this network is trained, changed and looked into.

        Parameters
        ----------
        X : array of shape (n, ...), optional
            Rows to train on, of which a fifth is held out; without them a toy.
        y : array of shape (n,) or (n, k), optional
            Their classes or numbers.
        port : int, default=0
            Port of this computer to listen on; 0 for a free one. Others cannot reach it.
        open_browser : bool, default=True
            Whether to open the page; its address is printed in any case.
        block : bool, optional
            Whether to wait until the playground is ended, by Ctrl-C or on the page: by default not in a notebook, nor
            in a running event loop. Otherwise the program goes on, and ``close()`` of what is returned ends it.

        Returns
        -------
        Playground
            With the address as ``url``. In a notebook, which shows it, a page. The extra ``playground`` is needed.
        """
        play_network = from_above("playground.doors", "play_network")
        return play_network(self, X, y, port=port, open_browser=open_browser, block=block)

    def to_page(
        self,
        path: str | PathLike[str],
        X: Any = None,
        y: Any = None,
        *,
        validation_data: Sequence[Any] | None = None,
        batch_size: int = 32,
        lesson: Any = None,
        title: str = "",
        **unknown: Never,
    ) -> None:
        """Write a page with this network and its rows: one file, which trains in a browser without a server.

        Parameters
        ----------
        path : str or Path
            What is there is replaced.
        X : array of shape (n, d), optional
            Rows to train on, which the file holds; without them a toy of two inputs and two classes.
        y : array of shape (n,) or (n, k), optional
            Their classes or numbers.
        validation_data : (X, y), optional
            Rows to evaluate after each epoch.
        batch_size : int, default=32
            Rows per update.
        lesson : Lesson, optional
            Of `glassnet.playground`: a text, a task that the page checks, and what it hides.
        title : str, default=""
            Title of the page.
        """
        check_options("Network.to_page", unknown, ("batch_size", "lesson", "title", "validation_data"))
        given: dict[str, Any] = {"validation_data": validation_data, "batch_size": batch_size, "lesson": lesson}
        from_above("playground.single_file", "save_page")(self, path, X, y, title=title, **given)


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

    Warns
    -----
    TableWarning
        The file holds a table model, of which this is the network alone: read it with
        `glassnet.tabular.TableModel.load`.
    """
    network = read_network(path, custom)
    table = network.metadata.get("table")
    if isinstance(table, dict) and {"encoder", "target"} <= table.keys():
        where, fact = f"load({str(path)!r})", "the file holds a table model"
        rule = "load returns its network alone, which takes encoded numbers in place of the table's columns"
        fix = f"Use glassnet.tabular.TableModel.load({str(path)!r})."
        warnings.warn(f"{where}: {fact}; {rule}. {fix}", TableWarning, stacklevel=2)
    return network


def read_network(path: str | PathLike[str], custom: Iterable[Any] = ()) -> Network:
    """Return the network of a file, also that of a table model; `load` documents ``path`` and ``custom``."""
    from glassnet.saving.model_file import load_network
    from glassnet.training.run_state import RunState

    return load_network(Network, path, custom, RunState.restore)
