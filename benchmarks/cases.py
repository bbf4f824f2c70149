"""What is measured: data, architecture, optimizer. Every peer does the same work on the same numbers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

__all__ = ["CASES", "Case", "find"]


@dataclasses.dataclass(frozen=True)
class Case:
    """A network and its data.

    Attributes
    ----------
    name : str
    n, d : int
        Rows and features; n is a multiple of ``batch``, so that all take the same steps.
    hidden : tuple of int
        Widths of the hidden layers.
    outputs : int
        1 is a yes/no answer, more are exclusive classes.
    batch : int
        Rows of a step; n is one step per epoch.
    epochs : int
        Of one timed ``fit``.
    steps : int
        Steps that are timed together.
    optimizer : str
        ``"adam"``, or ``"sgd"`` with momentum 0.9.
    activation : str
        ``"relu"``, ``"tanh"``, ``"gelu"`` (its form with tanh) or ``"sigmoid"``.
    dropout : float
        After every hidden layer.
    batch_norm : bool
        In front of every hidden activation.
    quick : bool
        Whether ``--quick`` runs it.
    """

    name: str
    n: int
    d: int
    hidden: tuple[int, ...]
    outputs: int
    batch: int
    epochs: int
    steps: int
    optimizer: str = "adam"
    activation: str = "relu"
    dropout: float = 0.0
    batch_norm: bool = False
    quick: bool = False

    @property
    def widths(self) -> tuple[int, ...]:
        """Features, hidden layers, outputs."""
        return (self.d, *self.hidden, self.outputs)

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return X (n, d) in float32 and classes y (n,), the same ones every time."""
        if self.name.startswith("xor"):
            X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
            return X, np.array([0, 1, 1, 0])
        rng = np.random.default_rng(0)
        X = rng.standard_normal((self.n, self.d), dtype=np.float32)
        scores = X @ rng.standard_normal((self.d, max(self.outputs, 2)), dtype=np.float32)
        return X, scores.argmax(axis=1)

    def config(self) -> dict[str, Any]:
        """Return everything, JSON-able."""
        return dataclasses.asdict(self)


def _variants(case: Case, **changes: dict[str, Any]) -> list[Case]:
    """Return the case, and others that differ from it as given."""
    return [
        case,
        *(
            dataclasses.replace(case, name=f"{case.name} {words}", quick=False, **what)
            for words, what in changes.items()
        ),
    ]


_XOR = Case("xor", 4, 2, (4,), 1, 4, 1000, 1000, activation="sigmoid", quick=True)
_DIGITS = Case("digits", 1800, 64, (100,), 10, 200, 20, 100, quick=True)
_MNIST = Case("784", 19968, 784, (256, 128), 10, 128, 1, 30, quick=True)

CASES: list[Case] = [
    *_variants(_XOR, sgd={"optimizer": "sgd"}, relu={"activation": "relu"}),
    *_variants(
        _DIGITS,
        sgd={"optimizer": "sgd"},
        tanh={"activation": "tanh"},
        gelu={"activation": "gelu"},
        dropout={"dropout": 0.2},
        norm={"batch_norm": True},
    ),
    *_variants(_MNIST, sgd={"optimizer": "sgd"}, dropout={"dropout": 0.2}, norm={"batch_norm": True}),
    *_variants(Case("256x3", 19968, 32, (256, 256, 256), 2, 256, 1, 30), sgd={"optimizer": "sgd"}),
    *_variants(Case("512x2", 19456, 50, (512, 512), 2, 1024, 1, 8), sgd={"optimizer": "sgd"}),
    Case("wide 1024", 3968, 64, (1024,), 10, 128, 4, 30),
    Case("deep 64x8", 3968, 20, (64,) * 8, 2, 64, 4, 50),
]


def find(name: str) -> Case:
    """Return a case by its name."""
    return next(case for case in CASES if case.name == name)
