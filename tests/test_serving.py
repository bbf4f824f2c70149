"""A service answers as the model does, within its limits, in one sentence for whatever else it is sent."""

from __future__ import annotations

import asyncio
import json
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.app import main
from glassnet.errors import MissingExtraError
from glassnet.tabular import TabularClassifier, TabularRegressor
from hostile import DATA
from tabular_cases import columns, labels, numbers

pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("uvicorn", reason="uvicorn is not installed")

from glassnet.serving import Limits, make_app
from glassnet.serving.guard import as_json, names_of
from glassnet.serving.listening import open_to_others
from glassnet.serving.warning import in_words

RECORD: dict[str, Any] = {"size": 1.5, "colour": "c1", "town": "t05", "old": True, "seen": "2024-07-10"}
JSON = {"content-type": "application/json"}


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """The body as plain data."""
        return json.loads(self.body)


class Client:
    """Calls an application of ASGI in this process."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = b"",
        headers: dict[str, str] | None = None,
        host: str = "127.0.0.1:8000",
    ) -> Reply:
        """Return the reply to one request."""
        return asyncio.run(self.request(method, path, body, headers, host))

    async def request(self, method: str, path: str, body: Any, headers: dict[str, str] | None, host: str) -> Reply:
        """Send a request and collect the reply; a body that is a list comes in parts, None is a part that never comes."""
        parts = body if isinstance(body, list) else [body]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            part = parts.pop(0) if parts else b""
            if part is None:
                await asyncio.sleep(60.0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: Any) -> None:
            sent.append(message)

        given = {"host": host, **(headers or {})}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "server": ("127.0.0.1", 8000),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
        }  # fmt: skip
        await self.app(scope, receive, send)
        found = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))

    def predict(self, records: Any, **headers: str) -> Reply:
        """Return the reply for records."""
        body = records if isinstance(records, bytes) else json.dumps(records).encode()
        return self("POST", "/predict", body, {**JSON, **headers})


@pytest.fixture(scope="module")
def classifier() -> Any:
    """Return a model of a table that predicts classes."""
    return TabularClassifier("tabm-mini", random_state=0, epochs=2, threads=1).fit(columns(), labels()).model_


@pytest.fixture(scope="module")
def client(classifier: Any) -> Client:
    """Return a client of its service."""
    return Client(make_app(classifier, "pets"))


def one(model: Any, row: Any) -> Any:
    """Return what a model says about a row, with the warnings in the service's words."""
    found = json.loads(json.dumps(model.predict_one(row)))
    return {**found, "warnings": [in_words(warning, {}) for warning in found["warnings"]]}


def test_it_answers_as_the_model_does(client: Client, classifier: Any) -> None:
    """A record gives what `predict_one` says, a list of records a list of them, warnings of each by itself."""
    assert client.predict(RECORD).data == one(classifier, RECORD)
    odd = {**RECORD, "size": 1e9, "colour": "never seen"}
    gap = {**RECORD, "size": None, "town": None}
    reply = client.predict([RECORD, odd, gap])
    assert reply.status == 200
    assert reply.data == [one(classifier, row) for row in (RECORD, odd, gap)]
    assert [bool(answer["warnings"]) for answer in reply.data] == [False, True, False]


def test_regressions_networks_and_estimators() -> None:
    """Numbers and quantiles of tables, lists of numbers for networks, and names where an estimator has them."""
    model = TabularRegressor("tabm-mini", random_state=0, epochs=2, threads=1, quantiles=[0.1, 0.5, 0.9])
    model.fit(columns(), numbers())
    found = Client(make_app(model)).predict(RECORD).data
    assert found == json.loads(json.dumps(model.model_.predict_one(RECORD)))
    assert set(found) == {"number", "quantiles", "warnings"}
    X = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32).astype(float)
    for loss, units, keys in (
        ("cross_entropy", 3, {"label", "probabilities"}),
        ("binary_cross_entropy", 2, {"labels", "probabilities"}),
        ("squared_error", 1, {"number"}),
        ("squared_error", 2, {"numbers"}),
        (gn.Quantile([0.1, 0.9]), 2, {"number", "quantiles"}),
    ):
        net = gn.Network([gn.Dense(4, "mish"), gn.Dense(units)], loss=loss, input_shape=3, seed=0, dtype="float64")
        client = Client(make_app(net))
        answers = client.predict(X.tolist()).data
        assert [set(answer) for answer in answers] == [keys | {"warnings"}] * 5
        assert client.predict(X[0].tolist()).data == answers[0]
        P = net.predict(X)
        for answer, row in zip(answers, P.tolist(), strict=True):
            one = (
                answer.get("probabilities")
                or answer.get("quantiles")
                or answer.get("numbers")
                or {"": answer["number"]}
            )
            np.testing.assert_allclose(list(one.values()), row, rtol=1e-6, atol=1e-6)


def test_estimators_with_names() -> None:
    """An estimator that was fitted on a frame takes objects by its names, in any order, and lists too."""
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    sklearn = pytest.importorskip("glassnet.sklearn", reason="scikit-learn is not installed")
    X = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0] * 5, "b": [1.0, 0.0] * 10})
    model = sklearn.MLPClassifier((4,), random_state=0, max_iter=3, diagnose=False)
    with pytest.warns(match="."):
        model.fit(X, ["no", "yes"] * 10)
    client = Client(make_app(model))
    wanted = dict(zip(model.classes_, model.predict_proba(X[:1])[0].tolist(), strict=True))
    for record in ({"b": 1.0, "a": 0.0}, [0.0, 1.0]):
        assert client.predict(record).data["probabilities"] == pytest.approx(wanted, abs=1e-6)
    reply = client.predict({"a": 1.0, "c": 2.0})
    assert (reply.status, reply.data["error"]) == (
        422,
        "the record has the unknown column 'c'. The columns are 'a', 'b'.",
    )


