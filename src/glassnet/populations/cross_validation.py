"""Cross-validation: every row is predicted once, by a network that has not seen it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from glassnet.engine.evaluation import scores
from glassnet.errors import DivergenceError
from glassnet.metrics import Metric
from glassnet.network import Network
from glassnet.populations.apart import NOT_TRAINED, train_networks
from glassnet.populations.folds import make_folds
from glassnet.populations.joint import Job, make_plan
from glassnet.populations.members import check_template
from glassnet.training import History
from glassnet.training.class_weights import class_codes
from glassnet.training.loop import Validation
from glassnet.training.options import FoldOptions, check_fit_options
from glassnet.utils.checks import check_flag, check_number
from glassnet.utils.keywords import advises_on_names
from glassnet.utils.row_sources import take_rows
from glassnet.utils.splitting import split_rows
from glassnet.utils.text_table import table_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CrossValidation", "cross_validate"]


class CrossValidation:
    """What `cross_validate` found.

    Attributes
    ----------
    scores : dict of str to ndarray of shape (F,)
        Loss and metrics of each network on the rows that it was not given, in the order of the folds.
    predictions : ndarray of shape (n, k)
        For each row, by the network that was not given it; with several repeats their average.
    networks : list of Network
        The F fitted networks.
    test_rows : list of ndarray
        The rows of each fold.
    histories : list of History
        What training recorded, for each network.
    failures : dict of int to str
        What made networks diverge, or ``"not trained: ..."`` and why, by number; their scores are NaN.
    """

    def __init__(
        self, scores: dict[str, np.ndarray], predictions: np.ndarray, networks: list[Network],
        test_rows: list[np.ndarray], failures: dict[int, str],
    ) -> None:  # fmt: skip
        self.scores, self.predictions = scores, predictions
        self.networks, self.test_rows, self.failures = networks, test_rows, failures

    @property
    def histories(self) -> list[History]:
        """What training recorded, for each network."""
        return [network.history for network in self.networks]

    @property
    def mean(self) -> dict[str, float]:
        """The average of each score over the folds whose networks were trained; NaN if one of them diverged."""
        return {name: float(values.mean()) for name, values in self._known().items()}

    @property
    def std(self) -> dict[str, float]:
        """The standard deviation of each score over the folds, with F - 1 in the denominator."""
        known = self._known()
        return {name: float(values.std(ddof=1)) if len(values) > 1 else math.nan for name, values in known.items()}

    def _known(self) -> dict[str, np.ndarray]:
        """Return the scores without those of networks that were not trained."""
        gone = [number for number, words in self.failures.items() if words.startswith(NOT_TRAINED)]
        return {name: np.delete(values, gone) for name, values in self.scores.items()}

    def table(self) -> str:
        """Return the scores as text, a line for each fold, then mean and standard deviation."""
        folds = [(str(i + 1), [values[i] for values in self.scores.values()]) for i in range(len(self.networks))]
        averages = [("mean", self.mean.values()), ("std", self.std.values())]
        rows = [[head, *(f"{value:.4g}" for value in values)] for head, values in (*folds, *averages)]
        return "\n".join(table_lines([["fold", *self.scores], *rows], align=">", at_least=(4, 14)))

    def plot(self, score: str = "loss", ax: Axes | None = None) -> Axes:
        """Draw one ``score`` of every fold, and their mean, into ``ax``; see `glassnet.plots`."""
        from glassnet.plots import plot_folds

        return plot_folds(self.scores, score, ax=ax)

    def _repr_html_(self) -> str:
        from glassnet.populations.populations_html import folds_html

        return folds_html(self)

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {self.mean[name]:.4g} ± {self.std[name]:.2g}" for name in self.scores)
        return f"CrossValidation({len(self.networks)} folds: {parts})"


@advises_on_names
def cross_validate(
    network: Network,
    X: Any,
    y: Any,
    *,
    epochs: int,
    folds: int | Iterable[Any] = 5,
    repeats: int = 1,
    stratify: bool = True,
    groups: Any = None,
    **options: Unpack[FoldOptions],
) -> CrossValidation:
    """Train a new network for each fold on the other folds' rows, all at once, and score it on its own.

    The rows that a network is scored on are not looked at before it is done: early stopping watches
    ``validation_split`` of the others.

    Parameters
    ----------
    network : Network
        What each one is a new copy of; it is not trained itself. The f-th one has the seed ``network.seed + f``.
    X : array of shape (n, ...)
        One sample per row.
    y : array of shape (n,) or (n, k)
        One target per row.
    epochs : int
        How long to train each.
    folds : int or iterable of (train, test), default=5
        How many parts to divide the rows into, at least 2, or the row numbers themselves, such as a splitter of
        scikit-learn's yields.
    repeats : int, default=1
        How often, each time divided anew.
    stratify : bool, default=True
        Whether every fold gets about the same share of each class, where targets are classes.
    groups : array of shape (n,), optional
        Rows of the same group stay in the same fold.
    **options
        ``batch_size``, ``validation_split``, ``sample_weight``, ``class_weight``, ``shuffle``, ``drop_last``,
        ``metrics``, ``early_stopping``, ``max_seconds``, ``threads``, ``progress`` as of `Network.fit`, and
        ``executor``. ``validation_split`` is the share of a network's training rows that it holds out to be evaluated
        on after each epoch; ``class_weight="balanced"`` counts the classes among all rows; ``max_seconds`` is for all
        networks. With ``executor`` the networks are trained elsewhere, see `Population.fit`, with the same bits.

    Returns
    -------
    CrossValidation
        Scores, predictions for all rows, the networks and their histories.

    Raises
    ------
    DivergenceError
        All networks diverged.
    ConfigError
        The executor is none, or cannot be sent something, or no network came back from it.

    Warns
    -----
    UserWarning
        Some networks did not come back from the executor: they are in ``failures``.

    References
    ----------
    Stone (1974), "Cross-validatory choice and assessment of statistical predictions".

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).standard_normal((100, 3))
    >>> net = gn.Network([gn.Dense(8, "tanh"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.02), seed=0)
    >>> result = gn.cross_validate(net, X, (X[:, 0] > X[:, 1]).astype(int), epochs=30)
    >>> len(result.networks), result.predictions.shape, result.mean["accuracy"] > 0.85
    (5, (100, 2), True)

    By the workers of an executor, here threads of this process:

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     other = gn.cross_validate(net, X, (X[:, 0] > X[:, 1]).astype(int), epochs=30, executor=pool)
    >>> (other.predictions == result.predictions).all().item()
    True
    """
    check_template("cross_validate", network)
    template = network._renewed(network.seeds[0])
    check_fit_options("cross_validate", options, FoldOptions, ("epochs", "folds", "groups", "repeats", "stratify"))
    validation_split = options.pop("validation_split", 0.0)
    plan = make_plan("cross_validate", template, X, y, epochs=epochs, title="folds", options=options)
    n, targets = len(plan.data[0]), plan.data[1][:]
    codes = class_codes(template.loss, targets) if check_flag("cross_validate", "stratify", stratify) else None
    parts = make_folds(n, folds, network.seeds[0], repeats=repeats, codes=codes, groups=groups)
    share = check_number("cross_validate", "validation_split", validation_split, 0.0, 1.0, open_maximum=True)
    jobs = [_job(template, number, train, codes, share) for number, (train, _) in enumerate(parts)]
    failures = train_networks("cross_validate", jobs, plan)
    if len(failures) == len(jobs):
        first = next(words for words in failures.values() if not words.startswith(NOT_TRAINED))
        message = f"cross_validate: every network diverged; at least one must not. The first: {first}"
        raise DivergenceError(message)
    networks = [job.network for job in jobs]
    return _result(networks, plan.data, [test for _, test in parts], plan.metrics, failures)


def _job(template: Network, number: int, train: np.ndarray, codes: np.ndarray | None, share: float) -> Job:
    """Return one network and its rows, of which it may hold some out."""
    network = template._renewed(template.seeds[0] + number)
    if not share:
        return Job(network, train)
    stratify = None if codes is None else codes[train]
    kept, held = split_rows(len(train), [1.0 - share, share], network._streams[0].split(), stratify=stratify)
    return Job(network, train[kept], train[held])


def _result(
    networks: list[Network], data: Validation, test_rows: list[np.ndarray], metrics: Mapping[str, Metric],
    failures: dict[int, str],
) -> CrossValidation:  # fmt: skip
    """Score every network on its fold, and put the predictions of all folds together."""
    n, found = len(data[0]), []
    total, times = np.zeros((n, 1)), np.zeros(n)
    for number, (network, rows) in enumerate(zip(networks, test_rows, strict=True)):
        X, y, weight = (take_rows(array, rows) for array in data)
        one = scores(network, X, y, weight, metrics)
        found.append(dict.fromkeys(one, math.nan) if number in failures else one)
        if number not in failures:
            prediction = network.loss.link(network._logits(X))
            total = total + np.zeros(prediction.shape[1])
            total[rows] += prediction
            times[rows] += 1
    predictions = np.full(total.shape, np.nan, dtype=networks[0].dtype)
    np.divide(total, times[:, None], out=predictions, where=times[:, None] > 0, casting="same_kind")
    table = {name: np.array([one[name] for one in found]) for name in found[0]}
    return CrossValidation(table, predictions, networks, test_rows, failures)
