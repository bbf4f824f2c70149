"""The shares that are promised: true causes first, nobody who is right accused, loops of short fits left in peace."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import pytest

import glassnet as gn
from planted_faults import FAULTS, HEALTHY, LOOPS, Fault
from posted_programs import POSTED


def first_code(fault: Fault, seed: int) -> str:
    """Return what is found first in a training with a fault; nothing if that is a note."""
    network, X, y, options = fault.make(seed)
    try:
        found = network.fit(X, y, **options).findings
    except gn.DivergenceError:
        found = network.history.findings
    return found[0].code if found.problems else ""


def missed(faults: Mapping[str, Fault], seeds: range) -> list[tuple[str, int, str]]:
    """Return the trainings of which something else is found first than what is wrong with them."""
    said = [(name, seed, first_code(fault, seed)) for name, fault in faults.items() for seed in seeds]
    return [(name, seed, code) for name, seed, code in said if code not in faults[name].codes]


@pytest.mark.parametrize("seeds", [range(1), pytest.param(range(1, 4), marks=pytest.mark.slow)])  # three times as long
def test_nine_of_ten_first_findings_name_the_fault(seeds: range) -> None:
    """The first finding names what is wrong in at least nine of ten trainings with a fault."""
    faults = FAULTS | POSTED
    wrong = missed(faults, seeds)
    assert len(wrong) <= 0.1 * len(faults) * len(seeds), wrong


def alarms(seeds: range) -> list[tuple[str, int, list[str]]]:
    """Return the healthy trainings of which anything worse than a note is said."""
    found = []
    for name, make in HEALTHY.items():
        for seed in seeds:
            network, X, y, options = make(seed)
            codes = [finding.code for finding in network.fit(X, y, **options).findings.problems]
            found += [(name, seed, codes)] if codes else []
    return found


@pytest.mark.parametrize("seeds", [range(1), pytest.param(range(1, 4), marks=pytest.mark.slow)])  # three times as long
def test_nobody_who_is_right_is_accused(seeds: range) -> None:
    """Of healthy trainings nothing worse than a note is said."""
    pytest.importorskip("sklearn")
    assert alarms(seeds) == []


@pytest.mark.parametrize("name", LOOPS)
def test_loops_of_short_fits_are_left_in_peace(name: str) -> None:
    """Whoever trains in a loop is not told to train for longer, nor anything else."""
    pytest.importorskip("sklearn")
    with warnings.catch_warnings():
        warnings.simplefilter("error", gn.DiagnosisWarning)
        LOOPS[name](0)