def test_networks_with_formulas_of_ones_own() -> None:
    """A file that holds an activation as a formula is served as it is."""
    net = gn.load(DATA / "own_formulas_3.safetensors")
    expected = json.loads((DATA / "own_formulas_3.json").read_text())
    answers = Client(make_app(net)).predict(expected["X"]).data
    np.testing.assert_allclose(
        [list(answer["numbers"].values()) for answer in answers], expected["predictions"], atol=1e-6
    )


REFUSED = [
    (b"", 400, "the body is text that is not JSON (Expecting value at character 0); it must be JSON."),
    (b'{"size": "a\nb"}', 400, "the body is text that is not JSON (Invalid control character at character 11); it must be JSON."),
    (b'{"size": NaN}', 400, "the body is text that has NaN, which JSON has not; it must be JSON."),
    (b'{"size": -Infinity}', 400, "the body is text that has -Infinity, which JSON has not; it must be JSON."),
    (b'{"size": 1, "size": 2}', 400, "the body is text that has the key 'size' twice; it must be JSON."),
    (b"\xff\xfe", 400, "the body is text that is not UTF-8; it must be JSON."),
    (b"[" * 100_000, 400, "the body is text that is nested more than 100 deep; it must be JSON."),
    (b"[" * 101 + b"]" * 101, 400, "the body is text that is nested more than 100 deep; it must be JSON."),
    (b'{"size": ' + b"9" * 5000 + b"}", 400, "the body is text that has a whole number of 5000 digits; it must be JSON."),
    (b"[]", 422, "the body is an empty list; it must have at least one record."),
    (b"3", 422, "the record is a number; it must be an object with a value for each column."),
    (b"null", 422, "the record is null; it must be an object with a value for each column."),
    (b'"text"', 422, "the record is a text; it must be an object with a value for each column."),
    (b"[[1, 2]]", 422, "the record is a list; it must be an object with a value for each column."),
    ([RECORD, 3], 422, "record 2 is a number; it must be an object with a value for each column."),
    ({**RECORD, "colr": 1}, 422, "the record has the unknown column 'colr'. The columns are 'size', 'colour', 'town', 'old', 'seen'."),
    ({"color": 1, "size": 1}, 422, "the record has the unknown column 'color'. Did you mean 'colour'?"),
    ({"size": 1.0, "colour": "c1", "old": True, "seen": None}, 422, "the record lacks the column 'town'. Send null for a value that is not known."),
    ([RECORD, {"size": 1.0}], 422, "record 2 lacks the columns 'colour', 'town', 'old', 'seen'. Send null for a value that is not known."),
    ({**RECORD, "size": {"a": 1}}, 422, "'size' of the record is an object; it must be a number, a text, true, false or null."),
    ({**RECORD, "town": ["t1"]}, 422, "'town' of the record is a list; it must be a number, a text, true, false or null."),
    ({**RECORD, "town": "x" * 1001}, 422, "'town' of the record has 1,001 characters; it must have at most 1,000."),
    ({**RECORD, "seen": 44228}, 422, "'seen' of the record is 44228; it must be a date as text, such as '2024-05-31', or null."),
    ({**RECORD, "old": 7}, 422, "'old' of the record is 7; it must be true, false, 1, 0, a text or null."),
    ([RECORD, {**RECORD, "size": "many"}], 422, "column 'size' holds 'many' in record 2; it must hold numbers as in training. Send null for a value that is not known."),
    (json.dumps(RECORD).replace("1.5", "1e999").encode(), 422, "'size' of the record is too large; it must be a number that a computer holds."),
    (json.dumps([RECORD] * 1001).encode(), 413, "the body has 1,001 records; it must have at most 1,000."),
    (b" " * 1_000_001, 413, "the body is too long; it must have at most 1,000,000 bytes. Send fewer records at once."),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "sentence"), REFUSED, ids=lambda part: str(part)[:40])
def test_other_bodies_are_refused_in_a_sentence(client: Client, body: Any, status: int, sentence: str) -> None:
    """Whatever is no record of the model has a status of its own and one sentence, and no traceback."""
    reply = client.predict(body)
    assert (reply.status, reply.data) == (status, {"error": sentence})


ODD = {
    "size": [
        1.5,
        2,
        "3,5",
        "1.5",
        "1,234",
        "1.234",
        "1,234.5",
        "",
        None,
        "1e3",
        10**30,
        "abc",
        0,
        -0.0,
        " 2 ",
        "NA",
        True,
    ],
    "colour": ["c1", "c2", None, 3, "3", True, "true", 1.0, "", "new", 2.5, "2.5", 1e300],
    "town": ["t05", None, 5, "5", 5.0, False, "", "</script>\0\ud800"],
    "old": [True, False, None, "yes", "no", "true", 1, 0, "1", "0", 1.0, "", 7, "perhaps"],
    "seen": ["2024-07-10", None, "2024-07-10T12:00:00Z", "10.7.2024", "", 20240710, "07/10/2024", 3, "99999-01-01"],
}


