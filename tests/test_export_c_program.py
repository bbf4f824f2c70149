"""The program that an exported C file can be: it reads a CSV as people write them, and says what is wrong with one."""

from __future__ import annotations

import csv
import io
import itertools
import random
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from c_programs import STRICT, STRICT_CPP, build, exit_code
from export_tables import table_model
from glassnet.cli.app import main
from glassnet.exports.plan import Answer, Field, Flag, Join, Lookup, Plan, Scaled, Step, Value
from glassnet.exports.proof import made_up_rows, prove
from glassnet.exports.referee import interpret
from glassnet.exports.targets.c_target import c_file
from glassnet.exports.targets.python_parts.columns import form_of, read_text
from glassnet.exports.targets.target import Options
from glassnet.tabular import read_table, to_table
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
    assert lines[0] == ",".join(f"prediction_{name}" for name in "abcde")
    return [[float(cell) for cell in line.split(",")] for line in lines[1:]]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("41,Rome,2024-02-29,yes", [41, 0, 1, 19782, 1]),
        (' 41 ,"Rome", 1970-01-01 ,true', [41, 0, 1, 0, 1]),
        ('1e2,"a ""b"", c",1969-12-31,false', [100, 0, 3, -1, 0]),
        (",Zürich,2024-10-04 06:00,NO", [40, 1, 4, 20000.25, 0]),
        (",,,", [40, 1, 0, 0, 0.5]),
        ("NA,NA,n.a.,Unknown", [40, 1, 0, 0, 0.5]),
        ("inf,None,nan,-", [40, 1, -1, 0, 0.5]),
        ("1e400,null,,", [40, 1, 0, 0, 0.5]),
        ("7,rome,2000-03-01T12:00,Y", [7, 0, -1, 11017.5, 1]),
        ('7,"Ro\nme",1900-03-01,y', [7, 0, -1, -25508, 1]),
    ],
)
def test_rows(program: Path, row: str, wanted: list[float]) -> None:
    """Numbers, quotes, dates, words for true, gaps and unknown texts are read as training means them."""
    assert _read(program, f"{TITLES}\n{row}\n") == [wanted]


def test_tables_of_all_manners(program: Path) -> None:
    """A mark of UTF-8, other line ends, further columns, another order, empty lines and a last line without end."""
    text = '\ufeffok,other,when,"the ""city""", "Age, in years" \r\n'
    text += 'TRUE,"x,\ny",1970-01-01,Paris,5\r\n\r\nno,,1970-01-02,Rome,6'
    text = text.replace(', "Age, in years" ', ',"Age, in years"')
    assert _read(program, text) == [[5, 0, 2, 0, 1], [6, 0, 1, 1, 0]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,Rome,,yes\n2x,Rome,,1\n", "line 3: column 'Age, in years' holds '2x'; it must hold numbers."),
        (
            '1,"Ro\n\nme",,t\n2,Rome,never,0\n',
            "line 5: column 'when' holds 'never'; it must hold dates such as 2024-05-31.",
        ),
        ("1,Rome,31.12.2024,0\n", "line 2: column 'when' holds '31.12.2024'; it must hold dates such as 2024-05-31."),
        ("1,Rome,2023-02-29,0\n", "line 2: column 'when' holds '2023-02-29'; it must hold dates such as 2024-05-31."),
        ("1,Rome,,2\n", "line 2: column 'ok' holds '2'; it must hold true or false."),
        ("1,Rome,,\x1b[2J\n", "line 2: column 'ok' holds ' [2J'; it must hold true or false."),
        ("1,Rome,0\n", "line 2: the row has 3 cells; it must have 4, as the header has."),
        (f"{'9' * 70000},Rome,,1\n", "line 2: the row is too long; it must have at most 65536 bytes and 2048 cells."),
        ("\x00,,,,,\n", "line 2: the row has 6 cells; it must have 4, as the header has."),
    ],
)
def test_what_is_wrong(program: Path, text: str, said: str) -> None:
    """A cell that cannot be read is named with its column and its line, and what stands before it is predicted."""
    code, printed, found = exit_code(program, stdin=f"{TITLES}\n{text}")
    assert (code, found.strip()) == (2, said)
    assert printed.count("\n") == (2 if text.count("\n") > 1 else 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when,ok\n0,1\n", "the file has 0 columns 'Age, in years'; it must have one."),
        (f"{TITLES},ok\n", "the file has 2 columns 'ok'; it must have one."),
        ("", "the file has no header; it must have one with the names of the columns."),
    ],
)
def test_what_is_wrong_with_a_header(program: Path, text: str, said: str) -> None:
    """A column that is not there, or twice."""
    assert exit_code(program, stdin=text) == (2, "", f"{said}\n")


