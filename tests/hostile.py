"""Model files taken apart and put together wrongly: what the attack table and the fuzz share."""

from __future__ import annotations

import copy
import json
import math
import random
import signal
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.tabular import TableEncoder, TableModel, TargetEncoder

DATA = Path(__file__).parent / "data"


class Parts:
    """A model file as header, description and bytes of the arrays, to be changed one by one.

    ``header_text`` and ``description_text`` take the place of what is in ``header`` and ``description`` if given.
    """

    def __init__(self, content: bytes) -> None:
        length = struct.unpack("<Q", content[:8])[0]
        self.header: Any = json.loads(content[8 : 8 + length])
        self.description: Any = json.loads(self.header["__metadata__"]["glassnet"])
        self.data = content[8 + length :]
        self.header_text: bytes | None = None
        self.description_text: str | None = None

    def content(self) -> bytes:
        """Return the file."""
        header = self.header
        if isinstance(header, dict) and isinstance(header.get("__metadata__"), dict):
            text = json.dumps(self.description) if self.description_text is None else self.description_text
            header["__metadata__"]["glassnet"] = text
        words = json.dumps(header).encode() if self.header_text is None else self.header_text
        return struct.pack("<Q", len(words)) + words + self.data

    def array(self, name: str) -> np.ndarray:
        """Return a copy of an array."""
        entry = self.header[name]
        start, stop = entry["data_offsets"]
        return np.frombuffer(self.data[start:stop], {"F32": "<f4", "F64": "<f8"}[entry["dtype"]]).copy()

    def put(self, name: str, array: np.ndarray) -> None:
        """Overwrite an array's bytes."""
        start, stop = self.header[name]["data_offsets"]
        self.data = self.data[:start] + array.tobytes() + self.data[stop:]


class TooSlow(BaseException):
    """Raised by the alarm; no Exception, so that nothing on the way can swallow it."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` in the middle of what takes longer; only a last resort against what never ends."""

    def ring(number: int, frame: Any) -> None:
        message = f"longer than {seconds} s"
        raise TooSlow(message)

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def outcome(path: Path, load: Callable[[Path], Any]) -> str:
    """Load a file and use what comes: return "loaded", or "refused: " and why; other errors pass through."""
    with deadline(10.0), np.errstate(all="warn"):
        try:
            found = load(path)
        except gn.FormatError as error:
            words = str(error)
            return f"refused: {words}" if f"load({str(path)!r}): " in words and len(words) < 3000 else words
        net = network_of(found)
        assert isinstance(net, gn.Network)
        assert repr(net)
        if net.history.epochs:
            assert isinstance(net.history.table(), str)
        # What fills memory is for whoever brings such inputs.
        if math.prod(net.input_shape) < 10_000 and net.n_outputs < 100_000:
            with np.errstate(all="ignore"):
                try:
                    use(found)
                except gn.GlassnetError as error:
                    return f"loaded, but not usable: {error}"
    return "loaded"


def use(found: Any) -> None:
    """Do with a model what one does with models."""
    net = network_of(found)
    net.predict(np.zeros((2, *net.input_shape)))
    net.summary()
    if isinstance(found, TableModel):
        found.encoder.describe()
        found.predict(FRAME)
        found.warnings(FRAME)
    elif net is not found:
        found.predict_proba(np.zeros((2, *net.input_shape)))


def network_of(found: Any) -> Any:
    """Return the network inside of what was loaded."""
    if isinstance(found, TableModel):
        return found.network
    return getattr(found, "network_", found)


FRAME = {
    "size": [1.0, 2.0, None, 9.0, 4.0, 7.0],
    "sunny": [True, False, True, True, False, True],
    "colour": ["red", "blue", "green", "red", "blue", "green"],
    "one": ["same"] * 6,
    "day": np.array(["2024-01-01", "2024-03-05", "2025-02-01", "2024-05-31", "2025-06-30", "2024-01-09"], "M8[D]"),
}


# ---- base files ------------------------------------------------------------------------------------------------------


def _trained(path: Path) -> None:
    layers = [gn.Dense(3, "relu"), gn.BatchNorm(), gn.Dropout(0.1), gn.Dense(2)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=gn.AdamW(gn.CosineDecay(0.01, epochs=9)), seed=3)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((12, 4)), rng.integers(0, 2, 12)
    net.fit(X, y, epochs=2, validation_data=(X, y), early_stopping=gn.EarlyStopping(patience=5))
    net.metadata["note"] = ["made by a test", 1.5, None]
    net.save(path, training_state=True)


