"""The program that an exported C file can be: it reads a CSV as people write them, and says what is wrong with one."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from c_programs import STRICT, build, exit_code
from glassnet.exports.plan import Answer, Field, Flag, Join, Lookup, Plan, Scaled, Value
from glassnet.exports.proof import made_up_rows, prove
from glassnet.exports.referee import interpret
from glassnet.exports.targets.c_target import c_file
from glassnet.exports.targets.target import Options
from glassnet.tabular.reading.form import Form

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def _value(name: str, width: int = 1) -> Value:
    return Value(name, (width,))


FIELDS = (
    Field("Age, in years", "number", Form("number"), 0.0, 100.0, 40.0, 10.0),
    Field('the "city"', "category", Form("category"), categories=("Rome", "Paris", 'a "b", c', "Zürich")),
    Field("when", "date", Form("date"), 18000.0, 20000.0, 19000.0, 100.0),
    Field("ok", "boolean", Form("boolean"), 0.0, 1.0, 0.5, 0.5),
)
TABLE = np.array([[0.0], [-1.0], [1.0], [2.0], [3.0], [4.0]])
STEPS = (
    Scaled(_value("age"), 0, 40.0, 0.0, 1.0),
    Flag(_value("gap"), 0, 0.0, 1.0),
    Lookup(_value("city"), 1, FIELDS[1].categories, TABLE),
    Scaled(_value("day"), 2, 0.0, 0.0, 1.0),
    Scaled(_value("ok"), 3, 0.5, 0.0, 1.0),
    Join(_value("x", 5), tuple(map(_value, ("age", "gap", "city", "day", "ok")))),
)
PLAN = Plan("shows", FIELDS, (), STEPS, _value("x", 5), _value("x", 5), Answer("numbers", tuple("abcde")))
"""A model that returns what it has read."""

TITLES = '"Age, in years","the ""city""",when,ok'


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled program."""
    rows = made_up_rows(PLAN, 50)
    text = c_file.print_plan(PLAN, prove(PLAN, interpret(PLAN, rows), rows, np.float32), Options())[".c"].decode()
    return build(tmp_path_factory.mktemp("program"), {"m.c": text}, ["-std=c99", "-O1", *STRICT, "-DSHOWS_MAIN"])


def _read(program: Path, text: str) -> list[list[float]]:
    code, printed, said = exit_code(program, stdin=text)
    assert (code, said) == (0, "")
    lines = printed.splitlines()
    assert lines[0] == '"a","b","c","d","e"'
    return [[float(cell) for cell in line.split(",")] for line in lines[1:]]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("41,Rome,2024-02-29,1", [41, 0, 1, 19782, 1]),
        (' 41 ,"Rome", 1970-01-01 ,true', [41, 0, 1, 0, 1]),
        ('1e2,"a ""b"", c",1969-12-31,false', [100, 0, 3, -1, 0]),
        (",Zürich,20000,0", [40, 1, 4, 20000, 0]),
        (",,,", [40, 1, 0, 0, 0.5]),
        ("inf,,nan,-inf", [40, 1, 0, 0, 0.5]),
        ("7,rome,2000-03-01T12:00,1", [7, 0, -1, 11017, 1]),
        ('7,"Ro\nme",1900-03-01,1', [7, 0, -1, -25508, 1]),
    ],
)
def test_rows(program: Path, row: str, wanted: list[float]) -> None:
    """Numbers, quotes, dates, words for true, gaps and unknown texts are read as training means them."""
    assert _read(program, f"{TITLES}\n{row}\n") == [wanted]


def test_tables_of_all_manners(program: Path) -> None:
    """A mark of UTF-8, other line ends, further columns, another order, empty lines and a last line without end."""
    text = '\ufeffok,other,when,"the ""city""", "Age, in years" \r\n1,"x,\ny",0,Paris,5\r\n\r\n0,,1,Rome,6'
    text = text.replace(', "Age, in years" ', ',"Age, in years"')
    assert _read(program, text) == [[5, 0, 2, 0, 1], [6, 0, 1, 1, 0]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{TITLES}\n1,Rome,0,1\n2x,Rome,0,1\n", "row 2 must have a value that can be read in column 1."),
        (f"{TITLES}\n1,Rome,0\n", "row 1 must have a value that can be read in column 4."),
        (f"{TITLES}\n1,Rome,never,0\n", "row 1 must have a value that can be read in column 3."),
        ("when,ok\n0,1\n", "the table must have the column 1, Age, in years."),
        ("", "the table must have the column 1, Age, in years."),
        (f"{TITLES}\n{'9' * 70000},Rome,0,1\n", "row 1 must be shorter."),
    ],
)
def test_what_is_wrong(program: Path, text: str, said: str) -> None:
    """A cell that cannot be read and a column that is not there are named."""
    code, _, found = exit_code(program, stdin=text)
    assert (code, found.strip()) == (2, said)


def test_selftest_of_the_program(program: Path) -> None:
    """With --selftest it returns 0 and says so."""
    assert exit_code(program, "--selftest")[:2] == (0, "self-test: 0 failures\n")
