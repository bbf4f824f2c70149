/** The six stops inside one step, and numbers that are typed, in the page as stops.py and questions.py do it. */

import { batchData } from "./local_explain.js";
import { Look, numberText } from "./local_lines.js";
import { text } from "../page/texts.js";

const STOPS = ["rows", "forward", "loss", "slopes", "gradients", "update"];
const MOST_CELLS = 6, WORKED = 2, QUESTIONS = 4, DIGITS = 3;
const asked = new Map(); // lines by question

/** An array as the page shows it: a few of its numbers, and a few of them worked by a function of row and column. */
function equation(look, symbol, array, rows, columns, { line = () => null, ...words } = {}) {
  const few = (n) => (n <= MOST_CELLS ? Array.from({ length: n }, (_, i) => i) : [...Array(MOST_CELLS - 2).keys(), null, n - 1]);
  const cell = (r, c) => (r === null || c === null ? "..." : look.shown(array[r * columns + c]));
  const places = Array.from({ length: Math.min(rows * columns, 64 * WORKED) }, (_, i) => i);
  const first = [...places.filter((i) => array[i] !== 0), ...places.filter((i) => array[i] === 0)].slice(0, WORKED);
  const worked = first.map((i) => line(Math.floor(i / columns), i % columns)).filter((found) => found?.terms.length && found.text !== found.result);
  const shape = words.isNumber ? "" : words.isVector ? String(columns) : `${rows} x ${columns}`;
  return { symbol, shape, cells: few(rows).map((r) => few(columns).map((c) => cell(r, c))), worked, formula: worked[0]?.formula ?? "", remark: "", ...words };
}

const section = (title, layer, equations, remark = "") => ({ title, layer, remark, equations });
const titled = (word, layer) => `${word}: ${layer.name}, ${layer.kind}${layer.kind === "Dense" ? `(${layer.to})` : ""}`;

const SECTIONS = {
  rows(look, { X, y, n }) {
    const { inputs, outputs, isClasses } = look.network;
    const given = [equation(look, "A0", X, n, inputs, { remark: text("lesson.input") }), isClasses ? equation(look, "y", y, 1, n, { isVector: true }) : equation(look, "y", y, n, outputs)];
    return [section("Given", null, [...given, equation(look, "n", [n], 1, 1, { isNumber: true, remark: text("lesson.count") })])];
  },
  forward(look, { n }) {
    return look.network.layers.map((layer) => {
      const { index: k, kind, from, to, weight, bias, Z, A } = layer, { params } = look.network, found = [];
      if (kind === "Dense") {
        found.push(equation(look, `W${k + 1}`, params.subarray(weight, weight + from * to), from, to));
        if (bias >= 0) found.push(equation(look, `b${k + 1}`, params.subarray(bias, bias + to), 1, to));
        found.push(equation(look, `Z${k + 1}`, Z, n, to, { line: (r, unit) => look.sum(layer, r, unit) }));
      }
      const line = (r, unit) => look.value(layer, r, unit), { formula } = line(0, 0) ?? {};
      if (formula) found.push(equation(look, `A${k + 1}`, A, n, to, { line, formula }));
      return section(titled("Forward", layer), layer.name, found);
    });
  },
  loss(look, { y, n, loss, penalty }) {
    const { network } = look, { outputs: k, isClasses, isBinary, settings } = network, A = network.layers.at(-1).A, P = network.link(A, n);
    const each = Float64Array.from({ length: n }, (_, r) => rowLoss(network, A, y, r)), found = [];
    network.gradients(look.batch.X, y, n, { streams: look.run.streams, epoch: look.run.epoch, batch: look.run.batch }); // as before rowLoss
    if (isClasses || isBinary) found.push(equation(look, "P", P, n, k, { line: (r, unit) => look.answer(P, r, unit) }));
    found.push(equation(look, "l", each, 1, n, { isVector: true, remark: text("lesson.each_row"), line: (_, r) => look.rowLoss(each[r], P, r) }));
    const terms = [...each].map((value) => ({ text: `${look.put(value)} / ${n}`, value: value / n }));
    const mean = look.line(penalty ? "L_data" : "L", [], loss, { formula: "mean of l", terms });
    found.push(equation(look, mean.symbol, [loss], 1, 1, { isNumber: true, line: () => mean }));
    if (penalty) {
      const whole = look.line("L", [], loss + penalty, { formula: "L_data + penalty", terms: [look.number(loss), look.number(penalty)] });
      const parts = look.penalties(), sum = look.line("penalty", [], penalty, { formula: parts.map(({ symbol }) => symbol).join(" + "), terms: parts.map(({ value }) => look.number(value)) });
      for (const part of [...parts, sum]) found.push(equation(look, part.symbol, [part.value], 1, 1, { isNumber: true, line: () => part }));
      found.push(equation(look, "L", [loss + penalty], 1, 1, { isNumber: true, line: () => whole }));
    }
    return [section(`Loss: ${settings.loss.class}`, null, found)];
  },
  slopes(look, { n }) {
    const layers = [...look.network.layers].reverse(), last = layers[0];
    const over = (slopes) => slopes.map((value) => value / n);
    const top = equation(look, `d${look.output}`, over(look.batch.given), n, last.to, { line: (r, unit) => look.outputSlope(r, unit) });
    const rest = layers.map((layer) => {
      const { index: k, to } = layer, into = Float64Array.from({ length: n * to }, (_, i) => look.slopeIn(layer, Math.floor(i / to), i % to).value);
      const found = layer === last ? [] : [equation(look, `dA${k + 1}`, into, n, to, { line: (r, unit) => look.slopeIn(layer, r, unit) })];
      if (look.slope(layer, 0, 0)) found.push(equation(look, `dZ${k + 1}`, over(layer.D), n, to, { line: (r, unit) => look.slope(layer, r, unit) }));
      return section(`Backward: ${layer.name}`, layer.name, found);
    });
    return [section("Backward: loss", null, [top], text("lesson.slope_of")), ...rest];
  },
  gradients(look, { data, whole }) {
    return [...look.dense].reverse().map((layer) => {
      const { index: k, from, to, weight, bias } = layer, found = [], part = (flat) => flat.subarray(weight, weight + from * to);
      const isPenalised = look.gradient(layer, 0, 0).length > 1 || part(data).some((value, i) => value !== part(whole)[i]);
      const line = (which) => (row, unit) => look.gradient(layer, row, unit)[which];
      found.push(equation(look, `dW${k + 1}${isPenalised ? "_data" : ""}`, part(data), from, to, { line: line(0) }));
      if (isPenalised) found.push(equation(look, `dW${k + 1}`, part(whole), from, to, { line: line(1) }));
      if (bias >= 0) found.push(equation(look, `db${k + 1}`, whole.subarray(bias, bias + to), 1, to, { line: (_, unit) => look.gradient(layer, null, unit)[0] }));
      return section(`Backward: ${layer.name}`, layer.name, found);
    });
  },
  update(look) {
    const kind = look.network.settings.optimizer.class, shared = look.rate().map(({ symbol, value, remark }) => equation(look, symbol, [value], 1, 1, { isNumber: true, remark }));
    const of = (layer, part, from, rows) => {
      const lines = (row, unit) => look.update(layer, from === null ? null : row, unit, false), symbols = lines(0, 0);
      const found = symbols.map((own, which) => {
        const { symbol, remark, formula, index, value } = own;
        if (!index.length) return equation(look, symbol, [value], 1, 1, { isNumber: true, remark, line: () => own });
        const array = Float64Array.from({ length: rows * layer.to }, (_, i) => lines(Math.floor(i / layer.to), i % layer.to)[which].value);
        return equation(look, symbol, array, rows, layer.to, { remark, formula, line: (row, unit) => lines(row, unit)[which] });
      });
      return section(`Update: ${layer.name}.${part}, ${kind}`, layer.name, found);
    };
    const rest = look.dense.flatMap((layer) => [of(layer, "weight", 0, layer.from), ...(layer.bias < 0 ? [] : [of(layer, "bias", null, 1)])]);
    return [section(`Update: ${kind}`, null, shared, text("lesson.step_of", { step: look.network.t + 1 })), ...rest];
  },
};

