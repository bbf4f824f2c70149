/** Numbers worked out in the page, in the form and the words that `glassnet.explanation` has for them. */

import { ACTIVATIONS, LOSSES, RULES } from "./formulas.js";
import { lastLayer } from "./local_frames.js";
import { ruleKey } from "./nn.js";
import { text } from "../page/texts.js";

const MOST_TERMS = 12, MOST_ROWS = 64;

/** A number with so many significant digits, as Python's format `g` writes it. */
export function numberText(value, digits) {
  if (!Number.isFinite(value)) return String(value);
  const [mantissa, exponent] = value.toExponential(Math.min(digits, 17) - 1).split("e");
  if (value === 0 || (Number(exponent) >= -4 && Number(exponent) < digits)) return trimmed(Number(value.toPrecision(digits)), digits);
  const power = Math.abs(exponent);
  return `${mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa}e${exponent < 0 ? "-" : "+"}${power < 10 ? "0" : ""}${power}`;
}

function trimmed(value, digits) {
  const written = String(value || 0);
  if (!written.includes("e")) return written;
  return value.toFixed(Math.min(100, digits - 1 - Math.floor(Math.log10(Math.abs(value))))).replace(/\.?0+$/, "");
}

/** What is worked at one moment of an engine; `shown` writes numbers. */
class Look {
  constructor({ runs: { selected: { run } }, state, frames }, digits) {
    Object.assign(this, { run, state, frames, network: run.network, columns: state.network.columns });
    this.shown = (value) => numberText(value, digits);
    this.put = (value) => (value < 0 ? `(${this.shown(value)})` : this.shown(value));
    this.dense = this.network.layers.filter(({ kind }) => kind === "Dense");
  }

  /** The number in the names of a layer's arrays: W1 and b1 belong to the first. */
  number(layer) { return layer.index + 1; }

  layer(name) {
    const found = this.dense.find((layer) => layer.name === name);
    if (!found) throw new Error(text("lesson.no_setting", { path: name }));
    return found;
  }

  names(column) {
    const { names, units, name } = this.columns[column];
    return column === 0 && names ? names : Array.from({ length: units }, (_, unit) => `${name}[${unit}]`);
  }

  /** A line `label = term + term = result` of terms `{text, value, from}`; of many the largest are shown. */
  line(symbol, index, value, { formula = "", terms = [], remark = "", keepsLast = false } = {}) {
    let kept = terms, rest = null;
    if (terms.length > MOST_TERMS) {
      const last = keepsLast ? terms.slice(-1) : [];
      const order = terms.slice(0, terms.length - last.length).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
      kept = [...order.slice(0, MOST_TERMS - last.length), ...last];
      const left = terms.filter((term) => !kept.includes(term));
      rest = { count: left.length, sum: this.shown(left.reduce((sum, term) => sum + term.value, 0)) };
    }
    const texts = kept.map((term) => term.text), several = texts.length > 1;
    return {
      label: index.length ? `${symbol}[${index.join(", ")}]` : symbol, symbol, index, formula, remark, terms: texts,
      text: texts.map((term) => (several && term.startsWith("-") ? `(${term})` : term)).join(" + "),
      result: this.shown(value), value, from: kept.map((term) => term.from ?? ""), rest,
    };
  }

  /** A line whose one term is a pattern with numbers or names put in for its names. */
  worked(symbol, index, value, pattern, numbers, names, remark) {
    const fill = (values, show) => pattern.replace(/[A-Za-z_]\w*/g, (name) => (Object.hasOwn(values, name) ? show(values[name]) : name));
    const term = fill(numbers, this.put), plain = /^\(([^()]*)\)$/.exec(term);
    return this.line(symbol, index, value, { formula: fill(names, String), terms: [{ text: plain ? plain[1] : term, value }], remark });
  }

  product(a, b, from) { return { text: `${this.put(a)} * ${this.put(b)}`, value: a * b, from }; }

  /** Put the gradients of the next batch into the network and return the batch; `close` puts back what was there. */
  step() {
    const { run, network } = this, { X, y, n } = run.next(), kept = network.grads.slice();
    network.gradients(X, y, n, { streams: run.streams, epoch: run.epoch, batch: run.batch });
    const data = network.grads.slice();
    network.penalty(true);
    const whole = network.grads.slice(), order = run.order(), first = run.batch * run.batchSize;
    network.grads.set(kept);
    return { y, n, data, whole, rows: Array.from({ length: n }, (_, r) => (order ? order[first + r] : first + r)) };
  }
}

