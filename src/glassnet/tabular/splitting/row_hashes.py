"""Which rows a model was trained on: 64-bit hashes of their cells, small enough to be kept in its file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from glassnet.errors import FormatError
from glassnet.tabular.encoding.coders import finite
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.target import TargetEncoder
from glassnet.tabular.reading.table import Column, Table
from glassnet.tabular.reading.text import as_form, as_kind
from glassnet.tabular.splitting.duplicates import mixed

__all__ = ["MOST_HASHES", "RowHashes", "SeenRows", "hash_rows", "row_contents"]

MOST_HASHES = 125_000
"""Most hashes in a file: one megabyte."""

_ALL = 2**64 - 1
_MISSING = np.uint64(0x6D697373696E6721)
_NEGLIGIBLE = 0.01  # share of rows
_CHANCE = 1e-3
_ARRAYS = {"training": "rows.training", "validation": "rows.validation", "facts": "rows.facts"}


def row_contents(encoder: TableEncoder, target: TargetEncoder, table: Table, answer: Column) -> Iterator[Column]:
    """Yield the columns that a model uses and the ``answer``, as they were read and of the kinds of training.

    The hashes of rows are made of these, so that a file, a frame and an array with equal cells have equal hashes.
    """
    where, forms = "row_contents", encoder.forms
    yield from (finite(as_form(table[name], forms[name], where)) for name in encoder.column_names)
    if target.labels:  # the number of its class: the same label may be written in several ways
        values = target.transform(answer).astype(np.float64)
    else:
        values = as_kind(as_form(answer, target.form, where), "number", where).values
    yield Column(target.name, "number", values, np.zeros(len(values), dtype=bool))


def hash_rows(columns: Iterable[Column], salt: int) -> np.ndarray:
    """Return a 64-bit hash of each row, uint64 (n,), whatever the order of the columns.

    Numbers with fractions count to 24 binary digits, so that single and double precision have equal hashes. A cell
    cannot be computed from the hash of its row; but who can guess a row can check whether it has a given hash.

    Examples
    --------
    >>> from glassnet.tabular.reading.frames import to_table
    >>> one = to_table({"a": [1.1, 2.0], "b": ["x", "y"]})
    >>> other = to_table({"b": ["x", "z"], "a": np.array([1.1, 2.0], dtype=np.float32)})
    >>> (hash_rows(one.columns, 7) == hash_rows(other.columns, 7)).tolist()
    [True, False]
    """
    total: np.ndarray = np.zeros((), dtype=np.uint64)
    for column in columns:
        first, second = (_number(f"{part} {column.name}", salt) for part in ("first", "second"))
        key = _key(column, salt)
        # A product of two mixed halves cannot be run backwards, as each of them could.
        factor = mixed(key ^ first) | np.uint64(1)
        total = total + mixed(key + second) * factor
    return mixed(total ^ np.uint64(salt))


def _number(text: str, salt: int) -> np.uint64:
    """Return 64 bits that depend on every character."""
    key = salt.to_bytes(8, "little")
    return np.uint64(int.from_bytes(blake2b(text.encode(errors="surrogatepass"), digest_size=8, key=key).digest()))


def _key(column: Column, salt: int) -> np.ndarray:
    """Return 64 bits for each cell, the same on every machine."""
    if column.kind == "category":
        cells = column.values.tolist()
        known = {text: _number(text, salt) for text in set(cells)}
        keys = np.fromiter(map(known.__getitem__, cells), np.uint64, len(cells))
    elif column.kind == "number":
        values = column.values + 0.0  # -0.0 + 0.0 is 0.0
        bits = values.view(np.uint64)
        short = (bits + np.uint64(1 << 28)) & ~np.uint64((1 << 29) - 1)
        keys = np.where(values == np.floor(values), bits, short)
    elif column.kind == "date":
        keys = column.values.astype("M8[us]").view(np.uint64)
    else:
        keys = column.values.astype(np.uint64)
    return np.where(column.missing, _MISSING, keys)


@dataclass(frozen=True)
class SeenRows:
    """How many of some rows equal rows of a model's training."""

    n_rows: int  # that could be compared: of a sample of hashes, only a part can
    trained_on: int
    chose_epoch: int  # equal to rows that chose the epoch, and to none that was trained on
    sentence: str  # about them; "" if they are too few to matter

    def to_dict(self) -> dict[str, Any]:
        """Return the counts, JSON-able."""
        return {"compared": self.n_rows, "trained_on": self.trained_on, "chose_epoch": self.chose_epoch}


