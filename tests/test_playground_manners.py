"""What the page does with what people type, press and leave: numbers, keys after a step, the focus, and notices."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chromium import Page
from playground_pages import first_experiment, in_page, open_playground, playground, troubles

pytestmark = pytest.mark.filterwarnings("ignore:websockets")

RATE = '[data-path="optimizer.learning_rate"]'
NUMBERS = [
    ("0,03", 0.03), ("0.03", 0.03), (" 1e-3 ", 0.001), ("\u22120.5", -0.5), ("\u20132", -2), (".5", 0.5), ("5.", 5), ("1E5", 1e5), ("1 000", 1000),
    ("+3", 3), ("", None), ("  ", None),
    ("abc", "NaN"), ("0x10", "NaN"), ("1,2,3", "NaN"), ("1.000,5", "NaN"), ("1e999", "NaN"), ("Infinity", "NaN"), ("--1", "NaN"), ("1e", "NaN"),
]  # fmt: skip
WHOLE = [("12", 12), ("1e3", 1000), ("1,000", "NaN"), ("2.5", "NaN"), ("9007199254740993", "NaN"), ("-1", -1)]


@pytest.fixture
def page(chromium: Page, served: Any) -> Iterator[Page]:
    """Return the page, loaded again, at step 0 of a run; it must not complain."""
    served.call(
        lambda experiment: experiment.replace(data=first_experiment().data, settings=first_experiment().settings)
    )
    chromium.resize(1280, 800)
    open_playground(chromium, served)
    chromium.run("playground.then(store => (window.store = store)).then(() => 0)")
    yield chromium
    assert troubles(chromium, served) == []


def write(page: Page, selector: str, text: str) -> None:
    """Replace what stands in a field by what is typed, and press Enter."""
    page.run(f"(e => {{ e.focus(); e.select(); }})(document.querySelector({selector!r}))")
    if text:
        page.type(text)
    else:
        page.run("document.execCommand('delete')")
    page.press("Enter", "\r")


def shown(page: Page, selector: str) -> Any:
    """Return what stands in a field."""
    return page.run(f"document.querySelector({selector!r}).value")


def refusals(page: Page) -> list[str]:
    """Return the refusals that are shown."""
    found: list[str] = page.run("[...document.querySelectorAll('.notice.refusal p')].map(e => e.textContent)")
    return found


# ---- numbers ---------------------------------------------------------------------------------------------------------


@in_page
def test_numbers_are_read_as_people_write_them(page: Page) -> None:
    """With comma or point, exponent, a minus from a book; what is something else is no number."""
    for cases, whole in ((NUMBERS, "false"), (WHOLE, "true")):
        words = [text for text, _ in cases]
        read = f"import('./numbers.js').then(m => {words!r}.map(w => m.numberIn(w, {whole})).map(v => Number.isNaN(v) ? 'NaN' : v))"
        assert page.run(read) == [value for _, value in cases]


@in_page
def test_arrows_walk_through_the_sizes_of_numbers(page: Page) -> None:
    """By one in the first digit, or by the step of the field, within its bounds."""
    walk = """import('./numbers.js').then(({nextNumber: n}) => [
        n(0.03, 1), n(0.03, -1), n(0.01, -1), n(0.09, 1), n(0, 1), n(-0.1, 1), n(5, 1, {whole: true}), n(1, -1, {whole: true, minimum: 1}),
        n(500, -1, {step: 10}), n(0.95, 1, {step: 0.1, maximum: 1}), n(0.1, -1), n(1e-3, 1)])"""
    assert page.run(walk) == [0.04, 0.02, 0.009, 0.1, 0.01, -0.09, 6, 1, 490, 1, 0.09, 0.002]


@in_page
def test_a_comma_is_a_decimal_mark(served: Any, page: Page) -> None:
    """What is typed with a comma is not another number; the arrows go on from there."""
    write(page, RATE, "0,03")
    page.wait("store.state.network.optimizer.options[0].value === 0.03")
    assert shown(page, RATE) == "0.03"
    page.press("ArrowUp")
    page.wait("store.state.network.optimizer.options[0].value === 0.04")
    assert page.run(f"document.activeElement.matches({RATE!r})")
    assert refusals(page) == []


@in_page
@pytest.mark.parametrize("path", ["optimizer.learning_rate", "seed", "batch_size"])
def test_an_empty_field_changes_nothing(served: Any, page: Page, path: str) -> None:
    """The old value comes back without a word."""
    field = f'[data-path="{path}"]'
    before, settings = shown(page, field), served.call(lambda experiment: experiment.settings)
    write(page, field, "")
    page.wait(f"document.querySelector({field!r}).value === {before!r}")
    assert served.call(lambda experiment: experiment.settings) == settings
    assert page.run("document.querySelectorAll('.notice').length") == 0


@in_page
def test_an_empty_field_may_mean_none(page: Page) -> None:
    """Where nothing is what such a setting begins with, the field says so."""
    field = '.menu [data-path="optimizer.clip_norm"]'
    page.run(
        "[...document.querySelectorAll('#network .settings > button')].find(e => e.textContent === 'More…').click()"
    )
    assert page.run(f"document.querySelector({field!r}).placeholder") == "none"
    of = "store.state.network.optimizer.options.find(({path}) => path === 'optimizer.clip_norm').value"
    for text, value in (("0,5", "0.5"), ("", "null")):
        write(page, field, text)
        page.wait(f"{of} === {value}")


@in_page
def test_what_is_no_number_gets_one_sentence(served: Any, page: Page) -> None:
    """And the value in force comes back; the sentence goes when a number is typed."""
    before = shown(page, RATE)
    write(page, RATE, "abc")
    page.wait("document.querySelectorAll('.notice.refusal').length === 1")
    assert refusals(page) == ["“abc” is no number. Write one such as 0.03 or 1e-3."]
    assert shown(page, RATE) == before
    write(page, RATE, "1e-2")
    page.wait("store.state.network.optimizer.options[0].value === 0.01")
    assert refusals(page) == []


@in_page
def test_a_refused_number_leaves_the_field(served: Any, page: Page) -> None:
    """The field of a toy shows what is in force, as one of the optimizer does; what is accepted takes the refusal away."""
    page.run("document.querySelector('#data-source-moons').click()")
    page.wait("store.state.data.source.name === 'moons' && document.querySelector('#data-option-n') !== null")
    for option, bad in (("n", "99999999"), ("noise", "-1")):
        before = shown(page, f"#data-option-{option}")
        write(page, f"#data-option-{option}", bad)
        page.wait("document.querySelectorAll('.notice.refusal').length === 1")
        page.wait(f"document.querySelector('#data-option-{option}').value === {before!r}")
        assert "None" not in "".join(refusals(page))
        page.click(".notice button")
    write(page, "#data-option-noise", "0,05")
    page.wait("store.state.data.source.options.noise === 0.05")
    page.wait("document.querySelectorAll('.notice').length === 0")
    write(page, RATE, "-1")
    page.wait("document.querySelectorAll('.notice.refusal').length === 1")
    page.wait(f"document.querySelector({RATE!r}).value === String(store.state.network.optimizer.options[0].value)")


# ---- keys and the focus ------------------------------------------------------------------------------------------------


@in_page
def test_comma_goes_back_after_steps(served: Any, page: Page) -> None:
    """The state does not follow each step; the key does."""
    for step in (1, 2, 3):
        page.press(".", ".")
        page.wait(f"document.body.dataset.step === '{step}'")
    for step in (2, 1, 0):
        page.press(",", ",")
        page.wait(f"document.body.dataset.step === '{step}'")
    page.press(",", ",")
    assert served.call(lambda experiment: experiment.step) == 0


@in_page
def test_buttons_that_have_done_their_work_keep_the_focus(served: Any, page: Page) -> None:
    """Back to step 0, one step back, undo, redo, and the last unit that can be taken away."""
    page.run("store.do('step', {batches: 1})")
    page.wait("document.body.dataset.step === '1'")

    def press(name: str, off: bool = True) -> None:
        found = f"document.querySelector('[aria-label^={name!r}]')".replace("'[", '"[').replace("]'", ']"')
        page.run(f"{found}.focus()")
        page.press("Enter", "\r")
        page.wait(f"({found}.ariaDisabled === 'true') === {str(off).lower()}")
        assert page.run(f"document.activeElement === {found}")

    press("One step back")
    page.run("store.do('step')")
    page.wait("document.body.dataset.step === '1'")
    press("Back to step 0")
    write(page, RATE, "0.5")
    page.wait("store.state.can_undo")
    while page.run("store.state.can_undo"):
        revision = page.run("store.state.revision")
        page.run("document.querySelector('[aria-label=Undo]').focus()")
        page.press("Enter", "\r")
        page.wait(f"store.state.revision > {revision}")
    assert page.run("document.activeElement.ariaLabel") == "Undo"
    while page.run("store.state.can_redo"):
        revision = page.run("store.state.revision")
        page.run("document.querySelector('[aria-label=Redo]').focus()")
        page.press("Enter", "\r")
        page.wait(f"store.state.revision > {revision}")
    assert page.run("document.activeElement.ariaLabel") == "Redo"
    revision = page.run("store.state.revision")
    page.press("Enter", "\r")
    assert page.run("store.state.revision") == revision


@in_page
def test_popups_give_the_focus_back(page: Page) -> None:
    """To what opened them, though it may have been made anew by what was changed in them."""
    more = "[...document.querySelectorAll('#network .settings > button')].find(e => e.textContent === 'More…')"
    page.run(f"{more}.focus()")
    page.press("Enter", "\r")
    page.wait("document.querySelector('.menu:popover-open') !== null")
    page.press("Escape")
    page.wait("document.querySelector('.menu:popover-open') === null")
    page.wait(f"document.activeElement === {more}")
    for key in ("name-1", "add-2"):
        page.run(f"document.querySelector('[data-key={key}]').focus()")
        page.press("Enter", "\r")
        page.wait("document.querySelector('.menu:popover-open') !== null")
        if key == "name-1":
            revision = page.run("store.state.revision")
            page.run(
                "(e => { e.focus(); e.value = '1'; e.onchange(); })(document.querySelector('.menu [data-path$=activation]'))"
            )
            page.wait(f"store.state.revision > {revision}")
        page.press("Escape")
        page.wait("document.querySelector('.menu:popover-open') === null")
        page.wait(f"document.activeElement.dataset.key === '{key}'")


@in_page
def test_the_list_of_keys_gives_the_focus_back_after_a_branch(page: Page) -> None:
    """The neuron that had the focus is another element by then."""
    runs = page.run("store.state.runs.length")
    page.run("document.querySelector('#network [role=gridcell][data-column=\"2\"]').focus()")
    page.press("b", "b")
    page.press("?", "?")
    page.wait(f"store.state.runs.length === {runs + 1}")
    page.run("store.do('set', {path: 'layers.0.units', value: 5})")
    page.wait("store.state.network.columns[1].units === 5")
    assert page.run("document.getElementById('help').open")
    page.press("Escape")
    page.wait("!document.getElementById('help').open")
    page.wait("document.activeElement.dataset.column === '2'")


@in_page
def test_what_is_explained_keeps_the_focus_while_its_numbers_change(page: Page) -> None:
    """Enter in the field of a weight leads to its button, which is made anew with every step."""
    page.run("store.select({kind: 'edge', parameter: 'dense_1.weight', from: 0, to: 1})")
    page.wait("document.querySelector('#explain [data-key=value]') !== null")
    write(page, "#explain [data-key=value]", "0,25")
    page.wait("document.querySelector('#explain .explained').textContent.includes('now 0.25')")
    assert page.run("document.activeElement.dataset.key") == "set"
    page.run("document.querySelector('#explain summary').focus()")
    page.run("store.do('step')")
    page.wait("!document.querySelector('#explain .explained').textContent.includes('now 0.25.')")
    assert page.run("document.activeElement.matches('#explain summary')")


@in_page
def test_names_of_runs_are_changed_without_losing_the_focus(page: Page) -> None:
    """Enter and Escape lead back to the run; where a run is removed, to the one that is shown."""
    runs = page.run("store.state.runs.length")
    page.run("store.do('branch', {name: 'other'})")
    page.wait(f"store.state.runs.length === {runs + 1}")
    page.run("document.querySelector('#timeline .runs').open = true")
    for end, name in (("Enter", "mine"), ("Escape", "mine")):
        page.run('document.querySelector(\'[data-key="rename other"], [data-key="rename mine"]\').focus()')
        page.press("Enter", "\r")
        page.wait("document.activeElement.matches('#timeline .runs input')")
        page.type("mine")
        page.press(end, "\r" if end == "Enter" else "")
        page.wait(f"document.activeElement.dataset.key === 'select {name}'")
    page.run("document.querySelector('[data-key=\"remove mine\"]').focus()")
    page.press("Enter", "\r")
    page.wait(f"store.state.runs.length === {runs}")
    page.wait("document.activeElement.matches('#timeline [aria-current]')")


@pytest.mark.slow
@in_page
def test_pins_can_be_hit(page: Page) -> None:
    """Each has 24 pixels of its own, also where many changes follow each other closely, and on a phone."""
    for step in range(1, 30):
        page.run(
            f"store.do('step').then(() => store.do('set', {{path: 'optimizer.learning_rate', value: {step / 100}}}))"
        )
    page.run("store.do('go_to', {step: 3})")
    boxes = """[...document.querySelectorAll('#timeline .pin')].map(pin => pin.getBoundingClientRect()).map(b => [b.left, b.right, b.height])"""
    for width in (1280, 360):
        page.resize(width, 740)
        page.wait(
            f"document.querySelectorAll('#timeline .pin').length > {3 if width == 360 else 12} && innerWidth === {width}"
        )
        page.wait(f"Math.max(...{boxes}.map(([, right]) => right)) <= innerWidth")
        found = sorted(page.run(boxes))
        assert all(right - left >= 24 and height >= 24 for left, right, height in found)
        assert all(after[0] >= before[1] - 0.5 for before, after in itertools.pairwise(found))


# ---- notices ---------------------------------------------------------------------------------------------------------


@in_page
def test_notices_cover_nothing(page: Page) -> None:
    """They stand in the flow: no panel, nor the popup of a layer, is below one, at any width."""
    over = """[...document.querySelectorAll('.notice')].some(notice => {
        const a = notice.getBoundingClientRect();
        return [...document.querySelectorAll('#drawer, #network, #result, #data')].some(panel => {
          const b = panel.getBoundingClientRect(), seen = document.getElementById('timeline').getBoundingClientRect();
          return a.width && a.top < Math.min(b.bottom, seen.top) && a.bottom > b.top && a.left < b.right && a.right > b.left;
        });
      })"""
    for width, height in ((1280, 800), (1920, 1080), (360, 740), (800, 700)):
        page.resize(width, height)
        for name in ("stap", "rum", "bronch"):
            page.run(f"store.do('{name}')")
        page.wait("document.querySelectorAll('.notice.refusal').length === 3")
        assert not page.run(over)
        box = "[...document.querySelectorAll('.notice')].at(-1).getBoundingClientRect()"
        assert page.run(f"(b => b.top >= 0 && b.bottom <= innerHeight && b.left >= 0 && b.right <= innerWidth)({box})")


@in_page
def test_a_refusal_goes_when_the_same_succeeds(page: Page) -> None:
    """One of another kind stays."""
    page.run("store.do('set', {path: 'optimizer.learning_rate', value: -1})")
    page.run("store.do('stap')")
    page.wait("document.querySelectorAll('.notice.refusal').length === 2")
    page.run("store.do('set', {path: 'optimizer.learning_rate', value: 0.1})")
    page.wait("document.querySelectorAll('.notice.refusal').length === 1")
    assert "'stap'" in refusals(page)[0]


@in_page
def test_notices_go_after_a_while_but_not_from_below_the_focus(page: Page) -> None:
    """No sooner than after eight seconds, and not while they have the focus."""
    page.run("""
        window.waits = [];
        const later = setTimeout;
        window.setTimeout = (f, wait) => wait >= 8000 ? waits.push([f, wait]) : later(f, wait);
    """)
    page.run("store.notice('Short.'); store.notice('long '.repeat(80))")
    assert page.run("waits.map(([, wait]) => wait)") == [8000, 24000]
    page.run("document.querySelector('.notice button').focus()")
    page.run("waits[0][0]()")
    assert page.run("document.querySelectorAll('.notice').length") == 2
    page.run("document.activeElement.blur()")
    page.run("waits.at(-1)[0]()")
    assert page.run("document.querySelectorAll('.notice').length") == 1
    assert page.run("document.getElementById('notices').role") == "status"


@pytest.mark.slow
@in_page
def test_the_greeting_goes_with_the_first_step(served: Any, page: Page) -> None:
    """And does not come again; a page that may not keep anything greets, and does not fail."""
    page.run("localStorage.clear()")
    open_playground(page, served)
    assert "Space" in page.run("document.getElementById('hint').textContent")
    page.press(".", ".")
    page.wait("document.getElementById('hint').textContent === ''")
    open_playground(page, served)
    assert page.run("document.getElementById('hint').textContent") == ""
    block = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no storage'); }})"
    script = page.command("Page.addScriptToEvaluateOnNewDocument", source=block)["identifier"]
    open_playground(page, served)
    page.command("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    page.press(".", ".")
    page.wait("document.getElementById('hint').textContent === ''")


@pytest.mark.slow
@in_page
def test_a_slow_line_keeps_up(served: Any, page: Page) -> None:
    """At 60 kB a second, with a fifth of a second on the way, the page follows, and pauses when it is told to."""
    slow = {"offline": False, "latency": 200, "downloadThroughput": 60_000, "uploadThroughput": 60_000}
    page.command("Network.emulateNetworkConditions", **slow)
    try:
        page.run("window.begun = performance.now()")
        page.run("store.do('axes').then(() => (window.took = performance.now() - begun))")
        assert page.run("took") >= 100  # it is slow indeed
        page.press(" ", " ")
        page.wait("document.body.dataset.state === 'running'")
        page.wait("+document.body.dataset.step > 50")
        page.press(" ", " ")
        page.wait("document.body.dataset.state === 'paused'")
        step = served.call(lambda experiment: experiment.step)
        page.wait(f"document.body.dataset.step === '{step}'")
    finally:
        page.command(
            "Network.emulateNetworkConditions",
            **slow | dict.fromkeys(("latency",), 0) | {"downloadThroughput": -1, "uploadThroughput": -1},
        )
    assert page.run("document.getElementById('banner').textContent") == ""


@in_page
def test_a_server_that_is_gone_has_a_new_address(chromium: Page, tmp_path: Path) -> None:
    """One that is started again has another token and port: the page says so."""
    with playground() as served:
        open_playground(chromium, served)
        chromium.run("{ const later = setTimeout; window.setTimeout = (call, wait) => later(call, wait / 20); }")
    chromium.wait("document.body.dataset.state === 'gone'")
    said = chromium.run("document.getElementById('banner').textContent")
    assert "open the new address that it prints" in said
    assert "try again" in said
    chromium.go("about:blank")
    chromium.requests.clear()  # those of another server
    chromium.console.clear()
    chromium.requests.clear()


@in_page
def test_words_fit_what_the_page_can_do(page: Page) -> None:
    """Without a microscope nothing is said of one; without explanations nobody is asked to choose a neuron."""
    said = """import('./drawer_explain.js').then(({mount}) => ["", "microscope", "explain_neuron"].map(missing => {
        const root = document.createElement("div");
        mount(root, {can: command => command !== missing, on() {}, selection: null, state: store.state, frame: null, drawer: "explain"});
        return root.querySelector(".explained").textContent;
      }))"""
    both, no_microscope, nothing = page.run(said)
    assert "microscope walks" in both
    assert no_microscope.startswith("Click a neuron")
    assert "microscope" not in no_microscope
    assert "Click" not in nothing