/** The loss of one row. */
function rowLoss(network, A, y, r) {
  const k = network.outputs, width = network.isClasses ? 1 : k;
  return network.lossSum(A.slice(r * k, (r + 1) * k), y.slice(r * width, (r + 1) * width), 1);
}

/** One stop of the next step: its sections with their numbers, what lights up, and questions. */
export function stopExplained(engine, { stop, digits = 4 }) {
  const name = STOPS[stop], look = new Look(engine, digits), kept = look.network.grads.slice(), step = look.step();
  if (!name) throw new Error(text("lesson.not_a_number", { value: stop }));
  const sections = SECTIONS[name](look, step).filter(({ equations }) => equations.length);
  look.network.grads.set(kept);
  const { columns, edges } = look.state.network, last = columns.length - 1;
  const lit = { rows: [0], loss: [last], update: [] }[name] ?? columns.map((_, k) => k).slice(1);
  const blocks = ["forward", "gradients", "update"].includes(name) ? edges : name === "slopes" ? edges.filter(({ from }) => from) : [];
  const lines = sections.flatMap(({ equations }) => equations.flatMap(({ worked }) => worked.slice(0, 1))).slice(0, QUESTIONS);
  const questions = lines.map((line) => {
    const question = `${look.state.revision}.${look.run.step} ${line.label}`;
    asked.set(question, line);
    const { result, value, index, ...shown } = line;
    return { question, ...shown };
  });
  for (const old of [...asked.keys()].slice(0, -400)) asked.delete(old);
  return {
    stop, name, stops: STOPS.length, mode: "train", ...batchData(step), sections, questions,
    highlight: {
      edges: blocks.map(({ parameter }) => ({ parameter, from: null, to: null })),
      units: lit.map((k) => ({ layer: k ? columns[k].name : null, unit: null })),
    },
  };
}

/** Whether a typed number is right in its first three digits. */
export function numberChecked(engine, { question, text: typed }) {
  const line = asked.get(question), value = Number(typed.replace(/[\s\u00a0\u202f]/g, "").replace(/[\u2212\u2013]/g, "-").replace(typed.includes(".") ? /,/g : ",", typed.includes(".") ? "" : "."));
  if (!line) throw new Error(text("lesson.no_question"));
  if (!Number.isFinite(value) || !typed.trim()) throw new Error(text("lesson.no_number", { value: typed.slice(0, 40) }));
  const right = numberText(value, DIGITS) === numberText(line.value, DIGITS) || Math.abs(value - line.value) <= 0.5 * 10 ** (Math.floor(Math.log10(Math.abs(line.value))) - DIGITS + 1);
  return { question, right, line };
}
