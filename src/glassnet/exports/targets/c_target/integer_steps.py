"""Steps in integers, and what they compute bit by bit: the simulation that the printed C equals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from glassnet.exports.plan import VectorStep

__all__ = ["Codes", "Integers", "Quantise", "run_integers", "run_quantise"]

LOWEST, HIGHEST = -128, 127


class Codes(NamedTuple):
    """How int8 codes stand for numbers: ``x = scale * (code - zero)``; the scale is a float32."""

    scale: float
    zero: int

    @classmethod
    def of_range(cls, low: float, high: float) -> Codes:
        """Return the codes of the numbers of a range, with 0 among them."""
        low, high = min(low, 0.0), max(high, 0.0)
        scale = float(np.float32((high - low) / (HIGHEST - LOWEST))) or 1.0
        return cls(scale, int(np.clip(round(LOWEST - low / scale), LOWEST, HIGHEST)))

    def of(self, x: np.ndarray) -> np.ndarray:
        """Return the codes of float32 numbers, with one rounding to nearest, halves away from zero."""
        scaled = (x.astype(np.float32) * self.inverse).astype(np.float64)
        code = np.copysign(np.floor(np.abs(scaled) + 0.5), scaled) + self.zero
        return np.asarray(np.clip(np.nan_to_num(code, nan=LOWEST), LOWEST, HIGHEST).astype(np.int8))

    @property
    def inverse(self) -> np.float32:
        """What a number is multiplied with."""
        return np.float32(1.0 / self.scale)

    def values(self, codes: np.ndarray) -> np.ndarray:
        """Return the numbers that codes stand for, in double precision."""
        return np.asarray(self.scale * (codes.astype(np.float64) - self.zero))


@dataclass(frozen=True)
class Quantise(VectorStep):
    """The codes of the numbers of x."""

    codes: Codes


@dataclass(frozen=True)
class Integers(VectorStep):
    """An `Affine` step in integers: codes times weights of 8 bits, summed in 32 bits without rounding.

    Then either the sums times ``scales`` are the numbers of ``out``, or they are rounded to codes: once, to nearest
    with halves away from zero, after the product in 64 bits with a multiplier of 31 bits, which is shifted. Of these
    codes a table makes those after the activation.

    Parameters
    ----------
    W : ndarray of int8, shape (G, d_out, d_in)
        Symmetric, with a scale for each output.
    b : ndarray of int32, shape (G, d_out)
        Biases, with the zero of the codes of x in them.
    scales : ndarray of float32, shape (G, d_out)
        Scales of the sums; empty if ``out`` has codes.
    multipliers, shifts : ndarray of int32, shape (G, d_out)
        Empty if ``out`` has numbers.
    zero : int
        Zero of the rounded codes.
    table : ndarray of int8, shape (256,) or (0,)
        Table from code + 128 to a code.
    """

    W: np.ndarray
    b: np.ndarray
    scales: np.ndarray
    multipliers: np.ndarray
    shifts: np.ndarray
    zero: int
    table: np.ndarray

    @property
    def makes_codes(self) -> bool:
        """Whether ``out`` has codes."""
        return not self.scales.size

    @property
    def rows(self) -> int:
        """Number of rows of each group."""
        return self.out.size // self.b.size

    @property
    def shares_input(self) -> bool:
        """Whether all groups read the same."""
        return len(self.W) > 1 and self.x.size == self.rows * self.W.shape[2]


def run_quantise(step: Quantise, x: np.ndarray) -> np.ndarray:
    """Return the codes for numbers (n, size)."""
    return step.codes.of(x)


def run_integers(step: Integers, x: np.ndarray) -> np.ndarray:
    """Return the codes or float32 numbers for codes (n, size)."""
    groups = 1 if step.shares_input else len(step.W)
    codes = x.reshape(len(x), groups, step.rows, step.W.shape[2]).astype(np.float64)
    # float64 holds these whole numbers exactly, and multiplies them faster.
    sums = np.matmul(codes, step.W.transpose(0, 2, 1).astype(np.float64)) + step.b.astype(np.float64)[:, None, :]
    if not step.makes_codes:
        return np.asarray(sums.astype(np.float32) * step.scales[:, None, :]).reshape(len(x), *step.out.shape)
    product = sums.astype(np.int64) * step.multipliers.astype(np.int64)[:, None, :]
    shifts = step.shifts.astype(np.int64)[:, None, :]
    rounded = (np.abs(product) + (np.int64(1) << (shifts - 1))) >> shifts
    found = np.clip(np.where(product < 0, -rounded, rounded) + step.zero, LOWEST, HIGHEST)
    if step.table.size:
        found = step.table[found - LOWEST]
    return np.asarray(found.astype(np.int8).reshape(len(x), *step.out.shape))
