"""Encode a column of dates as days and the phases of year, week and day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.errors import FormatError
from glassnet.tabular.encoding.coders import Coder, outside_training
from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.encoding.scaling import Scale
from glassnet.tabular.reading.shown_cells import moment_text
from glassnet.tabular.reading.table import Column

__all__ = ["CYCLES", "DateCoder"]

_MOST_DAYS = 2e8  # from 1970, about what 64 bits of microseconds hold
CYCLES = {"year": 365.2425, "week": 7.0, "day": 1.0}
"""Cycles by their period in days; the phase of a cycle is a feature if the training dates cover it once."""


@dataclass(frozen=True)
class DateCoder(Coder):
    """Dates and times: days since 1970, standardised, and the phase of each cycle as sine and cosine.

    ``phase = 2 pi days / period``; a missing value is 0 in all features.
    """

    kind = "date"
    role = "number"

    scale: Scale  # of the days
    cycles: tuple[str, ...]  # names in `CYCLES`

    @classmethod
    def fit(cls, column: Column, counts: np.ndarray | None = None) -> DateCoder:
        """Return the coder of a column whose dates are not all equal; ``counts`` are those of its present rows."""
        days = _days(column.present())
        scale = Scale.fit(days, counts)
        # A cycle helps only if training covers all of it and more than one phase (dates have no time of day).
        seen = [name for name, period in CYCLES.items() if scale.high - scale.low >= period]
        cycles = [name for name in seen if np.ptp(np.mod(days, CYCLES[name])) > 1e-6 * CYCLES[name]]
        return cls(column.name, column.n_missing, scale, tuple(cycles))

    def value_features(self) -> list[str]:
        waves = [f"{self.name} ({wave} of {cycle})" for cycle in self.cycles for wave in ("sine", "cosine")]
        return [self.name, *waves]

    def encode(self, column: Column) -> np.ndarray:
        days = np.where(column.missing, self.scale.mean, _days(column.values))
        parts = [self.scale.forward(days)]
        for cycle in self.cycles:
            phase = 2.0 * np.pi * np.mod(days, CYCLES[cycle]) / CYCLES[cycle]
            parts += [np.sin(phase), np.cos(phase)]
        return np.where(column.missing, 0.0, np.stack(parts)).T

    def done(self) -> str:
        words = "days since 1970-01-01, standardised"
        if self.cycles:
            words += f"; place in the {' and '.join(self.cycles)} as sine and cosine"
        return words + ("; missing values become 0 and are flagged" if self.flagged else "")

    def check(self, column: Column, n_trained: int) -> list[str]:
        return outside_training(column, self.scale, _days(column.present()), _moment_text, n_trained)

    @classmethod
    def _read(cls, entries: Entries) -> tuple[Any, ...]:
        cycles = tuple(entries.several("cycles", str))
        for cycle in cycles:
            Entries(entries.where, {"cycles": cycle}).choice("cycles", tuple(CYCLES))
        scale = Scale.from_config(entries)
        if max(abs(scale.low), abs(scale.high)) > _MOST_DAYS:
            message = f"{entries.where}: dates are from {scale.low:g} to {scale.high:g}; they must be days since 1970."
            raise FormatError(message)
        return scale, cycles


def _days(moments: np.ndarray) -> np.ndarray:
    """Return days since 1970 as float64; NaT becomes an arbitrary number."""
    return moments.astype(np.int64) / 86_400e6


def _moment_text(days: float) -> str:
    return moment_text(np.datetime64(round(86_400e3 * days), "ms").astype("M8[s]"))
