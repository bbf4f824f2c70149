"""A table, divided into rows to learn from, to stop by and to be judged on, in the forms that methods take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Split", "as_categories", "column_kinds", "encoded", "read_split"]

_FEWEST = 5  # rows of a class that is kept, so that each part can have some
_PARTS = (0.64, 0.16, 0.2)  # training, validation, test


@dataclass(frozen=True)
class Split:
    """One table, divided; X are pandas frames, y class codes or numbers."""

    task: str
    seed: int
    labels: list[Any]
    X: dict[str, Any]
    y: dict[str, np.ndarray]

    @property
    def classifies(self) -> bool:
        """Whether the target is classes."""
        return self.task != "regression"


def column_kinds(frame: Any) -> tuple[list[str], list[str]]:
    """Return the names of numeric columns, and of all others."""
    numbers = [name for name in frame if frame[name].dtype.kind in "if"]
    return numbers, [name for name in frame if name not in numbers]


def as_categories(split: Split) -> dict[str, Any]:
    """Return frames in which everything that is no number is a category of the training rows."""
    import pandas as pd

    found = {part: frame.copy() for part, frame in split.X.items()}
    for name in column_kinds(split.X["train"])[1]:
        known = sorted(map(str, split.X["train"][name].dropna().unique()))
        for part, frame in split.X.items():
            texts = [None if gone else str(value) for value, gone in zip(frame[name], frame[name].isna(), strict=True)]
            found[part][name] = pd.Categorical(texts, categories=known)
    return found


def encoded(split: Split, *, scaled: bool, one_hot: bool) -> dict[str, np.ndarray]:
    """Return matrices by a sensible pipeline: means for missing numbers, with flags; codes for the rest."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    numbers, others = column_kinds(split.X["train"])
    steps: list[Any] = [SimpleImputer(add_indicator=True), *([StandardScaler()] if scaled else [])]
    coder: Any = (
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=100, sparse_output=False)
        if one_hot
        else OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
    )
    pipeline = make_column_transformer((make_pipeline(*steps), numbers), (coder, others))
    frames = {part: frame.astype(dict.fromkeys(others, object)) for part, frame in as_categories(split).items()}
    fitted = pipeline.fit(frames["train"])
    return {part: np.asarray(fitted.transform(frame), dtype=np.float64) for part, frame in frames.items()}


def read_split(path: Path, task: str, seed: int, most_rows: int | None = None) -> Split:
    """Return the table, divided by the seed; stratified where the target is classes, without rare ones."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    frame = pd.read_parquet(path)
    if most_rows is not None and len(frame) > most_rows:
        frame = frame.sample(most_rows, random_state=seed)
    if task != "regression":
        labels_of_rows = frame["target"].astype(str)
        frame = frame[labels_of_rows.groupby(labels_of_rows).transform("size") >= _FEWEST]
    frame = frame.reset_index(drop=True)
    target = frame.pop("target")
    labels: list[Any] = []
    if task == "regression":
        y = target.to_numpy(dtype=np.float64)
    else:
        texts = target.astype(str)
        labels = sorted(texts.unique())
        y = texts.map({label: code for code, label in enumerate(labels)}).to_numpy(dtype=np.int64)
    rest, test = train_test_split(
        np.arange(len(y)), test_size=_PARTS[2], random_state=seed, stratify=y if labels else None
    )
    share = _PARTS[1] / (_PARTS[0] + _PARTS[1])
    train, valid = train_test_split(rest, test_size=share, random_state=seed, stratify=y[rest] if labels else None)
    rows = {"train": np.sort(train), "valid": np.sort(valid), "test": np.sort(test)}
    X = {part: frame.iloc[r].reset_index(drop=True) for part, r in rows.items()}
    return Split(task, seed, labels, X, {part: y[r] for part, r in rows.items()})
