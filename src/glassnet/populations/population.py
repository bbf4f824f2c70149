"""Many networks of one architecture, trained at once."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np

from glassnet.engine.one_fit import one_fit_at_a_time
from glassnet.errors import ConfigError, DivergenceError, NotFittedError
from glassnet.losses import MetricChoice
from glassnet.metrics import better_sign
from glassnet.network import Network
from glassnet.populations.apart import NOT_TRAINED, failed_in_words, train_networks
from glassnet.populations.ensemble import Ensemble
from glassnet.populations.joint import Job, make_plan
from glassnet.populations.members import check_template, kept_value, make_members, scale_weights
from glassnet.schedules import Schedule
from glassnet.training import History
from glassnet.training.history import has_value
from glassnet.training.options import JointOptions, check_fit_options
from glassnet.utils.checks import check_choice, check_integer
from glassnet.utils.keywords import AdvisesOnNames, advises_on_names, unknown_attribute
from glassnet.utils.short_text import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Population"]


class Population(AdvisesOnNames):
    """K networks of one architecture that are trained together, each with its own seed and, if asked for, settings.

    Small networks spend their time in calls from Python, not in arithmetic; many of them at once pay for each call
    once. Member k ends as the same network would that is trained alone. How many are stacked at a time is chosen so
    that they fit the cache, down to one by one for networks that are large enough to gain nothing.

    Parameters
    ----------
    network : Network
        What each member is a new copy of; it is not trained itself. Member k has the seed ``network.seed + k``.
    members : int, optional
        How many, K; may be left out if one of the following is a sequence.
    seeds : sequence of int, optional
        One for each member instead.
    learning_rate : sequence of float or Schedule, optional
        One for each member.
    weight_decay : sequence of float, optional
        One for each member; the optimizer must have it, as `AdamW` does.
    dropout : sequence of float, optional
        The rate of every `Dropout` layer, one for each member.
    initial_scale : sequence of float, optional
        What the initial weights, not the biases, are multiplied by, one for each member.

    Attributes
    ----------
    networks : list of Network
        The members themselves.
    failures : dict of int to str
        What made members diverge in the last `fit`, by number; they hold the last weights whose loss was finite. Or
        ``"not trained: ..."`` and why, of members that an executor lost: they are as they were before.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    >>> net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(1)], loss="binary_cross_entropy",
    ...                  optimizer=gn.SGD(0.5, momentum=0.9), seed=0)
    >>> population = gn.Population(net, 20)
    >>> histories = population.fit(X, y, epochs=200)
    >>> sum(history["loss"][-1] < 0.1 for history in histories)  # so many of 20 seeds learn XOR
    20
    >>> population.best().predict(X).round().ravel().tolist()
    [0.0, 1.0, 1.0, 0.0]
    """

    def __init__(
        self,
        network: Network,
        members: int | None = None,
        *,
        seeds: Sequence[int] | None = None,
        learning_rate: Sequence[float | Schedule] | None = None,
        weight_decay: Sequence[float] | None = None,
        dropout: Sequence[float] | None = None,
        initial_scale: Sequence[float] | None = None,
    ) -> None:
        check_template("Population", network)
        settings = {
            "seeds": seeds, "learning_rate": learning_rate, "weight_decay": weight_decay, "dropout": dropout,
            "initial_scale": initial_scale,
        }  # fmt: skip
        self.networks, self._scales = make_members(network, members, settings)
        self.failures: dict[int, str] = {}
        self._monitor, self._restores_best = "loss", False
        if network.input_shape is not None:
            self._build(network.input_shape)

    def _build(self, input_shape: tuple[int, ...]) -> None:
        """Build what is not built yet, and scale the initial weights, once."""
        for member in self.networks:
            if member._store is None:
                member.build(input_shape)
        scales, self._scales = self._scales, None
        if scales is not None:
            for member, scale in zip(self.networks, scales, strict=True):
                scale_weights(member, scale)

    if not TYPE_CHECKING:  # a checker would take every attribute for one that exists

        def __getattr__(self, name: str) -> Any:
            raise unknown_attribute(type(self), name)

    def __len__(self) -> int:
        return len(self.networks)

    def __iter__(self) -> Iterator[Network]:
        return (self.member(k) for k in range(len(self)))

    def member(self, k: int) -> Network:
        """Return a copy of member ``k``, an ordinary network that can be used, saved and trained further."""
        return copy.deepcopy(self.networks[check_integer("Population", "member", k, 0, maximum=len(self) - 1)])

    @property
    def histories(self) -> list[History]:
        """What training recorded, for each member."""
        return [network.history for network in self.networks]

    @advises_on_names
    def fit(self, X: Any, y: Any, *, epochs: int, **options: Unpack[JointOptions]) -> list[History]:
        """Train every member ``epochs`` more epochs, each in its own order of the rows and to its own end.

        Parameters
        ----------
        X : array of shape (n, ...)
            One sample per row, for all members.
        y : array of shape (n,) or (n, k)
            One target per row.
        epochs : int
            How many more.
        **options
            ``batch_size``, ``validation_data``, ``validation_split``, ``sample_weight``, ``class_weight``, ``shuffle``,
            ``drop_last``, ``metrics``, ``early_stopping``, ``max_seconds``, ``threads``, ``progress`` as of
            `Network.fit`. ``max_seconds`` is for all members; ``validation_split`` holds out the same rows for all,
            drawn from the first member's seed, so that they can be compared. With early stopping every member has its
            own last and its own best epoch.

            ``executor`` trains the members elsewhere, in blocks of a second or more: an executor as of
            `concurrent.futures` (processes or threads here, loky, a pool of MPI), a client of Dask, or ``"joblib"``
            for the backend that `joblib.parallel_config` set. By default they are trained here. The bits are those
            of one BLAS thread, which each worker has unless ``threads`` says more. Rows, networks and options are sent
            to the workers, so they must be what pickle can hold. A worker that is lost costs its block, unless the
            executor repeats tasks, as Dask does. After Ctrl-C what is under way on this machine ends and is kept;
            members that were not trained by then are in ``failures``.

        Returns
        -------
        list of History
            One for each member. ``history.stop_reason`` is ``"diverged"`` for those in ``failures``.

        Raises
        ------
        DivergenceError
            All members diverged.
        ConfigError
            The executor is none, or cannot be sent something, or no member came back from it.

        Warns
        -----
        UserWarning
            Some members did not come back from the executor: they are in ``failures``, and as they were before.

        Examples
        --------
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> import numpy as np
        >>> import glassnet as gn
        >>> X = np.random.default_rng(0).standard_normal((100, 3))
        >>> net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(1)], loss="squared_error", seed=0)
        >>> here, there = gn.Population(net, 8), gn.Population(net, 8)
        >>> histories = here.fit(X, X[:, 0], epochs=5)
        >>> with ThreadPoolExecutor(2) as pool:
        ...     histories = there.fit(X, X[:, 0], epochs=5, executor=pool)
        >>> (here.predict(X) == there.predict(X)).all().item()
        True
        """
        check_fit_options("Population.fit", options, JointOptions)
        with one_fit_at_a_time([self], "Population.fit", ("population", "copy.deepcopy")):
            return self._fit(X, y, epochs, options)

    def _fit(self, X: Any, y: Any, epochs: int, options: JointOptions) -> list[History]:
        """Train the members, and remember which of them diverged."""
        first, early_stopping = self.networks[0], options.get("early_stopping")
        plan = make_plan("Population.fit", first, X, y, epochs=epochs, title="members", options=options)
        self._build(first.input_shape or ())
        self._monitor = "loss" if plan.validation is None else "valid_loss"
        if early_stopping is not None:
            self._monitor = early_stopping.monitor
        self._restores_best = early_stopping is not None and early_stopping.restore_best
        self.failures = train_networks("Population.fit", [Job(network) for network in self.networks], plan)
        if len(self.failures) == len(self):
            why = next(words for words in self.failures.values() if not words.startswith(NOT_TRAINED))
            message = f"Population.fit: every member diverged; at least one must not. The first: {why}"
            raise DivergenceError(message)
        return self.histories

    def scores(self, monitor: str | None = None) -> list[float]:
        """Return one column of the history for each member, at the epoch whose weights it has; NaN of `failures`.

        Parameters
        ----------
        monitor : str, optional
            By default what early stopping watched, or the validation loss, or without validation data the loss.
        """
        columns = [name for name, values in self._trained().columns.items() if has_value(values[-1])]
        name = check_choice("Population", "monitor", monitor or self._monitor, columns)
        return [
            math.nan if k in self.failures else kept_value(history, history.columns.get(name, []), self._restores_best)
            for k, history in enumerate(self.histories)
        ]

    def _trained(self) -> History:
        """Return the history of a member that did not diverge."""
        for k, history in enumerate(self.histories):
            if history.epochs and k not in self.failures:
                return history
        message = "Population: no member is trained. Call fit first."
        raise NotFittedError(message)

    def ranking(self, monitor: str | None = None, *, mode: Literal["auto", "min", "max"] = "auto") -> list[int]:
        """Return the members' numbers, the best first; those in `failures` are left out.

        Parameters
        ----------
        monitor : str, optional
            As of `scores`.
        mode : {"auto", "min", "max"}, default="auto"
            Whether small or large values are good: ``"auto"`` works for losses and the metrics of this library.
        """
        values = self.scores(monitor)
        sign = better_sign("Population", monitor or self._monitor, mode)
        return sorted((k for k, value in enumerate(values) if not math.isnan(value)), key=lambda k: sign * values[k])

    def best(self, monitor: str | None = None, *, mode: Literal["auto", "min", "max"] = "auto") -> Network:
        """Return a copy of the best member; ``monitor`` and ``mode`` as of `ranking`.

        It was chosen by the same rows that its score is from, so that score is a little too good.
        """
        ranking = self.ranking(monitor, mode=mode)
        if not ranking:
            message = f"Population: {monitor!r} is NaN for all members; it must be a number for some."
            raise ConfigError(message, got=monitor)
        return self.member(ranking[0])

    def ensemble(self) -> Ensemble:
        """Return what predicts with the average of all members without a failure, as copies."""
        self._trained()
        return Ensemble([self.member(k) for k in range(len(self)) if k not in self.failures])

    def predict(self, X: Any) -> np.ndarray:
        """Return the predictions of every member for ``X``, of shape (K, n, k)."""
        return np.stack([network.predict(X) for network in self.networks])

    def evaluate(
        self, X: Any, y: Any, sample_weight: Any = None, metrics: MetricChoice = None
    ) -> dict[str, np.ndarray]:
        """Return loss and metrics of every member on data, arrays of shape (K,).

        Parameters
        ----------
        X, y, sample_weight, metrics
            As of `Network.evaluate`.
        """
        found = [network.evaluate(X, y, sample_weight, metrics) for network in self.networks]
        return {name: np.array([scores[name] for scores in found]) for name in found[0]}

    def plot(self, monitor: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw ``monitor`` over the epochs, a line for each member, into ``ax``; see `glassnet.plots`."""
        from glassnet.plots import plot_histories

        self._trained()
        return plot_histories(self.histories, monitor or self._monitor, ax=ax)

    def _repr_html_(self) -> str:
        from glassnet.populations.populations_html import population_html

        return population_html(self)

    def __repr__(self) -> str:
        trained = count(max(history.epochs for history in self.histories), "epoch")
        failed = f", {failed_in_words(self.failures)}" if self.failures else ""
        return f"Population({len(self)} members, {trained}{failed}: {self.networks[0]!r})"