def _members(path: Path) -> None:
    net = gn.Network([gn.Dense(2, "tanh"), gn.Dense(1)], loss="squared_error", optimizer="sgd", members=2, seed=1)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((8, 3)), rng.standard_normal(8)
    net.fit(X, y, epochs=2, validation_data=(X, y), early_stopping=gn.EarlyStopping(patience=5))
    net.save(path, training_state=True)


def _nested(path: Path) -> None:
    branch = gn.Concatenate([gn.Identity(), [gn.Dense(2, "gelu").tuned(rate_factor=0.5), gn.LayerNorm()]])
    layers = [gn.Select([0, 2]), branch, gn.Residual([gn.Dense(4, "silu")]), gn.Parametric("tanh"), gn.Dense(1)]
    rate = gn.Warmup(gn.ReduceOnPlateau(0.1, monitor="loss"), epochs=2)
    optimizer = gn.RMSprop(rate, momentum=0.5, clip_norm=1.0, ema=0.9)
    net = gn.Network(layers, loss="squared_error", optimizer=optimizer, seed=1, l2=0.01, max_norm=2.0)
    rng = np.random.default_rng(0)
    net.fit(rng.standard_normal((8, 3)), rng.standard_normal(8), epochs=2)
    net.save(path, training_state=True)


class Stumble(gn.Callback):
    """Raise after some steps, as a power cut would: a checkpoint in the middle of an epoch is left."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_step_end(self, run: Any) -> None:
        self.steps -= 1
        if self.steps == 0:
            raise InterruptedError


def _checkpoint(path: Path) -> None:
    net = gn.Network([gn.Dense(2, "relu"), gn.Dense(1)], loss="binary_cross_entropy", optimizer="adam", seed=1)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((8, 3)), rng.integers(0, 2, 8)
    with pytest.raises(InterruptedError):
        net.fit(X, y, epochs=1, batch_size=2, checkpoint=gn.Checkpoint(path, every_steps=1), callbacks=Stumble(3))


def _table(path: Path) -> None:
    labels = ["cat", "cat", "dog", "dog", "cat", "dog"]
    encoder, target = TableEncoder().fit(FRAME), TargetEncoder().fit(labels)
    net = gn.Network([gn.Dense(target.n_outputs)], loss=target.loss, seed=0)
    net.fit(encoder.transform(FRAME), target.transform(labels), epochs=1)
    TableModel(net, encoder, target).save(path)


def _perceptron(path: Path) -> None:
    from glassnet.sklearn import MLPClassifier

    estimator = MLPClassifier((3,), max_iter=2, random_state=0, early_stopping=True, scale_inputs=True)
    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(rng.standard_normal((24, 4)), np.array(["cat", "dog", "cow"])[rng.integers(0, 3, 24)])
    estimator.save(path, training_state=True)


def _load_perceptron(path: Path) -> Any:
    from glassnet.sklearn import load

    return load(path)


def _fixture(path: Path) -> None:
    path.write_bytes((DATA / "format_1.safetensors").read_bytes())


# How each base file is written and read; a new kind of file is one line.
BASES: dict[str, tuple[Callable[[Path], None], Callable[[Path], Any]]] = {
    "checkpoint": (_checkpoint, gn.load),
    "fixture": (_fixture, gn.load),
    "members": (_members, gn.load),
    "nested": (_nested, gn.load),
    "perceptron": (_perceptron, _load_perceptron),
    "table": (_table, TableModel.load),
    "trained": (_trained, gn.load),
}


# ---- mutations -------------------------------------------------------------------------------------------------------


def nasty(random: random.Random) -> Any:
    """Return a value that somebody with bad intentions might put anywhere."""
    deep: Any = []
    for _ in range(random.choice([5, 90, 300])):
        deep = [deep] if random.random() < 0.5 else {"layers": deep}
    values = [
        None, True, False, 0, 1, -1, 2, 3, 1.5, 0.5, 1e308, 5e-324, -0.0, math.nan, math.inf, -math.inf, 10**9, 2**31,
        2**53 + 1, 2**63, 2**64, 10**12, 10**99, 10**400, "", "x", "relu", "Dense", "Sequential", "Constant", "adam",
        "__init__", "__class__", "os.system", "../x", "\x00", "\ud800", "é" * 50, "A" * 5000, "3", "nan", [], {}, [[]],
        [1, 2, 3], [0.5] * 20, [None] * 300, [True], {"": None}, {"class": "Dense", "units": 3}, {"class": "ReLU"},
        {"class": "Sequential", "layers": []}, {"class": "Residual", "layers": [{"class": "Identity"}]},
        {"schedule": "Constant", "value": 0.1}, {"schedule": "Warmup", "then": 1, "epochs": 2}, deep,
    ]  # fmt: skip
    return random.choice(values)


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Return (container, key) of every value in a tree."""
    found = []
    todo = [tree]
    while todo:
        whole = todo.pop()
        keys: Any = range(len(whole)) if isinstance(whole, list) else list(whole)
        for key in keys:
            found.append((whole, key))
            if isinstance(whole[key], (dict, list)):
                todo.append(whole[key])
    return found


