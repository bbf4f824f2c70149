"""What a page of one lesson says of its lines and neurons, and when it pauses; in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from chromium import CHROMIUM, Page, open_page
from glassnet.playground.lessons import Lesson
from glassnet.playground.single_file import save_page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
X, Y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1, 0]
CELL = 'document.querySelector(\'#network [data-column="{}"][data-place="{}"]\')'
TIP = "document.querySelector('#network .tip')"
SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"
WIDTHS = """(() => {
    const found = [], { stroke } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.stroke = function () { found.push(Math.round(100 * this.lineWidth) / 100); stroke.call(this); };
    store.emit("frame", store.frame);
    CanvasRenderingContext2D.prototype.stroke = stroke;
    return found;
})()"""
VERDICT = "document.querySelector('#lesson [role=status]').textContent"
GOAL = "document.querySelector('#lesson .goal').textContent"
READOUT = "document.querySelector('#result .readout').textContent"
FULL_WIDTH = 4.35  # pixels


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A page of the size of a frame within a text."""
    with open_page(tmp_path, 740, 900) as opened:
        yield opened
        assert opened.console == []


def network(layers: Any = None, loss: str = "binary_cross_entropy", rate: float = 1.0) -> gn.Network:
    """Return a network for exclusive or."""
    layers = layers or [gn.Dense(2, "sigmoid"), gn.Dense(1)]
    return gn.Network(layers, loss=loss, optimizer=gn.SGD(rate), seed=3, input_shape=(2,))


def show(page: Page, folder: Path, net: gn.Network, **lesson: Any) -> None:
    """Write a page of exclusive or and open it; ``store`` is what the page knows."""
    path = folder / "lesson.html"
    save_page(net, path, X, Y, lesson=Lesson(**lesson) if lesson else None)
    page.go(path.as_uri())
    page.wait("document.body.dataset.step !== undefined")
    page.run("playground.then((found) => { globalThis.store = found; })")
    page.wait(f"{CELL.format(0, 0)}?.ariaLabel && store.frame?.revision === store.state.revision")


def send(page: Page, command: str, args: str = "{}") -> None:
    """Run a command, and wait until its frame is painted."""
    page.run(f"store.engine.send('{command}', {args})")
    page.wait("store.frame?.revision === store.state.revision && store.frame.step === store.state.step")


