"""Mutation fuzz: whatever is in a file, loading gives a network or one sentence, and soon."""

from __future__ import annotations

import faulthandler
import random
from collections import Counter
from pathlib import Path

import pytest

from hostile import BASES, mutated, outcome

SEED = 20261123


def fuzz(tmp_path: Path, name: str, seed: int, count: int) -> Counter[str]:
    """Load many mutations of one base file; return how many were loaded and how many refused."""
    write, load = BASES[name]
    base = tmp_path / "base.safetensors"
    write(base)
    content = base.read_bytes()
    assert outcome(base, load) == "loaded"
    counts: Counter[str] = Counter()
    path = tmp_path / "mutated"
    for i in range(count):
        file = mutated(random.Random(f"{seed}/{name}/{i}"), content)
        path.write_bytes(file)
        # Of use where even the alarm is not heard: in a loop of C.
        faulthandler.dump_traceback_later(120.0, exit=True)
        try:
            counts[outcome(path, load).partition(":")[0]] += 1
            assert counts.keys() <= {"loaded", "loaded, but not usable", "refused"}
        except BaseException as error:
            error.add_note(f"mutation {i} of the base file {name!r} with seed {seed}")
            raise
        finally:
            faulthandler.cancel_dump_traceback_later()
    return counts


@pytest.mark.parametrize("name", BASES)
def test_mutated_files_load_or_are_refused(name: str, tmp_path: Path) -> None:
    """A file changed in any way gives a usable network or a FormatError, nothing else, no warning, and in time."""
    counts = fuzz(tmp_path, name, SEED, 400)
    assert counts["refused"] > 100  # the mutations bite
    assert counts["loaded"] > 10  # and reach deep


@pytest.mark.slow
@pytest.mark.parametrize("name", BASES)
def test_many_mutated_files_load_or_are_refused(name: str, tmp_path: Path) -> None:
    """The same for 200,000 files."""
    counts = fuzz(tmp_path, name, SEED + 1, 200_000 // len(BASES) + 1)
    print(name, dict(counts))
    assert counts["refused"] > 10_000
