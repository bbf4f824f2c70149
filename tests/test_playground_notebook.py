"""The playground in notebooks: a frame with the page of one file, and a widget whose engine is Python."""

from __future__ import annotations

import base64
import json
import queue
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from chromium import CHROMIUM, Page, open_page
from glassnet.errors import MissingExtraError
from glassnet.playground.data.sources import data_from_arrays
from glassnet.playground.experiment import Experiment
from glassnet.playground.notebook import experiment_frame
from glassnet.playground.settings import Settings
from glassnet.playground.single_file import widget_page
from glassnet.playground.widget import Bridge, playground_widget

in_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
PATIENCE = 30.0


def moons(layers: list[Any] | None = None) -> Experiment:
    """Return an experiment with moons and a small network."""
    layers = layers or [gn.Dense(4, "tanh"), gn.Dense(1)]
    net = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.Adam(0.05), seed=0)
    return Experiment(data_from_arrays(*gn.datasets.moons(80, noise=0.1, seed=1)), Settings.of(net, 8))


class FrontEnd:
    """What a front end hears, and a bridge to talk to."""

    def __init__(self, experiment: Experiment) -> None:
        self.heard: queue.Queue[tuple[dict[str, Any], list[bytes]]] = queue.Queue()
        self.bridge = Bridge(experiment, lambda content, buffers: self.heard.put((content, list(buffers))))

    def say(self, **message: Any) -> None:
        """Send a message."""
        self.bridge.receive({"text": json.dumps(message)})

    def answer(self, number: int) -> dict[str, Any]:
        """Return the answer to a message."""
        while True:
            content, _ = self.heard.get(timeout=PATIENCE)
            message: dict[str, Any] = json.loads(content.get("text", "{}"))
            if message.get("id") == number:
                return message

    def frame(self) -> bytes:
        """Return the next frame."""
        while True:
            content, buffers = self.heard.get(timeout=PATIENCE)
            if buffers:
                assert content == {}
                return buffers[0]


@pytest.fixture
def front() -> Iterator[FrontEnd]:
    """Return a front end of the moons."""
    made = FrontEnd(moons())
    yield made
    made.bridge.close()


def test_bridge_answers_and_sends_one_frame_at_a_time(front: FrontEnd) -> None:
    """A greeting brings the state and a frame; the next comes when that is painted, and shows the step after it."""
    front.say(id=1, do="hello", version=1)
    assert front.answer(1)["result"]["state"]["step"] == 0
    first = front.frame()
    assert int.from_bytes(first[4:8], "little") == 0
    front.say(id=2, do="step", batches=3)
    assert front.answer(2)["step"] == 3
    time.sleep(0.1)
    assert not any(buffers for _, buffers in list(front.heard.queue))
    front.say(do="ack", frame=1)
    assert int.from_bytes(front.frame()[4:8], "little") == 3


def test_bridge_refuses_in_sentences(front: FrontEnd) -> None:
    """What is no message, and what the engine refuses."""
    for text in ("{", "[1]", None, '{"a": NaN}'):
        front.bridge.receive({"text": text})
        content, _ = front.heard.get(timeout=PATIENCE)
        assert json.loads(content["text"])["error"].startswith("playground: a message is ")
    front.say(id=3, do="set", path="optimizer.learning_rate", value=-1)
    assert "learning_rate is -1; it must be a number of at least 0 or a schedule." in front.answer(3)["error"]


def test_frame_of_a_network_that_pages_cannot_train_says_why() -> None:
    """A sentence in the place of the page."""
    html = experiment_frame(moons([gn.Dense(4), gn.LayerNorm(), gn.Dense(1)]))
    assert re.fullmatch(r"<p>save the page: the network has LayerNorm; a page trains Dense layers.*</p>", html)


def test_widget_without_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(MissingExtraError, match=r"glassnet\[widget\]"):
        playground_widget(moons())


def test_widget_speaks_through_its_model() -> None:
    """What the front end sends reaches the engine, and answers come back as custom messages."""
    pytest.importorskip("anywidget")
    net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(1)], loss="binary_cross_entropy", seed=0)
    widget = playground_widget(net, *gn.datasets.moons(80, seed=1), height=500)
    sent: queue.Queue[Any] = queue.Queue()
    widget.send = lambda content, buffers=None: sent.put(content)
    widget._handle_custom_msg({"text": json.dumps({"id": 1, "do": "step"})}, [])
    assert json.loads(sent.get(timeout=PATIENCE)["text"])["step"] == 1
    assert widget.height == 500
    assert "export default" in str(widget._esm)
    widget.close()


