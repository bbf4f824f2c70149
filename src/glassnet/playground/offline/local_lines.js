/** Lines of arithmetic with the numbers of the page's engine, in the form and the words of `glassnet.explanation`. */

import { ACTIVATIONS, LOSSES, RULES } from "./formulas.js";
import { ruleKey } from "./nn.js";
import { text } from "../page/texts.js";

const MOST_TERMS = 12;

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

/** What is worked at one moment of an engine. The arrays of layer k are called W1, b1, Z1, A1 for the first one. */
export class Look {
  constructor({ runs: { selected: { run } }, state, frames }, digits) {
    Object.assign(this, { run, state, frames, network: run.network, columns: state.network.columns, digits });
    this.shown = (value) => numberText(value, digits);
    this.put = (value) => (value < 0 ? `(${this.shown(value)})` : this.shown(value));
    this.dense = this.network.layers.filter(({ kind }) => kind === "Dense");
    const { kind, map, index } = this.network.layers.at(-1);
    this.output = `${kind === "Dropout" || map === ACTIVATIONS.identity ? "Z" : "A"}${index + 1}`; // what the loss is given
  }

  layer(name) {
    const found = this.dense.find((layer) => layer.name === name);
    if (!found) throw new Error(text("lesson.no_setting", { path: name }));
    return found;
  }

  names(column) {
    const { names, units, name } = this.columns[column];
    return column === 0 && names ? names : Array.from({ length: units }, (_, unit) => `${name}[${unit}]`);
  }

  /** Work the next step: its batch, and the slopes of the data and with penalties; the network is left as it was. */
  step() {
    const { run, network } = this, { X, y, n } = run.next(), kept = network.grads.slice();
    const loss = network.gradients(X, y, n, { streams: run.streams, epoch: run.epoch, batch: run.batch });
    const given = this.lossSlopes(y, n), data = network.grads.slice(), penalty = network.penalty(true);
    const whole = network.grads.slice(), order = run.order(), first = run.batch * run.batchSize;
    network.grads.set(kept);
    this.batch = { X, y, n, given, data, whole, loss, penalty, rows: Array.from({ length: n }, (_, r) => (order ? order[first + r] : first + r)) };
    return this.batch;
  }

  /** The slopes of the summed loss in what it is given, before the last layer's activation has its part. */
  lossSlopes(y, n) {
    const { A, D } = this.network.layers.at(-1), kept = D.slice();
    this.network.lossSum(A, y, n);
    const found = D.slice();
    D.set(kept);
    return found;
  }

  // ---- one line -----------------------------------------------------------------------------------------------------

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

  /** A pattern with values put in for its names, negative ones in brackets unless they stand in brackets already. */
  fill(pattern, values, show) {
    return pattern.replace(/(\(?)\b([A-Za-z_]\w*)\b(\)?)/g, (all, open, name, close) => {
      if (!Object.hasOwn(values, name)) return all;
      const shown = show(values[name]);
      return open && close ? `(${shown})` : open + (shown.startsWith("-") ? `(${shown})` : shown) + close;
    });
  }

  /** A formula with symbols put in for its names; settings are numbers, and `1 - 0.9` is one number. */
  formula(pattern, names) {
    const show = (value) => (typeof value === "number" ? numberText(value, 6) : value);
    return this.fill(pattern, names, show).replace(/\(1 - ([\d.]+)\)/g, (_, part) => numberText(1 - part, 6))
      .replace(/abs\(([^()]*)\)/g, "|$1|").replace(/ if ([^()]+) else /g, " where $1, else ");
  }

  /** A line whose one term is a pattern with numbers or names put in for its names. */
  worked(symbol, index, value, pattern, numbers, names, remark) {
    const term = this.fill(pattern, numbers, this.shown), plain = /^\(([^()]*)\)$/.exec(term);
    return this.line(symbol, index, value, { formula: this.formula(pattern, names), terms: [{ text: plain ? plain[1] : term, value }], remark });
  }

  product(a, b, from) { return { text: `${this.put(a)} * ${this.put(b)}`, value: a * b, from }; }

  number(value, from) { return { text: this.shown(value), value, from }; }

  // ---- forwards -----------------------------------------------------------------------------------------------------