/** The sum behind the value of a neuron, for the row that is shown. */
export function neuronExplained(engine, { layer = null, unit, digits = 4 }) {
  const look = new Look(engine, digits), { network, columns, state } = look;
  const column = layer === null ? 0 : columns.findIndex(({ name }) => name === layer), row = state.probe.row;
  const known = { kind: "neuron", layer, unit, name: look.names(column)[unit], row, mode: "predict", shapes: [], edges: [], lines: [] };
  network.forward(look.frames.row(row), 1);
  if (column === 0) return { ...known, value: look.frames.row(row)[unit] };
  const found = look.layer(layer), k = look.number(found), { X, from, to, weight, bias } = found;
  const sources = look.names(columns.indexOf(columns.find(({ name }) => name === layer)) - 1), terms = [];
  for (let i = 0; i < from; i++) terms.push(look.product(X[i], network.params[weight + i * to + unit], sources[i]));
  if (bias >= 0) terms.push({ text: look.shown(network.params[bias + unit]), value: network.params[bias + unit] });
  const sum = `A${k - 1} @ W${k}${bias < 0 ? "" : ` + b${k}`}`;
  const lines = [look.line(`Z${k}`, [0, unit], found.Z[unit], { formula: sum, terms, keepsLast: bias >= 0 })];
  for (let at = found.index; at <= lastLayer(columns[column]); at++) {
    const { map, kind, Z, A } = network.layers[at], symbol = `A${at + 1}`, before = kind === "Dense" ? `Z${k}` : `A${at}`;
    if (kind === "Dropout") lines.push(look.line(symbol, [0, unit], A[unit], { formula: before }));
    else if (map !== ACTIVATIONS.identity) lines.push(look.worked(symbol, [0, unit], A[unit], map.texts.value, { Z: Z[unit] }, { Z: before }));
  }
  if (column === columns.length - 1) lines.push(...answer(look, unit, k));
  const shapes = [[`W${k}`, `${from} x ${to}`], ...(bias < 0 ? [] : [[`b${k}`, `1 x ${to}`]]), [`Z${k}`, `1 x ${to}`]];
  return {
    ...known, value: lines.at(-1).value, lines, shapes: shapes.map(([symbol, shape]) => ({ symbol, shape })),
    edges: [{ parameter: `${layer}.weight`, from: null, to: unit }],
  };
}

/** What the network answers, where that is not the value of the last neuron. */
function answer(look, unit, k) {
  const { network } = look, { isBinary, isClasses, outputs } = network, Z = network.layers.at(-1).A;
  if (!isBinary && !isClasses) return [];
  const P = network.link(Z, 1)[unit], all = Array.from({ length: outputs }, (_, j) => `exp(${look.shown(Z[j])})`);
  const term = isBinary ? `1 / (1 + exp(-${look.put(Z[unit])}))` : `${all[unit]} / (${all.join(" + ")})`;
  const formula = `${isBinary ? "sigmoid" : "softmax"}(Z${k})`;
  return [look.line("P", [0, unit], P, { formula, terms: [{ text: term, value: P }] })];
}

/** The slope of a weight in the next step, and its update. */
export function edgeExplained(engine, { parameter, from = null, to, digits = 4 }) {
  const look = new Look(engine, digits), { network, columns } = look, [name, part] = parameter.split(/\.(?=\w+$)/);
  const layer = look.layer(name), k = look.number(layer), isBias = part === "bias", symbol = `${isBias ? "b" : "W"}${k}`;
  const step = look.step(), index = [from ?? 0, to], at = isBias ? layer.bias + to : layer.weight + from * layer.to + to;
  const shown = Math.min(step.n, MOST_ROWS), D = layer.D, terms = [];
  for (let r = 0; r < step.n; r++) {
    const slope = D[r * layer.to + to] / step.n, of = `row ${step.rows[r]}`;
    terms.push(isBias ? { text: look.shown(slope), value: slope, from: of } : look.product(layer.X[r * layer.from + from], slope, of));
  }
  const formula = isBias ? `sum of dZ${k} over the rows` : `A${k - 1}.T @ dZ${k}`, hasPenalty = step.data[at] !== step.whole[at];
  const slope = [look.line(`d${symbol}${hasPenalty ? "_data" : ""}`, index, step.data[at], { formula, terms })];
  if (hasPenalty) {
    const more = step.whole[at] - step.data[at];
    const parts = [step.data[at], more].map((value) => ({ text: look.shown(value), value }));
    slope.push(look.line(`d${symbol}`, index, step.whole[at], { formula: `d${symbol}_data + ${text("lesson.penalty")}`, terms: parts }));
  }
  const column = columns.findIndex((each) => each.name === name);
  return {
    kind: "edge", parameter, from, to, symbol, value: network.params[at], mode: "train", notes: [], of: step.n, rows: step.rows.slice(0, shown),
    names: [from === null ? "" : look.names(column - 1)[from], `${name}[${to}]`],
    lines: { delta: deltas(look, layer, to, step), slope, update: updates(look, layer, symbol, index, at, isBias, step.whole[at]) },
  };
}

