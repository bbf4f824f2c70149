"""The playground's server: what pages are told, several at once, frames only to who has painted, and a thread that survives."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.app import main
from glassnet.errors import ConfigError, MissingExtraError, ShapeError
from glassnet.playground.experiment import Experiment
from glassnet.playground.plain_json import as_plain_json
from glassnet.playground.protocol import COMMANDS

pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("uvicorn", reason="uvicorn is not installed")
pytest.importorskip("websockets", reason="websockets is not installed")

from glassnet.playground.doors import experiment_with_network
from glassnet.playground.server.running import Playground
from playground_client import Socket, ask_http, connect, cookie_of
from playground_pages import first_experiment, playground

Served = Playground


@pytest.fixture
def served() -> Iterator[Served]:
    """Return a playground that runs."""
    with playground() as found:
        yield found


@pytest.fixture
def page(served: Served) -> Iterator[Socket]:
    """Return a page of it that was greeted."""
    with connect(served) as found:
        assert found.ask("hello", version=1)["ok"]
        yield found


def step_of(frame: bytes) -> int:
    """Return the step of a frame."""
    return int(struct.unpack_from("<I", frame, 4)[0])


def weights(served: Served) -> np.ndarray:
    """Return the weights as they are between two steps."""
    found: np.ndarray = served.call(lambda experiment: experiment.network.params.copy())
    return found


def wait_until(condition: Any) -> None:
    """Return when a condition holds."""
    until = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_page_is_greeted_with_the_state_and_a_frame(served: Served, page: Socket) -> None:
    """The state names what can be done; the first frame is of step 0."""
    answer = page.ask("hello", version=1)
    state = answer["result"]["state"]
    assert (state["version"], state["step"], state["running"]) == (1, 0, False)
    assert {"hello", "quit", "step", "run", "pause"} <= set(state["capabilities"])
    assert step_of(page.frame()) == 0
    assert page.ask("hello", version=2)["error"] == "hello: version is 2; it must be 1. Reload the page."


def test_steps_are_those_of_the_engine(served: Served, page: Socket) -> None:
    """Fifty steps over the socket leave the bits of fifty steps without it."""
    alone = first_experiment()
    alone.advance(50)
    assert page.ask("step", batches=50)["step"] == 50
    assert weights(served).tobytes() == alone.network.params.tobytes()


def test_a_page_knows_the_state_before_the_answer(page: Socket) -> None:
    """Who waits for an answer finds the state that the command led to."""
    number = page.send("run", per_second=5)
    page.answer(number)
    assert [(event["event"], event["state"]["running"], event["state"]["per_second"]) for event in page.events] == [
        ("state", True, 5)
    ]
    page.ask("pause")
    assert page.events[-1]["state"]["running"] is False


def test_it_trains_by_itself_and_as_slowly_as_is_asked(served: Served, page: Socket) -> None:
    """As fast as it can, or so many steps a second, until it is paused."""
    page.ask("run")
    wait_until(lambda: served.call(lambda experiment: experiment.step) > 200)
    first = page.ask("pause")["step"]
    assert page.ask("hello")["step"] == first
    started = time.monotonic()
    page.ask("run", per_second=20)
    wait_until(lambda: served.call(lambda experiment: experiment.step) >= first + 10)
    assert time.monotonic() - started >= 8 / 20  # the second step follows the first at once
    assert page.ask("pause")["step"] <= first + 1 + 20 * (time.monotonic() - started) + 1


def test_a_frame_is_sent_when_the_last_is_painted(served: Served, page: Socket) -> None:
    """One is on its way at most; the next has the newest step; without a change there is none."""
    assert step_of(page.frame()) == 0
    page.ask("step", batches=3)
    page.ask("step", batches=4)
    assert len(page.frames) == 1
    page.ack()
    assert step_of(page.frame()) == 7
    page.ack()
    page.ask("hello")  # asks for one in any case
    assert step_of(page.frame()) == 7
    assert len(page.frames) == 3


def test_frames_come_at_most_thirty_times_a_second(page: Socket) -> None:
    """However fast they are painted."""
    page.ask("run")
    started = time.monotonic()
    for _ in range(9):
        page.ack()
        page.frame()
    assert time.monotonic() - started >= 8 / 30 - 0.01


def test_several_pages_see_the_same(served: Served, page: Socket) -> None:
    """What one changes all are told, and each gets frames at its own pace."""
    with connect(served) as other:
        other.ask("hello")
        page.ask("run", per_second=1)
        assert other.event("state")["state"]["running"] is True
        other.ask("pause")
        assert [page.event("state")["state"]["running"] for _ in range(2)] == [True, False]
        step_of(other.frame())
        other.ack()
        page.ask("step", batches=5)
        while step_of(other.frame()) < 5:  # one of the run may be on its way
            other.ack()
    assert page.ask("step")["ok"]


def test_a_page_that_comes_back_finds_its_run(served: Served, page: Socket) -> None:
    """It names run and step; a run that is not there any more is not found."""
    page.ask("step", batches=12)
    run = page.ask("hello")["result"]["state"].get("run", "run 1")
    page.link.close()
    with connect(served) as again:
        found = again.ask("hello", version=1, run=run, step=12)
        assert (found["step"], found["result"]["resumed"]) == (12, True)
        assert again.ask("hello", version=1, run="run 9", step=12)["result"]["resumed"] is False


def test_training_goes_on_without_a_page(served: Served) -> None:
    """And the interpreter's switching is as it was before the page."""
    usual = sys.getswitchinterval()
    with connect(served) as page:
        page.ask("run")
        assert sys.getswitchinterval() == pytest.approx(0.001)
    wait_until(lambda: sys.getswitchinterval() == usual)
    before = served.call(lambda experiment: experiment.step)
    wait_until(lambda: served.call(lambda experiment: experiment.step) > before + 50)


