// The bar at the bottom: steps forwards and back, the whole run under one handle with what happened on it, and the tree of runs.

import { button, el, figure, say, setOff, svg } from "./dom.js";
import { text } from "./texts.js";

const ICONS = {
  back: "M11 3 5 8l6 5zM3 3h1.5v10H3z",
  step: "M5 3l6 5-6 5zM11.5 3H13v10h-1.5z",
  epoch: "M2 3l5 5-5 5zM7 3l5 5-5 5zM12.5 3H14v10h-1.5z",
  run: "M4 2.5 13 8l-9 5.5z",
  pause: "M3.5 3H7v10H3.5zM9 3h3.5v10H9z",
  restart: "M8 3a5 5 0 1 1-4.7 3.3l1.4.5A3.5 3.5 0 1 0 8 4.5V7L4 3.7 8 .5z",
  reseed: "M2 5l6-3 6 3v6l-6 3-6-3zm6 1.3L10.8 5 8 3.6 5.2 5zM5 9.5a.9.9 0 1 0 .01 0zm6-2a.9.9 0 1 0 .01 0z",
  branch: "M4 2h1.5v7C6 7.5 9.5 8 10 5H8l2.8-3.5L13.5 5h-2c-.5 4.5-5.5 4-6 6.5V14H4z",
};
const SPEEDS = [null, 30, 5, 1];
const MOST_PINS = 60;

/** Mount the bar. */
export function mount(root, store) {
  new Timeline(root, store);
}

class Timeline {
  #waiting = null; // the step that the handle was moved to while another was on its way
  #going = false;
  #drawn = "";