def point_at(page: Page, column: int, place: int) -> None:
    """Let the pointer rest over a neuron."""
    box = page.run(f"(({{x, y}}) => [x, y])({CELL.format(column, place)}.getBoundingClientRect())")
    page.command("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] + 6, y=box[1] + 6)
    page.wait(f"!{TIP}.hidden")


@pytest.mark.parametrize("kind", ["weight", "gradient", "update"])
def test_legend_says_what_full_width_stands_for(page: Page, tmp_path: Path, kind: str) -> None:
    """It is the largest number, or less if few are large; as many lines are of full width as numbers are at least that."""
    show(page, tmp_path, network([gn.Dense(6, "tanh"), gn.Dense(6, "tanh"), gn.Dense(1)]))
    send(page, "step", "{ batches: 3 }")
    send(page, "view", f"{{ edges: '{kind}' }}")
    pattern = r"Full width stands for a (weight|gradient|last change) of ±(\S+) or more\. "
    capped = []
    for _ in range(2):
        words = page.run("document.querySelector('#network .legend').textContent")
        said = re.match(pattern, words)
        assert said is not None, words
        blocks = [np.abs(block) for block in page.run("store.frame.edges.map((block) => [...block])")]
        full = max(min(block.max(), 3.0 * np.sqrt((block**2).mean())) for block in blocks)
        assert float(said[2].replace("\N{MINUS SIGN}", "-")) == pytest.approx(full, rel=6e-3)
        assert page.run(WIDTHS).count(FULL_WIDTH) == sum((block >= full).sum() for block in blocks) > 0
        capped.append(full < max(block.max() for block in blocks))
        send(page, "set_weight", "{ parameter: 'dense_2.weight', index: [0, 0], value: 9 }")
        if kind != "weight":
            send(page, "step")
    if kind == "weight":
        assert capped == [False, True]


@pytest.mark.parametrize(
    ("net", "words"),
    [
        (lambda: network(), "sum {} before the sigmoid"),
        (lambda: network([gn.Dense(2, "tanh"), gn.Dense(2)], "cross_entropy"), "sum {} before the softmax"),
        (lambda: network(loss="squared_error"), "sum {}"),
        (lambda: network([gn.Dense(2, "tanh"), gn.Dense(1, "sigmoid")], "squared_error"), "activation {}"),
    ],
)
def test_an_output_is_called_what_it_is(page: Page, tmp_path: Path, net: Any, words: str) -> None:
    """A sum before the function that the loss applies, a sum, or an activation; in the label and beside the pointer."""
    made = net()
    show(page, tmp_path, made)
    value = made.activations(X[:1])["dense_2"].ravel()[0]
    number = f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
    assert f", {words.format(number)}" in page.run(f"{CELL.format(2, 0)}.ariaLabel")
    assert page.run(f"{CELL.format(1, 0)}.ariaLabel").startswith("layer 1, unit 1, activation ")
    point_at(page, 2, 0)
    before, after = words.split("{}")
    assert re.fullmatch(rf".+: {before}[\d.\u2212]+{after}, bias .+", page.run(f"{TIP}.textContent"))


def test_what_a_neuron_is_called_follows_its_layer(page: Page, tmp_path: Path) -> None:
    """Without an activation function a hidden neuron has a sum; the outputs of new layers are still before the sigmoid."""
    show(page, tmp_path, network())
    send(page, "set", "{ path: 'layers.0.activation', value: 'identity' }")
    page.wait(f"{CELL.format(1, 0)}.ariaLabel.startsWith('layer 1, unit 1, sum ')")
    send(page, "add_layer", "{ at: 1, kind: 'Dense' }")
    page.wait(f"{CELL.format(3, 0)}?.ariaLabel.endsWith(' before the sigmoid')")
    assert page.run("store.state.network.columns.map(({ link }) => link)") == ["", "", "", "the sigmoid"]


def test_words_at_the_pointer_stay_inside_and_up_to_date(page: Page, tmp_path: Path) -> None:
    """At the last neuron they are within the panel, without scroll bars; another row or step changes them at once."""
    show(page, tmp_path, network())
    point_at(page, 2, 0)
    scroll = "document.querySelector('#network .scroll')"
    inside = f"(({{ left, right, top, bottom }}, box) => left > box.left - 1 && right < box.right + 1 && top > box.top - 1 && bottom < box.bottom + 1)({TIP}.getBoundingClientRect(), {scroll}.getBoundingClientRect())"
    assert page.run(inside)
    assert page.run(
        f"[{scroll}.scrollWidth - {scroll}.clientWidth, {scroll}.scrollHeight - {scroll}.clientHeight]"
    ) == [0, 0]
    seen = [page.run(f"{TIP}.textContent")]
    for command, args in (("probe", "{ row: 1 }"), ("step", "{ batches: 40 }")):
        send(page, command, args)
        page.run(SETTLED)
        seen.append(page.run(f"{TIP}.textContent"))
        value = page.run("store.frame.activations[2][0]")
        assert float(re.findall(r"sum ([\d.\u2212]+) ", seen[-1])[0].replace("\N{MINUS SIGN}", "-")) == pytest.approx(
            value, rel=6e-4
        )
    assert len(set(seen)) == 3
    send(page, "add_layer", "{ at: 1, kind: 'Dense' }")
    assert page.run(f"{TIP}.hidden")


def test_training_pauses_where_the_goal_is_first_reached(page: Page, tmp_path: Path) -> None:
    """At the very epoch, and the page says so; Run goes on from there and does not pause again."""
    net = network(rate=4.0)
    show(page, tmp_path, net, task="Train.", goal={"loss": 0.1, "steps": 20})
    page.click("#timeline button.run")
    page.wait("document.querySelector('#lesson.done') !== null")
    page.wait("document.body.dataset.state === 'paused'")
    assert page.run(VERDICT) == (
        f"\N{CHECK MARK} Done at step {page.run('store.state.step')}. Training has paused here; Run goes on."
    )
    losses = page.run("[...store.engine.branch.run.history.since(0)]")[1::4]
    reached = [epoch for epoch, loss in enumerate(losses, start=1) if loss <= 0.1 and epoch >= 20]
    assert reached == [len(losses)] == [page.run("store.state.step")]
    history = network(rate=4.0).astype("float64").fit(X, Y, epochs=len(losses), progress=False, diagnose=False)
    assert history["loss"][-2] > 0.1 >= history["loss"][-1]
    page.click("#timeline button.run")
    page.wait(f"Number(document.body.dataset.step) > {len(losses) + 100}")
    assert page.run("document.body.dataset.state") == "running"
    send(page, "pause")


def test_a_goal_that_a_step_reaches_is_done_without_a_pause(page: Page, tmp_path: Path) -> None:
    """Who takes steps has paused already; the next run is not ended."""
    show(page, tmp_path, network(), goal={"steps": 5})
    send(page, "step", "{ batches: 6 }")
    page.wait("document.querySelector('#lesson.done') !== null")
    assert page.run(VERDICT) == "\N{CHECK MARK} Done at step 5."
    send(page, "run", "{ per_second: 100 }")
    page.wait("Number(document.body.dataset.step) > 20")
    assert page.run("document.body.dataset.state") == "running"
    send(page, "pause")


def wait_for_the_goal(page: Page) -> int:
    """Press Run, and return the step at which training pauses by itself."""
    page.click("#timeline button.run")
    page.wait("!store.engine.state.running")
    page.wait("store.frame?.revision === store.state.revision && document.body.dataset.state === 'paused'")
    found: int = page.run("store.state.step")
    return found


def said_of(step: int, rows: np.ndarray) -> tuple[str, str]:
    """Return the goal and the result that belong to a step, by the losses at the ends of epochs of two steps each."""
    epoch = step // 2
    loss, held_out = (f"{value:.4g}" for value in rows[epoch - 1])
    parts = (
        f"training loss \N{LESS-THAN OR EQUAL TO} 0.4 (now {loss})",
        f"steps \N{GREATER-THAN OR EQUAL TO} 20 (now {step})",
    )
    return "; ".join(parts), f"Epoch {epoch}, step {2 * epoch}: loss {loss} \N{MIDDLE DOT} held out {held_out}"


def test_numbers_are_those_of_the_step_that_is_shown(page: Page, tmp_path: Path) -> None:
    """Gone back, the result and the goal say what was then, or a dash; the verdict says where the goal was reached."""
    held_out, epochs = (np.array([[0.1, 0.2], [0.9, 0.3]]), [0, 1]), 300
    net, path = network(rate=2.0), tmp_path / "lesson.html"
    goal = Lesson(goal={"loss": 0.4, "steps": 20})
    save_page(net, path, X, Y, validation_data=held_out, batch_size=2, lesson=goal)
    page.go(path.as_uri())
    page.wait("document.body.dataset.step !== undefined")
    page.run("playground.then((found) => { globalThis.store = found; })")
    page.wait("globalThis.store?.frame?.revision === store.state.revision")
    history = net.astype("float64").fit(
        X,
        Y,
        epochs=epochs,
        batch_size=2,
        validation_data=held_out,
        metrics=["accuracy"],
        progress=False,
        diagnose=False,
    )
    rows = np.array([history["loss"], history["valid_loss"]]).T
    reached = 2 * (1 + int(np.flatnonzero((rows[:, 0] <= 0.4) & (np.arange(epochs) >= 9))[0]))
    assert wait_for_the_goal(page) == reached > 20
    send(page, "step", "{ batches: 31 }")
    done = f"\N{CHECK MARK} Done at step {reached}."
    for step in (reached + 31, 9, reached - 1, 2, reached):
        send(page, "go_to", f"{{ step: {step} }}")
        goal_line, result = said_of(step, rows)
        assert page.run(GOAL) == goal_line
        assert page.run(READOUT).startswith(result)
        assert page.run(VERDICT) == done + (" Training has paused here; Run goes on." if step == reached else "")
    send(page, "go_to", "{ step: 1 }")
    assert re.fullmatch(r"Step 1: loss [\d.]+ in this batch", page.run(READOUT))
    page.click("[aria-label='Back to step 0']")
    page.wait("store.frame.step === 0")
    assert page.run(READOUT) == "Step 0: no loss is known before the first step."
    assert page.run(GOAL).startswith("training loss \N{LESS-THAN OR EQUAL TO} 0.4 (now \N{EN DASH}); steps ")
    page.run("document.querySelector('.curve canvas').focus()")
    page.press("ArrowRight")
    page.wait(f"{READOUT}.startsWith('Epoch 1, step 2: ')")


def test_the_task_begins_anew_in_every_run(page: Page, tmp_path: Path) -> None:
    """It pauses there again after Back to step 0; with another rate, from the start or from the past, where that run gets there."""
    show(page, tmp_path, network(rate=4.0), goal={"loss": 0.1})
    here = "\N{CHECK MARK} Done at step {}. Training has paused here; Run goes on."
    first = wait_for_the_goal(page)
    assert page.run(VERDICT) == here.format(first)
    for _ in range(2):  # also where it went on
        send(page, "step", "{ batches: 20 }")
        page.click("[aria-label='Back to step 0']")
        page.wait("store.frame.step === 0")
        assert page.run(VERDICT) == here.format(first).split(". ")[0] + "."
        assert wait_for_the_goal(page) == first
        assert page.run(VERDICT) == here.format(first)
    for step in (0, 10):
        send(page, "go_to", f"{{ step: {step} }}")
        send(page, "set", f"{{ path: 'optimizer.learning_rate', value: {3 - step / 10} }}")
        assert page.run(f"[{VERDICT}, document.querySelector('#lesson.done')]") == ["", None]
        reached = wait_for_the_goal(page)
        losses = page.run("[...store.engine.branch.run.history.since(0)]")[1::4]
        assert losses[-1] <= 0.1 < min(losses[:-1])
        assert reached == len(losses) != first
        assert page.run(VERDICT) == here.format(reached)
    send(page, "select", "{ run: 'run 1' }")
    assert page.run(VERDICT).startswith(f"\N{CHECK MARK} Done at step {first}.")
    send(page, "go_to", f"{{ step: {first - 1} }}")
    send(page, "set", "{ path: 'seed', value: 5 }")
    assert page.run(VERDICT) == ""


def test_what_is_undone_is_not_done(page: Page, tmp_path: Path) -> None:
    """A goal that was reached after a change is taken back with it, and comes again with it."""
    show(page, tmp_path, network(rate=0.1), goal={"loss": 0.1})
    send(page, "step", "{ batches: 10 }")
    send(page, "set", "{ path: 'optimizer.learning_rate', value: 8 }")
    reached = wait_for_the_goal(page)
    send(page, "undo")
    assert page.run(f"[store.state.step, {VERDICT}]") == [10, ""]
    send(page, "redo")
    assert page.run("store.state.step") == reached
    assert page.run(VERDICT).startswith(f"\N{CHECK MARK} Done at step {reached}.")


def test_a_run_of_more_epochs_than_are_kept_pauses_at_the_same_step(page: Page, tmp_path: Path) -> None:
    """Only some of its epochs are kept; where none is known for the step that is shown, a dash stands."""
    show(page, tmp_path, network(rate=0.05), goal={"loss": 0.1, "steps": 5001})
    send(page, "set", "{ path: 'optimizer.learning_rate', value: 1.0 }")
    assert wait_for_the_goal(page) == 5001
    send(page, "step", "{ batches: 8 }")
    assert page.run("store.engine.branch.run.history.every") > 1
    send(page, "go_to", "{ step: 4000 }")
    assert "loss \N{LESS-THAN OR EQUAL TO} 0.1 (now \N{EN DASH})" in page.run(GOAL)
    assert wait_for_the_goal(page) == 5001


def test_a_bias_is_called_a_bias(page: Page, tmp_path: Path) -> None:
    """In the heading above its slope, the reason below it, and the name of its field; a weight is a weight."""
    show(page, tmp_path, network())
    for where, word in (("null", "bias"), ("0", "weight")):
        parameter = f"dense_1.{word}"
        page.run(f"store.select({{ kind: 'edge', parameter: '{parameter}', from: {where}, to: 1 }})")
        page.wait(f"document.querySelector('#explain h3')?.textContent.startsWith('{word.capitalize()} ')")
        heads = page.run("[...document.querySelectorAll('#explain h4')].map((head) => head.textContent)")
        assert heads[0] == f"Slope of the loss in this {word}"
        assert (
            page.run("document.querySelector('#explain input[type=text]').ariaLabel")
            == f"Another value for this {word}"
        )
        assert f"A {word} " in page.run("document.querySelector('#explain details p').textContent")


@pytest.mark.parametrize(("width", "height"), [(740, 900), (756, 1120)])
def test_a_lesson_in_a_frame_shows_all_of_its_result(page: Page, tmp_path: Path, width: int, height: int) -> None:
    """Text, network, plane and loss stand above the bar without scrolling; so does what explains a neuron, once chosen."""
    page.resize(width, height)
    text, task = (
        "A network with nine starting values. Click a neuron to see its sum.",
        "Train until the loss is below 0.1.",
    )
    show(
        page,
        tmp_path,
        network(),
        text=text,
        task=task,
        title="Two layers",
        hide=["data", "optimizer"],
        goal={"loss": 0.1},
    )
    send(page, "step", "{ batches: 9 }")
    boxes = {
        name: page.run(
            f"(({{top, bottom}}) => [top, bottom])(document.querySelector('{name}').getBoundingClientRect())"
        )
        for name in ("#lesson", "#network", ".plane", ".curve", "#result .readout", "#timeline")
    }
    assert max(bottom for name, (_, bottom) in boxes.items() if name != "#timeline") <= boxes["#timeline"][0]
    assert boxes["#network"][1] <= boxes[".plane"][0]
    assert boxes[".curve"][1] - boxes[".curve"][0] >= 150
    wide = "document.querySelector('.curve canvas').style.width = '600px', document.documentElement.scrollWidth"
    assert page.run(wide) <= width  # as after a resize, until it is painted anew
    page.run("store.select({ kind: 'neuron', layer: 'dense_1', unit: 0 })")
    page.wait("document.querySelectorAll('#explain .line').length === 2")
    last = "[...document.querySelectorAll('#explain .line')].at(-1).getBoundingClientRect().bottom"
    assert page.run(last) <= page.run("document.querySelector('#timeline').getBoundingClientRect().top")
