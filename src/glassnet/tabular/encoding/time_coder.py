"""Encode a column of times of the day: seconds, and the place in the day as sine and cosine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from glassnet.tabular.encoding.coders import NumberCoder
from glassnet.tabular.reading.table import Column

__all__ = ["TimeCoder"]

_DAY = 86_400.0  # seconds


@dataclass(frozen=True)
class TimeCoder(NumberCoder):
    """Seconds since midnight, scaled, and the phase of the day as sine and cosine, so that 23:59 is near 0:00.

    ``phase = 2 pi seconds / 86400``; a missing value is the mean, and 0 in both waves.
    """

    kind = "time"
    column_kind: ClassVar[str] = "number"

    def value_features(self) -> list[str]:
        return [self.name, f"{self.name} (sine of day)", f"{self.name} (cosine of day)"]

    def encode(self, column: Column) -> np.ndarray:
        phase = 2.0 * np.pi * np.where(column.missing, 0.0, column.values) / _DAY
        waves = np.stack([np.sin(phase), np.cos(phase)], axis=1)
        waves[column.missing] = 0.0
        return np.concatenate([super().encode(column), waves], axis=1)

    def done(self) -> str:
        words = f"seconds of the day, {self.scale.words()}; place in the day as sine and cosine"
        return words + ("; missing values become the mean and are flagged" if self.flagged else "")
