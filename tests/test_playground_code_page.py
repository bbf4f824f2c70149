"""The tab "Code" in a browser, and the editors of options that other panels use too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chromium import Page
from glassnet.playground.code.shown_run import experiment_code
from playground_pages import in_page, open_playground, troubles, watched_page

pytestmark = pytest.mark.filterwarnings("ignore:websockets")

SHOWN = "document.querySelector('#code .listing').textContent"


@pytest.fixture(scope="module")
def the_page(served: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Return its page, in the one Chromium of the module."""
    with watched_page(tmp_path_factory.mktemp("profile"), served, 1280, 900) as page:
        yield page


@pytest.fixture
def page(the_page: Page, served: Any) -> Page:
    """Return the page with the tab open and its code there."""
    open_playground(the_page, served)
    the_page.run("document.getElementById('tab-code').click()")
    the_page.wait(f"{SHOWN}.includes('gn.Network')")
    return the_page


def load(page: Page, text: str) -> str:
    """Paste a text, press the button, and return what is said then."""
    page.run(
        "document.querySelector('#code .paste').open = true; document.getElementById('pasted-said').textContent = ''"
    )
    page.run(f"document.getElementById('pasted').value = {json.dumps(text)}")
    page.run("document.querySelector('#code .paste button').click()")
    page.wait("document.getElementById('pasted-said').textContent !== ''")
    said: str = page.run("document.getElementById('pasted-said').textContent")
    return said


@in_page
def test_the_code_follows_the_run(page: Page, served: Any) -> None:
    """After a step and after a change the tab shows the code of what is shown now, letter by letter."""
    assert page.run(SHOWN) == served.call(experiment_code)
    page.run("playground.then(store => store.do('step', {batches: 3}))")
    page.wait(f"/advance\\(\\d+\\)|epochs=/.test({SHOWN})")
    page.wait(f"{SHOWN} === {json.dumps(served.call(experiment_code))}")
    page.run("playground.then(store => store.do('set', {path: 'optimizer.learning_rate', value: 0.125}))")
    page.wait(f"{SHOWN}.includes('0.125')")
    page.wait(f"{SHOWN} === {json.dumps(served.call(experiment_code))}")


@in_page
def test_pasted_code_is_loaded_or_its_line_is_marked(page: Page, served: Any) -> None:
    """A refusal is a sentence beside the text, with the line selected; what is taken becomes the code of the page."""
    before = page.run(SHOWN)
    said = load(page, "import glassnet as gn\nimport os\nx = '<img onerror=alert(1)>'")
    assert said.startswith("line 2: os is imported; only glassnet and numpy can be.")
    selected = "((e) => e.value.slice(e.selectionStart, e.selectionEnd))(document.getElementById('pasted'))"
    assert page.run(selected) == "import os"
    assert page.run("document.getElementById('pasted').getAttribute('aria-invalid')") == "true"
    assert page.run(SHOWN) == before
    code = (
        "import glassnet as gn\nX, y = gn.datasets.moons(60)\nhidden = 2 * 3\n"
        "net = gn.Network([gn.Dense(hidden, 'relu'), gn.Dense(1)], loss='binary_cross_entropy', seed=5)\n"
        "net.fit(X, y, epochs=2, batch_size=16, validation_data=(X_valid, y_valid))\n"
    )
    assert load(page, code) == "Loaded."
    page.wait(f"{SHOWN}.includes('gn.Dense(6, \"relu\")')")
    assert page.run(SHOWN) == served.call(experiment_code)
    assert "epochs=2, batch_size=16" in page.run(SHOWN)
    assert load(page, page.run(SHOWN)) == "Loaded."
    page.wait("document.body.dataset.step === '6'")
    assert page.run(SHOWN) == served.call(experiment_code)


@in_page
def test_the_code_can_be_copied_and_taken_away(page: Page, served: Any) -> None:
    """Buttons with names; the copy is what is shown, and the notebook comes from the server."""
    names = [name for role, name in page.tree() if role in ("button", "link", "textbox", "LabelText")]
    for name in ("Copy", "Download .py", "Notebook"):
        assert name in names
    address = page.run("document.querySelector('#code a.button').href")
    cells = page.run(f"fetch({json.dumps(address)}).then(answer => answer.json()).then(book => book.cells)")
    assert "\n\n".join("".join(cell["source"]) for cell in cells[1:]) == page.run(SHOWN).strip()
    page.run(
        "globalThis.taken = []; document.body.addEventListener('click', () => 0);"
        "navigator.clipboard.writeText = async (words) => { taken.push(words); }"
    )
    page.run("document.querySelector('#code .code-tools button').click()")
    page.wait("document.querySelector('#code [role=status]').textContent === 'Copied'")
    assert page.run("taken[0]") == page.run(SHOWN)


@in_page
def test_a_page_that_cannot_be_saved_is_not_offered(page: Page, served: Any) -> None:
    """With a layer that a page of one file cannot train the tab says so in the place of the button; without it the button is there."""
    assert page.run("document.querySelector('#code button.page').hidden") is False
    page.run("playground.then(store => store.do('add_layer', {at: 1, kind: 'BatchNorm'}))")
    page.wait("document.querySelector('#code button.page').hidden")
    said = page.run("document.querySelector('#code .code-tools + p').textContent")
    assert said.endswith("at fixed rates. The playground itself trains it.")
    page.run("playground.then(store => store.do('undo'))")
    page.wait("!document.querySelector('#code button.page').hidden")
    assert page.run("document.querySelector('#code .code-tools + p').hidden") is True
    assert troubles(page, served) == []


@in_page
def test_options_are_edited_and_refused_values_go_back(page: Page, served: Any) -> None:
    """Each kind of option has its input and a label; what is refused is shown as it was; typing is left alone."""
    page.run(
        """
        import("./options.js").then(({showOptions}) => {
          const root = document.createElement("div");
          root.id = "tried";
          document.body.append(root);
          globalThis.got = [];
          globalThis.options = [
            {path: "a", label: "Number", type: "number", value: 0.5, minimum: 0, maximum: 1},
            {path: "b", label: "Choice", type: "choice", value: null, choices: [null, "he_normal", "<b>"]},
            {path: "c", label: "Flag", type: "flag", value: true},
          ];
          globalThis.show = () => showOptions(root, options, async (path, value) => {
            got.push([path, value]);
            if (path === "c") { options[2] = {...options[2], value}; show(); }
          });
          show();
        })
        """
    )
    page.wait("document.querySelectorAll('#tried label').length === 3")
    inputs = "[...document.querySelectorAll('#tried input, #tried select')]"
    assert page.run(f"{inputs}.map(e => e.labels[0].textContent.slice(0, 6))") == ["Number", "Choice", "Flag"]
    assert page.run(f"[...{inputs}[1].options].map(e => e.textContent)") == ["automatic", "he normal", "<b>"]
    for change in ("[0].value = '0.75'", "[1].value = '1'", "[2].checked = false"):
        page.run(f"{inputs}{change}; {inputs}[{change[1]}].dispatchEvent(new Event('change'))")
    assert page.run("got") == [["a", 0.75], ["b", "he_normal"], ["c", False]]
    page.wait(f"{inputs}[0].value === '0.5'")
    assert page.run(f"[{inputs}[1].value, {inputs}[2].checked]") == ["0", False]
    page.run(f"{inputs}[0].focus(); {inputs}[0].value = '0.2'; {inputs}[0].dispatchEvent(new Event('input'))")
    page.run("options[0].value = 0.9; show()")
    assert page.run(f"{inputs}[0].value") == "0.2"
    page.run("document.getElementById('tried').remove()")
