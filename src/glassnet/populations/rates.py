"""Which learning rate to take: the same short run with many of them at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from glassnet.errors import ConfigError, DivergenceError
from glassnet.network import Network
from glassnet.populations.joint import Job, make_plan, train_jointly
from glassnet.populations.members import check_template
from glassnet.training import Callback, Run
from glassnet.training.options import FoldOptions
from glassnet.utils.checks import check_integer, check_number
from glassnet.utils.keywords import advises_on_names
from glassnet.utils.text_table import table_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["RateSearch", "find_learning_rate"]

_LAST_SHARE = 0.2


class RateSearch:
    """What `find_learning_rate` found.

    Attributes
    ----------
    rates : ndarray of shape (R,)
        What was tried, in rising order.
    losses : ndarray of shape (R,)
        Mean training loss of the last fifth of the steps; NaN where it diverged.
    curves : ndarray of shape (R, steps)
        Loss of every step; NaN from where it diverged.
    first_loss : float
        Loss of the first step, which is the same for all.
    """

    def __init__(self, rates: np.ndarray, curves: np.ndarray) -> None:
        self.rates, self.curves = rates, curves
        last = max(1, round(curves.shape[1] * _LAST_SHARE))
        self.losses = curves[:, -last:].mean(axis=1)
        self.first_loss = float(np.nanmean(curves[:, 0]))

    @property
    def best(self) -> float:
        """The rate with the lowest loss."""
        return float(self.rates[np.nanargmin(self.losses)])

    @property
    def largest(self) -> float:
        """The largest rate with which the loss fell at all: beyond it training diverges or goes nowhere."""
        fell = np.flatnonzero(self.losses < self.first_loss)
        return float(self.rates[fell[-1]]) if fell.size else float(self.rates[0])

    def table(self) -> str:
        """Return rates and losses as text, the best one marked."""
        rows = [["learning rate", "loss", ""]]
        for rate, loss in zip(self.rates, self.losses, strict=True):
            shown = "diverged" if math.isnan(loss) else f"{loss:.4g}"
            rows.append([f"{rate:.3g}", shown, "best" if rate == self.best else ""])
        return "\n".join(table_lines(rows, align=">><", at_least=(13, 10, 0)))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the losses over the rates into ``ax``; see `glassnet.plots`."""
        from glassnet.plots import plot_rates

        return plot_rates(self, ax=ax)

    def _repr_html_(self) -> str:
        from glassnet.populations.populations_html import rates_html

        return rates_html(self)

    def __repr__(self) -> str:
        return f"RateSearch(best {self.best:.3g} of {len(self.rates)} rates, loss {np.nanmin(self.losses):.4g})"


class _Recorder(Callback):
    """The loss of every step of the networks of a run, and the end after so many; another run may have begun it."""

    def __init__(self, curves: np.ndarray, steps_done: np.ndarray, numbers: Sequence[int]) -> None:
        self._curves, self._steps_done, self._numbers = curves, steps_done, list(numbers)
        self._before: tuple[Any, Any] = (0.0, 0.0)

    def on_epoch_begin(self, run: Run[Any]) -> None:
        self._before = (0.0, 0.0)

    def on_step_end(self, run: Run[Any]) -> None:
        loss, weight = run.state.loss_sum, run.state.weight_sum
        values = np.ravel((loss - self._before[0]) / (weight - self._before[1]))
        self._before = (loss, weight)
        step = self._steps_done[self._numbers[0]]
        self._curves[self._numbers, step] = np.where(np.isfinite(values), values, np.nan)
        self._steps_done[self._numbers] = step + 1
        if step + 1 == self._curves.shape[1]:
            run.stop("enough steps")


@advises_on_names
def find_learning_rate(
    network: Network,
    X: Any,
    y: Any,
    *,
    lowest: float = 1e-5,
    highest: float = 1.0,
    n_rates: int = 21,
    steps: int = 100,
    batch_size: int = 32,
    sample_weight: Any = None,
    class_weight: Literal["balanced"] | Mapping[int, float] | Sequence[float] | None = None,
    threads: int | Literal["auto"] = "auto",
    progress: bool | None = None,
) -> RateSearch:
    """Train copies of a network for a few steps, each with its own constant learning rate, and compare their losses.

    All start from the same weights and see the same batches. Unlike a single run whose rate rises step by step, what
    each rate achieves is not mixed up with what those before it did.

    Parameters
    ----------
    network : Network
        What is copied, with its weights if it is built; it is not changed.
    X : array of shape (n, ...)
        One sample per row.
    y : array of shape (n,) or (n, k)
        One target per row.
    lowest, highest : float, default=1e-5, 1.0
        The smallest and largest rate.
    n_rates : int, default=21
        How many, evenly spaced in their logarithm.
    steps : int, default=100
        How many updates each makes, over several epochs if need be.
    batch_size, sample_weight, class_weight, threads, progress
        As of `Network.fit`.

    Returns
    -------
    RateSearch
        The rates and what each achieved.

    Raises
    ------
    DivergenceError
        Every rate diverged.

    References
    ----------
    Smith (2017), "Cyclical learning rates for training neural networks", arXiv:1506.01186, section 3.3, has the test
    with a rising rate that this one replaces.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).standard_normal((200, 3))
    >>> net = gn.Network([gn.Dense(1)], loss="squared_error", optimizer="sgd", seed=0)
    >>> search = gn.find_learning_rate(net, X, X @ [1.0, 2.0, 3.0], lowest=1e-4, highest=10.0)
    >>> 0.01 < search.best < 1.0
    True
    """
    rates = _spaced(lowest, highest, n_rates)
    check_template("find_learning_rate", network)
    steps = check_integer("find_learning_rate", "steps", steps, 2)
    template = network._untrained()
    options: FoldOptions = {"batch_size": batch_size, "sample_weight": sample_weight, "class_weight": class_weight}
    options |= {"threads": threads, "progress": progress}
    plan = make_plan("find_learning_rate", template, X, y, epochs=1, title="rates", options=options)
    jobs = []
    for rate in rates.tolist():
        member = template._untrained()
        member.optimizer.learning_rate = rate
        jobs.append(Job(member))
    curves, steps_done = np.full((len(rates), steps), np.nan), np.zeros(len(rates), dtype=np.int64)
    steps_per_epoch = -(-len(plan.data[0]) // batch_size)
    plan = plan._replace(
        epochs=-(-steps // steps_per_epoch), make_callbacks=lambda numbers: [_Recorder(curves, steps_done, numbers)]
    )
    failures = train_jointly(jobs, plan)
    for number in failures:
        curves[number, -1] = math.nan
    if np.isnan(curves[:, -1]).all():
        message = f"find_learning_rate: every rate diverged; at least one must not. The first: {failures[0]}"
        raise DivergenceError(message)
    return RateSearch(rates, curves)


def _spaced(lowest: float, highest: float, n_rates: int) -> np.ndarray:
    """Return rates that are evenly spaced in their logarithm."""
    where = "find_learning_rate"
    low = check_number(where, "lowest", lowest, 0.0, open_minimum=True)
    high = check_number(where, "highest", highest, 0.0, open_minimum=True)
    if high <= low:
        message = f"{where}: highest is {high:g} and lowest {low:g}; highest must be above lowest."
        raise ConfigError(message, got=(low, high))
    return np.geomspace(low, high, check_integer(where, "n_rates", n_rates, 2))
