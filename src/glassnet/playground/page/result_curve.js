// The chart of losses: its controls, its cursor, and its numbers as a table.

import { Losses, paintLosses, rangesOf } from "./curve_canvas.js";
import { el, figure, say } from "./dom.js";
import { fit } from "./network_canvas.js";
import { numbersTable } from "./numbers_table.js";
import { coloursOf } from "./plane_canvas.js";
import { text } from "./texts.js";

const ROWS = 200; // of the table

/** Mount the chart below the answers, and its numbers among the tables. */
export function mountCurve(root, store, tables) {
  new Curve(root, store, tables);
}

class Curve {
  #asked = false;
  #cursor = null; // place of an epoch
  #others = [];
  #known = "";

  constructor(root, store, tables) {
    this.store = store;
    this.losses = new Losses();
    this.log = el("input", { type: "checkbox", onchange: () => this.#ask() });
    this.others = el("input", { type: "checkbox", checked: true, onchange: () => this.#ask() });
    this.compare = el("label", {}, this.others, text("result.others"));
    this.canvas = el("canvas", { tabindex: 0, role: "img", "aria-label": text("result.curve") });
    this.box = el("div", { class: "curve" }, this.canvas);
    this.readout = el("p", { class: "readout", role: "status" });
    const names = ["step", "train", "valid", "score"].map((name) => text(`result.${name}`));
    this.numbers = numbersTable(text("result.numbers.loss"), text("result.numbers.caption", { most: ROWS }), names, () => this.#rows());
    const key = ["train", "valid", "batch"].map((kind) => el("li", { class: kind }, text(`result.${kind}`)));
    const bar = el("div", { class: "bar" }, el("h3", {}, text("result.loss")), el("label", {}, this.log, text("result.log")), this.compare);
    root.append(bar, this.box, el("ul", { class: "legend lines" }, key), this.readout);
    tables.append(this.numbers.element);
    this.canvas.onpointermove = ({ offsetX }) => this.#point(offsetX);
    this.canvas.onpointerleave = () => this.#point(null);
    this.canvas.onkeydown = (event) => this.#key(event);
    new ResizeObserver(() => (([this.width, this.height] = [this.box.clientWidth, this.box.clientHeight]), this.#paint())).observe(this.box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolour());
    store.on("state", () => this.#learn());
    store.on("frame", (frame) => (this.losses.take(frame), this.#paint()));
    this.#recolour();
    this.#learn();
  }

  #recolour() {
    this.colours = coloursOf(this.box);
    this.#ask();
  }

  #learn() {
    const { runs = [], run, data } = this.store.state;
    const known = JSON.stringify([runs.map(({ name, steps }) => [name, steps]), run, data?.source, data?.rows]);
    if (known !== this.#known) this.#compare();
    this.#known = known;
    this.#ask();
  }

  /** Ask for the curves of the other runs on the same rows, to lay them over this one's. */
  async #compare() {
    const { run, runs = [] } = this.store.state;
    const found = runs.length > 1 && this.store.can("curves") ? await this.store.do("curves") : null;
    this.#others = (found?.runs ?? []).filter(({ name, epochs }) => name !== run && epochs.length).slice(-8);
    this.compare.hidden = !this.#others.length;
    this.#ask();
  }

  #ask() {
    if (!this.#asked) requestAnimationFrame(() => this.#asked && this.#paint());
    this.#asked = true;
  }

  #paint() {
    this.#asked = false;
    const { state, frame } = this.store;
    const { baselines = [], events = [] } = state;
    const { losses, colours, width, height } = this;
    if (!width) return;
    const cursor = this.#cursor === null || !losses.length ? null : losses.epochs[4 * Math.min(this.#cursor, losses.length - 1)];
    const options = { width, height, log: this.log.checked, baselines: baselines.filter(({ loss }) => Number.isFinite(loss)), others: this.others.checked ? this.#others : [], events, step: frame?.step ?? state.step, cursor, colours };
    this.ranges = rangesOf(losses, options);
    paintLosses(fit(this.canvas, width, height), losses, this.ranges, options);
    say(this.readout, this.#words(cursor, options.step));
    if (!state.running) this.numbers.refresh();
  }

  /** What is known under the cursor, else at the step that is shown: of the epoch that had ended by then, or of its batch. */
  #words(cursor, shown) {
    const { losses, store } = this;
    const place = cursor === null ? losses.before(shown) : Math.min(this.#cursor, losses.length - 1);
    if (place < 0) return shown ? text("result.now", { step: figure(shown), loss: figure(losses.losses[losses.steps.indexOf(shown)]) }) : text("result.none");
    const [step, loss, valid, score] = losses.row(place);
    const { score: named = { name: "" }, events = [], steps_per_epoch: per } = store.state;
    const epoch = per ? figure(Math.round(step / per)) : "–";
    const words = [text("result.row", { epoch, step: figure(step), loss: figure(loss) })];
    if (Number.isFinite(valid)) words.push(text("result.row.valid", { loss: figure(valid) }));
    if (Number.isFinite(score)) words.push(`${named.name || text("result.score")} ${figure(score, 3)}`);
    const near = cursor === null ? [] : events.filter((event) => Math.abs(this.ranges.x(event.step) - this.ranges.x(step)) < 8);
    return [...words, ...near.map((event) => event.text)].join(" · ");
  }

  #point(x) {
    this.#cursor = x === null || !this.losses.length ? null : this.losses.nearest(this.ranges.step(x));
    this.#ask();
  }

  #key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: 10, PageUp: -10 }[event.key];
    if (!by || !this.losses.length) return;
    const { losses, store } = this, place = this.#cursor ?? losses.before(store.step);
    this.#cursor = Math.min(Math.max(place + by, 0), losses.length - 1);
    event.preventDefault();
    this.#ask();
  }

  #rows() {
    const first = Math.max(this.losses.length - ROWS, 0);
    const rows = Array.from({ length: this.losses.length - first }, (_, i) => this.losses.row(first + i));
    return rows.map((row) => row.map((value, i) => figure(value, i ? 4 : 9)));
  }
}
