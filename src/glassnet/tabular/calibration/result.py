"""What a calibration changed, as reports show it and model files keep it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from glassnet.tabular.calibration.reliability import Bin, calibration_error
from glassnet.tabular.encoding.config_reader import Entries

__all__ = ["Calibrated", "CalibratedProbabilities", "CalibratedQuantiles", "read_calibration"]

_MOST = 1000  # numbers of one kind in a file


@dataclass(frozen=True)
class CalibratedProbabilities:
    """A temperature, and what it did to the probabilities of the held-out rows that it was fitted on.

    Attributes
    ----------
    n_rows : int
        Number of these rows; 0 if there were none, and the temperature is 1.
    temperature : float
        Logits are divided by it: above 1 the network was too sure, below 1 not sure enough. With folds it is a little
        lower than what fits the answers of each fold, since the mean over all is less sure than these.
    log_loss : tuple of two floats
        Mean negative log-likelihood of the true classes before and after, in nats; with folds of the answers of each.
    bins_before, bins : tuple of Bin
        The rows in groups by how sure the network is, before and after: see `reliability_bins`.

    Examples
    --------
    >>> print(CalibratedProbabilities(412, 1.18, (0.52, 0.49), (Bin(0.9, 0.859, 1.0),), (Bin(0.87, 0.858, 1.0),)))
    probabilities: temperature 1.18 fitted on 412 held-out rows; calibration error 0.041 -> 0.012
    """

    n_rows: int
    temperature: float = 1.0
    log_loss: tuple[float, float] = (math.nan, math.nan)
    bins_before: tuple[Bin, ...] = ()
    bins: tuple[Bin, ...] = ()

    @property
    def error(self) -> tuple[float, float]:
        """Mean gap between confidence and share of right answers, before and after: the expected calibration error."""
        return calibration_error(self.bins_before), calibration_error(self.bins)

    def __str__(self) -> str:
        if not self.n_rows:
            return "probabilities: not calibrated, no rows were held out"
        before, after = self.error
        fitted = f"temperature {self.temperature:.2f} fitted on {self.n_rows:,} held-out rows"
        return f"probabilities: {fitted}; calibration error {before:.3f} -> {after:.3f}"

    def config(self) -> dict[str, Any]:
        """Return what a model file keeps, JSON-able."""
        kept = asdict(self) if self.n_rows else {"n_rows": 0}
        return {"kind": "probabilities", **_plain(kept)}


@dataclass(frozen=True)
class CalibratedQuantiles:
    """A shift of each quantile, and how many of the held-out rows that they were fitted on lie below it.

    Attributes
    ----------
    n_rows : int
        Number of these rows; with few of them nothing is moved.
    levels : tuple of float
        The shares that should lie below.
    shifts : tuple of float
        What was added, in units of the encoded target: standard deviations, if it was only scaled.
    below_before, below : tuple of float
        The shares that do, before and after, of the model's answers in units; for levels of at least 0.5 rows at the
        quantile itself count too, so that the last minus the first is the share inside the interval, ends included.

    Examples
    --------
    >>> print(CalibratedQuantiles(412, (0.05, 0.95), (-0.1, 0.2), (0.09, 0.9), (0.05, 0.95)))
    quantiles: moved by 412 held-out rows; share between 0.05 and 0.95: 0.810 -> 0.900
    """

    n_rows: int
    levels: tuple[float, ...]
    shifts: tuple[float, ...]
    below_before: tuple[float, ...] = ()
    below: tuple[float, ...] = ()

    def __str__(self) -> str:
        if not self.below:
            return f"quantiles: not calibrated, {self.n_rows or 'no'} rows were held out"
        ends = [(each[0], each[-1]) for each in (self.levels, self.below_before, self.below)]
        start = f"quantiles: moved by {self.n_rows:,} held-out rows; share"
        if len(self.levels) == 1:
            return f"{start} below {self.levels[0]:g}: {self.below_before[0]:.3f} -> {self.below[0]:.3f}"
        (low, high), *inside = ends
        before, after = (f"{last - first:.3f}" for first, last in inside)
        return f"{start} between {low:g} and {high:g}: {before} -> {after}"

    def config(self) -> dict[str, Any]:
        """Return what a model file keeps, JSON-able."""
        return {"kind": "quantiles", **_plain(asdict(self))}


Calibrated = CalibratedProbabilities | CalibratedQuantiles
"""What calibrates a table model."""


def _plain(value: Any) -> Any:
    """Return numbers rounded to six digits, in dicts and lists."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def read_calibration(where: str, given: Any) -> Calibrated | None:
    """Return what `config` returned, from a file; None if it has none, as files of earlier versions.

    Raises
    ------
    FormatError
        The entry is damaged.
    """
    if given is None:
        return None
    entries = Entries(f"{where}: 'calibration'", given)
    n_rows = entries.count("n_rows")
    if entries.choice("kind", ("probabilities", "quantiles")) == "quantiles":
        names = ("levels", "shifts", "below_before", "below")
        return CalibratedQuantiles(n_rows, *(_numbers(entries, name) for name in names))
    if not n_rows:
        return CalibratedProbabilities(0)
    before, after = (_bins(entries, name) for name in ("bins_before", "bins"))
    losses = _numbers(entries, key := "log_loss")
    if len(losses) != 2:
        raise entries.refuse(key, "two numbers")
    return CalibratedProbabilities(n_rows, entries.number("temperature", positive=True), losses, before, after)


def _numbers(entries: Entries, key: str) -> tuple[Any, ...]:
    """Return a list of finite numbers."""
    given = entries.config.get(key)
    if not isinstance(given, list) or len(given) > _MOST:
        raise entries.refuse(key, f"a list of up to {_MOST} numbers")
    return tuple(Entries(entries.where, {key: value}).number(key) for value in given)


def _bins(entries: Entries, key: str) -> tuple[Bin, ...]:
    """Return a list of bins, each of three numbers."""
    given = entries.config.get(key)
    if not isinstance(given, list) or len(given) > _MOST:
        raise entries.refuse(key, f"a list of up to {_MOST} bins")
    found = [_numbers(Entries(entries.where, {key: each}), key) for each in given]
    if any(len(each) != len(Bin._fields) for each in found):
        raise entries.refuse(key, "bins of three numbers")
    return tuple(Bin(*each) for each in found)