def test_other_encodings_are_refused(program: Path) -> None:
    """Bytes that are not UTF-8 would be unknown categories without a word."""
    done = subprocess.run(
        [program], input=f"{TITLES}\n1,Zürich,,1\n".encode("cp1252"), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, b"line 2: the text is not UTF-8; the file must be.\n")


@pytest.mark.parametrize("arguments", [["--nonsense"], ["new.csv"], ["--probabilities", "x"]])
def test_usage(program: Path, arguments: list[str]) -> None:
    """Another word gets the usage, and no endless wait."""
    code, printed, said = exit_code(program, *arguments)
    assert (code, printed, said[:6]) == (2, "", "usage:")


def test_selftest_of_the_program(program: Path) -> None:
    """With --selftest it returns 0 and says so."""
    assert exit_code(program, "--selftest")[:2] == (0, "self-test: 0 failures\n")


# ---- the forms of columns --------------------------------------------------------------------------------------------

FORMS = {
    "euro": Form("number", decimal=",", thousands=".", unit="€", missing=("-999",), example="1.234,50 €"),
    "mass": Form("number", unit="kg", example="3 kg"),
    "swiss": Form("number", thousands="'", example="1'234.5"),
    "day": Form("date", order="dmy", example="31.12.2024"),
    "us": Form("date", order="mdy", example="12/31/2024 11:59 PM"),
    "named": Form("date", example="3 May 2020"),
    "packed": Form("date", example="20241231"),
    "clock": Form("number", style="time", example="08:30"),
    "lasts": Form("number", style="duration", example="64:43:10"),
    "member": Form("boolean", words=("no", "sí"), example="sí"),
    "note": Form("category", style="text"),
    "any": Form("number", loose=True),
}
READ = {
    "euro": {
        "1.234,50 €": 1234.5,
        "€ 7": 7,
        "EUR 7": 7,
        "7EUR": 7,
        "(7)": -7,
        "7-": -7,
        "\u22127,5": -7.5,
        "1.234.567": 1234567,
        "- € 2": -2,
        "€ -2": -2,
        "5,-- €": 5,
        "1e3": 1000,
        "7": 7,
        ",5": 0.5,
        "-999": None,
        "-999,0": None,
        "\xa07 ": 7,
        "7\xa0€": 7,
        "\u221e": None,
        "7 kg": ...,
        "1.5": ...,
        "1.23": ...,
        "--7": ...,
        "(-7)": ...,
        "(7": ...,
        "7)": ...,
        "€ 7 €": ...,
        "€": ...,
        ",": ...,
        "1.2345": ...,
        "0x10": ...,
        "seven": ...,
        "7,5,5": ...,
    },
    "mass": {"3 kg": 3, "3kg": 3, "3 KG": 3, "3 kgs": 3, "3 kg.": 3, "3": 3, "3 g": ..., "3 k": ..., "3,5": ...},
    "swiss": {"1'234.5": 1234.5, "1\u2019234": 1234, "12'34'567": 1234567, "1'23": ...},
    "day": {
        "31.12.2024": 20088,
        "1.2.1970": 31,
        "1/2/70": 31,
        "1-2-68": 35825,
        "2024-12-31": 20088,
        "1970-01-02 12:00": 1.5,
        "1970-01-02T00:00:00Z": 1,
        "1970-01-02T00:00+06:00": 0.75,
        "1.1.1970 24:00": 1,
        "31.4.2024": ...,
        "29.2.1900": ...,
        "1.1.1970 24:01": ...,
        "1.13.2024": ...,
        "1.1": ...,
        "1.1.1970 x": ...,
        "1.1-1970": ...,
        "1.1.1": ...,
        "10000": ...,
    },
    "us": {
        "12/31/2024": 20088,
        "1/2/1970 6:00 PM": 1.75,
        "1/2/1970 12:00 am": 1,
        "1/2/1970 13:00 pm": ...,
        "31/12/2024": ...,
    },
    "named": {
        "3 May 2020": 18385,
        "3. Mai 2020": 18385,
        "May 3, 2020": 18385,
        "may 3rd, 2020 06:00": 18385.25,
        "03-MAY-20": 18385,
        "2020-May-03": 18385,
        "1 März 1970": 59,
        "1 MÄRZ 1970": 59,
        "5 Juni 1970": 155,
        "2020-05-03": 18385,
        "": None,
        "3 Moy 2020": ...,
        "May 2020 3 4": ...,
        "31 Feb 2020": ...,
        "3 May": ...,
        "May": ...,
        "3 4 May 2020": ...,
    },
    "packed": {"20241231": 20088, "2024-12-31": 20088, "20241301": ..., "1/2/2024": ..., "2/2/1970": 32},
    "clock": {
        "08:30": 30600,
        "8:30:15": 30615,
        "8:30 pm": 73800,
        "12:05 a.m.": 300,
        "8:30:15.25": 30615.25,
        "8:61": ...,
        "8": ...,
    },
    "lasts": {
        "64:43:10": 232990,
        "-1:00:00": -3600,
        "2 days 03:04:05": 183845,
        "-1 days +23:00:00": -3600,
        "1:02.5": 62.5,
    },
    "member": {"sí": 1, "SÍ": 1, "Y": ..., "no": 0, "NO": 0, "N": 0, "none": None, "perhaps": ...},
    "any": {"7": 7, "seven": None, "7 kg": None, "NA": None},
}
"""What is read in a cell of a column: a number, None for a missing one, ... for one that is refused."""