  /** The sum of a neuron for row r of the last pass. */
  sum({ index: k, X, Z, from, to, weight, bias }, r, unit, sources = []) {
    const { params } = this.network, terms = [];
    for (let i = 0; i < from; i++) terms.push(this.product(X[r * from + i], params[weight + i * to + unit], sources[i]));
    if (bias >= 0) terms.push(this.number(params[bias + unit]));
    const formula = `A${k} @ W${k + 1}${bias < 0 ? "" : ` + b${k + 1}`}`;
    return this.line(`Z${k + 1}`, [r, unit], Z[r * to + unit], { formula, terms, keepsLast: bias >= 0 && sources.length > 0 });
  }

  /** What a layer makes of it; null where it passes it on as it is. */
  value(layer, r, unit) {
    const { index: k, kind, map, Z, A, to } = layer;
    const symbol = `A${k + 1}`, at = r * to + unit;
    if (kind === "Dropout") return this.masked(layer, r, unit);
    if (map === ACTIVATIONS.identity) return null;
    const source = kind === "Dense" ? `Z${k + 1}` : `A${k}`, made = this.worked(symbol, [r, unit], A[at], map.texts.value, { Z: Z[at] }, {});
    return { ...made, formula: map.texts.name ? `${map.texts.name}(${source})` : this.formula(map.texts.value, { Z: source }) };
  }

  /** What dropout makes of a number in a step, and in a prediction. */
  masked({ index: k, X, A, to, noisy }, r, unit) {
    const at = r * to + unit, symbol = `A${k + 1}`, source = k && this.network.layers[k - 1].map === ACTIVATIONS.identity ? `Z${k}` : `A${k}`;
    if (!noisy) return this.line(symbol, [r, unit], A[at], { formula: source, remark: text("lesson.passed") });
    return this.line(symbol, [r, unit], A[at], { formula: `${source} * M${k + 1}`, terms: [this.product(X[at], this.mask(this.network.layers[k], at))] });
  }

  /** What dropout multiplies a number with in this step. */
  mask({ noise, limit }, at) { return noise[at] >= limit ? 65536 / (65536 - limit) : 0; }

  /** What the network answers, where that is not the value of the last neuron. */
  answer(P, r, unit) {
    const { isBinary, isClasses, outputs: k, layers } = this.network, { A } = layers.at(-1), at = r * k;
    if (!isBinary && !isClasses) return null;
    const outputs = [...A.subarray(at, at + k)], each = (value) => `exp(${this.shown(value)})`, Z = this.output;
    const whole = k > 4 ? this.shown(outputs.reduce((sum, value) => sum + Math.exp(value), 0)) : `(${outputs.map(each).join(" + ")})`;
    const term = isBinary ? `1 / (1 + exp(-${this.put(outputs[unit])}))` : `${each(outputs[unit])} / ${whole}`;
    const formula = isBinary ? `sigmoid(${Z})` : `exp(${Z}) / sum of exp(${Z}) over the row`;
    return this.line("P", [r, unit], P[at + unit], { formula, terms: [{ text: term, value: P[at + unit] }] });
  }

  /** What an output should be: a number, the share of a class, or an answer; smoothed where the loss smooths. */
  wanted(r, unit) {
    const { network: { isClasses, isBinary, outputs: k, smoothing: c }, batch: { y } } = this;
    if (isClasses) return (y[r] === unit ? 1 - c : 0) + c / k;
    return isBinary && c ? y[r * k + unit] * (1 - c) + c / 2 : y[r * k + unit];
  }

  /** The loss of one row. */
  rowLoss(value, P, r) {
    const { isClasses, outputs: k, settings: { loss }, layers } = this.network, { A } = layers.at(-1), given = { delta: loss.delta };
    const pattern = isClasses ? "-T * log(P)" : k > 1 ? `(${LOSSES[loss.class].loss}) / ${k}` : LOSSES[loss.class].loss;
    const terms = Array.from({ length: k }, (_, j) => {
      const numbers = { Z: A[r * k + j], P: P[r * k + j], y: this.wanted(r, j), T: this.wanted(r, j), ...given };
      return { text: this.fill(pattern, numbers, this.shown), value: isClasses ? -numbers.T * Math.log(numbers.P) : value / k, T: numbers.T };
    });
    const formula = isClasses ? "-sum of T * log(P) over the row" : this.formula(LOSSES[loss.class].loss, { Z: this.output, ...given });
    return this.line("l", [r], value, { formula, terms: isClasses ? terms.filter(({ T }) => T) : terms });
  }

