"""The columns of the table that an exported model reads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from glassnet.tabular.reading.form import Form

__all__ = ["Field"]

_FAR = 30.0  # units from 0 beyond which a double costs less than what float32 loses: 2e-6 of a unit


@dataclass(frozen=True)
class Field:
    """A column of the table that a row is read from.

    Parameters
    ----------
    name : str
        As in the training table, in whatever characters.
    kind : {"number", "boolean", "date", "category"}
        A boolean is 1 or 0; a date is a number of days since 1970-01-01; a missing number is NaN, a missing category
        the empty text. An infinite number is missing too.
    form : Form
        How cells of text were read in training.
    low, high : float
        Range of the training values; NaN where it is not known.
    center, unit : float
        Typical value and distance from it, of a number.
    codes : tuple of float
        Numbers that stand for a missing value.
    ranked : bool
        Whether ranks are made of its values: near the ends of the range the last digits of these decide.
    categories : tuple of str
        Categories of training, those without a feature of their own included as far as they are known.
    """

    name: str
    kind: Literal["number", "boolean", "date", "category"]
    form: Form
    low: float = math.nan
    high: float = math.nan
    center: float = 0.0
    unit: float = 1.0
    codes: tuple[float, ...] = ()
    ranked: bool = False
    categories: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether its cells are text."""
        return self.kind == "category"

    @property
    def needs_double(self) -> bool:
        """Whether float32 would lose what distinguishes its values, as for years in seconds."""
        if self.is_text:
            return False
        if any(float(np.float32(code)) != code for code in self.codes):
            return True
        farthest = max(abs(value) for value in (self.low, self.high, self.center) if not math.isnan(value))
        return self.kind == "date" or self.ranked or farthest > _FAR * self.unit