def _form_plan(forms: dict[str, Form]) -> Plan:
    """Return a model that returns its first numbers, -1 for missing ones and numbers that nothing blurs."""
    fields = tuple(Field(name, form.kind, form, -1.0, 1e6, 0.0, 1.0) for name, form in forms.items())
    columns = [(name, i) for i, name in enumerate(forms) if not fields[i].is_text]
    steps = [Scaled(_value(name), i, -1.0, 0.0, 1.0) for name, i in columns]
    flags = [Flag(_value(f"no {name}"), i, 0.0, 1.0) for i, name in enumerate(forms)]
    out = _value("x", len(steps) + len(flags))
    parts = tuple(_value(step.out.name) for step in (*steps, *flags))
    names = tuple(part.name for part in parts)
    return Plan("forms", fields, (), (*steps, *flags, Join(out, parts)), out, out, Answer("numbers", names))


def _program(plan: Plan, folder: Path, *flags: str) -> Path:
    rows = made_up_rows(plan, 50)
    text = c_file.print_plan(plan, prove(plan, interpret(plan, rows), rows, np.float32), Options())[".c"].decode()
    flags = flags or ("-std=c99", "-O1", *STRICT)
    return build(folder, {"m.c": text}, [*flags, f"-D{plan.name.upper()}_MAIN"])


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a program of columns in many forms."""
    return _program(_form_plan(FORMS), tmp_path_factory.mktemp("forms"))


def _csv(rows: list[dict[str, str]], mark: str = ",") -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(FORMS), delimiter=mark)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_forms(reader: Path, mark: str) -> None:
    """Cells are read in the form of their column, whatever separates them."""
    cases = [(name, cell, value) for name, cells in READ.items() for cell, value in cells.items() if value is not ...]
    code, printed, said = exit_code(reader, stdin=_csv([{name: cell} for name, cell, _ in cases], mark))
    assert (code, said) == (0, "")
    for row, (name, cell, value) in zip(csv.DictReader(io.StringIO(printed)), cases, strict=True):
        wanted = -1.0 if value is None else value
        assert float(row[f"prediction_{name}"]) == pytest.approx(wanted, rel=1e-6), (name, cell)
        assert float(row[f"prediction_no {name}"]) == (value is None), (name, cell)


def test_cells_of_another_form(reader: Path) -> None:
    """Everything else is refused, and not guessed."""
    for name, cells in READ.items():
        for cell in (cell for cell, value in cells.items() if value is ...):
            code, _, said = exit_code(reader, stdin=_csv([{name: cell}]))
            assert code == 2, (name, cell)
            must = FORMS[name].must()
            assert said == f"line 2: column {name!r} holds '{cell}'; it must hold {must}.\n"


def test_the_python_program_reads_the_same(reader: Path) -> None:
    """What is said above of the cells is what the file in Python reads."""
    for name, cells in READ.items():
        form = form_of(FORMS[name].kind, FORMS[name])
        for cell, value in cells.items():
            if name == "any" and value is None:
                continue
            try:
                found = read_text(cell, form)
            except ValueError:
                assert value is ..., (name, cell)
                continue
            assert (None if np.isnan(found) else found) == (value if value is None else pytest.approx(value)), (
                name,
                cell,
            )


def test_text_columns(reader: Path) -> None:
    """In a column of text only an empty cell is missing."""
    code, printed, _ = exit_code(reader, stdin=_csv([{"note": "NA"}, {"note": "  "}, {"note": "None"}]))
    assert code == 0
    assert [row["prediction_no note"] for row in csv.DictReader(io.StringIO(printed))] == ["0", "1", "0"]


def test_a_column_that_cannot_be_read(tmp_path: Path) -> None:
    """The program says so when it starts, and the model in it works."""
    plan = _form_plan({"euro": FORMS["euro"], "when": Form("date", example="2024-Q3")})
    program = _program(plan, tmp_path)
    said = "this program cannot read cells such as '2024-Q3' of column 'when'. Call predict with numbers.\n"
    assert exit_code(program, stdin="euro,when\n1,2024-Q3\n") == (2, "", said)
    assert exit_code(program, "--selftest")[0] == 0


def test_only_what_is_needed_is_printed(tmp_path: Path) -> None:
    """A program of plain numbers has no functions for dates, and one of text none for numbers."""
    for form, gone in ((Form("number"), "_date("), (Form("category"), "_number(")):
        plan = _form_plan({"one": form})
        rows = made_up_rows(plan, 50)
        proof = prove(plan, interpret(plan, rows), rows, np.float32)
        assert gone not in c_file.print_plan(plan, proof, Options())[".c"].decode()
        code, printed, _ = exit_code(_program(plan, tmp_path), stdin="one\n7\nNA\n\n")
        assert (code, printed.count("\n")) == (0, 3)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_order_and_further_columns(reader: Path, ends: str) -> None:
    """Columns stand in any order among others; lines end in any way, the last one in none."""
    names = [*FORMS, "extra", ""][::-1]
    cells = {"euro": "7", "member": "no", "extra": '"a,\n""b"'}
    text = ends.join([";".join(names), ";".join(cells.get(name, "") for name in names)])
    code, printed, said = exit_code(reader, stdin=f"\ufeff{text}")
    assert (code, said) == (0, "")
    (row,) = csv.DictReader(io.StringIO(printed))
    assert (row["prediction_euro"], row["prediction_member"], row["prediction_no mass"]) == ("7", "0", "1")


def _people(n: int, seed: int) -> str:
    """Return a file as people write them."""
    rng = random.Random(seed)
    lines = ["price;day;member;town;mass;left;plain"]
    for _ in range(n):
        price = rng.choice([f"{rng.randrange(1, 9)}.{rng.randrange(100, 999)},{rng.randrange(10, 99)} €", "12,5 €"])
        member = rng.choice(["yes", "no"])
        town = rng.choice(["Rome", "Köln", '"a;b"', '"say ""hi"""', '"two\nlines"', "", "7"])
        mass = rng.choice(["3 kg", "4.5 kg", "12kg", "NA"])
        left = f"{rng.randrange(10, 24)}:{rng.randrange(10, 60)}"
        plain = rng.choice(["1.5", "-3", "4e2", "", "n.a."])
        lines.append(
            f"{price};{rng.randrange(13, 29)}.{rng.randrange(1, 13)}.2024;{member};{town};{mass};{left};{plain}"
        )
    return "\n".join([*lines, ""])