/** The slope in the sum of the neuron behind a weight, for the first row of the batch. */
function deltas(look, layer, unit, { y, n }) {
  const { network } = look, k = look.number(layer), next = network.layers[k], slope = layer.D[unit] / n;
  if (!next) {
    const { isClasses, outputs, settings: { loss } } = network, out = network.layers.at(-1).A;
    const P = network.link(out, n)[unit], wanted = isClasses ? Number(y[0] === unit) : y[unit];
    const pattern = `(${isClasses ? "P - T" : LOSSES[loss.class].text}) / ${outputs > 1 && !isClasses ? `${outputs * n}` : n}`;
    const numbers = { Z: out[unit], P, y: wanted, T: wanted, delta: loss.delta }, of = `(${isClasses ? "P - T" : LOSSES[loss.class].text}) / (n)`;
    const found = look.worked(`dZ${k}`, [0, unit], slope, pattern, numbers, {});
    return [{ ...found, formula: of.replace(/\bZ\b/g, `Z${k}`) }];
  }
  const terms = [], { Z, A, map } = layer, isDense = next.kind === "Dense";
  for (let j = 0; isDense && j < next.to; j++) terms.push(look.product(next.D[j] / n, network.params[next.weight + unit * next.to + j]));
  const sum = isDense ? terms.reduce((total, term) => total + term.value, 0) : next.D[unit] / n;
  const formula = isDense ? `dZ${k + 1} @ W${k + 1}.T` : `dA${k + 1} * ${next.kind === "Dropout" ? `M${k + 1}` : "slope"}`;
  const found = [look.line(`dA${k}`, [0, unit], sum, { formula, terms })];
  if (map === ACTIVATIONS.identity) return found;
  const pattern = `dA * ${map.texts.slope}`, names = { dA: `dA${k}`, Z: `Z${k}`, A: `A${k}` };
  return [...found, look.worked(`dZ${k}`, [0, unit], slope, pattern, { dA: sum, Z: Z[unit], A: A[unit] }, names)];
}

/** The lines of the optimizer for one parameter. */
function updates(look, layer, symbol, index, at, isBias, g) {
  const { network } = look, { optimizer } = network.settings, rule = RULES[ruleKey(optimizer)];
  const { trainable = true, rate_factor: rate = 1, decay_factor: decay = 1 } = layer;
  if (!trainable) return [look.line(`${symbol}'`, index, network.params[at], { formula: symbol, remark: text("lesson.frozen") })];
  const one = (value) => Float64Array.of(value), P = one(network.params[at]), S = {}, numbers = { g, p: P[0] }, names = { g: `d${symbol}`, p: symbol };
  const lr = optimizer.learning_rate * rate, wd = isBias ? 0 : (optimizer.weight_decay ?? 0) * decay, t = network.t + 1;
  const lines = [look.line("lr", [], optimizer.learning_rate, { remark: text("lesson.rate") })];
  if (rate !== 1) lines.push(look.worked(`lr_${symbol}`, [], lr, `${rate} * lr`, { lr: optimizer.learning_rate }, {}));
  for (const name of rule.state) {
    S[name] = one(network.state[name][at]);
    numbers[name] = S[name][0];
    names[name] = `${name}_${symbol}_old`;
    lines.push(look.line(names[name], index, numbers[name], { remark: text("lesson.before") }));
  }
  rule.update(P, one(g), S, 0, 1, lr, wd, t, optimizer);
  const settings = { ...optimizer, wd, t };
  for (const [name, pattern] of rule.texts) {
    if (name !== "p" && !S[name]) continue;
    const value = name === "p" ? P[0] : S[name][0], label = name === "p" ? `${symbol}'` : `${name}_${symbol}`;
    lines.push(look.worked(label, index, value, pattern, { ...settings, lr, ...numbers }, { ...settings, ...names }));
    numbers[name] = value;
    names[name] = label;
  }
  return lines;
}

/** What a layer computes: the words of its documentation, shapes and equations. */
export function layerExplained(engine, { layer: name }) {
  const known = engine.given.layers[name], look = new Look(engine, 4), layer = look.network.layers.find((each) => each.name === name);
  if (!layer) throw new Error(text("lesson.no_setting", { path: name }));
  const { from, to, bias, kind } = layer, { n, rows } = look.step(), shapes = { W: `${from} x ${to}`, b: `1 x ${to}` };
  const shapeOf = (symbol) => shapes[/([Wb])\d/.exec(symbol)?.[1]] ?? `${n} x ${to}`;
  const parameters = kind === "Dense" ? [{ name: `${name}.weight`, shape: [from, to] }, ...(bias < 0 ? [] : [{ name: `${name}.bias`, shape: [1, to] }])] : [];
  return {
    ...known, kind: "layer", layer: name, shapes: { in: [from], out: [to] }, parameters,
    n_parameters: parameters.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0),
    equations: known.equations.map((equation) => ({ ...equation, shape: shapeOf(equation.symbol) })), rows: rows.slice(0, MOST_ROWS), of: n, notes: [],
  };
}