def test_a_command_that_fails_leaves_the_thread_alive(
    served: Served, page: Socket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal is its sentence; a bug is one sentence too, with a log for whoever mends it."""

    def fails(experiment: Experiment, arguments: Any) -> None:
        {}["nothing"]

    monkeypatch.setitem(COMMANDS, "fails", fails)
    assert page.ask("step", batches=0)["error"] == "step: batches is 0; it must be a whole number of at least 1."
    assert "there is no command 'stpe'. Did you mean step?" in page.ask("stpe")["error"]
    with caplog.at_level(logging.ERROR, logger="glassnet.playground"):
        error = page.ask("fails")["error"]
    assert error.startswith("playground: this is a bug in glassnet (KeyError: 'nothing').")
    assert caplog.records[0].exc_info is not None
    monkeypatch.setitem(COMMANDS, "fails", lambda experiment, arguments: object())
    assert "this is a bug in glassnet (TypeError: object)" in page.ask("fails")["error"]
    assert page.ask("step")["step"] == 1


def test_a_training_that_fails_pauses_with_a_notice(
    served: Served, page: Socket, caplog: pytest.LogCaptureFixture
) -> None:
    """An error between two commands reaches the pages; the thread goes on."""

    def fails(experiment: Experiment) -> None:
        def advance(steps: int = 1) -> None:
            message = "the step is not possible."
            raise ConfigError(message)

        vars(experiment)["advance"] = advance

    served.call(fails)
    page.send("run")
    assert page.event("notice")["text"] == "the step is not possible."
    assert page.ask("hello")["result"]["state"]["running"] is False


def test_a_function_that_is_called_between_steps_may_fail(served: Served) -> None:
    """Its error is that of the caller."""
    with pytest.raises(ZeroDivisionError):
        served.call(lambda experiment: 1 // 0)
    assert served.call(lambda experiment: experiment.step) == 0
    served.close()
    assert served.call(lambda experiment: experiment.step) == 0


def test_a_page_can_end_it(served: Served, page: Socket) -> None:
    """All pages are told, the server ends, its threads too, and its port is free again."""
    with connect(served) as other:
        other.ask("hello")
        page.send("quit")
        while other.next() is not None:
            pass
        assert other.closed == (4000, "The playground was ended.")
    wait_until(lambda: not any(thread.name.startswith("glassnet-playground") for thread in threading.enumerate()))
    with playground(port=served.port) as again:
        assert again.port == served.port


def test_downloads(served: Served, page: Socket) -> None:
    """Model and history are those of the step that the run is at."""
    page.ask("step", batches=25)
    answer = ask_http(served, "GET", "/download/model")
    assert answer.headers["content-disposition"] == 'attachment; filename="model.safetensors"'
    path = served._uploads._folder / "model.safetensors"
    path.write_bytes(answer.body)
    assert gn.load(path).params.tobytes() == weights(served).tobytes()
    history = ask_http(served, "GET", "/download/history").body.decode().splitlines()
    assert history[0].startswith("epoch,loss,")
    assert [line.split(",")[0] for line in history[1:]] == ["1", "2"]
    for what, words in (("code", b"import glassnet as gn"), ("notebook", b'"nbformat"'), ("page", b"<!doctype html>")):
        answer = ask_http(served, "GET", f"/download/{what}")
        assert (answer.status, words in answer.body) == (200, True)
    assert ask_http(served, "GET", "/download/nothing").status == 404


def test_json_of_what_json_has_no_word_for() -> None:
    """Numbers that are not finite become null, wherever they stand; NumPy's become Python's."""
    value = {"a": [float("inf"), np.float32(0.5), np.array([1.0, np.nan])], "b": (np.int64(3), True, None, "x")}
    assert json.loads(as_plain_json(value)) == {"a": [None, 0.5, [1.0, None]], "b": [3, True, None, "x"]}
    with pytest.raises(TypeError):
        as_plain_json({"a": object()})


def test_a_network_goes_on_as_it_is() -> None:
    """Its weights are those it was given with; it is not changed; other rows than its own are refused."""
    net = gn.Network([gn.Dense(3, "tanh"), gn.Dense(1)], loss="binary_cross_entropy", seed=0, input_shape=(2,))
    net.params[:] += 0.5
    before = net.params.copy()
    experiment = experiment_with_network(net)
    assert experiment.network.params.tobytes() == before.tobytes()
    experiment.advance(5)
    assert net.params.tobytes() == before.tobytes()
    wide = gn.Network([gn.Dense(1)], loss="binary_cross_entropy", input_shape=(3,))
    with pytest.raises(
        ConfigError, match=r"the network has inputs of shape \(3,\), and no rows are given; it needs rows"
    ):
        experiment_with_network(wide)
    with pytest.raises(
        ShapeError, match=r"has rows of shape \(2,\) and the network is for \(3,\); they must be the same"
    ):
        experiment_with_network(wide, experiment.data)
    with pytest.raises(ConfigError, match="the network has 2 members; one network is shown"):
        experiment_with_network(gn.Network([gn.Dense(1)], loss="binary_cross_entropy", members=2))


def test_the_doors_of_a_network_print_the_address(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Network.playground` opens a browser unless it shall not, and goes on at once if it shall not block."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 4))
    with net.playground(X, X[:, 0], block=False) as served:
        assert opened == [served.url]
        assert capsys.readouterr().out == f"The playground is at {served.url}\n"
        assert ask_http(served, "GET", "/").status == 200
    with net.playground(X, X[:, 0], block=False, open_browser=False) as served:
        assert opened == opened[:1]
    with pytest.raises(ConfigError, match="only one of X and y is given; they must be given together"):
        net.playground(X)


def test_the_doors_of_models_of_tables(tmp_path: Path) -> None:
    """An estimator, its model, and the command with its file and rows go on from the same weights, on encoded columns."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    pytest.importorskip("duckdb", reason="duckdb is not installed")
    from glassnet.cli.commands.playground_command import experiment_of
    from glassnet.tabular import TabularClassifier, read_table

    table = read_table("penguins")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    X, y = table.drop(["species"]), pandas.Series(table["species"].values, name="species")
    model = TabularClassifier("small", epochs=1, random_state=0).fit(X, y)
    model.save(tmp_path / "model.safetensors")
    weights_of = model.network_.params
    with (
        model.playground(X, y, block=False, open_browser=False) as one,
        model.model_.playground(table, block=False, open_browser=False) as two,
    ):
        for served in (one, two):
            assert weights(served).tobytes() == weights_of.tobytes()
            assert served.call(lambda experiment: experiment.data.classes) == ("Adelie", "Chinstrap", "Gentoo")
    texts = dict.fromkeys(("target", "data", "port", "no_browser", "host", "allow_remote"))
    found = experiment_of(str(tmp_path / "model.safetensors"), {**texts, "data": "penguins"})
    assert found.network.params.tobytes() == weights_of.tobytes()
    with pytest.raises(ConfigError, match=r"there are no rows with 'species' to play with\. Add --data and a table\."):
        experiment_of(str(tmp_path / "model.safetensors"), texts)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the words to install it."""
    monkeypatch.setitem(sys.modules, "websockets", None)
    net = gn.Network([gn.Dense(1)], loss="binary_cross_entropy", seed=0)
    words = r"Network.playground: needs websockets, .* Run: pip install 'glassnet\[playground\]'"
    with pytest.raises(MissingExtraError, match=words):
        net.playground()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nosuch.csv", "nosuch.csv: no such file."),
        (
            "penguins --data penguins",
            "--data is given without a MODEL, but with penguins. Write: glassnet playground DATA",
        ),
        ("--port 70000", "--port is 70000; it must be a whole number of at most 65535."),
        ("--host nosuch.invalid", "host is 'nosuch.invalid'"),
    ],
)
def test_the_command_refuses_in_one_sentence(typed: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 2."""
    assert main(["playground", "--no-browser", *typed.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"glassnet playground: {said}")
    assert err.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="signals as of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_cleanly(number: int) -> None:
    """Ctrl-C and SIGTERM, also while it trains and a page looks on: the page is told, nothing is left, the exit code is 0."""
    words = [sys.executable, "-m", "glassnet", "playground", "--no-browser"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"The playground is at http://127\.0\.0\.1:(\d+)/\?token=(\S+)\n", line)
        assert found is not None, line
        assert process.stdout.readline() == "Ctrl-C ends it.\n"
        served: Any = SimpleNamespace(port=int(found[1]))
        with connect(served, cookie=f"glassnet-{found[1]}={found[2]}") as page:
            page.ask("hello")
            page.ask("run")
            process.send_signal(number)
            while page.next() is not None:
                pass
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "Ended.\n", "")


def test_the_command_serves_a_table_until_it_is_ended(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is printed; a page can look at the table and end it."""
    found: list[Any] = []
    run = Playground.run

    def watched(self: Playground) -> None:
        def look() -> None:
            with connect(self, cookie=cookie_of(self)) as page:
                found.append(page.ask("hello")["result"]["state"])
                page.send("quit")
                while page.next() is not None:
                    pass

        threading.Thread(target=look).start()
        run(self)

    monkeypatch.setattr(Playground, "run", watched)
    assert main(["playground", "penguins", "--target", "species", "--no-browser"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("The playground is at http://127.0.0.1:")
    assert out[-1] == "Ended."
    assert found[0]["data"]["target"] == "species"