# ---- in a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Start one Chromium."""
    with open_page(tmp_path_factory.mktemp("chromium"), 1280, 900) as opened:
        yield opened


class Frame:
    """The frame within a page: a process of its own, since it is sandboxed."""

    def __init__(self, page: Page) -> None:
        self._page = page
        own, page._session = page._session, None
        until = time.monotonic() + PATIENCE
        while not (
            found := [each for each in page.command("Target.getTargets")["targetInfos"] if each["type"] == "iframe"]
        ):
            assert time.monotonic() < until, "there is no frame"
            time.sleep(0.02)
        self._session = page.command("Target.attachToTarget", targetId=found[0]["targetId"], flatten=True)["sessionId"]
        page._session = self._session
        for domain in ("Runtime", "Log", "Network"):
            page.command(f"{domain}.enable")
        page._session = own

    def run(self, expression: str) -> Any:
        """Return the value of an expression in the frame."""
        own, self._page._session = self._page._session, self._session
        try:
            return self._page.run(expression)
        finally:
            self._page._session = own

    def wait(self, condition: str, work: Callable[[], object] = lambda: None) -> None:
        """Return when a condition holds in the frame; meanwhile work is done again and again."""
        until = time.monotonic() + PATIENCE
        while not self.run(condition):
            assert time.monotonic() < until, condition
            work()
            time.sleep(0.01)


SPACE = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: ' ', code: 'Space', bubbles: true}))"


@in_chromium
def test_frame_trains_in_a_notebook(page: Page, tmp_path: Path) -> None:
    """Sandboxed, without an origin and without a request."""
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><title>notebook</title>{framed_moons()}", encoding="utf-8")
    page.go(path.as_uri())
    frame = Frame(page)
    frame.wait("document.body.dataset.step !== undefined")
    frame.run(SPACE)
    frame.wait("Number(document.body.dataset.step) > 100")
    assert [url for url in page.requests if not url.startswith(("file:", "about:", "data:"))] == []
    assert page.console == []


def framed_moons() -> str:
    """Return the frame of the moons."""
    html = experiment_frame(moons())
    assert html.startswith("<iframe srcdoc=")
    return html


WIDGET = """<!doctype html><title>widget</title><div id="el"></div><script type="module">
FRONT
const hearers = [];
globalThis.sent = [];
const model = {
  get: (name) => (name === "page" ? PAGE : 700),
  send: (content) => sent.push(content),
  on: (kind, hear) => hearers.push(hear),
  off: () => hearers.splice(0),
};
globalThis.deliver = (content, base64) => {
  const bytes = base64 === null ? [] : [new DataView(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer)];
  for (const hear of hearers) hear(content, bytes);
};
globalThis.leave = front.render({ model, el: document.getElementById("el") });
</script>"""


@in_chromium
def test_widget_page_trains_in_python(page: Page, tmp_path: Path, front: FrontEnd) -> None:
    """The front end of the widget with a model that carries what it says to Python and back."""
    text = (Path(gn.__file__).parent / "playground" / "offline" / "widget_front.js").read_text(encoding="utf-8")
    shown = json.dumps(widget_page()).replace("</", "<\\/").replace("<!--", "<\\!--")
    html = WIDGET.replace("FRONT", text.replace("export default", "const front =")).replace("PAGE", shown)
    path = tmp_path / "widget.html"
    path.write_text(html, encoding="utf-8")
    page.console.clear()
    page.go(path.as_uri())
    frame = Frame(page)
    frame.wait("document.body.dataset.step === '0'", lambda: carry(page, front))
    frame.run(SPACE)
    frame.wait("Number(document.body.dataset.step) > 20", lambda: carry(page, front))
    assert page.console == []
    page.run("leave()")


def carry(page: Page, front: FrontEnd) -> None:
    """Carry messages between a page and Python."""
    for content in page.run("sent.splice(0)"):
        front.bridge.receive(content)
    while not front.heard.empty():
        content, buffers = front.heard.get()
        encoded = base64.b64encode(buffers[0]).decode() if buffers else None
        page.run(f"deliver({json.dumps(content)}, {json.dumps(encoded)})")
