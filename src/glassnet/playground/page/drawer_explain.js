// What is selected, explained with its numbers; or the microscope. Updated while paused, and a few times a second else.

import { button, el, say, wayBack } from "./dom.js";
import { lineOf, rowsOf, typeset } from "./drawer_lines.js";
import { light, microscopeOf, whyOf } from "./drawer_microscope.js";
import { numberField } from "./numbers.js";
import { text } from "./texts.js";

const BETWEEN = 250; // milliseconds between two updates while running

export function mount(root, store) {
  new Explained(root, store);
}

class Explained {
  #timer = 0;
  #asked = 0;
  #shown = ""; // what was asked for last: the same is not asked twice

  constructor(root, store) {
    Object.assign(this, { root, store, look: { open: false, stop: 0, manual: false, digits: 4, why: {} } });
    this.body = el("div", { class: "explained" });
    this.said = el("p", { class: "unseen", role: "status" });
    root.append(this.#bar(), this.body, this.said);
    store.on("selection", () => this.#choose());
    store.on("drawer", () => this.#turned());
    for (const event of ["state", "frame"]) store.on(event, () => this.#later());
    this.#refresh();
  }

  #bar() {
    const open = () => this.#open(!this.look.open);
    this.toggle = button(text("explain.microscope"), open, { hidden: !this.store.can("microscope"), "aria-pressed": "false" });
    const digits = el("input", { type: "checkbox", onchange: () => { this.look.digits = digits.checked ? 17 : 4; this.#refresh(); } });
    this.digits = el("label", { hidden: !this.store.can("explain_neuron") }, digits, text("explain.digits"));
    return el("div", { class: "bar" }, this.toggle, this.digits);
  }

  #open(open) {
    this.look.open = open;
    this.toggle.setAttribute("aria-pressed", open);
    if (!open) light(this.store, null);
    this.#refresh();
  }

  #choose() {
    this.saysNext = true;
    if (this.look.open) this.#open(false);
    else this.#refresh();
  }

  /** What lights up is what is read: nothing while another tab is open. */
  #turned() {
    if (this.store.drawer !== "explain" && this.look.open) light(this.store, null);
    this.#shown = "";
    this.#refresh();
  }

  /** Refresh soon: at once while paused, else so that updates are some time apart. */
  #later() {
    if (this.#timer) return;
    const running = this.store.state?.running;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (!this.root.contains(document.activeElement) || !document.activeElement.matches("input[type=text]")) this.#refresh();
    }, running ? BETWEEN : 0);
  }

  get #question() {
    const { look, store } = this;
    const { kind, ...selected } = store.selection ?? {};
    if (look.open) return ["microscope", { stop: look.stop, digits: look.digits }];
    return kind ? [`explain_${kind}`, { ...selected, digits: look.digits }] : [];
  }

  async #refresh() {
    const { store } = this;
    if (store.drawer !== "explain" || this.root.hidden) return;
    const [command, args] = this.#question;
    const now = (store.frame?.revision === store.state.revision ? store.frame : store.state).step;
    const asked = JSON.stringify([command, args, this.look.manual, store.state.revision, now]);
    if (asked === this.#shown) return;
    this.#shown = asked;
    if (!command || !store.can(command)) return this.#fill(el("p", { class: "quiet" }, this.#invitation(command)));
    const number = ++this.#asked;
    try {
      const found = await store.engine.send(command, args);
      if (number === this.#asked) this.#fill(this.look.open ? microscopeOf(found, this.look, this) : PARTS[found.kind](found, this));
    } catch (error) {
      if (number === this.#asked) this.#fill(el("p", { class: "quiet" }, error.message));
    }
  }

  /** What is said where nothing is explained: what there is to be chosen, as far as this page can explain it. */
  #invitation(command) {
    if (command || !this.store.can("explain_neuron")) return text("explain.cannot");
    return [text("explain.nothing"), this.store.can("microscope") ? text("explain.nothing.microscope") : ""].filter(Boolean).join(" ");
  }

  /** Go to a stop of the microscope. */
  walk = (stop, changes = {}) => {
    Object.assign(this.look, { stop }, changes);
    this.#refresh().then(() => { if (!("manual" in changes)) this.body.querySelector("h3")?.focus({ preventScroll: true }); });
  };

  #fill(...parts) {
    const back = this.body.contains(document.activeElement) ? wayBack() : null;
    this.body.replaceChildren(...parts.flat(Infinity));
    back?.();
    if (!this.saysNext) return;
    this.saysNext = false; // what was chosen is heard once, not with each of its numbers
    say(this.said, [...this.body.querySelectorAll("h3, .line")].slice(0, 3).map((part) => part.textContent).join(". "));
  }
}

