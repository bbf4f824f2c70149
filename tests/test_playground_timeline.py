"""The timeline in a browser: steps, the handle over the whole run, pins, and the tree of runs, by mouse and by keys."""

from __future__ import annotations

from typing import Any

import pytest

from chromium import Page
from playground_pages import in_page, open_playground

pytestmark = pytest.mark.filterwarnings("ignore:websockets")


@pytest.fixture
def page(the_page: Page, served: Any) -> Page:
    """Return the page over a new run of 40 steps, 9 of them in an epoch, with the learning rate changed at step 30."""

    def begin(experiment: Any) -> None:
        experiment.running, experiment.per_second = False, None
        for run in experiment.runs[1:]:
            experiment.remove(run["name"])
        experiment.rename(experiment.name, "run 1")
        experiment.advance()
        experiment.begin(experiment.data, experiment.first_settings, "")
        experiment.remove("run 1")
        experiment.rename(experiment.name, "first")
        experiment.advance(30)
        experiment.replace(settings=experiment.settings.with_path("optimizer.learning_rate", 0.1))
        experiment.advance(10)

    served.call(begin)
    the_page.resize(1280, 800)
    open_playground(the_page, served)
    at(the_page, 40)
    return the_page


def at(page: Page, step: int) -> None:
    """Return when the page shows a step, in its numbers and under its handle."""
    page.wait(f"document.body.dataset.step === '{step}' && +document.querySelector('#timeline input').value === {step}")


def params(served: Any) -> bytes:
    """Return the parameters as they are."""
    found: bytes = served.call(lambda experiment: experiment.network.params.tobytes())
    return found


def press(page: Page, name: str) -> None:
    """Click the button of this name in the timeline."""
    page.run(f"[...document.querySelectorAll('#timeline button')].find(b => b.ariaLabel === {name!r}).click()")


@in_page
def test_buttons_step_and_run(served: Any, page: Page) -> None:
    """Each button does what its name says, and the place is told in words."""
    told = "document.querySelector('#timeline output').textContent"
    assert page.run(told) == "Step 40 of 40 · epoch 4"
    press(page, "One step")
    at(page, 41)
    press(page, "To the end of the epoch")
    at(page, 45)
    press(page, "One step back")
    at(page, 44)
    assert page.run(told) == "Step 44 of 45 · epoch 4"
    press(page, "Run")
    page.wait("+document.body.dataset.step > 100")
    assert page.run("document.querySelector('#timeline .run').textContent") == "Pause"
    press(page, "Pause")
    page.wait("document.body.dataset.state === 'paused'")
    assert served.call(lambda experiment: experiment.steps) > 100
    page.run("document.querySelector('#timeline select').value = '5'")
    press(page, "Run")
    page.wait("document.body.dataset.state === 'running'")
    assert served.call(lambda experiment: experiment.per_second) == 5
    press(page, "Pause")
    page.wait("document.body.dataset.state === 'paused'")
    press(page, "Begin again with other random numbers")
    at(page, 0)
    assert served.call(lambda experiment: (experiment.step, experiment.settings.seed)) == (0, 1)
    assert page.run("[...document.querySelectorAll('#timeline .moves button')].filter(b => b.ariaDisabled === 'true').map(b => b.ariaLabel)") == [
        "One step back", "Back to step 0",
    ]  # fmt: skip


@in_page
def test_the_handle_goes_to_every_step(served: Any, page: Page) -> None:
    """By arrow keys and by dragging, to and fro, and the weights are those of the step each time."""
    seen = {}
    for step in (0, 12, 30, 39, 40):
        served.call(lambda experiment, step=step: experiment.go_to(step))
        seen[step] = params(served)
    open_playground(page, served)
    at(page, 40)
    page.run("document.querySelector('#timeline input').focus()")
    page.press("ArrowLeft")
    at(page, 39)
    assert params(served) == seen[39]
    page.press("Home")
    at(page, 0)
    assert params(served) == seen[0]
    assert page.run("document.activeElement.getAttribute('aria-valuetext')") == "Step 0 of 40"
    readout = "document.querySelector('#result .readout').textContent"
    page.wait(f"{readout} === 'Step 0: no loss is known before the first step.'")
    drag = "const h = document.querySelector('#timeline input'); for (const v of [%s]) { h.value = v; h.oninput(); }"
    page.run(f"{{ {drag % '3, 9, 21, 33, 12'} }}")
    at(page, 12)
    assert params(served) == seen[12]
    page.wait(f"{readout}.startsWith('Epoch 1, step 9: ')")
    page.press("End")
    at(page, 40)
    assert params(served) == seen[40]


@in_page
def test_dragging_pauses_a_run(served: Any, page: Page) -> None:
    """Whoever takes the handle of a run that is under way wants to look, and keeps what was trained."""
    press(page, "Run")
    page.wait("+document.body.dataset.step > 60")
    page.run("{ const h = document.querySelector('#timeline input'); h.value = 20; h.oninput(); }")
    page.wait("document.body.dataset.state === 'paused'")
    at(page, 20)
    assert served.call(lambda experiment: experiment.steps > 60 and not experiment.running)


