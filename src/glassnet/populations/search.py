"""A search over settings: every combination trained, at once where the architecture is the same."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np

from glassnet.errors import ConfigError, DivergenceError
from glassnet.metrics import better_sign
from glassnet.network import Network
from glassnet.populations.apart import NOT_TRAINED, train_apart, with_untrained
from glassnet.populations.grids import Grid, combinations
from glassnet.populations.joint import Job, JointPlan, make_plan, train_jointly
from glassnet.populations.members import check_template, kept_value
from glassnet.training import History
from glassnet.training.options import JointOptions, check_fit_options
from glassnet.utils.checks import check_choice, check_integer
from glassnet.utils.keywords import advises_on_names
from glassnet.utils.text_table import table_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Sweep", "Trial", "sweep"]


class Trial:
    """One combination of settings, and the networks that were trained with it.

    Attributes
    ----------
    settings : dict
        What the networks were built with.
    networks : list of Network
        One for each seed.
    values : ndarray of shape (S,)
        What the search compares, for each seed, at the epoch whose weights the network has; NaN if it diverged or was
        not trained.
    failures : dict of int to str
        What made networks diverge, or why they were not trained, by their place.
    """

    def __init__(self, settings: dict[str, Any], networks: list[Network]) -> None:
        self.settings, self.networks = settings, networks
        self.values = np.full(len(networks), np.nan)
        self.failures: dict[int, str] = {}

    @property
    def _known(self) -> np.ndarray:
        """The values of those that were trained."""
        gone = [number for number, words in self.failures.items() if words.startswith(NOT_TRAINED)]
        return np.delete(self.values, gone)

    @property
    def mean(self) -> float:
        """The average over the seeds that were trained; NaN if one of them diverged."""
        return float(self._known.mean()) if len(self._known) else math.nan

    @property
    def std(self) -> float:
        """The standard deviation over the seeds, NaN for a single one."""
        return float(self._known.std(ddof=1)) if len(self._known) > 1 else math.nan

    @property
    def histories(self) -> list[History]:
        """What training recorded, for each seed."""
        return [network.history for network in self.networks]

    def __repr__(self) -> str:
        words = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"Trial({words}: {_shown(self)})"


class Sweep:
    """What `sweep` found.

    Attributes
    ----------
    monitor : str
        The column of the history that is compared.
    trials : list of Trial
        The best first; those that diverged or were not trained last.
    sign : float
        1 if the column must fall to be better, -1 if it must rise.
    seconds : float
        Time in all.
    """

    def __init__(self, trials: Sequence[Trial], monitor: str, sign: float, seconds: float) -> None:
        self.monitor, self.sign, self.seconds = monitor, sign, seconds
        self.trials = sorted(trials, key=lambda trial: (math.isnan(trial.mean), sign * trial.mean))

    @property
    def best_settings(self) -> dict[str, Any]:
        """The settings of the best trial."""
        return dict(self.trials[0].settings)

    @property
    def best(self) -> Network:
        """The best network of the best trial.

        It was chosen by the same rows that its value is from, so that value is a little too good.
        """
        trial = self.trials[0]
        return trial.networks[int(np.nanargmin(self.sign * trial.values))]

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per trial, the best first: what a frame of pandas or polars is made of."""
        found = []
        for trial in self.trials:
            epochs = float(np.mean([history.epochs for history in trial.histories if history.epochs] or [0]))
            found.append({**trial.settings, self.monitor: trial.mean, "std": trial.std, "epochs": epochs})
        return found

    def table(self, most: int = 20) -> str:
        """Return the ``most`` best trials as text, a line for each."""
        names = list(self.trials[0].settings)
        rows = [[*(_text(trial.settings[name]) for name in names), _shown(trial)] for trial in self.trials[:most]]
        rest = len(self.trials) - most
        lines = table_lines([[*names, self.monitor], *rows], align=">")
        return "\n".join([*lines, f"and {rest} more"] if rest > 0 else lines)

    def plot(self, setting: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw the values over one ``setting``, a point for each network, into ``ax``; see `glassnet.plots`."""
        from glassnet.plots import plot_sweep

        names = list(self.trials[0].settings)
        return plot_sweep(self, check_choice("Sweep.plot", "setting", setting or names[0], names), ax=ax)

    def _repr_html_(self) -> str:
        from glassnet.populations.populations_html import sweep_html

        return sweep_html(self)

    def __repr__(self) -> str:
        return f"Sweep({len(self.trials)} trials, best {self.trials[0]!r})"


@advises_on_names
def sweep(
    build: Callable[..., Network],
    settings: Grid | Iterable[Mapping[str, Any]],
    X: Any,
    y: Any,
    *,
    epochs: int,
    n_seeds: int = 1,
    n_random: int | None = None,
    seed: int = 0,
    monitor: str | None = None,
    mode: Literal["auto", "min", "max"] = "auto",
    **options: Unpack[JointOptions],
) -> Sweep:
    """Train a network for every combination of settings and rank them by what they achieve on held-out rows.

    Networks of one architecture are trained at once, whatever else they differ in: learning rate, weight decay, rate of
    dropout, seed.

    Parameters
    ----------
    build : callable
        ``build(**settings)`` returns a new network.
    settings : mapping of str to iterable, or iterable of mappings
        The values of each setting, which are combined in every way; or the combinations themselves.
    X : array of shape (n, ...)
        One sample per row.
    y : array of shape (n,) or (n, k)
        One target per row.
    epochs : int
        How long to train each.
    n_seeds : int, default=1
        Networks for each combination, whose values are averaged; the s-th has the seed of the first plus s.
    n_random : int, optional
        Try only so many of the combinations, drawn at random with ``seed``.
    seed : int, default=0
        Of that choice and of the rows that ``validation_split`` holds out.
    monitor : str, optional
        The column of the history to compare; by default what early stopping watches, or the validation loss.
    mode : {"auto", "min", "max"}, default="auto"
        Whether small or large values are good: ``"auto"`` works for losses and the metrics of this library.
    **options
        ``batch_size``, ``validation_data``, ``validation_split``, ``sample_weight``, ``class_weight``, ``shuffle``,
        ``drop_last``, ``metrics``, ``early_stopping``, ``max_seconds``, ``threads``, ``progress`` as of `Network.fit`,
        and ``executor``. The networks are compared on ``validation_data``, or without it on the share
        ``validation_split`` of the rows, 0.2 by default, the same ones for all; ``max_seconds`` is for all networks.
        With ``executor`` they are trained elsewhere, see `Population.fit`, with the same bits; ``build`` runs here.

    Returns
    -------
    Sweep
        All trials, ranked.

    Raises
    ------
    DivergenceError
        Every network diverged.
    ConfigError
        The executor is none, or cannot be sent something, or no network came back from it.

    Warns
    -----
    UserWarning
        Some networks did not come back from the executor: they are in the ``failures`` of their trials.

    References
    ----------
    Bergstra & Bengio (2012), "Random search for hyper-parameter optimization".

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).standard_normal((200, 2))
    >>> def build(units, learning_rate):
    ...     layers = [gn.Dense(units, "tanh"), gn.Dense(1)]
    ...     return gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.Adam(learning_rate), seed=0)
    >>> settings = {"units": [2, 16], "learning_rate": [1e-5, 1e-3, 0.03]}
    >>> found = gn.sweep(build, settings, X, X[:, 0] * X[:, 1] > 0, epochs=30)
    >>> found.best_settings
    {'units': 16, 'learning_rate': 0.03}

    By the workers of an executor, here threads of this process:

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     other = gn.sweep(build, settings, X, X[:, 0] * X[:, 1] > 0, epochs=30, executor=pool)
    >>> other.table() == found.table()
    True
    """
    started = time.perf_counter()
    check_fit_options("sweep", options, JointOptions, ("epochs", "mode", "monitor", "n_random", "n_seeds", "seed"))
    if not callable(build):
        message = f"sweep: build is of type {type(build).__name__}; it must be a function that returns a network."
        raise ConfigError(message, expected="a function", got=build)
    early_stopping, validation_data = options.get("early_stopping"), options.get("validation_data")
    validation_split = options.get("validation_split", 0.2)
    trials = _trials(build, combinations(settings, n_random, seed), check_integer("sweep", "n_seeds", n_seeds, 1))
    watched = monitor or (early_stopping.monitor if early_stopping is not None else "valid_loss")
    sign = better_sign("sweep", watched, mode)
    if validation_data is None and not validation_split and watched.startswith("valid_"):
        message = "sweep: there are no rows to compare on. Pass validation_data or validation_split=0.2."
        raise ConfigError(message)
    options["validation_split"] = 0.0 if validation_data is not None else validation_split
    _train(trials, seed, X, y, epochs, options)
    restores = early_stopping is not None and early_stopping.restore_best
    for trial in trials:
        for number, network in enumerate(trial.networks):
            if number not in trial.failures:
                trial.values[number] = kept_value(network.history, network.history[watched], restores)
    if all(math.isnan(trial.mean) for trial in trials):
        raise DivergenceError(_no_value(trials, watched))
    return Sweep(trials, watched, sign, time.perf_counter() - started)


def _no_value(trials: Sequence[Trial], watched: str) -> str:
    """Return what to say where no combination can be ranked."""
    words = [each for trial in trials for each in trial.failures.values() if not each.startswith(NOT_TRAINED)]
    if words:
        return f"sweep: every combination diverged; at least one must not. The first: {words[0]}"
    return f"sweep: no combination has a value of {watched!r}."


def _trials(build: Callable[..., Network], combinations: Sequence[dict[str, Any]], n_seeds: int) -> list[Trial]:
    """Return the networks of every combination, none of them trained."""
    found = []
    for picked in combinations:
        network = build(**picked)
        check_template("sweep: build", network)
        seed = network.seeds[0]
        found.append(Trial(picked, [network._renewed(seed + offset) for offset in range(n_seeds)]))
    return found


def _train(trials: Sequence[Trial], seed: int, X: Any, y: Any, epochs: int, options: JointOptions) -> None:
    """Train all networks, those together that read the data in the same way, and note why some have no value."""
    kinds: dict[Hashable, list[Network]] = {}
    for network in (network for trial in trials for network in trial.networks):
        kinds.setdefault((type(network.loss), repr(network.loss), network.dtype), []).append(network)
    networks = [network for alike in kinds.values() for network in alike]

    def prepared(alike: list[Network], options: JointOptions) -> tuple[list[Job], JointPlan]:
        # One that is only there to prepare the data, so that all kinds of networks hold out the same rows.
        reader = alike[0]._renewed(check_integer("sweep", "seed", seed, 0))
        plan = make_plan("sweep", reader, X, y, epochs=epochs, title="networks", options=options)
        for network in alike:
            network.build(reader.input_shape or ())
        return [Job(network) for network in alike], plan

    if options.get("executor") is None:
        found = _train_here([*kinds.values()], options, prepared)
    else:
        found = train_apart("sweep", [prepared(alike, options) for alike in kinds.values()])
    failures = {id(networks[number]): words for number, words in with_untrained(found, networks).items()}
    for trial in trials:
        trial.failures = {
            place: failures[id(network)] for place, network in enumerate(trial.networks) if id(network) in failures
        }


def _train_here(
    kinds: Sequence[list[Network]],
    options: JointOptions,
    prepared: Callable[[list[Network], JointOptions], tuple[list[Job], JointPlan]],
) -> dict[int, str]:
    """Train one kind after the other, each in its share of the time; return by number what made some diverge."""
    started, seconds = time.perf_counter(), options.get("max_seconds")
    failures: dict[int, str] = {}
    done, of = 0, sum(map(len, kinds))
    for alike in kinds:
        if seconds is not None:
            left = max(seconds - (time.perf_counter() - started), 0.0)
            options = {**options, "max_seconds": left * len(alike) / (of - done)}
        found = train_jointly(*prepared(alike, options))
        failures |= {done + number: words for number, words in found.items()}
        done += len(alike)
    return failures


def _shown(trial: Trial) -> str:
    if math.isnan(trial.mean):
        return "diverged" if len(trial._known) else "not trained"
    return f"{trial.mean:.4g}" + ("" if math.isnan(trial.std) else f" ± {trial.std:.2g}")


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