def _change_tree(random: random.Random, tree: Any) -> None:
    """Replace, delete, double, rename or splice one value of a tree."""
    places = _places(tree)
    if not places:
        return
    whole, key = random.choice(places)
    how = random.randrange(8)
    if how == 0:
        del whole[key]
    elif how == 1:
        other, name = random.choice(places)
        if name in other if isinstance(other, dict) else name < len(other):
            whole[key] = copy.deepcopy(other[name])
    elif how == 2 and isinstance(whole, dict):
        whole[random.choice([str(nasty(random))[:50], key.upper(), key + " ", key[:-1]])] = whole.pop(key)
    elif how == 3 and isinstance(whole, list):
        whole.insert(random.randrange(len(whole) + 1), copy.deepcopy(random.choice([whole[key], nasty(random)])))
    elif how == 4 and isinstance(whole, dict):
        whole[str(nasty(random))[:50]] = copy.deepcopy(random.choice([whole[key], nasty(random)]))
    elif how == 5 and type(whole[key]) in (int, float):
        whole[key] = random.choice([whole[key] + 1, whole[key] - 1, -whole[key], whole[key] * 10**30, str(whole[key])])
    else:
        whole[key] = nasty(random)


def _change_bytes(random: random.Random, content: bytes) -> bytes:
    """Flip, overwrite, cut, repeat or insert a few bytes."""
    found = bytearray(content)
    start = random.randrange(len(found) + 1) if random.random() < 0.5 else random.randrange(min(len(found), 64) + 1)
    stop = min(len(found), start + random.choice([1, 1, 2, 8, 100]))
    how = random.randrange(6)
    if how == 0 and start < len(found):
        found[start] ^= 1 << random.randrange(8)
    elif how == 1:
        found[start:stop] = random.randbytes(stop - start)
    elif how == 2:
        del found[start:stop]
    elif how == 3:
        found[start:start] = found[start:stop]
    elif how == 4:
        found[start:start] = random.randbytes(random.choice([1, 4, 8]))
    else:
        del found[start:]
    return bytes(found)


def _change_arrays(random: random.Random, parts: Parts) -> None:
    """Swap the bytes or the names of two arrays, or fill one."""
    names = [name for name in parts.header if name != "__metadata__"]
    one, other = parts.header[random.choice(names)], parts.header[random.choice(names)]
    how = random.randrange(4)
    if how == 0:
        one["data_offsets"], other["data_offsets"] = other["data_offsets"], one["data_offsets"]
    elif how == 1:
        a, b = random.choice(names), random.choice(names)
        parts.header[a], parts.header[b] = parts.header[b], parts.header[a]
    elif how == 2:
        one["dtype"] = random.choice(["F64", "F32", "F16", "BF16", "I64", "I32", "BOOL", "U8", "F8_E4M3", "f4"])
    else:
        name = random.choice(names)
        array = parts.array(name)
        value = random.choice([math.nan, math.inf, -math.inf, -1.0, 0.0, 3e38, 1e-45])
        array[slice(random.randrange(len(array) + 1), None)] = value
        parts.put(name, array)


def mutated(random: random.Random, content: bytes) -> bytes:
    """Return a file that differs from a good one in one to three places of any kind."""
    parts = Parts(content)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        how = random.randrange(10)
        if how < 5:
            _change_tree(random, parts.description)
        elif how == 5:
            _change_tree(random, parts.header)
            if not isinstance(parts.header, dict) or any(
                not isinstance(entry, dict) for entry in parts.header.values()
            ):
                return parts.content()
        elif how == 6:
            text = json.dumps(parts.description).encode()
            parts.description_text = _change_bytes(random, text).decode("utf-8", "replace")
        elif how == 7:
            parts.header_text = _change_bytes(random, json.dumps(parts.header).encode())
        elif how == 8:
            try:
                _change_arrays(random, parts)
            except (KeyError, TypeError, ValueError, IndexError):  # the header was changed before
                return parts.content()
        else:
            return _change_bytes(random, parts.content())
    return parts.content()
