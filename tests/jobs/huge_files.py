"""Load huge and hostile files with little memory and little time: prints each one's outcome as a line of JSON.

Usage: huge_files.py FOLDER [PART]

With PART = 10 the files have a tenth of the size: quick, for what does not depend on it.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
import time
import tracemalloc  # noqa: F401  # loaded before memory is limited
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.saving.strict_json import MOST_BYTES

MEMORY = 2 * 2**30
SECONDS = 60

CONFIG: dict[str, Any] = {
    "layers": [{"class": "Identity"}], "loss": {"class": "SquaredError"}, "optimizer": {"class": "SGD"},
    "seeds": [0], "dtype": "float32", "members": None, "input_shape": [1],
}  # fmt: skip


def described(config: dict[str, Any], metadata: Any = None) -> bytes:
    """Return a file without arrays."""
    description = {"format_version": 1, "config": config, "metadata": metadata or {}, "training": None}
    header = json.dumps({"__metadata__": {"glassnet": json.dumps(description)}}).encode()
    return struct.pack("<Q", len(header)) + header


def with_text(text: str) -> bytes:
    """Return a file with any text in the place of the description."""
    header = json.dumps({"__metadata__": {"glassnet": text}}, ensure_ascii=False).encode()
    return struct.pack("<Q", len(header)) + header


def with_header(header: bytes) -> bytes:
    """Return a file that is all header."""
    return struct.pack("<Q", len(header)) + header


PART = int(sys.argv[2]) if len(sys.argv) > 2 else 1
ROOM = (MOST_BYTES - 1000) // PART


def _sparse(path: Path) -> None:
    header = json.dumps({"a": {"dtype": "U8", "shape": [2**40], "data_offsets": [0, 2**40]}}).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + 2**40)


def _dense(**changes: Any) -> dict[str, Any]:
    return CONFIG | {"layers": [{"class": "Dense", "units": 3}]} | changes


CASES: dict[str, Callable[[], bytes] | Callable[[Path], None]] = {
    "header of 200 MB": lambda: with_header(b'{"a":"' + b"x" * 200_000_000 + b'"}'),
    "text of 60 MB": lambda: with_header(b'{"__metadata__":{"glassnet":"' + b"x" * ROOM + b'"}}'),
    "wide text": lambda: with_text("\U0001f600" * (ROOM // 4)),
    "lists": lambda: with_text("[" + "[]," * (ROOM // 3 - 10) + "1]"),
    "lists in hiding": lambda: with_header(
        b'{"__metadata__":{"glassnet":"[' + rb"[]\u002c" * (ROOM // 8 - 10) + b'1]"}}'
    ),
    "most entries": lambda: with_text('{"format_version":[' + "[]," * (1_200_000 // PART) + "1]}"),
    "keys": lambda: with_text("{" + ",".join(f'"{i}":0' for i in range(1_500_000 // PART)) + "}"),
    "same keys": lambda: with_text("{" + ",".join([f'"{i}":0' for i in range(500_000 // PART)] * 2) + "}"),
    "deep header": lambda: with_header(b"[" * 100_000 + b"]" * 100_000),
    "deep description": lambda: with_text("[" * 100_000 + "]" * 100_000),
    "deep objects": lambda: with_text('{"a":' * 100_000 + "1" + "}" * 100_000),
    "long number": lambda: with_text("1" * (10_000_000 // PART)),
    "long float": lambda: with_text("1." + "1" * (10_000_000 // PART)),
    "long name": lambda: described(CONFIG | {"layers": [{"class": "D" * (20_000_000 // PART)}]}),
    "units": lambda: described(_dense(layers=[{"class": "Dense", "units": 10**12}])),
    "members": lambda: described(_dense(members=10**12)),
    "many seeds": lambda: described(CONFIG | {"members": 30_000 // PART, "seeds": [*range(30_000 // PART)]}),
    "long seed": lambda: described(CONFIG | {"seeds": [10**99]}),
    "many layers": lambda: described(CONFIG | {"layers": [{"class": "ReLU"}] * (100_000 // PART)}),
    "input shape": lambda: described(_dense(input_shape=[10**12])),
    "many axes": lambda: described(_dense(input_shape=[2] * (1_000_000 // PART))),
    "long notes": lambda: described(CONFIG, {"a": [0.5] * (1_000_000 // PART)}),
    "many empty arrays": lambda: with_header(
        json.dumps(
            {str(i): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(300_000 // PART)}
        ).encode()
    ),
    "terabyte": _sparse,
}


def main() -> None:
    """Write each file, limit this process, load it."""
    path = Path(sys.argv[1]) / "huge.safetensors"
    gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(1,)).save(path)
    gn.load(path).predict(np.zeros((1, 1)))  # everything that is imported on the way is
    for name, make in CASES.items():
        if make is _sparse:
            _sparse(path)
        else:
            path.write_bytes(make())  # type: ignore[call-arg,arg-type]
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            if status:
                print(json.dumps({"name": name, "outcome": f"died with status {status}"}), flush=True)
            continue
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        begun = time.process_time()
        try:
            found = gn.load(path)
            outcome = f"loaded {len(found.layers)} layers"
        except gn.FormatError as error:
            outcome = str(error)
        except BaseException as error:
            outcome = f"raised {error!r:.200}"
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            json.dumps({"name": name, "outcome": outcome, "MB": used, "s": round(time.process_time() - begun, 2)}),
            flush=True,
        )
        os._exit(0)


if __name__ == "__main__":
    main()
