"""Right programs in many layouts are cleared by `check_my_backprop`; with one planted mistake none is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from more_right_programs import OPTIONS, PROGRAMS


def checked(name: str, slip: float, seed: int = 0) -> Any:
    """Return what is said of a program."""
    call = PROGRAMS[name](np.random.default_rng(seed), slip)
    return gn.check_my_backprop(*call, **OPTIONS.get(name, {}))


@pytest.mark.parametrize("name", PROGRAMS)
def test_right_programs_are_cleared(name: str) -> None:
    """What is right is called right, with nothing else said to be wrong."""
    report = checked(name, 1.0)
    assert report.ok, report
    assert report.kinds == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_planted_mistakes_are_seen(name: str) -> None:
    """The same program with one gradient multiplied by 1.5 is not passed."""
    report = checked(name, 1.5)
    assert not report.ok
    assert report.kinds


@pytest.mark.slow
def test_right_programs_are_cleared_with_any_seed() -> None:
    """No start makes a right program look wrong, or a wrong one right."""
    for name in PROGRAMS:
        for seed in range(1, 20):
            assert checked(name, 1.0, seed).ok, (name, seed)
            assert not checked(name, 1.5, seed).ok, (name, seed)
