"""The shell of the page in a browser: keys, words that are read out, what goes wrong, and what the store keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chromium import Page, open_page
from playground_pages import in_page, open_playground, playground, troubles

STORE = """
(async () => {
  const {Store} = await import("./store.js");
  const heard = {};
  const engine = {
    capabilities: new Set(["step"]), send: async (name) => { if (name !== "step") throw new Error("no such command"); return 7; },
    onState: f => (heard.state = f), onFrame: f => (heard.frame = f), onNotice: f => (heard.notice = f), onFindings: f => (heard.findings = f),
  };
  const store = new Store(engine), seen = [];
  for (const kind of ["state", "frame", "selection", "drawer", "notice", "findings"]) store.on(kind, value => seen.push([kind, value]));
  %s
})()
"""

pytestmark = pytest.mark.filterwarnings("ignore:websockets")


# ---- keys --------------------------------------------------------------------------------------------------------------


@in_page
def test_skip_links_lead_into_the_regions(page: Page) -> None:
    """They are the first that Tab reaches, and are seen then."""
    for region in ("data", "network", "result", "drawer", "timeline"):
        page.press("Tab")
        assert page.run("document.activeElement.hash") == f"#{region}"
        assert page.run("document.activeElement.getBoundingClientRect().left") >= 0
    page.press("Enter", "\r")
    assert page.run("document.activeElement.id") == "timeline"


@in_page
def test_keys_run_step_and_pause(served: Any, page: Page) -> None:
    """Space, full stop, and space again."""
    before = served.call(lambda experiment: experiment.step)
    page.press(".", ".")
    page.wait(f"document.body.dataset.step === '{before + 1}'")
    assert served.call(lambda experiment: experiment.step) == before + 1
    page.press(" ", " ")
    page.wait("document.body.dataset.state === 'running'")
    page.wait(f"+document.body.dataset.step > {before + 20}")
    page.press(" ", " ")
    page.wait("document.body.dataset.state === 'paused'")
    step = served.call(lambda experiment: experiment.step)
    page.wait(f"document.body.dataset.step === '{step}'")
    page.wait("document.getElementById('live').textContent.startsWith('Step ')")


@in_page
def test_keys_are_left_to_what_is_typed_in(served: Any, page: Page) -> None:
    """And a button is pressed by Space, as buttons are."""
    before = served.call(lambda experiment: experiment.step)
    page.run(
        "document.querySelector('main').append(Object.assign(document.createElement('input'), {id: 'typed'})); typed.focus()"
    )
    for key in ". ?b":
        page.press(key, key)
    assert page.run("typed.value") == ". ?b"
    assert page.run("document.getElementById('help').open") is False
    page.run("document.querySelector('#tools button[aria-haspopup]').focus()")
    page.press(" ", " ")
    assert page.run("document.getElementById('help').open") is True
    page.press(".", ".")
    page.press("Escape")
    assert page.run("document.getElementById('help').open") is False
    assert served.call(lambda experiment: (experiment.step, experiment.running)) == (before, False)


@in_page
def test_question_mark_lists_the_keys_which_can_be_switched_off(served: Any, page: Page) -> None:
    """Single keys get in the way of those who speak to their computer."""
    page.press("?", "?")
    listed = page.run("document.getElementById('help').innerText")
    assert all(words in listed for words in ("Space", "Run or pause", "One step forwards", "Show these keys"))
    page.run("document.querySelector('#help input').click()")
    page.press("Escape")
    before = served.call(lambda experiment: experiment.step)
    page.press(".", ".")
    page.press("?", "?")
    assert page.run("document.getElementById('help').open") is False
    assert served.call(lambda experiment: experiment.step) == before
    open_playground(page, served)
    page.press("?", "?")
    assert page.run("document.getElementById('help').open") is False
    page.run("localStorage.clear()")


# ---- what is said, and what goes wrong -----------------------------------------------------------------------------------


@in_page
def test_refusals_are_shown_in_the_words_of_the_library(page: Page) -> None:
    """Once each, at most three, until they are dismissed."""
    for name in ("stap", "stap", "rum", "paus", "bronch"):
        page.run(f"playground.then(store => store.do('{name}'))")
    shown = page.run("[...document.querySelectorAll('.notice.refusal p')].map(e => e.textContent)")
    assert len(shown) == 3
    assert shown[-1].startswith("playground: there is no command 'bronch'.")
    for _ in shown:
        page.click(".notice button")
    assert page.run("document.querySelectorAll('.notice').length") == 0


@in_page
def test_first_visit_is_greeted_once(served: Any, page: Page) -> None:
    """A line that says what to do, which stays away after it was seen."""
    page.run("localStorage.clear()")
    open_playground(page, served)
    assert "Space" in page.run("document.getElementById('hint').textContent")
    page.click("#hint button")
    assert page.run("document.getElementById('hint').textContent") == ""
    open_playground(page, served)
    assert page.run("document.getElementById('hint').textContent") == ""


@in_page
def test_sliders_send_their_newest_value_only(page: Page) -> None:
    """200 values of one slider become few commands, of which the last arrives last."""
    page.run("""(async () => {
        const send = WebSocket.prototype.send;
        window.sent = [];
        WebSocket.prototype.send = function (text) { sent.push(JSON.parse(text)); return send.call(this, text); };
        const store = await playground;
        await Promise.all(Array.from({length: 200}, (_, i) => store.engine.send("go_to", {step: i}).catch(() => 0)));
    })()""")
    sent = [message["step"] for message in page.run("sent") if message["do"] == "go_to"]
    assert len(sent) <= 3
    assert sent[-1] == 199


@in_page
def test_reload_finds_the_run_where_it_was(served: Any, page: Page) -> None:
    """The experiment lives on the server."""
    page.run("playground.then(store => store.do('step', {batches: 30}))")
    step = served.call(lambda experiment: experiment.step)
    page.command("Page.reload")
    page.wait(f"document.body?.dataset.step === '{step}'")
    assert step >= 30


@in_page
def test_two_tabs_are_told_of_each_other(served: Any, page: Page) -> None:
    """Both steer the same experiment, and both show it."""
    first = page._session
    page.start(1280, 800)
    try:
        open_playground(page, served)
        page.wait("document.getElementById('notices').textContent.includes('another tab')")
        page.run("playground.then(store => store.do('step', {batches: 2}))")
        step = served.call(lambda experiment: experiment.step)
        page.wait(f"document.body.dataset.step === '{step}'")
        target = page.command("Target.getTargetInfo")["targetInfo"]["targetId"]
    finally:
        page._session = first
    page.command("Page.bringToFront")
    page.wait("document.getElementById('notices').textContent.includes('another tab')")
    page.wait(f"document.body.dataset.step === '{step}'")
    page.command("Target.closeTarget", targetId=target)


@in_page
def test_page_says_that_the_server_is_gone_and_comes_back(tmp_path: Path) -> None:
    """With a button; a server that was started anew has another token, which is said."""
    with open_page(tmp_path, 1280, 800) as page:
        with playground() as served:
            port = served.port
            open_playground(page, served)
            page.run("{ const later = setTimeout; window.setTimeout = (call, wait) => later(call, wait / 20); }")
            assert troubles(page, served) == []
        page.wait("document.body.dataset.state === 'gone'")
        assert "does not answer" in page.run("document.getElementById('banner').textContent")
        page.run("playground.then(store => store.do('step'))")
        page.wait("document.querySelectorAll('.notice.refusal').length === 1")
        with playground(port=port) as served:
            page.click("#banner button")
            page.wait("document.getElementById('banner').textContent.includes('token')")
            open_playground(page, served)
            assert page.run("document.getElementById('banner').textContent") == ""


@in_page
def test_a_socket_that_breaks_is_opened_again(served: Any, page: Page) -> None:
    """Without a word to anybody; the server is told where the page was."""
    page.run("""
        window.sent = [];
        window.gone = 0;
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) { sent.push(JSON.parse(text)); return send.call(this, text); };
        playground.then(({engine}) => engine.onGone(words => (gone += words !== null)));
    """)
    (open_one,) = served._pages._pages
    served._pages.later(lambda: open_one.end(1001, "A while."))
    page.wait("sent.some(message => message.do === 'hello')")
    hello = page.run("sent.find(message => message.do === 'hello')")
    assert (hello["version"], hello["step"]) == (1, served.call(lambda experiment: experiment.step))
    page.run("playground.then(store => store.do('step'))")
    step = served.call(lambda experiment: experiment.step)
    page.wait(f"document.body.dataset.step === '{step}'")
    assert (step, page.run("gone")) == (hello["step"] + 1, 0)


@in_page
def test_a_page_that_sleeps_catches_up(served: Any, page: Page) -> None:
    """Browsers paint no tab in the background: training goes on, no frame is sent, and then the page shows what it finds."""
    page.run("""
        window.held = [];
        window.came = 0;
        window.paint = requestAnimationFrame;
        window.requestAnimationFrame = f => held.push(f);
        playground.then(({engine}) => engine.onFrame(() => (came += 1)));
    """)
    page.press(" ", " ")
    page.wait("came > 0")
    before = served.call(lambda experiment: experiment.step)
    while served.call(lambda experiment: experiment.step) < before + 500:
        pass
    assert page.run("came") == 1
    page.run("window.requestAnimationFrame = paint; held.forEach(f => paint(f))")
    page.wait(f"+document.body.dataset.step > {before + 400}")
    page.press(" ", " ")
    page.wait("document.body.dataset.state === 'paused'")
    step = served.call(lambda experiment: experiment.step)
    page.wait(f"document.body.dataset.step === '{step}'")


@in_page
def test_page_says_that_training_diverged(page: Page) -> None:
    """With a button that starts again; Space does no harm meanwhile."""
    rate = page.run(
        "playground.then(store => store.state.network.optimizer.options.find(({path}) => path.endsWith('learning_rate')).value)"
    )
    page.run("playground.then(store => store.do('set', {path: 'optimizer.learning_rate', value: 1e30}))")
    page.run("playground.then(store => store.do('run'))")
    page.wait("document.querySelector('#banner button') !== null")
    assert page.run(
        "playground.then(store => store.state.diverged === document.querySelector('#banner p').textContent)"
    )
    page.click("#banner button")
    page.wait("document.getElementById('banner').textContent === ''")
    page.run(f"playground.then(store => store.do('set', {{path: 'optimizer.learning_rate', value: {rate}}}))")


# ---- what the shell keeps ------------------------------------------------------------------------------------------------


@in_page
def test_frames_of_another_revision_are_dropped_and_sections_are_kept(page: Page) -> None:
    """What a frame lacks is that of the frame before, but losses are only the new ones."""
    body = """
      heard.state({revision: 2});
      heard.frame({revision: 1, step: 5});
      const old = store.paint();
      heard.frame({revision: 2, step: 6, edges: "e", plane: "p", losses: [6, 0.5]});
      const first = store.paint(), nothing = store.paint();
      heard.frame({revision: 2, step: 7, edges: "f"});
      store.paint();
      const {edges, plane, losses, step} = store.frame;
      heard.state({revision: 3});
      heard.frame({revision: 3, step: 0});
      store.paint();
      return [old, first, nothing, edges, plane, losses ?? null, step, store.frame.plane ?? null];
    """
    assert page.run(STORE % body) == [False, True, False, "f", "p", None, 7, None]


@in_page
def test_one_listener_that_fails_leaves_the_others_alive(page: Page) -> None:
    """What it threw is reported; a command that is refused becomes a notice."""
    body = """
      const reported = [];
      globalThis.reportError = error => reported.push(error.message);
      store.on("state", () => { throw new Error("broken panel"); });
      store.on("state", () => seen.push("after"));
      heard.state({revision: 1});
      const found = [await store.do("step"), (await store.do("stap")) ?? null];
      return [reported, seen.includes("after"), found, seen.at(-1)];
    """
    refusal = ["notice", {"words": "no such command", "kind": "refusal", "of": "stap"}]
    assert page.run(STORE % body) == [["broken panel"], True, [7, None], refusal]


@in_page
def test_what_is_selected_opens_its_explanation(page: Page) -> None:
    """Unless it was only moved to."""
    body = """
      store.open("code");
      store.select({kind: "layer", layer: 0}, {open: false});
      const before = store.drawer;
      store.select({kind: "neuron", layer: 0, unit: 1});
      return [before, store.drawer, seen.map(([kind]) => kind)];
    """
    assert page.run(STORE % body) == ["code", "explain", ["drawer", "selection", "drawer", "selection"]]


@in_page
def test_loss_is_read_out_seldom(page: Page) -> None:
    """At most every five seconds while it runs, and once when it stops."""
    page.run("""
        window.said = [];
        new MutationObserver(() => said.push(document.getElementById("live").textContent))
          .observe(document.getElementById("live"), {childList: true});
        window.frames_ = 0;
        window.begun = performance.now();
        playground.then(store => store.on("frame", () => (frames_ += 1)));
    """)
    page.press(" ", " ")
    page.wait("frames_ > 10")
    page.press(" ", " ")
    page.wait("document.body.dataset.state === 'paused'")
    page.wait("said.length > 0")
    most = page.run("Math.ceil((performance.now() - begun) / 5000) + 1")
    said = page.run("said")
    assert len(said) <= most
    assert all(words.startswith("Step ") and ", loss " in words for words in said)


@in_page
def test_loss_can_be_heard(page: Page) -> None:
    """Off at first; lower losses have lower tones, those that are no numbers the highest."""
    button = "document.querySelector('#tools [aria-pressed]')"
    assert page.run(f"{button}.ariaPressed") == "false"
    page.run(f"{button}.click()")
    assert page.run(f"{button}.ariaPressed") == "true"
    page.run(f"{button}.click()")
    assert page.run(f"{button}.ariaPressed") == "false"
    tones = page.run("import('./sound.js').then(({pitch}) => [0, 1e-6, 0.01, 1, 10, 1e9, NaN].map(pitch))")
    assert tones == sorted(tones)
    assert (tones[3], tones[0], tones[-1]) == (440, 80, 1760)


@in_page
def test_words_can_be_those_of_another_language(served: Any, page: Page) -> None:
    """What a translation lacks stays English."""
    wrap = """const known = fetch; globalThis.fetch = (url, ...rest) =>
        String(url).endsWith("/texts.qq.json") ? Promise.resolve(new Response('{"app.data": "Daten"}')) : known(url, ...rest);"""
    script = page.command("Page.addScriptToEvaluateOnNewDocument", source=wrap)["identifier"]
    page.go(f"{served.address}?lang=qq")
    page.wait("document.body.dataset.state === 'paused'")
    page.command("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    assert page.run("document.getElementById('data-title').textContent") == "Daten"
    assert page.run("document.getElementById('result-title').textContent") == "Result"
    assert page.run("document.documentElement.lang") == "qq"


@in_page
def test_page_paints_what_it_acknowledges(page: Page) -> None:
    """Each frame that came was painted or dropped before the next came: none piles up."""
    page.run("""
        window.open_ = 0;
        window.most = 0;
        window.came = 0;
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) { if (JSON.parse(text).do === "ack") open_ -= 1; return send.call(this, text); };
        playground.then(({engine}) => engine.onFrame(() => { came += 1; open_ += 1; most = Math.max(most, open_); }));
    """)
    page.press(" ", " ")
    page.wait("came > 10")
    page.press(" ", " ")
    page.wait("document.body.dataset.state === 'paused'")
    assert page.run("most") <= 1
