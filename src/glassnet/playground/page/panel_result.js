// The result: what the network answers for the data, and how its loss has fallen.

import { mountCurve } from "./result_curve.js";
import { abridged, el, figure, say, svg } from "./dom.js";
import { fit } from "./network_canvas.js";
import { numbersTable } from "./numbers_table.js";
import { coloursOf, kindOf, paintAgainst, paintCurve, paintPlane, paintPoint, scaled, shape } from "./plane_canvas.js";
import { text } from "./texts.js";

const MOST_CLASSES = 256; // of which the plane can show the likeliest
const MOST_NAMES = 12; // of classes in the legend
const NEAR = 14; // pixels within which a click means a point

export function mount(root, store) {
  const tables = el("div", { class: "tables" });
  new Result(root, store, tables);
  mountCurve(root, store, tables);
  root.append(tables);
}

class Result {
  #asked = false;
  #cross = [0.5, 0.5]; // where the arrow keys have moved to, as shares
  #held = null; // the cross while it is seen, else null

  constructor(root, store, tables) {
    this.store = store;
    this.ground = el("canvas", { class: "ground", "aria-hidden": "true" });
    this.canvas = el("canvas", { tabindex: 0, role: "application", "aria-describedby": "plane-help" });
    this.help = el("p", { id: "plane-help", class: "unseen" });
    this.said = el("p", { class: "said", role: "status" });
    this.blank = el("p", { class: "blank", hidden: true }, text("result.blank"));
    this.frame = el("div", { class: "plane" }, this.ground, this.said, this.blank, this.canvas);
    this.x = el("span", { class: "x quiet" });
    this.y = el("span", { class: "y quiet" });
    this.kind = el("select", { onchange: () => this.#draw() });
    this.kinds = el("label", {}, text("result.show"), this.kind);
    this.legend = el("ul", { class: "legend" });
    const names = ["row", "x", "y", "truth", "answer"].map((name) => text(`result.column.${name}`));
    this.numbers = numbersTable(text("result.numbers.points"), text("result.points"), names, () => this.#rows());
    root.append(this.kinds, this.help, el("div", { class: "chart" }, this.y, this.frame, this.x), this.legend);
    tables.append(this.numbers.element);
    this.canvas.onclick = (event) => this.#click(event.offsetX, event.offsetY);
    this.canvas.onkeydown = (event) => this.#key(event);
    this.canvas.onblur = () => ((this.#held = null), this.#ask());
    new ResizeObserver(() => this.#measure()).observe(this.frame);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolour());
    store.on("state", () => this.#learn());
    store.on("frame", () => this.#paint());
    this.#recolour();
    this.#learn();
  }

  #measure() {
    [this.width, this.height] = [this.frame.clientWidth, this.frame.clientHeight];
    this.#paint();
  }

  #recolour() {
    this.colours = coloursOf(this.frame);
    this.shown = null; // the plane is painted anew
    this.#ask();
  }

  #learn() {
    const { data } = this.store.state;
    if (!data?.points) return;
    this.data = data;
    this.isClasses = data.task === "classes";
    this.isCurve = !this.isClasses && data.inputs.length === 1;
    const kinds = [data.plane ? (this.isCurve ? "curve" : "plane") : null, this.isClasses ? null : "against"].filter(Boolean);
    if (this.kind.dataset.kinds !== String(kinds)) {
      this.kind.dataset.kinds = kinds;
      this.kind.replaceChildren(...kinds.map((kind) => el("option", { value: kind }, text(`result.show.${kind}`))));
    }
    this.kinds.hidden = kinds.length < 2;
    this.#legend();
    this.#draw();
  }

  /** A number to predict in its own unit, and a class by its name. */
  #named(value) {
    const [mean, deviation] = this.data.unit ?? [0, 1];
    return this.isClasses ? (this.data.classes[value] ?? "–") : figure(mean + deviation * value);
  }

  #rows() {
    const { x, y, label, row } = this.data.points;
    const answers = this.store.frame?.predictions ?? [];
    return row.map((number, i) => [number, figure(x[i]), this.isCurve ? this.#named(y[i]) : figure(y[i]), this.#named(label[i]), this.#named(answers[i])].map(String));
  }

  /** Whether a click may set a point. */
  get draws() {
    return this.data.source?.kind === "points" && this.store.can("add_point") && this.kind.value !== "against";
  }

  #draw() {
    const { axes, plane, target } = this.data;
    const name = (axis) => axes?.choices.find(({ value }) => value === axis)?.label ?? String(axis);
    const axis = (lo, hi, words) => text("result.axis", { lo: abridged(lo, 12), hi: abridged(hi, 12), name: abridged(words, 20) });
    const ends = ([lo, hi], words) => axis(figure(lo, 3), figure(hi, 3), words);
    const own = ([lo, hi], words) => axis(this.#named(lo), this.#named(hi), words);
    const against = this.kind.value === "against";
    if (plane) {
      say(this.x, against ? own(plane.range, text("result.true", { target: abridged(target) })) : ends(plane.x, name(axes.x)));
      say(this.y, against ? own(plane.range, text("result.predicted", { target: abridged(target) })) : this.isCurve ? own(plane.y, target) : ends(plane.y, name(axes.y)));
    }
    const names = against ? [target, target] : [name(axes?.x), this.isCurve ? target : name(axes?.y)];
    [this.x.title, this.y.title] = names.map((full) => (full === abridged(full) ? "" : full));
    this.canvas.setAttribute("aria-label", `${this.y.textContent}; ${this.x.textContent}`);
    say(this.help, against ? "" : text(this.draws ? "result.help.draw" : "result.help"));
    this.ground.hidden = against || this.isCurve;
    this.#ask();
  }

  #legend() {
    const { classes, rows } = this.data;
    const entries = classes.slice(0, MOST_NAMES).map((name, k) => el("li", { title: name }, sign(k), abridged(name, 20)));
    if (classes.length > MOST_NAMES) entries.push(el("li", {}, text("result.more", { more: classes.length - MOST_NAMES })));
    if (rows?.valid) entries.push(el("li", {}, sign(0, true), text("result.held")));
    this.legend.replaceChildren(...(this.isClasses ? entries : entries.slice(-1)));
  }

  // ---- painting -----------------------------------------------------------------------------------------------------

  #ask() {
    if (!this.#asked) requestAnimationFrame(() => this.#asked && this.#paint());
    this.#asked = true;
  }

  #paint() {
    this.#asked = false;
    const { frame, state } = this.store;
    const { colours, isClasses, data, width, height } = this;
    if (!data || !width) return;
    const current = frame?.revision === state.revision ? frame : null;
    const kind = this.kind.value;
    const { points, plane } = data;
    const show = current?.plane && kind === "plane";
    if (show && this.shown !== current.plane) paintPlane(this.ground, current.plane, colours, data.classes.length);
    if (show) this.shown = current.plane;
    this.blank.hidden = kind !== "plane" || !current || data.classes.length <= MOST_CLASSES;
    if (current && kind === "plane" && !show) this.ground.width = 0;
    if (!state.running) this.numbers.refresh();
    const drawn = [data, colours, width, height, state.probe?.row, this.#held, kind];
    if (kind === "plane" && this.drawn?.every((part, i) => part === drawn[i])) return;
    this.drawn = drawn;
    const ctx = fit(this.canvas, width, height);
    if (kind === "against") {
      const predicted = current?.predictions;
      if (predicted?.length === points.label.length) paintAgainst(ctx, width, height, { truth: points.label, predicted, held: points.valid, ends: plane.range, colours });
      return;
    }
    points.x.forEach((x, i) => paintPoint(ctx, ...this.#place(x, points.y[i], width, height), { label: points.label[i], held: points.valid[i], colours, range: plane.range, isClasses, many: points.x.length }));
    if (kind === "curve" && current?.plane) paintCurve(ctx, width, height, current.plane, plane.y, colours);
    this.#marks(ctx, width, height);
  }

  #place(x, y, width, height) {
    return [scaled(x, this.data.plane.x, width), height - scaled(y, this.data.plane.y, height)];
  }

  #marks(ctx, width, height) {
    const { points } = this.data;
    Object.assign(ctx, { strokeStyle: this.colours.ink, lineWidth: 2 });
    const probed = points.row?.indexOf(this.store.state.probe?.row) ?? -1;
    if (probed >= 0) {
      ctx.beginPath();
      ctx.arc(...this.#place(points.x[probed], points.y[probed], width, height), 9, 0, 2 * Math.PI);
      ctx.stroke();
    }
    if (!this.#held) return;
    const [x, y] = [this.#cross[0] * width, this.#cross[1] * height];
    ctx.beginPath();
    for (const [dx, dy] of [[1, 0], [0, 1]]) ctx.moveTo(x - 10 * dx, y - 10 * dy), ctx.lineTo(x + 10 * dx, y + 10 * dy);
    ctx.stroke();
  }

  // ---- what is done with it -----------------------------------------------------------------------------------------

  #key(event) {
    if (this.kind.value === "against") return;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const { width, height } = this;
    if (move) {
      const by = event.shiftKey ? 0.1 : 0.02;
      this.#cross = this.#cross.map((share, i) => Math.min(Math.max(share + move[i] * by, 0), 1));
      this.#held = this.#cross;
      const [x, y] = this.#value(this.#cross[0] * width, this.#cross[1] * height);
      say(this.said, text("result.at", { x: figure(x, 3), y: this.isCurve ? this.#named(y) : figure(y, 3) }));
      this.#ask();
    } else if (event.key === "Enter") this.#click(this.#cross[0] * width, this.#cross[1] * height);
    else return;
    event.preventDefault();
  }

  /** The values of the axes at a place in pixels. */
  #value(left, top) {
    const { x, y } = this.data.plane;
    return [x[0] + (left / this.width) * (x[1] - x[0]), y[1] - (top / this.height) * (y[1] - y[0])];
  }

  /** A click near a point looks at its row; elsewhere it sets one, where points are drawn. */
  #click(left, top) {
    if (!this.data?.plane || this.kind.value === "against") return;
    const { points } = this.data;
    let [nearest, found] = [NEAR ** 2, -1];
    points.x.forEach((x, i) => {
      const [px, py] = this.#place(x, points.y[i], this.width, this.height);
      const far = (px - left) ** 2 + (py - top) ** 2;
      if (far < nearest) [nearest, found] = [far, i];
    });
    if (this.draws && (found < 0 || nearest > 36)) {
      const [x, y] = this.#value(left, top);
      this.store.do("add_point", { x, y, label: this.store.pointLabel ?? 0 }); // the data panel has the choice
    } else if (found >= 0 && this.store.can("probe")) this.store.do("probe", { row: points.row[found] });
  }
}

/** The sign of a class: its shape in its colour; hollow for rows held out. */
function sign(k, hollow = false) {
  const path = [];
  const recorder = { arc: () => path.push("M2.5 8a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0"), moveTo: (x, y) => path.push(`M${x} ${y}`), lineTo: (x, y) => path.push(`L${x} ${y}`), closePath: () => path.push("Z") };
  shape(recorder, 8, 8, kindOf(k), 6);
  const made = svg("path", { d: path.join("") });
  if (hollow) made.classList.add("hollow");
  else made.style.setProperty("fill", `var(--class-${k % 8})`);
  return svg("svg", { viewBox: "0 0 16 16", class: "sign", "aria-hidden": "true" }, made);
}