  /** What each layer's weights add to the loss. */
  penalties() {
    const { l1 = 0, l2 = 0 } = this.network.settings;
    return this.dense.map(({ index: k, weight, from, to, decay_factor: factor = 1 }) => {
      const own = [...this.network.params.subarray(weight, weight + from * to)], W = `W${k + 1}`, terms = [];
      const add = (rate, pattern, of) => rate && terms.push(...own.map((w) => ({ text: this.fill(pattern, { c: rate, w }, this.shown), value: rate * of(w) })));
      add(l1 * factor, "c * abs(w)", Math.abs);
      add(l2 * factor, "c * w**2", (w) => w * w);
      const words = [l1 * factor && `${numberText(l1 * factor, 6)} * sum of |${W}|`, l2 * factor && `${numberText(l2 * factor, 6)} * sum of ${W}**2`];
      return this.line(`penalty_${W}`, [], terms.reduce((sum, { value }) => sum + value, 0), { formula: words.filter(Boolean).join(" + "), terms });
    });
  }

  // ---- backwards ----------------------------------------------------------------------------------------------------

  /** The slope in an output of the network. */
  outputSlope(r, unit) {
    const { network, batch: { n, given } } = this, { isClasses, outputs: k, settings: { loss }, layers } = network;
    const { A } = layers.at(-1), P = network.link(A, n), at = r * k + unit;
    const wanted = this.wanted(r, unit), formula = isClasses ? "P - T" : LOSSES[loss.class].text;
    const numbers = { Z: A[at], P: P[at], y: wanted, T: wanted, delta: loss.delta }, by = k > 1 && !isClasses ? `${k} / ${n}` : n;
    const found = this.worked(`d${this.output}`, [r, unit], given[at] / n, `(${formula}) / ${by}`, numbers, {}), names = { Z: this.output, delta: loss.delta };
    return { ...found, formula: `(${this.formula(formula, names)}) / (${by === n ? "" : `${k} `}n)` };
  }

  /** The slope in what comes out of a layer. */
  slopeIn(layer, r, unit) {
    if (layer === this.network.layers.at(-1)) return this.outputSlope(r, unit);
    const { index: k, to } = layer;
    const { network, batch: { n } } = this, next = network.layers[k + 1], isDense = next.kind === "Dense", terms = [];
    for (let j = 0; isDense && j < next.to; j++) {
      terms.push(this.product(next.D[r * next.to + j] / n, network.params[next.weight + unit * next.to + j]));
    }
    const sum = isDense ? terms.reduce((total, term) => total + term.value, 0) : next.D[r * to + unit] / n;
    if (next.kind === "Dropout" && next.noisy) terms.push(this.product(this.slopeIn(next, r, unit).value, this.mask(next, r * to + unit)));
    const formula = isDense ? `dZ${k + 2} @ W${k + 2}.T` : `dA${k + 2} * ${next.kind === "Dropout" ? `M${k + 2}` : "slope"}`;
    return this.line(`dA${k + 1}`, [r, unit], sum, { formula, terms });
  }

  /** The slope in the sum of a neuron; null where it is that in what comes out. */
  slope(layer, r, unit) {
    const { index: k, map, Z, A, D, to } = layer, at = r * to + unit, { n } = this.batch;
    if (map === ACTIVATIONS.identity || layer.kind === "Dropout") return null;
    const numbers = { dA: this.slopeIn(layer, r, unit).value, Z: Z[at], A: A[at] };
    const names = { Z: `Z${k + 1}`, A: `A${k + 1}` };
    const found = this.worked(`dZ${k + 1}`, [r, unit], D[at] / n, `dA * ${map.texts.slope}`, numbers, {});
    return { ...found, formula: `dA${k + 1} * (${this.formula(map.texts.derivative, names)})` };
  }