const heading = (words, ...more) => [el("h3", {}, words), ...more];
const lines = (found) => found.map((line) => lineOf(line));
const quiet = (words) => el("p", { class: "quiet" }, words);

const PARTS = {
  neuron(found, { store, look }) {
    const shapes = found.shapes.filter(({ shape }) => shape).map(({ symbol, shape }) => `${symbol}: ${shape}`);
    const where = found.layer ? text("explain.neuron.of", { unit: found.unit + 1, layer: found.layer }) : text("explain.input", found);
    const value = found.lines.length ? [] : lines([{ label: found.name, symbol: found.name, terms: [], result: String(found.value), formula: "" }]);
    const { edges: [edge, ...others], bias, unit } = found;
    const choose = edge && !others.length && store.can("explain_edge") ? (from) => store.select({ kind: "edge", ...edge, from }) : null;
    const ofBias = () => store.select({ kind: "edge", parameter: bias, from: null, to: unit });
    return [heading(where), found.lines.map((line) => lineOf(line, { choose })), value,
      quiet(text("explain.neuron.row", { probe: store.state.probe?.text ?? "" })), bias ? button(text("explain.of.bias"), ofBias, { "data-key": "bias" }) : [],
      edge ? whyOf("forward", look) : [],
      shapes.length ? quiet(text("explain.shapes", { shapes: shapes.join(", ") })) : []];
  },
  edge(found, { store, look }) {
    const [from, to] = found.names;
    const name = from ? text("explain.edge", { from, to }) : text("explain.bias", { to });
    const { delta, slope, update } = found.lines;
    const now = typeset(String(Number(found.value.toPrecision(7))));
    return [heading(name, quiet(text("explain.edge.now", { parameter: found.parameter, value: now })), setterOf(found, store)),
      el("h4", {}, text(from ? "explain.slope" : "explain.slope.bias")), lines(slope), whyOf(from ? "gradients" : "bias", look),
      el("h4", {}, text("explain.update")), lines(update), whyOf("update", look),
      delta.length ? [el("h4", {}, text("explain.delta", { row: found.rows[0] })), lines(delta)] : [], rowsOf(found)];
  },
  layer(found) {
    const rows = found.parameters.map(({ name, shape }) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, shape.join(" × "))));
    const equations = found.equations.map(({ symbol, formula, shape, remark }) =>
      el("li", {}, el("code", {}, typeset(`${symbol} = ${formula}`)), " ", el("small", {}, [shape, remark].filter(Boolean).join(", "))));
    const into = { in: found.shapes.in.join(" × "), out: found.shapes.out.join(" × "), n: found.n_parameters.toLocaleString("en") };
    return [heading(text("explain.layer", { layer: found.layer, kind: found.class }), el("p", {}, found.sentence)),
      el("ul", { class: "formulas" }, found.formulas.map((formula) => el("li", {}, el("code", {}, typeset(formula))))),
      el("p", {}, text("explain.layer.size", into)), rows.length ? el("table", {}, el("tbody", {}, rows)) : [],
      el("h4", {}, text("explain.equations")), el("ul", { class: "formulas" }, equations), rowsOf(found)];
  },
};

/** A field for another value of a weight or a bias, set by hand. */
function setterOf({ parameter, from, to, value }, store) {
  if (!store.can("set_weight")) return [];
  const set = (now) => store.do("set_weight", { parameter, index: [from ?? 0, to], value: now });
  const label = text(from === null ? "explain.set.label.bias" : "explain.set.label");
  const input = numberField({ type: "number", value: Number(value.toPrecision(4)), lazy: true }, set, { "data-key": "value", "aria-label": label });
  const send = (event) => {
    event.preventDefault();
    input.commit();
    event.submitter?.focus(); // what is typed in is left alone by the next numbers
  };
  return el("form", { class: "bar", onsubmit: send }, input, el("button", { type: "submit", "data-key": "set" }, text("explain.set")));
}
