"""What a calibration changed, as reports show it and model files keep it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glassnet.errors import FormatError
from glassnet.layers import Calibration
from glassnet.losses import EnsembleLoss, Quantile
from glassnet.network import Network
from glassnet.tabular.calibration.reliability import Bin, calibration_error
from glassnet.tabular.encoding.config_reader import Entries

__all__ = ["Calibrated", "CalibratedProbabilities", "CalibratedQuantiles", "read_calibration"]

_MOST = 1000  # numbers of one kind in a file
_ADDED = 1e-3  # shares of bins add up to 1 within it
_ROUNDED, _SMALL = 1e-5, 1e-3  # of numbers; as far as shifts need to be distinguished


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
    weighs_classes : bool
        Whether the rows counted by the weights of their classes: probabilities are then right for such rows, not for
        those of a table as it is, where a class of a large weight is rarer.

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
    weighs_classes: bool = False

    @property
    def error(self) -> tuple[float, float]:
        """Mean gap between confidence and accuracy, before and after: the expected calibration error."""
        return calibration_error(self.bins_before), calibration_error(self.bins)

    def is_in(self, network: Network) -> bool:
        """Return whether a network divides its logits by this temperature."""
        return _holds(network, np.array([1.0 / self.temperature]), np.zeros(1))

    def _repr_html_(self) -> str:
        from glassnet.tabular.calibration.result_html import probabilities_html

        return probabilities_html(self)

    def __str__(self) -> str:
        if not self.n_rows:
            return "probabilities: not calibrated, no rows were held out"
        before, after = self.error
        fitted = f"temperature {self.temperature:.2f} fitted on {_held_out(self.n_rows)}"
        fitted += ", classes weighed" if self.weighs_classes else ""
        error = "calibration error with these weights" if self.weighs_classes else "calibration error"
        return f"probabilities: {fitted}; {error} {before:.3f} -> {after:.3f}"

    def config(self) -> dict[str, Any]:
        """Return what a model file keeps, JSON-able."""
        kept = asdict(self) if self.n_rows else {"n_rows": 0}
        if not self.weighs_classes:
            kept.pop("weighs_classes", None)
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

    def is_in(self, network: Network) -> bool:
        """Return whether a network moves its quantiles by these shifts."""
        return _holds(network, np.ones(1), np.array(self.shifts))

    def _repr_html_(self) -> str:
        from glassnet.tabular.calibration.result_html import quantiles_html

        return quantiles_html(self)

    def __str__(self) -> str:
        if not self.below:
            were = "row was" if self.n_rows == 1 else "rows were"
            return f"quantiles: not calibrated, {self.n_rows or 'no'} {were} held out"
        ends = [(each[0], each[-1]) for each in (self.levels, self.below_before, self.below)]
        start = f"quantiles: moved by {_held_out(self.n_rows)}; share"
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


def _held_out(n: int) -> str:
    """Return a number of rows in words."""
    return f"{n:,} held-out row{'' if n == 1 else 's'}"


def _holds(network: Network, scale: np.ndarray, shift: np.ndarray) -> bool:
    """Return whether the last layer has these numbers, those of files having six digits; each copy has all shifts."""
    layer = network.layers[-1]
    if not isinstance(layer, Calibration) or layer.shift.size % len(shift):
        return False
    pairs = ((layer.scale, scale), (layer.shift, shift))
    return all(
        np.allclose(kept.reshape(-1, len(given)), given, rtol=_ROUNDED, atol=_ROUNDED * _SMALL) for kept, given in pairs
    )


def _plain(value: Any) -> Any:
    """Return numbers rounded to six digits, in dicts and lists."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def read_calibration(where: str, given: Any, network: Network | None = None) -> Calibrated | None:
    """Return what `config` returned, from a file; None if it has none, as files of earlier versions.

    With the ``network`` that it belongs to, what it says must be about such a network.

    Raises
    ------
    FormatError
        The entry is damaged.
    """
    if given is None:
        return None
    entries = Entries(f"{where}: 'calibration'", given)
    loss = None if network is None else network.loss
    loss = loss.loss if isinstance(loss, EnsembleLoss) else loss
    kinds: tuple[str, ...] = ("probabilities", "quantiles")
    if loss is not None:
        kinds = kinds[:1] if loss.classifies else kinds[1:] if isinstance(loss, Quantile) else ()
        if not kinds:
            message = f"{where}: 'calibration' is given; a model of neither classes nor quantiles must not have it."
            raise FormatError(message, got=given)
    kind, n_rows = entries.choice("kind", kinds), entries.count("n_rows")
    if kind == "quantiles":
        return _quantiles(entries, n_rows, loss.levels if isinstance(loss, Quantile) else None)
    if not n_rows:
        return CalibratedProbabilities(0)
    before, after = (_bins(entries, name) for name in ("bins_before", "bins"))
    losses = _numbers(entries, key := "log_loss")
    if len(losses) != 2 or min(losses) < 0.0:
        raise entries.refuse(key, "two numbers of at least 0")
    weighs = "weighs_classes" in entries.config and entries.flag("weighs_classes")
    return CalibratedProbabilities(n_rows, entries.number("temperature", positive=True), losses, before, after, weighs)


def _quantiles(entries: Entries, n_rows: int, known: tuple[float, ...] | None) -> CalibratedQuantiles:
    """Return what is kept of quantiles, whose levels must be those ``known``."""
    key, other = "levels", "shifts"
    levels, shifts, *below = (_numbers(entries, name) for name in (key, other, "below_before", "below"))
    if not levels or any(not 0.0 < level < 1.0 for level in levels) or list(levels) != sorted(set(levels)):
        raise entries.refuse(key, "rising numbers between 0 and 1")
    # They are written with six digits.
    if known is not None and (len(known) != len(levels) or not np.allclose(known, levels, rtol=_ROUNDED, atol=0.0)):
        raise entries.refuse(key, f"those of the network, {', '.join(f'{level:g}' for level in known)}")
    if len(shifts) != len(levels):
        raise entries.refuse(other, f"{len(levels)} numbers, one for each level")
    for name, found in zip(("below_before", "below"), below, strict=True):
        fits = len(found) == len(levels) and all(0.0 <= share <= 1.0 for share in found)
        if not fits and (found or any(below)):
            raise entries.refuse(name, f"{len(levels)} numbers from 0 to 1, one for each level")
    return CalibratedQuantiles(n_rows, levels, shifts, *below)


def _numbers(entries: Entries, key: str) -> tuple[Any, ...]:
    """Return a list of finite numbers."""
    given = entries.config.get(key)
    if not isinstance(given, list) or len(given) > _MOST:
        raise entries.refuse(key, f"a list of up to {_MOST} numbers")
    return tuple(Entries(entries.where, {key: value}).number(key) for value in given)


def _bins(entries: Entries, key: str) -> tuple[Bin, ...]:
    """Return a list of bins, each of three numbers from 0 to 1, whose shares are those of all rows."""
    given = entries.config.get(key)
    if not isinstance(given, list) or not 0 < len(given) <= _MOST:
        raise entries.refuse(key, f"a list of 1 to {_MOST} bins")
    found = [_numbers(Entries(entries.where, {key: each}), key) for each in given]
    if any(len(each) != len(Bin._fields) or not all(0.0 <= part <= 1.0 for part in each) for each in found):
        raise entries.refuse(key, "bins of three numbers from 0 to 1")
    bins = tuple(Bin(*each) for each in found)
    if abs(sum(each.share for each in bins) - 1.0) > _ADDED:
        raise entries.refuse(key, "bins whose shares add up to 1")
    return bins
