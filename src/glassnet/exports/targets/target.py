"""What every target has in common: its options, what it says of itself, and what running its file gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.referee import Rows

__all__ = ["CannotRun", "Options", "Run", "TargetModule"]


@dataclass(frozen=True)
class Options:
    """Choices of an export that only some targets have.

    Parameters
    ----------
    dtype : {"float32", "int8"}
        Type of the weights and the arithmetic.
    inputs : {"columns", "matrix"}
        Whether a table's row is given column by column, or as its encoded features.
    calibration : Rows, optional
        Rows by which the ranges of int8 are chosen.
    rows_are_given : bool
        Whether these are the user's, and not made up from what the model knows of its training data.
    force : bool
        Whether int8 may decide differently from the model in more than 1 % of the calibration rows.
    opset : int
        Version of ONNX's set of operators.
    """

    dtype: str = "float32"
    inputs: str = "columns"
    calibration: Rows | None = None
    rows_are_given: bool = False
    force: bool = False
    opset: int = 18


@dataclass(frozen=True)
class Run:
    """What an exported file computed when it was run.

    Parameters
    ----------
    outputs : ndarray of shape (n, k)
        For the rows that it was given.
    failures : int
        What its self-test returned.
    seconds : float or None
        Time of one row by itself, where it was measured.
    ran_in : str
        What ran it, with the version: ``"node 20.20.2"``.
    notes : mapping of str to str
        Further results for the report, by name.
    """

    outputs: np.ndarray
    failures: int
    seconds: float | None = None
    ran_in: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)


class CannotRun(Exception):  # noqa: N818  # it is a reason, and no error of the user's
    """The file cannot be run here; its text says why, such as "node is not installed"."""


class TargetModule(Protocol):
    """The functions of a module that prints one target."""

    def refusal(self, plan: Plan, options: Options) -> str:
        """Return why the target cannot hold a plan, naming the step or option, or "" if it can."""

    def print_plan(self, plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
        """Return the files by their suffix, the main one first; equal plans give equal bytes."""

    def run_file(self, path: Path, plan: Plan, rows: Rows) -> Run:
        """Run a file for rows, its self-test too, in a process of its own; raise `CannotRun` if it cannot be."""