@in_page
def test_pins_lead_to_what_happened(served: Any, page: Page) -> None:
    """A change and a branch are marked where they were made; a click goes there."""
    pins = "[...document.querySelectorAll('#timeline .pin')].map(b => b.ariaLabel)"
    assert page.run(pins) == ["Step 30: learning_rate 0.3 → 0.1"]
    page.click("#timeline .pin.event")
    at(page, 30)
    press(page, "Branch here: a copy of this run at this step")
    page.wait("document.querySelector('#timeline summary').textContent.includes('2 in all')")
    assert page.run(pins) == ["Step 30: learning_rate 0.3 → 0.1"]
    served.call(lambda experiment: experiment.select("first"))
    page.wait("document.querySelector('#timeline .pin.fork') !== null")
    name = served.call(lambda experiment: experiment.runs[1]["name"])
    assert page.run(pins)[1] == f"Step 30: {name} begins here"
    page.click("#timeline .pin.fork")
    page.wait(f"document.querySelector('#timeline summary').textContent.startsWith({name!r})")
    assert served.call(lambda experiment: experiment.name) == name


@in_page
def test_the_tree_selects_renames_and_removes(served: Any, page: Page) -> None:
    """A run is chosen, gets a name that may hold anything, and goes; Escape leaves the old name, and closes the tree."""
    served.call(lambda experiment: experiment.branch("second"))
    page.wait("document.querySelector('#timeline summary').textContent === 'second (2 in all)'")
    page.run("document.querySelector('#timeline summary').click()")
    rows = "[...document.querySelectorAll('#timeline .runs li')].map(li => li.innerText.replace(/\\s+/g, ' '))"
    assert page.run(rows) == ["first 40 steps ✎ ✕", "second from step 40 · 40 steps ✎ ✕"]
    current = "document.querySelector('#timeline [aria-current=true] .name').textContent"
    page.run("document.querySelector('#timeline .choose').click()")
    page.wait(f"{current} === 'first'")
    hostile = "<img src=x onerror=alert(1)>"
    for key, wanted in (("Escape", "first"), ("Enter", hostile)):
        press(page, "Rename first")
        assert page.run("document.activeElement.value") == "first"
        page.type(hostile)
        page.press(key)
        page.wait(f"document.querySelector('#timeline [aria-current=true] .name')?.textContent === {wanted!r}")
    assert served.call(lambda experiment: experiment.name) == hostile
    press(page, f"Remove {hostile}")
    page.wait("document.querySelector('#timeline summary').textContent === 'second (1 in all)'")
    assert page.run("document.querySelector('#timeline [data-key^=remove]').ariaDisabled === 'true'")
    page.run("document.querySelector('#timeline .choose').focus()")
    page.press("Escape")
    assert page.run("[document.querySelector('#timeline details').open, document.activeElement.tagName]") == [
        False,
        "SUMMARY",
    ]


@in_page
@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_everything_has_room_and_a_name(page: Page, width: int) -> None:
    """Nothing sticks out at any width, nothing lies over another, and each control has a name."""
    page.resize(width, 800)
    page.run("document.querySelector('#timeline').scrollIntoView()")
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    overlaps = """(() => {
      const all = [...document.querySelectorAll('#timeline :is(button, input, select, summary, output)')].filter(e => e.checkVisibility() && !e.closest('.pins, details ul'));
      const boxes = all.map(e => [e, e.getBoundingClientRect()]);
      return boxes.flatMap(([a, p], i) => boxes.slice(i + 1).filter(([b, q]) =>
        Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 1).map(([b]) => a.outerHTML + b.outerHTML));
    })()"""
    assert page.run(overlaps) == []
    named = "[...document.querySelectorAll('#timeline :is(button, input, select)')].filter(e => !(e.ariaLabel || e.textContent.trim())).length"
    assert page.run(named) == 0


@in_page
def test_a_run_that_diverges_at_its_first_step_is_started_again(served: Any, page: Page) -> None:
    """The banner and the pin go, and the step can be taken once more."""
    fast = "optimizer.learning_rate", 1e39
    served.call(lambda found: found.begin(found.data, found.settings.with_path(*fast), "too fast"))
    served.call(lambda found: found.changed())
    press(page, "Run")
    for _ in range(2):
        page.wait("!!document.querySelector('#banner button') && !!document.querySelector('#timeline .pins li')")
        page.run("document.querySelector('#banner button').click()")
        page.wait("!document.querySelector('#banner button') && !document.querySelector('#timeline .pins li')")
        assert served.call(lambda found: (found.step, found.diverged)) == (0, None)
        press(page, "Run")
    page.wait("!!document.querySelector('#banner button')")
    press(page, "Back to step 0")
    page.wait("!document.querySelector('#banner button')")