  constructor(root, store) {
    this.store = store;
    this.end = 0;
    this.run = button("", () => this.#runOrPause(), { class: "main run" });
    this.speed = el("select", { "aria-label": text("timeline.speed"), onchange: () => this.#setSpeed() });
    this.speed.append(...SPEEDS.map((speed) => el("option", { value: speed ?? "" }, text(speed ? "timeline.speed.some" : "timeline.speed.full", { speed }))));
    this.place = el("output", { class: "place" });
    this.buttons = Object.entries({
      back: ["go_to", () => this.#goTo(this.step - 1)],
      step: ["step", () => store.do("step")],
      epoch: ["epoch", () => store.do("epoch")],
      restart: ["restart", () => store.do("restart")],
      reseed: ["reseed", () => store.do("reseed")],
      branch: ["branch", () => store.do("branch")],
    }).map(([name, [command, action]]) => ({ name, command, made: button(icon(name), action, { label: text(`timeline.${name}`), class: "plain" }) }));
    this.handle = el("input", { type: "range", min: 0, step: 1, "aria-label": text("timeline.handle"), oninput: () => this.#goTo(this.handle.valueAsNumber) });
    this.pins = el("ul", { class: "pins", "aria-label": text("timeline.pins") });
    this.runs = new Runs(store);
    const of = (name) => this.buttons.find((one) => one.name === name).made;
    const moves = el("div", { class: "moves", role: "group", "aria-label": text("timeline.moves") }, of("back"), this.run, of("step"), of("epoch"), of("restart"), of("reseed"), this.speed);
    root.append(moves, el("div", { class: "scrub" }, this.pins, this.handle), this.place, of("branch"), this.runs.root);
    store.on("state", () => this.#learn());
    store.on("frame", () => this.#move());
    store.on("findings", () => this.#pin());
    new ResizeObserver(() => this.#pin()).observe(this.pins);
    this.#learn();
  }

  /** Where the network is that is shown. */
  get step() {
    return this.store.step;
  }

  #learn() {
    const { store, runs: tree } = this;
    const { state } = store;
    const now = state.runs?.find(({ name }) => name === state.run);
    if (state !== this.known) this.end = Math.max(now?.steps ?? 0, state.step); // one that is shown again knows of no new steps
    this.known = state;
    for (const { command, made } of this.buttons) made.hidden = !store.can(command);
    this.run.hidden = !store.can("run");
    this.handle.disabled = !store.can("go_to");
    this.speed.hidden = !store.can("run");
    const words = text(state.running ? "timeline.pause" : "timeline.run");
    if (this.run.ariaLabel !== words) this.run.replaceChildren(icon(state.running ? "pause" : "run"), words);
    this.run.ariaLabel = words;
    this.speed.value = state.per_second ?? "";
    tree.learn(state);
    this.#drawn = "";
    this.#move();
  }

  /** Follow the newest frame: the handle, unless it is held, and the words beside it. */
  #move() {
    const { step } = this;
    this.end = Math.max(this.end, step);
    const range = `${this.end}`;
    if (this.handle.max !== range) this.handle.max = range;
    if (!this.#going && this.#waiting === null && this.handle.valueAsNumber !== step) this.handle.value = step;
    const epoch = this.#epoch(step);
    const words = text("timeline.place", { step: figure(step), steps: figure(this.end) });
    say(this.place, epoch === null ? words : `${words} · ${text("timeline.epochs", { epoch: figure(epoch) })}`);
    if (this.handle.getAttribute("aria-valuetext") !== words) this.handle.setAttribute("aria-valuetext", words);
    const { events, findings } = this.store.state;
    for (const { name, made } of this.buttons) {
      if (name === "back") setOff(made, step === 0);
      if (name === "restart") setOff(made, step === 0 && !events?.length && !this.store.diverged);
      if (name === "step" || name === "epoch") setOff(made, this.store.state.running);
    }
    const drawn = [this.end, events?.length, findings?.length].join();
    if (drawn !== this.#drawn) this.#pin();
    this.#drawn = drawn;
  }

  /** How many epochs have ended by a step; null where their lengths differ. */
  #epoch(step) {
    const { state } = this.store;
    if (state.step === step) return state.epoch;
    const differ = !state.steps_per_epoch || state.events?.some((event) => event.text.includes("batch_size"));
    return differ ? null : Math.floor(step / state.steps_per_epoch);
  }

  /** Mark what happened: changes, what was found, and where other runs part from this one. */
  #pin() {
    const { state } = this.store;
    const found = [
      ...(state.events ?? []).map(({ step, text: words }) => ({ kind: "event", step, words })),
      ...(state.findings ?? []).filter(({ step }) => Number.isFinite(step)).map(({ step, title }) => ({ kind: "finding", step, words: title })),
      ...(state.runs ?? []).filter(({ parent }) => parent === state.run).map(({ from_step: step, name }) => ({ kind: "fork", step, words: text("timeline.parts", { run: name }), run: name })),
    ];
    const size = matchMedia("(pointer: coarse)").matches ? 28 : 24;
    const width = this.pins.clientWidth || 1;
    const shown = found.slice(-Math.min(MOST_PINS, Math.max(Math.floor(width / size), 1))).sort((a, b) => a.step - b.step);
    const places = apart(shown.map(({ step }) => (this.end ? (step / this.end) * width : 0)), size, width);
    const made = shown.map(({ kind, step, words, run }, i) => {
      const at = text("timeline.at", { step: figure(step), words });
      const go = () => (run ? this.store.do("select", { run }) : this.#goTo(step));
      return el("li", { style: { "--at": Math.min(places[i] / width, 1) } }, button(SHAPES[kind] ?? icon("branch"), go, { label: at, class: `pin ${kind}` }));
    });
    this.pins.replaceChildren(...made);
  }

  #runOrPause() {
    const { store } = this;
    return store.state.running ? store.do("pause") : store.do("run", { per_second: this.#chosen() });
  }

  #chosen() {
    return this.speed.value ? Number(this.speed.value) : null;
  }

  #setSpeed() {
    this.store.state.per_second = this.#chosen(); // what the space bar starts with
    if (this.store.state.running) this.store.do("run", { per_second: this.#chosen() });
  }

  /** Go to a step; of many that are asked for while one is on its way, only the last. */
  async #goTo(step) {
    this.#waiting = Math.min(Math.max(step, 0), this.end);
    if (this.#going) return;
    this.#going = true;
    if (this.store.state.running) await this.store.do("pause");
    while (this.#waiting !== null) {
      const wanted = this.#waiting;
      this.#waiting = null;
      await this.store.do("go_to", { step: wanted });
    }
    this.#going = false;
  }
}

/** Places in ascending order, moved so that each is a size from the next, as far as the width allows. */
function apart(places, size, width) {
  const found = [...places];
  for (let i = 1; i < found.length; i++) found[i] = Math.max(found[i], found[i - 1] + size);
  for (let i = found.length - 1, most = width; i >= 0; i--, most = found[i + 1] - size) found[i] = Math.min(found[i], most);
  return found;
}

const SHAPES = { event: "◆", finding: "▲" };

function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", class: "icon" }, svg("path", { d: ICONS[name] }));
}

/** The tree of runs: which is shown, from where each comes, what was changed in it. */
class Runs {
  #renaming = null;

  constructor(store) {
    this.store = store;
    this.words = el("summary", {});
    this.list = el("ul", { "aria-label": text("timeline.runs") });
    this.root = el("details", { class: "runs" }, this.words, this.list);
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.target.matches("input")) return;
      this.root.open = false;
      this.words.focus();
    });
    document.addEventListener("pointerdown", (event) => {
      if (!this.root.contains(event.target)) this.root.open = false;
    });
  }

  learn({ runs = [], run }) {
    this.root.hidden = !this.store.can("select") || runs.length < 1;
    say(this.words, text("timeline.runs.count", { run, count: runs.length }));
    const drawn = JSON.stringify([runs, run]);
    if (drawn === this.drawn || this.#renaming) return;
    this.drawn = drawn;
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const last = Math.max(...runs.map(({ steps }) => steps), 1);
    this.list.replaceChildren(...inOrder(runs).map(([one, depth]) => this.#row(one, depth, one.name === run, last)));
    if (focused) this.#focus(focused);
  }

  /** Focus what has a key; if it is gone, the run that is shown. */
  #focus(wanted) {
    const found = [...this.list.querySelectorAll("[data-key]")].find(({ dataset }) => dataset.key === wanted);
    (found ?? this.list.querySelector("[aria-current]"))?.focus();
  }

  #row(run, depth, is_shown, last) {
    const { store } = this;
    const { name, steps, from_step: from, difference } = run;
    const length = { "--from": from / last, "--to": steps / last };
    const words = [difference, from ? text("timeline.from", { step: figure(from) }) : "", text("timeline.steps", { steps: figure(steps) })];
    const choose = button(el("span", { class: "name" }, name), () => store.do("select", { run: name }), { "aria-current": is_shown ? "true" : null, class: "plain choose" });
    choose.dataset.key = `select ${name}`;
    choose.append(el("span", { class: "quiet" }, words.filter(Boolean).join(" · ")), el("span", { class: "length", "aria-hidden": "true", style: length }));
    const tool = (sign, command, action) => {
      const made = button(sign, action, { label: text(`timeline.${command}`, { run: name }), class: "plain", hidden: !store.can(command) });
      made.dataset.key = `${command} ${name}`;
      return made;
    };
    const rename = tool("✎", "rename", () => this.#rename(row, name));
    const remove = tool("✕", "remove", () => store.do("remove", { run: name }));
    setOff(remove, store.state.runs.length < 2);
    const row = el("li", { style: { "--depth": depth } }, choose, rename, remove);
    return row;
  }

  /** Put a field in the place of a name; Enter takes the new one, Escape the old one. */
  #rename(row, name) {
    const field = el("input", { value: name, maxlength: 60, "aria-label": text("timeline.rename", { run: name }) });
    const end = async (takes, key) => {
      if (this.#renaming !== field) return;
      this.#renaming = null;
      if (takes && field.value.trim() && field.value !== name) await this.store.do("rename", { run: name, name: field.value });
      this.drawn = "";
      const focused = document.activeElement === field || document.activeElement === document.body;
      this.learn(this.store.state);
      const is_named = this.store.state.runs.some((run) => run.name === name);
      if (focused && key) this.#focus(`select ${is_named ? name : field.value}`);
    };
    field.onkeydown = ({ key }) => (key === "Enter" || key === "Escape") && end(key === "Enter", key);
    field.onblur = () => end(true);
    this.#renaming = field;
    row.querySelector(".choose").replaceWith(field);
    field.select();
    field.focus();
  }
}

/** The runs with their depths: each behind the one that it parts from. */
function inOrder(runs) {
  const names = new Set(runs.map(({ name }) => name));
  const under = (parent, depth) => runs.filter((run) => (names.has(run.parent) ? run.parent : null) === parent).flatMap((run) => [[run, depth], ...under(run.name, depth + 1)]);
  return under(null, 0);
}