def test_it_prints_what_glassnet_predict_prints(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """For a file in many spellings the program and the command give the same columns, labels and numbers."""
    (tmp_path / "train.csv").write_text(_people(120, 1), encoding="utf-8")
    (tmp_path / "new.csv").write_text(_people(60, 2), encoding="utf-8")
    table = read_table(tmp_path / "train.csv")
    quantile = {"loss": gn.Quantile([0.1, 0.5, 0.9]), "layers": [gn.Dense(5, "tanh"), gn.Dense(3)]}
    number = [float(i % 7) + 0.25 for i in range(120)]
    for name, target, options in (
        ("labels", ["up, and" if word else "down" for word in table["member"].values], {}),
        ("truths", [bool(word) for word in table["member"].values], {}),
        ("numbers", number, {}),
        ("quantiles", number, quantile),
    ):
        model = table_model(table, target, seed=0, **options)
        path = tmp_path / f"{name}.safetensors"
        model.save(path)
        gn.export(model, tmp_path / f"{name}.c", check=False)
        program = build(
            tmp_path, {f"{name}.c": (tmp_path / f"{name}.c").read_text()}, ["-O1", f"-D{name.upper()}_MAIN"]
        )
        for more in ([], ["--probabilities"]) if options == {} and name != "numbers" else ([],):
            assert main(["predict", str(path), str(tmp_path / "new.csv"), *more]) == 0
            theirs = list(csv.reader(io.StringIO(capfd.readouterr().out)))
            code, printed, said = exit_code(program, *more, stdin=_people(60, 2))
            assert (code, said) == (0, "")
            ours = list(csv.reader(io.StringIO(printed)))
            assert ours[0] == theirs[0]
            for own, other in zip(ours[1:], theirs[1:], strict=True):
                for a, b in zip(own, other, strict=True):
                    assert a == b or float(a) == pytest.approx(float(b), rel=2e-5, abs=2e-5)


# ---- numbers and texts that C has no room for ------------------------------------------------------------------------

FAR = ["inf", "-inf", "nan", "1e400", "3.4e38", "-3.4e38", "1e39", "-1e300", "1.7e308", "1e30", "-1e25", "1e-320", "0"]


def _far_plan() -> Plan:
    """Return a model that returns how far numbers are from their centre, cut or not, and whether they are missing."""
    fields = [
        Field(name, "number", Form("number"), -1.0, 1.0, center, 1.0) for name, center in (("a", 0.0), ("b", 1e6))
    ]
    assert [field.needs_double for field in fields] == [False, True]
    steps: list[Step] = []
    for i, bound in itertools.product((0, 1), (None, 3.0)):
        steps.append(Scaled(_value(f"z{i} {bound}"), i, 2.0, 1.0, 1e-3, bound))
    steps += [Flag(_value(f"no {i}"), i, 0.0, 1.0) for i in (0, 1)]
    parts = tuple(step.out for step in steps)
    x = _value("x", 6)
    return Plan(
        "far", tuple(fields), (), (*steps, Join(x, parts)), x, x, Answer("numbers", tuple(p.name for p in parts))
    )


@pytest.mark.parametrize("flags", [["-std=c99", "-O1", *STRICT], ["-O2", "-ffast-math"]], ids=["strict", "fast math"])
def test_far_numbers(flags: list[str], tmp_path: Path) -> None:
    """Infinite numbers are missing, far ones are cut, in single and double precision, whatever a compiler assumes."""
    plan = _far_plan()
    wide = np.array([float(cell) for cell in FAR])
    single = np.where(np.isinf(wide), wide, np.clip(wide, -3.4028234e38, 3.4028234e38))
    text = "\n".join(["a,b", *(f"{cell},{cell}" for cell in FAR), ""])
    code, printed, _ = exit_code(_program(plan, tmp_path, *flags), stdin=text)
    assert code == 0
    found = np.array([[float(cell) for cell in row] for row in list(csv.reader(io.StringIO(printed)))[1:]])
    assert np.allclose(found, interpret(plan, {"a": single, "b": wide}), rtol=1e-6, atol=1e-4)
    assert found[:, 4].tolist() == found[:, 5].tolist() == [1, 1, 1, 1, *[0] * 9]
    assert np.abs(found).max(axis=0)[:4].tolist() == pytest.approx([1e30, 3.0, 1e30, 3.0])


def test_texts_with_a_nul(tmp_path: Path) -> None:
    """C reads a text up to a NUL: such rows are not compared with the model, and the header says so."""
    table = {"town": ["a", "a\0b", "b", "c\0"] * 10, "x": [float(i) for i in range(40)]}
    model = table_model(to_table(table), [float(i % 4) + 0.5 for i in range(40)], seed=0)
    report = gn.export(model, tmp_path / "m.c", data=table)
    assert report.n_run == 20
    assert '"town": text, 4 known, read up to a NUL' in (tmp_path / "m.c").read_text()


# ---- other compilers -------------------------------------------------------------------------------------------------

CHECKS = ["cppcheck", "-q", "--enable=warning,style,portability", "--std=c99", "--error-exitcode=1", "-DFORMS_MAIN"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["gcc", "-std=c99", "-O3", *STRICT],
        ["clang", "-std=c99", "-O2", *STRICT],
        ["clang", "-O2", "-ffast-math"],
        ["tcc"],
        ["g++", "-x", "c++", *STRICT_CPP],
        ["clang++", "-x", "c++", *STRICT_CPP],
    ],
    ids=lambda command: f"{command[0]} {command[-1]}",
)
def test_compilers_read_the_same(reader: Path, command: list[str], tmp_path: Path) -> None:
    """No compiler has a warning, and every program prints the same."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    text = _csv([{name: cell} for name, cells in READ.items() for cell, value in cells.items() if value is not ...])
    source = str(reader.parent / "m.c")
    program = tmp_path / "program"
    done = subprocess.run(
        [*command, "-DFORMS_MAIN", source, "-o", str(program), "-lm"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert exit_code(program, stdin=text) == exit_code(reader, stdin=text)


@pytest.mark.slow
def test_cppcheck_of_the_program(reader: Path) -> None:
    """Cppcheck has nothing to say."""
    if shutil.which("cppcheck") is None:
        pytest.skip("cppcheck is not installed")
    done = subprocess.run([*CHECKS, str(reader.parent / "m.c")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_broken_files(tmp_path: Path) -> None:
    """Whatever is in a file, the program reads and writes no memory but its own."""
    flags = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    program = _program(_form_plan(FORMS), tmp_path, *flags)
    rng = random.Random(0)
    cells = [cell for known in READ.values() for cell in known]
    codes = set()
    for _ in range(600):
        rows = [{name: rng.choice([*READ[name]] if name in READ else cells) for name in FORMS} for _ in range(2)]
        rows = [{name: cell for name, cell in row.items() if rng.random() < 0.2} for row in rows]
        for row in rows:
            if rng.random() < 0.3:
                row[rng.choice([*FORMS])] = "".join(
                    rng.choice("09.,-+()' :/€kgapmTZe%\"\n;\tñ\u2212") for _ in range(20)
                )
            if rng.random() < 0.05:
                row["mass"] = "9" * rng.choice([389, 390, 391, 500])
        text = bytearray(_csv(rows, rng.choice(",;\t|")).encode())
        for _ in range(rng.choice([0, 0, 3])):
            text[rng.randrange(len(text))] = rng.randrange(256)
        codes.add(subprocess.run([program], input=bytes(text), capture_output=True, check=False).returncode)
    assert codes == {0, 2}


def test_names_that_templates_use(tmp_path: Path) -> None:
    """A column or an output is printed as it is called, also where templates have the same word."""
    words = ("NAME", "a LINE of MOST INPUTS", "FURTHER", "PLAIN MORE", "ROWTYPE FILLING")
    fields = tuple(Field(word, "number", Form("number"), -1.0, 1.0) for word in words)
    steps = tuple(Scaled(_value(f"z{i}"), i, 0.0, 0.0, 1.0) for i in range(5))
    x = _value("x", 5)
    parts = tuple(step.out for step in steps)
    plan = Plan("words", fields, (), (*steps, Join(x, parts)), x, x, Answer("numbers", words))
    code, printed, said = exit_code(_program(plan, tmp_path), stdin=f"{','.join(words)}\n1,2,3,4,5\n1,2,x,4,5\n")
    assert code == 2
    assert printed == f"{','.join(f'prediction_{word}' for word in words)}\n1,2,3,4,5\n"
    assert said == "line 3: column 'FURTHER' holds 'x'; it must hold numbers.\n"