  /** The slope in a weight, or in a bias where `from` is null; with penalties two lines. */
  gradient(layer, from, to) {
    const { network, batch: { data, whole, n, rows } } = this, { index: k, X, D } = layer, isBias = from === null;
    const symbol = `d${isBias ? "b" : "W"}${k + 1}`, at = place(layer, from, to), index = [from ?? 0, to], terms = [];
    for (let r = 0; r < n; r++) {
      const slope = D[r * layer.to + to] / n, of = `row ${rows[r]}`;
      terms.push(isBias ? this.number(slope, of) : this.product(X[r * layer.from + from], slope, of));
    }
    const formula = isBias ? `sum of dZ${k + 1} over the rows` : `A${k}.T @ dZ${k + 1}`, isPenalised = data[at] !== whole[at];
    const found = [this.line(`${symbol}${isPenalised ? "_data" : ""}`, index, data[at], { formula, terms })];
    if (!isPenalised) return found;
    const own = symbol.slice(1), w = network.params[at], { l1 = 0, l2 = 0 } = network.settings, factor = layer.decay_factor ?? 1;
    const parts = [["2 * l2 * w", l2 * factor, 2 * l2 * factor * w], ["l1 * sign(w)", l1 * factor, l1 * factor * Math.sign(w)]].filter(([, rate]) => rate);
    const added = parts.map(([pattern, rate, value]) => ({ text: this.fill(pattern, { l1: rate, l2: rate, w }, this.shown), value }));
    const words = parts.map(([pattern, rate]) => ` + ${this.formula(pattern, { l1: rate, l2: rate, w: own })}`).join("");
    return [...found, this.line(symbol, index, whole[at], { formula: `${symbol}_data${words}`, terms: [this.number(data[at]), ...added], remark: text("lesson.penalty") })];
  }

  /** The lines of the optimizer for one parameter; `rate` says whether its rate comes first. */
  update(layer, from, to, rate = true) {
    const { network } = this, isBias = from === null, at = place(layer, from, to), index = [from ?? 0, to];
    const symbol = `${isBias ? "b" : "W"}${layer.index + 1}`, g = this.batch.whole[at], p = network.params[at];
    const { optimizer } = network.settings, rule = RULES[ruleKey(optimizer)];
    const { trainable = true, rate_factor: factor = 1, decay_factor: decay = 1 } = layer;
    if (!trainable) return [...(rate ? this.rate() : []), this.line(`${symbol}'`, index, p, { formula: symbol, remark: text("lesson.frozen") })];
    const one = (value) => Float64Array.of(value), P = one(p), S = {}, numbers = { g, p }, names = { g: `d${symbol}`, p: symbol };
    const lr = optimizer.learning_rate * factor, wd = isBias ? 0 : (optimizer.weight_decay ?? 0) * decay, t = network.t + 1;
    const lines = rate ? this.rate() : [];
    if (factor !== 1) lines.push(this.worked(`lr_${symbol}`, [], lr, `${factor} * lr`, { lr: optimizer.learning_rate }, {}));
    for (const name of rule.state) {
      S[name] = one(network.state[name][at]);
      numbers[name] = S[name][0];
      names[name] = `${name}_${symbol}_old`;
      lines.push(this.line(names[name], index, numbers[name], { remark: text("lesson.before") }));
    }
    rule.update(P, one(g), S, 0, 1, lr, wd, t, optimizer);
    const settings = { ...optimizer, wd, t };
    for (const [name, pattern] of (wd === 0 && rule.plain) || rule.texts) {
      const mixed = name === "c" ? optimizer.beta1 * numbers.m + (1 - optimizer.beta1) * g : NaN; // Lion's, which it does not keep
      const value = name === "p" ? P[0] : S[name]?.[0] ?? mixed, label = name === "p" ? `${symbol}'` : `${name}_${symbol}`;
      lines.push(this.worked(label, index, value, pattern, { ...settings, lr, ...numbers }, { ...settings, lr: factor === 1 ? "lr" : `lr_${symbol}`, ...names }));
      numbers[name] = value;
      names[name] = label;
    }
    return lines;
  }

  rate() { return [this.line("lr", [], this.network.settings.optimizer.learning_rate, { remark: text("lesson.rate") })]; }
}

/** Where a weight or a bias stands among the parameters. */
export function place(layer, from, to) {
  return from === null ? layer.bias + to : layer.weight + from * layer.to + to;
}
