// The network: a canvas for edges and neurons, buttons over it for whoever clicks, tabs or listens.

import { abridged, el, figure, say } from "./dom.js";
import { mountLayers } from "./network_layers.js";
import { edgeAt, fit, heightsFor, layOut, paintEdges, paintLine, paintNeurons, paintShortcuts, paintStrips, paletteOf } from "./network_canvas.js";
import { Tip } from "./network_tip.js";
import { numberField } from "./numbers.js";
import { text } from "./texts.js";

const SPOKEN = 500; // milliseconds between two updates of the names that screen readers hear, while running
const ROOM = [120, 620]; // pixels of height that the drawing has at least, and at most where the page may grow
const MARGIN = 14; // below all
const UNITS = [16, 64, 256];
const HIT = 24; // pixels of a neuron that take a click

export function mount(root, store) {
  new Network(root, store);
}

class Network {
  #asked = false;
  #known = ""; // columns and layout that the buttons were made for
  #spoken = 0;
  #hover = null; // an edge [block, from, to] under the pointer
  #told = [null, null]; // the neuron or the edge that the tip is about
  #cycled = -1; // which of its edges E has come to
  #at = [1, 0]; // the neuron that has the tab stop: column, place

  constructor(root, store) {
    this.store = store;
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.grid = el("div", { class: "grid", role: "grid", "aria-label": text("network.grid") });
    this.heads = el("div", { class: "heads" });
    this.tip = new Tip();
    this.said = el("p", { class: "unseen", role: "status" });
    this.stage = el("div", { class: "stage" }, this.canvas, this.heads, this.grid, this.tip.element);
    this.legend = el("p", { class: "legend quiet" });
    this.note = el("p", { class: "quiet" });
    this.layers = mountLayers(this, store);
    root.append(this.#viewBar(), this.layers.settings, el("div", { class: "scroll" }, this.stage), this.legend, this.note, this.said);
    this.grid.onkeydown = (event) => this.#key(event);
    this.grid.addEventListener("focusin", ({ target }) => this.#focused(target));
    this.grid.addEventListener("focusout", () => this.#tell(null, this.#hover));
    this.stage.onpointermove = (event) => this.#point(event);
    this.stage.onpointerleave = () => this.#pointAt(null);
    this.stage.onclick = (event) => this.#click(event);
    const sizes = new ResizeObserver(() => (this.#relay(), this.#paint()));
    for (const box of [root, root.closest(".panel")]) sizes.observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolour());
    store.on("state", () => this.#learn());
    store.on("frame", () => this.#paint());
    for (const event of ["selection", "highlight"]) store.on(event, () => this.#ask());
    store.on("selection", () => document.body.classList.toggle("explains", Boolean(store.selection)));
    this.#recolour();
    this.#learn();
  }

  #viewBar() {
    const choice = (label, choices, onchange) =>
      el("label", {}, text(label), el("select", { onchange }, choices.map(([value, words]) => el("option", { value }, words))));
    const kinds = ["weight", "gradient", "update"].map((kind) => [kind, text(`network.edges.${kind}`)]);
    const units = UNITS.map((most) => [most, text("network.units.most", { most })]);
    const inside = ["pictures", "values"].map((kind) => [kind, text(`network.inside.${kind}`)]);
    this.edgeChoice = choice("network.edges", kinds, ({ target }) => this.store.do("view", { edges: target.value }));
    this.unitChoice = choice("network.units", units, ({ target }) => this.store.do("view", { most_units: Number(target.value) }));
    this.insideChoice = choice("network.inside", inside, () => this.#ask());
    const row = numberField({ type: "integer", minimum: 0 }, (value) => this.store.do("probe", { row: value }));
    this.row = el("label", {}, text("network.row"), row);
    return el("div", { class: "bar view" }, this.edgeChoice, this.insideChoice, this.row, this.unitChoice);
  }

  get pictures() {
    return this.insideChoice.lastChild.value === "pictures";
  }

  #recolour() {
    this.palette = paletteOf(this.stage);
    this.#ask();
  }

  #learn() {
    const { network, view, probe } = this.store.state;
    if (!network?.columns) return;
    this.columns = network.columns;
    this.edges = network.edges;
    const widest = Math.max(...this.columns.map(({ units }) => units));
    if (view) Object.assign(this.edgeChoice.lastChild, { value: view.edges });
    if (view) Object.assign(this.unitChoice.lastChild, { value: UNITS.find((most) => most >= view.most_units) ?? UNITS.at(-1) });
    if (probe) this.row.lastChild.inForce = probe.row;
    this.row.title = probe?.text ?? "";
    this.unitChoice.hidden = widest <= UNITS[0] || !this.store.can("view");
    this.edgeChoice.hidden = !this.store.can("view");
    this.row.hidden = !this.store.can("probe");
    say(this.note, network.note ?? "");
    this.#relay();
  }

  /** Place everything anew: after a change of the network, or of the size of the panel. */
  #relay() {
    if (!this.columns || !this.stage.isConnected) return;
    const panel = this.stage.closest(".panel");
    const scroll = this.stage.parentElement;
    const body = scroll.parentElement;
    const above = body.getBoundingClientRect().top - panel.getBoundingClientRect().top + panel.scrollTop;
    const used = above + body.offsetHeight - scroll.offsetHeight + MARGIN; // by what stands above and below
    const heads = () => Math.max(0, ...Array.from(this.heads.children, (head) => head.offsetHeight));
    const [least, easy] = heightsFor(this.columns, heads());
    document.body.style.setProperty("--network", `${Math.ceil(used + least)}px`);
    const isBound = getComputedStyle(panel).overflowY === "auto"; // else the panel grows with the drawing
    const size = [scroll.clientWidth, isBound ? Math.max(panel.clientHeight - used, ROOM[0]) : Math.min(easy, ROOM[1])];
    this.layers.show(this.columns, layOut(this.columns, ...size));
    this.layout = layOut(this.columns, ...size, heads());
    this.#ask();
    const known = JSON.stringify([this.columns, this.layout]);
    if (known === this.#known) return;
    this.#known = known;
    this.stage.style.setProperty("height", `${this.layout.height}px`);
    this.stage.style.setProperty("min-width", `${this.layout.width}px`);
    this.stage.classList.toggle("vertical", this.layout.vertical);
    this.#rebuild();
  }

  #rebuild() {
    const held = this.grid.contains(document.activeElement);
    this.#at[0] = Math.min(this.#at[0], this.columns.length - 1);
    this.#at[1] = Math.min(this.#at[1], this.columns[this.#at[0]].shown.length - 1);
    this.cells = this.columns.map((column, k) => column.shown.map((_, i) => this.#cell(k, i)));
    const rows = this.cells.map((cells, k) => el("div", { role: "row", "aria-label": this.#layerName(k) }, cells));
    this.grid.replaceChildren(...rows);
    this.#speak();
    this.#pointAt(null); // what was there may be gone
    if (held) this.cells[this.#at[0]][this.#at[1]].focus({ preventScroll: true });
  }

  #cell(k, i) {
    const [x, y] = this.layout.columns[k].points[i];
    const half = Math.max(this.layout.size, HIT) / 2;
    const style = { left: `${x - half}px`, top: `${y - half}px`, width: `${2 * half}px`, height: `${2 * half}px` };
    const stop = k === this.#at[0] && i === this.#at[1];
    return el("button", { type: "button", role: "gridcell", tabindex: stop ? 0 : -1, dataset: { column: k, place: i }, style });
  }

  #layerName(k) {
    return k ? text("network.layer", { number: k, label: this.columns[k].label }) : this.columns[k].label;
  }

  #unitName(k, i) {
    const { names, shown } = this.columns[k];
    return names?.[shown[i]] ?? text("network.unit", { unit: shown[i] + 1 });
  }

  /** Say what every neuron is: where it stands, and its value. */
  #speak() {
    this.#spoken = performance.now();
    const values = this.store.frame?.activations;
    this.cells?.forEach((cells, k) => cells.forEach((cell, i) => cell.setAttribute("aria-label", this.#name(k, i, values?.[k]?.[i]))));
  }

  #name(k, i, value) {
    const { names, shown } = this.columns[k];
    const known = { layer: k, unit: shown[i] + 1, name: names?.[shown[i]] ?? shown[i] + 1, value: this.#valueText(k, value, 3) };
    return text(k === 0 ? "network.name.input" : names ? "network.name.named" : "network.name", known);
  }

  /** A value with what it is: an activation, or a sum, which the loss may put through a function of its own. */
  #valueText(k, value, digits) {
    const { value: kind, link } = this.columns[k];
    if (!k) return figure(value, digits);
    const words = text(kind === "sum" ? "network.value.sum" : "network.value.activation", { value: figure(value, digits) });
    return link ? text("network.value.before", { value: words, link }) : words;
  }

  // ---- painting -----------------------------------------------------------------------------------------------------

  #ask() {
    if (!this.#asked) requestAnimationFrame(() => this.#asked && this.#paint());
    this.#asked = true;
  }

  #paint() {
    this.#asked = false;
    const { layout, columns, edges, palette } = this;
    const { frame, state } = this.store;
    if (!layout || frame?.revision !== state.revision || frame.activations?.length !== columns.length) return;
    const started = performance.now();
    const ctx = fit(this.canvas, layout.width, layout.height);
    const painted = frame.edges ? paintEdges(ctx, layout, edges, frame.edges, { palette, running: state.running }) : { full: 0 };
    paintShortcuts(ctx, layout, columns, palette);
    this.#paintLit(ctx);
    paintNeurons(ctx, layout, columns, frame, { palette, pictures: this.pictures });
    paintStrips(ctx, layout, columns, frame.strips, palette);
    this.#ring(ctx);
    this.took = performance.now() - started;
    say(this.legend, this.#legendText(painted));
    this.#tell(...this.#told);
    if (!state.running || performance.now() > this.#spoken + SPOKEN) this.#speak();
  }

  #legendText({ full, drawn, left = 0 }) {
    const quantity = text(`network.edges.${this.store.state.view?.edges ?? "weight"}`).toLowerCase();
    if (Number.isNaN(full)) return text("network.unknown", { quantity });
    const legend = text("network.legend", { quantity, full: figure(full, 3) });
    const some = left ? text("network.legend.some", { drawn: figure(drawn), all: figure(drawn + left) }) : "";
    const inside = this.pictures && this.store.frame.pictures ? text("network.legend.pictures") : "";
    return [legend, some, inside].filter(Boolean).join(" ");
  }

  /** What the microscope lights, what is selected, and what is under the pointer. */
  #paintLit(ctx) {
    const { selection, highlight } = this.store;
    const lit = [...(highlight?.edges ?? []), ...(selection?.kind === "edge" ? [selection] : [])];
    for (const { parameter, from, to } of lit) {
      const edge = this.edges.find((found) => found.parameter === parameter);
      if (!edge) continue;
      const [before, after] = [this.columns[edge.from].shown, this.columns[edge.to].shown];
      const one = Number.isInteger(from) && Number.isInteger(to);
      const [a, b] = [places(before, from), places(after, to)];
      for (const i of a) for (const j of b) paintLine(ctx, this.layout, edge, i, j, this.palette.focus, one ? 5 : 1);
    }
    if (this.#hover) paintLine(ctx, this.layout, this.edges[this.#hover[0]], this.#hover[1], this.#hover[2], this.palette.ink, 2.5);
  }

  #ring(ctx) {
    const { selection, highlight } = this.store;
    const lit = [...(highlight?.units ?? []), ...(selection?.kind === "neuron" ? [selection] : [])];
    Object.assign(ctx, { strokeStyle: this.palette.focus, lineWidth: 2.5 });
    for (const { layer, unit } of lit) {
      const k = this.columns.findIndex((column) => column.layer === (layer ?? null));
      for (const i of k < 0 ? [] : places(this.columns[k].shown, unit)) {
        const [x, y] = this.layout.columns[k].points[i];
        const half = this.layout.size / 2 + 2;
        ctx.beginPath();
        ctx.roundRect(x - half, y - half, 2 * half, 2 * half, 6);
        ctx.stroke();
      }
    }
  }

  // ---- what is done with it -----------------------------------------------------------------------------------------

  #key(event) {
    if (event.target.dataset.column === undefined) return;
    const [k, i] = [Number(event.target.dataset.column), Number(event.target.dataset.place)];
    const walk = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const [across, along] = !walk ? [0, 0] : this.layout.vertical ? [walk[1], walk[0]] : walk;
    if (walk) this.#move(k + across, across ? this.#nearest(k, i, k + across) : i + along);
    else if (event.key === "Home" || event.key === "End") this.#move(k, event.key === "Home" ? 0 : Infinity);
    else if (event.key.toLowerCase() === "e" && !event.ctrlKey && !event.metaKey) this.#cycle(k, i, event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  }

  /** The place in another column that is nearest to a neuron. */
  #nearest(k, i, other) {
    const axis = this.layout.vertical ? 0 : 1;
    const place = this.layout.columns[k].points[i][axis];
    const far = (this.layout.columns[other]?.points ?? []).map((point) => Math.abs(point[axis] - place));
    return far.indexOf(Math.min(...far));
  }

  #move(k, i) {
    if (k < 0 || k >= this.cells.length) return;
    this.cells[k][Math.min(Math.max(i, 0), this.cells[k].length - 1)].focus();
  }

  #focused({ dataset }) {
    if (dataset.column === undefined) return;
    const now = [Number(dataset.column), Number(dataset.place)];
    this.cells[this.#at[0]][this.#at[1]].tabIndex = -1;
    this.cells[now[0]][now[1]].tabIndex = 0;
    this.#at = now;
    this.#cycled = -1;
    this.#tell(now, null);
  }

  /** Select the next edge into a neuron (of an input: out of it). */
  #cycle(k, i, way) {
    const found = this.edges.flatMap((edge, block) =>
      edge.to === k ? this.columns[edge.from].shown.map((_, from) => [block, from, i])
        : k === 0 && edge.from === 0 ? this.columns[edge.to].shown.map((_, to) => [block, i, to]) : []);
    if (!found.length) return;
    this.#cycled = (Math.max(this.#cycled, way > 0 ? -1 : 0) + way + found.length) % found.length;
    this.#selectEdge(found[this.#cycled]);
    this.#tell(null, found[this.#cycled]);
    say(this.said, this.tip.words);
  }

  #selectEdge([block, from, to]) {
    const edge = this.edges[block];
    this.store.select({ kind: "edge", parameter: edge.parameter, from: this.columns[edge.from].shown[from], to: this.columns[edge.to].shown[to] });
  }

  #click({ target }) {
    const { column, place } = target.dataset;
    if (column !== undefined) this.store.select({ kind: "neuron", layer: this.columns[column].layer, unit: this.columns[column].shown[place] });
    else if (this.#hover && (target === this.canvas || target === this.grid || target === this.stage)) this.#selectEdge(this.#hover);
  }

  #point({ target, clientX, clientY }) {
    const { column, place } = target.dataset;
    if (column !== undefined) return this.#pointAt(null, [Number(column), Number(place)]);
    if (target.closest(".heads") || !this.layout || this.edges.reduce((sum, edge) => sum + edge.rows * edge.columns, 0) > 20_000) return this.#pointAt(null);
    const box = this.stage.getBoundingClientRect();
    return this.#pointAt(edgeAt(this.layout, this.edges, clientX - box.left, clientY - box.top));
  }

  #pointAt(edge, neuron = null) {
    const changed = String(edge) !== String(this.#hover);
    this.#hover = edge;
    this.#tell(neuron, edge);
    if (changed) this.#ask();
  }

  /** Show the numbers of a neuron or an edge beside it, or nothing; each painting does it anew. */
  #tell(neuron, edge) {
    this.#told = [neuron, edge];
    if (!this.store.frame || !(neuron || edge)) return this.tip.hide();
    const [k, i] = neuron ?? [this.edges[edge[0]].to, edge[2]];
    return this.tip.show(neuron ? this.#neuronText(k, i) : this.#edgeText(edge), this.layout.columns[k].points[i], this.layout.size);
  }

  #neuronText(k, i) {
    const { frame } = this.store;
    const place = this.columns.slice(1, k).reduce((sum, column) => sum + column.shown.length, i);
    const bias = k ? frame.biases?.[place] : NaN;
    const known = { name: abridged(this.#unitName(k, i)), value: this.#valueText(k, frame.activations?.[k]?.[i]), bias: figure(bias) };
    return text(Number.isFinite(bias) ? "network.tip.bias" : "network.tip.value", known);
  }

  #edgeText([block, from, to]) {
    const edge = this.edges[block];
    const value = this.store.frame.edges?.[block]?.[from * this.columns[edge.to].shown.length + to];
    const quantity = text(`network.edges.${this.store.state.view?.edges ?? "weight"}`).toLowerCase();
    return text("network.tip.edge", { from: abridged(this.#unitName(edge.from, from)), to: abridged(this.#unitName(edge.to, to)), quantity, value: figure(value) });
  }
}

/** The places of a shown unit; of null, those of all. */
function places(shown, unit) {
  if (unit === null || unit === undefined) return [...shown.keys()];
  const place = shown.indexOf(unit);
  return place < 0 ? [] : [place];
}