def test_odd_cells(client: Client) -> None:
    """Any cells are answered or refused in a sentence, in a list as each by itself."""
    rng = random.Random(1)
    for _ in range(60):
        records = [{name: rng.choice(cells) for name, cells in ODD.items()} for _ in range(rng.randint(2, 4))]
        alone, together = [client.predict(record) for record in records], client.predict(records)
        for reply in (*alone, together):
            assert reply.status in (200, 422)
            if reply.status == 422:
                decided = "column '(size|seen)' is ambiguous|2 columns are ambiguous: 'size': .*'seen': "
                said = re.fullmatch(
                    rf"((column )?'(size|old|seen)'( of the record| of record \d)? (is|has|holds) .*; it must|{decided}).*\.",
                    reply.data["error"],
                )
                assert said, reply.data
                assert not re.search(r"row |to_table|\(", reply.data["error"])
        assert together.status == max(reply.status for reply in alone)
        if together.status == 200:
            assert together.data == [reply.data for reply in alone]


@pytest.fixture(scope="module")
def spelled() -> Any:
    """Return a model whose columns are texts: with units, thousands, days first, times and words."""
    rng, n = np.random.default_rng(0), 120
    table = {
        "age": rng.uniform(20.0, 60.0, n).round(1),
        "weight": [f"{number} kg" for number in rng.integers(40, 120, n)],
        "income": [f"{number:,}" for number in rng.integers(900, 99_000, n)],
        "spent": ["1,250.50", "950.25", "3,100.75"] * 40,
        "member": [("no", "yes")[number] for number in rng.integers(0, 2, n)],
        "joined": [f"{rng.integers(1, 29):02d}.{rng.integers(1, 13):02d}.{rng.integers(2019, 2024)}" for _ in range(n)],
        "at": [f"{rng.integers(8, 18):02d}:{rng.integers(0, 60):02d}" for _ in range(n)],
    }
    model = TabularClassifier("tabm-mini", random_state=0, epochs=2, threads=1)
    with pytest.warns(match="'income': .* since column 'spent' has decimal points"):
        return model.fit(table, rng.choice(["a", "b"], n).tolist()).model_


SPELLED: dict[str, list[Any]] = {
    "age": [30.5, "30.5", "31", "1.234", "1,234", None, "", "NA", True, "30,5", "2e1"],
    "weight": ["50 kg", 50, "50", None, "51.5 kg", "", "5 lb"],
    "spent": ["1,250.5", "950.25", None, 7, "3.100,75"],
    "income": ["12,345", 12345.5, "1.234", "950", None, "12,34"],
    "member": ["yes", "no", True, 0, "true", "NO", None, "", "1"],
    "joined": ["01.02.2021", "2021-02-01", "13.02.2021", None, "", "01/02/2021"],
    "at": ["10:30", 37800, "23:59", None, "10:30:15", "", "at"],
}


def test_lists_of_texts_are_read_as_each_alone(spelled: Any) -> None:
    """Texts of a list are read together where that does not change what they mean."""
    client, rng = Client(make_app(spelled)), random.Random(0)
    for _ in range(40):
        records = [
            {name: rng.choice(cells[: rng.choice([2, 4, len(cells)])]) for name, cells in SPELLED.items()}
            for _ in range(rng.randint(2, 14))
        ]
        alone, together = [client.predict(record) for record in records], client.predict(records)
        assert together.status == max(reply.status for reply in alone)
        if together.status == 200:
            assert together.data == [reply.data for reply in alone]