@dataclass(frozen=True)
class RowHashes:
    """The hashes of the rows that a model was trained on, and of those that chose its epoch.

    Parameters
    ----------
    training, validation : ndarray of uint64
        Distinct hashes, sorted; beyond `MOST_HASHES` of both together the smallest.
    salt : int
        What the hashes of this model depend on: those of another say nothing about it.
    n_rows, n_single : int
        Number of training rows, and of those that equal no other.
    limit : int
        Largest hash that was kept: of rows with a larger one nothing is known.
    """

    training: np.ndarray
    validation: np.ndarray
    salt: int
    n_rows: int
    n_single: int
    limit: int = _ALL

    @classmethod
    def of(cls, training: Iterable[Column], validation: Iterable[Column] | None, salt: int) -> RowHashes:
        """Return the hashes of rows given by their `row_contents`."""
        train, counts = np.unique(hash_rows(training, salt), return_counts=True)
        valid = np.unique(hash_rows(validation, salt)) if validation is not None else np.empty(0, np.uint64)
        valid = np.setdiff1d(valid, train, assume_unique=True)
        limit = _ALL
        if len(train) + len(valid) > MOST_HASHES:
            limit = int(np.partition(np.concatenate([train, valid]), MOST_HASHES - 1)[MOST_HASHES - 1])
            train, valid = train[train <= limit], valid[valid <= limit]
        return cls(train, valid, salt, int(counts.sum()), int((counts == 1).sum()), limit)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays of uint64 by name, for a file; `from_arrays` reads them."""
        facts = np.array([self.salt, self.n_rows, self.n_single, self.limit], dtype=np.uint64)
        return dict(zip(_ARRAYS.values(), (self.training, self.validation, facts), strict=True))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> RowHashes | None:
        """Return the hashes in arrays by name; None if there are none.

        Raises
        ------
        FormatError
            Some arrays are missing, or not such as `arrays` returns.
        """
        found = {part: arrays[name] for part, name in _ARRAYS.items() if name in arrays}
        if not found:
            return None
        is_whole = len(found) == len(_ARRAYS) and all(a.dtype == np.uint64 and a.ndim == 1 for a in found.values())
        if not is_whole or len(found["facts"]) != 4 or len(found["training"]) + len(found["validation"]) > MOST_HASHES:
            must = f"the hashes of rows must be at most {MOST_HASHES:,} numbers of 64 bits, with four facts about them"
            message = f"RowHashes.from_arrays: the arrays are not hashes of rows; {must}."
            raise FormatError(message, expected=must)
        salt, n_rows, n_single, limit = map(int, found["facts"])
        return cls(found["training"], found["validation"], salt, n_rows, min(n_single, n_rows), limit)

    def compare(self, contents: Iterable[Column]) -> SeenRows:
        """Return how many of the rows with these `row_contents` were trained on, or chose the epoch."""
        hashes = hash_rows(contents, self.salt)
        hashes = hashes[hashes <= np.uint64(self.limit)]
        trained = np.isin(hashes, self.training)
        chose = np.isin(hashes, self.validation)
        n, n_trained, n_chose = len(hashes), int(trained.sum()), int(chose.sum())
        is_whole = bool(np.isin(self.training, hashes).all()) and self._chance_of_all(n) < _CHANCE
        return SeenRows(n, n_trained, n_chose, self._sentence(n, n_trained, n_chose, is_whole))

    def _chance_of_all(self, n: int) -> float:
        """Return the chance that among ``n`` new rows there is one equal to each single row of training."""
        each = 1.0 - (1.0 - 1.0 / max(self.n_rows, 1)) ** n
        return float(each**self.n_single)

    def _sentence(self, n: int, n_trained: int, n_chose: int, is_whole: bool) -> str:
        """Return what the counts say, as far as they matter; ``is_whole`` is whether all of training must be there."""
        parts = {"were trained on": n_trained, "chose the best epoch": n_chose}
        shares = {words: count / n for words, count in parts.items() if n and count >= _NEGLIGIBLE * n}
        if not shares:
            return ""
        is_sample = self.limit < _ALL
        about, sample = ("About ", " (estimated from a sample of the training rows)") if is_sample else ("", "")
        if 0 < n_trained <= n * self._share_of_repeats(n) and not is_whole:
            equal = f"{about}{_percent((n_trained + n_chose) / n)} of these rows equal training rows{sample}"
            return f"{equal}: rows of this table repeat so often that new ones may, too."
        said = [f"{_percent(share)} {words}" for words, share in shares.items()]
        said[0] = said[0].replace(" %", " % of these rows", 1)
        return f"{about}{' and '.join(said)}{sample}: the scores flatter the model."

    def _share_of_repeats(self, n: int) -> float:
        """Return the largest share of ``n`` new rows that may equal training rows, because rows of this table repeat.

        References
        ----------
        Good (1953), "The population frequencies of species and the estimation of population parameters": a new
        observation is an unseen one with the probability that an observation is a single one.
        """
        if self.n_single == self.n_rows:
            return 0.0
        share = (self.n_rows - self.n_single + 1) / (self.n_rows + 2)
        return share + 3.0 * math.sqrt(share * (1.0 - share) * (1.0 / n + 1.0 / max(self.n_rows, 1)))


def _percent(share: float) -> str:
    """Return a share in whole percent; 100 only if it is all.

    Examples
    --------
    >>> _percent(0.6401), _percent(0.999), _percent(1.0)
    ('64 %', '99 %', '100 %')
    """
    return f"{100 if share == 1.0 else min(round(100 * share), 99)} %"
