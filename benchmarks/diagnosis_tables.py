"""Tables as arrays for the examination of diagnosis: rows to train on, to validate with, and to judge by."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.tabular import TableEncoder, TargetEncoder, read_table
from glassnet.utils.random_streams import Streams

__all__ = ["Part", "TableData", "Training", "read_data", "tables_in"]

Part = tuple[np.ndarray, np.ndarray]
"""Inputs and targets."""

_FEWEST, _FEWEST_OF_A_CLASS = 120, 12


@dataclasses.dataclass(frozen=True)
class Training:
    """One training: data, network and options, healthy or with a fault planted.

    Attributes
    ----------
    train, valid, test : tuple of ndarray
        What `fit` gets, and rows for judging, which are prepared as new rows would be and have no fault of their own.
    layers : callable
        Returns new layers.
    network : dict
        Other arguments of `Network`.
    optimizer : callable
        Returns a new optimizer.
    fit : dict
        Options of `fit`.
    prepare : callable
        Changes the built network before it is trained.
    """

    train: Part
    valid: Part
    test: Part
    layers: Callable[[], list[Any]]
    network: dict[str, Any]
    optimizer: Callable[[], Any] = lambda: gn.Adam(3e-3)
    fit: dict[str, Any] = dataclasses.field(default_factory=dict)
    prepare: Callable[[gn.Network], None] = lambda network: None

    def new_network(self) -> gn.Network:
        """Return the network, built and prepared."""
        shape = self.train[0].shape[1]
        network = gn.Network(
            self.layers(), optimizer=self.optimizer(), seed=self.fit.get("seed", 0), input_shape=shape, **self.network
        )
        self.prepare(network)
        return network

    def options(self) -> dict[str, Any]:
        """Return the options of `fit`."""
        given = {"epochs": 40, "batch_size": 32, "validation_data": self.valid, "threads": 1, "progress": False}
        given["early_stopping"] = gn.EarlyStopping("valid_loss", patience=8)
        return {**given, **{name: value for name, value in self.fit.items() if name != "seed"}}


@dataclasses.dataclass(frozen=True)
class TableData:
    """A table in three parts, encoded and scaled.

    Attributes
    ----------
    name : str
    train, valid, test : tuple of ndarray
    classes : int
        Number of classes; 0 for numbers.
    loss : str or Loss
    outputs : int
    """

    name: str
    train: Part
    valid: Part
    test: Part
    classes: int
    loss: Any
    outputs: int

    def training(self, **changes: Any) -> Training:
        """Return a healthy training on the table, but for ``changes`` of its fields."""
        given: dict[str, Any] = {
            "train": self.train,
            "valid": self.valid,
            "test": self.test,
            "layers": lambda: [gn.Dense(64, "relu"), gn.Dense(self.outputs)],
            "network": {"loss": self.loss},
        }
        return Training(**{**given, **changes})

    def with_inputs(self, change: Callable[[np.ndarray], np.ndarray], **changes: Any) -> Training:
        """Return a training whose inputs are changed, those to judge by too."""
        parts = {name: (change(X), y) for name, (X, y) in self.parts().items()}
        return self.training(**{**parts, **changes})

    def with_targets(self, change: Callable[[np.ndarray], np.ndarray], **changes: Any) -> Training:
        """Return a training whose targets are changed, those to judge by too."""
        parts = {name: (X, change(y)) for name, (X, y) in self.parts().items()}
        return self.training(**{**parts, **changes})

    def parts(self) -> dict[str, Part]:
        """Return the three parts by name."""
        return {"train": self.train, "valid": self.valid, "test": self.test}


def tables_in(folder: Path) -> Iterator[Path]:
    """Yield the Parquet and CSV files of a folder."""
    yield from sorted(path for path in folder.rglob("*") if path.suffix in (".parquet", ".csv"))


def read_data(path: Path, target: str | None, most_rows: int, seed: int = 0) -> TableData:
    """Return a table in parts of 60, 20 and 20 %; its target is the column of that name, or "target", or the last one.

    Raises
    ------
    DataError
        It has too few rows.
    """
    table = read_table(path)
    name = next((each for each in (target, "target") if each in table.names), table.names[-1])
    table = table.take((~table[name].missing).nonzero()[0])
    order = Streams(seed).order(0, table.n_rows)[:most_rows]
    coder = TargetEncoder().fit(table[name].take(order))
    y = coder.transform(table[name].take(order))
    classes = len(np.unique(y)) if coder.task == "classification" else 0
    if classes:
        counts = np.unique(y, return_counts=True)
        kept = np.isin(y.ravel(), counts[0][counts[1] >= _FEWEST_OF_A_CLASS])
        order, labels = order[kept], np.unique(y.ravel()[kept])
        y, classes = np.searchsorted(labels, y.ravel()[kept]), len(labels)
    if len(order) < _FEWEST or classes == 1:
        message = f"{path.name}: there must be at least {_FEWEST} rows and two classes, got {len(order)}."
        raise gn.DataError(message)
    ends = [int(0.6 * len(order)), int(0.8 * len(order))]
    rows = dict(zip(("train", "valid", "test"), np.split(order, ends), strict=True))
    encoder = TableEncoder().fit(table.take(rows["train"]).drop([name]))
    X = {part: encoder.transform(table.take(which).drop([name])).astype(np.float32) for part, which in rows.items()}
    parts = dict(zip(rows, np.split(y, ends), strict=True))
    if classes:
        return TableData(path.stem, *_paired(X, parts), classes, "cross_entropy", classes)
    mean, spread = parts["train"].mean(), parts["train"].std() or 1.0
    scaled = {part: ((values.reshape(-1, 1) - mean) / spread).astype(np.float32) for part, values in parts.items()}
    return TableData(path.stem, *_paired(X, scaled), 0, "squared_error", 1)


def _paired(X: dict[str, np.ndarray], y: dict[str, np.ndarray]) -> tuple[Part, Part, Part]:
    return (X["train"], y["train"]), (X["valid"], y["valid"]), (X["test"], y["test"])