def test_a_list_of_texts_is_read_once(spelled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand records with texts are a few tables, not a thousand."""
    client, table, sizes = Client(make_app(spelled)), type(spelled).table, []
    monkeypatch.setattr(type(spelled), "table", lambda self, rows: sizes.append(len(rows)) or table(self, rows))
    records = [{name: cells[i % 2] for name, cells in SPELLED.items()} for i in range(500)]
    assert client.predict(records).status == 200
    assert len(sizes) <= 4
    assert sum(sizes) == 500


def test_truth_among_numbers(client: Client, classifier: Any) -> None:
    """True in a column of numbers is 1, as `predict_one` has it, also in a list with others."""
    records = [{**RECORD, "size": cell} for cell in (True, False, 2.5, None)]
    assert client.predict(records).data == [one(classifier, row) for row in records]


def test_warnings_in_plain_words(spelled: Any) -> None:
    """Warnings are about one record, with days as dates and times as clocks; one odd record of many has its own."""
    client = Client(make_app(spelled))
    plain = {name: cells[0] for name, cells in SPELLED.items()}
    odd = {**plain, "joined": "01.02.2031", "at": "23:30", "weight": None}
    found = client.predict([*[plain] * 300, odd]).data
    assert {str(answer["warnings"]) for answer in found[:-1]} == {"[]"}
    weight, joined, at = found[-1]["warnings"]
    assert weight == "Column 'weight': the value is missing, where training had none."
    day = r"\d{4}-\d\d-\d\d"
    assert re.fullmatch(
        rf"Column 'joined': the value is outside the range of training, {day} to {day}: 2031-02-01\.", joined
    )
    assert re.fullmatch(r"Column 'at': the value is outside the range of training, \d\d:\d\d to \d\d:\d\d: 23:30\.", at)


def test_large_outputs_are_served() -> None:
    """Errors are relative to the largest output: that of a small one is a difference of large numbers."""
    rng = np.random.default_rng(0)
    y = 1e6 * rng.standard_normal(150)
    model = TabularRegressor("tabm-mini", random_state=0, epochs=2, threads=1).fit(
        {"x": y / 7.0, "z": rng.random(150)}, y
    )
    reply = Client(make_app(model))("GET", "/")
    assert b"There is no form here" not in reply.body
    net = gn.Network([gn.Dense(8, "tanh"), gn.Dense(1)], loss="squared_error", input_shape=2, seed=0)
    net.params[:] *= 1e4
    assert Client(make_app(net)).predict([0.5, 1.0]).status == 200


def test_without_a_page(classifier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that no page can hold is served without one; the root says why."""
    from glassnet.exports.targets.registry import TARGETS

    module = TARGETS["html"].load()
    monkeypatch.setattr(module, "refusal", lambda plan, options: "html: a page cannot hold <this> layer.")
    client = Client(make_app(classifier))
    reply = client("GET", "/")
    assert b"<p>There is no form here: html: a page cannot hold &lt;this&gt; layer.</p>" in reply.body
    assert client.predict(RECORD).status == 200


def test_numbers_for_networks_are_checked() -> None:
    """A network's record has as many numbers as it reads, all of them finite."""
    client = Client(make_app(gn.Network([gn.Dense(1)], loss="squared_error", input_shape=2, seed=0)))
    for record, sentence in (
        ([1.0], "the record is a list of 1; it must be a list of 2 numbers."),
        ({"a": 1}, "the record is an object; it must be a list of 2 numbers."),
        ([], "the record is an empty list; it must be a list of 2 numbers."),
        ([1.0, None], "number 2 of the record is null; it must be a number."),
        ([1.0, True], "number 2 of the record is true; it must be a number."),
        ([1.0, "2"], "number 2 of the record is a text; it must be a number."),
        ([[1.0, 2.0], [1.0]], "record 2 is a list of 1; it must be a list of 2 numbers."),
        (b"[1, 1e999]", "number 2 of the record is too large; it must be one that a computer holds."),
        ([1e308, 1e308], None),
    ):
        reply = client.predict(record)
        if sentence is None:
            assert reply.status in (200, 422)
        else:
            assert (reply.status, reply.data["error"]) == (422, sentence)


def test_only_json_is_read(client: Client) -> None:
    """Forms and plain text, which other sites may send without asking, are refused; nobody is allowed across sites."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a", ""):
        reply = client("POST", "/predict", json.dumps(RECORD).encode(), {"content-type": kind})
        assert reply.status == 415
        assert reply.data == {"error": "the body must be JSON, declared by Content-Type: application/json."}
    assert client.predict(RECORD, **{"content-type": "Application/JSON; charset=utf-8"}).status == 200
    reply = client(
        "OPTIONS", "/predict", headers={"origin": "http://evil.example", "access-control-request-method": "POST"}
    )
    assert reply.status == 405
    assert not [name for name in reply.headers if name.startswith("access-control")]
    assert not [
        name for name in client.predict(RECORD, origin="http://evil.example").headers if "access-control" in name
    ]


def test_hosts(client: Client, classifier: Any) -> None:
    """On loopback a request must be for this computer by name, so that no page can make its own name lead here."""
    for host in ("localhost", "localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST:1"):
        assert client("GET", "/health", host=host).status == 200
    for host in (
        "evil.example",
        "localhost.evil.example:8000",
        "127.0.0.1.evil.example",
        "",
        "127.0.0.1:80:80",
        "a@localhost",
    ):
        reply = client("GET", "/health", host=host)
        assert reply.status == 400
        assert reply.data == {"error": "the host must be this computer: use http://127.0.0.1 or http://localhost."}
    assert Client(make_app(classifier, loopback=False))("GET", "/health", host="model.example").status == 200
    assert [open_to_others(host) for host in ("127.0.0.1", "::1", "LOCALHOST", "127.8.8.8", "::ffff:127.0.0.1")] == [
        False
    ] * 5
    assert [open_to_others(host) for host in ("0.0.0.0", "::", "192.168.0.7", "example.org")] == [True] * 4


def test_names_of_hosts() -> None:
    """A service may be asked for under the address that it listens on, however that is written."""
    assert "127.0.0.2" in names_of("127.0.0.2")
    assert {"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost"} <= names_of("::ffff:127.0.0.1")
    assert {"[::1]", "[0:0:0:0:0:0:0:1]"} <= names_of("0:0:0:0:0:0:0:1")


PATHS = [
    "/../../etc/passwd", "/..%2f..%2fetc/passwd", "/etc/passwd", "//etc/passwd", "/static/../app.py", "/health/",
    "/predict/x", "/%00", "/\\..\\..\\windows", "/openapi.json/..", "/favicon.ico", "/docs",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_to_a_file(client: Client, path: str) -> None:
    """There are four paths; nothing else is looked up anywhere, and what was asked for is not repeated."""
    reply = client("GET", path)
    assert reply.status == 404
    paths = "The paths are POST /predict, GET /, GET /openapi.json and GET /health."
    assert reply.data == {"error": f"there is nothing under this path. {paths}"}


def test_methods(client: Client) -> None:
    """Each path has its methods; others are refused with those that it has."""
    for method, path, allowed in (
        ("GET", "/predict", "POST"),
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/health", "GET, HEAD"),
        ("FOO", "/predict", "POST"),
    ):
        reply = client(method, path)
        assert reply.status == 405
        assert sorted(reply.headers["allow"].split(", ")) == sorted(allowed.split(", "))


def test_every_answer_is_safe_to_show(client: Client) -> None:
    """Answers of all kinds carry the headers that keep a browser from guessing, framing, storing and telling others."""
    for reply in (
        client("GET", "/"),
        client("GET", "/health"),
        client("GET", "/none"),
        client.predict(b"x"),
        client("GET", "/", host="evil"),
    ):
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["x-frame-options"] == "DENY"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["content-security-policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
        assert "server" not in reply.headers


def test_the_page(client: Client) -> None:
    """The page is the one that an export to HTML writes, and its rules are sent as a header too."""
    reply = client("GET", "/")
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    text = reply.body.decode()
    assert "<title>pets</title>" in text
    policy = re.search('Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert reply.headers["content-security-policy"] == f"{policy[1]}; frame-ancestors 'none'"
    assert "connect-src" not in policy[1]


def test_health(client: Client) -> None:
    """It names the model, with the digest that its exported files have too."""
    found = client("GET", "/health").data
    assert found["status"] == "ok"
    assert found["model"] == "pets"
    assert re.fullmatch("[0-9a-f]{64}", found["sha256"])


# ---- the description -------------------------------------------------------------------------------------------------


def fits(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Return whether a value is what a schema of JSON Schema describes, in the words that ours use."""
    if "$ref" in schema:
        found: Any = root
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        return fits(value, found, root)
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        return False
    if "anyOf" in schema:
        return any(fits(value, each, root) for each in schema["anyOf"])
    known = {
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "minItems",
        "maxItems",
        "description",
        "examples",
        "maxLength",
        "enum",
    }
    assert set(schema) <= known, schema
    kinds = {"string": str, "number": (int, float), "boolean": bool, "null": type(None), "array": list, "object": dict}
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(
        isinstance(value, kinds[kind]) and not (kind == "number" and isinstance(value, bool)) for kind in wanted
    ):
        return False
    if isinstance(value, list):
        inside = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return inside and all(fits(item, schema["items"], root) for item in value)
    if isinstance(value, dict):
        parts, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        if set(schema.get("required", ())) - set(value) or (others is False and set(value) - set(parts)):
            return False
        return all(
            fits(item, parts.get(key, others), root)
            for key, item in value.items()
            if key in parts or isinstance(others, dict)
        )
    return True


def check_description(document: dict[str, Any]) -> None:
    """Hold that a document is one of OpenAPI 3.1, as far as ours goes."""
    assert set(document) == {"openapi", "info", "paths", "components"}
    assert re.fullmatch(r"3\.1\.\d", document["openapi"])
    assert {"title", "version"} <= set(document["info"])
    for path, item in document["paths"].items():
        assert path.startswith("/")
        for method, operation in item.items():
            assert method in ("get", "post")
            assert re.fullmatch(r"\w+", operation["operationId"])
            for status, response in operation["responses"].items():
                assert re.fullmatch(r"[1-5]\d\d|default", status)
                assert response["description"]
                assert set(response["content"]) == {"application/json"}
    for place in re.findall(r'"\$ref": ?"([^"]*)"', json.dumps(document)):
        assert place.startswith("#/components/schemas/")
        assert place.rpartition("/")[2] in document["components"]["schemas"]


def test_the_description_is_of_this_service(client: Client) -> None:
    """It is OpenAPI 3.1, has the columns with kinds, ranges and categories, and both records and answers fit it."""
    document = client("GET", "/openapi.json").data
    check_description(document)
    record = document["components"]["schemas"]["Record"]
    assert record["required"] == ["size", "colour", "town", "old", "seen"]
    parts = record["properties"]
    assert re.fullmatch(r"A number, in training from -?[\d.]+ to [\d.]+\.", parts["size"]["description"])
    assert parts["colour"]["description"].startswith("In training: c0, c1")
    assert parts["old"]["anyOf"] == [{"type": ["boolean", "string", "null"]}, {"type": "number", "enum": [0, 1]}]
    assert re.fullmatch(r"A date, in training from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d\.", parts["seen"]["description"])
    content = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    responses = document["paths"]["/predict"]["post"]["responses"]
    for body in (content["example"], RECORD, [RECORD, {**RECORD, "town": None}]):
        assert fits(body, content["schema"], document)
        reply = client.predict(body)
        assert reply.status == 200
        assert fits(reply.data, responses["200"]["content"]["application/json"]["schema"], document)
    for body, status, _ in REFUSED:
        reply = client.predict(body)
        assert fits(reply.data, responses[str(status)]["content"]["application/json"]["schema"], document)
        if (
            not isinstance(body, bytes)
            and "must be a number" not in reply.data["error"]
            and "1,000 characters" not in reply.data["error"]
            and "as in training" not in reply.data["error"]
        ):
            assert not fits(body, content["schema"], document)
    assert fits(client("GET", "/health").data, {"$ref": "#/components/schemas/Health"}, document)


CELLS = [
    None,
    "",
    1,
    0,
    2,
    1.5,
    True,
    False,
    "yes",
    "x",
    "x" * 1001,
    [],
    {},
    "2021-01-01",
    "2024-07-10T00:00:00",
    1e300,
]


def test_generated_requests_fit_the_description(client: Client) -> None:
    """What the description forbids is refused; what it allows is answered, or is a text that cannot be read."""
    document = client("GET", "/openapi.json").data
    operation = document["paths"]["/predict"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    bodies = [{**RECORD, name: cell} for name in RECORD for cell in CELLS] + [[], [RECORD] * 1001, {}, [RECORD, 1]]
    for body in bodies:
        reply, allowed = client.predict(body), fits(body, schema, document)
        answer = operation["responses"][str(reply.status)]["content"]["application/json"]["schema"]
        assert fits(reply.data, answer, document)
        if reply.status == 200 or not allowed:
            assert allowed == (reply.status == 200), body
        else:
            assert "as in training" in reply.data["error"], reply.data
    for method, path in (("GET", "/none"), ("GET", "/predict"), ("GET", "/health/"), ("POST", "/predict/")):
        reply = client(method, path)
        assert reply.status in (404, 405)
        assert fits(reply.data, {"$ref": "#/components/schemas/Refusal"}, document)


def test_descriptions_of_other_models() -> None:
    """Networks take lists of numbers, by number; what they answer fits the description."""
    for loss, units in (
        ("cross_entropy", 3),
        ("binary_cross_entropy", 2),
        ("squared_error", 1),
        ("squared_error", 2),
        (gn.Quantile([0.1, 0.9]), 2),
    ):
        client = Client(make_app(gn.Network([gn.Dense(units)], loss=loss, input_shape=2, seed=0)))
        document = client("GET", "/openapi.json").data
        check_description(document)
        answer = client.predict([0.5, 1.0]).data
        assert fits(answer, {"$ref": "#/components/schemas/Answer"}, document), answer


# ---- limits ----------------------------------------------------------------------------------------------------------


def test_bodies_in_parts(classifier: Any) -> None:
    """A body may come in parts; one that grows too long, or stops coming, is refused, and nobody waits for its rest."""
    client = Client(make_app(classifier, limits=Limits(body_bytes=500, seconds_to_send=0.2)))
    text = json.dumps(RECORD).encode()
    assert client("POST", "/predict", [text[:10], text[10:]], JSON).status == 200
    reply = client("POST", "/predict", [b" " * 200] * 50, JSON)
    assert (reply.status, reply.headers["connection"]) == (413, "close")
    assert client("POST", "/predict", text, {**JSON, "content-length": "501"}).status == 413
    assert client("POST", "/predict", text, {**JSON, "content-length": "9" * 400}).status == 413
    assert client("POST", "/predict", text, {**JSON, "content-length": "-1"}).status == 413
    start = time.monotonic()
    reply = client("POST", "/predict", [text[:10], None], JSON)
    assert (reply.status, reply.headers["connection"]) == (408, "close")
    assert reply.data == {"error": "only a part of the body arrived within 0.2 seconds; all of it must."}
    assert time.monotonic() - start < 5.0


def test_too_many_at_once(classifier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests beyond those that may be worked on at once are told to come again; health and later ones are answered."""
    client = Client(make_app(classifier, limits=Limits(at_once=2)))
    table, text = type(classifier).table, json.dumps(RECORD).encode()
    monkeypatch.setattr(type(classifier), "table", lambda self, frame: time.sleep(0.3) or table(self, frame))

    async def crowd() -> list[Reply]:
        slow = [asyncio.create_task(client.request("POST", "/predict", text, JSON, "localhost")) for _ in range(2)]
        await asyncio.sleep(0.1)
        found = [await client.request("POST", "/predict", text, JSON, "localhost")]
        found.append(await client.request("GET", "/health", b"", None, "localhost"))
        return [*found, *await asyncio.gather(*slow), await client.request("POST", "/predict", text, JSON, "localhost")]

    refused, *answered = asyncio.run(crowd())
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert refused.data == {"error": "too many requests at once: try again in a second."}
    assert [reply.status for reply in answered] == [200] * 4


def test_slow_bodies(classifier: Any) -> None:
    """Bodies that do not come keep nobody waiting: the oldest is given up for one more."""
    client = Client(make_app(classifier, limits=Limits(at_once=2, open_bodies=4, seconds_to_send=5.0)))
    text = json.dumps(RECORD).encode()

    async def crowd() -> list[Reply]:
        slow = [
            asyncio.create_task(client.request("POST", "/predict", [b"{", None], JSON, "localhost")) for _ in range(4)
        ]
        await asyncio.sleep(0.1)
        found = [await client.request("POST", "/predict", text, JSON, "localhost")]
        found.append(await client.request("GET", "/health", b"", None, "localhost"))
        found.append(await slow[0])
        client.app.stop(0.0)  # type: ignore[attr-defined]
        return [*found, *await asyncio.gather(*slow[1:])]

    start = time.monotonic()
    answered, healthy, oldest, *rest = asyncio.run(crowd())
    assert time.monotonic() - start < 4.0
    assert (answered.status, healthy.status) == (200, 200)
    assert oldest.data == {"error": "too many requests at once: try again in a second."}
    assert [(reply.status, reply.data) for reply in rest] == [
        (503, {"error": "the service is stopping: try again later."})
    ] * 3


def test_long_answers_and_failures(classifier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that takes too long is given up; a bug of ours is a sentence for the client, and raised for the log."""
    client = Client(make_app(classifier, limits=Limits(seconds_to_answer=0.1)))
    monkeypatch.setattr(type(classifier), "table", lambda self, frame: time.sleep(0.4))
    reply = client.predict(RECORD)
    assert reply.status == 503
    assert reply.data == {"error": "the answer took longer than 0.1 seconds."}
    reply = client.predict([RECORD] * 3)
    assert reply.data == {"error": "the answer took longer than 0.1 seconds: send fewer records."}

    def fail(self: Any, frame: Any) -> Any:
        return 1 / 0

    monkeypatch.setattr(type(classifier), "table", fail)
    with pytest.raises(ZeroDivisionError):
        Client(make_app(classifier)).predict(RECORD)


def test_many_threads_get_the_same_answers(client: Client) -> None:
    """Requests at the same time do not disturb each other."""
    records = [{**RECORD, "size": float(i)} for i in range(12)]
    wanted = [client.predict(record).data for record in records]

    async def all_at_once() -> list[Reply]:
        bodies = [as_json(record) for record in records]
        return await asyncio.gather(*(client.request("POST", "/predict", body, JSON, "localhost") for body in bodies))

    assert [reply.data for reply in asyncio.run(all_at_once())] == wanted


# ---- a real server ---------------------------------------------------------------------------------------------------


class Server(NamedTuple):
    """A process of ``glassnet serve`` and its port."""

    process: subprocess.Popen[str]
    port: int

    def raw(self, text: bytes, *, wait: float = 5.0) -> bytes:
        """Return what comes back for bytes sent as they are."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            connection.sendall(text)
            found = b""
            try:
                while part := connection.recv(65_536):
                    found += part
            except TimeoutError:
                pass
            except ConnectionResetError:
                pass
            return found


@pytest.fixture(scope="module")
def server(classifier: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start ``glassnet serve`` on a free port."""
    path = tmp_path_factory.mktemp("served") / "pets.safetensors"
    classifier.save(path)
    command = [sys.executable, "-W", "error", "-m", "glassnet", "serve", str(path), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"Serving pets at http://127\.0\.0\.1:(\d+); Ctrl-C stops it\.\n", line)
    if found is None:
        process.kill()
        raise AssertionError(line + process.communicate()[1])
    yield Server(process, int(found[1]))
    process.kill()
    process.communicate()


BODY = json.dumps(RECORD).encode()
HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CLOSE = b"Connection: close\r\n"


def test_a_real_request(server: Server, client: Client) -> None:
    """A server in a process of its own answers as the application in this one."""
    reply = server.raw(HEAD + CLOSE + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"server:" not in head.lower()
    assert json.loads(body) == client.predict(RECORD).data


RAW = {
    "dots": (b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404"),
    "encoded dots": (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404"),
    "absolute": (b"GET http://evil/etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404"),
    "a path of no slash": (b"GET etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"404"),
    "other host": (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", b"400"),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", b"400"),
    "no host": (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"400"),
    "old, no host": (b"GET / HTTP/1.0\r\n\r\n", b"400"),
    "odd method": (b"BREW / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"405"),
    "connect": (b"CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"40"),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
    "line ends in a header": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n", b"400"),
    "zero byte": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n", b"400"),
    "folded header": (b"GET / HTTP/1.1\r\nHost: localhost\r\n X: a\r\nConnection: close\r\n\r\n", b"400"),
    "long head": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n", b"431"),
    "separators": (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 2800 + b"\r\n", b"431"),
    "many headers": (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 20_000 + b"\r\n", b"431"),
    "two lengths": (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", b"400"),
    "length and chunks": (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n", b"400"),
    "odd encoding": (HEAD + b"Transfer-Encoding: xchunked\r\n\r\n", b"501|400"),
    "chunks with a space": (HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", b"400"),
    "chunk that lies": (HEAD + CLOSE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", b"400"),
    "length that is no number": (HEAD + b"Content-Length: 1e3\r\n\r\n", b"400"),
    "negative length": (HEAD + b"Content-Length: -5\r\n\r\n", b"400"),
    "huge length": (HEAD + b"Content-Length: 99999999999\r\n\r\n{}", b"413"),
    "chunked bomb": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b" " * 65_536 + b"\r\n" + (b"10000\r\n" + b" " * 65_536 + b"\r\n") * 20 + b"0\r\n\r\n", b"413"),
    "websocket": (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13\r\n\r\n", b"200|4"),
}  # fmt: skip


@pytest.mark.parametrize("name", RAW)
def test_raw_requests(server: Server, name: str) -> None:
    """Whatever is sent to the port is answered once with a status, or not at all, and the service goes on."""
    text, statuses = RAW[name]
    reply = server.raw(text, wait=3.0)
    assert re.match(rb"HTTP/1\.1 (" + statuses + rb")", reply), reply[:200]
    assert reply.count(b"HTTP/1.1 ") == 1
    head, _, body = reply.partition(b"\r\n\r\n")
    assert b"application/json" in head or b"text/html" in head
    assert b"text/html" in head or json.loads(body)["error"]
    assert b"root:" not in reply
    assert b"Traceback" not in reply
    assert server.raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 200"
    )
    assert server.process.poll() is None


def test_missing_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without starlette or uvicorn, one sentence has the line that installs them."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=2, seed=0)
    net.save(tmp_path / "net.safetensors")
    for package in ("starlette", "uvicorn"):
        with monkeypatch.context() as patched:
            patched.setitem(sys.modules, package, None)
            assert main(["serve", str(tmp_path / "net.safetensors")]) == 2
            wanted = f"needs {package}, which is not installed. Run: pip install 'glassnet[serve]'\n"
            assert capsys.readouterr().err == f"glassnet serve: {wanted}"
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "starlette", None)
        with pytest.raises(MissingExtraError):
            make_app(net)


def test_refusals_of_the_command(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A port that is taken, one that there is not, and a file that is no model are one sentence each."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=2, seed=0)
    path = str(tmp_path / "net.safetensors")
    net.save(path)
    for words, sentence in (
        ([path, "--port", str(server.port)], rf"host and port are '127\.0\.0\.1' and {server.port}: address already in use; they must be free to listen on\. Pass --port 0 for a free port\."),
        ([path, "--port", "70000"], r"--port is 70000; it must be .*"),
        ([path, "--port", "many"], r"--port is 'many'; it must be .*"),
        ([path, "--host", "no.such.host.invalid"], r"host is 'no\.such\.host\.invalid': .*; it must be an address or name of this computer, such as '127\.0\.0\.1'\."),
        ([path, "--host", ""], r"host is ''; it must be an address or name of this computer, such as '127\.0\.0\.1'\."),
        ([path, "--host", "8.8.8.8"], r"host is '8\.8\.8\.8': .*; it must be an address or name of this computer, such as '127\.0\.0\.1'\."),
        (["missing.safetensors"], r"no such file: missing\.safetensors\."),
    ):  # fmt: skip
        assert main(["serve", *words]) == 2
        assert re.fullmatch(f"glassnet serve: {sentence}\n", capsys.readouterr().err), words


def stopped(server: Server, number: int) -> tuple[int, str, str]:
    """Return the exit code and what was printed after a signal."""
    server.process.send_signal(number)
    out, err = server.process.communicate(timeout=15)
    return server.process.returncode, out, err


def test_ctrl_c_ends_it(server: Server) -> None:
    """Ctrl-C lets a request that has begun end with its answer, then the program, without an error."""
    replies: list[bytes] = []
    text = HEAD + CLOSE + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    thread = threading.Thread(target=lambda: replies.append(server.raw(text)))
    thread.start()
    thread.join()
    assert stopped(server, signal.SIGINT) == (0, "Stopped.\n", "")
    assert replies[0].startswith(b"HTTP/1.1 200")


def test_an_open_service_warns(tmp_path: Path) -> None:
    """A service that others can reach says so in a sentence; slow heads are cut off; SIGTERM ends it too."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=2, seed=0)
    net.save(tmp_path / "net.safetensors")
    program = (
        "import sys; from glassnet.serving.limits import Limits; import glassnet.serving.running as r;"
        "r.Limits = lambda: Limits(seconds_to_send=0.5); from glassnet.cli.app import main; sys.exit(main())"
    )
    command = [
        sys.executable,
        "-c",
        program,
        "serve",
        str(tmp_path / "net.safetensors"),
        "--port",
        "0",
        "--host",
        "0.0.0.0",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    server = Server(process, int(line.rpartition(":")[2].partition(";")[0]))
    start = time.monotonic()
    assert server.raw(b"GET / HTTP/1.1\r\nHost: ", wait=5.0) == b""
    assert server.raw(b"", wait=5.0) == b""
    assert time.monotonic() - start < 4.0
    assert server.raw(b"GET /health HTTP/1.1\r\nHost: model.example\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 200"
    )
    code, out, err = stopped(server, signal.SIGTERM)
    assert (code, out) == (0, "Stopped.\n")
    assert err == (
        "warning: every computer that reaches 0.0.0.0 can use this service, without a password and unencrypted. "
        "Put a proxy with both before it.\n"
    )


SLOW = """
import sys, time, warnings
import glassnet as gn
from glassnet.serving.answering import Answering
from glassnet.serving.limits import Limits
import glassnet.serving.answering as answering
import glassnet.serving.running as running
class Slow(answering._OfNumbers):
    def _answers(self, rows):
        time.sleep(0.2)
        return super()._answers(rows)
answering._OfNumbers, answering._AT_ONCE, running._SECONDS_TO_ANSWER = Slow, 1, 2.0
net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=2, seed=0)
print("ready", flush=True)
running.serve(net, "net", port=0, limits=Limits(connections=8), ready=lambda address, is_open: print(address, flush=True))
print("Stopped.", flush=True)
"""


@pytest.fixture
def slow() -> Iterator[Server]:
    """Start a service that takes 0.2 s for a record, with 8 connections."""
    process = subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    yield Server(process, int(process.stdout.readline().rpartition(":")[2]))
    process.kill()
    process.communicate()


def ask(server: Server, n: int, replies: list[bytes]) -> threading.Thread:
    """Send a request of n records in a thread of its own."""
    body = json.dumps([[0.5, 1.0]] * n).encode()
    text = HEAD + CLOSE + b"Content-Length: %d\r\n\r\n" % len(body) + body
    thread = threading.Thread(target=lambda: replies.append(server.raw(text, wait=15.0)))
    thread.start()
    return thread


@pytest.mark.parametrize("signals", [1, 2])
def test_ctrl_c_while_requests_run(slow: Server, signals: int) -> None:
    """What can be answered in time is, the rest gets a sentence; a second Ctrl-C ends it at once; nothing is printed."""
    short: list[bytes] = []
    long: list[bytes] = []
    threads = [ask(slow, 300, long), ask(slow, 5, short)]
    time.sleep(0.4)
    start = time.monotonic()
    slow.process.send_signal(signal.SIGINT)
    if signals == 2:
        time.sleep(0.3)
        slow.process.send_signal(signal.SIGINT)
    out, err = slow.process.communicate(timeout=15)
    for thread in threads:
        thread.join()
    assert (slow.process.returncode, out, err) == (0, "Stopped.\n", "")
    assert time.monotonic() - start < (7.0 if signals == 1 else 3.0)
    assert long[0].startswith(b"HTTP/1.1 503")
    assert long[0].endswith(b'{"error":"the service is stopping: try again later."}')
    assert short[0].startswith(b"HTTP/1.1 200" if signals == 1 else b"HTTP/1.1 ")


def test_a_client_that_has_gone_and_too_many_connections(slow: Server) -> None:
    """Work for clients that have gone is given up; connections beyond those that there may be are told so."""
    body = json.dumps([[0.5, 1.0]] * 300).encode()
    for _ in range(6):
        with socket.create_connection(("127.0.0.1", slow.port)) as connection:
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            time.sleep(0.05)
    start, replies = time.monotonic(), list[bytes]()
    ask(slow, 1, replies).join()
    assert replies[0].startswith(b"HTTP/1.1 200")
    assert time.monotonic() - start < 5.0
    idle = [socket.create_connection(("127.0.0.1", slow.port)) for _ in range(8)]
    time.sleep(0.2)
    reply = slow.raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 503")
    assert reply.endswith(b'{"error":"there are too many connections: try again in a second."}')
    for connection in idle:
        connection.close()
